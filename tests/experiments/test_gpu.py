import pytest


@pytest.mark.slow
def test_methods_and_scatter_are_measured_on_whatever_device_there_is(
    experiment, topic_file, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(experiment, "STEP", 40)
    config = experiment.Config(topic_file, out=tmp_path, streams=(1, 2), dim=5, min_count=1)
    experiment.main(config)
    table = (tmp_path / "table.md").read_text()
    assert table.count("| yes |") == 4 and "NO" not in table and "s a pass" in table
    assert "| sgns, 2 streams |" in table and "40 rows of 5 numbers" in table
    assert "jaxlib" in capsys.readouterr().out

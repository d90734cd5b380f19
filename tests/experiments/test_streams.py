import pytest


@pytest.mark.slow
def test_streams_and_rounds_are_measured_at_a_tiny_setting(
    experiment, topic_file, tmp_path, capsys, monkeypatch
):
    config = experiment.Config(
        topic_file, out=tmp_path, streams=(1, 2), chunks=(1, 2), epochs=1, min_count=1
    )
    experiment.main(config)
    lines = (tmp_path / "results.jsonl").read_text().splitlines()
    assert len(lines) == 3  # one stream has nothing to combine
    table = (tmp_path / "table.md").read_text()
    assert "| 1 | - |" in table and "| 2 | 2 |" in table and "loss" in capsys.readouterr().out
    monkeypatch.setattr(experiment, "trained", None)  # all is measured already
    experiment.main(config)
    assert (tmp_path / "table.md").read_text() == table

import json

import pytest


@pytest.mark.slow
def test_columns_and_passes_are_measured_at_a_tiny_setting(
    experiment, topic_file, tmp_path, capsys, monkeypatch
):
    config = experiment.Config(
        topic_file, out=tmp_path, columns=(10, 50), passes=(1, 4), dim=5, min_count=1
    )
    experiment.main(config)
    results = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    percent = [each["percent"] for each in results]
    assert len(percent) == 4 and percent[1] < percent[0] and percent[3] < percent[2]
    table = (tmp_path / "table.md").read_text()
    assert "| 10 | 1 |" in table and "above the optimum" in capsys.readouterr().out
    monkeypatch.setattr(experiment, "trained", None)  # all is measured already
    experiment.main(config)
    assert (tmp_path / "table.md").read_text() == table

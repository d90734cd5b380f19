import json

import pytest


@pytest.mark.slow
def test_nothing_diverges_at_a_tiny_setting(experiment, tmp_path, capsys):
    config = experiment.Config(
        out=tmp_path, builtin=False, generated_lines=1000, dims=(8,), factors=(4.0,)
    )
    assert experiment.main(config) == 0
    results = json.loads((tmp_path / "results.json").read_text())["results"]
    rows = [(row["text"], row["learning_rate"]) for row in results]
    assert rows == [("50 words", 0.1), ("bursts", 0.1)]
    assert all(r["last_loss"] < r["first_loss"] for r in results)
    assert "no divergence" in capsys.readouterr().out


def test_a_loss_that_rises_is_status_one(experiment, tmp_path, monkeypatch, capsys):
    row = {"text": "a", "words": 2, "dim": 8, "learning_rate": 0.1, "longest": 1.0}
    rising = row | {"first_loss": 1.0, "last_loss": 2.0}
    monkeypatch.setattr(experiment, "measure", lambda *_: rising)
    config = experiment.Config(out=tmp_path, builtin=False, generated_lines=100)
    assert experiment.main(config) == 1
    assert "DIVERGED" in capsys.readouterr().out

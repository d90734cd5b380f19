import json

import pytest


@pytest.fixture
def config(experiment, topic_file, tmp_path, monkeypatch):
    """The text of five topics in place of the built-in one."""
    read = experiment.jaxtext.read
    monkeypatch.setattr(experiment.jaxtext, "read", lambda **options: read(topic_file, **options))
    return experiment.Config(
        tmp_path, words=20, epochs=(1, 4), floor_rates=(0.02,), floor_epochs=100
    )


@pytest.mark.slow
def test_both_trainers_approach_their_optimum(experiment, config):
    assert experiment.main(config) == 0
    results = json.loads((config.out / "results.json").read_text())
    assert results["exact"][-1]["largest"] < 1e-6
    first, last = results["sampled"]
    assert 0.001 < last["rms"] < first["rms"] < 2
    # The epochs are short: a round, of 16 chunks of 65,536 tokens, has 69 of them.
    assert [row["epoch"] for row in results["floors"]] == [1, 70]
    assert 0.001 < results["floors"][-1]["rms"] < 2
    assert (config.out / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_an_error_that_stays_above_the_target_is_status_one(
    experiment, config, monkeypatch, capsys
):
    monkeypatch.setattr(experiment, "ENOUGH", 1.0)
    monkeypatch.setattr(
        experiment, "sample", lambda *_: [{"epochs": 1, "largest": 1.0, "rms": 0.5}]
    )
    monkeypatch.setattr(experiment, "floor", lambda *_: [])
    assert experiment.main(config) == 1
    assert "noise floor" not in capsys.readouterr().out

import json

import pytest


@pytest.mark.slow
def test_every_optimizer_lowers_the_loss(experiment, topic_file, tmp_path):
    config = experiment.Config(topic_file, tmp_path, seconds=0.01, dim=5, epochs=1, own=True)
    experiment.main(config)
    results = json.loads((tmp_path / "results.json").read_text())
    loss = {row["optimizer"]: row["loss"] for row in results["optimizers"]}
    for name in ("shared", "own", "majorizer", "lbfgs", "adagrad"):
        assert 1 < loss[name] < loss["start"], name
    assert loss["shared, from random"] > 1 and loss["sampled"] > 1
    once, twice = results["doubled"]
    assert twice["tokens"] == 2 * once["tokens"]
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")

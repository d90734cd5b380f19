import json

import pytest

from jaxtext.base.errors import InputError


@pytest.mark.slow
def test_memory_and_throughput_are_measured_until_a_signal(experiment, tmp_path, capsys):
    config = experiment.Config(
        tmp_path / "soak", minutes=3, minute=0.5, words=30_000, vocabulary=300, dim=8
    )
    assert experiment.main(config) in (0, 1)  # in so short a time either is possible
    assert "last quarter against the second minute" in capsys.readouterr().out
    results = json.loads((config.out / "results.json").read_text())
    assert len(results["megabytes"]) == 3 and min(results["megabytes"]) > 50
    assert results["peak"] >= max(results["megabytes"][1:])
    assert (config.out / "figure.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InputError, match="exists already: choose another folder"):
        experiment.main(config)


def test_values_are_grouped_by_minute(experiment):
    config = experiment.Config(minutes=3, minute=10.0)
    points = [(1.0, 5.0), (9.0, 7.0), (12.0, 1.0), (35.0, 2.0)]  # the last is late
    assert experiment.by_minute(points, config) == [6.0, 1.0, 2.0]
    assert experiment.by_minute(points, config, 1.0) == [7.0, 1.0, 2.0]

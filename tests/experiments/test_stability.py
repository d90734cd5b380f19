import numpy as np
import pytest

from jaxtext.base.errors import InputError
from jaxtext.evaluation.stability import Stability


@pytest.mark.slow
def test_seeds_lines_and_halves_are_measured(experiment, topic_file, tmp_path, capsys):
    config = experiment.Config(
        topic_file, tmp_path, ("exact",), dim=4, max_vocab=50, min_count=1, words=5, seeds=2,
        bootstrap=3, passes=(1,), splits=1,
    )  # fmt: skip
    experiment.main(config)
    content = (tmp_path / "table.md").read_text()
    assert "| seeds | 2 |" in content and "| lines, 1 pass | 3 |" in content
    assert "| lines | 15 |" in content  # pairs of two halves
    assert "within 1.96 SD" in capsys.readouterr().out


def test_a_missing_text_is_named(experiment, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        experiment.main(experiment.Config(tmp_path / "none.txt"))


def test_distances_are_in_standard_deviations_of_a_difference(experiment):
    def half(value, deviation):
        cosines = value + deviation * np.array([[-1.0], [0.0], [1.0]])
        nothing = np.zeros((3, 0, 1), int)
        return Stability((), np.zeros(0), nothing, (("a", "b"),), cosines, np.array([value]))

    found = experiment.distances(half(0.5, 0.03), half(0.6, 0.04))
    np.testing.assert_allclose(found, [0.1 / 0.05])

import numpy as np
import pytest

from jaxtext.base.errors import InputError
from jaxtext.evaluation import association


def test_planted_differences_are_found(experiment, tmp_path, rng):
    config = experiment.Config(
        tmp_path, dim=5, max_vocab=200, min_count=1, bootstrap=3, texts=2, tests=1, targets=12,
        attributes=6, frequent=50,
    )  # fmt: skip
    lines = [[f"w{number}" for number in rng.integers(0, 30, 12)] for _ in range(600)]
    share, number, effect, p, ends = experiment.made(lines, 1.0, config)
    assert (share, number, p, ends) == ("1", "2", "1.000", "1.000") and float(effect) > 1
    with pytest.raises(InputError, match="30 words are too few for 9 tests of 18"):
        experiment.made(lines, 0.5, experiment.Config(**{**vars(config), "tests": 9}))
    with pytest.raises(InputError, match="no such file"):
        experiment.main(experiment.Config(tmp_path / "none.txt"))


def test_words_are_split_by_the_targets_of_their_line(experiment, rng):
    test = association.Test(("X", "Y", "A", "B"), (("x",), ("y",), ("a/1",), ("a/2",)))
    lines = [["a", "x", "a"], ["y", "a"], ["a"], ["x", "y"]] * 200
    for share, least, most in ((0.5, 0.35, 0.65), (0.8, 0.7, 0.9)):
        found = experiment.split(lines, [test], share, rng)
        assert all(line[0] == line[2] for line in found[::4]) and found[3::4] == lines[3::4]
        firsts = [np.mean(["a/1" in line for line in found[at::4]]) for at in range(3)]
        assert least < firsts[0] < most and least < 1 - firsts[1] < most
        assert 0.35 < firsts[2] < 0.65


def test_the_known_lists_are_whole_tests(experiment, topic_file, tmp_path):
    lists = [line.split(": ") for line in experiment.KNOWN.strip().splitlines()]
    words = [word for _, some in lists for word in some.split()]
    assert len(lists) % 4 == 0 and all(len(each) == 2 for each in lists)
    lines = [rng.permutation(words).tolist() for rng in map(np.random.default_rng, range(40))]
    config = experiment.Config(topic_file, tmp_path, dim=3, min_count=1, bootstrap=2)
    table = experiment.known(lines, config)
    assert [row[-1] for row in table.rows] == ["28 of 28", "32 of 32"]

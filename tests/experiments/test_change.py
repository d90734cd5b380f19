import numpy as np
import pytest

from jaxtext.evaluation.change import Change


@pytest.mark.slow
def test_planted_changes_are_counted(experiment, topic_file, tmp_path, capsys):
    config = experiment.Config(
        topic_file, topic_file, tmp_path, dim=4, words=50, splits=1, planted=4, shares=(1.0,),
        min_count=1,
    )  # fmt: skip
    experiment.main(config)
    content = (tmp_path / "table.md").read_text()
    assert "| 100% | 4 of 4 |" in content and "0.05 for 0% of words" in content
    assert "No word has changed" in capsys.readouterr().out


def test_words_are_exchanged_in_a_share_of_the_lines(experiment, rng):
    lines = [["a", "b", "c"]] * 400
    found = experiment.exchanged(lines, ["a", "b"], 0.5, rng)
    assert {tuple(line) for line in found} == {("a", "b", "c"), ("b", "a", "c")}
    assert 150 < sum(line[0] == "b" for line in found) < 250
    first, second = experiment.halves([[str(i)] for i in range(9)], rng)
    assert (len(first), len(second)) == (4, 5)
    assert sorted(int(line[0]) for line in (*first, *second)) == list(range(9))


def test_shares_are_those_of_each_band(experiment):
    found = [
        Change("a", 1.0, (0.5, 1.0), 0.03, 0.5, (60, 70)),
        Change("b", 0.9, (0.5, 0.9), 0.3, 0.5, (60, 700)),
        Change("c", np.nan, (-1.0, 1.0), 0.0005, 0.01, (5, 700)),
    ]
    rows = experiment.unchanged_table(found).rows
    assert rows == [
        ["from 0", "1", "1.0000", "1.0000", "1.0000", "1.000"],
        ["from 50", "2", "0.5000", "0.0000", "0.0000", "0.500"],
    ]

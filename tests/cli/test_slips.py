"""Slips are answered with what was meant."""

import pytest

from jaxtext import cli


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["trian", "x.txt"], "trian: no such command: did you mean train?"),
        (["Train"], "Train: no such command: did you mean train?"),
        (["most_similar"], "most_similar: no such command: choose one of train, neighbors, "),
        (["train", "x.txt", "-dim", "50"], "-dim: options have two dashes: write --dim"),
        (["train", "-min-count=3"], "-min-count=3: options have two dashes: write --min-count=3"),
        (["neighbors", "r", "w", "-top", "3"], "-top: options have two dashes: write --top"),
    ],
)
def test_a_slip_is_one_line_that_says_what_was_meant(arguments, answer, capsys):
    assert cli.run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.startswith(f"jaxtext: {answer}")
    assert shown.err.count("\n") == 1


def test_words_that_begin_with_a_dash_are_words(tmp_path, capsys):
    assert cli.run(["neighbors", str(tmp_path / "none"), "--", "-x"]) == 2
    assert "two dashes" not in capsys.readouterr().err

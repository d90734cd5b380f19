"""The worked examples of the sheet: their numbers, and what may be changed."""

import pytest

from jaxtext import cli
from jaxtext.base.errors import InputError
from jaxtext.reports import worked_examples
from jaxtext.reports.tables import Table

NUMBERS = [
    "0.731059", "0.811856", "0.982014", "0.876968",  # forward pass
    "0.964045", "0.999282",  # the two weights that the sheet updates
    "30 pairs", "60,855,000",
    "0.9111", "15.0828", "1.787056",
    "PMI - ln 5",
]  # fmt: skip


def shown(part):
    return "\n".join(each.markdown() if isinstance(each, Table) else each for each in part)


def test_the_command_prints_every_example_with_its_numbers(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    assert cli.run(["examples"]) == 0
    printed = capsys.readouterr().out
    assert [number for number in NUMBERS if number not in printed] == []


def test_the_update_follows_the_learning_rate():
    printed = shown(worked_examples.backpropagation(0.5))
    assert "0.982023" in printed and "0.999641" in printed


def test_the_scores_end_at_the_optimum_of_the_number_of_negatives():
    part = worked_examples.factorization(2)
    (table,) = (each for each in part if isinstance(each, Table))
    assert table.header[3] == "PMI - ln 2"
    assert [row[3] for row in table.rows] == [row[4] for row in table.rows]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--negatives", "0"], "--negatives 0: must be from 1 to 20"),
        (["--learning-rate", "nan"], "--learning-rate nan: must be from 0 to 1000"),
    ],
)
def test_values_out_of_range_are_named_with_status_two(capsys, arguments, message):
    assert cli.run(["examples", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_settings_are_checked_in_python_too():
    with pytest.raises(InputError, match="must be from 1 to 20"):
        worked_examples.Config(negatives=21)

import pytest

NUMBERS = [
    "0.731059", "0.811856", "0.982014", "0.876968",  # forward pass
    "30 pairs", "60,855,000",
    "0.9111", "15.0828", "1.787056",
]  # fmt: skip


def test_every_worked_example_is_printed_with_its_numbers(experiment, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    experiment.main(experiment.Config())
    printed = capsys.readouterr().out
    for number in [*NUMBERS, "0.964045", "0.999282"]:
        assert number in printed, number


@pytest.mark.parametrize("rate", [0.5])
def test_the_update_follows_the_learning_rate(experiment, capsys, monkeypatch, rate):
    monkeypatch.setenv("COLUMNS", "160")
    experiment.backpropagation(rate)
    printed = capsys.readouterr().out
    assert "0.982023" in printed and "0.999641" in printed

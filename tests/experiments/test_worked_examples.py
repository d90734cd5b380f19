import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "experiments" / "worked_examples.py"
NUMBERS = [
    "0.731059", "0.811856", "0.982014", "0.876968",  # forward pass
    "30 pairs", "60,855,000",
    "0.9111", "15.0828", "1.787056",
]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "updated"),
    [([], ["0.964045", "0.999282"]), (["--learning-rate", "0.5"], ["0.982023", "0.999641"])],
)
def test_every_worked_example_is_printed_with_its_numbers(options, updated):
    process = subprocess.run(
        [sys.executable, str(SCRIPT), *options],
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "160"},
    )
    assert process.returncode == 0, process.stderr
    for number in [*NUMBERS, *updated]:
        assert number in process.stdout, number

"""The notebooks and the certificate tell the same numbers."""

import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NUMBERS = [
    ("02_networks_and_backpropagation", "backprop.c.ii.w12", "0.96405"),
    ("02_networks_and_backpropagation", "backprop.c.ii.w12", "0.96514"),
    ("02_networks_and_backpropagation", "backprop.c.ii.w22", "0.99928"),
    ("03_skipgram_and_negative_sampling", "skipgram-training.b.2.sum", "12.557"),
    ("03_skipgram_and_negative_sampling", "skipgram-training.b.2.sum", "15.083"),
    ("03_skipgram_and_negative_sampling", "skipgram-training.b.2.sum", "2.526"),
    ("03_skipgram_and_negative_sampling", "skipgram-training.b.2.sum", "2.7136"),
    ("03_skipgram_and_negative_sampling", "skipgram-training.b.2.loss", "1.7871"),
    ("03_skipgram_and_negative_sampling", "skipgram-training.b.3.vocabulary", "1.20"),
]


@pytest.mark.parametrize(("name", "place", "number"), NUMBERS)
def test_a_number_is_the_same_in_prose_outputs_and_certificate(certificate, name, place, number):
    cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    prose = "".join(line for c in cells if c["cell_type"] == "markdown" for line in c["source"])
    printed = "".join(
        line for c in cells for o in c.get("outputs", []) for line in o.get("text", [])
    )
    (check,) = (check for check in certificate if check.id == place)
    certified = f"{check.computed_value} {check.correction} {check.assumptions}"
    digits = len(number.split(".")[1])
    rounded = [f"{float(x):.{digits}f}" for x in re.findall(r"\d+\.\d+", certified)]
    assert number in prose
    assert number in printed
    assert number in rounded

import re

import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from jaxtext.reports import plots
from jaxtext.reports.derivations import WIDTH, draw_derivation, in_words
from jaxtext.verification.sheet import derivations
from jaxtext.verification.sheet.derivations import Derivation, Line

ALL = [
    derivations.logistic_derivative(5), derivations.output_weight(5), derivations.hidden_weight(5),
    derivations.cross_entropy(), derivations.objectives(8), derivations.score_gradient(1),
    derivations.score_optimum(),
]  # fmt: skip
SHORT = Derivation(
    r"$\sigma$ of 1",
    ("as printed", "right"),
    [Line("= a", 1.0, 1.0), Line("= b", 2.0, 1.0, "= c", "a slip"), Line("= d", 3.0, 1.0)],
)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def texts(figure):
    (ax,) = figure.axes
    return {text.get_text(): text for text in ax.texts}


def test_a_picture_has_each_line_with_its_value_and_the_right_one():
    found = texts(draw_derivation(SHORT))
    assert {"$= a$", "$= b$", "$= c$", "$= d$", "a slip", "1.00000", "2.00000"} <= set(found)
    framed = [
        label for label, text in found.items()
        if text.get_bbox_patch() and to_hex(text.get_bbox_patch().get_edgecolor()) == plots.MARKED
    ]  # fmt: skip
    assert framed == ["$= b$"]
    assert to_hex(found["2.00000"].get_color()) == plots.NEGATIVE
    assert to_hex(found["$= c$"].get_color()) == plots.POSITIVE
    heights = [found[label].get_position()[1] for label in ("$= a$", "$= b$", "$= c$", "$= d$")]
    assert heights == sorted(heights)


def test_crosses_and_ticks_stand_before_the_lines():
    (ax,) = draw_derivation(SHORT).axes
    assert [t.get_text() for t in ax.texts if t.get_text() in "\u2713\u2717"] == list(
        "\u2713\u2717\u2717"
    )


@pytest.mark.parametrize("derivation", ALL, ids=lambda each: each.title)
def test_formulas_do_not_overlap_and_are_inside(derivation):
    figure = draw_derivation(derivation)
    figure.canvas.draw()
    (ax,) = figure.axes
    boxes = [text.get_window_extent().padded(-3) for text in ax.texts]
    for place, box in enumerate(boxes):
        assert box.x1 < WIDTH * figure.dpi + 3
        assert not any(box.overlaps(other) for other in boxes[:place]), ax.texts[place].get_text()


def test_words_say_which_lines_are_wrong():
    assert in_words(SHORT) == (
        "sigma of 1: 3 lines. The first wrong one is line 2: its value is 2.00000, and 1.00000 is "
        "right. Lines with wrong values: 2, 3."
    )
    right = SHORT._replace(lines=SHORT.lines[:1])
    assert in_words(right) == "sigma of 1: 1 lines. All have the right value, 1.00000."
    assert "undefined" in in_words(derivations.objectives(8))
    assert not [each for each in ALL if re.search(r"[\\${}]", in_words(each))]

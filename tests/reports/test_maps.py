import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from jaxtext.reports import maps, plots


@pytest.fixture
def ax():
    figure, axes = plt.subplots(figsize=(6, 5))
    yield axes
    plt.close(figure)


def boxes(ax):
    ax.figure.canvas.draw()
    return {text.get_text(): text.get_window_extent() for text in ax.texts}


def test_labels_do_not_overlap_and_stay_inside(ax, rng):
    words = [f"word{i}" for i in range(300)]
    assert maps.draw_words(rng.normal(size=(300, 2)), words, ax) is ax
    found = boxes(ax)
    assert 40 < len(found) < 300
    some = list(found.values())
    assert not any(a.overlaps(b) for i, a in enumerate(some) for b in some[:i])
    frame = ax.get_window_extent().padded(1)
    assert all(frame.x0 < box.x0 and box.x1 < frame.x1 for box in some)
    assert all(frame.y0 < box.y0 and box.y1 < frame.y1 for box in some)


def test_marked_words_and_then_earlier_ones_get_their_labels(ax):
    words = ["first", "second", "third", "last"]
    maps.draw_words(np.zeros((4, 2)), words, ax, marked=["last"])
    assert [text.get_text() for text in ax.texts] == ["last", "first"]  # no more have room
    colors = [to_hex(text.get_color()) for text in ax.texts]
    assert colors == [plots.NEGATIVE, plots.INK]


def test_words_that_are_markup_are_drawn_as_they_are(ax):
    words = ["$x$", "a_b^{", "\\frac", "a\x1b[2J", "x" * 500, "", "été"]
    maps.draw_words(np.arange(14.0).reshape(7, 2), words, ax)
    found = boxes(ax)
    assert {"$x$", "a_b^{", "\\frac", "a\\x1b[2J", "x" * maps.LONGEST, "été"} <= set(found)


@pytest.mark.usefixtures("unchecked")
def test_points_that_cannot_be_drawn_are_refused(ax):
    with pytest.raises(ValueError, match=r"points: shape \[3, 2\]"):
        maps.draw_words(np.zeros((3, 2)), ["a", "b"], ax)
    with pytest.raises(ValueError, match="not finite"):
        maps.draw_words(np.full((1, 2), np.nan), ["a"], ax)

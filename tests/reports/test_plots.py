import base64
import io
import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from PIL import Image

from jaxtext import mlp, plots

# All numbers differ, so that none can stand in the place of another.
PARAMS = [
    mlp.Layer(jnp.array([[0.11, -0.12, 0.13], [0.21, 0.22, 0.23]])),
    mlp.Layer(jnp.array([[-1.11, 1.12], [1.21, 1.22]])),
]
VALUES = [np.array([5.1, -5.2, 5.3]), np.array([6.1, 6.2]), np.array([7.1, 7.2])]


@pytest.fixture
def ax():
    """Axes of a figure that pyplot does not know."""
    return Figure().subplots()


def texts(ax) -> list[str]:
    return sorted(text.get_text() for text in ax.texts)


def place(ax, label: str) -> np.ndarray:
    (found,) = [text for text in ax.texts if text.get_text() == label]
    return np.array(found.get_position())


def test_network_shows_each_value_and_weight_once(ax):
    assert plots.draw_network(PARAMS, VALUES, ax=ax) is ax
    arrays = [*VALUES, *(np.asarray(layer.weight) for layer in PARAMS)]
    assert texts(ax) == sorted(f"{x:.2f}" for array in arrays for x in array.flat)
    assert sum(isinstance(patch, Circle) for patch in ax.patches) == 3 + 2 + 2


def test_network_weights_stand_between_their_units(ax):
    plots.draw_network(PARAMS, VALUES, ax=ax)
    for layer, sources, targets in zip(PARAMS, VALUES[:-1], VALUES[1:], strict=True):
        for (i, j), weight in np.ndenumerate(np.asarray(layer.weight)):
            start, end = place(ax, f"{sources[j]:.2f}"), place(ax, f"{targets[i]:.2f}")
            way, part = end - start, place(ax, f"{weight:.2f}") - start
            assert way[0] * part[1] == pytest.approx(way[1] * part[0])
            assert 0 < part[0] < way[0]


def test_network_shows_names_biases_and_leaves_circles_empty(ax):
    layer = mlp.Layer(jnp.array([[0.5, 1.5]]), jnp.array([-0.004]))
    plots.draw_network([layer], [None, np.array([2.0])], ["x", r"\delta"], ax)
    expected = ["$x_{1}$", "$x_{2}$", r"$\delta_{1}$", "$b$ = 0.00", "0.50", "1.50", "2.00"]
    assert texts(ax) == sorted(expected)


def test_network_marks_only_the_named_edges(ax):
    plots.draw_network(PARAMS, VALUES, ax=ax, marked=[(0, 1, 2), (1, 1, 0)])
    framed = [
        text.get_text()
        for text in ax.texts
        if text.get_bbox_patch() and to_hex(text.get_bbox_patch().get_edgecolor()) == plots.MARKED
    ]
    assert framed == ["0.23", "1.21"]
    assert [to_hex(line.get_color()) for line in ax.lines].count(plots.MARKED) == 2


def test_labels_are_large_enough_for_a_projector(ax):
    other = Figure().subplots()
    biased = [layer._replace(bias=jnp.ones(2)) for layer in PARAMS]
    plots.draw_network(biased, VALUES, ["x", "h", "y"], ax, title="network")
    plots.draw_table(np.eye(2), ["u", "v"], ["a", "b"], other, title="table")
    labels = [*ax.texts, ax.title, *other.texts, other.title]
    labels += [*other.get_xticklabels(), *other.get_yticklabels()]
    assert min(label.get_fontsize() for label in labels) >= 11


@pytest.fixture
def displayed(monkeypatch):
    """What has been displayed: data and metadata."""
    shown = []
    monkeypatch.setattr(
        "IPython.display.display", lambda data, raw, metadata: shown.append((data, metadata))
    )
    return shown


def test_show_displays_a_sharp_picture_with_its_alternative_text(displayed):
    figure, axes = plt.subplots(figsize=(4, 2))
    plots.draw_table(np.eye(2), ax=axes)
    plots.show(figure, "A table\n   of four numbers.")
    ((data, metadata),) = displayed
    assert data["text/plain"] == metadata["image/png"]["alt"] == "A table of four numbers."
    with Image.open(io.BytesIO(base64.b64decode(data["image/png"]))) as picture:
        assert picture.info["dpi"] == pytest.approx((150, 150), abs=0.1)
        assert 300 < picture.width <= 600
        assert len(picture.getcolors()) <= plots.COLORS
    assert not plt.get_fignums()


def test_show_without_words_is_an_error(displayed):
    with pytest.raises(ValueError, match="alt: found no words"):
        plots.show(Figure(), " ")
    assert not displayed


def test_table_shows_numbers_in_their_cells_and_zero_bare(ax):
    table = np.array([[0.0, 1.25, -0.001], [3.0, -4.5, 6.0]])
    assert plots.draw_table(table, ["u", "v"], ["a", "b", "c"], ax) is ax
    shown = {text.get_position(): text.get_text() for text in ax.texts}
    expected = [["0", "1.25", "0.00"], ["3.00", "-4.50", "6.00"]]
    assert shown == {(j, i): expected[i][j] for i in range(2) for j in range(3)}
    assert [label.get_text() for label in ax.get_yticklabels()] == ["u", "v"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b", "c"]


def test_figures_are_opened_only_without_axes(ax):
    plots.draw_network(PARAMS, VALUES, ax=ax)
    assert not plt.get_fignums()
    figure = plots.draw_table(np.zeros((1, 1))).figure
    assert len(plt.get_fignums()) == 1
    plt.close(figure)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"params": []}, "at least one layer"),
        ({"values": VALUES[1:]}, "found 2 layers, must be 3"),
        ({"values": [VALUES[1], *VALUES[1:]]}, r"values.0.: shape \[2\]"),
        ({"values": [None, None, np.array([np.nan, 1.0])]}, "found nan"),
        ({"params": [PARAMS[0], PARAMS[0]]}, r"weight of layer 2: shape \[2, 3\]"),
        ({"params": [PARAMS[0], mlp.Layer(jnp.ones((2, 2)), jnp.ones(3))]}, "bias of layer 2"),
        ({"names": ["x", "y"]}, "names: found 2, must be 3"),
        ({"marked": [(0, 1, 1), (0, 2, 1)]}, r"marked: found \(0, 2, 1\), which is not an edge"),
    ],
)
def test_network_that_does_not_fit_together_is_an_error(ax, change, message):
    with pytest.raises(ValueError, match=message):
        plots.draw_network(**({"params": PARAMS, "values": VALUES, "ax": ax} | change))


@pytest.mark.parametrize(
    ("table", "names", "message"),
    [
        (np.zeros((2, 0)), None, "must have rows and columns"),
        (np.array([[np.inf]]), None, "found inf"),
        (np.zeros((2, 2)), ["u"], "rows: found 1 names, the table has 2"),
    ],
)
def test_table_that_cannot_be_drawn_is_an_error(ax, table, names, message):
    with pytest.raises(ValueError, match=message):
        plots.draw_table(table, names, ax=ax)


def test_matplotlib_is_not_imported_before_something_is_drawn():
    code = "import sys, jaxtext.reports.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

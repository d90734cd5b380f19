"""Pictures of small networks and tables, with their numbers: what the notebooks show.

Each `draw` function draws into the given axes, or into new ones, and returns them; nothing is saved
or shown. `show` puts a figure below the cell of a notebook. Matplotlib is optional
(`pip install -e '.[eval]'`) and is imported when something is drawn.
"""

import base64
import io
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from jaxtyping import ArrayLike, Float, Num

from jaxtext.base.checks import check_shape
from jaxtext.models import mlp

Axes = Any  # matplotlib.axes.Axes, by a name that needs no matplotlib
Figure = Any  # matplotlib.figure.Figure
Point = tuple[float, float]

# Colors that can be told apart without red and green: above zero, below zero, everything else.
POSITIVE, NEGATIVE, INK = "#2166ac", "#b35806", "#333333"
MARKED = "#d7191c"  # has a frame as well
LAYER_GAP, UNIT_GAP, RADIUS = 3.4, 1.4, 0.45
BIAS_GAP = 0.25  # added below each unit for its bias

# Labels can be read on a projector in figures of at most 9 inches across. Sizes are in points.
SMALL, NORMAL = 11, 12
DPI = 150
COLORS = 24  # of a picture in a notebook, at most
STYLE = {
    "figure.dpi": DPI,
    "font.size": NORMAL,
    "axes.titlesize": NORMAL,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
}


def draw_network(
    params: Sequence[mlp.Layer],
    values: Sequence[Num[ArrayLike, " _"] | None],
    names: Sequence[str] | None = None,
    ax: Axes = None,
    digits: int = 2,
    title: str = "",
    marked: Collection[tuple[int, int, int]] = (),
) -> Axes:
    r"""Draw a network from left to right, with values of units in circles and weights on edges.

    `values` contains a vector for each layer, beginning with the input, as returned by
    `mlp.values`; None leaves the circles of a layer empty. `names` contains a letter for each
    layer, in TeX, to which the number of the unit is added. Numbers above zero are blue, those
    below are brown, and the largest weight has the widest edge. Biases stand below their units.
    With more than three units per layer, the numbers on the edges overlap. `marked` contains edges
    to be drawn in red with a frame, as (k, i, j) for `params[k].weight[i, j]`.

    The forward pass is `draw_network(params, mlp.values(params, x, f))`. For the backward pass
    pass the gradient, which has the structure of `params`, and $\delta$ in place of the values:
    `draw_network(gradient, [None, delta_1, delta_2])`.

    Raises `ValueError` if values, names and layers do not fit together, for marks on edges that do
    not exist, and for numbers that are not finite.
    """
    widths = _check_network(params, values, names)
    edges = {(k, *ij) for k, layer in enumerate(params) for ij in np.ndindex(*layer.weight.shape)}
    if not edges.issuperset(marked):
        raise ValueError(f"marked: found {min(set(marked) - edges)}, which is not an edge")
    gap = UNIT_GAP + BIAS_GAP * any(layer.bias is not None for layer in params)
    places = [
        [(k * LAYER_GAP, ((size - 1) / 2 - i) * gap) for i in range(size)]
        for k, size in enumerate(widths)
    ]
    ax = _axes(ax, (2.2 * len(widths), 1.0 * max(widths) + 0.6))
    weights = [np.asarray(layer.weight) for layer in params]
    largest = max(np.abs(weight).max() for weight in weights) or 1.0
    for k, (weight, sources, targets) in enumerate(
        zip(weights, places[:-1], places[1:], strict=True)
    ):
        # At this part of the way, all numbers between two layers have the same distance.
        part = 1 / (len(targets) + 1)
        for (i, j), w in np.ndenumerate(weight):
            mark = (k, i, j) in marked
            _draw_edge(ax, sources[j], targets[i], part, _text(w, digits), w / largest, mark)
    biases = [None, *(layer.bias for layer in params)]
    for k, (points, value, bias) in enumerate(zip(places, values, biases, strict=True)):
        for i, point in enumerate(points):
            number = "" if value is None else _text(np.asarray(value)[i], digits)
            name = "" if names is None else f"${names[k]}_{{{i + 1}}}$"
            below = "" if bias is None else f"$b$ = {_text(np.asarray(bias)[i], digits)}"
            _draw_unit(ax, point, number, name, below)
    height = (max(widths) - 1) / 2 * gap + RADIUS + 0.5
    ax.set(xlim=(-0.6, places[-1][0][0] + 0.6), ylim=(-height, height), aspect="equal")
    ax.set_axis_off()
    ax.set_title(title, fontsize=NORMAL)
    return ax


def draw_table(
    table: Num[ArrayLike, "_ _"],
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    ax: Axes = None,
    digits: int = 2,
    largest: float | None = None,
    title: str = "",
) -> Axes:
    """Draw a heat map of a small table with its numbers; an exact zero is written as 0.

    Colors are those of `draw_network`: blue above zero, brown below. `rows` and `columns` are the
    names along the sides; `largest` is the number with the full color, by default the largest of
    the table. Raises `ValueError` if the names do not fit the
    table, for an empty one and for numbers that are not finite.
    """
    numbers = np.asarray(table)
    if numbers.ndim != 2 or not numbers.size:
        raise ValueError(f"table: shape {list(numbers.shape)}, must have rows and columns")
    _check_numbers("table", numbers, numbers.shape)
    for side, names, size in zip(("rows", "columns"), (rows, columns), numbers.shape, strict=True):
        if names is not None and len(names) != size:
            raise ValueError(f"{side}: found {len(names)} names, the table has {size}")
    if largest is not None and not largest > 0:
        raise ValueError(f"largest: found {largest}, must be above zero")

    from matplotlib.colors import LinearSegmentedColormap

    height, width = numbers.shape
    ax = _axes(ax, (0.8 * width + 1.2, 0.4 * height + 0.8))
    bound = largest or np.abs(numbers).max() or 1.0
    colors = LinearSegmentedColormap.from_list("signs", [NEGATIVE, "white", POSITIVE])
    ax.imshow(numbers, cmap=colors, vmin=-bound, vmax=bound, aspect="auto")
    for (i, j), number in np.ndenumerate(numbers):
        label = "0" if number == 0 else _text(number, digits)
        color = "white" if abs(number) > 0.6 * bound else INK
        ax.text(j, i, label, ha="center", va="center", fontsize=SMALL, color=color)
    ax.set_xticks(range(width) if columns is not None else [], columns)
    ax.set_yticks(range(height) if rows is not None else [], rows)
    ax.tick_params(length=0, labelsize=SMALL, top=False, labeltop=True)
    ax.tick_params(bottom=False, labelbottom=False)
    ax.spines[:].set_visible(False)
    ax.set_title(title, fontsize=NORMAL)
    return ax


def draw_density(
    density: Float[np.ndarray, "bins bins"],
    edges: Float[np.ndarray, " edges"],
    ax: Axes = None,
    title: str = "",
    optimum: str = r"optimum $\ln(n_{wc} / e_{wc})$",
) -> Axes:
    """Draw pairs by the optimum of their score (across) and the score w.c (up), from `gap.measure`.

    Colors are darker for more pairs, on a logarithmic scale; on the diagonal a score is at its
    optimum. The axes include all but about one in ten thousand pairs. Raises `ValueError` for a
    density without any pair.
    """
    check_shape("density", density, (len(edges) - 1,) * 2)
    if not density.sum():
        raise ValueError("density: contains no pair to draw")
    ax = _axes(ax, (4.5, 4.2))
    from matplotlib.colors import LogNorm

    low, high = np.inf, -np.inf
    for shares in (density.sum(axis=1), density.sum(axis=0)):
        below = np.cumsum(shares) / density.sum()
        low = min(low, edges[np.searchsorted(below, 1e-4)])
        high = max(high, edges[min(np.searchsorted(below, 1 - 1e-4) + 1, len(edges) - 1)])
    shown = np.where(density > 0, density, np.nan).T
    mesh = ax.pcolormesh(edges, edges, shown, cmap="Blues", norm=LogNorm(), rasterized=True)
    ax.axline((0, 0), slope=1, color=NEGATIVE, linewidth=1)
    ax.set(xlim=(low, high), ylim=(low, high), aspect="equal", title=title)
    ax.set_xlabel(optimum)
    ax.set_ylabel(r"score $w \cdot c$")
    ax.figure.colorbar(mesh, ax=ax, label="observed pairs per bin", fraction=0.045)
    return ax


def show(figure: Figure, alt: str) -> None:
    """Show a figure below the cell of a notebook, with a text for readers who cannot see it.

    `alt` says in words what the figure shows. Screen readers read it, and it stands where pictures
    are not displayed. The picture has 150 dpi and few colors, which keeps notebooks small. The
    figure is closed. Raises `ValueError` for a text without words.
    """
    from IPython.display import display  # pyright: ignore[reportMissingImports]

    data, metadata = bundle(figure, alt)
    display(data, raw=True, metadata=metadata)


def bundle(figure: Figure, alt: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a notebook displays for a figure, by its types, and the metadata of these.

    The figure is closed. Raises `ValueError` for an `alt` without words.
    """
    alt = " ".join(alt.split())
    if not alt:
        raise ValueError("alt: found no words, must say what the figure shows")
    data = {"image/png": base64_png(figure), "text/plain": alt}
    return data, {"image/png": {"alt": alt}}


def base64_png(figure: Figure) -> str:
    """Return the picture of a figure, which is closed, as notebooks and pages store it."""
    from matplotlib import pyplot as plt

    picture = base64.b64encode(_png(figure)).decode()
    plt.close(figure)
    return picture


def _png(figure: Figure) -> bytes:
    """Return the file of a picture with `DPI` and at most `COLORS` colors."""
    from PIL import Image  # comes with matplotlib

    drawn, reduced = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=DPI, bbox_inches="tight")
    with Image.open(drawn) as image:
        image.convert("RGB").quantize(COLORS, kmeans=1).save(
            reduced, "PNG", optimize=True, dpi=(DPI, DPI)
        )
    return reduced.getvalue()


def _check_network(
    params: Sequence[mlp.Layer],
    values: Sequence[Num[ArrayLike, " _"] | None],
    names: Sequence[str] | None,
) -> list[int]:
    """Return the widths of all layers. Raises `ValueError` for what `draw_network` cannot draw."""
    if not params:
        raise ValueError("params: a network needs at least one layer")
    widths = [np.shape(params[0].weight)[-1], *(len(layer.weight) for layer in params)]
    if len(values) != len(widths):
        raise ValueError(
            f"values: found {len(values)} layers, must be {len(widths)}: the input and one for "
            "each layer of weights"
        )
    if names is not None and len(names) != len(widths):
        raise ValueError(f"names: found {len(names)}, must be {len(widths)}, one per layer")
    for k, (layer, inputs, outputs) in enumerate(zip(params, widths, widths[1:], strict=False), 1):
        _check_numbers(f"weight of layer {k}", layer.weight, (outputs, inputs))
        if layer.bias is not None:
            _check_numbers(f"bias of layer {k}", layer.bias, (outputs,))
    for k, (value, width) in enumerate(zip(values, widths, strict=True)):
        if value is not None:
            _check_numbers(f"values[{k}]", value, (width,))
    return widths


def _draw_edge(
    ax: Axes, start: Point, end: Point, part: float, label: str, strength: float, mark: bool
) -> None:
    """Draw a line with its label at `part` of the way; `strength` is from -1 to 1."""
    (x, y), (x_end, y_end) = start, end
    color = POSITIVE if strength > 0 else NEGATIVE if strength < 0 else INK
    color = MARKED if mark else color
    width = 0.6 + 2 * abs(strength)
    ax.plot([x, x_end], [y, y_end], color=color, linewidth=width, alpha=0.6, zorder=1)
    box = {"facecolor": "white", "edgecolor": color if mark else "none", "pad": 2 if mark else 0.6}
    style = {"ha": "center", "va": "center", "fontsize": SMALL, "color": color}
    ax.text(x + part * (x_end - x), y + part * (y_end - y), label, bbox=box, zorder=2, **style)


def _draw_unit(ax: Axes, center: Point, number: str, name: str, below: str) -> None:
    """Draw a circle with a number, a name and a bias; empty texts are left out."""
    from matplotlib.patches import Circle

    x, y = center
    ax.add_patch(Circle(center, RADIUS, facecolor="white", edgecolor=INK, zorder=3))
    edge = RADIUS + 0.05
    for label, height, va, size in (
        (number, y, "center", SMALL),
        (name, y + edge, "bottom", NORMAL),
        (below, y - edge, "top", SMALL),
    ):
        if label:
            ax.text(x, height, label, ha="center", va=va, fontsize=size, color=INK, zorder=4)


def _axes(ax: Axes, size: tuple[float, float]) -> Axes:
    """Return the given axes, or new ones in a figure of this size."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size)[1]


def _check_numbers(name: str, values: ArrayLike, shape: tuple[int, ...]) -> None:
    check_shape(name, values, shape)
    numbers = np.asarray(values)
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name}: found {numbers[~np.isfinite(numbers)].flat[0]}, cannot be drawn")


def _text(value: float, digits: int) -> str:
    return f"{value:z.{digits}f}"  # z: what is rounded to zero has no sign

"""Pictures of words in a plane, with labels that do not overlap."""

from collections.abc import Collection, Sequence

import numpy as np
from jaxtyping import Float

from jaxtext.base.checks import check_shape
from jaxtext.base.html import visible
from jaxtext.reports.plots import INK, NEGATIVE, POSITIVE, SMALL, Axes

GAP = 3  # points between a dot and its label
SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1))  # of a dot, where its label may stand
LONGEST = 24  # characters of a label


def draw_words(
    points: Float[np.ndarray, "V 2"],
    words: Sequence[str],
    ax: Axes,
    title: str = "",
    marked: Collection[str] = (),
) -> Axes:
    """Draw a dot for each word, with labels for those that have room, and return the axes.

    Earlier words get their labels first, and those in `marked` before all others, in brown. Long
    words are cut. The axes have one scale for both directions and no numbers, since distances
    alone mean something.

    Raises `ValueError` for points that are not one per word or not finite.
    """
    check_shape("points", points, (len(words), 2))
    if not np.isfinite(points).all():
        raise ValueError("points: found a number that is not finite, cannot be drawn")
    is_marked = np.array([word in marked for word in words], bool)
    ax.scatter(*points[~is_marked].T, s=9, color=POSITIVE, alpha=0.35, linewidths=0)
    ax.scatter(*points[is_marked].T, s=22, color=NEGATIVE, linewidths=0, zorder=3)
    ax.set(xticks=[], yticks=[], title=title)
    ax.set_aspect("equal", adjustable="datalim")
    ax.spines[:].set_color("0.8")
    ax.figure.draw_without_rendering()  # places are known from here on
    dots = ax.transData.transform(points)
    taken = [_box(dot, np.full(2, 3.0)) for dot in dots[is_marked]]
    frame = ax.get_window_extent().extents
    for place in sorted(range(len(words)), key=lambda place: not is_marked[place]):
        text = visible(words[place])[:LONGEST]
        if not text.strip():
            continue
        side = _side(dots[place], _size(text, ax.figure.dpi), ax.figure.dpi, frame, taken)
        if side is not None:
            color = NEGATIVE if is_marked[place] else INK
            _label(ax, points[place], text, side, color)
    return ax


def _side(
    dot: Float[np.ndarray, " 2"],
    size: Float[np.ndarray, " 2"],
    dpi: float,
    frame: Float[np.ndarray, " 4"],
    taken: list[np.ndarray],
) -> tuple[int, int] | None:
    """Return the first side of a dot at which its label has room, and take it; all in pixels."""
    for side in SIDES:
        box = _box(dot + np.array(side) * (GAP * dpi / 72 + size / 2), size / 2)
        inside = (box[:2] >= frame[:2]).all() and (box[2:] <= frame[2:]).all()
        if inside and not any(_overlap(box, other) for other in taken):
            taken.append(box)
            return side
    return None


def _label(
    ax: Axes, point: Float[np.ndarray, " 2"], text: str, side: tuple[int, int], color: str
) -> None:
    across, up = side
    ax.annotate(
        text, point, (across * GAP, up * GAP), textcoords="offset points",
        ha={1: "left", -1: "right", 0: "center"}[across],
        va={1: "bottom", -1: "top", 0: "center"}[up],
        fontsize=SMALL, color=color, zorder=4, parse_math=False,
    )  # fmt: skip


def _size(text: str, dpi: float) -> Float[np.ndarray, " 2"]:
    """Return the width of a text and the height of a line, in pixels."""
    from matplotlib.textpath import TextPath

    across = TextPath((0, 0), text.replace("$", r"\$"), size=SMALL).vertices[:, 0]
    return np.array([np.ptp(across), 1.3 * SMALL]) * dpi / 72


def _box(center: Float[np.ndarray, " 2"], half: Float[np.ndarray, " 2"]) -> np.ndarray:
    """Return the ends of a rectangle: left, bottom, right, top."""
    return np.concatenate([center - half, center + half])


def _overlap(a: Float[np.ndarray, " 4"], b: Float[np.ndarray, " 4"]) -> bool:
    return bool((a[:2] < b[2:]).all() and (b[:2] < a[2:]).all())

"""Pictures of the sheet's derivations: each printed line with its value, corrected where wrong."""

import re

import numpy as np

from jaxtext.reports import plots
from jaxtext.reports.plots import INK, MARKED, NEGATIVE, NORMAL, POSITIVE, SMALL
from jaxtext.verification.sheet.derivations import Derivation, Line

WIDTH = 8.8  # inches: with its margin the widest figure of a notebook
ROW, TALL, TALLEST = 0.35, 0.6, 0.78  # of a line; with fractions or sums; with sums in fractions
NUMBERS = (0.86, 1.0)  # places of the columns of numbers, as parts of the width
DIGITS = 5


def draw_derivation(derivation: Derivation) -> plots.Figure:
    """Draw a derivation: a line as printed, its value, and the value that is right.

    The first wrong line has a red frame. Below each wrong line stands the one that is right, in
    blue; numbers that are not the right ones are brown. All of it is in words, too: a cross or a
    tick begins each line.
    """
    from matplotlib import pyplot as plt

    rows = [_row(derivation, place) for place in range(len(derivation.lines))]
    heights = [_height(formula) for row in rows for formula, _ in row]
    total = ROW * 1.6 + sum(heights)
    figure = plt.figure(figsize=(WIDTH, total))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, 1), ylim=(total, 0))
    ax.set_axis_off()
    ax.text(0, ROW / 2, derivation.title, fontsize=NORMAL, va="center", color=INK)
    for x, name in zip(NUMBERS, derivation.values, strict=True):
        ax.text(x, ROW / 2, name, fontsize=SMALL, va="center", ha="right", color=INK)
    y = ROW * 1.2
    ax.axhline(y, color=INK, linewidth=0.8)
    y += ROW * 0.2
    for place, row in enumerate(rows):
        _draw_row(ax, y, row, derivation, place)
        y += sum(_height(formula) for formula, _ in row)
    return figure


def in_words(derivation: Derivation) -> str:
    """Return what the picture of a derivation shows, for readers who cannot see it."""
    first = derivation.first_wrong
    title = derivation.title.replace(r"\partial ", "d").replace(r"\cdot", ".")
    title = re.sub(r"[\\${}]", "", title)
    parts = [f"{title}: {len(derivation.lines)} lines."]
    if first is None:
        return f"{parts[0]} All have the right value, {derivation.lines[0].exact:.{DIGITS}f}."
    line = derivation.lines[first]
    parts.append(f"The first wrong one is line {first + 1}: its value is {_number(line.value)},")
    parts.append(f"and {_number(line.exact)} is right.")
    wrong = [str(place + 1) for place, line in enumerate(derivation.lines) if line.is_off]
    parts.append(f"Lines with wrong values: {', '.join(wrong)}.")
    return " ".join(parts)


def _row(derivation: Derivation, place: int) -> list[tuple[str, str]]:
    """Return a printed line and, if there is one, its correction: formulas with their colors."""
    line = derivation.lines[place]
    both = [(line.formula, INK), (line.right, POSITIVE)]
    return [(formula.replace(r"\frac", r"\dfrac"), color) for formula, color in both if formula]


def _draw_row(
    ax: plots.Axes, y: float, row: list[tuple[str, str]], derivation: Derivation, place: int
) -> None:
    line = derivation.lines[place]
    is_first = place == derivation.first_wrong
    middle = y + _height(row[0][0]) / 2
    mark, color = _mark(line)
    ax.text(0.01, middle, mark, fontsize=NORMAL, va="center", color=color)
    frame = {"facecolor": "none", "edgecolor": MARKED, "pad": 3} if is_first else None
    ax.text(0.04, middle, f"${row[0][0]}$", fontsize=NORMAL, va="center", color=INK, bbox=frame)
    for x, number, tint in (
        (NUMBERS[0], line.value, NEGATIVE if line.is_off else INK),
        (NUMBERS[1], line.exact, INK),
    ):
        ax.text(x, middle, _number(number), fontsize=SMALL, va="center", ha="right", color=tint)
    for formula, tint in row[1:]:
        below = y + _height(row[0][0]) + _height(formula) / 2
        style = {"fontsize": NORMAL, "va": "center", "color": tint}
        written = ax.text(0.07, below, f"${formula}$", **style)
        if line.note:
            ax.annotate(
                line.note, (1, 0.5), (12, 0), xycoords=written, textcoords="offset points",
                fontsize=SMALL, va="center", color=tint,
            )  # fmt: skip


def _mark(line: Line) -> tuple[str, str]:
    """Return the sign before a line, and its color."""
    return ("\u2717", MARKED) if line.right or line.is_off else ("\u2713", POSITIVE)


def _number(value: float) -> str:
    return f"{value:z.{DIGITS}f}" if np.isfinite(value) else "undefined"


def _height(formula: str) -> float:
    if r"}{\sum" in formula:
        return TALLEST
    return TALL if r"\dfrac" in formula or r"\sum" in formula else ROW

"""Charts of a page as specifications of Vega and Vega-Lite, which draw them in the browser.

Vega is embedded whole, 0.9 MB with Vega-Lite: charts are vector graphics that take the colors of
the page around them, light or dark, and print sharply; it also places labels so that they do not
overlap. A specification is JSON and contains the data, never code from outside.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Spec = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]

COLORS = ("#0b7fc4", "#d1600a", "#0a8f6a", "#b0609a", "#a07800", "#6a6ad0")  # one a run
INK = "currentColor"
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
FAINT = 0.15  # opacity of grids
CONFIG: Spec = {  # of all charts: they take the color of the text around them
    "background": None,
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK, "titleColor": INK, "domainColor": INK, "tickColor": INK,
        "gridColor": INK, "gridOpacity": FAINT, "titleFontWeight": "normal", "labelFontSize": 12,
        "titleFontSize": 12,
    },
    "legend": {"labelColor": INK, "titleColor": INK, "labelFontSize": 12, "titleFontSize": 12},
    "header": {"labelColor": INK, "titleColor": INK, "labelFontSize": 12},
    "text": {"color": INK},
    "range": {"category": list(COLORS)},
}  # fmt: skip
COARSE = 2  # bins of the density that are drawn as one, either way
RARE = 1e-4  # share of the pairs that may be outside of the axes


def _chart(description: str, height: int, rows: Rows, **parts: Any) -> Spec:
    return {
        "$schema": SCHEMA, "description": description, "width": "container", "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"}, "data": {"values": list(rows)},
        **parts,
    }  # fmt: skip


def _quantity(field: str, title: str, **more: Any) -> Spec:
    return {"field": field, "type": "quantitative", "title": title, **more}


def _run(rows: Rows) -> Spec:
    """Return the color of a run, with a legend if there are several."""
    names = list(dict.fromkeys(row["run"] for row in rows))
    legend = {"orient": "top", "title": None} if len(names) > 1 else None
    return {"field": "run", "type": "nominal", "sort": names, "legend": legend}


def lines(rows: Rows, field: str, title: str) -> Spec:
    """Return a line for each run: `field` of its reports over the seconds."""
    tooltip = [
        {"field": "run", "type": "nominal"},
        _quantity("seconds", "seconds", format=",.1f"),
        _quantity("done", "done", format=".0%"),
        _quantity(field, title, format=",.4~g"),
    ]
    return _chart(
        f"{title} over the seconds of training", 240, rows,
        mark={"type": "line", "point": {"size": 18}, "strokeWidth": 1.5},
        encoding={
            "x": _quantity("seconds", "seconds of training"),
            "y": _quantity(field, title, scale={"zero": False, "nice": True}),
            "color": _run(rows), "tooltip": tooltip,
        },
    )  # fmt: skip


def intervals(rows: Rows) -> Spec:
    """Return a point with its interval for each set and run."""
    names = list(dict.fromkeys(row["set"] for row in rows))
    runs = len({row["run"] for row in rows})
    place: Spec = {
        "y": {"field": "set", "type": "nominal", "sort": names, "title": None},
        "color": _run(rows),
    }
    if runs > 1:
        place["yOffset"] = {"field": "run", "type": "nominal"}
    tooltip = [
        {"field": name, "type": "nominal"} for name in ("run", "set", "score", "interval", "items")
    ]
    return _chart(
        "Scores with their 95% intervals", len(names) * (16 * runs + 14), rows,
        layer=[
            {"mark": {"type": "rule", "strokeWidth": 2}, "encoding": place | {
                "x": _quantity("low", "score, with its 95% interval"), "x2": {"field": "high"},
                "tooltip": tooltip,
            }},
            {"mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
             "encoding": place | {"x": _quantity("value", ""), "tooltip": tooltip}},
        ],
    )  # fmt: skip


def bands(content: Mapping[str, Any]) -> Spec:
    """Return how far the loss is above its optimum, by the ranks of center and context."""

    def name(ends: Sequence[int]) -> str:
        return f"{ends[0]:,}\u2013{ends[1]:,}"

    rows = [
        {
            "center": name(band["centers"]), "context": name(band["contexts"]),
            "percent": band["all_cells"]["percent"], "pairs": band["pairs"],
        }
        for band in content["bands"] if band["all_cells"]["percent"] is not None
    ]  # fmt: skip
    names = list(dict.fromkeys(row["center"] for row in rows))
    names += [each for each in dict.fromkeys(row["context"] for row in rows) if each not in names]
    largest = max((row["percent"] for row in rows), default=0)
    sides = {
        side: {"field": field, "type": "ordinal", "sort": names, "title": f"rank of the {field}"}
        for side, field in (("x", "context"), ("y", "center"))
    }
    sides["x"]["axis"] = {"orient": "top", "labelAngle": -30}
    tooltip = [
        {"field": "center", "type": "nominal"}, {"field": "context", "type": "nominal"},
        _quantity("percent", "above the optimum, %", format=",.1f"),
        _quantity("pairs", "pairs", format=",.0f"),
    ]  # fmt: skip
    scale = {"type": "symlog", "scheme": "blues", "domain": [0, largest]}
    color = _quantity("percent", "", scale=scale, legend=None)
    dark = {"test": f"log(1 + datum.percent) > {0.6 * np.log1p(largest)}", "value": "white"}
    return _chart(
        "Loss above its optimum in percent, by the ranks of center and context", 180, rows,
        encoding=sides | {"tooltip": tooltip},
        layer=[
            {"mark": "rect", "encoding": {"color": color}},
            {"mark": {"type": "text", "fontSize": 12}, "encoding": {
                "text": _quantity("percent", "", format=".3~s"),
                "color": {"condition": dark, "value": "#111"},
            }},
        ],
    )  # fmt: skip


def density(content: Mapping[str, Any]) -> Spec | None:
    """Return observed pairs by the optimum of their score (across) and the score w.c (up), if any.

    `content` is that of `evaluation.gap.density_json`.
    """
    edges, bins = np.asarray(content["edges"]), np.asarray(content["bins"], float).reshape(-1, 3)
    step = COARSE * (edges[1] - edges[0])
    cells: dict[tuple[int, int], float] = {}
    for across, up, number in bins:
        place = int(across) // COARSE, int(up) // COARSE
        cells[place] = cells.get(place, 0.0) + number
    rows = [
        {"x": round(edges[0] + i * step, 6), "y": round(edges[0] + j * step, 6), "n": round(n, 3)}
        for (i, j), n in sorted(cells.items())
        if n > 0
    ]
    if not rows:
        return None
    low, high = _ends(rows, step)
    rows = [row for row in rows if low <= row["x"] < high and low <= row["y"] < high]
    domain = {"domain": [low, high], "nice": False}
    color = _quantity(
        "n", "pairs per bin", scale={"type": "log", "scheme": "blues"},
        legend={"orient": "right", "format": "~s"},
    )  # fmt: skip
    places = {
        "x": _quantity("x", "optimum of the score", scale=domain), "x2": {"field": "x2"},
        "y": _quantity("y", "score w\u00b7c", scale=domain), "y2": {"field": "y2"},
    }  # fmt: skip
    diagonal = {"values": [{"x": low, "y": low}, {"x": high, "y": high}]}
    return _chart(
        "Observed pairs by the optimum of their score and their score", 340, rows,
        transform=[
            {"calculate": f"datum.x + {step}", "as": "x2"},
            {"calculate": f"datum.y + {step}", "as": "y2"},
        ],
        layer=[
            {"mark": "rect", "encoding": places | {"color": color, "tooltip": [
                _quantity("x", "optimum from", format=".1f"),
                _quantity("y", "score from", format=".1f"), _quantity("n", "pairs", format=",.0f"),
            ]}},
            {"data": diagonal, "mark": {"type": "line", "color": COLORS[1], "strokeWidth": 1.5},
             "encoding": {"x": _quantity("x", ""), "y": _quantity("y", "")}},
        ],
    )  # fmt: skip


def _ends(rows: Rows, step: float) -> tuple[float, float]:
    """Return the ends of both axes, between which nearly all pairs are."""
    ends = []
    numbers = np.array([row["n"] for row in rows])
    for side in ("x", "y"):
        values = np.array([row[side] for row in rows])
        order = np.argsort(values, kind="stable")
        below = np.cumsum(numbers[order]) / numbers.sum()
        last = min(np.searchsorted(below, 1 - RARE), len(order) - 1)
        ends.append([values[order][np.searchsorted(below, RARE)], values[order][last] + step])
    (a, b), (c, d) = ends
    return float(min(a, c)), float(max(b, d))


def word_map(rows: Rows, description: str) -> Spec:
    """Return words in a plane; labels that would overlap are left out.

    Rows have the word, x, y, count and rank; words of a low rank get their labels first. The page
    sets the signals: `xs` and `ys`, the ends of what is seen, when a map is zoomed or moved,
    `shown`, a word, and `ink`, the color of the labels.
    """
    sides = {
        side: [min(row[side] for row in rows), max(row[side] for row in rows)] for side in "xy"
    }
    for ends in sides.values():
        margin = 0.05 * (ends[1] - ends[0]) or 1.0
        ends[:] = [ends[0] - margin, ends[1] + margin]
    return {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "description": description,
        "width": 600, "height": 520, "padding": 2, "autosize": "none",
        "signals": [
            {"name": "ink", "value": "#222"},
            {"name": "shown", "value": ""},
            *({"name": f"{side}s", "value": ends} for side, ends in sides.items()),
        ],
        "data": [
            {"name": "words", "values": list(rows)},
            {"name": "inside", "source": "words", "transform": [{
                "type": "filter",
                "expr": "inrange(datum.x, xs) && inrange(datum.y, ys)",
            }]},
        ],
        "scales": [
            {"name": "x", "zero": False, "domain": {"signal": "xs"}, "range": "width"},
            {"name": "y", "zero": False, "domain": {"signal": "ys"}, "range": "height"},
            {"name": "size", "type": "log", "range": [14, 90], "domain": {
                "data": "words", "field": "count",
            }},
        ],
        "marks": [
            {"type": "symbol", "name": "points", "from": {"data": "inside"}, "clip": True,
             "encode": {
                "enter": {"tooltip": {"signal": "{word: datum.word, count: datum.count}"}},
                "update": {
                    "x": {"scale": "x", "field": "x"}, "y": {"scale": "y", "field": "y"},
                    "size": {"scale": "size", "field": "count"},
                    "fill": [
                        {"test": "datum.word === shown", "value": COLORS[1]}, {"value": COLORS[0]},
                    ],
                    "fillOpacity": {"signal": "datum.word === shown ? 1 : 0.6"},
                },
            }},
            {"type": "text", "from": {"data": "points"}, "clip": True, "interactive": False,
             "encode": {"update": {
                "text": {"field": "datum.word"},
                "fontSize": {"signal": "datum.datum.word === shown ? 16 : 12"},
                "fontWeight": {"signal": "datum.datum.word === shown ? 'bold' : 'normal'"},
                "fill": {"signal": "ink"},
            }},
             "transform": [{
                "type": "label", "size": {"signal": "[width, height]"}, "offset": [3],
                "anchor": ["right", "left", "top", "bottom"], "avoidBaseMark": False,
                "padding": 0,
                "sort": {"field": "datum.datum.rank", "order": "ascending"},
             }]},
        ],
    }  # fmt: skip

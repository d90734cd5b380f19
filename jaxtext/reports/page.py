"""One HTML file about a run, or about several side by side, that needs no network.

`shown` collects what is known of a run, and `page` makes the file of it: a template of Jinja, which
escapes every text, with charts of Vega (`reports.charts`) and the most frequent words with their
vectors, among which a search box in the page finds the nearest. Needs the extra `report`.
"""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jaxtext.base.errors import InputError
from jaxtext.base.files import read_json_lines
from jaxtext.base.html import visible
from jaxtext.evaluation.report import Report, score
from jaxtext.reports import charts, evaluation
from jaxtext.reports.rendering import embedded, rendered, require
from jaxtext.reports.run import (
    FUNCTION_WORDS,
    content_words,
    neighbors_table,
    record_rows,
    rounded,
)
from jaxtext.reports.tables import Table
from jaxtext.runs import CONFIG, GAP, MANIFEST, METRICS, Run, is_run, load
from jaxtext.runs.repeating import record_of
from jaxtext.vectors import plane
from jaxtext.vectors.embeddings import Embeddings, normalize

BYTES = 2_600_000  # of a page, for words with their vectors
SEARCHED = 20_000  # words of a run that can be searched, at most
MAPPED = 2_000  # words of a run on its map
REPORTS = 400  # points of a line, at most
HASH = re.compile("[0-9a-f]{64}")
FARTHEST = 10  # words
LARGEST = 1e15  # number in a report of training; NaN is not less
DIVERGED = "Training diverged: these are its last good vectors."
UNMEASURED = "Not measured when it was trained: give its text when the page is made."
NAME = ["name", "value"]


class Shown(NamedTuple):
    """A run, or a vector file, and what is known of it."""

    name: str
    vectors: Embeddings
    config: Mapping[str, Any] = {}
    manifest: Mapping[str, Any] = {}
    metrics: Sequence[Mapping[str, Any]] = ()
    gap: Mapping[str, Any] | None = None  # as in gap.json
    scores: Report | None = None


class Part(NamedTuple):
    """What a section has of one run; charts and maps are the names of their elements."""

    name: str
    notes: Sequence[str] = ()
    charts: Sequence[str] = ()
    maps: Sequence[Any] = ()
    tables: Sequence[Table] = ()


class Section(NamedTuple):
    """A section of a page: what it has of all runs together, and of each."""

    id: str
    title: str
    text: str = ""
    charts: Sequence[str] = ()
    tables: Sequence[Table] = ()
    runs: Sequence[Part] = ()


def shown(path: str | Path, name: str | None = None, vectors: Embeddings | None = None) -> Shown:
    """Return what is known of a run folder, or of a vector file, whose `vectors` may be given.

    Raises `InputError` for a folder or file that cannot be used.
    """
    path = Path(path)
    vectors = load(path) if vectors is None else vectors
    name = visible(path.resolve().name if name is None else name)
    if not is_run(path):
        return Shown(name, vectors)
    run = Run(path)
    record_of(run)  # which raises an error for options that are damaged
    gap = run.read_json(GAP) if (path / GAP).exists() else None
    records = run.read_json(CONFIG), run.read_json(MANIFEST)
    found = Shown(name, vectors, *records, read_json_lines(path / METRICS), gap)
    for file, section in ((MANIFEST, _what), (GAP, _gap)):
        try:
            _try(section, found)
        except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError):
            raise InputError(f"{path / file}: damaged: it is not what a run writes") from None
    return found


def _try(section: Callable[[Sequence[Shown], dict[str, charts.Spec]], Any], run: Shown) -> None:
    """Make a section about one run, which fails if its numbers cannot be shown."""
    drawn: dict[str, charts.Spec] = {}
    made = section([run], drawn)
    for part in made.runs if made is not None else ():
        for table in part.tables:
            table.html()
    embedded(drawn)


def page(runs: Sequence[Shown], title: str = "", mapped: int = MAPPED, seed: int = 0) -> str:
    """Return the page about some runs as HTML; at most 5 MB for 100,000 words.

    The map of each run has its `mapped` most frequent words, without the hundred that are mostly
    function words; it is computed with `seed`. Raises `InputError` as `require` does.
    """
    require("jinja2", "vl_convert")
    drawn: dict[str, charts.Spec] = {}
    maps: dict[str, dict[str, charts.Spec]] = {}
    sections = [
        _what(runs, drawn),
        _training(runs, drawn),
        _gap(runs, drawn),
        _evaluation(runs, drawn),
        _words(runs),
        _maps(runs, maps, mapped, seed),
    ]
    first = next((word for run in runs for word in content_words(run.vectors, 1)), "")
    data = {
        "charts": drawn, "config": charts.CONFIG, "maps": maps, "first": visible(first),
        "runs": [searched(run, BYTES // len(runs)) for run in runs],
    }  # fmt: skip
    title = title or f"Word vectors: {' and '.join(run.name for run in runs)}"
    return rendered(
        "report", visible(title), data, sections=[each for each in sections if each is not None],
        several=len(runs) > 1,
    )  # fmt: skip


def searched(run: Shown, size: int) -> dict[str, Any]:
    """Return the most frequent words and their vectors, as bytes from -127 to 127, for a page."""
    dim = run.vectors.dim
    many = min(len(run.vectors), SEARCHED, max(size // (dim * 4 // 3 + 12), 1))
    unit = normalize(run.vectors.center[:many].astype(np.float32))
    largest = np.abs(unit).max(axis=1, keepdims=True)
    rows = np.rint(127 * unit / np.where(largest > 0, largest, 1)).astype(np.int8)
    return {
        "name": run.name, "dim": dim, "words": [visible(word) for word in run.vectors.words[:many]],
        "vectors": base64.b64encode(rows.tobytes()).decode(),
    }  # fmt: skip


def _what(runs: Sequence[Shown], drawn: dict[str, charts.Spec]) -> Section:
    del drawn
    parts = [
        Part(run.name, [DIVERGED] * (run.manifest.get("status") == "diverged"),
             tables=[description(run)])
        for run in runs
    ]  # fmt: skip
    tables = [differences(runs)] if len(runs) > 1 else []
    return Section("what", "What was trained", tables=tables, runs=parts)


def description(run: Shown) -> Table:
    """Return text, options, versions and hashes of a run; of a file, its size."""
    vectors = run.vectors
    size = [["words", f"{len(vectors):,}"], ["dimensions", f"{vectors.dim:,}"]]
    if not run.config:
        return Table("", NAME, [*size, *([["note", vectors.note]] if vectors.note else [])])
    config, manifest = dict(run.config), run.manifest
    corpus, device = manifest["corpus"], manifest["device"]
    sources = ", ".join(Path(each).name for each in corpus["sources"])
    options = {
        name: value for name, value in config.items()
        if name not in ("paths", "out", "resume", "checkpoint_every", "from_manifest", "gap")
        and value is not None
    }  # fmt: skip
    rows = [
        ["text", sources],
        ["tokens", f"{corpus['tokens']:,}"],
        ["SHA-256 of the text", corpus["sha256"]],
        *size,
        ["method", str(options.pop("method", ""))],
        ["options", ", ".join(f"{name} {rounded(value)}" for name, value in options.items())],
        ["SHA-256 of the vectors", manifest["vectors_sha256"]],
        ["versions", ", ".join(f"{k} {v}" for k, v in manifest["versions"].items())],
        ["processor", f"{device['processor']}, {device['cores']} cores"],
        ["seconds", ", ".join(f"{k} {v:,.1f}" for k, v in manifest["seconds"].items())],
    ]
    return Table("", NAME, rows)


def differences(runs: Sequence[Shown]) -> Table:
    """Return the options and circumstances in which runs differ, one a row."""
    found: dict[str, list[str]] = {}
    for place, run in enumerate(runs):
        manifest = {k: v for k, v in run.manifest.items() if k not in ("gap", "seconds", "options")}
        manifest.pop("peak_bytes", None)
        for name, value in record_rows({**run.config, **manifest}, shown=str):
            found.setdefault(name, ["-"] * len(runs))[place] = value
    rows = [
        [name.replace("_", " "), *map(_short, values)]
        for name, values in found.items()
        if len(set(values)) > 1 and name != "out"
    ]
    return Table("What differs", ["option or circumstance", *(run.name for run in runs)], rows)


def _short(value: str) -> str:
    """Return the beginning of a hash; other values stay."""
    return f"{value[:12]}\u2026" if HASH.fullmatch(value) else value


def _training(runs: Sequence[Shown], drawn: dict[str, charts.Spec]) -> Section | None:
    rows = [row for run in runs for row in _reports(run)]
    fields = {
        "loss": "loss per pair in nats",
        "words_per_second": "words per second",
    }
    names = []
    for field, title in fields.items():
        some = [row for row in rows if row.get(field) is not None]
        if len(some) > 1:
            drawn[field] = charts.lines(some, field, title)
            names.append(field)
    if not names:
        return None
    text = "Loss on the text that comes next, or over all counts, while the vectors are trained."
    return Section("training", "Loss and speed", text, names)


def _reports(run: Shown) -> list[dict[str, Any]]:
    step = -(-len(run.metrics) // REPORTS) or 1
    some = [*run.metrics[::step], *run.metrics[-1:]] if run.metrics else []
    numbers = [
        {
            name: value
            for name, value in each.items()
            if isinstance(value, int | float) and abs(value) < LARGEST
        }
        for each in some
    ]
    return [{"run": run.name, **each} for each in numbers if "seconds" in each]


def _gap(runs: Sequence[Shown], drawn: dict[str, charts.Spec]) -> Section | None:
    parts = []
    for place, run in enumerate(runs):
        if run.gap is None:
            if run.config:
                parts.append(Part(run.name, [UNMEASURED]))
            continue
        names = []
        if run.gap.get("bands"):
            names.append(f"bands-{place}")
            drawn[names[-1]] = charts.bands(run.gap)
        density = charts.density(run.gap["density"]) if "density" in run.gap else None
        if density is not None:
            names.append(f"density-{place}")
            drawn[names[-1]] = density
        parts.append(Part(run.name, _gap_notes(run.gap), names, tables=[farthest(run.gap)]))
    if not parts:
        return None
    text = (
        "The objective has an optimum over free scores, which vectors of few dimensions cannot "
        "reach everywhere: for k negatives and noise as the words occur, PMI \u2212 ln k. Shown "
        "is how far the loss is above it, and where each pair's score lies beside its optimum: on "
        "the line it is reached."
    )
    return Section("gap", "Distance from the optimum", text, runs=parts)


def _gap_notes(gap: Mapping[str, Any]) -> list[str]:
    total, pairs = gap["all_cells"], gap["pairs"]
    above = "-" if total["percent"] is None else f"{total['percent']:.1f}%"
    correlation = gap["weighted_correlation"]
    told = "-" if correlation is None else f"{correlation:.2f}"
    return [
        f"Loss {total['objective'] / pairs:.4f} per pair, {above} above the optimum "
        f"{total['optimum'] / pairs:.4f}, from {gap['centers']:,} centers; correlation of the "
        f"scores with their optimum {told}."
    ]


def farthest(gap: Mapping[str, Any]) -> Table:
    """Return the centers whose loss per pair exceeds its optimum most."""
    rows = [
        [each["word"], f"{each['pairs']:,.0f}", f"{each['excess']:.3f}"]
        for each in gap.get("farthest", ())[:FARTHEST]
    ]
    return Table("Centers farthest from their optimum", ["word", "pairs", "nats per pair"], rows)


def _evaluation(runs: Sequence[Shown], drawn: dict[str, charts.Spec]) -> Section | None:
    rows = [row for run in runs if run.scores for row in score_rows(run.name, run.scores)]
    if not rows:
        return None
    drawn["scores"] = charts.intervals(rows)
    parts = [
        Part(run.name, evaluation.notes(run.scores), tables=evaluation.tables(run.scores))
        for run in runs if run.scores
    ]  # fmt: skip
    text = (
        "Spearman's rho for word similarity, accuracy for analogies, over the items whose words "
        "are known; intervals are of 95%."
    )
    return Section("evaluation", "Evaluation", text, ["scores"], runs=parts)


def score_rows(name: str, report: Report) -> list[dict[str, Any]]:
    """Return a row for each set of similarity and analogy that has a score."""
    rows = []
    for results in (report.similarity, report.analogy):
        for each, result in results.items():
            value = score(result)
            if value is None:
                continue
            low, high = (value, value) if result.ci95 is None else result.ci95
            rows.append({
                "run": name, "set": visible(each), "value": value, "low": low, "high": high,
                "score": evaluation.score(value), "interval": evaluation.interval(result.ci95),
                "items": f"{result.covered:,} of {result.items:,}",
            })  # fmt: skip
    return rows


def _words(runs: Sequence[Shown]) -> Section:
    parts = [Part(run.name, tables=[neighbors_table(run.vectors)]) for run in runs]
    text = "Nearest by cosine. The search answers in the page, with vectors rounded to 8 bits."
    return Section("words", "Nearest words", text, runs=parts)


def _maps(
    runs: Sequence[Shown], maps: dict[str, dict[str, charts.Spec]], mapped: int, seed: int
) -> Section | None:
    parts = []
    for place, run in enumerate(runs):
        kinds = word_maps(run, mapped, seed)
        if kinds:
            name = f"map-{place}"
            maps[name] = kinds
            parts.append(Part(run.name, maps=[{"id": name, "kinds": list(kinds)}]))
    if not parts:
        return None
    text = (
        "Frequent words in a plane. The wheel, two fingers, or + and \u2212 zoom; dragging or "
        "arrows move; more labels appear as there is room. PCA keeps the directions in which "
        "vectors differ most; t-SNE keeps neighbors together, and its distances between groups "
        "mean nothing."
    )
    return Section("map", "Map of words", text, runs=parts)


def word_maps(run: Shown, mapped: int, seed: int) -> dict[str, charts.Spec]:
    """Return the map of a run by each way to compute it that is installed; none for few words."""
    skipped = min(FUNCTION_WORDS, len(run.vectors) // 10)
    zero = set(run.vectors.zeros().tolist())
    chosen = [row for row in range(skipped, len(run.vectors)) if row not in zero][:mapped]
    if len(chosen) < 4:
        return {}
    table = run.vectors.center[chosen]
    places = {"PCA": plane.pca(table)}
    with suppress(InputError):  # scikit-learn is not installed
        places = {"t-SNE": plane.tsne(table, seed), **places}
    found = {}
    for kind, points in places.items():
        scale = np.abs(points).max() or 1.0
        rows = [
            {
                "word": visible(run.vectors.words[row]), "rank": rank, "x": round(float(x), 4),
                "y": round(float(y), 4), "count": max(int(run.vectors.counts[row]), 1),
            }
            for rank, (row, (x, y)) in enumerate(zip(chosen, points / scale, strict=True))
        ]  # fmt: skip
        found[kind] = charts.word_map(rows, f"{len(rows):,} frequent words of {run.name}, {kind}")
    return found

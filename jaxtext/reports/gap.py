"""Tables, a sentence and a figure of how far a model is from the optimum of its own objective."""

from pathlib import Path
from typing import Any

from jaxtext.base.errors import InputError
from jaxtext.base.html import visible
from jaxtext.evaluation.gap import EDGES, Gap
from jaxtext.reports import plots
from jaxtext.reports.tables import Table
from jaxtext.runs.gap import Measured
from jaxtext.text.vocab import Vocab
from jaxtext.training.settings import Softmax

Figure = Any  # matplotlib.figure.Figure, by a name that needs no matplotlib


def tables(gap: Gap, vocab: Vocab) -> list[Table]:
    """Return the sums, the bands of frequency, the correlations and the farthest words."""
    return [
        sums_table(gap, len(vocab)),
        bands_table(gap),
        correlation_table(gap),
        farthest_table(gap, vocab),
    ]


def sums_table(gap: Gap, vocab_size: int) -> Table:
    """Return the mean loss per pair, of the scores and at their optimum, in nats."""
    rows = [
        [
            name,
            f"{summed:,}",
            f"{sums.objective / gap.pairs:.4f}",
            f"{sums.optimum / gap.pairs:.4f}",
            f"{sums.percent:.1f}%",
        ]
        for name, summed, sums in (
            ("all", gap.cells[0], gap.all),
            ("observed", gap.cells[1], gap.observed),
        )
    ]
    title = f"Loss per pair, over {gap.pairs:,.0f} pairs"
    if gap.centers < vocab_size:
        title += f", estimated from {gap.centers:,} of {vocab_size:,} centers"
    return Table(title, ["cells", "summed", "w.c", "optimum", "above it"], rows)


def bands_table(gap: Gap) -> Table:
    """Return how far the loss is above its optimum, by the ranks of center and context."""
    ranges = list(dict.fromkeys(band.contexts for band in gap.bands))
    names = [f"{first:,}-{last:,}" for first, last in ranges]
    percents = {(band.centers, band.contexts): band.all.percent for band in gap.bands}
    rows = [
        [name, *(f"{percents[centers, contexts]:.1f}%" for contexts in ranges)]
        for name, centers in zip(names, ranges, strict=True)
    ]
    return Table("Above the optimum, all cells, by rank in frequency", ["center", *names], rows)


def correlation_table(gap: Gap) -> Table:
    """Return the correlation of observed pairs' scores with their optimum, weighted or not."""
    rows = [
        ["once", f"{gap.correlation:.3f}"],
        ["as often as it occurs", f"{gap.weighted_correlation:.3f}"],
    ]
    title = "Pearson correlation of w.c with its optimum, over observed pairs"
    return Table(title, ["each pair counts", "correlation"], rows)


def farthest_table(gap: Gap, vocab: Vocab) -> Table:
    """Return the centers whose loss per pair exceeds its optimum most."""
    rows = [
        [vocab.words[far.id], f"{vocab.counts[far.id]:,}", f"{far.excess:.3f}"]
        for far in gap.farthest
    ]
    return Table("Centers farthest from their optimum", ["word", "count", "nats per pair"], rows)


def summary(gap: Gap) -> str:
    """Return one line: the loss per pair, its distance from the optimum, and the correlation."""
    return (
        f"loss {gap.all.objective / gap.pairs:.4f} per pair, {gap.all.percent:.1f}% above the "
        f"optimum of free scores; correlation of w.c with it {gap.weighted_correlation:.2f}"
    )


def figure(path: Path) -> Figure:
    """Return an empty figure that matplotlib can save under this name.

    Raises `InputError` for a suffix that matplotlib does not write, and without matplotlib.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError(
            "matplotlib is not installed: pip install -e '.[eval]'", "figure"
        ) from None
    empty = Figure(figsize=(5.6, 4.2), layout="constrained")
    formats = sorted(empty.canvas.get_supported_filetypes())
    if _format(path) not in formats:
        raise InputError(f"{path}: the name must end in one of .{', .'.join(formats)}", "figure")
    return empty


def draw(measured: Measured, name: str, into: Figure) -> None:
    """Draw the density of observed pairs by optimum and score into an empty figure.

    The title says which run it is, by `name`, and how it was trained. Raises `ValueError` for a gap
    without any observed pair.
    """
    method = measured.record.method
    title = f"{visible(name)}: {method.name}, {method.dim} dimensions"
    optimum = r"optimum $\ln(n_{wc} / \#(w))$ of the log-probability"
    if not isinstance(method, Softmax):
        title += f", k = {method.negatives}"
        optimum = r"optimum $\ln(n_{wc} / e_{wc})$ of the score"
    if getattr(method, "noise_exponent", None) == 1:
        optimum = r"optimum of the score, PMI $-$ ln k"
    plots.draw_density(measured.gap.density, EDGES, into.subplots(), title, optimum)


def save_figure(drawn: Figure, file: Path, path: Path) -> None:
    """Write a figure to `file`, in the format that the suffix of `path` names."""
    drawn.savefig(file, format=_format(path), dpi=150)


def _format(path: Path) -> str:
    return path.suffix.lower()[1:]

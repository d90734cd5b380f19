r"""How far vectors are from the optimum of the objective that they were trained on.

Negative sampling minimises $\sum_{w, c} \ell_{wc}(w \cdot c)$ with

$$\ell_{wc}(s) = n_{wc} \ln(1 + e^{-s}) + e_{wc} \ln(1 + e^{s}), \qquad
  n_{wc} = \#(w, c), \quad e_{wc} = k\,\#(w)\,P(c)$$

(`sgns.expected_loss`). If every score were free, each would be best at $\ln(n_{wc} / e_{wc})$,
which is PMI - ln k if P is the distribution of contexts (sheet: matrix factorization, b; Levy and
Goldberg 2014, eq. 7). Scores that are products of D-dimensional vectors are not free: the *gap* is
what they lose. A pair that never occurs has its optimum at $-\infty$, where it costs nothing, but
it costs something at every finite score. The sum over all cells therefore differs from the sum over
observed cells, which the paper reports; both are returned.

The full softmax is measured in the same way, cell by cell (`models.cells`). Its scores are compared
as log-probabilities, whose optimum is $\ln(n_{wc} / \#(w))$: the loss per pair is the negative
log-likelihood, and its optimum the conditional entropy of contexts, given centers.

Everything is computed in float64. For a large vocabulary, a sample of centers can stand for all of
them: a center that is drawn with probability p counts 1/p times (Horvitz and Thompson 1952).
"""

from collections.abc import Callable, Iterator
from functools import reduce
from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from jaxtext.base.checks import check_shape, check_square
from jaxtext.base.drawing import systematic
from jaxtext.base.files import finite
from jaxtext.base.team import ALONE, Rows, Team
from jaxtext.base.types import EmbeddingParams
from jaxtext.evaluation.gap_sums import (
    EDGES,
    Block,
    Far,
    Part,
    Totals,
    cell_scores,
    measure_block,
    merged,
    nothing,
    packed,
    unpacked,
)  # fmt: skip
from jaxtext.models.cells import LOGISTIC, Cell
from jaxtext.models.objective import Objective, check, optimum

__all__ = [
    "BANDS",
    "EDGES",
    "Band",
    "Far",
    "Gap",
    "Objective",
    "Sample",
    "Sums",
    "Totals",
    "as_json",
    "density_json",
    "draw_centers",
    "measure",
    "optimum",
]

BLOCK_CELLS = 1 << 20  # scores in memory at a time, twice
BANDS = (100, 1_000, 10_000)  # ranks at which a band of frequency ends
SECTIONS, SECTION = 16, 32  # of the centers, whose sums are added up in order; centers of each


class Sample(NamedTuple):
    """Centers that stand for all, and how many each of them stands for."""

    centers: Int[np.ndarray, " n"]
    weights: Float[np.ndarray, " n"]


class Sums(NamedTuple):
    """The loss over some cells: at the model's scores, and at the optimum of free scores."""

    objective: float
    optimum: float

    @property
    def percent(self) -> float:
        """How far the objective is above the optimum; NaN where the optimum is zero."""
        return 100 * (self.objective / self.optimum - 1) if self.optimum else float("nan")


class Band(NamedTuple):
    """The cells whose center and context have a rank by frequency in these ranges, ends included.

    The most frequent word has rank 1.
    """

    centers: tuple[int, int]
    contexts: tuple[int, int]
    pairs: float
    all: Sums
    observed: Sums


class Gap(NamedTuple):
    """The loss beside its optimum, in all and by bands, and how the scores agree with theirs."""

    pairs: float
    centers: int  # how many were measured
    cells: tuple[int, int]  # that were summed: all of these centers, and the observed among them
    all: Sums  # over all cells
    observed: Sums  # over the cells of pairs that occur
    bands: tuple[Band, ...]
    correlation: float  # Pearson's, over observed cells, each counted once
    weighted_correlation: float  # each counted as often as it occurs
    farthest: tuple[Far, ...]
    density: Float[np.ndarray, "bins bins"]  # observed cells by optimum and score, between EDGES


def draw_centers(sizes: Float[np.ndarray, " V"], how_many: int, rng: np.random.Generator) -> Sample:
    """Draw about `how_many` words, each with a chance in proportion to the root of its size.

    The loss of a word grows with its size, so the words that matter most are drawn for certain,
    and rare ones are still represented. If there are at most `how_many` words, all are returned.
    """
    if how_many >= len(sizes):
        return Sample(np.arange(len(sizes)), np.ones(len(sizes)))
    chosen, chance = systematic(np.sqrt(sizes), how_many, rng.random())
    return Sample(chosen, 1 / chance)


def measure(
    params: EmbeddingParams,
    objective: Objective,
    sample: Sample | None = None,
    on_done: Callable[[float], None] = lambda done: None,
    cell: Cell = LOGISTIC,
    team: Team = ALONE,
) -> Gap:
    """Compare the scores of both tables with the optimum of the objective, in float64.

    All centers that have a pair are measured. With a `sample`, as returned by `draw_centers`, its
    centers stand for all of them, and only their rows of the counts are read. `on_done` is called
    with the completed part of the work, from 0 to 1. Each process of a `team` measures the sections
    of the centers that are dealt to it (see `dealt`), and all return the same.

    Raises `ValueError` for counts that are not square, negative or not finite, for centers of which
    none has a pair, for noise that is no distribution and for tables of other sizes.
    """
    counts: Any = objective.counts
    check_square("counts", counts)
    size, dim = counts.shape[0], params.center.shape[1]
    check_shape("center", params.center, (size, dim))
    check_shape("context", params.context, (size, dim))
    sample = sample or Sample(np.arange(size), np.ones(size))
    sections, owner = _sections(team, np.arange(len(sample.centers)))
    mine = [sections[each] for each in np.flatnonzero(owner == team.process)]
    borders = np.array([0, *(rank for rank in BANDS if rank < size), size])
    parts = []
    with jax.enable_x64(True):
        context = jnp.asarray(np.asarray(params.context), jnp.float64)
        params = EmbeddingParams(params.center, context)
        for number, section in enumerate(mine):
            some = Sample(*(each[section] for each in sample))

            def done(share: float, number: int = number) -> None:
                on_done((number + share) / len(mine))

            parts.append(packed(_section(params, objective, some, borders, cell, done)))
    length = len(packed(nothing(len(borders) - 1)))
    every = Rows(team, owner).whole(np.reshape(parts, (len(mine), length)))
    whole = reduce(merged, (unpacked(each, len(borders) - 1) for each in every))
    if not whole.totals.cells[0].sum():
        raise ValueError("counts: all are zero, so there is no pair and no optimum")
    return _gap(whole, borders.tolist())


def dealt(team: Team, size: int, centers: Int[np.ndarray, " n"]) -> Rows:
    """Deal out the rows of the centers that a team will measure; nobody needs the others."""
    owner = np.zeros(size, np.int64)
    for section, process in zip(*_sections(team, centers), strict=True):
        owner[section] = process
    return Rows(team, owner)


def _sections(
    team: Team, centers: Int[np.ndarray, " n"]
) -> tuple[list[Int[np.ndarray, " m"]], Int[np.ndarray, " sections"]]:
    """Cut centers into sections, whatever the team, and return the process that measures each."""
    number = min(max(len(centers) // SECTION, 1), SECTIONS)
    return np.array_split(centers, number), np.arange(number) * team.processes // number


def _section(
    params: EmbeddingParams,
    objective: Objective,
    sample: Sample,
    borders: Int[np.ndarray, " bands1"],
    cell: Cell,
    on_done: Callable[[float], None],
) -> "Part":
    """Measure successive centers, whose rows the counts have."""
    counts: Any = objective.counts
    centers, weights = sample
    rows = sparse.csr_array(sparse.csr_array(counts)[centers])
    if rows.nnz:
        check(objective, rows)
    paired = np.asarray(rows.sum(axis=1)) > 0
    centers, weights, rows = centers[paired], weights[paired], sparse.csr_array(rows[paired])
    size, number = len(objective.noise), len(borders) - 1
    bands = np.searchsorted(borders, np.arange(size), "right") - 1  # of each word
    step = max(BLOCK_CELLS // size, 1)
    center = np.asarray(params.center)
    pairs = np.asarray(rows.sum(axis=1), np.float64)
    weight, other = cell.factors(pairs, objective.noise, objective.negatives)
    shares = jnp.asarray(other[:, None] * (bands[:, None] == np.arange(number)))  # [V, bands]

    def scores(some: slice) -> Any:
        vectors = jnp.asarray(center[centers[some]], jnp.float64)
        factors = (jnp.asarray(x[some]) for x in (pairs, weight))
        return cell_scores(vectors, params.context, shares, *factors, cell)

    def measured() -> Iterator[Part]:
        parts = [slice(first, first + step) for first in range(0, len(centers), step)]
        following = map(scores, parts)
        computed: Any = next(following, None)
        for done, some in enumerate(parts, 1):
            # JAX computes the next scores while NumPy sums the cells of these.
            present, computed = computed, next(following, None)
            block = Block(centers[some], weights[some], rows[some], *map(np.asarray, present))
            yield measure_block(block, objective, bands, cell)
            on_done(done / len(parts))

    return reduce(merged, measured(), nothing(number))


def _gap(part: Part, borders: list[int]) -> Gap:
    """Name the sums of all centers that were measured."""
    centers, observed_cells = map(int, part.summed)
    pairs, whole, observed, least = part.totals.cells
    ranges = [(first + 1, last) for first, last in pairwise(borders)]
    bands = [
        Band(
            center_ranks,
            context_ranks,
            float(pairs[i, j]),
            Sums(float(whole[i, j]), float(least[i, j])),
            Sums(float(observed[i, j]), float(least[i, j])),
        )
        for i, center_ranks in enumerate(ranges)
        for j, context_ranks in enumerate(ranges)
    ]
    once, weighted = part.totals.moments
    return Gap(
        pairs=float(pairs.sum()),
        centers=centers,
        cells=(centers * borders[-1], observed_cells),
        all=Sums(float(whole.sum()), float(least.sum())),
        observed=Sums(float(observed.sum()), float(least.sum())),
        bands=tuple(bands),
        correlation=_correlation(once),
        weighted_correlation=_correlation(weighted),
        farthest=tuple(part.farthest),
        density=part.totals.density,
    )


def _correlation(moments: Float[np.ndarray, " six"]) -> float:
    """Return Pearson's correlation from sums of 1, x, y, xx, yy, xy; NaN if x or y is constant."""
    x, y, xx, yy, xy = moments[1:] / moments[0]
    spread = (xx - x * x) * (yy - y * y)
    return float((xy - x * y) / np.sqrt(spread)) if spread > 0 else float("nan")


def as_json(gap: Gap, words: tuple[str, ...]) -> dict[str, Any]:
    """Return the numbers as `jaxtext gap --json` writes them; those not finite become None."""

    def sums(part: Sums) -> dict[str, float | None]:
        return part._asdict() | {"percent": finite(part.percent)}

    return {
        "pairs": gap.pairs,
        "centers": gap.centers,
        "summed_cells": {"all": gap.cells[0], "observed": gap.cells[1]},
        "all_cells": sums(gap.all),
        "observed_cells": sums(gap.observed),
        "correlation": finite(gap.correlation),
        "weighted_correlation": finite(gap.weighted_correlation),
        "bands": [
            {
                "centers": list(band.centers),
                "contexts": list(band.contexts),
                "pairs": band.pairs,
                "all_cells": sums(band.all),
                "observed_cells": sums(band.observed),
            }
            for band in gap.bands
        ],
        "farthest": [
            {
                "word": words[far.id],
                "pairs": far.pairs,
                "excess": far.excess,
                "percent": finite(far.percent),
            }
            for far in gap.farthest
        ],
    }


def density_json(gap: Gap) -> dict[str, Any]:
    """Return the bins of the density that are not empty: by optimum, by score, and the number."""
    across, up = np.nonzero(gap.density)
    bins = zip(across.tolist(), up.tolist(), gap.density[across, up].tolist(), strict=True)
    return {"edges": EDGES.tolist(), "bins": [list(each) for each in bins]}

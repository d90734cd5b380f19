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

import operator
from collections.abc import Callable, Iterable, Iterator
from functools import partial, reduce
from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy import sparse

from jaxtext.base.checks import check_shape, check_square
from jaxtext.base.drawing import systematic
from jaxtext.base.files import finite
from jaxtext.base.team import ALONE, Rows, Team
from jaxtext.base.types import EmbeddingParams
from jaxtext.models.cells import LOGISTIC, Cell
from jaxtext.models.objective import Objective, check, expected, optimum

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
    "draw_centers",
    "measure",
    "optimum",
]

BLOCK_CELLS = 1 << 20  # scores in memory at a time, twice
BANDS = (100, 1_000, 10_000)  # ranks at which a band of frequency ends
EDGES = np.linspace(-12, 16, 281)  # of the density's bins; the outermost also count what is beyond
FARTHEST = 20
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


class Far(NamedTuple):
    """A center and how far its cells are from their optimum: in nats per pair, and in percent."""

    id: int
    pairs: float
    excess: float
    percent: float


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

            parts.append(_packed(_section(params, objective, some, borders, cell, done)))
    length = len(_packed(_nothing(len(borders) - 1)))
    every = Rows(team, owner).whole(np.reshape(parts, (len(mine), length)))
    whole = reduce(_merged, (_unpacked(each, len(borders) - 1) for each in every))
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
) -> "_Part":
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
        return _scores(vectors, params.context, shares, *factors, cell)

    def measured() -> Iterator[_Part]:
        parts = [slice(first, first + step) for first in range(0, len(centers), step)]
        following = map(scores, parts)
        computed: Any = next(following, None)
        for done, some in enumerate(parts, 1):
            # JAX computes the next scores while NumPy sums the cells of these.
            present, computed = computed, next(following, None)
            block = _Block(centers[some], weights[some], rows[some], *map(np.asarray, present))
            yield _measure_block(block, objective, bands, cell)
            on_done(done / len(parts))

    return reduce(_merged, measured(), _nothing(number))


@partial(jax.jit, static_argnames="cell")
def _scores(
    rows: Float[Array, "R D"],
    columns: Float[Array, "V D"],
    shares: Float[Array, "V bands"],
    pairs: Float[Array, " R"],
    weight: Float[Array, " R"],
    cell: Cell,
) -> tuple[Float[Array, "R V"], Float[Array, "R bands"]]:
    """Return the scores, and the loss of all cells but for their pairs, by context band."""
    scores = jax.lax.optimization_barrier(rows @ columns.T)

    def background(scores: Array) -> Array:
        ones = jnp.ones((), scores.dtype)
        return weight[:, None] * (
            jax.lax.optimization_barrier(cell.value(scores, 0 * ones, ones)) @ shares
        )

    if cell.shift is not None:
        scores = scores - scores.max(axis=1, keepdims=True)  # so that no exponential overflows
        scores = scores + cell.shift(pairs, background(scores).sum(axis=1))[:, None]
    return scores, background(scores)


@partial(jax.jit, static_argnames="cell")
def _losses(
    s: Float[Array, " N"],
    n: Float[Array, " N"],
    e: Float[Array, " N"],
    share: Float[Array, " N"],
    cell: Cell,
) -> Float[Array, "4 N"]:
    """Return the optimum of each cell, and its loss: for its pairs, in all, and at the optimum.

    `share` is what the cell has of the constant that the loss of its row contains.
    """
    best = jnp.where(n > 0, jnp.log(n) - jnp.log(e), 0.0)
    losses = (cell.value(s, n, jnp.zeros_like(e)), cell.value(s, n, e), cell.value(best, n, e))
    return jnp.stack([best, *(each - share for each in losses)])


def _cell_losses(*cells: Float[np.ndarray, " N"], cell: Cell) -> Float[np.ndarray, "4 N"]:
    """Compute `_losses` in few different sizes, for each of which it is compiled."""
    size = len(cells[0])
    padded = (np.pad(each, (0, (1 << max(size - 1, 1).bit_length()) - size)) for each in cells)
    return np.asarray(_losses(*map(jnp.asarray, padded), cell))[:, :size]


class _Block(NamedTuple):
    """Some centers, with their rows of the counts and of the scores."""

    centers: Int[np.ndarray, " R"]
    weights: Float[np.ndarray, " R"]
    counts: sparse.csr_array  # [R, V]
    scores: Float[np.ndarray, "R V"]
    background: Float[np.ndarray, "R bands"]  # loss of all cells but for their pairs


class Totals(NamedTuple):
    """Sums over the cells of some centers; those of several blocks are added entry by entry."""

    # By bands of center and context: pairs, loss of all cells, of observed cells, at the optimum.
    cells: Float[np.ndarray, "4 bands bands"]
    # Over observed cells, each once and each as often as it occurs: 1, x, y, xx, yy, xy, where x is
    # the optimum and y the score.
    moments: Float[np.ndarray, "2 6"]
    density: Float[np.ndarray, "bins bins"]


class _Part(NamedTuple):
    """What is known of some centers: the sums, the farthest among them, and what was summed."""

    totals: Totals
    farthest: list[Far]
    summed: Float[np.ndarray, " 2"]  # centers, and observed cells


def _nothing(bands: int) -> _Part:
    """Return what is known of no centers."""
    bins = len(EDGES) - 1
    empty = Totals(np.zeros((4, bands, bands)), np.zeros((2, 6)), np.zeros((bins, bins)))
    return _Part(empty, [], np.zeros(2))


def _merged(one: _Part, other: _Part) -> _Part:
    """Combine what is known of two sets of centers."""
    totals = jax.tree.map(operator.add, one.totals, other.totals)
    farthest = _farthest([*one.farthest, *other.farthest])
    return _Part(totals, farthest, one.summed + other.summed)


def _packed(part: _Part) -> Float[np.ndarray, " n"]:
    """Return what is known as one array, for other processes."""
    far = np.full((FARTHEST, len(Far._fields)), np.nan)
    far[: len(part.farthest)] = np.array(part.farthest).reshape(-1, far.shape[1])
    return np.concatenate([np.ravel(each) for each in (*part.totals, far, part.summed)])


def _unpacked(packed: Float[np.ndarray, " n"], bands: int) -> _Part:
    """Return what `_packed` has made an array of."""
    like = *_nothing(bands).totals, np.empty((FARTHEST, len(Far._fields))), np.empty(2)
    cuts = np.cumsum([each.size for each in like])[:-1]
    found = [x.reshape(y.shape) for x, y in zip(np.split(packed, cuts), like, strict=True)]
    far = [Far(int(row[0]), *row[1:]) for row in found[3].tolist() if row[0] == row[0]]
    return _Part(Totals(*found[:3]), far, found[4])


def _farthest(centers: Iterable[Far]) -> list[Far]:
    return sorted(centers, key=lambda far: -far.excess)[:FARTHEST]


def _measure_block(
    block: _Block, objective: Objective, bands: Int[np.ndarray, " V"], cell: Cell
) -> _Part:
    """Add up the losses of the block's cells; `bands` is the band of each word."""
    centers, weights, counts, scores, background = block
    size = background.shape[1]
    row = np.repeat(np.arange(len(centers)), np.diff(counts.indptr))
    n = counts.data.astype(np.float64)
    e = expected(counts, objective._replace(counts=counts), cell)
    s = scores[row, counts.indices]
    pairs = np.asarray(counts.sum(axis=1), np.float64)
    share = np.zeros_like(n)
    if cell.constant is not None:
        share = n * (np.asarray(cell.constant(jnp.asarray(pairs))) / pairs)[row]
    best, positive, observed, least = _cell_losses(s, n, e, share, cell=cell)
    by_band = partial(_sum_cells, row * size + bands[counts.indices], (len(centers), size))
    parts = np.stack([by_band(n), by_band(positive), by_band(observed), by_band(least)])
    parts[1] += background  # of all cells, observed or not
    into = bands[centers][:, None] == np.arange(size)  # [R, bands]
    _, whole, _, minimum = parts.sum(axis=2)
    excess = (whole - minimum) / pairs
    percent = 100 * (whole / np.maximum(minimum, np.finfo(float).tiny) - 1)
    far = map(Far, *(column.tolist() for column in (centers, pairs, excess, percent)))
    once = weights[row]
    products = np.stack([np.ones_like(s), best, s, best * best, s * s, best * s])
    bins = len(EDGES) - 1
    x, y = (np.clip(np.digitize(v, EDGES) - 1, 0, bins - 1) for v in (best, s))
    totals = Totals(
        cells=np.einsum("ri,prj->pij", weights[:, None] * into, parts),
        moments=np.stack([products @ once, products @ (once * n)]),
        density=_sum_cells(x * bins + y, (bins, bins), once),
    )
    return _Part(totals, _farthest(far), np.array([len(centers), counts.nnz], np.float64))


def _gap(part: _Part, borders: list[int]) -> Gap:
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


def _sum_cells(
    cells: Int[np.ndarray, " N"], shape: tuple[int, ...], values: Float[np.ndarray, " N"]
) -> Float[np.ndarray, "..."]:
    return np.bincount(cells, values, minlength=int(np.prod(shape))).reshape(shape)


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

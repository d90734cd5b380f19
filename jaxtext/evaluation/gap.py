r"""How far vectors are from the optimum of the objective that they were trained on.

Negative sampling minimises $\sum_{w, c} \ell_{wc}(w \cdot c)$ with

$$\ell_{wc}(s) = n_{wc} \ln(1 + e^{-s}) + e_{wc} \ln(1 + e^{s}), \qquad
  n_{wc} = \#(w, c), \quad e_{wc} = k\,\#(w)\,P(c)$$

(`sgns.expected_loss`). Were every score free, each would be best at $\ln(n_{wc} / e_{wc})$, which
is PMI - ln k if P is the distribution of contexts (sheet: matrix factorization, b; Levy and
Goldberg 2014, eq. 7). Scores that are products of D-dimensional vectors are not free: the *gap* is
what they lose. A pair that never occurs has its optimum at $-\infty$ and adds nothing there, but
something at every finite score. So the sum over all cells and the sum over observed cells, which
the paper reports, differ, and both are given.

All is computed in float64. Of a large vocabulary some centers can stand for all: a center that is
drawn with probability p counts 1/p times (Horvitz and Thompson 1952).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy import sparse

from jaxtext.base.checks import check_shape, check_square
from jaxtext.base.types import EmbeddingParams
from jaxtext.models.objective import (
    Objective,
    cell_loss,
    check,
    expected,
)

BLOCK_CELLS = 1 << 23  # scores that are held at a time
BANDS = (100, 1_000, 10_000)  # ranks at which a band of frequency ends
EDGES = np.linspace(-12, 16, 281)  # of the density's bins; what lies outside is in the outermost
FARTHEST = 20


class Sample(NamedTuple):
    """Centers that stand for all, and how many each stands for."""

    centers: Int[np.ndarray, " n"]
    weights: Float[np.ndarray, " n"]


class Sums(NamedTuple):
    """Loss over some cells: of the scores, and at the optimum of free scores."""

    objective: float
    optimum: float

    @property
    def percent(self) -> float:
        """How far the objective is above the optimum; NaN where that is zero."""
        return 100 * (self.objective / self.optimum - 1) if self.optimum else float("nan")


class Band(NamedTuple):
    """Cells of centers and of contexts whose ranks by frequency lie in ranges [first, last]."""

    centers: tuple[int, int]
    contexts: tuple[int, int]
    pairs: float
    all: Sums
    observed: Sums


class Far(NamedTuple):
    """A center, and how far its cells are from their optimum, in nats a pair and in percent."""

    id: int
    pairs: float
    excess: float
    percent: float


@dataclass(frozen=True)
class Gap:
    """The sums, by bands, and the agreement of scores with their optimum over observed pairs."""

    pairs: float
    centers: int  # that were measured
    all: Sums
    observed: Sums
    bands: tuple[Band, ...]
    correlation: float  # Pearson's, each observed cell once
    weighted_correlation: float  # each cell as often as it occurs
    farthest: tuple[Far, ...]
    density: Float[np.ndarray, "bins bins"]  # observed cells by optimum and score, between EDGES


def draw_centers(sizes: Float[np.ndarray, " V"], how_many: int, rng: np.random.Generator) -> Sample:
    """About `how_many` words, drawn in proportion to the root of their sizes.

    The loss of a word grows with its size: those that matter are drawn for certain, and rare ones
    are still among them. All words if there are no more than `how_many`.
    """
    if how_many >= len(sizes):
        return Sample(np.arange(len(sizes)), np.ones(len(sizes)))
    roots = np.sqrt(sizes)
    chance = how_many * roots / roots.sum()
    for _ in range(50):  # what exceeds certainty is shared out among the others
        certain = chance >= 1
        rest = np.where(certain, 0.0, roots)
        chance = np.where(certain, 1.0, (how_many - certain.sum()) * rest / rest.sum())
        if (chance <= 1).all():
            break
    # Systematic sampling: one draw decides, and every stretch of ranks gets its share.
    steps = np.floor(np.cumsum(chance) + rng.random()).astype(np.int64)
    chosen = np.flatnonzero(np.diff(steps, prepend=0))
    return Sample(chosen, 1 / chance[chosen])


def measure(
    params: EmbeddingParams,
    objective: Objective,
    sample: Sample | None = None,
    on_done: Callable[[float], None] = lambda done: None,
) -> Gap:
    """Compare the scores of both tables with the optimum of the objective, in float64.

    With a `sample`, as `draw_centers` gives it, its centers stand for all; only their rows of the
    counts are read. `on_done` is told the part of the work that is done.

    Raises `ValueError` for counts that are not square, negative or not finite, for centers without
    any pair, for noise that is no distribution, and for tables of other sizes.
    """
    counts, noise, negatives = objective
    check_square("counts", counts)
    size, dim = counts.shape[0], params.center.shape[1]
    check_shape("center", params.center, (size, dim))
    check_shape("context", params.context, (size, dim))
    centers, weights = sample or Sample(np.arange(size), np.ones(size))
    rows = sparse.csr_array(sparse.csr_array(counts)[centers])
    check(objective, rows, centers)
    borders = np.array([0, *(b for b in BANDS if b < size), size])
    totals = _Totals(borders)
    every = max(BLOCK_CELLS // size, 1)
    band = np.searchsorted(borders, np.arange(size), "right") - 1  # of each context
    with jax.enable_x64(True):
        tables = [jnp.asarray(np.asarray(table), jnp.float64) for table in params]
        shares = jnp.asarray(noise[:, None] * (band[:, None] == np.arange(borders.size - 1)))
        for first in range(0, len(centers), every):
            some = slice(first, first + every)
            scores, softplus = _scores(tables[0][centers[some]], tables[1], shares)
            part = rows[some]
            totals.add(
                np.asarray(scores), np.asarray(softplus), part, centers[some], weights[some],
                Objective(part, noise, negatives), band,
            )  # fmt: skip
            on_done(min(first + every, len(centers)) / len(centers))
    return totals.gap(len(centers))


@jax.jit
def _scores(
    rows: Float[Array, "R D"], columns: Float[Array, "V D"], shares: Float[Array, "V bands"]
) -> tuple[Float[Array, "R V"], Float[Array, "R bands"]]:
    """Scores, and the mean of ln(1 + exp(score)) under the noise, by bands of contexts."""
    scores = jax.lax.optimization_barrier(rows @ columns.T)
    return scores, jax.lax.optimization_barrier(jax.nn.softplus(scores)) @ shares


class _Totals:
    """Sums that grow block by block."""

    def __init__(self, borders: Int[np.ndarray, " _"]):
        self.borders = borders
        bands = len(borders) - 1
        self.cells = np.zeros((4, bands, bands))  # pairs, all, observed, optimum
        self.moments = np.zeros((2, 6))  # unweighted and weighted: 1, x, y, xx, yy, xy
        self.density = np.zeros((len(EDGES) - 1,) * 2)
        self.far: list[Far] = []

    def add(
        self,
        scores: Float[np.ndarray, "R V"],
        softplus: Float[np.ndarray, "R bands"],
        counts: sparse.csr_array,
        centers: Int[np.ndarray, " R"],
        weights: Float[np.ndarray, " R"],
        objective: Objective,
        band: Int[np.ndarray, " V"],
    ) -> None:
        """Take in the rows of some centers."""
        bands = len(self.borders) - 1
        lengths = np.diff(counts.indptr)
        row = np.repeat(np.arange(len(centers)), lengths)
        n, e = counts.data.astype(np.float64), expected(counts, objective)
        s = scores[row, counts.indices]
        best = np.log(n) - np.log(e)
        positive = n * np.logaddexp(0, -s)
        observed = positive + e * np.logaddexp(0, s)
        least = cell_loss(n, e, best)
        by_band = partial(_sum_cells, row * bands + band[counts.indices], (len(centers), bands))
        pairs = np.asarray(counts.sum(axis=1), np.float64)
        parts = np.stack([by_band(n), by_band(positive), by_band(observed), by_band(least)])
        parts[1] += objective.negatives * pairs[:, None] * softplus
        into = band[centers][:, None] == np.arange(bands)  # [R, bands]
        self.cells += np.einsum("ri,prj->pij", weights[:, None] * into, parts)
        _, whole, _, minimum = parts.sum(axis=2)
        self.far += map(
            Far, centers.tolist(), pairs.tolist(), ((whole - minimum) / pairs).tolist(),
            (100 * (whole / np.maximum(minimum, np.finfo(float).tiny) - 1)).tolist(),
        )  # fmt: skip
        self.far = sorted(self.far, key=lambda far: -far.excess)[:FARTHEST]
        once = weights[row]
        products = np.stack([np.ones_like(s), best, s, best * best, s * s, best * s])
        self.moments += np.stack([products @ once, products @ (once * n)])
        x, y = (np.clip(np.digitize(v, EDGES) - 1, 0, len(EDGES) - 2) for v in (best, s))
        self.density += _sum_cells(x * len(self.density) + y, self.density.shape, once)

    def gap(self, centers: int) -> Gap:
        """What the sums say."""
        pairs, whole, observed, least = self.cells
        ends = self.borders.tolist()
        bounds = [(a + 1, b) for a, b in zip(ends, ends[1:], strict=False)]
        bands = [
            Band(
                bounds[i],
                bounds[j],
                float(pairs[i, j]),
                Sums(float(whole[i, j]), float(least[i, j])),
                Sums(float(observed[i, j]), float(least[i, j])),
            )
            for i in range(len(bounds))
            for j in range(len(bounds))
        ]
        return Gap(
            float(pairs.sum()),
            centers,
            Sums(float(whole.sum()), float(least.sum())),
            Sums(float(observed.sum()), float(least.sum())),
            tuple(bands),
            _correlation(self.moments[0]),
            _correlation(self.moments[1]),
            tuple(self.far),
            self.density,
        )


def _sum_cells(
    cells: Int[np.ndarray, " N"], shape: tuple[int, ...], values: Float[np.ndarray, " N"]
) -> Float[np.ndarray, "..."]:
    return np.bincount(cells, values, minlength=int(np.prod(shape))).reshape(shape)


def _correlation(moments: Float[np.ndarray, " six"]) -> float:
    """Pearson's correlation from sums of 1, x, y, xx, yy, xy; NaN where one is constant."""
    x, y, xx, yy, xy = moments[1:] / moments[0]
    spread = (xx - x * x) * (yy - y * y)
    return float((xy - x * y) / np.sqrt(spread)) if spread > 0 else float("nan")


def as_json(gap: Gap, words: tuple[str, ...]) -> dict[str, Any]:
    """The numbers for programs; not finite ones become null."""

    def sums(of: Sums) -> dict[str, float | None]:
        return {"objective": of.objective, "optimum": of.optimum, "percent": _number(of.percent)}

    return {
        "pairs": gap.pairs,
        "centers": gap.centers,
        "all_cells": sums(gap.all),
        "observed_cells": sums(gap.observed),
        "correlation": _number(gap.correlation),
        "weighted_correlation": _number(gap.weighted_correlation),
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
            {"word": words[far.id], "pairs": far.pairs, "excess": far.excess}
            | {"percent": _number(far.percent)}
            for far in gap.farthest
        ],
    }


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None

"""A pass over some columns: the sum over unobserved cells is estimated, observed ones are exact.

Half of the columns are the most frequent ones, which are summed whole. The others are drawn, and
each counts as many times as it stands for, but only in the part of the loss that unobserved cells
have too (`models.cells`). The other part is summed over all observed cells: those of the frequent
columns together with these, the rest tile by tile. What is estimated is an objective of the same
form, so that a step never raises it.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key
from scipy import sparse

from jaxtext.base.drawing import most
from jaxtext.base.types import EmbeddingParams
from jaxtext.training.counts import observed
from jaxtext.training.counts.blocks import by_blocks, joined
from jaxtext.training.counts.columns import Columns, drawn
from jaxtext.training.counts.halves import (
    Half,
    Problem,
    group_rows,
    halves,
    oriented,
    restored,
)
from jaxtext.training.counts.newton import Step, block_losses, ended, steps, total
from jaxtext.training.counts.observed import Tiles


class Cells(NamedTuple):
    """The observed cells of one half, and the importance of its columns for the sum over others."""

    frequent: Int[np.ndarray, " F"]  # columns that are always summed
    counts: sparse.csr_array  # of these, as the first of all columns that are summed
    rest: list[Tiles]
    importance: Float[np.ndarray, " V"]  # zero for the frequent ones

    @classmethod
    def of(cls, half: Half, importance: Float[np.ndarray, " V"], columns: int) -> "Cells":
        """Divide the counts of a half into those of the frequent columns and the rest."""
        frequent = most(importance, columns // 2)
        counts, rest = _divided(half.counts, frequent, columns)
        importance = np.maximum(importance, importance[importance > 0].min())
        importance[frequent] = 0
        return cls(frequent, counts, observed.tiles_of(rest, rest.dtype), importance)


class Estimate(NamedTuple):
    """An objective whose unobserved cells are summed in some columns."""

    problem: Problem  # without its counts, which the cells contain
    cells: tuple[Cells, Cells]  # by center, by context
    columns: int

    @classmethod
    def of(cls, problem: Problem, columns: int) -> "Estimate":
        """Divide the counts of an objective; those of the problem are needed no more."""
        both = halves(problem, problem.cell.biases + 1)
        pairs = [half.rows.whole(np.asarray(half.counts.sum(axis=1), np.float64)) for half in both]  # pyright: ignore
        first = Cells.of(both[0], pairs[1], columns)
        same = problem.by_context is problem.by_center
        second = first if same else Cells.of(both[1], pairs[0], columns)
        none: Any = sparse.csr_array(problem.by_center.shape, dtype=problem.noise.dtype)
        problem = problem._replace(by_center=none, by_context=none)
        return cls(problem, (first, second), columns)


def improve(
    params: EmbeddingParams, estimate: Estimate, key: Key[Array, ""]
) -> tuple[EmbeddingParams, float]:
    """Make one pass as `newton.improve` does; the loss before is an estimate.

    `key` draws contexts for the step of the centers, then centers for that of the contexts.
    """
    params, before = improve_half(params, estimate, 0, offset_of(key, 0))
    params, _ = improve_half(params, estimate, 1, offset_of(key, 1))
    return params, before


def improve_half(
    params: EmbeddingParams, estimate: Estimate, half: int, offset: float
) -> tuple[EmbeddingParams, float]:
    """Move each row of one table by a step that does not raise the estimated loss of the row.

    `half` 0 moves the centers, 1 the contexts. `offset` in [0, 1) draws the columns. Also return
    the loss before the step of the centers, 0 for that of the contexts.
    """
    cell = estimate.problem.cell
    table, columns = params[half], params[1 - half]
    step, basis = _steps(params, estimate, half, offset)
    own = halves(estimate.problem, table.shape[1])[half].own
    rows, losses = ended(step, cell, estimate.problem.rows)
    moved = restored(rows, basis, table, columns, table.shape[1] - cell.biases, own)
    if half:
        return EmbeddingParams(*moved[::-1]), 0.0
    return EmbeddingParams(*moved), total(losses)


def loss(params: EmbeddingParams, estimate: Estimate, offset: float, half: int = 0) -> float:
    """Return an unbiased estimate of `newton.loss` from the columns that `offset` draws."""
    cell = estimate.problem.cell
    begun = _begin(params, estimate, half, offset)
    some = begun.half
    compute = partial(block_losses, cell=cell, biased=some.own is not None)
    columns, factors = (begun.columns, begun.biases), (some.counts, some.weight, some.other)
    rows = group_rows(len(some.rows.owner), estimate.columns)[0]
    parts = by_blocks(lambda: compute, begun.rows, columns, *factors, size_of_block=rows)
    if not parts:  # a process without rows
        return total(some.rows.whole(begun.losses))
    found = joined(parts, len(begun.rows))
    return total(some.rows.whole(found.losses + begun.losses_at(found.shift)))


def offset_of(key: Key[Array, ""], half: int) -> float:
    """Return the one random number, in [0, 1), that draws the columns of half a pass."""
    return float(jax.random.uniform(jax.random.fold_in(key, half)))


def _chosen(cells: Cells, columns: int, offset: float) -> Columns:
    """Draw columns in addition to the frequent ones, which stand for themselves."""
    others = drawn(cells.importance, columns - len(cells.frequent), offset)
    ids = np.append(cells.frequent, others.ids)
    return Columns(ids, np.append(np.ones(len(cells.frequent)), others.weights))


def _divided(
    counts: sparse.csr_array, frequent: Int[np.ndarray, " F"], width: int
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Return the counts of some columns, in a matrix with `width` columns, and all others."""
    found: Any = counts
    size = found.shape[0]
    place = np.full(found.shape[1], -1, found.indices.dtype)
    place[frequent] = np.arange(len(frequent))
    places = place[found.indices]
    filled = np.diff(found.indptr) > 0
    begins = found.indptr[:-1][filled]

    def part(chosen: np.ndarray, indices: np.ndarray, columns: int) -> sparse.csr_array:
        indptr = np.zeros(size + 1, found.indptr.dtype)
        indptr[1:][filled] = np.add.reduceat(chosen, begins, dtype=indptr.dtype)
        return sparse.csr_array(
            (found.data[chosen], indices[chosen], indptr.cumsum(dtype=indptr.dtype)),
            shape=(size, columns),
        )

    mine = places >= 0
    return part(mine, places, width), part(~mine, found.indices, found.shape[1])


class _Begun(NamedTuple):
    """Half a pass before its steps: the columns that are summed, and the sums over the rest."""

    half: Half  # with the counts and factors of the columns
    rows: Float[Array, "R W"]  # those of this process
    basis: Float[Array, "V W"]
    columns: Float[Array, "M W"]  # of the basis
    biases: Float[Array, " M"] | None
    all_biases: Float[Array, " V"] | None
    slope: Float[np.ndarray, "R W"]  # of the rest, as all that follows
    losses: Float[np.ndarray, " R"]

    def losses_at(self, shift: Float[Array, " V"]) -> Float[Array, " V"]:
        """Return the losses of the rest after a shift of the biases.

        Only the losses that are linear in them have a best bias, and hence a shift.
        """
        if self.half.own is None:
            return jnp.asarray(self.losses)
        return jnp.asarray(self.losses) + self.slope[:, 0] * shift / self.basis[0, 0]


def _begin(params: EmbeddingParams, estimate: Estimate, half: int, offset: float) -> _Begun:
    """Draw columns, and sum over the observed cells of the rest."""
    cell, cells = estimate.problem.cell, estimate.cells[half]
    table, columns = params[half], params[1 - half]
    whole = halves(estimate.problem, table.shape[1])[half]
    ids, weights = _chosen(cells, estimate.columns, offset)
    rows, basis = oriented(table, columns, table.shape[1] - cell.biases, whole.own)
    rows = whole.rows.own(rows)
    biases = None if whole.offset is None else columns[:, whole.offset]
    slope, losses = observed.slopes(cells.rest, rows, basis, biases, cell)
    other = (whole.other[ids] * weights).astype(whole.other.dtype)
    some = whole._replace(counts=cells.counts, other=other)
    of_some = None if biases is None else biases[ids]
    return _Begun(some, rows, basis, basis[ids], of_some, biases, slope, losses)


def _steps(
    params: EmbeddingParams, estimate: Estimate, half: int, offset: float
) -> tuple[Step, Float[Array, "V W"]]:
    """Return the step of each row of a table, but for its length, and the basis of the step."""
    cell, rest = estimate.problem.cell, estimate.cells[half].rest
    begun = _begin(params, estimate, half, offset)
    rows, basis = begun.rows, begun.basis
    table = rows, jnp.asarray(begun.slope)
    step = steps(table, begun.columns, begun.half, begun.biases, cell, measured=half == 0)
    if not cell.linear:
        seen = observed.bends(rest, rows, step.direction, basis, begun.all_biases, cell)
        step = step._replace(bend=step.bend + seen[0], reach=jnp.maximum(step.reach, seen[1]))
    return step._replace(losses=step.losses + begun.losses_at(step.shift)), basis

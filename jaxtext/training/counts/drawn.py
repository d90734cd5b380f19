"""A pass over drawn columns: the sum over unobserved cells is estimated, observed ones are exact.

The loss of a cell has a part that needs the observed cells alone, and a part in all cells that is
the same function of the score (`models.cells`). The first is summed over the observed cells, tile
by tile. The second is summed over some columns, each of which counts as many times as it stands
for. What is estimated is an objective of the same form, so that a step never raises it.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key
from scipy import sparse

from jaxtext.base.types import EmbeddingParams
from jaxtext.models.cells import Cell
from jaxtext.training.counts import observed
from jaxtext.training.counts.blocks import ROWS, kept, row_sums
from jaxtext.training.counts.columns import Columns, drawn
from jaxtext.training.counts.halves import Half, Problem, halves, oriented, restored
from jaxtext.training.counts.newton import (
    CURVATURE_ROWS,
    JITTER,
    lifted,
    of_unit_size,
    outer,
    step_length,
)
from jaxtext.training.counts.observed import Tiles

CELLS = 1 << 16  # whose curvature is computed in a call
EVERY = CURVATURE_ROWS // ROWS  # one row in this many stands for all in a curvature


class Cells(NamedTuple):
    """The observed cells of one half: of all rows, and of those that stand for all."""

    tiles: list[Tiles]
    sample: sparse.csr_array
    pairs: Float[np.ndarray, " V"]

    @classmethod
    def of(cls, half: Half) -> "Cells":
        """Cut the counts of a half into tiles."""
        counts: Any = half.counts
        pairs = counts.sum(axis=1).astype(counts.dtype)
        return cls(observed.tiles_of(counts, counts.dtype), counts[::EVERY], pairs)


class Estimate(NamedTuple):
    """An objective whose unobserved cells are summed in some columns."""

    problem: Problem
    cells: tuple[Cells, Cells]  # by center, by context
    columns: int

    @classmethod
    def of(cls, problem: Problem, columns: int) -> "Estimate":
        """Prepare the observed cells of an objective."""
        first, second = (Cells.of(half) for half in halves(problem, problem.cell.biases + 1))
        return cls(problem, (first, second), columns)


def improve(
    params: EmbeddingParams, estimate: Estimate, key: Key[Array, ""]
) -> tuple[EmbeddingParams, float]:
    """Make one pass as `newton.improve` does; the loss before is an estimate.

    `key` draws contexts for the step of the centers, then centers for that of the contexts.
    """
    problem, cells, _ = estimate
    first, second = halves(problem, params.center.shape[1])
    some = [_drawn(estimate, half, key) for half in range(2)]
    center, context, before = _improve_half(*params, first, cells[0], some[0], problem.cell)
    context, center, _ = _improve_half(context, center, second, cells[1], some[1], problem.cell)
    return EmbeddingParams(center, context), before


def loss(params: EmbeddingParams, estimate: Estimate, key: Key[Array, ""]) -> float:
    """Return an unbiased estimate of `newton.loss` from columns that `key` draws."""
    problem, cells, _ = estimate
    half, _ = halves(problem, params.center.shape[1])
    step = _begin(*params, half, cells[0], _drawn(estimate, 0, key), problem.cell)
    return step.loss


def _drawn(estimate: Estimate, half: int, key: Key[Array, ""]) -> Columns:
    """Draw columns for one half of a pass, frequent ones rather than rare ones."""
    importance = estimate.cells[1 - half].pairs.astype(np.float64)
    offset = float(jax.random.uniform(jax.random.fold_in(key, half)))
    return drawn(np.maximum(importance, importance[importance > 0].min()), estimate.columns, offset)


class _Dense(NamedTuple):
    """The drawn columns: vectors, factors of e times what each stands for, biases."""

    vectors: Float[Array, "M W"]
    other: Float[Array, " M"]
    offset: Float[Array, " M"]


class _Step(NamedTuple):
    """What is known before the direction of a step is chosen."""

    rows: Float[Array, "V W"]  # with their best biases
    basis: Float[Array, "V W"]
    offset: Float[Array, " V"] | None
    dense: _Dense
    slope: Float[Array, "V W"]
    loss: float


def _begin(
    table: Float[Array, "V W"],
    columns: Float[Array, "V W"],
    half: Half,
    cells: Cells,
    chosen: Columns,
    cell: Cell,
) -> _Step:
    """Return slope and loss at the present tables."""
    dim = table.shape[1] - cell.biases
    rows, basis = oriented(table, columns, dim, half.own)
    offset = None if half.offset is None else columns[:, half.offset]
    other = jnp.asarray(half.other[chosen.ids] * chosen.weights, rows.dtype)
    biases = jnp.zeros_like(other) if offset is None else offset[chosen.ids]
    dense = _Dense(basis[chosen.ids], other, biases)
    weight, pairs = jnp.asarray(half.weight), jnp.asarray(cells.pairs)
    rows, slope, losses = _background(rows, weight, pairs, dense, cell, half.own is not None)
    slope_seen, losses_seen = observed.slopes(cells.tiles, rows, basis, offset, cell)
    loss = float(np.sum(np.asarray(losses, np.float64) + losses_seen))
    return _Step(rows, basis, offset, dense, slope + slope_seen, loss)


def _improve_half(
    table: Float[Array, "V W"],
    columns: Float[Array, "V W"],
    half: Half,
    cells: Cells,
    chosen: Columns,
    cell: Cell,
) -> tuple[Float[Array, "V W"], Float[Array, "V W"], float]:
    """Move each row of `table`; return both tables, and the estimated loss before."""
    rows, basis, offset, dense, slope, loss = _begin(table, columns, half, cells, chosen, cell)
    weight = jnp.asarray(half.weight)
    inverse = _inverse_curvatures(rows, weight, basis, offset, dense, cells.sample, cell)
    direction, bend, reach = _along(rows, weight, slope, inverse, dense, cell)
    bend_seen, reach_seen = observed.bends(cells.tiles, rows, direction, basis, offset, cell)
    moved = _moved(rows, slope, direction, bend + bend_seen, jnp.maximum(reach, reach_seen), cell)
    dim = table.shape[1] - cell.biases
    return *restored(moved, basis, table, columns, dim, half.own), loss


def _by_rows(function, *tables: Array):
    """Apply a function to ROWS rows at a time, and put its results together."""
    size = len(tables[0])
    short = -size % ROWS
    padded = [jnp.pad(x, ((0, short), *[(0, 0)] * (x.ndim - 1))) for x in tables]
    blocks = tuple(x.reshape(-1, ROWS, *x.shape[1:]) for x in padded)
    found = jax.lax.scan(lambda _, block: (None, function(*block)), None, blocks)[1]
    return jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:])[:size], found)


@partial(jax.jit, static_argnames=("cell", "biased"))
def _background(rows, weight, pairs, dense: _Dense, cell: Cell, biased: bool):
    """Return the rows with their best biases, and slope and loss of the unobserved part."""
    vectors, other, offset = dense

    def some(rows: Array, weight: Array, pairs: Array):
        scores = kept(rows @ vectors.T) + offset[None, :]
        expected = weight[:, None] * other[None, :]
        none = jnp.zeros_like(scores)
        if biased and cell.shift is not None:
            top = scores.max(1)  # without it, an exponential could overflow
            shift = cell.shift(pairs, row_sums(cell.value(scores - top[:, None], none, expected)))
            shift = shift - top
            scores = kept(scores + shift[:, None])
            rows = rows.at[:, 0].add(shift / vectors[0, 0])
        slope = kept(cell.derivative(scores, none, expected)) @ vectors
        losses = row_sums(cell.value(scores, none, expected))
        if cell.constant is not None:
            losses = losses - cell.constant(pairs)
        return rows, slope, losses

    return _by_rows(some, rows, weight, pairs)


@partial(jax.jit, static_argnames="cell")
def _along(rows, weight, slope, inverse, dense: _Dense, cell: Cell):
    """Return the direction of each row, and curvature and reach along it in the drawn columns."""
    vectors, other, offset = dense
    groups = -(-len(rows) // CURVATURE_ROWS)
    slope = jnp.pad(slope, ((0, groups * CURVATURE_ROWS - len(rows)), (0, 0)))
    direction = -(slope.reshape(groups, CURVATURE_ROWS, -1) @ inverse)
    direction = of_unit_size(direction.reshape(slope.shape)[: len(rows)])

    def some(rows: Array, weight: Array, direction: Array):
        scores = kept(rows @ vectors.T) + offset[None, :]
        change = kept(direction @ vectors.T)
        q = cell.curvature(scores, jnp.zeros_like(scores), weight[:, None] * other[None, :])
        reach = jnp.abs(jnp.where(other[None, :] > 0, change, 0.0)).max(1)
        return row_sums(q * change**2), reach

    return direction, *_by_rows(some, rows, weight, direction)


@partial(jax.jit, static_argnames="cell")
def _moved(rows, slope, direction, bend, reach, cell: Cell):
    fall = -(slope * direction).sum(1)
    return rows + step_length(fall, bend, reach, cell.growth)[:, None] * direction


def _inverse_curvatures(rows, weight, basis, offset, dense: _Dense, sample, cell: Cell):
    """Invert the average curvature of each group of rows, in which all count alike."""
    rows, weight = rows[::EVERY], weight[::EVERY]
    of_cells = np.repeat(np.arange(len(rows)), np.diff(sample.indptr))
    q_seen = _curvatures_seen(rows, basis, offset, sample, of_cells, cell)
    total = np.asarray(_sum_background(rows, weight, dense, cell), np.float64)
    total = total + np.bincount(of_cells, q_seen, len(rows))
    share = 1 / np.maximum(total, np.finfo(rows.dtype).tiny)
    matrices = []
    for first in range(0, len(rows), ROWS):
        some = slice(first, first + ROWS)
        cells = slice(sample.indptr[first], sample.indptr[min(first + ROWS, len(rows))])
        q = np.bincount(sample.indices[cells], q_seen[cells] * share[of_cells[cells]], len(basis))
        matrices.append(
            _inverse(
                rows[some],
                weight[some],
                share[some].astype(rows.dtype),
                q.astype(rows.dtype),
                basis,
                dense,
                cell,
            )
        )
    return jnp.stack(matrices)


@partial(jax.jit, static_argnames="cell")
def _inverse(rows, weight, share, q, basis, dense: _Dense, cell: Cell):
    vectors, other, offset = dense
    scores = kept(rows @ vectors.T) + offset[None, :]
    drawn = cell.curvature(scores, jnp.zeros_like(scores), weight[:, None] * other[None, :])
    drawn = share @ kept(drawn)
    return jnp.linalg.inv(lifted(outer(drawn, vectors) + outer(q, basis), JITTER))


@partial(jax.jit, static_argnames="cell")
def _sum_background(rows, weight, dense: _Dense, cell: Cell):
    vectors, other, offset = dense

    def some(rows: Array, weight: Array):
        scores = kept(rows @ vectors.T) + offset[None, :]
        return row_sums(
            cell.curvature(scores, jnp.zeros_like(scores), weight[:, None] * other[None, :])
        )

    return _by_rows(some, rows, weight)


def _curvatures_seen(rows, basis, offset, sample, of_cells, cell: Cell):
    """Return the curvature of each observed cell of some rows."""
    found = []
    for first in range(0, len(of_cells), CELLS):
        short = max(first + CELLS - len(of_cells), 0)
        parts = (x[first : first + CELLS] for x in (of_cells, sample.indices, sample.data))
        parts = [np.pad(x, (0, short)) for x in parts]
        found.append(np.asarray(_cell_curvatures(rows, basis, offset, *parts, cell)))
    return np.concatenate(found)[: len(of_cells)] if found else np.zeros(0, rows.dtype)


@partial(jax.jit, static_argnames="cell")
def _cell_curvatures(rows, basis, offset, row, column, counts, cell: Cell):
    def some(_: None, block):
        row, column, counts = block
        scores = (rows[row] * basis[column]).sum(1)
        scores = scores if offset is None else scores + offset[column]
        return None, cell.curvature(scores, counts, jnp.zeros_like(counts))

    blocks = tuple(x.reshape(-1, 2048) for x in (row, column, counts))
    return jax.lax.scan(some, None, blocks)[1].ravel()

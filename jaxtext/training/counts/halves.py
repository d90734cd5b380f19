"""The two halves of a pass: which numbers of a table are free, and the basis of a step.

The tables of an objective with biases have more columns than dimensions. The center vector of a
word is followed by its bias, if centers have one, and its context vector by 1. Then comes 1 after
the center vector and the bias of the context, if contexts have one. Scores are products of rows
either way. In each half, the rows of one table move; of these, the vectors and their own biases.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy import sparse

from jaxtext.base.team import Rows, Team
from jaxtext.base.types import Counts, EmbeddingParams
from jaxtext.models.cells import LOGISTIC, Cell
from jaxtext.models.objective import Objective, check
from jaxtext.training.counts import blocks

CURVATURE_ROWS = 2048  # that share a curvature matrix
ENTRIES = 12  # dense columns that cost as much as one observed cell

Table = Float[Array, "V _"]


class Problem(NamedTuple):
    """The objective: sparse counts by center and by context, both factors of e, the cell's loss.

    In a team, the counts are those of the rows of this process.
    """

    by_center: sparse.csr_array
    by_context: sparse.csr_array
    center_weight: Float[np.ndarray, " V"]  # k #(w) for negative sampling
    noise: Float[np.ndarray, " V"]
    rows: Rows
    cell: Cell = LOGISTIC


class Half(NamedTuple):
    """One half of a pass: the counts by row, the factors of e by row and by column, the biases."""

    counts: sparse.csr_array  # of R rows, as many as this process has
    weight: Float[np.ndarray, " R"]
    other: Float[np.ndarray, " V"]
    own: int | None  # column of both tables that contains the biases of the rows
    offset: int | None  # column that contains the biases of the columns
    rows: Rows


def group_rows(size: int, width: int) -> tuple[int, int]:
    """Return how many rows a block has, and how many blocks share a curvature matrix."""
    return blocks.block_rows(size, width), max(
        CURVATURE_ROWS // max(blocks.BUFFER_CELLS // width, 1), 1
    )


def dealt(team: Team, lengths: Int[np.ndarray, " V"], width: int) -> Rows:
    """Deal out the rows of counts, of which each has so many entries, in groups.

    Of the `width` columns that are summed densely, `ENTRIES` cost as much as an entry.
    """
    size = len(lengths)
    rows, together = group_rows(size, width)
    rows *= together
    work = np.add.reduceat(lengths + width // ENTRIES, np.arange(0, size, rows))
    return Rows.dealt(team, work, size, rows)


def problem(
    counts: Counts,
    noise: Float[np.ndarray, " V"],
    negatives: int,
    dtype: Any = np.float32,
    cell: Cell = LOGISTIC,
    rows: Rows | None = None,
) -> Problem:
    """Check and prepare an objective over counts, by default that of `sgns.expected_loss`.

    The row of a word without a pair has no cell, so that its center vector stays where it is. If
    the counts have but some `rows`, those of this process, they are symmetric, as windows are.

    Raises `ValueError` for counts that are not square, that have negative or infinite entries or no
    pair at all, for noise that is not a distribution over the words, and for fewer than one
    negative.
    """
    rows = Rows.all(len(noise)) if rows is None else rows
    if rows.team.processes == 1 or counts.nnz:  # pyright: ignore[reportAttributeAccessIssue]
        check(Objective(counts, noise, negatives))
    pairs = rows.sums(sparse.csr_array(counts))  # before rounding to `dtype`
    weight, noise = cell.factors(pairs, noise, negatives)
    by_center = sparse.csr_array(rows.own(counts)).astype(dtype)
    symmetric = rows.team.processes > 1 or is_symmetric(sparse.csr_array(counts))
    by_context = by_center if symmetric else sparse.csr_array(by_center.T)
    return Problem(by_center, by_context, weight.astype(dtype), noise.astype(dtype), rows, cell)  # pyright: ignore


def is_symmetric(counts: sparse.csr_array) -> bool:
    """Whether counts are symmetric, as those of windows are, in which case one copy is enough.

    A matrix and its transpose are compared by their products with one vector (Freivalds 1977).
    """
    found: Any = counts
    vector = 1 + np.random.default_rng(0).random(found.shape[0])
    one, other = (np.asarray(each @ vector, np.float64) for each in (found, found.T))
    return found.has_sorted_indices and bool(np.allclose(one, other, rtol=1e-12, atol=0))


def halves(problem: Problem, width: int) -> tuple[Half, Half]:
    """Return the half in which centers move, and the one in which contexts do."""
    cell = problem.cell
    center = width - cell.biases if cell.center_bias else None
    context = width - 1 if cell.context_bias else None
    weight, noise, rows = problem.center_weight, problem.noise, problem.rows
    return (
        Half(problem.by_center, rows.own(weight), noise, center, context, rows),
        Half(problem.by_context, rows.own(noise), weight, context, center, rows),
    )


def with_biases(params: EmbeddingParams, cell: Cell) -> EmbeddingParams:
    """Append zero biases, and the ones that they are multiplied by, where the cell has biases."""
    zeros = jnp.zeros((len(params.center), 1), params.center.dtype)
    for table in [0] * cell.center_bias + [1] * cell.context_bias:
        added = [zeros + 1, zeros + 1]
        added[table] = zeros
        params = EmbeddingParams(*map(lambda *two: jnp.concatenate(two, 1), params, added))
    return params


def without_biases(params: EmbeddingParams, cell: Cell) -> EmbeddingParams:
    """Return the vectors alone."""
    dim = params.center.shape[1] - cell.biases
    return EmbeddingParams(*(table[:, :dim] for table in params))


@partial(jax.jit, static_argnames=("dim", "own"))
def oriented(table: Table, columns: Table, dim: int, own: int | None) -> tuple[Table, Table]:
    """Return tables with the same product, of which the second has orthonormal columns.

    The curvature of the rows then depends on their cells alone, not on the scale of the tables. A
    dimension in which both tables are zero gets a direction, without which it would never move.
    The first column is that of the rows' own biases, if they have any; biases of the columns are
    left out.
    """
    vectors, others = table[:, :dim], columns[:, :dim]
    if own is None:
        q, r = jnp.linalg.qr(others)
        return vectors @ r.T, q
    mean, root = others.mean(0), jnp.sqrt(jnp.asarray(len(columns), table.dtype))
    q, r = jnp.linalg.qr(others - mean[None, :])
    bias = root * (table[:, own] + vectors @ mean)
    ones = jnp.full((len(columns), 1), 1 / root)
    return jnp.column_stack([bias, vectors @ r.T]), jnp.concatenate([ones, q], 1)


@partial(jax.jit, static_argnames=("dim", "own"))
def restored(
    moved: Table, basis: Table, table: Table, columns: Table, dim: int, own: int | None
) -> tuple[Table, Table]:
    """Put rows that moved in a `basis` of `oriented`, and the basis, in place of the tables."""
    if own is not None:
        table = table.at[:, own].set(moved[:, 0] * basis[:, 0])
        moved, basis = moved[:, 1:], basis[:, 1:]
    if dim == table.shape[1]:
        return moved, basis
    return table.at[:, :dim].set(moved), columns.at[:, :dim].set(basis)

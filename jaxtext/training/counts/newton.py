"""One pass over the counts: one step per row of both tables, none of which raises the loss."""

import itertools
import operator
from collections.abc import Sequence
from functools import partial, reduce

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from jaxtext.base.types import EmbeddingParams
from jaxtext.models.cells import LOGISTIC, Cell
from jaxtext.training.counts import blocks
from jaxtext.training.counts.blocks import ROWS, by_blocks, kept, row_sums, scan, split
from jaxtext.training.counts.halves import Half, Problem, halves, oriented, restored

CURVATURE_ROWS = 2048  # that share a curvature matrix
JITTER = 1e-3  # part of the mean curvature that is added to all directions
OWN_JITTER = 1e-10  # the same, if each row has its own curvature matrix
FARTHEST = 30.0  # that a score may move in a step if its curvature underflows


def loss(params: EmbeddingParams, problem: Problem) -> float:
    """Return the objective, summed over all pairs, in the precision of `params`.

    If centers have biases, it is that with the best ones, and without the constant of the cell: for
    the softmax, the negative log-likelihood.
    """
    factors = problem.center_weight, jnp.asarray(problem.noise)
    block_loss = partial(_block_loss, cell=problem.cell)
    return _total(by_blocks(block_loss, *params, problem.by_center, *factors))


def gradient(params: EmbeddingParams, problem: Problem) -> EmbeddingParams:
    r"""Return the gradient of `loss`, derived by hand and computed block by block.

    With the derivative $g_{wc}$ of the cell in the score, which for negative sampling is
    $(n_{wc} + e_{wc})\,\sigma(s_{wc}) - n_{wc}$, the gradient is $\partial w = \sum_c g_{wc}\, c$
    and $\partial c = \sum_w g_{wc}\, w$. Columns of `params` that hold ones have one, too.
    """
    factors = problem.center_weight, jnp.asarray(problem.noise)
    compute = partial(jax.jit(block_gradient, static_argnames="cell"), cell=problem.cell)
    parts = by_blocks(compute, *params, problem.by_center, *factors)
    center, context = zip(*parts, strict=True)
    return EmbeddingParams(
        jnp.concatenate(center)[: len(params.center)], reduce(operator.add, context)
    )


def improve(
    params: EmbeddingParams, problem: Problem, own_curvature: bool = False
) -> tuple[EmbeddingParams, float]:
    """Make one pass, a step of every center and then of every context; also return the loss before.

    Rows of similar frequency share a curvature matrix. With `own_curvature`, each row has its own,
    which takes D times as long but converges to the optimum where the shared matrix slows down; it
    is meant for small tables in float64. If the loss has biases, `params` are as in `with_biases`,
    and the loss before is that with the best biases of the centers.
    """
    half, _ = halves(problem, params.center.shape[1])
    center, context, before = _improve_half(*params, half, problem.cell, own_curvature, True)
    return improve_contexts(EmbeddingParams(center, context), problem, own_curvature), before


def improve_contexts(
    params: EmbeddingParams, problem: Problem, own_curvature: bool = False
) -> EmbeddingParams:
    """Make the second half of a pass: one step of every context, given the centers."""
    _, half = halves(problem, params.center.shape[1])
    both = params.context, params.center
    context, center, _ = _improve_half(*both, half, problem.cell, own_curvature, False)
    return EmbeddingParams(center, context)


def _improve_half(
    table: Float[Array, "V W"],
    columns: Float[Array, "V W"],
    half: Half,
    cell: Cell,
    own_curvature: bool,
    measured: bool,
) -> tuple[Float[Array, "V W"], Float[Array, "V W"], float]:
    """Move each row of `table`; return both tables, and the loss before or 0."""
    dim = table.shape[1] - cell.biases
    rows, basis = oriented(table, columns, dim, half.own)
    offset = None if half.offset is None else columns[:, half.offset]
    moved, before = _improve_rows(rows, basis, half, offset, cell, own_curvature, measured)
    return *restored(moved, basis, table, columns, dim, half.own), before


def _total(parts: Sequence[Array]) -> float:
    return float(np.concatenate(parts).sum(dtype=np.float64))


@partial(jax.jit, static_argnames="cell")
def _block_loss(
    rows: Float[Array, "R W"],
    columns: Float[Array, "V W"],
    counts: Float[Array, "R V"],
    weight: Float[Array, " R"],
    other: Float[Array, " V"],
    cell: Cell,
) -> Float[Array, " R"]:
    def some(rows: Array, counts: Array, weight: Array) -> Array:
        expected = weight[:, None] * other[None, :]
        scores = kept(rows @ columns.T)
        if cell.shift is not None:
            scores = scores + _shift(scores, counts, expected, cell)[:, None]
        return _losses(scores, counts, expected, cell)

    return scan(some, rows, counts, weight).ravel()


def block_gradient(
    rows: Float[Array, "R W"],
    columns: Float[Array, "V W"],
    counts: Float[Array, "R V"],
    weight: Float[Array, " R"],
    other: Float[Array, " V"],
    cell: Cell = LOGISTIC,
) -> tuple[Float[Array, "R W"], Float[Array, "V W"]]:
    """Return the gradients of the loss of some rows, in these rows and in all columns.

    They are derived by hand (see `gradient`). `weight` and `other` are the factors of e. R is at
    most `ROWS`, or a multiple of it.
    """

    def some(columns_sum: Array, block: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        rows, counts, weight = block
        g = kept(cell.derivative(rows @ columns.T, counts, weight[:, None] * other[None, :]))
        return columns_sum + g.T @ rows, g @ columns

    of_columns, of_rows = jax.lax.scan(some, jnp.zeros_like(columns), split(rows, counts, weight))
    return of_rows.reshape(rows.shape), of_columns


def _improve_rows(
    table: Float[Array, "V W"],
    columns: Float[Array, "V W"],
    half: Half,
    offset: Float[Array, " V"] | None,
    cell: Cell,
    own_curvature: bool,
    measured: bool,
) -> tuple[Float[Array, "V W"], float]:
    """Move each row of `table` by one step, given the other table; all coordinates are free.

    Also return the loss before the step; it is zero unless it is to be `measured`.
    """
    width = half.counts.shape[1]  # pyright: ignore
    every = max(CURVATURE_ROWS // max(blocks.BUFFER_CELLS // width, 1), 1)
    number, inverse = itertools.count(), None

    def step(*block: Array) -> tuple[Array, Array]:
        nonlocal inverse
        if not own_curvature and next(number) % every == 0:
            inverse = _inverse_curvature(*block, offset, cell)
        return _block_step(*block, offset, inverse, cell, half.own is not None, measured)

    moved = by_blocks(step, table, columns, half.counts, half.weight, jnp.asarray(half.other))
    rows, losses = zip(*moved, strict=True)
    return jnp.concatenate(rows)[: len(table)], _total(losses)


@partial(jax.jit, static_argnames="cell")
def _inverse_curvature(
    rows: Float[Array, "R W"],
    columns: Float[Array, "V W"],
    counts: Float[Array, "R V"],
    weight: Float[Array, " R"],
    other: Float[Array, " V"],
    offset: Float[Array, " V"] | None,
    cell: Cell,
) -> Float[Array, "W W"]:
    """Invert the average curvature of rows, in which all count alike, however frequent."""
    every = len(rows) // ROWS
    rows, counts, weight = rows[::every], counts[::every], weight[::every]
    scores = kept(_scores(rows, columns, offset))
    q = kept(cell.curvature(scores, counts, weight[:, None] * other[None, :]))  # [ROWS, V]
    tiny = jnp.finfo(q.dtype).tiny
    mean = kept(q / jnp.maximum(row_sums(q), tiny)[:, None]).sum(0)  # [V]
    return jnp.linalg.inv(lifted(outer(mean, columns), JITTER))


def _scores(
    rows: Float[Array, "R W"], columns: Float[Array, "V W"], offset: Float[Array, " V"] | None
) -> Float[Array, "R V"]:
    scores = rows @ columns.T
    return scores if offset is None else scores + offset[None, :]


def outer(q: Float[Array, " V"], columns: Float[Array, "V W"]) -> Float[Array, "W W"]:
    """Sum q c c^T over the columns."""
    return (q[:, None] * columns).T @ columns


def lifted(matrix: Float[Array, "W W"], jitter: float) -> Float[Array, "W W"]:
    """Add a little of the identity to a curvature, so that it can be inverted."""
    scale = jnp.trace(matrix) / len(matrix)
    # If all scores are saturated, the curvature vanishes and the identity alone is left.
    added = jnp.where(scale > jnp.finfo(matrix.dtype).tiny, jitter * scale, 1.0)
    return matrix + added * jnp.eye(len(matrix), dtype=matrix.dtype)


def _solve(curvature: Float[Array, "W W"], slope: Float[Array, " W"]) -> Float[Array, " W"]:
    return jax.scipy.linalg.solve(curvature, slope, assume_a="pos")


@partial(jax.jit, static_argnames=("cell", "biased", "measured"))
def _block_step(
    rows: Float[Array, "R W"],
    columns: Float[Array, "V W"],
    counts: Float[Array, "R V"],
    weight: Float[Array, " R"],
    other: Float[Array, " V"],
    offset: Float[Array, " V"] | None,
    inverse: Float[Array, "W W"] | None,
    cell: Cell,
    biased: bool,
    measured: bool,
) -> tuple[Float[Array, "R W"], Float[Array, " R"]]:
    def some(rows: Array, counts: Array, weight: Array) -> tuple[Array, Array]:
        scores = kept(_scores(rows, columns, offset))  # [ROWS, V]
        expected = weight[:, None] * other[None, :]
        if biased and cell.shift is not None:
            shift = _shift(scores, counts, expected, cell)
            scores = kept(scores + shift[:, None])
            rows = rows.at[:, 0].add(shift / columns[0, 0])
        slope = kept(kept(cell.derivative(scores, counts, expected)) @ columns)  # [ROWS, W]
        q = cell.curvature(scores, counts, expected)
        if inverse is None:
            direction = -jax.lax.map(
                lambda row: _solve(lifted(outer(row[0], columns), OWN_JITTER), row[1]),
                (kept(q), slope),
            )
        else:
            direction = -slope @ inverse
        direction = of_unit_size(direction)
        change = kept(direction @ columns.T)  # [ROWS, V]
        fall = -(slope * direction).sum(1)
        length = step_length(fall, row_sums(q * change**2), jnp.abs(change).max(1), cell.growth)
        losses = jnp.zeros_like(weight)
        if measured:
            losses = _losses(scores, counts, expected, cell)
        return rows + length[:, None] * direction, losses

    moved, losses = scan(some, rows, counts, weight)
    return moved.reshape(rows.shape), losses.ravel()


def _shift(
    scores: Float[Array, "R V"],
    counts: Float[Array, "R V"],
    expected: Float[Array, "R V"],
    cell: Cell,
) -> Float[Array, " R"]:
    """Return how far the best bias of each row is from the present one."""
    assert cell.shift is not None
    top = scores.max(1)  # without it, an exponential could overflow
    background = row_sums(cell.value(scores - top[:, None], jnp.zeros_like(counts), expected))
    return cell.shift(row_sums(counts), background) - top


def _losses(
    scores: Float[Array, "R V"],
    counts: Float[Array, "R V"],
    expected: Float[Array, "R V"],
    cell: Cell,
) -> Float[Array, " R"]:
    losses = row_sums(cell.value(scores, counts, expected))
    return losses if cell.constant is None else losses - cell.constant(row_sums(counts))


def of_unit_size(direction: Float[Array, "R W"]) -> Float[Array, "R W"]:
    """Scale each row so that its largest entry is 1, unless all are zero."""
    largest = jnp.abs(direction).max(1, keepdims=True)
    return direction / jnp.maximum(largest, jnp.finfo(direction.dtype).tiny)


def step_length(
    fall: Float[Array, " R"], bend: Float[Array, " R"], reach: Float[Array, " R"], growth: float
) -> Float[Array, " R"]:
    """Return the length of the step at which the upper bound of the loss is smallest.

    `fall` is minus the slope along the direction, `bend` the curvature along it, and `reach` the
    largest change of a score per unit.
    """
    tiny = jnp.finfo(fall.dtype).tiny
    bend, reach = jnp.maximum(bend, tiny), jnp.maximum(reach, tiny)
    if not growth:
        return fall / bend
    reach = growth * reach
    return jnp.minimum(jnp.log1p(reach * fall / bend), FARTHEST) / reach

"""One pass over the counts: one step per row of both tables, none of which raises the loss."""

import operator
from collections.abc import Callable
from functools import partial, reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from jaxtext.base.team import Rows
from jaxtext.base.types import EmbeddingParams
from jaxtext.models.cells import LOGISTIC, Cell
from jaxtext.training.counts.blocks import ROWS, by_blocks, joined, kept, row_sums, scan, split
from jaxtext.training.counts.halves import (
    Half,
    Problem,
    group_rows,
    halves,
    oriented,
    restored,
)

JITTER = 1e-3  # part of the mean curvature that is added to all directions
OWN_JITTER = 1e-10  # the same, if each row has its own curvature matrix
FARTHEST = 30.0  # that a score may move in a step if its curvature underflows


class Losses(NamedTuple):
    """The loss of each row, and how far its best bias is from the present one."""

    losses: Float[Array, " V"]
    shift: Float[Array, " V"]


class Step(NamedTuple):
    """The step of each row but for its length, and what its length follows from."""

    rows: Float[Array, "V W"]  # with their best biases
    direction: Float[Array, "V W"]
    fall: Float[Array, " V"]  # minus the slope along the direction
    bend: Float[Array, " V"]  # the curvature along it
    reach: Float[Array, " V"]  # the largest change of a score per unit
    losses: Float[Array, " V"]  # before the step, zero unless they are measured
    shift: Float[Array, " V"]  # of the biases, which the rows contain


def loss(params: EmbeddingParams, problem: Problem) -> float:
    """Return the objective, summed over all pairs, in the precision of `params`.

    If centers have biases, it is that with the best ones, and without the constant of the cell: for
    the softmax, the negative log-likelihood.
    """
    compute = partial(block_losses, cell=problem.cell, biased=True)
    half, _ = halves(problem, params.center.shape[1])
    some, columns = problem.rows.own(params.center), (params.context, None)
    parts = by_blocks(
        lambda: compute, some, columns, half.counts, half.weight, half.other,
        size_of_block=group_rows(len(params.center), half.counts.shape[1])[0],  # pyright: ignore
    )  # fmt: skip
    found = joined(parts, len(some)).losses if parts else np.zeros(0, params.center.dtype)
    return total(problem.rows.whole(found))


def gradient(params: EmbeddingParams, problem: Problem) -> EmbeddingParams:
    r"""Return the gradient of `loss`, derived by hand and computed block by block.

    With the derivative $g_{wc}$ of the cell in the score, which for negative sampling is
    $(n_{wc} + e_{wc})\,\sigma(s_{wc}) - n_{wc}$, the gradient is $\partial w = \sum_c g_{wc}\, c$
    and $\partial c = \sum_w g_{wc}\, w$. Columns of `params` that hold ones have one, too.
    """
    factors = problem.center_weight, problem.noise
    compute = partial(jax.jit(block_gradient, static_argnames="cell"), cell=problem.cell)
    parts = by_blocks(lambda: compute, *params, problem.by_center, *factors)
    center, context = zip(*parts, strict=True)
    return EmbeddingParams(
        joined(center, len(params.center)), jnp.asarray(reduce(operator.add, context))
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
    some = half.rows.own(rows)
    step = steps((some, None), basis, half, offset, cell, own_curvature, measured)
    moved, losses = ended(step, cell, half.rows)
    return *restored(moved, basis, table, columns, dim, half.own), total(losses)


def total(losses: Float[Array | np.ndarray, " V"]) -> float:
    """Sum the losses of rows in float64."""
    return float(np.asarray(losses).sum(dtype=np.float64))


@partial(jax.jit, static_argnames=("cell", "biased"))
def block_losses(
    rows: Float[Array, "R W"],
    columns: tuple[Float[Array, "U W"], Float[Array, " U"] | None],
    counts: Float[Array, "R U"],
    weight: Float[Array, " R"],
    other: Float[Array, " U"],
    cell: Cell,
    biased: bool,
) -> Losses:
    """Return the loss of each row; if rows have biases, with the best ones.

    With the vectors of the columns come their biases, if they have any.
    """

    def some(rows: Array, counts: Array, weight: Array) -> Losses:
        scores, expected, shift = _at_best(rows, *columns, weight, other, cell, biased)
        of_bias = weight if biased else None
        return Losses(_losses(scores, counts, expected, of_bias, cell), shift)

    found = scan(some, rows, counts, weight)
    return Losses(*(each.ravel() for each in found))


def _at_best(
    rows: Float[Array, "R W"],
    columns: Float[Array, "U W"],
    offset: Float[Array, " U"] | None,
    weight: Float[Array, " R"],
    other: Float[Array, " U"],
    cell: Cell,
    biased: bool,
) -> tuple[Float[Array, "R U"], Float[Array, "R U"], Float[Array, " R"]]:
    """Return scores with the best bias of each row, e, and how far this bias was."""
    scores = kept(_scores(rows, columns, offset))
    expected = weight[:, None] * other[None, :]
    if not biased or cell.shift is None:
        return scores, expected, jnp.zeros_like(weight)
    top = scores.max(1)  # without it, an exponential could overflow
    background = row_sums(cell.value(scores - top[:, None], jnp.zeros_like(scores), expected))
    shift = cell.shift(weight, background) - top
    return kept(scores + shift[:, None]), expected, shift


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


def steps(
    table: tuple[Float[Array, "V W"], Float[Array, "V W"] | None],
    columns: Float[Array, "U W"],
    half: Half,
    offset: Float[Array, " U"] | None,
    cell: Cell,
    own_curvature: bool = False,
    measured: bool = True,
) -> Step:
    """Return a step of each row of a table, given the columns; all coordinates are free.

    With the rows comes the slope of what the counts of the half do not contain, if there is any.
    """
    size, every = group_rows(len(half.rows.owner), half.counts.shape[1])  # pyright: ignore

    def functions() -> Callable[..., Step]:
        inverse = None  # of the first block that it gets

        def step(some: tuple[Array, Array | None], *block: Any) -> Step:
            nonlocal inverse
            if inverse is None and not own_curvature:
                inverse = _inverse_curvature(some[0], *block, cell)
            return _block_step(*some, *block, inverse, cell, half.own is not None, measured)

        return step

    factors = half.weight, half.other
    found = by_blocks(functions, table, (columns, offset), half.counts, *factors, every, size)
    if not found:  # a process without rows
        none = jnp.zeros(0, columns.dtype)
        return Step(table[0], table[0], none, none, none, none, none)
    return joined(found, len(table[0]))


def ended(step: Step, cell: Cell, rows: Rows) -> tuple[Float[Array, "V W"], Float[Array, " V"]]:
    """Return all rows after their steps, and their losses before, given the steps of some."""
    moved = end(step, cell)
    if rows.team.processes == 1:
        return moved, step.losses
    whole = rows.whole(np.column_stack([moved, step.losses]))  # one exchange
    return jnp.asarray(whole[:, :-1]), jnp.asarray(whole[:, -1])


@partial(jax.jit, static_argnames="cell")
def end(step: Step, cell: Cell) -> Float[Array, "V W"]:
    """Return the rows after a step of the length at which the bound of the loss is smallest."""
    length = step_length(step.fall, step.bend, step.reach, cell.growth)
    return step.rows + length[:, None] * step.direction


@partial(jax.jit, static_argnames="cell")
def _inverse_curvature(
    rows: Float[Array, "R W"],
    columns: tuple[Float[Array, "U W"], Float[Array, " U"] | None],
    counts: Float[Array, "R U"],
    weight: Float[Array, " R"],
    other: Float[Array, " U"],
    cell: Cell,
) -> Float[Array, "W W"]:
    """Invert the average curvature of rows, in which all count alike, however frequent."""
    every = len(rows) // ROWS
    rows, counts, weight = rows[::every], counts[::every], weight[::every]
    scores = kept(_scores(rows, *columns))
    q = kept(cell.curvature(scores, counts, weight[:, None] * other[None, :]))  # [ROWS, U]
    tiny = jnp.finfo(q.dtype).tiny
    mean = kept(q / jnp.maximum(row_sums(q), tiny)[:, None]).sum(0)  # [U]
    return jnp.linalg.inv(lifted(outer(mean, columns[0]), JITTER))


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
    slope: Float[Array, "R W"] | None,
    both: tuple[Float[Array, "U W"], Float[Array, " U"] | None],
    counts: Float[Array, "R U"],
    weight: Float[Array, " R"],
    other: Float[Array, " U"],
    inverse: Float[Array, "W W"] | None,
    cell: Cell,
    biased: bool,
    measured: bool,
) -> Step:
    columns, offset = both

    def some(rows: Array, added: Array | None, counts: Array, weight: Array) -> Step:
        scores, expected, shift = _at_best(rows, columns, offset, weight, other, cell, biased)
        if biased and cell.shift is not None:
            rows = rows.at[:, 0].add(shift / columns[0, 0])
        slope = kept(kept(cell.derivative(scores, counts, expected)) @ columns)  # [ROWS, W]
        slope = slope if added is None else slope + added
        q = cell.curvature(scores, counts, expected)
        if inverse is None:
            direction = -jax.lax.map(
                lambda row: _solve(lifted(outer(row[0], columns), OWN_JITTER), row[1]),
                (kept(q), slope),
            )
        else:
            direction = -slope @ inverse
        direction = of_unit_size(direction)
        change = kept(direction @ columns.T)  # [ROWS, U]
        fall = -(slope * direction).sum(1)
        losses = jnp.zeros_like(weight)
        if measured:
            losses = _losses(scores, counts, expected, weight if biased else None, cell)
        bend, reach = row_sums(q * change**2), jnp.abs(change).max(1)
        return Step(rows, direction, fall, bend, reach, losses, shift)

    found = scan(some, rows, slope, counts, weight)
    return jax.tree.map(lambda each: each.reshape(-1, *each.shape[2:]), found)


def _losses(
    scores: Float[Array, "R U"],
    counts: Float[Array, "R U"],
    expected: Float[Array, "R U"],
    weight: Float[Array, " R"] | None,
    cell: Cell,
) -> Float[Array, " R"]:
    losses = row_sums(cell.value(scores, counts, expected))
    return losses if weight is None or cell.constant is None else losses - cell.constant(weight)


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

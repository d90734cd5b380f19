"""One pass over the counts: one step per row of both tables, none of which raises the loss."""

import itertools
import operator
from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy import sparse

from jaxtext.base.types import Counts, EmbeddingParams
from jaxtext.models.objective import Objective, check
from jaxtext.training.counts import blocks
from jaxtext.training.counts.blocks import ROWS, by_blocks, kept, row_sums, scan, split

CURVATURE_ROWS = 2048  # that share a curvature matrix
JITTER = 1e-3  # part of the mean curvature that is added to all directions
OWN_JITTER = 1e-10  # the same, if each row has its own curvature matrix
FARTHEST = 30.0  # that a score may move in a step if its curvature underflows

Moments = Callable[[Array], tuple[Array, Array]]  # scores -> probabilities, their variances


class Problem(NamedTuple):
    """The objective: sparse counts by center and by context, and the two factors of e."""

    by_center: sparse.csr_array
    by_context: sparse.csr_array
    center_weight: Float[np.ndarray, " V"]  # k #(w)
    noise: Float[np.ndarray, " V"]


def problem(
    counts: Counts, noise: Float[np.ndarray, " V"], negatives: int, dtype: Any = np.float32
) -> Problem:
    """Check and prepare the objective of `sgns.expected_loss` for the functions of this module.

    The row of a word without a pair has no cell, so that its center vector stays where it is.

    Raises `ValueError` for counts that are not square, that have negative or infinite entries or no
    pair at all, for noise that is not a distribution over the words, and for fewer than one
    negative.
    """
    check(Objective(counts, noise, negatives))
    by_center = sparse.csr_array(counts)
    pairs = by_center.sum(axis=1).astype(np.float64)  # before rounding to `dtype`
    by_center = by_center.astype(dtype)
    by_context = sparse.csr_array(by_center.T)
    return Problem(by_center, by_context, (negatives * pairs).astype(dtype), noise.astype(dtype))  # pyright: ignore


def loss(params: EmbeddingParams, problem: Problem) -> float:
    """Return the objective, summed over all pairs, in the precision of `params`."""
    factors = problem.center_weight, jnp.asarray(problem.noise)
    return _total(by_blocks(_block_loss, *params, problem.by_center, *factors))


def gradient(params: EmbeddingParams, problem: Problem) -> EmbeddingParams:
    r"""Return the gradient of `loss`, derived by hand and computed block by block.

    The derivative in a score is $g_{wc} = (n_{wc} + e_{wc})\,\sigma(s_{wc}) - n_{wc}$; therefore
    $\partial w = \sum_c g_{wc}\, c$ and $\partial c = \sum_w g_{wc}\, w$.
    """
    factors = problem.center_weight, jnp.asarray(problem.noise)
    parts = by_blocks(jax.jit(block_gradient), *params, problem.by_center, *factors)
    center, context = zip(*parts, strict=True)
    return EmbeddingParams(
        jnp.concatenate(center)[: len(params.center)], reduce(operator.add, context)
    )


def improve(
    params: EmbeddingParams,
    problem: Problem,
    own_curvature: bool = False,
    moments: Moments | None = None,
) -> tuple[EmbeddingParams, float]:
    """Make one pass, a step of every center and then of every context; also return the loss before.

    Rows of similar frequency share a curvature matrix. With `own_curvature`, each row has its own,
    which takes D times as long but converges to the optimum where the shared matrix slows down; it
    is meant for small tables in float64. `moments` returns the probabilities of scores and their
    variances, by default `logistic`; other functions serve to try other bounds.
    """
    weight, noise = problem.center_weight, problem.noise
    how = own_curvature, logistic if moments is None else moments
    center, context = _orthogonal(*params)
    center, before = _improve_rows(center, context, problem.by_center, weight, noise, *how, True)
    return improve_contexts(EmbeddingParams(center, context), problem, *how), before


def improve_contexts(
    params: EmbeddingParams,
    problem: Problem,
    own_curvature: bool = False,
    moments: Moments | None = None,
) -> EmbeddingParams:
    """Make the second half of a pass: one step of every context, given the centers."""
    how = own_curvature, logistic if moments is None else moments
    context, center = _orthogonal(params.context, params.center)
    factors = problem.noise, problem.center_weight
    context, _ = _improve_rows(context, center, problem.by_context, *factors, *how, False)
    return EmbeddingParams(center, context)


@jax.jit
def _orthogonal(
    table: Float[Array, "V D"], columns: Float[Array, "V D"]
) -> tuple[Float[Array, "V D"], Float[Array, "V D"]]:
    """Return tables with the same product, of which the second has orthonormal columns.

    The curvature of the rows then depends on their cells alone, not on the scale of the tables. A
    dimension in which both tables are zero gets a direction, without which it would never move.
    """
    q, r = jnp.linalg.qr(columns)
    return table @ r.T, q


def _total(parts: Sequence[Array]) -> float:
    return float(np.concatenate(parts).sum(dtype=np.float64))


@jax.jit
def _block_loss(
    rows: Float[Array, "R D"],
    columns: Float[Array, "V D"],
    counts: Float[Array, "R V"],
    weight: Float[Array, " R"],
    other: Float[Array, " V"],
) -> Float[Array, " R"]:
    def some(rows: Array, counts: Array, weight: Array) -> Array:
        return _losses(kept(rows @ columns.T), counts, counts + weight[:, None] * other[None, :])

    return scan(some, rows, counts, weight).ravel()


def block_gradient(
    rows: Float[Array, "R D"],
    columns: Float[Array, "V D"],
    counts: Float[Array, "R V"],
    weight: Float[Array, " R"],
    other: Float[Array, " V"],
) -> tuple[Float[Array, "R D"], Float[Array, "V D"]]:
    """Return the gradients of the loss of some rows, in these rows and in all columns.

    They are derived by hand (see `gradient`). `weight` and `other` are the factors of e. R is at
    most `ROWS`, or a multiple of it.
    """

    def some(columns_sum: Array, block: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        rows, counts, weight = block
        total = counts + weight[:, None] * other[None, :]
        g = kept(total * jax.nn.sigmoid(rows @ columns.T) - counts)
        return columns_sum + g.T @ rows, g @ columns

    of_columns, of_rows = jax.lax.scan(some, jnp.zeros_like(columns), split(rows, counts, weight))
    return of_rows.reshape(rows.shape), of_columns


def _improve_rows(
    table: Float[Array, "V D"],
    columns: Float[Array, "V D"],
    counts: sparse.csr_array,
    weight: Float[np.ndarray, " V"],
    other: Float[np.ndarray, " V"],
    own: bool,
    moments: Moments,
    measured: bool,
) -> tuple[Float[Array, "V D"], float]:
    """Move each row of `table` by one step, given the other table and both factors of e.

    Also return the loss before the step; it is zero unless it is to be `measured`.
    """
    every = max(CURVATURE_ROWS // max(blocks.BUFFER_CELLS // counts.shape[1], 1), 1)  # pyright: ignore
    number, inverse = itertools.count(), None

    def step(*block: Array) -> tuple[Array, Array]:
        nonlocal inverse
        if not own and next(number) % every == 0:
            inverse = _inverse_curvature(*block, moments)
        return _block_step(*block, inverse, moments, measured)

    moved = by_blocks(step, table, columns, counts, weight, jnp.asarray(other))
    rows, losses = zip(*moved, strict=True)
    return jnp.concatenate(rows)[: len(table)], _total(losses)


@partial(jax.jit, static_argnames="moments")
def _inverse_curvature(
    rows: Float[Array, "R D"],
    columns: Float[Array, "V D"],
    counts: Float[Array, "R V"],
    weight: Float[Array, " R"],
    other: Float[Array, " V"],
    moments: Moments,
) -> Float[Array, "D D"]:
    """Invert the average curvature of rows, in which all count alike, however frequent."""
    every = len(rows) // ROWS
    rows, counts, weight = rows[::every], counts[::every], weight[::every]
    _, variance = moments(kept(rows @ columns.T))
    q = kept((counts + weight[:, None] * other[None, :]) * variance)  # [ROWS, V]
    tiny = jnp.finfo(q.dtype).tiny
    mean = kept(q / jnp.maximum(row_sums(q), tiny)[:, None]).sum(0)  # [V]
    return jnp.linalg.inv(_curvature(mean, columns, JITTER))


def _curvature(
    q: Float[Array, " V"], columns: Float[Array, "V D"], jitter: float
) -> Float[Array, "D D"]:
    """Sum q c c^T over the columns, and add a little of the identity."""
    matrix = (q[:, None] * columns).T @ columns
    scale = jnp.trace(matrix) / len(matrix)
    # If all scores are saturated, the curvature vanishes and the identity alone is left.
    added = jnp.where(scale > jnp.finfo(q.dtype).tiny, jitter * scale, 1.0)
    return matrix + added * jnp.eye(len(matrix), dtype=q.dtype)


def _solve(curvature: Float[Array, "D D"], slope: Float[Array, " D"]) -> Float[Array, " D"]:
    return jax.scipy.linalg.solve(curvature, slope, assume_a="pos")


@partial(jax.jit, static_argnames=("moments", "measured"))
def _block_step(
    rows: Float[Array, "R D"],
    columns: Float[Array, "V D"],
    counts: Float[Array, "R V"],
    weight: Float[Array, " R"],
    other: Float[Array, " V"],
    inverse: Float[Array, "D D"] | None,
    moments: Moments,
    measured: bool,
) -> tuple[Float[Array, "R D"], Float[Array, " R"]]:
    tiny = jnp.finfo(rows.dtype).tiny

    def some(rows: Array, counts: Array, weight: Array) -> tuple[Array, Array]:
        scores = kept(rows @ columns.T)  # [ROWS, V]
        total = counts + weight[:, None] * other[None, :]
        p, variance = moments(scores)
        slope = kept(kept(total * p - counts) @ columns)  # [ROWS, D]
        if inverse is None:
            q = kept(total * variance)
            direction = -jax.lax.map(
                lambda row: _solve(_curvature(row[0], columns, OWN_JITTER), row[1]), (q, slope)
            )
        else:
            direction = -slope @ inverse
        direction /= jnp.maximum(jnp.abs(direction).max(1, keepdims=True), tiny)
        change = kept(direction @ columns.T)  # [ROWS, V]
        fall = -(slope * direction).sum(1)
        bend = jnp.maximum(row_sums(total * variance * change**2), tiny)
        reach = jnp.maximum(jnp.abs(change).max(1), tiny)
        length = jnp.minimum(jnp.log1p(reach * fall / bend), FARTHEST) / reach
        losses = _losses(scores, counts, total) if measured else jnp.zeros_like(weight)
        return rows + length[:, None] * direction, losses

    moved, losses = scan(some, rows, counts, weight)
    return moved.reshape(rows.shape), losses.ravel()


def logistic(scores: Float[Array, "..."]) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    r"""Return $\sigma(s)$ and $\sigma(s) \sigma(-s)$, both to full relative precision."""
    small = jnp.exp(-jnp.abs(scores))
    large = 1 / (1 + small)
    return jnp.where(scores > 0, large, small * large), small * large * large


def _losses(
    scores: Float[Array, "R V"], counts: Float[Array, "R V"], total: Float[Array, "R V"]
) -> Float[Array, " R"]:
    return row_sums(total * jax.nn.softplus(scores) - counts * scores)

r"""Skip-gram with negative sampling over counts: the objective of a whole text, without sampling.

With $n_{wc} = \#(w, c)$ and $e_{wc} = k\,\#(w)\,P(c)$, the expected number of times that c is drawn
as a negative of w, `sgns.expected_loss` is

$$\sum_{w, c} (n_{wc} + e_{wc}) \ln(1 + e^{s_{wc}}) - n_{wc} s_{wc}, \qquad s_{wc} = w \cdot c$$

The scores of some rows at a time are all that is ever dense; counts stay sparse, on the host. The
cost of a pass depends on V and D alone, not on the length of the text.

Given one table, the other one's rows are independent convex problems: logistic regressions with
weights. A pass improves all rows of both tables, one table after the other, by one step each:

- *Direction.* Row w has the curvature $\sum_c q_{wc}\, c c^\top$ with
  $q = (n + e)\,\sigma(s)\,\sigma(-s)$. Because e is of rank one, q nearly is: rows of similar
  frequency differ by a factor. They share one matrix, and its inverse gives their directions.
- *Length.* Along a direction that changes the scores by $\delta_c$ per unit, the slope
  $-\gamma = \sum_c g_{wc} \delta_c$ and the row's own curvature $h = \sum_c q_{wc} \delta_c^2$ are
  computed exactly. Third derivatives of the logistic loss are bounded by second ones, so that
  curvature grows at most like $e^{t \Delta}$, $\Delta = \max_c |\delta_c|$ (Bach 2010, "Self-
  concordant analysis for logistic regression", proposition 1), and

  $$\ell(t) \le \ell(0) - \gamma t + h\,(e^{t \Delta} - t \Delta - 1) / \Delta^2,$$

  which is smallest at $t = \ln(1 + \gamma \Delta / h) / \Delta$. Near the optimum this is Newton's
  step $\gamma / h$; far from it, it is shorter. No step can raise the objective, whatever the text.

The start matters for speed and for the vectors: `svd_start` is the truncated singular value
decomposition of the positive PMI, with one dimension for the shift by ln k. The objective depends
on the product of the tables alone; of all tables with the same product, `fit` returns those among
which `factorization.vectors` splits its singular values evenly.
"""

import itertools
import math
import operator
import time
from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key
from scipy import sparse

from jaxtext.base.checks import (
    check_at_least,
    check_counts,
    check_distribution,
    check_shape,
    check_square,
)
from jaxtext.base.types import EmbeddingParams
from jaxtext.models import factorization, pmi
from jaxtext.training import blocks
from jaxtext.training.blocks import ROWS, by_blocks, held, row_sums, scan, split

Counts = Any  # [V, V]: a matrix of scipy, or an array
CURVATURE_ROWS = 2048  # that share a curvature
JITTER = 1e-3  # of the mean curvature, added to all directions
OWN_JITTER = 1e-10  # the same, where each row has its own
FARTHEST = 30.0  # that a score moves in a step, where its curvature vanishes in floating point
START_STEPS = 2  # of subspace iteration: the passes that follow do the rest


class Problem(NamedTuple):
    """The objective: sparse counts by center, the same by context, and both factors of e."""

    by_center: Counts
    by_context: Counts
    center_weight: Float[np.ndarray, " V"]  # k #(w)
    noise: Float[np.ndarray, " V"]


class State(NamedTuple):
    """All that the rest of a training follows from, beside the objective."""

    params: EmbeddingParams
    done: int  # passes

    def parts(self) -> tuple[int, dict[str, np.ndarray], dict[str, Any]]:
        """Passes done, arrays, and nothing else."""
        return (
            self.done,
            dict(zip(self.params._fields, map(np.array, self.params), strict=True)),
            {},
        )


class Report(NamedTuple):
    """How training stands: passes done of all, and the loss of a pair."""

    done: float  # in [0, 1]
    seconds: float
    loss: float


def problem(
    counts: Counts, noise: Float[np.ndarray, " V"], negatives: int, dtype: Any = np.float32
) -> Problem:
    """Check and prepare the objective of `sgns.expected_loss` for the functions of this module.

    Raises `ValueError` for counts that are not square, negative or not finite, for words without
    any pair, for noise that is no distribution and for fewer than one negative.
    """
    _check(counts, noise, negatives)
    by_center: Counts = sparse.csr_array(counts)
    pairs = by_center.sum(axis=1).astype(np.float64)  # before rounding to `dtype`
    by_center = by_center.astype(dtype)
    by_context = sparse.csr_array(by_center.T)
    return Problem(by_center, by_context, (negatives * pairs).astype(dtype), noise.astype(dtype))


def _check(counts: Counts, noise: Float[np.ndarray, " V"], negatives: int) -> None:
    check_square("counts", counts)
    check_counts(counts)
    check_shape("noise", noise, (counts.shape[0],))
    check_distribution("noise", noise)
    check_at_least("negatives", negatives, 1)


def loss(params: EmbeddingParams, problem: Problem) -> float:
    """The objective, summed over all pairs, in the precision of `params`, by blocks of rows."""
    factors = problem.center_weight, jnp.asarray(problem.noise)
    return _total(by_blocks(_block_loss, *params, problem.by_center, *factors))


def gradient(params: EmbeddingParams, problem: Problem) -> EmbeddingParams:
    r"""Gradient of `loss` by hand, block by block.

    With $g_{wc} = (n_{wc} + e_{wc})\,\sigma(s_{wc}) - n_{wc}$, the derivative in the score, it is
    $\partial w = \sum_c g_{wc}\, c$ and $\partial c = \sum_w g_{wc}\, w$.
    """
    factors = problem.center_weight, jnp.asarray(problem.noise)
    parts = by_blocks(jax.jit(block_gradient), *params, problem.by_center, *factors)
    center, context = zip(*parts, strict=True)
    return EmbeddingParams(
        jnp.concatenate(center)[: len(params.center)], reduce(operator.add, context)
    )


def improve(
    params: EmbeddingParams, problem: Problem, own_curvature: bool = False
) -> tuple[EmbeddingParams, float]:
    """One pass: a step of every center, then of every context; and the loss before the pass.

    With `own_curvature` each row has a matrix of its own. That takes D times as long, and goes all
    the way to the optimum where the shared one slows down: for small tables, in float64.
    """
    weight, noise, own = problem.center_weight, problem.noise, own_curvature
    center, context = _orthogonal(*params)
    center, before = _improve_rows(center, context, problem.by_center, weight, noise, own, True)
    context, center = _orthogonal(context, center)
    context, _ = _improve_rows(context, center, problem.by_context, noise, weight, own, False)
    return EmbeddingParams(center, context), before


@jax.jit
def _orthogonal(
    table: Float[Array, "V D"], columns: Float[Array, "V D"]
) -> tuple[Float[Array, "V D"], Float[Array, "V D"]]:
    """Tables with the same product, of which the second has orthonormal columns.

    The curvature of the rows is then that of their cells, whatever the tables look like; and a
    dimension in which both are zero is given a direction, without which it would never move.
    """
    q, r = jnp.linalg.qr(columns)
    return table @ r.T, q


def fit(
    counts: Counts,
    noise: Float[np.ndarray, " V"],
    negatives: int,
    dim: int,
    passes: int = 3,
    start: EmbeddingParams | None = None,
    own_curvature: bool = False,
    on_report: Callable[[Report], None] = lambda report: None,
    on_state: Callable[[State], None] = lambda state: None,
    done: int = 0,
) -> EmbeddingParams:
    """Minimise `sgns.expected_loss`; tables [V, D], from `start` or else from `svd_start`.

    Raises `ValueError` as `problem` does, and for more dimensions than words. Works in the
    precision of `start`, else in float32. `own_curvature` is that of `improve`. `on_report` is
    told the loss before the first pass and after each, `on_state` the state after each. Training
    that goes on from such a state, with its tables as `start` and `done` of the `passes` behind it,
    ends with the same bits.
    """
    _check(counts, noise, negatives)
    check_at_least("dim", dim, 1)
    check_at_least("passes", passes, 0)
    if dim > counts.shape[0]:
        raise ValueError(f"dim: found {dim}, scores of {counts.shape[0]} words have no such rank")
    begin = time.perf_counter()
    params = svd_start(counts, negatives, dim) if start is None else start
    objective = problem(counts, noise, negatives, params.center.dtype)
    pairs = float(counts.sum())

    def report(done: int, total: float) -> None:
        on_report(Report(done / max(passes, 1), time.perf_counter() - begin, total / pairs))

    for number in range(done, passes):
        params, before = improve(params, objective, own_curvature)
        report(number, before)
        on_state(State(params, number + 1))
    report(passes, loss(params, objective))
    halves = factorization.vectors(factorization.product_svd(params))
    return EmbeddingParams(*(table.astype(params.center.dtype) for table in halves))


def random_start(key: Key[Array, ""], vocab_size: int, dim: int) -> EmbeddingParams:
    """Both tables normal with variance 1/D: scores have a standard deviation below one."""
    keys = jax.random.split(key)
    scale = 1 / math.sqrt(dim)
    tables = [scale * jax.random.normal(each, (vocab_size, dim), jnp.float32) for each in keys]
    return EmbeddingParams(*tables)


def svd_start(counts: Counts, negatives: int, dim: int) -> EmbeddingParams:
    """Tables whose scores approximate the positive PMI, minus ln k.

    The last dimension is given to ln k, unless it is the only one.
    """
    matrix = pmi.positive(pmi.pmi(sparse.csr_array(counts))).astype(np.float32)
    svd = factorization.truncated_svd(matrix, dim, full_rank=False, steps=START_STEPS)
    center, context = (table.astype(jnp.float32) for table in factorization.vectors(svd, 0.5))
    if dim > 1:
        center = center.at[:, -1].set(-math.log(negatives))
        context = context.at[:, -1].set(1.0)
    return EmbeddingParams(center, context)


# Blocks -----------------------------------------------------------------------------------------


def _total(parts: Sequence[Array]) -> float:
    return float(np.concatenate(parts).sum(dtype=np.float64))


@jax.jit
def _block_loss(rows: Array, columns: Array, counts: Array, weight: Array, other: Array) -> Array:
    def some(rows: Array, counts: Array, weight: Array) -> Array:
        return _losses(held(rows @ columns.T), counts, counts + weight[:, None] * other[None, :])

    return scan(some, rows, counts, weight).ravel()


def block_gradient(
    rows: Float[Array, "R D"],
    columns: Float[Array, "V D"],
    counts: Float[Array, "R V"],
    weight: Float[Array, " R"],
    other: Float[Array, " V"],
) -> tuple[Float[Array, "R D"], Float[Array, "V D"]]:
    """Gradients of the cells of some rows in these rows and in all columns, by hand.

    `weight` and `other` are the factors of e. R is at most `ROWS`, or a multiple of it.
    """

    def some(columns_sum: Array, block: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        rows, counts, weight = block
        total = counts + weight[:, None] * other[None, :]
        g = held(total * jax.nn.sigmoid(rows @ columns.T) - counts)
        return columns_sum + g.T @ rows, g @ columns

    of_columns, of_rows = jax.lax.scan(some, jnp.zeros_like(columns), split(rows, counts, weight))
    return of_rows.reshape(rows.shape), of_columns


# A step of every row ----------------------------------------------------------------------------


def _improve_rows(
    table: Float[Array, "V D"],
    columns: Float[Array, "V D"],
    counts: Counts,
    weight: Float[np.ndarray, " V"],
    other: Float[np.ndarray, " V"],
    own: bool,
    measured: bool,
) -> tuple[Float[Array, "V D"], float]:
    """One step of each row of `table`, given the other table and both factors of e.

    Also the loss before the step, if it is to be `measured`.
    """
    every = max(CURVATURE_ROWS // max(blocks.BUFFER_CELLS // counts.shape[1], 1), 1)
    number, inverse = itertools.count(), None

    def step(*block: Array) -> tuple[Array, Array]:
        nonlocal inverse
        if not own and next(number) % every == 0:
            inverse = _inverse_curvature(*block)
        return _block_step(*block, inverse, measured)

    found = by_blocks(step, table, columns, counts, weight, jnp.asarray(other))
    rows, losses = zip(*found, strict=True)
    return jnp.concatenate(rows)[: len(table)], _total(losses)


@jax.jit
def _inverse_curvature(
    rows: Array, columns: Array, counts: Array, weight: Array, other: Array
) -> Float[Array, "D D"]:
    """Of the curvature that rows have on average; each counts alike, however frequent."""
    every = len(rows) // ROWS
    rows, counts, weight = rows[::every], counts[::every], weight[::every]
    _, variance = _sigmoid(held(rows @ columns.T))
    q = held((counts + weight[:, None] * other[None, :]) * variance)  # [ROWS, V]
    tiny = jnp.finfo(q.dtype).tiny
    mean = held(q / jnp.maximum(row_sums(q), tiny)[:, None]).sum(0)  # [V]
    return jnp.linalg.inv(_curvature(mean, columns, JITTER))


def _curvature(q: Float[Array, " V"], columns: Float[Array, "V D"], jitter: float) -> Array:
    """Sum of q c c^T over the columns, and a little of the identity."""
    found = (q[:, None] * columns).T @ columns
    scale = jnp.trace(found) / len(found)
    added = jnp.where(scale > jnp.finfo(q.dtype).tiny, jitter * scale, 1.0)  # else all saturated
    return found + added * jnp.eye(len(found), dtype=q.dtype)


def _solve(curvature: Float[Array, "D D"], slope: Float[Array, " D"]) -> Float[Array, " D"]:
    return jax.scipy.linalg.solve(curvature, slope, assume_a="pos")


@partial(jax.jit, static_argnames="measured")
def _block_step(
    rows: Array,
    columns: Array,
    counts: Array,
    weight: Array,
    other: Array,
    inverse: Float[Array, "D D"] | None,
    measured: bool,
) -> tuple[Array, Array]:
    tiny = jnp.finfo(rows.dtype).tiny

    def some(rows: Array, counts: Array, weight: Array) -> tuple[Array, Array]:
        scores = held(rows @ columns.T)  # [ROWS, V]
        total = counts + weight[:, None] * other[None, :]
        p, variance = _sigmoid(scores)
        slope = held(held(total * p - counts) @ columns)  # [ROWS, D]
        if inverse is None:
            q = held(total * variance)
            direction = -jax.lax.map(
                lambda row: _solve(_curvature(row[0], columns, OWN_JITTER), row[1]), (q, slope)
            )
        else:
            direction = -slope @ inverse
        direction /= jnp.maximum(jnp.abs(direction).max(1, keepdims=True), tiny)
        change = held(direction @ columns.T)  # [ROWS, V]
        fall = -(slope * direction).sum(1)
        bend = jnp.maximum(row_sums(total * variance * change**2), tiny)
        reach = jnp.maximum(jnp.abs(change).max(1), tiny)
        length = jnp.minimum(jnp.log1p(reach * fall / bend), FARTHEST) / reach
        losses = _losses(scores, counts, total) if measured else jnp.zeros_like(weight)
        return rows + length[:, None] * direction, losses

    moved, losses = scan(some, rows, counts, weight)
    return moved.reshape(rows.shape), losses.ravel()


def _sigmoid(scores: Array) -> tuple[Array, Array]:
    r"""$\sigma(s)$ and $\sigma(s) \sigma(-s)$, both to full relative precision."""
    small = jnp.exp(-jnp.abs(scores))
    large = 1 / (1 + small)
    return jnp.where(scores > 0, large, small * large), small * large * large


def _losses(scores: Array, counts: Array, total: Array) -> Float[Array, " R"]:
    return row_sums(total * jax.nn.softplus(scores) - counts * scores)

r"""Centers for contexts that are held fixed: one convex problem for each row, and its sandwich.

Given the context vectors, the center of a word minimises
$\sum_c n_{wc} \ln(1 + e^{-w \cdot c}) + e_{wc} \ln(1 + e^{w \cdot c})$ with
$e_{wc} = k\,\#(w)\,P(c)$, which is strictly convex if P is positive and the contexts span all
dimensions. The result depends on no seed, no start and no other center. Rows of different texts
with the same contexts are coordinates in the same space, without any rotation.

A word with few different contexts may have no minimum: where some direction leaves the scores of
all its contexts as they are and lowers those of all others, the loss falls forever. Its row ends
far out, where the precision of the numbers does, and nothing is said of how it varies.

A text is a sample of documents, whose contributions to the slope are $g_d$, with $\sum_d g_d = 0$
at the minimum, where the curvature is H. A document that is drawn twice moves the row by about
$-H^{-1} g_d$, its *influence*. Over all documents, the sum of the influences' outer products is the
sandwich covariance $H^{-1} (\sum_d g_d g_d^\top) H^{-1}$ (Huber 1967): what the row would vary by
if other documents of the same kind had been collected, with these contexts.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy import sparse

from jaxtext.base.team import Rows
from jaxtext.models.cells import LOGISTIC
from jaxtext.training.accelerators import full_precision
from jaxtext.training.counts import newton
from jaxtext.training.counts.halves import Half

SHARED, OWN = 30, 60  # steps with a curvature shared by similar rows, and with that of each row
CLOSE = 1e-3  # in scores


class Fixed(NamedTuple):
    """What is held fixed: the contexts, the noise distribution over them, and k."""

    context: Float[np.ndarray, "V D"]
    noise: Float[np.ndarray, " V"]
    negatives: int


@full_precision()
def centers(
    fixed: Fixed,
    counts: sparse.csr_array,
    start: Float[np.ndarray, "R D"] | None = None,
    close: float = CLOSE,
) -> Float[np.ndarray, "R D"]:
    """Return the best center for each row of counts [R, V], in the precision of the contexts.

    Steps are made until none moves a score by more than `close`, or can be computed. A row without
    a pair, about which the counts say nothing, stays at its start, by default zero. If the contexts
    do not span all dimensions, rows are the shortest of the best.
    """
    with jax.enable_x64(fixed.context.dtype == np.float64):
        return _centers(fixed, counts, start, close)


def _centers(
    fixed: Fixed,
    counts: sparse.csr_array,
    start: Float[np.ndarray, "R D"] | None,
    close: float,
) -> Float[np.ndarray, "R D"]:
    context, noise, negatives = fixed
    dtype = context.dtype
    left, values, right = np.linalg.svd(np.asarray(context, np.float64), full_matrices=False)
    real = values > values.max() * max(context.shape) * np.finfo(dtype).eps
    basis = jnp.asarray(left[:, real], dtype)  # in which the curvature depends on the cells alone
    values, right = values[real], right[real]
    pairs = np.asarray(counts.sum(axis=1), np.float64)
    begun = (
        np.zeros((len(pairs), context.shape[1])) if start is None else np.array(start, np.float64)
    )
    found = (begun @ right.T * values).astype(dtype)
    todo = np.argsort(-pairs, kind="stable")  # rows of similar frequency share a curvature
    todo = todo[pairs[todo] > 0]
    for number in range(SHARED + OWN):
        if not todo.size:
            break
        half = _half(counts[todo], negatives * pairs[todo], noise, dtype)
        table = jnp.asarray(found[todo]), None
        step = newton.steps(table, basis, half, None, LOGISTIC, number >= SHARED, False)
        length = newton.step_length(step.fall, step.bend, step.reach, LOGISTIC.growth)
        moved = np.asarray(step.rows + length[:, None] * step.direction)
        finite = np.isfinite(moved).all(axis=1)
        found[todo[finite]] = moved[finite]
        todo = todo[finite & (np.asarray(length * step.reach) > close)]
    seen = pairs > 0
    begun[seen] = (found[seen] / values).astype(np.float64) @ right
    return begun.astype(dtype)


def influences(
    fixed: Fixed, counts: sparse.csr_array, center: Float[np.ndarray, " D"]
) -> Float[np.ndarray, "N D"]:
    """Return how far each document moves the best center of a word, which `center` is.

    `counts` [N, V] are the word's contexts in each document. The product of the result's transpose
    with it is the sandwich covariance. In float64; NaN if the loss does not bend in all directions.
    """
    g, curvature = slopes(fixed, counts, center)
    root = inverse_root(curvature)
    return -(g @ root) @ root.T if root.shape[1] == len(center) else np.full_like(g, np.nan)


def inverse_root(curvature: Float[np.ndarray, "D D"]) -> Float[np.ndarray, "D r"]:
    """Return R for which R R^T is the inverse of a curvature in the r directions that bend."""
    values, vectors = np.linalg.eigh(curvature)
    bends = values > np.finfo(np.float32).eps * values.max()  # the precision of centers
    return vectors[:, bends] / np.sqrt(values[bends])


def slopes(
    fixed: Fixed, counts: sparse.csr_array, center: Float[np.ndarray, " D"]
) -> tuple[Float[np.ndarray, "N D"], Float[np.ndarray, "D D"]]:
    """Return the slope of the loss of each document in the center, and the curvature of them all.

    `counts` are as in `influences`. In float64.
    """
    context, noise = (np.asarray(each, np.float64) for each in fixed[:2])
    scores = context @ np.asarray(center, np.float64)
    p = 1 / (1 + np.exp(-scores))
    weight = fixed.negatives * np.asarray(counts.sum(axis=1), np.float64)  # of e, by document
    of_contexts = np.asarray(counts.sum(axis=0), np.float64)
    observed = counts @ ((p - 1)[:, None] * context)
    g = observed + weight[:, None] * ((noise * p) @ context)[None, :]
    q = (of_contexts + weight.sum() * noise) * p * (1 - p)
    return np.asarray(g), (q[:, None] * context).T @ context


def _half(counts: sparse.csr_array, weight: np.ndarray, noise: np.ndarray, dtype: Any) -> Half:
    size = counts.shape[0]  # pyright: ignore
    factors = weight.astype(dtype), noise.astype(dtype)
    return Half(sparse.csr_array(counts, dtype=dtype), *factors, None, None, Rows.all(size))

"""Small counts that differ from their transpose, and optima found without any formula."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import sgns
from jaxtext.training import stream
from jaxtext.verification import references
from jaxtext.verification.oracles import compiled

V, D = 4, 2
# How often each (center, context) occurs: no symmetry, every pair occurs, unequal marginals.
COUNTS = np.array(
    [
        [3.0, 8.0, 2.0, 6.0],
        [1.0, 4.0, 17.0, 2.0],
        [7.0, 1.0, 3.0, 9.0],
        [2.0, 13.0, 7.0, 1.0],
    ]
)
PAIRS = float(COUNTS.sum())
DATA = np.array([[n / sum(row) for n in row] for row in COUNTS.tolist()])  # p(c | w)
UNIGRAM = np.array([sum(column) / PAIRS for column in COUNTS.T.tolist()])
SMOOTHED = np.array([p**0.75 / sum(q**0.75 for q in UNIGRAM) for p in UNIGRAM])
UNIFORM = np.full(V, 1 / V)
HALVINGS, FARTHEST = 60, 20.0

# Compiled once for all claims that use them. The models are looked up when these are traced.
score_value_and_slope = compiled(
    jax.value_and_grad(lambda s, n, p, k: sgns.score_loss(s, n, p, k)), static_argnums=3
)
table_value_and_slope = compiled(
    jax.value_and_grad(lambda t, n, p, k: sgns.expected_loss(t, n, p, k)), static_argnums=3
)
stream_loss = compiled(lambda t, b, k: stream.block_loss(t, b, k), static_argnums=2)


def loss_of(scores: np.ndarray, noise: np.ndarray, k: int, counts: np.ndarray = COUNTS) -> float:
    """Return the package's objective per pair at some scores."""
    value, _ = score_value_and_slope(jnp.asarray(scores), counts, noise, k)
    return float(value) / float(counts.sum())


def slope_of(
    scores: np.ndarray, noise: np.ndarray, k: int, counts: np.ndarray = COUNTS
) -> Float[np.ndarray, "V V"]:
    """Return the derivative of the package's objective in each score, by autodiff."""
    return np.asarray(score_value_and_slope(jnp.asarray(scores), counts, noise, k)[1])


def found_optimum(
    slope: Callable[[np.ndarray], np.ndarray | float], shape: tuple[int, ...] = (V, V)
) -> Float[np.ndarray, "..."]:
    """Return where each entry of an increasing slope is zero, by halving an interval."""
    low, high = np.full(shape, -FARTHEST), np.full(shape, FARTHEST)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        rising = slope(middle) > 0
        low, high = np.where(rising, low, middle), np.where(rising, middle, high)
    return np.asarray((low + high) / 2)


def variant_optimum(noise: np.ndarray, k: int, equal: str) -> Float[np.ndarray, "V V"]:
    """Return the numerical optimum of each score, from slopes that are added up pair by pair."""
    return found_optimum(lambda s: references.variant_gradient(s, COUNTS, noise.tolist(), k, equal))


def tables(seed: int, dim: int = D) -> EmbeddingParams:
    """Return normally distributed vectors of four words."""
    center, context = np.random.default_rng(seed).normal(size=(2, V, dim))
    return EmbeddingParams(jnp.asarray(center), jnp.asarray(context))


def block(negatives: references.Ids) -> stream.Block:
    """Return four tokens of a stream with a halo of two on either side, and windows of 0 to 2."""
    parts = ([0, 1, 1, 3, 0, 2, 3, 1], [2, 0, 1, 2], [1, 2, 0, 2], negatives)
    return stream.Block(*(jnp.asarray(np.array(part, np.int32)) for part in parts))


def flat(params: EmbeddingParams) -> Float[np.ndarray, " n"]:
    """Return the numbers of both tables in one row, centers first."""
    return np.concatenate([np.ravel(table) for table in params])


def unflat(numbers: Float[np.ndarray, " n"]) -> EmbeddingParams:
    """Return the tables of four words that `flat` has put in a row."""
    center, context = np.asarray(numbers, np.float64).reshape(2, V, -1)
    return EmbeddingParams(jnp.asarray(center), jnp.asarray(context))


@partial(compiled, static_argnums=3)
def table_hessian(numbers: jax.Array, counts: jax.Array, noise: jax.Array, k: int) -> jax.Array:
    """Return the second derivatives of the package's objective in all numbers of both tables."""

    def loss(row: jax.Array) -> jax.Array:
        center, context = row.reshape(2, V, -1)
        return sgns.expected_loss(EmbeddingParams(center, context), counts, noise, k)

    return jax.hessian(loss)(numbers)

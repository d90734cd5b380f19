r"""Skip-gram with negative sampling (Mikolov et al. 2013, "Distributed representations", eq. 4).

Each word has a center and a context vector. A pair (w, c) seen in the text should score high, and
pairs (w, n) with words drawn from a noise distribution should score low:

$$\ell = -\log\sigma(w \cdot c) - \sum_{i=1}^{K} \log\sigma(-w \cdot n_i)$$

The negatives of a pair are summed, not averaged: with the mean, the optimum of $w \cdot c$ would
be the PMI instead of PMI - ln K.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from jaxtext.types import EmbeddingParams


def init(key: Key[Array, ""], vocab_size: int, dim: int) -> EmbeddingParams:
    """Center vectors uniform in +-1/(2D), context vectors zero, as word2vec begins.

    >>> params = init(jax.random.key(0), vocab_size=4, dim=10)
    >>> params.center.shape, float(jnp.abs(params.center).max()) <= 0.05
    ((4, 10), True)
    """
    center = jax.random.uniform(key, (vocab_size, dim), minval=-0.5 / dim, maxval=0.5 / dim)
    return EmbeddingParams(center, jnp.zeros_like(center))


def score(
    params: EmbeddingParams, center: Int[Array, ""], context: Int[Array, ""]
) -> Float[Array, ""]:
    """The logit w.c of a pair."""
    return params.center[center] @ params.context[context]


def pair_loss(
    params: EmbeddingParams,
    center: Int[Array, ""],
    context: Int[Array, ""],
    negatives: Int[Array, " K"],
    weight: float = 1.0,
) -> Float[Array, ""]:
    r"""Loss of one (center, context) pair with its negatives, which are summed.

    `weight` multiplies each negative's term. It is 1 in the objective; a trainer that draws K
    negatives to stand for k of them uses k/K, which leaves the expectation what it is.

    Zero context vectors give $(1 + K) \ln 2$:

    >>> params = EmbeddingParams(jnp.ones((4, 3)), jnp.zeros((4, 3)))
    >>> loss = pair_loss(params, jnp.array(0), jnp.array(1), jnp.array([2, 3]))
    >>> print(f"{loss:.4f}")
    2.0794
    """
    w = params.center[center]  # [D]
    c = params.context[context]  # [D]
    n = params.context[negatives]  # [K, D]
    return -jax.nn.log_sigmoid(w @ c) - weight * jnp.sum(jax.nn.log_sigmoid(-(n @ w)))


def batch_loss(
    params: EmbeddingParams,
    centers: Int[Array, " B"],
    contexts: Int[Array, " B"],
    negatives: Int[Array, "B K"],
) -> Float[Array, ""]:
    """Mean of `pair_loss` over the batch."""
    losses = jax.vmap(pair_loss, in_axes=(None, 0, 0, 0))
    return jnp.mean(losses(params, centers, contexts, negatives))  # [B] -> []

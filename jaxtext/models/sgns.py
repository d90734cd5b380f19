r"""Skip-gram with negative sampling (Mikolov et al. 2013, "Distributed representations", eq. 4).

Each word has a center and a context vector. A pair (w, c) seen in the text should score high, and
pairs (w, n) with words drawn from a noise distribution should score low:

$$\ell = -\log\sigma(w \cdot c) - \sum_{i=1}^{K} \log\sigma(-w \cdot n_i)$$

The negatives of a pair are summed, not averaged: with the mean, the optimum of $w \cdot c$ would
be the PMI instead of PMI - ln K.

Drawing the negatives from P and adding up over a text whose pairs are counted in #(w, c) gives in
expectation an objective without any sampling (Levy and Goldberg 2014, eq. 4), `expected_loss`:

$$\ell = -\sum_{w, c} \Big[ \#(w, c) \ln\sigma(w \cdot c)
         + k\,\#(w)\,P(c) \ln\sigma(-w \cdot c) \Big], \qquad \#(w) = \sum_c \#(w, c)$$

Functions of one pair do not check its ids, since JAX traces them; `batch_loss` does.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int, Key, Num

from jaxtext.base.checks import (
    check_at_least,
    check_distribution,
    check_ids,
    check_nonnegative,
    check_shape,
)
from jaxtext.base.types import EmbeddingParams


def init(key: Key[Array, ""], vocab_size: int, dim: int) -> EmbeddingParams:
    """Draw center vectors uniformly from +-1/(2D) and set context vectors to zero, as in word2vec.

    Raises `ValueError` for fewer than one word or dimension.

    >>> params = init(jax.random.key(0), vocab_size=4, dim=10)
    >>> params.center.shape, float(jnp.abs(params.center).max()) <= 0.05
    ((4, 10), True)
    """
    check_at_least("vocab_size", vocab_size, 1)
    check_at_least("dim", dim, 1)
    center = jax.random.uniform(key, (vocab_size, dim), minval=-0.5 / dim, maxval=0.5 / dim)
    return EmbeddingParams(center, jnp.zeros_like(center))


def score(
    params: EmbeddingParams, center: Int[ArrayLike, ""], context: Int[ArrayLike, ""]
) -> Float[Array, ""]:
    """Return the logit w.c of a pair."""
    return params.center[center] @ params.context[context]


def pair_loss(
    params: EmbeddingParams,
    center: Int[ArrayLike, ""],
    context: Int[ArrayLike, ""],
    negatives: Int[ArrayLike, " K"],
    weight: float = 1.0,
) -> Float[Array, ""]:
    r"""Return the loss of one (center, context) pair, summed over its negatives.

    `weight` multiplies each negative's term. It is 1 in the objective; a trainer that draws K
    negatives to stand for k of them uses k/K, which leaves the expectation unchanged.

    Zero context vectors give $(1 + K) \ln 2$:

    >>> params = EmbeddingParams(jnp.ones((4, 3)), jnp.zeros((4, 3)))
    >>> loss = pair_loss(params, jnp.array(0), jnp.array(1), jnp.array([2, 3]))
    >>> print(f"{loss:.4f}")
    2.0794
    """
    w = params.center[center]  # [D]
    c = params.context[context]  # [D]
    n = params.context[jnp.asarray(negatives)]  # [K, D]
    return -jax.nn.log_sigmoid(w @ c) - weight * jnp.sum(jax.nn.log_sigmoid(-(n @ w)))


def expected_pair_loss(
    params: EmbeddingParams,
    center: Int[ArrayLike, ""],
    context: Int[ArrayLike, ""],
    noise: Float[ArrayLike, " V"],
    negatives: int,
) -> Float[Array, ""]:
    r"""Return the expectation of `pair_loss` over its negatives, as a sum over the vocabulary.

    $$-\ln\sigma(w \cdot c) - k \sum_{v \in V} P(v) \ln\sigma(-w \cdot c_v)$$

    with `negatives` the number k and `noise` the distribution P (sheet: matrix factorization, a,
    where the second sigma is missing). Raises `ValueError` for noise that is no distribution over
    the words and for fewer than one negative.

    >>> params = EmbeddingParams(jnp.ones((2, 3)), jnp.zeros((2, 3)))
    >>> print(f"{expected_pair_loss(params, 0, 1, jnp.array([0.3, 0.7]), 2):.4f}")  # 3 ln 2
    2.0794
    """
    _check_expectation(noise, negatives, len(params.context))
    positive = jax.nn.log_sigmoid(score(params, center, context))
    scores = params.context @ params.center[center]  # [V]
    return -positive - negatives * (jnp.asarray(noise, scores.dtype) @ jax.nn.log_sigmoid(-scores))


def batch_loss(
    params: EmbeddingParams,
    centers: Int[ArrayLike, " B"],
    contexts: Int[ArrayLike, " B"],
    negatives: Int[ArrayLike, "B K"],
) -> Float[Array, ""]:
    """Return the mean of `pair_loss` over the batch.

    Raises `ValueError` for an id that is not in the vocabulary.
    """
    check_ids("centers", centers, len(params.center))
    check_ids("contexts", contexts, len(params.context))
    check_ids("negatives", negatives, len(params.context))
    losses = jax.vmap(pair_loss, in_axes=(None, 0, 0, 0))
    centers, contexts, negatives = map(jnp.asarray, (centers, contexts, negatives))
    return jnp.mean(losses(params, centers, contexts, negatives))  # [B] -> []


def expected_loss(
    params: EmbeddingParams,
    counts: Num[ArrayLike, "V V"],
    noise: Float[ArrayLike, " V"],
    negatives: int,
) -> Float[Array, ""]:
    """Return the objective of a whole corpus: `expected_pair_loss` summed over all its pairs.

    `counts` says how often each (center, context) occurs. Raises `ValueError` for negative
    counts, for noise that is no distribution and for fewer than one negative.
    """
    return score_loss(params.center @ params.context.T, counts, noise, negatives)


def score_loss(
    scores: Float[Array, "V V"],
    counts: Num[ArrayLike, "V V"],
    noise: Float[ArrayLike, " V"],
    negatives: int,
) -> Float[Array, ""]:
    """Return `expected_loss` as a function of the scores w.c, the only quantity it depends on.

    Zero scores give ln 2 for each pair and each of its negatives:

    >>> loss = score_loss(jnp.zeros((2, 2)), jnp.ones((2, 2)), jnp.array([0.5, 0.5]), 3)
    >>> print(f"{loss / jnp.log(2):.4f}")
    16.0000
    """
    check_shape("counts", counts, scores.shape)
    check_nonnegative("counts", counts)
    _check_expectation(noise, negatives, scores.shape[1])
    seen = jnp.asarray(counts, scores.dtype)  # [V, V]
    drawn = negatives * jnp.outer(seen.sum(1), jnp.asarray(noise, scores.dtype))
    return -jnp.sum(seen * jax.nn.log_sigmoid(scores) + drawn * jax.nn.log_sigmoid(-scores))


def _check_expectation(noise: Float[ArrayLike, " V"], negatives: int, vocab_size: int) -> None:
    check_shape("noise", noise, (vocab_size,))
    check_distribution("noise", noise)
    check_at_least("negatives", negatives, 1)

"""What skip-gram training draws: the tokens that stay, and the words that serve as negatives.

Probabilities are plain arrays made from the counts of the vocabulary. Every draw takes a key.
"""

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, Num, UInt


def keep_probability(counts: Int[np.ndarray, " V"], threshold: float) -> Float[np.ndarray, " V"]:
    r"""Return the probability that a token of each word survives subsampling.

    $$\min(1, \sqrt{t / f} + t / f)$$

    Here $f$ is the word's share of all tokens and $t$ the threshold; $t = 0$ keeps all tokens.
    This is the rule of the word2vec program. The paper (Mikolov et al. 2013, section 2.3) has
    $\sqrt{t / f}$ alone.

    >>> keep_probability(np.array([99, 1]), threshold=0.01).round(4).tolist()
    [0.1106, 1.0]
    """
    if threshold == 0:
        return np.ones(len(counts))
    ratio = threshold * counts.sum() / counts
    return np.minimum(1.0, np.sqrt(ratio) + ratio)


def noise_distribution(counts: Num[np.ndarray, " V"], exponent: float) -> Float[np.ndarray, " V"]:
    """Return the probability of each word as a negative: counts to a power, normalised.

    Exponent 1 gives the unigram distribution and 0 the uniform one; word2vec uses 0.75 (Mikolov et
    al. 2013, section 2.2).

    Raises `ValueError` for a negative count, and when all counts are zero.

    >>> noise_distribution(np.array([16, 1]), exponent=0.5).tolist()
    [0.8, 0.2]
    """
    if np.min(counts) < 0 or np.max(counts) == 0:
        raise ValueError(
            f"counts: found {np.min(counts)} to {np.max(counts)}, none may be negative and one "
            "must be positive"
        )
    # Divided by the largest before the power, so that no exponent overflows.
    weights = (counts / counts.max()) ** exponent
    return weights / weights.sum()


def noise_cdf(noise: Float[np.ndarray, " V"]) -> UInt[np.ndarray, " V"]:
    """Return the cumulative distribution function of `noise` in units of 2^-32.

    Whole numbers keep the rarest words of a large vocabulary. In float32, numbers near one are
    6e-8 apart, so that a word of probability 1e-8 would never be drawn.

    >>> noise_cdf(np.array([0.5, 0.5])).tolist()
    [2147483648, 4294967295]
    """
    cumulative = np.cumsum(noise)
    scaled = cumulative / cumulative[-1] * 2.0**32
    return np.minimum(scaled, 2.0**32 - 1).astype(np.uint32)


def sample_negatives(
    key: Key[Array, ""], cdf: UInt[Array | np.ndarray, " V"], shape: tuple[int, ...]
) -> Int[Array, "..."]:
    """Sample word ids of the given shape by inversion of `cdf`, as returned by `noise_cdf`.

    >>> cdf = noise_cdf(np.array([0.0, 1.0, 0.0]))
    >>> sample_negatives(jax.random.key(0), cdf, (2, 2)).tolist()
    [[1, 1], [1, 1]]
    """
    bits = jax.random.bits(key, shape, jnp.uint32)
    drawn = jnp.searchsorted(jnp.asarray(cdf), bits, side="right")
    # The last bound stands for 2^32, which does not fit into 32 bits: ids after the first word that
    # reaches it have probability zero.
    last = jnp.searchsorted(jnp.asarray(cdf), jnp.uint32(2**32 - 1))
    return jnp.minimum(drawn, last).astype(jnp.int32)


def pair_batches(
    key: Key[Array, ""],
    pairs: Int[np.ndarray, "N 2"],
    cdf: UInt[np.ndarray, " V"],
    *,
    batch_size: int,
    negatives: int,
    epochs: int,
) -> Iterator[tuple[Int[Array, " B"], Int[Array, " B"], Int[Array, "B K"]]]:
    """Yield shuffled batches (centers, contexts, negatives) of one shape for `sgns.batch_loss`.

    Pairs that do not fill a batch at the end of an epoch are dropped. If there are fewer than
    `batch_size` pairs, each batch contains all of them.
    """
    batch_size = min(batch_size, len(pairs))
    steps = len(pairs) // batch_size
    for epoch in range(epochs):
        shuffle_key, noise_key = jax.random.split(jax.random.fold_in(key, epoch))
        order = np.asarray(jax.random.permutation(shuffle_key, len(pairs)))
        for step in range(steps):
            rows = pairs[order[step * batch_size : (step + 1) * batch_size]]
            drawn = sample_negatives(
                jax.random.fold_in(noise_key, step), cdf, (batch_size, negatives)
            )
            yield jnp.asarray(rows[:, 0]), jnp.asarray(rows[:, 1]), drawn

"""Token ids -> the objective that a method minimises: counts of pairs and the noise."""

from functools import partial

import jax
import numpy as np
from jaxtyping import Array, Int, Key

from jaxtext import text
from jaxtext.base.errors import InputError
from jaxtext.base.types import Counts
from jaxtext.models.objective import Objective
from jaxtext.training.sampling import keep_probability, noise_distribution
from jaxtext.training.settings import Method, Softmax, Svd

THINNING = 1  # joins the key in the seed of the one draw of subsampling


def objective(
    key: Key[Array, ""],
    vocab: text.Vocab,
    ids: text.Encoded,
    method: Method,
    centers: Int[np.ndarray, " n"] | None = None,
    memory: int | None = None,
) -> Objective:
    """Count the pairs of a text as a method does, and return the objective that it minimises.

    The counts are those of dynamic windows, in expectation, after one draw of dirty subsampling
    that follows from `key`. The noise distribution is made from the frequencies of words. For
    `Svd`, subsampling enters as expected weights instead, and the noise is made from the
    frequencies of contexts in the weighted counts. With `centers`, only the pairs of these words
    are counted. `memory` is that of `text.cooccurrence`.

    A word may be without a pair (see `without_pairs`). Raises `InputError` if no word has one,
    unless `centers` are given.
    """
    keep = keep_probability(vocab.counts, method.subsample)
    count = partial(
        text.cooccurrence, vocab_size=len(vocab), window=method.window, dynamic=True, memory=memory
    )
    if isinstance(method, Svd):
        counts = count(ids, keep=keep)
        noise = noise_distribution(counts.sum(axis=0), method.noise_exponent)
    else:
        if method.subsample:
            ids = text.thinned(ids, keep, np.random.default_rng([seed_of(key), THINNING]))
        counts = count(ids, centers=centers)
        exponent = 1.0 if isinstance(method, Softmax) else method.noise_exponent
        noise = noise_distribution(vocab.counts, exponent)
    if centers is None and counts.nnz == 0:
        raise InputError(
            "subsampling leaves no pair of words: give more text, or keep all tokens", "subsample",
            method.subsample,
        )  # fmt: skip
    negatives = 1 if isinstance(method, Softmax) else method.negatives
    return Objective(counts, noise, negatives)


def seed_of(key: Key[Array, ""]) -> int:
    """Return the bits of a key as one whole number, which is n for `jax.random.key(n)`.

    >>> seed_of(jax.random.key(7))
    7
    """
    words = np.asarray(jax.random.key_data(key)).ravel().tolist()
    return sum(word << 32 * place for place, word in enumerate(reversed(words)))


def without_pairs(counts: Counts, vocab: text.Vocab) -> str:
    """Return how many words have no pair and what follows from it; nothing if all have one."""
    alone = np.flatnonzero(counts.sum(axis=1) == 0)
    if not alone.size:
        return ""
    who, whom = "1 word never has", "it"
    if alone.size > 1:
        who, whom = f"{alone.size:,} words never have", "them"
    return (
        f"{who} a neighbor (for example {vocab.words[alone[0]]!r}), so the counts carry no "
        f"information about {whom}"
    )

"""Token ids -> the objective that a method minimises: counts of pairs and the noise."""

from functools import partial
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, Int, Key

from jaxtext import text
from jaxtext.base.errors import InputError
from jaxtext.base.team import Rows, Team
from jaxtext.models.objective import Objective
from jaxtext.text.cooccurrence import weighted, whole_counts
from jaxtext.text.encoded import Share
from jaxtext.text.joint import Deal, joint
from jaxtext.training.counts.halves import dealt as dealt_rows
from jaxtext.training.sampling import keep_probability, noise_distribution
from jaxtext.training.settings import Counted, Method, Softmax, Svd, columns_of

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
    return shared(key, vocab, ids, method, centers, memory)[0]


def shared(
    key: Key[Array, ""],
    vocab: text.Vocab,
    ids: text.Encoded,
    method: Method,
    centers: Int[np.ndarray, " n"] | None = None,
    memory: int | None = None,
    share: Share | None = None,
    deal: Deal | None = None,
) -> tuple[Objective, Rows]:
    """Count as `objective` does a text of which this process has read a share.

    The counts are those of the whole text. Each process gets some of their rows, which are also
    returned; the others are empty. `deal` chooses them, by default `dealt`.
    """
    rows, weights = Rows.all(len(vocab)), None
    if isinstance(method, Svd):
        weights = keep_probability(vocab.counts, method.subsample)
    else:
        ids = thinned(key, vocab, ids, method, 0 if share is None else share.start)
    how: Any = {"dynamic": True, "memory": memory, "centers": centers}
    whole = whole_counts(ids, len(vocab), method.window, **how)
    if share is not None:
        whole, rows = joint(whole, share, deal or partial(dealt, method, share.team), memory)
    counts = weighted(whole, method.window, dynamic=True, keep=weights)
    pairs = rows.column_sums(counts)
    if centers is None and not pairs.any():
        if not method.subsample:
            raise InputError("no sentence has two words of the vocabulary, so there are no pairs")
        raise InputError(
            "subsampling leaves no pair of words: give more text, or keep all tokens", "subsample",
            method.subsample,
        )  # fmt: skip
    exponent = 1.0 if isinstance(method, Softmax) else method.noise_exponent
    noise = noise_distribution(pairs if isinstance(method, Svd) else vocab.counts, exponent)
    negatives = 1 if isinstance(method, Softmax) else method.negatives
    return Objective(counts, noise, negatives), rows


def thinned(
    key: Key[Array, ""],
    vocab: text.Vocab,
    ids: text.Encoded,
    method: Method,
    start: int = 0,
) -> text.Encoded:
    """Return the text after the one draw of dirty subsampling that follows from `key`.

    `start` is the number of ids before those of this text, if it is a share of a longer one.
    """
    if not method.subsample:
        return ids
    rng = np.random.default_rng([seed_of(key), THINNING])
    return text.thinned(ids, keep_probability(vocab.counts, method.subsample), rng, start)


def dealt(method: Method, team: Team, lengths: Int[np.ndarray, " V"]) -> Rows:
    """Deal out the rows of counts, given how many entries each has."""
    size = len(lengths)
    columns = columns_of(method, size) if isinstance(method, Counted) else size
    return dealt_rows(team, lengths, columns)


def seed_of(key: Key[Array, ""]) -> int:
    """Return the bits of a key as one whole number, which is n for `jax.random.key(n)`.

    >>> seed_of(jax.random.key(7))
    7
    """
    words = np.asarray(jax.random.key_data(key)).ravel().tolist()
    return sum(word << 32 * place for place, word in enumerate(reversed(words)))


def without_pairs(pairs: Float[np.ndarray, " V"], vocab: text.Vocab) -> str:
    """Return how many words have no pair and what follows from it; nothing if all have one."""
    alone = np.flatnonzero(pairs == 0)
    if not alone.size:
        return ""
    who, whom = "1 word never has", "it"
    if alone.size > 1:
        who, whom = f"{alone.size:,} words never have", "them"
    return (
        f"{who} a neighbor (for example {vocab.words[alone[0]]!r}), so the counts carry no "
        f"information about {whom}"
    )

"""Token ids -> (center, context) pairs.

`pairs` is the plain definition: every pair of one sentence. Training on a text also draws at
random. Frequent words may be left out (subsampling) before windows are formed, and each center
draws the size of its own window uniformly from 1 to `window` (Mikolov et al. 2013, as in the
word2vec program). The fast trainer needs no list of pairs; for each token, it needs to know how
many neighbors on either side belong to the token's window.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from jaxtext.text.encoded import Encoded


class Stream(NamedTuple):
    """Tokens in order; token t is paired with its `left[t]` and `right[t]` nearest neighbors."""

    ids: Int[np.ndarray, " T"]
    left: Int[np.ndarray, " T"]
    right: Int[np.ndarray, " T"]
    place: Int[np.ndarray, " T"]  # offset in the span of text that the stream was drawn from


def pairs(ids: Int[np.ndarray, " T"], window: int) -> Int[np.ndarray, "N 2"]:
    """Return every (center, context) pair of one sentence, centers and contexts left to right.

    This is the order of the table on the exercise sheet (skip-gram basics, b).

    >>> pairs(np.array([7, 8, 9]), window=1).tolist()
    [[7, 8], [8, 7], [8, 9], [9, 8]]

    Raises `ValueError` for a window below one.
    """
    if window < 1:
        raise ValueError(f"window: found {window}, must be at least 1")
    size = len(ids)
    rows = [
        (ids[t], ids[u])
        for t in range(size)
        for u in range(max(t - window, 0), min(t + window + 1, size))
        if u != t
    ]
    return np.array(rows, dtype=np.int32).reshape(-1, 2)


def stream_pairs(stream: Stream) -> Int[np.ndarray, "N 2"]:
    """Return the (center, context) pairs that a stream stands for, in the order of `pairs`.

    >>> left, right = np.array([0, 1, 1]), np.array([2, 0, 0])
    >>> stream_pairs(Stream(np.array([7, 8, 9]), left, right, np.arange(3))).tolist()
    [[7, 8], [7, 9], [8, 7], [9, 8]]
    """
    ids, left, right, _ = stream
    rows = [
        (ids[t], ids[u])
        for t in range(len(ids))
        for u in range(t - int(left[t]), t + int(right[t]) + 1)
        if u != t
    ]
    return np.array(rows, dtype=np.int32).reshape(-1, 2)


def spans(ends: Int[np.ndarray, " S"], size: int) -> Iterator[tuple[int, int]]:
    """Cut a text into spans [start, stop) of at most `size` tokens, at sentence ends if possible.

    A sentence is split only if it is longer than `size`.

    >>> list(spans(np.array([2, 5, 6]), size=5))
    [(0, 5), (5, 6)]
    >>> list(spans(np.array([7]), size=5))
    [(0, 5), (5, 7)]
    """
    start, total = 0, int(ends[-1])
    while start < total:
        last = np.searchsorted(ends, start + size, side="right") - 1
        stop = int(ends[last]) if last >= 0 and ends[last] > start else min(start + size, total)
        yield start, stop
        start = stop


def subsampled_stream(
    text: Encoded,
    span: tuple[int, int],
    keep: Float[np.ndarray, " V"],
    window: int,
    rng: np.random.Generator,
) -> Stream:
    """Draw the tokens of `span` that stay, and a window for each, cut at the sentence's ends.

    `span` is [start, stop) in tokens of the text. `keep` gives the probability that a token of
    each word stays.
    """
    start, stop = span
    ids = np.asarray(text.ids[start:stop])
    stays = rng.random(len(ids), dtype=np.float32) < keep[ids]
    ends = text.ends[np.searchsorted(text.ends, start, "right") :]
    ends = ends[: np.searchsorted(ends, stop, "left")] - start  # ends strictly inside the span
    kept_before = np.cumsum(stays, dtype=np.int64)
    ends = np.append(kept_before[ends - 1], kept_before[-1])
    lengths = np.diff(ends, prepend=0)
    ids = ids[stays]
    before = np.arange(len(ids)) - np.repeat(ends - lengths, lengths)  # in the same sentence
    after = np.repeat(lengths, lengths) - 1 - before
    reach = rng.integers(1, window + 1, len(ids), dtype=np.int16)
    left = np.minimum(before, reach).astype(np.int16)
    right = np.minimum(after, reach).astype(np.int16)
    return Stream(ids, left, right, np.flatnonzero(stays))

"""Token ids -> how often each (center, context) pair occurs: sparse counts [V, V].

Row w of the counts contains the contexts of word w. Between sentences, the text is padded with
`window` blanks, so that the neighbors of a place are plain shifts and no window crosses the end of
a sentence. Rows are counted in groups. A group with many neighbors is counted in a dense table of
its rows; a group with few is counted by sorting its (row, context) keys and measuring the runs of
equal keys.

The hyperparameters have the names of Levy, Goldberg and Dagan (2015, section 3.1). The *dynamic*
context window weighs a neighbor by its distance, as a window drawn from 1 to `window` does in
expectation. *Dirty* subsampling removes tokens before windows are formed (`thinned`); clean
subsampling leaves the windows as they are and enters as expected weights (`keep`).

A text whose counts do not fit into memory is counted in pieces. The sorted counts of each piece
are written to disk and then merged, one range of rows at a time.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, UInt
from scipy import sparse

from jaxtext.base.memory import free
from jaxtext.text.encoded import Encoded
from jaxtext.text.merging import merged, narrow

MEMORY = 4 << 30  # bytes
WORKERS = 2
DRAWS = 1 << 20  # random numbers in memory at a time
GROUP = 1 << 18  # neighbors of the rows that are counted together, at most
GROUP_BYTES = 32 * GROUP * WORKERS
LEAST = 3 * GROUP_BYTES  # bytes without which counting is too slow to be tried
DENSE = 2  # a dense table pays if it has fewer cells than this many times the neighbors
MAX_KEY_BITS = 32  # keys of 32 bits are sorted twice as fast as those of 64


class _Padded(NamedTuple):
    """Ids with blanks (id V) around each sentence, and the places of the centers among them."""

    ids: Int[np.ndarray, " P"]
    places: Int[np.ndarray, " T"]  # grouped by word, in the order of the text within a word
    starts: Int[np.ndarray, " V1"]  # places[starts[w]:starts[w + 1]] belong to word w


def cooccurrence(
    text: Encoded,
    vocab_size: int,
    window: int,
    *,
    dynamic: bool = False,
    keep: Float[np.ndarray, " V"] | None = None,
    centers: Int[np.ndarray, " n"] | None = None,
    memory: int | None = None,
    folder: Path | None = None,
) -> sparse.csr_array:
    r"""Count how often each (center, context) pair occurs, at most `window` tokens apart.

    Pairs do not cross the ends of sentences. Plain counts are int64 and exact. With `dynamic`, a
    pair at distance d counts $(L - d + 1) / L$, where L is the window. With `keep`, the
    probabilities that words survive subsampling, a pair counts `keep[center] * keep[context]`.
    Weighted counts are float64: the expected values of what training draws. The columns of each
    row are sorted. With `centers`, only the rows of these words are counted; the others are empty.

    `memory` is the number of bytes that may be used in addition to the text and the result, by
    default 4 GiB or, if that is less, half of what is free; what does not fit is written to
    temporary files. With `folder`, the counts are memory-mapped files in it.

    Raises `ValueError` for a window below one, an id outside the vocabulary or too little memory.

    >>> counts = cooccurrence(Encoded(np.array([0, 1, 0], np.int32), np.array([3])), 2, window=1)
    >>> counts.toarray().tolist()
    [[0, 2], [2, 0]]
    """
    counts = whole_counts(
        text, vocab_size, window, dynamic=dynamic, centers=centers, memory=memory, folder=folder
    )
    return weighted(counts, window, dynamic=dynamic, keep=keep)


def whole_counts(
    text: Encoded,
    vocab_size: int,
    window: int,
    *,
    dynamic: bool = False,
    centers: Int[np.ndarray, " n"] | None = None,
    memory: int | None = None,
    folder: Path | None = None,
) -> sparse.csr_array:
    """Count as `cooccurrence` does, in whole numbers: those of `dynamic` are times the window."""
    _check(text, vocab_size, window)
    memory = memory_for(memory)
    # Per token: its padded id, its place twice, and a sorted entry for each of its neighbors.
    piece_tokens = (memory - GROUP_BYTES) // (40 + 2 * window * 16)
    if piece_tokens < 1:
        raise ValueError(f"memory: found {memory} bytes, must be above {GROUP_BYTES}")
    wanted = None if centers is None else np.isin(np.arange(vocab_size), centers)
    count = partial(_count, text, vocab_size, window, dynamic, wanted)
    total = len(text.ids)
    bounds = [(start, min(start + piece_tokens, total)) for start in range(0, total, piece_tokens)]
    if len(bounds) <= 1 and folder is None:
        return count(*bounds[0]) if bounds else sparse.csr_array((vocab_size,) * 2, dtype=np.int64)
    return merged((count(*each) for each in bounds), vocab_size, memory, folder)


def weighted(
    counts: sparse.csr_array,
    window: int,
    *,
    dynamic: bool,
    keep: Float[np.ndarray, " V"] | None = None,
) -> sparse.csr_array:
    """Turn whole counts into expected ones, as `cooccurrence` describes them."""
    if not dynamic and keep is None:
        return counts
    weights = counts.data / window if dynamic else counts.data.astype(np.float64)
    if keep is not None:
        weights *= np.repeat(keep, np.diff(counts.indptr)) * keep[counts.indices]
    return sparse.csr_array((weights, counts.indices, counts.indptr), shape=counts.shape)


def memory_for(given: int | None) -> int:
    """Return the bytes that counting may use, if they are not given."""
    return min(MEMORY, max((free() or MEMORY) // 2, LEAST)) if given is None else given


def thinned(
    text: Encoded, keep: Float[np.ndarray, " V"], rng: np.random.Generator, start: int = 0
) -> Encoded:
    """Return the text after dirty subsampling: each token stays with the probability `keep[id]`.

    Since tokens are removed before windows are formed, a window over the result reaches farther in
    the original text. Sentences that lose all their tokens are left out. If the text is a part of a
    longer one, `start` is the number of tokens before it, so that the same tokens are drawn.
    """
    stays = np.empty(len(text.ids), bool)
    _skip(rng, start)
    for first in range(0, len(stays), DRAWS):
        ids = text.ids[first : first + DRAWS]
        stays[first : first + DRAWS] = rng.random(len(ids), dtype=np.float32) < keep[ids]
    if not len(stays):
        return text
    starts = np.concatenate([[0], text.ends[:-1]])
    kept = np.add.reduceat(stays, starts, dtype=np.int64)  # of each sentence
    return Encoded(np.asarray(text.ids[stays]), np.cumsum(kept)[kept > 0])


def _skip(rng: np.random.Generator, draws: int) -> None:
    """Let a generator of PCG64 pass over numbers of 32 bits, two of which are one step."""
    if draws:
        rng.bit_generator.advance(draws // 2)  # pyright: ignore[reportAttributeAccessIssue]
        rng.random(draws % 2, dtype=np.float32)


def _check(text: Encoded, vocab_size: int, window: int) -> None:
    if window < 1:
        raise ValueError(f"window: found {window}, must be at least 1")
    if len(text.ids):
        least, most = int(text.ids.min()), int(text.ids.max())
        if least < 0 or most >= vocab_size:
            raise ValueError(
                f"ids: found {least if least < 0 else most}, must be 0 to {vocab_size - 1}"
            )


# One piece --------------------------------------------------------------------------------------


def _count(
    text: Encoded,
    vocab_size: int,
    window: int,
    dynamic: bool,
    wanted: Bool[np.ndarray, " V"] | None,
    start: int,
    stop: int,
) -> sparse.csr_array:
    """Count the pairs of the centers from `start` to `stop`; with `dynamic`, times the window."""
    padded = _padded(text, vocab_size, window, wanted, start, stop)
    rows = partial(_count_rows, padded, window, dynamic)
    with ThreadPoolExecutor(WORKERS) as pool:  # sorting releases the interpreter lock
        groups = zip(*_groups(padded.starts, vocab_size, window), strict=True)
        counted = list(pool.map(rows, *groups))
    lengths, columns, counts = (np.concatenate(parts) for parts in zip(*counted, strict=True))
    indptr = narrow(np.concatenate([[0], np.cumsum(lengths)]))
    return sparse.csr_array((counts, columns, indptr), shape=(vocab_size, vocab_size))


def _padded(
    text: Encoded,
    vocab_size: int,
    window: int,
    wanted: Bool[np.ndarray, " V"] | None,
    start: int,
    stop: int,
) -> _Padded:
    """Pad the tokens from `start` to `stop` and their neighbors in the same sentences."""
    first, last = max(start - window, 0), min(stop + window, len(text.ids))
    ends = text.ends[np.searchsorted(text.ends, first, "right") :]
    ends = ends[: np.searchsorted(ends, last, "left") + 1]
    ends = np.minimum(ends, last) - first
    ids = np.asarray(text.ids[first:last])
    shift = np.repeat(window * np.arange(1, len(ends) + 1), np.diff(ends, prepend=0))
    places = (np.arange(len(ids)) + shift).astype(np.int32 if len(ids) < 2**29 else np.int64)
    padded = np.full(len(ids) + window * (len(ends) + 1), vocab_size, np.int32)
    padded[places] = ids
    centers = slice(start - first, stop - first)
    ids, places = ids[centers], places[centers]
    if wanted is not None:
        chosen = np.flatnonzero(wanted[ids])
        ids, places = ids[chosen], places[chosen]
    # By the lower, then the upper half of the id: stable sorts of 16 bits are radix sorts.
    order = np.argsort(ids.astype(np.uint16), kind="stable")
    if vocab_size > 1 << 16:
        order = order[np.argsort((ids[order] >> 16).astype(np.uint16), kind="stable")]
    starts = np.concatenate([[0], np.cumsum(np.bincount(ids, minlength=vocab_size))])
    return _Padded(padded, places[order], starts)


def _groups(
    starts: Int[np.ndarray, " V1"], vocab_size: int, window: int
) -> Iterator[tuple[int, int]]:
    """Yield ranges of rows with at most `GROUP` neighbors in total, but at least one row each."""
    bits = _bits(vocab_size, window)
    most_rows = 1 << max(MAX_KEY_BITS - bits, 0)
    row = 0
    while row < vocab_size:
        end = int(np.searchsorted(starts, starts[row] + GROUP // (2 * window), "right")) - 1
        end = min(max(end, row + 1), row + most_rows, vocab_size)
        yield row, end
        row = end


def _bits(vocab_size: int, window: int) -> int:
    """Return the bits of a key that the context and, in a dynamic window, the distance take."""
    return vocab_size.bit_length() + window.bit_length()


def _count_rows(
    padded: _Padded, window: int, dynamic: bool, first: int, last: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count the rows from `first` to `last`: entries per row, then columns and counts."""
    vocab_size = len(padded.starts) - 1
    bounds = padded.starts[first : last + 1]
    neighbors = 2 * window * (bounds[-1] - bounds[0])
    cells = (last - first) * (vocab_size + 1)
    count = _by_cells if cells < DENSE * neighbors else _by_sorting
    rows, columns, counts = count(padded, window, dynamic, first, last)
    return np.bincount(rows, minlength=last - first), columns.astype(np.int32), counts


def _sides(
    padded: _Padded, window: int, places: Int[np.ndarray, " n"]
) -> Iterator[tuple[Int[np.ndarray, " W"], Int[np.ndarray, "n W"]]]:
    """Yield distances and contexts to the left of the places, then those to the right.

    The W contexts of a place are read as one item of 4 W bytes, which is several times as fast as
    reading W items of 4 bytes.
    """
    items = np.ndarray(
        len(padded.ids) - window + 1, np.dtype((np.void, 4 * window)), padded.ids, strides=(4,)
    )
    shape = len(places), window
    distances = np.arange(1, window + 1)
    yield distances[::-1], items[places - window].view(np.int32).reshape(shape)
    yield distances, items[places + 1].view(np.int32).reshape(shape)


def _by_cells(
    padded: _Padded, window: int, dynamic: bool, first: int, last: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count the neighbors in a dense table of the rows."""
    width = len(padded.starts)  # a column for each word and one for the blanks
    table = np.zeros((last - first) * width, np.int64)
    rows = _rows(padded, first, last, np.int64) * width
    places = padded.places[padded.starts[first] : padded.starts[last]]
    batch = GROUP // (2 * window) + 1
    for at in range(0, len(places), batch):
        some = slice(at, at + batch)
        for distances, contexts in _sides(padded, window, places[some]):
            keys = contexts + rows[some, None]
            if dynamic:
                for distance, column in zip(distances.tolist(), keys.T, strict=True):
                    table += np.bincount(column, minlength=len(table)) * (window + 1 - distance)
            else:
                table += np.bincount(keys.ravel(), minlength=len(table))
    table = table.reshape(last - first, width)[:, :-1]
    nonzero_rows, columns = np.nonzero(table)
    return nonzero_rows, columns, table[nonzero_rows, columns]


def _rows(
    padded: _Padded, first: int, last: int, dtype: type
) -> UInt[np.ndarray, " n"] | Int[np.ndarray, " n"]:
    """Return the row, within the group, of each center."""
    return np.repeat(np.arange(last - first, dtype=dtype), np.diff(padded.starts[first : last + 1]))


def _by_sorting(
    padded: _Padded, window: int, dynamic: bool, first: int, last: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sort keys of (row, context, distance), and measure runs of equal row and context."""
    vocab_size = len(padded.starts) - 1
    word_bits, low = vocab_size.bit_length(), window.bit_length() if dynamic else 0
    wide = (last - first).bit_length() + word_bits + low > MAX_KEY_BITS
    dtype = np.uint64 if wide else np.uint32
    rows = _rows(padded, first, last, dtype) << dtype(word_bits + low)
    places = padded.places[padded.starts[first] : padded.starts[last]]
    keys = np.empty((2, len(places), window), dtype)
    for side, (distances, contexts) in zip(keys, _sides(padded, window, places), strict=True):
        np.left_shift(contexts.view(np.uint32), dtype(low), out=side, dtype=dtype)
        side |= rows[:, None]
        if dynamic:
            side |= distances.astype(dtype)
    keys = keys.ravel()
    keys.sort()
    cells = keys >> dtype(low)
    begins = np.flatnonzero(np.diff(cells, prepend=~cells[:1]))
    if dynamic:
        weights = window + 1 - (keys & dtype((1 << low) - 1)).astype(np.int64)
        counts = np.add.reduceat(weights, begins) if len(keys) else weights
    else:
        counts = np.diff(begins, append=len(keys))
    cells = cells[begins]
    columns = cells & dtype((1 << word_bits) - 1)
    words = columns < vocab_size  # the others are blanks
    return (cells >> dtype(word_bits))[words].astype(np.int64), columns[words], counts[words]

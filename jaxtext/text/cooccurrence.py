"""Token ids -> how often each (center, context) occurs: sparse counts [V, V].

A row holds a word's contexts. The text is padded between sentences with as many blanks as the
window is wide, so that the neighbors of a place are plain shifts and no window crosses a sentence.
Rows are counted in groups: a group with many neighbors by a dense count of its rows, one with few
by sorting its (row, context) keys and taking the lengths of runs.

The hyperparameters have the names of Levy, Goldberg and Dagan (2015, section 3.1): the *dynamic*
context window weighs a neighbor by its distance, as a window drawn from 1 to `window` does in
expectation; *dirty* subsampling removes tokens before windows are formed (`thinned`), the other
kind leaves the windows as they are and enters as expected weights (`keep`).

A text that does not fit is counted in pieces whose counts go to disk, each sorted, and are merged
by ranges of rows.
"""

import operator
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial, reduce
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, UInt
from scipy import sparse

from jaxtext.text.encoded import Encoded

MEMORY = 4 << 30  # bytes
WORKERS = 2
GROUP = 1 << 21  # neighbors of the rows that are counted together
GROUP_BYTES = 32 * GROUP * WORKERS
DENSE = 2  # a dense count pays if its cells are fewer than this times the neighbors
MERGED_BYTES = 64  # that merging takes for an entry
MAX_KEY_BITS = 32  # keys of this size are sorted twice as fast as those of 64 bits


class _Padded(NamedTuple):
    """Ids with blanks (id V) around each sentence, and the places in it that are centers."""

    ids: Int[np.ndarray, " P"]
    places: Int[np.ndarray, " T"]  # by word, each word's in the order of the text
    starts: Int[np.ndarray, " V1"]  # places[starts[w]:starts[w + 1]] are those of word w


def cooccurrence(
    text: Encoded,
    vocab_size: int,
    window: int,
    *,
    dynamic: bool = False,
    keep: Float[np.ndarray, " V"] | None = None,
    centers: Int[np.ndarray, " n"] | None = None,
    memory: int = MEMORY,
    folder: Path | None = None,
) -> sparse.csr_array:
    r"""How often each (center, context) occurs at most `window` tokens apart in a sentence.

    Plain counts are int64 and exact. With `dynamic` a pair at distance d counts
    $(L - d + 1) / L$, L being the window; with `keep`, the probabilities that words survive
    subsampling, it counts `keep[center] * keep[context]`. Both are float64, and expectations of
    what training draws. Indices are sorted. With `centers`, only the rows of these words are
    counted; the others are empty.

    `memory` bounds the bytes used beside the text and the result: what does not fit is spilled to
    temporary files. With `folder` the result lies there in memory-mapped files.

    Raises `ValueError` for a window below one, an id outside the vocabulary and too little memory.

    >>> counts = cooccurrence(Encoded(np.array([0, 1, 0], np.int32), np.array([3])), 2, window=1)
    >>> counts.toarray().tolist()
    [[0, 2], [2, 0]]
    """
    _check(text, vocab_size, window)
    # For a token: its padded id, its place twice, and a sorted entry for each of its neighbors.
    size = (memory - GROUP_BYTES) // (40 + 2 * window * 16)
    if size < 1:
        raise ValueError(f"memory: found {memory} bytes, must be above {GROUP_BYTES}")
    wanted = None if centers is None else np.isin(np.arange(vocab_size), centers)
    count = partial(_count, text, vocab_size, window, dynamic, wanted)
    total = len(text.ids)
    bounds = [(start, min(start + size, total)) for start in range(0, total, size)]
    if len(bounds) <= 1 and folder is None:
        counts = (
            count(*bounds[0]) if bounds else sparse.csr_array((vocab_size,) * 2, dtype=np.int64)
        )
    else:
        counts = _merged((count(*each) for each in bounds), vocab_size, memory, folder)
    if not dynamic and keep is None:
        return counts
    weights = counts.data / window if dynamic else counts.data.astype(np.float64)
    if keep is not None:
        weights *= np.repeat(keep, np.diff(counts.indptr)) * keep[counts.indices]
    return sparse.csr_array((weights, counts.indices, counts.indptr), shape=counts.shape)


def thinned(text: Encoded, keep: Float[np.ndarray, " V"], rng: np.random.Generator) -> Encoded:
    """The text after dirty subsampling: a token stays with the probability of its word in `keep`.

    Windows over it reach farther in the original text. Sentences that lose all tokens are left out.
    """
    stays = rng.random(len(text.ids), dtype=np.float32) < keep[text.ids]
    before = np.concatenate([[0], np.cumsum(stays, dtype=np.int64)])
    ends = before[text.ends]
    return Encoded(np.asarray(text.ids[stays]), ends[np.diff(ends, prepend=0) > 0])


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
    """Counts of the centers from `start` to `stop`; with `dynamic`, times the window."""
    padded = _padded(text, vocab_size, window, wanted, start, stop)
    rows = partial(_count_rows, padded, window, dynamic)
    with ThreadPoolExecutor(WORKERS) as pool:  # sorting leaves the interpreter to the other thread
        found = list(pool.map(rows, *zip(*_groups(padded.starts, vocab_size, window), strict=True)))
    sizes, columns, counts = (np.concatenate(parts) for parts in zip(*found, strict=True))
    indptr = _narrow(np.concatenate([[0], np.cumsum(sizes)]))
    return sparse.csr_array((counts, columns, indptr), shape=(vocab_size, vocab_size))


def _padded(
    text: Encoded,
    vocab_size: int,
    window: int,
    wanted: Bool[np.ndarray, " V"] | None,
    start: int,
    stop: int,
) -> _Padded:
    """The tokens from `start` to `stop`, and their neighbors in the same sentences."""
    first, last = max(start - window, 0), min(stop + window, len(text.ids))
    inside = text.ends[np.searchsorted(text.ends, first, "right") :]
    inside = inside[: np.searchsorted(inside, last, "left") + 1]
    ends = np.minimum(inside, last) - first
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
    # By the lower and then the upper half of the id, which radix sort takes 16 bits at a time.
    order = np.argsort(ids.astype(np.uint16), kind="stable")
    if vocab_size > 1 << 16:
        order = order[np.argsort((ids[order] >> 16).astype(np.uint16), kind="stable")]
    starts = np.concatenate([[0], np.cumsum(np.bincount(ids, minlength=vocab_size))])
    return _Padded(padded, places[order], starts)


def _groups(
    starts: Int[np.ndarray, " V1"], vocab_size: int, window: int
) -> Iterator[tuple[int, int]]:
    """Ranges of rows with at most `GROUP` neighbors together, or of one row."""
    bits = _bits(vocab_size, window)
    most = 1 << max(MAX_KEY_BITS - bits, 0)
    row = 0
    while row < vocab_size:
        end = int(np.searchsorted(starts, starts[row] + GROUP // (2 * window), "right")) - 1
        end = min(max(end, row + 1), row + most, vocab_size)
        yield row, end
        row = end


def _bits(vocab_size: int, window: int) -> int:
    """Bits of a key for the context and, in a dynamic window, the distance."""
    return vocab_size.bit_length() + window.bit_length()


def _count_rows(
    padded: _Padded, window: int, dynamic: bool, first: int, last: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Entries of each row, and their columns and counts, of the rows from `first` to `last`."""
    vocab_size = len(padded.starts) - 1
    bounds = padded.starts[first : last + 1]
    neighbors = 2 * window * (bounds[-1] - bounds[0])
    cells = (last - first) * (vocab_size + 1)
    by = _by_cells if cells < DENSE * neighbors else _by_sorting
    rows, columns, counts = by(padded, window, dynamic, first, last)
    return np.bincount(rows, minlength=last - first), columns.astype(np.int32), counts


def _sides(
    padded: _Padded, window: int, places: Int[np.ndarray, " n"]
) -> Iterator[tuple[Int[np.ndarray, " W"], Int[np.ndarray, "n W"]]]:
    """Distances and contexts on the left, and then on the right, of the places.

    Read as one item of 4 W bytes a place, which is several times as fast as W items of 4.
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
    """Count into all cells of the rows."""
    width = len(padded.starts)  # a column for each word and one for the blanks
    table = np.zeros((last - first) * width, np.int64)
    rows = _rows(padded, first, last, np.int64) * width
    places = padded.places[padded.starts[first] : padded.starts[last]]
    for at in range(0, len(places), GROUP // (2 * window) + 1):
        some = slice(at, at + GROUP // (2 * window) + 1)
        for distances, contexts in _sides(padded, window, places[some]):
            keys = contexts + rows[some, None]
            if dynamic:
                for distance, column in zip(distances.tolist(), keys.T, strict=True):
                    table += np.bincount(column, minlength=len(table)) * (window + 1 - distance)
            else:
                table += np.bincount(keys.ravel(), minlength=len(table))
    table = table.reshape(last - first, width)[:, :-1]
    found, columns = np.nonzero(table)
    return found, columns, table[found, columns]


def _rows(
    padded: _Padded, first: int, last: int, dtype: type
) -> UInt[np.ndarray, " n"] | Int[np.ndarray, " n"]:
    """The row, within the group, of each center."""
    return np.repeat(np.arange(last - first, dtype=dtype), np.diff(padded.starts[first : last + 1]))


def _by_sorting(
    padded: _Padded, window: int, dynamic: bool, first: int, last: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sort keys of (row, context, distance), and count runs of the same row and context."""
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


# Several pieces ---------------------------------------------------------------------------------


def _merged(
    pieces: Iterable[sparse.csr_array], vocab_size: int, memory: int, folder: Path | None
) -> sparse.csr_array:
    """The sum of counts of which all pieces do not fit into memory at once."""
    with tempfile.TemporaryDirectory(prefix=".counts.", dir=folder) as name:
        empty = sparse.csr_array((vocab_size,) * 2, dtype=np.int64)  # for a text without tokens
        runs = [_spilled(piece, Path(name) / str(i)) for i, piece in enumerate(pieces)] or [empty]
        target = Path(name) if folder is None else folder
        files = target / "counts.columns.i32", target / "counts.values.i64"
        sizes = np.zeros(vocab_size + 1, np.int64)
        with files[0].open("wb") as columns, files[1].open("wb") as values:
            for first, last in _ranges(runs, vocab_size, memory):
                total = reduce(operator.add, (run[first:last] for run in runs))
                total.sort_indices()
                columns.write(total.indices.astype(np.int32).data)
                values.write(total.data.astype(np.int64).data)
                sizes[first + 1 : last + 1] = np.diff(total.indptr)
        indptr = np.cumsum(sizes)
        in_memory = folder is None or not indptr[-1]  # an empty file cannot be mapped
        read = np.fromfile if in_memory else partial(np.memmap, mode="r")
        parts = read(files[1], dtype=np.int64), read(files[0], dtype=np.int32), _narrow(indptr)
        return sparse.csr_array(parts, shape=(vocab_size, vocab_size))


def _spilled(counts: sparse.csr_array, folder: Path) -> sparse.csr_array:
    """The same counts, on disk."""
    folder.mkdir()
    parts = []
    for name in ("data", "indices", "indptr"):
        np.save(folder / f"{name}.npy", getattr(counts, name))
        mode = "r" if counts.nnz else None
        parts.append(np.load(folder / f"{name}.npy", mmap_mode=mode, allow_pickle=False))
    return sparse.csr_array(tuple(parts), shape=counts.shape)


def _ranges(
    runs: Sequence[sparse.csr_array], vocab_size: int, memory: int
) -> Iterator[tuple[int, int]]:
    """Ranges of rows whose entries in all runs fit into memory, or of one row."""
    entries = np.sum([run.indptr.astype(np.int64) for run in runs], axis=0)
    row = 0
    while row < vocab_size:
        end = int(np.searchsorted(entries, entries[row] + memory // MERGED_BYTES, "right")) - 1
        end = max(end, row + 1)
        yield row, end
        row = end


def _narrow(indptr: Int[np.ndarray, " V1"]) -> Int[np.ndarray, " V1"]:
    """int32 where that is enough, as scipy wants it."""
    return indptr.astype(np.int32) if indptr[-1] <= np.iinfo(np.int32).max else indptr

"""Counts on disk: written whole, added up by ranges of rows, and read back.

The counts of a text that do not fit into memory are counted in pieces, and those of a text that
several processes have read in shares. They are whole numbers, so that their sum does not depend on
the pieces.
"""

import operator
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import partial, reduce
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int
from scipy import sparse

MERGED_BYTES = 64  # that merging takes per entry
PARTS = "data", "indices", "indptr"
COLUMNS, VALUES, LENGTHS = "counts.columns.i32", "counts.values", "counts.lengths.i64"


def merged(
    pieces: Iterable[sparse.csr_array], vocab_size: int, memory: int, folder: Path | None
) -> sparse.csr_array:
    """Add up the counts of pieces that do not fit into memory together."""
    with tempfile.TemporaryDirectory(prefix=".counts.", dir=folder) as name:
        empty = sparse.csr_array((vocab_size,) * 2, dtype=np.int64)  # for a text without tokens
        runs = [spilled(piece, Path(name) / str(i)) for i, piece in enumerate(pieces)] or [empty]
        target = Path(name) if folder is None else folder
        added_up(runs, range(vocab_size), memory, target)
        return read_counts(target, vocab_size, in_memory=folder is None)


def added_up(
    runs: Sequence[sparse.csr_array], rows: range, memory: int, folder: Path
) -> Int[np.ndarray, " n"]:
    """Add up successive rows of matrices on disk, write them, and return the entries of each."""
    lengths = np.zeros(len(rows), np.int64)
    with (
        (folder / COLUMNS).open("wb") as columns,
        (folder / VALUES).open("wb") as values,
    ):
        for first, last in _ranges(runs, rows, memory):
            total = reduce(operator.add, (run[first:last] for run in runs))
            total.sort_indices()
            columns.write(total.indices.astype(np.int32).data)
            values.write(total.data.data)
            lengths[first - rows.start : last - rows.start] = np.diff(total.indptr)
    lengths.tofile(folder / LENGTHS)
    return lengths


def read_counts(
    folder: Path, vocab_size: int, kind: Any = np.int64, in_memory: bool = False
) -> sparse.csr_array:
    """Return the rows that `added_up` has written, in memory or memory-mapped."""
    indptr = np.cumsum(np.append(0, np.fromfile(folder / LENGTHS, np.int64)))
    in_memory = in_memory or not indptr[-1]  # an empty file cannot be mapped
    read: Any = np.fromfile if in_memory else partial(np.memmap, mode="r")
    parts = read(folder / VALUES, dtype=kind), read(folder / COLUMNS, dtype=np.int32)
    return sparse.csr_array((*parts, narrow(indptr)), shape=(len(indptr) - 1, vocab_size))


def spilled(counts: sparse.csr_array, folder: Path) -> sparse.csr_array:
    """Write the counts to disk and return them memory-mapped."""
    folder.mkdir()
    for name in PARTS:
        np.save(folder / f"{name}.npy", getattr(counts, name))
    return read_spilled(folder, counts.shape[1])  # pyright: ignore


def read_spilled(folder: Path, vocab_size: int) -> sparse.csr_array:
    """Return the counts that `spilled` has written, memory-mapped."""
    parts = []
    for name in PARTS:
        path = folder / f"{name}.npy"
        try:
            parts.append(np.load(path, mmap_mode="r", allow_pickle=False))
        except ValueError:  # an empty file cannot be mapped
            parts.append(np.load(path, allow_pickle=False))
    return sparse.csr_array(tuple(parts), shape=(len(parts[2]) - 1, vocab_size))


def _ranges(
    runs: Sequence[sparse.csr_array], rows: range, memory: int
) -> Iterator[tuple[int, int]]:
    """Yield ranges of rows whose entries in all runs fit into memory, at least one row each."""
    entries = np.sum([run.indptr.astype(np.int64) for run in runs], axis=0)
    row = rows.start
    while row < rows.stop:
        end = int(np.searchsorted(entries, entries[row] + memory // MERGED_BYTES, "right")) - 1
        end = min(max(end, row + 1), rows.stop)
        yield row, end
        row = end


def narrow(indptr: Int[np.ndarray, " V1"]) -> Int[np.ndarray, " V1"]:
    """Return the row pointers as int32 where that is enough, as scipy prefers it."""
    return indptr.astype(np.int32) if indptr[-1] <= np.iinfo(np.int32).max else indptr

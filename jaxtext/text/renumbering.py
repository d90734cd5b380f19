"""Numbers of pieces -> ids of words, chunk by chunk, and the files of ids and sentence ends.

Among the ids are marks, which are negative. Where a file ends, the number is already the mark.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

FILE_END, UNKNOWN, SENTENCE_END, NO_WORD = -1, -2, -3, -4
IDS, ENDS = "ids.i32", "ends.i64"
CHUNK = 1 << 20  # pieces renumbered at a time


def mapped(path: Path, kind: Any = np.int32) -> np.ndarray:
    """Map a file into memory, which is not possible if it is empty."""
    return np.memmap(path, kind, "r") if path.stat().st_size else np.zeros(0, kind)


def counted(numbers: Int[np.ndarray, " P"], size: int) -> Int[np.ndarray, " size"]:
    """Count how often each number from 0 on occurs, leaving out negative ones."""
    counts = np.zeros(size, np.int64)
    for start in range(0, len(numbers), 16 * CHUNK):
        some = numbers[start : start + 16 * CHUNK]
        counts += np.bincount(some[some >= 0], minlength=size)
    return counts


def renumbered(
    numbers: Int[np.ndarray, " P"],
    pieces: list[str],
    others: dict[int, list[str]],
    index: Mapping[str, int],
    paragraphs: bool,
) -> Iterator[Int[np.ndarray, " n"]]:
    """Yield the ids of words, with `UNKNOWN` words, `SENTENCE_END` and `FILE_END` among them.

    `others` are the words of the pieces that are not one word each; piece 0 ends a line.
    """
    first = np.array([index.get(piece, UNKNOWN) for piece in pieces], np.int32)
    several: dict[int, list[int]] = {}  # pieces that are more than one word, as in 'word–word'
    for piece, words in others.items():
        ids = [index.get(word, UNKNOWN) for word in words]
        first[piece] = ids[0] if ids else NO_WORD
        if len(ids) > 1:
            several[piece] = ids[1:]
    first[0] = SENTENCE_END
    first = np.append(first, np.int32(FILE_END))  # the last one, which has the number -1
    extra = np.zeros(len(first), np.int32)
    extra[list(several)] = [len(ids) for ids in several.values()]
    at_end = True  # of a line, before the chunk
    for start in range(0, len(numbers), CHUNK):
        chunk = numbers[start : start + CHUNK]
        ids = first[chunk]
        places = np.flatnonzero(extra[chunk])
        if len(places):
            inserted = [i for piece in chunk[places].tolist() for i in several[piece]]
            ids = np.insert(ids, np.repeat(places + 1, extra[chunk[places]]), inserted)
        ids = ids[ids != NO_WORD]
        if paragraphs and len(ids):  # a single line break is no more than a space
            here = np.flatnonzero(ids != FILE_END)
            is_end = ids[here] == SENTENCE_END
            follows = np.concatenate([[at_end], is_end])
            at_end = bool(follows[-1])
            ids = np.delete(ids, here[is_end & ~follows[:-1]])
        yield ids


def write_ids(chunks: Iterable[Int[np.ndarray, " n"]], folder: Path) -> Int[np.ndarray, " F"]:
    """Write ids and sentence ends, and return the ends of files, all of them in tokens.

    Unknown words are left out, and so are sentences and files of no other words.
    """
    written = last_end = 0
    files: list[int] = []
    # Renamed only when complete, since an earlier corpus in the folder may still be mapped.
    partial = folder / f"{IDS}.partial", folder / f"{ENDS}.partial"
    with open(partial[0], "wb") as ids_file, open(partial[1], "wb") as ends_file:
        for ids in chunks:
            ids = ids[ids != UNKNOWN]
            is_file = ids == FILE_END
            if is_file.any():
                files += (written + np.cumsum(ids >= 0)[is_file]).tolist()
                ids = ids[~is_file]
            is_end = ids == SENTENCE_END
            ends = np.flatnonzero(is_end)
            ends = ends - np.arange(len(ends)) + written
            written += len(ids) - len(ends)
            ids_file.write(ids[~is_end].data)
            ends_file.write(ends[np.diff(ends, prepend=last_end) > 0].data)  # no empty sentences
            last_end = ends[-1] if len(ends) else last_end
    for path, name in zip(partial, (IDS, ENDS), strict=True):
        path.replace(folder / name)
    return np.unique(np.array([end for end in files if end], np.int64))

"""word2vec's binary format: a line "V D", then each word, a space and D float32."""

from collections.abc import Iterator
from io import SEEK_END, BufferedIOBase, BufferedReader

import numpy as np
from jaxtyping import Float

from jaxtext.base.errors import InputError
from jaxtext.vectors.formats.table import Asked, Rows, Table

CHUNK = 1 << 20  # bytes read at a time
LONGEST_WORD = 1 << 16


def read(file: BufferedReader, asked: Asked, announced: int, dim: int) -> Table:
    """Read the rows after the first line.

    Raises `InputError` for a file that is cut short, or whose bytes are no rows.
    """
    begin = file.tell()
    most = (file.seek(0, SEEK_END) - begin) // (4 * dim)
    file.seek(begin)
    rows, number = Rows(asked, "word", dim, most, announced), 0
    for number, (word, values) in enumerate(_rows(file, asked, dim), 1):
        rows.add(number, word, values)
        if rows.full:
            break
    return rows.table(number)


def _rows(
    file: BufferedReader, asked: Asked, dim: int
) -> Iterator[tuple[bytes, Float[np.ndarray, " D"]]]:
    """Words and their vectors, of which little more than `CHUNK` bytes are in memory."""
    data, at, number = b"", 0, 1
    while True:
        space = data.find(b" ", at)
        end = space + 1 + 4 * dim
        if space >= 0 and end <= len(data):
            yield data[at:space].lstrip(b"\n"), np.frombuffer(data, "<f4", dim, space + 1)
            at, number = end, number + 1
            continue
        if space < 0 and len(data) - at > LONGEST_WORD:
            raise InputError(f"{asked.path}: word {number:,} has no end: not a vector file")
        more = file.read(max(CHUNK, 4 * dim))
        if not more:
            break
        data, at = data[at:] + more, 0
    if data[at:].strip(b"\n"):
        raise InputError(f"{asked.path}: cut short: it ends in word {number:,}")


def write(table: Table, file: BufferedIOBase) -> None:
    """Write the vectors as little-endian float32, each followed by a line break."""
    file.write(b"%d %d\n" % table.vectors.shape)
    for word, row in zip(table.words, table.vectors, strict=True):
        file.write(word.encode() + b" " + row.astype("<f4").tobytes() + b"\n")

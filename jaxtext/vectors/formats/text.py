"""Lines of a word and numbers: word2vec text, fastText's `.vec`, and GloVe without a first line."""

import warnings
from io import BufferedIOBase, BufferedReader

import numpy as np

from jaxtext.vectors.formats.table import (
    Asked,
    Rows,
    Table,
    float32,
    is_number,
    line_of,
    most_rows,
    shortest,
    shown,
)


def read(file: BufferedReader, asked: Asked, first: int, announced: int | None, dim: int) -> Table:
    """Lines of a word and `dim` numbers, from line `first` on; `announced` of them if it is known.

    Where a first line announces `dim`, a word is all that stands before the last `dim` numbers;
    otherwise a word cannot end in a number.
    """
    rows, number = Rows(asked, "line", dim, most_rows(file, dim), announced), first - 1
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)  # fromstring, of what is no number
        while not rows.full and (line := line_of(file, number + 1, asked.path)):
            number += 1
            word, _, rest = line.partition(b"\t" if b"\t" in line else b" ")
            try:
                values = np.fromstring(rest, np.float32, sep=" ")
            except (ValueError, DeprecationWarning):
                values = np.empty(0, np.float32)
            if len(values) == dim:
                rows.add(number, word, values)
            elif not line.strip():
                rows.odd.add("blank", number, "blank")
            else:
                _add_slowly(rows, number, line, dim)
    return rows.table(number)


def _add_slowly(rows: Rows, number: int, line: bytes, dim: int) -> None:
    """Add a row whose word contains spaces, or leave it out and say what is wrong with it."""
    word, *numbers = line.rsplit(None, dim)
    if len(numbers) < dim and line[:1].isspace():
        word, numbers = b"", [word, *numbers]
    bad = next((field for field in numbers if not is_number(field)), None)
    if bad is not None:
        rows.leave_out(number, f"{shown(bad)} is not a number")
    elif len(numbers) < dim:
        rows.leave_out(number, f"{len(numbers)} numbers instead of {dim}")
    elif rows.announced is None and trailing(word):
        rows.leave_out(number, f"more than {dim} numbers")
    else:
        rows.add(number, word.strip(), float32(numbers))


def trailing(line: bytes) -> int:
    """Return how many numbers there are at the end of a line, after a word.

    >>> trailing(b"new york 0.5 1e-3"), trailing(b"7 0.5"), trailing(b"a b")
    (2, 1, 0)
    """
    fields, width = line.split(), 0
    while width < len(fields) - 1 and is_number(fields[-1 - width]):
        width += 1
    return width


def write(table: Table, file: BufferedIOBase) -> None:
    """Write a first line "V D", then one line per word."""
    file.write(b"%d %d\n" % table.vectors.shape)
    write_glove(table, file)


def write_glove(table: Table, file: BufferedIOBase) -> None:
    """Write one line per word."""
    for word, row in zip(table.words, table.vectors, strict=True):
        file.write(f"{word} {' '.join(shortest(row))}\n".encode())

"""Lines of a word and numbers: word2vec text, fastText's `.vec`, and GloVe without a first line."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from jaxtyping import Float

from jaxtext.base.errors import InputError
from jaxtext.vectors.formats.table import (
    Table,
    check_finite,
    float32,
    is_number,
    line_of,
    shortest,
    shown,
    word_of,
)

CHUNK = 1 << 20  # numbers of text that are checked at a time


class _Row(NamedTuple):
    """A line of a text file."""

    number: int
    word: str
    values: Float[np.ndarray, " D"]


def read(file: BinaryIO, path: Path, first: int, size: int | None, dim: int) -> Table:
    """Lines of a word and `dim` numbers, from line `first` on; `size` of them if it is known."""
    words: dict[str, int] = {}
    chunks, rows = [], max(CHUNK // dim, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fromstring, of what is no number
        chunk, filled = np.empty((rows, dim), np.float32), 0
        for number, word, values in _rows(file, path, first, dim):
            if word in words:
                raise InputError(
                    f"{path}: line {number}: the word {word!r} is on line {words[word]} already"
                )
            words[word] = number
            if size is not None and len(words) > size:
                raise InputError(f"{path}: line {number}: more than the {size:,} words announced")
            chunk[filled] = values
            filled += 1
            if filled == rows:
                chunks.append(check_finite(chunk, number - rows + 1, path))
                chunk, filled = np.empty((rows, dim), np.float32), 0
        last = first + len(words) - 1
        chunks.append(check_finite(chunk[:filled], last - filled + 1, path))
    if size is not None and len(words) < size:
        raise InputError(
            f"{path}: cut short: ends after line {last:,} with {len(words):,} of {size:,} words"
        )
    return Table(list(words), np.concatenate(chunks))


def _rows(file: BinaryIO, path: Path, first: int, dim: int) -> Iterator[_Row]:
    number = first - 1
    while line := line_of(file, number + 1, path):
        number += 1
        word, _, rest = line.partition(b"\t" if b"\t" in line else b" ")
        try:
            values = np.fromstring(rest, np.float32, sep=" ")
        except ValueError:
            values = np.empty(0, np.float32)
        if len(values) != dim:
            if not line.strip() and not file.read(1):
                return  # a blank line at the end
            word, values = _row_slowly(line, f"{path}: line {number}", dim)
        yield _Row(number, word_of(word, f"{path}: line {number}"), values)


def _row_slowly(line: bytes, place: str, dim: int) -> tuple[bytes, np.ndarray]:
    """A word that may hold spaces, and numbers; or an error that says what is wrong."""
    fields = line.rstrip(b" \r\n").split(b" ")
    numbers = fields[-dim:] if len(fields) > dim else fields[1:]
    try:
        values = float32([float(field) for field in numbers])
    except ValueError:
        bad = next(field for field in numbers if not is_number(field))
        raise InputError(f"{place}: {shown(bad)} is not a number") from None
    if len(fields) <= dim:
        raise InputError(f"{place}: {len(values)} numbers instead of {dim}")
    if len(fields) > dim + 1 and is_number(fields[-dim - 1]):
        raise InputError(f"{place}: more than {dim} numbers")
    return b" ".join(fields[:-dim]), values


def write(table: Table, path: Path) -> None:
    """Write a first line "V D", then one line per word."""
    _write_lines(table, path, f"{len(table.words)} {table.vectors.shape[1]}\n")


def write_glove(table: Table, path: Path) -> None:
    """Write one line per word."""
    _write_lines(table, path, "")


def _write_lines(table: Table, path: Path, header: str) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(header)
        for word, row in zip(table.words, table.vectors, strict=True):
            file.write(f"{word} {' '.join(shortest(row))}\n")

"""What all evaluations share: reading sets line by line, finding words, bootstrap intervals."""

import csv
import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Int
from scipy import sparse

from jaxtext.base.errors import InputError
from jaxtext.text.vocab import Vocab

SAMPLES = 1000
LONGEST_LINE = 1 << 20
# Soft hyphen, word joiner, and the mark that was the word joiner before: no part of a spelling.
INVISIBLE = "\u00ad\u2060\ufeff"

Statistic = Callable[[Int[np.ndarray, " N"]], float]  # of a resampled set, which is given by places


class Difference(NamedTuple):
    """The difference of a score between two tables of vectors, over the items known to both."""

    first: float | None
    second: float | None
    difference: float | None  # second minus first
    ci95: tuple[float, float] | None
    covered: int

    @property
    def significant(self) -> bool:
        """Whether the interval excludes zero."""
        return self.ci95 is not None and not self.ci95[0] <= 0 <= self.ci95[1]


def lines(path: str | Path, comments: bool = False) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers, from 1.

    Comments, lines that begin with #, are left out unless `comments` is true. Raises `InputError`
    for a file that cannot be read, for an empty one, and, naming the line, for bytes that are not
    UTF-8 text.
    """
    empty = True
    try:
        with open(path, "rb", opener=never_waiting) as file:
            number = 0
            while line := file.readline(LONGEST_LINE):
                number += 1
                text = _decode(line, f"{path}: line {number}")
                if number == 1:
                    text = text.removeprefix("\ufeff")
                is_comment = text.startswith("#")
                if text.strip() and (comments or not is_comment):
                    empty = empty and is_comment
                    yield number, text.rstrip("\r\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if empty:
        raise InputError(f"{path}: the file is empty: it contains no item")


def never_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe that nobody writes to is opened as an empty file, without waiting."""
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    os.set_blocking(descriptor, True)
    return descriptor


def _decode(line: bytes, place: str) -> str:
    if len(line) == LONGEST_LINE:
        raise InputError(f"{place} is longer than {LONGEST_LINE:,} bytes: not an evaluation set")
    if b"\0" in line:
        raise InputError(f"{place} contains a zero byte: not a text file")
    if b"\r" in line.rstrip(b"\r\n"):
        raise InputError(
            f"{place} contains a carriage return before its end: convert the line ends"
        )
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{place}: byte {error.start + 1} is not UTF-8 text: convert it") from None


def cells(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each line and its number.

    The first line decides what separates cells: tabs or else semicolons, commas (both with quotes
    as in CSV) or spaces. Raises `InputError` as `lines` does, and for a line that is not CSV.
    """
    mark = None
    for number, line in lines(path):
        mark = first_mark(line) if mark is None else mark
        yield number, split(line, mark, f"{path}: line {number}")


def first_mark(line: str) -> str:
    """Return what separates the cells of a line, by which marks it contains."""
    return next((mark for mark in "\t;," if mark in line), " ")


def split(line: str, mark: str, place: str) -> list[str]:
    """Return the cells of a line. Raises `InputError`, naming the place, if it is not CSV."""
    if mark == " ":
        return line.split()
    if mark not in ";,":
        return [_unquoted(cell.strip()) for cell in line.split(mark)]
    try:
        [row] = csv.reader([line], delimiter=mark, strict=True)
    except (csv.Error, ValueError) as error:
        raise InputError(f"{place}: not CSV: {error}") from None
    return [cell.strip() for cell in row]


def _unquoted(cell: str) -> str:
    """Remove the quotes around a cell; quotes inside are doubled, as in CSV."""
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"').strip()
    return cell


def shown(text: str, most: int = 40) -> str:
    """Return the beginning in quotes, with control characters escaped, for messages."""
    return repr(text[:most])


def normal(word: str) -> str:
    """Return the word in Unicode's composed form (NFC), without marks that nobody sees.

    >>> normal("cafe\u0301"), normal("ma\u00adtrix")
    ('café', 'matrix')
    """
    if word.isascii():
        return word
    for mark in INVISIBLE:
        word = word.replace(mark, "")
    return unicodedata.normalize("NFC", word)


def folded(word: str) -> str:
    """Return the normal form in lower case; the dot that lower-casing leaves above an i is removed.

    Upper case would make one of words that differ in more than case, such as Maße and Masse.

    >>> folded("Maße"), folded("kır"), folded("İzmir")
    ('maße', 'kır', 'izmir')
    """
    lower = normal(word).lower()
    return lower if lower.isascii() else normal(lower.replace("i\u0307", "i"))


def ids(vocab: Vocab, words: Iterable[str], restrict: int | None = None) -> dict[str, int]:
    """Map those of the words that are known to their ids.

    A word is known by its own spelling or else by its normal form; only if neither is known, by the
    most frequent word of the vocabulary that has the same normal form or else is the same in lower
    case. With `restrict`, only that many of the most frequent words are known.

    >>> ids(Vocab(("Rose", "rose", "Tulip"), np.array([3, 2, 1])), ["rose", "ROSE", "tulip", "a"])
    {'rose': 1, 'ROSE': 0, 'tulip': 2}
    """
    size = len(vocab) if restrict is None else min(restrict, len(vocab))
    found = {word: _known(vocab, word, size) for word in words}
    normals = {normal(word): -1 for word, place in found.items() if place is None}
    folds = {folded(word): -1 for word, place in found.items() if place is None}
    if folds:
        # From the rarest word to the most frequent, so that the latter stands in the end.
        for place in reversed(range(size)):
            word = vocab.words[place]
            spelling = word.lower() if word.isascii() else folded(word)
            if spelling in folds:
                folds[spelling] = place
                normals[normal(word)] = place
    for word, place in found.items():
        if place is None:
            same = normals[normal(word)]
            found[word] = same if same >= 0 else folds[folded(word)]
    return {word: place for word, place in found.items() if place is not None and place >= 0}


def _known(vocab: Vocab, word: str, size: int) -> int | None:
    """Return the id of a word that is spelled like this, as it is or in its normal form."""
    for spelling in (word, normal(word)):
        place = vocab.index.get(spelling, size)
        if place < size:
            return place
    return None


def directed(rows: Any) -> Bool[np.ndarray, " N"]:
    """Return which rows, dense or sparse, are not all zeros: only those have a direction."""
    if isinstance(rows, sparse.csr_array):
        return np.asarray(abs(rows).sum(axis=1)).ravel() > 0
    return rows.any(axis=1)


def resampled(statistic: Statistic, size: int, seed: int, samples: int = SAMPLES) -> list[float]:
    """Return the statistic of bootstrap samples of a set of `size` items."""
    random = np.random.default_rng(seed)
    return [statistic(random.integers(0, size, size)) for _ in range(samples)]


def interval(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the middle 95% (percentile bootstrap, Efron 1979); None if no value is finite."""
    finite = np.asarray(values, np.float64)
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return None
    low, high = np.quantile(finite, [0.025, 0.975])
    return float(low), float(high)


def finite(value: float) -> float | None:
    """Return the value, or None if it is not finite, as JSON requires."""
    return float(value) if np.isfinite(value) else None

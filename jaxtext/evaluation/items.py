"""What all evaluations share: reading sets line by line, finding words, bootstrap intervals."""

import csv
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from jaxtext.base.errors import InputError
from jaxtext.text.tokens import lowered, normal
from jaxtext.text.vocab import Vocab
from jaxtext.vectors.embeddings import Embeddings, SparseEmbeddings
from jaxtext.vectors.spelling import canonical

SAMPLES = 1000
DECIMAL_COMMA = re.compile(r"[^\s;,]+ +[^\s;,]+ +\d+,\d+\s*")  # two words and a score
LONGEST_LINE = 1 << 20

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


def lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that are neither blank nor a comment (#), with their numbers, from 1.

    Raises `InputError` for a file that cannot be read, for an empty one, and, naming the line, for
    bytes that are not UTF-8 text.
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
                if text.strip() and not text.startswith("#"):
                    empty = False
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
    as in CSV), spaces or colons. Raises `InputError` as `lines` does, and for a line that is not
    CSV.
    """
    delimiter = None
    for number, line in lines(path):
        if delimiter is None:
            delimiter = _delimiter(line)
        if delimiter == " ":
            yield number, line.split()
        elif delimiter == "\t":
            yield number, [_unquoted(cell.strip()) for cell in line.split("\t")]
        else:
            try:
                [row] = csv.reader([line], delimiter=delimiter, strict=True)
            except (csv.Error, ValueError) as error:
                raise InputError(f"{path}: line {number}: not CSV: {error}") from None
            yield number, [cell.strip() for cell in row]


def _delimiter(line: str) -> str:
    """Return what separates the cells of a line; a decimal comma separates none."""
    if DECIMAL_COMMA.fullmatch(line):
        return " "
    mark = next((mark for mark in "\t;," if mark in line), None)
    if mark is None and line.count(":") > 1 and not any(map(str.isspace, line)):
        return ":"
    return mark or " "


def _unquoted(cell: str) -> str:
    """Remove the quotes around a cell; quotes inside are doubled, as in CSV."""
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"').strip()
    return cell


def shown(text: str) -> str:
    """Return the beginning in quotes, with control characters escaped, for messages."""
    return repr(text[:40])


class NothingKnown(InputError):
    """None of the words of a set has a vector."""


class Words(NamedTuple):
    """How the words of sets are found among those of vectors: exactly, or else with case folded."""

    exact: dict[str, int]
    folded: dict[str, int]

    def find(self, word: str) -> int:
        """Return the id of a word, or -1.

        Its exact spelling wins, then its Unicode form after reading, then both in lower case.
        """
        spellings = word, *canonical(word)
        places = [self.exact[each] for each in spellings if each in self.exact]
        return places[0] if places else self.folded.get(fold(word), -1)


def fold(word: str) -> str:
    """Return a word in lower case and in the Unicode form that words have after reading.

    >>> fold("Maße"), fold("KIR")
    ('maße', 'kir')
    """
    return word if word.isascii() and word.islower() else lowered(normal(word))


def words(vocab: Vocab, restrict: int | None = None, without: Sequence[int] = ()) -> Words:
    """Return how words are found; with case folded, the most frequent spelling is meant.

    With `restrict`, only that many of the most frequent words are found, and those `without` never.

    >>> some = words(Vocab(("Rose", "rose", "a"), np.array([3, 2, 1])))
    >>> some.find("rose"), some.find("ROSE"), some.find("A"), some.find("b")
    (1, 0, 2, -1)
    """
    left_out = set(without)
    ids = [i for i in range(len(vocab.words[:restrict])) if i not in left_out]
    exact = {vocab.words[i]: i for i in ids}
    return Words(exact, {fold(vocab.words[i]): i for i in reversed(ids)})


def zeros(embeddings: Embeddings | SparseEmbeddings, kind: str = "center") -> list[int]:
    """Return the ids of words whose vector is zero: without a direction, they cover no item."""
    if isinstance(embeddings, Embeddings):
        return embeddings.zeros(kind).tolist()
    return np.flatnonzero(np.diff(embeddings.vectors(kind).indptr) == 0).tolist()


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

"""Words and their vectors, as every format reads and writes them, and what readers share.

All readers treat odd rows alike. A row that cannot be used is left out and counted, and the first
one is named with its place in the file; `strict` refuses the file instead. Odd are rows that repeat
a word (the first one is kept), rows without a word or with a word that is not UTF-8 text, rows with
another number of numbers or with one that is not finite, blank lines, and rows beyond the number
that the file announces.
"""

import re
from collections.abc import Sequence
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from jaxtext.base.errors import InputError

LONGEST_LINE = 1 << 24
CHUNK = 1 << 20  # bytes read at a time
SHOWN = 40  # bytes of a word or number in a message
NUMBER = re.compile(
    rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|[+-]?(?:nan|inf(?:inity)?)", re.IGNORECASE
)
KINDS = {  # of odd rows: one, several
    "repeated": ("repeated word", "repeated words"),
    "unnamed": ("row without a word", "rows without a word"),
    "undecoded": ("word that is not UTF-8 text", "words that are not UTF-8 text"),
    "infinite": ("row with a number that is not finite", "rows with a number that is not finite"),
    "unfit": ("row of another layout", "rows of another layout"),
    "blank": ("blank line", "blank lines"),
    "beyond": ("row beyond those announced", "rows beyond those announced"),
}


class Asked(NamedTuple):
    """What is to be read: a file, at most `limit` of its words, and none of its odd rows."""

    path: Path
    limit: int | None = None
    strict: bool = False


class Table(NamedTuple):
    """Words, and a vector for each; context vectors and counts where a format has them.

    `note` says in one line which rows of the file were left out; it is empty if none were.
    """

    words: Sequence[str]
    vectors: Float[np.ndarray, "V D"]
    context: Float[np.ndarray, "V D"] | None = None
    counts: Int[np.ndarray, " V"] | None = None
    note: str = ""


class OddRows:
    """The rows of one file that are left out: how many of each kind, and the first."""

    def __init__(self, asked: Asked, unit: str):
        self.asked, self.unit = asked, unit
        self.kinds: dict[str, int] = {}
        self.first = ""

    def add(self, kind: str, number: int, reason: str) -> None:
        """Leave out a row. Raises `InputError` if the reading is strict."""
        if self.asked.strict:
            raise InputError(f"{self.asked.path}: {self.unit} {number}: {reason}")
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        self.first = self.first or f"{self.unit} {number}: {reason}"

    def refuse_if_most(self, good: int) -> None:
        """Raise `InputError` if there is no good row, or fewer than there are of no layout."""
        if not good or self.kinds.get("unfit", 0) > good:
            raise InputError(
                f"{self.asked.path}: not a vector file: "
                + ("no row can be read" if not good else f"only {good:,} rows can be read")
                + (f"; {self.first}" if self.first else "")
            )

    def note(self) -> str:
        """Return one line about all of them.

        >>> odd = OddRows(Asked(Path("v")), "line")
        >>> odd.note()
        ''
        >>> odd.add("blank", 7, "blank")
        >>> odd.note()
        '1 row left out: line 7: blank'
        >>> odd.add("repeated", 9, "the word 'a' is on line 2 already")
        >>> odd.note()
        '2 rows left out (1 blank line, 1 repeated word); the first is line 7: blank'
        """
        total = sum(self.kinds.values())
        if total < 2:
            return f"1 row left out: {self.first}" if total else ""
        kinds = ", ".join(f"{n:,} {KINDS[kind][n > 1]}" for kind, n in self.kinds.items())
        return f"{total:,} rows left out ({kinds}); the first is {self.first}"


class Rows:
    """The good rows of a file in one table, and the odd ones, counted; `most` bounds the rows."""

    def __init__(self, asked: Asked, unit: str, dim: int, most: int, announced: int | None = None):
        self.asked, self.announced = asked, announced
        self.odd = OddRows(asked, unit)
        self.numbers: dict[str, int] = {}  # the place of each word in the file
        self.found = 0  # rows that are not blank
        bounds = [each for each in (most, announced, asked.limit) if each is not None]
        self.vectors = np.empty((min(bounds), dim), np.float32)  # unused pages cost nothing

    @property
    def full(self) -> bool:
        """Whether there are as many words as were asked for."""
        return self.asked.limit is not None and len(self.numbers) >= self.asked.limit

    def add(self, number: int, word: bytes, values: Float[np.ndarray, " D"]) -> None:
        """Add a row, or leave it out."""
        self.found += 1
        if self.announced is not None and self.found > self.announced:
            reason = f"{shown(word)} comes after the {self.announced:,} words announced"
            return self.odd.add("beyond", number, reason)
        if not word:
            return self.odd.add("unnamed", number, "no word before the numbers")
        try:
            text = word.decode()
        except UnicodeDecodeError:
            return self.odd.add("undecoded", number, f"the word {shown(word)} is not UTF-8 text")
        if text in self.numbers:
            unit = "on line" if self.odd.unit == "line" else f"{self.odd.unit}"
            reason = f"the word {shown(word)} is {unit} {self.numbers[text]} already"
            return self.odd.add("repeated", number, reason)
        if not np.isfinite(values).all():
            reason = "contains a number that is not finite in float32"
            return self.odd.add("infinite", number, reason)
        row = len(self.numbers)
        self.vectors[row] = values
        self.numbers[text] = number
        return None

    def leave_out(self, number: int, reason: str) -> None:
        """Leave out a row that has another layout."""
        self.found += 1
        if self.announced is not None and self.found > self.announced:
            return self.odd.add("beyond", number, reason)
        return self.odd.add("unfit", number, reason)

    def table(self, last: int) -> Table:
        """Return all of them, of a file whose last row has the number `last`.

        Raises `InputError` for a file that is cut short, or that has hardly a good row.
        """
        missing = self.announced is not None and self.found < self.announced
        if missing and not self.full:
            raise InputError(
                f"{self.asked.path}: cut short: ends after {self.odd.unit} {last:,} with "
                f"{self.found:,} of {self.announced:,} words"
            )
        self.odd.refuse_if_most(len(self.numbers))
        vectors = self.vectors[: len(self.numbers)]
        return Table(list(self.numbers), vectors, note=self.odd.note())


def most_rows(file: BufferedIOBase, dim: int) -> int:
    """Return how many lines of `dim` numbers can follow in a file, which stays where it is."""
    begin, lines, size = file.tell(), 1, 0
    while chunk := file.read(CHUNK):
        lines, size = lines + chunk.count(b"\n"), size + len(chunk)
    file.seek(begin)
    return min(lines, size // (2 * dim) + 1)  # a number and what separates it are two bytes


def is_number(field: bytes) -> bool:
    """Tell whether a field is a decimal number; NaN and infinity are."""
    return NUMBER.fullmatch(field) is not None


def float32(values: Sequence[bytes]) -> Float[np.ndarray, " D"]:
    """Return the numbers of fields. Raises `ValueError` for one that is none."""
    with np.errstate(over="ignore"):  # what is not finite is named later
        return np.array([float(value) for value in values], np.float32)


def shown(field: bytes) -> str:
    """Return the beginning of a word or number, quoted."""
    text = field[:SHOWN].decode(errors="replace")
    return repr(f"{text.rstrip(chr(0xFFFD))}\u2026" if len(field) > SHOWN else text)


def line_of(file: BufferedReader, number: int, path: Path) -> bytes:
    """Return the next line. Raises `InputError` for one without an end."""
    line = file.readline(LONGEST_LINE)
    if len(line) == LONGEST_LINE:
        raise InputError(f"{path}: line {number} is longer than {LONGEST_LINE:,} bytes")
    return line


def encodes(word: str) -> bool:
    """Tell whether a word can be written as UTF-8."""
    try:
        word.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return False
    return True


def shortest(row: Float[np.ndarray, " D"]) -> list[str]:
    """The shortest decimal numbers that read back as the same float32."""
    return [str(number) for number in row]

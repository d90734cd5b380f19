"""Which columns of a set of word pairs hold the words and the scores.

The header decides if it names them; otherwise the contents do: parts of speech, contexts, numbers
of rows and names of relations are told from words, and the mean of several judgments from the
judgments. Where more than one reading is possible, none is chosen.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from jaxtext.base.errors import InputError

WORD = re.compile(r"(?:word|term|noun|verb|lemma|token|concept|mot|wort|w)[ _.-]*([12ab])", re.I)
NAME = re.compile(r"(?!(?:nan|inf|infinity|na|none|null)$)[^\W\d_][^\d]*", re.I)  # of a column
MEANS = frozenset(("mean", "average", "avg"))
SCORES = frozenset(
    ("score", "similarity", "sim", "simlex", "relatedness", "rating", "judgment", "gold")
)
OTHERS = frozenset(
    ("sd", "std", "var", "variance", "stdev", "conc", "concq", "assoc", "annotator", "rater",
     "rank", "id", "count", "number")
)  # fmt: skip
SPEECH = frozenset(
    ("n", "v", "a", "j", "r", "s", "adj", "adv", "noun", "verb", "adjective", "adverb", "nn", "vb",
     "jj", "rb", "nnp", "propn")
)  # fmt: skip
Rows = Sequence[Sequence[str]]


class Columns(NamedTuple):
    """The columns of both words and of the scores, whose mean counts; all are counted from 0."""

    words: tuple[int, int]
    scores: tuple[int, ...]

    def described(self) -> str:
        """Return the columns in words, counted from 1."""
        a, b = (column + 1 for column in self.words)
        first, last = self.scores[0] + 1, self.scores[-1] + 1
        scores = f"column {first}" if first == last else f"columns {first}-{last} (their mean)"
        return f"words in columns {a} and {b}, scores in {scores}"


def parsed(text: str) -> Columns:
    """Return the columns that a text names, as 2,4,8 or 2,4,8-17.

    Raises `InputError` for another form.

    >>> parsed("2,4,8-10")
    Columns(words=(1, 3), scores=(7, 8, 9))
    """
    match = re.fullmatch(r"\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*(?:-\s*(\d+)\s*)?", text, re.ASCII)
    numbers = [] if match is None else [int(each[:6]) for each in match.groups() if each]
    if len(numbers) < 3 or min(numbers) < 1 or len(set(numbers[:3])) < 3 or max(numbers) > 10_000:
        raise InputError(
            "must be the columns of two words and of the score, as 2,4,8, or as 2,4,8-17 for the "
            "mean of several scores",
            "columns",
            text,
        )
    a, b, first = (number - 1 for number in numbers[:3])
    scores = tuple(range(first, numbers[3] if len(numbers) > 3 else first + 1))
    if not scores or {a, b} & set(scores):
        raise InputError("the scores must be other columns than the words", "columns", text)
    return Columns((a, b), scores)


def found(rows: Rows) -> Columns | None:
    """Return the columns of a set by its header and its contents; None if it is not clear.

    `rows` are the cells of all lines, the header among them if there is one. Raises `InputError` if
    there are not two columns of text and one of numbers.
    """
    numeric, textual = _kinds(rows)
    if len(textual) < 2 or not numeric:
        raise InputError(f"not two words and a score in a row: {' | '.join(rows[0])[:60]!r}")
    named = _words_by_name(rows[0])
    words = named if named is not None else _words(rows, numeric, textual)
    if words is None:
        return None
    after = [column for column in numeric if column > max(words)]
    before = [
        column
        for column in numeric
        if column < max(words) and not (len(rows) > 2 and _is_running(rows, column))
    ]
    scores = after or before
    if len(scores) > 1:
        scores = _scores_by_name(rows[0], scores) or _mean_of_the_others(rows, scores)
    return Columns(words, (scores[0],)) if len(scores) == 1 else None


def is_header(row: Sequence[str], columns: Columns) -> bool:
    """Whether a first row names its columns, and is not a pair with a mistake in its score."""
    cells = [row[column] if column < len(row) else "" for column in columns.scores]
    if any(number(cell) is not None for cell in cells):
        return False
    if _words_by_name(row) is not None or _scores_by_name(row, list(columns.scores)):
        return True
    words = [row[column] for column in columns.words if column < len(row)]
    return all(map(NAME.fullmatch, cells)) and all(number(word) is None for word in words)


def number(text: str) -> float | None:
    """Return a finite number, which may have a decimal comma; None for anything else.

    >>> number("8,25"), number("nan"), number("a")
    (8.25, None, None)
    """
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _kinds(rows: Rows) -> tuple[list[int], list[int]]:
    """Return the columns in which most rows have a number, and those in which most have a text."""
    filled, numbers = Counter[int](), Counter[int]()
    for row in rows:
        for column, cell in enumerate(row):
            if cell:
                filled[column] += 1
                numbers[column] += number(cell) is not None
    common = sorted(column for column, count in filled.items() if 2 * count >= len(rows))
    numeric = [column for column in common if 2 * numbers[column] >= len(rows)]
    return numeric, [column for column in common if column not in numeric]


def _words_by_name(header: Sequence[str]) -> tuple[int, int] | None:
    """Return the columns that a header calls word 1 and word 2, or the like."""
    places: dict[str, list[int]] = {}
    for column, name in enumerate(header):
        match = WORD.fullmatch(name.strip())
        if match:
            places.setdefault("first" if match[1].lower() in "1a" else "second", []).append(column)
    ones = [places.get(which, []) for which in ("first", "second")]
    return (ones[0][0], ones[1][0]) if all(len(each) == 1 for each in ones) else None


def _words(rows: Rows, numeric: list[int], textual: list[int]) -> tuple[int, int] | None:
    """Return the two columns of words among those with text."""
    if len(textual) > 2:
        textual = [column for column in textual if not _is_aside(rows, column)]
    if len(textual) > 2 and len(later := [column for column in numeric if column > textual[1]]):
        textual = [column for column in textual if column < later[0]]
    return (textual[0], textual[1]) if len(textual) == 2 else None


def _is_aside(rows: Rows, column: int) -> bool:
    """Whether a column has parts of speech, contexts, or the names of a few classes."""
    cells = [row[column] for row in rows[1:] if column < len(row)]  # without a header
    values = set(cells)
    phrases = sum(" " in cell for cell in cells)
    few = len(cells) >= 9 and len(values) <= math.sqrt(len(cells))
    return {value.lower() for value in values} <= SPEECH or 2 * phrases > len(cells) or few


def _is_running(rows: Rows, column: int) -> bool:
    """Whether a column numbers the rows."""
    values = [number(row[column]) if column < len(row) else None for row in rows[1:]]
    first = values[0]
    return first is not None and values == [first + place for place in range(len(values))]


def _scores_by_name(header: Sequence[str], columns: list[int]) -> list[int]:
    """Return the columns that a header calls a mean or, if there is none, a score."""
    names = {
        column: set(re.findall(r"[a-z]+", header[column].lower()))
        for column in columns
        if column < len(header)
    }
    some = {column: parts for column, parts in names.items() if not parts & OTHERS}
    means = [column for column, parts in some.items() if parts & MEANS]
    return means or [column for column, parts in some.items() if parts & SCORES]


def _mean_of_the_others(rows: Rows, columns: list[int]) -> list[int]:
    """Return the one column that is the mean of all others in each row, as far as it is printed."""
    return [column for column in columns if _is_mean(rows, column, columns)]


def _is_mean(rows: Rows, column: int, columns: list[int]) -> bool:
    whole = 0
    for row in rows:
        values = [number(row[each]) if each < len(row) else None for each in columns]
        judged = [value for value in values if value is not None]
        if len(judged) < len(columns):
            continue
        shown = row[column].replace(",", ".").partition(".")[2]
        mean = judged.pop(columns.index(column))
        if len(judged) < 2 or abs(mean - fmean(judged)) > 0.51 * 10 ** -len(shown):
            return False
        whole += 1
    return whole > 1

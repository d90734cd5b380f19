"""Which columns of a set of word pairs contain the two words and the score.

Sets are published with ids, parts of speech, topics, contexts, and the ratings of single people
beside their mean. The names in a header decide; where there is none, or it does not say, the cells
do: a column is left out only if it can be nothing but an id, a tag or a context, and of several
columns of numbers the one that is the mean of the others is the score. Whatever is still open then
has to be given, as the numbers of the columns: 2,4,8, or 2,4,8-10 for the mean of three.
"""

import csv
import math
import re
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from jaxtext.base.errors import InputError
from jaxtext.evaluation import items

Row = Sequence[str]

MARKS = "\t;,|: "  # what may separate cells, in the order in which it is tried
SAMPLE = 200  # lines that decide about it
SHOWN = 100  # characters of the first line in messages
MEANS = 0.95  # part of the rows in which a mean has to be that of the other columns

# Parts of names, in lower case.
WORD = {
    "", "word", "words", "w", "term", "token", "target", "lemma", "noun", "verb", "adj", "item",
    "phrase", "expression", "lexeme", "concept", "entity", "wort", "mot", "palabra", "parola",
    "слово",
}  # fmt: skip
SIDES = {
    "1": 1, "2": 2, "a": 1, "b": 2, "i": 1, "ii": 2, "one": 1, "two": 2, "first": 1, "second": 2,
    "1st": 1, "2nd": 2, "x": 1, "y": 2, "left": 1, "right": 2,
}  # fmt: skip
SCORE = {
    "score", "scores", "rating", "ratings", "sim", "similarity", "rel", "relatedness", "human",
    "gold", "goldstandard", "judgment", "judgement", "value", "simlex", "wordsim", "simverb",
}  # fmt: skip
OTHER = {
    "id", "ids", "idx", "index", "no", "nr", "num", "number", "line", "row", "pairid", "unnamed",
    "pos", "tag", "postag", "class", "type", "relation", "topic", "domain", "category", "group",
    "lang", "language", "context", "sentence", "definition", "sense", "gloss", "comment", "sd",
    "std", "stdev", "stddev", "var", "variance", "deviation", "error", "se", "n", "count", "freq",
    "frequency", "year", "rank", "quartile", "conc", "concreteness", "confidence", "agreement",
    "kappa", "entropy", "min", "max", "distance", "dissimilarity",
}  # fmt: skip
TAGS = {
    "noun", "verb", "adj", "adv", "adjective", "adverb", "nn", "nns", "nnp", "vb", "vbd", "vbg",
    "vbn", "vbp", "vbz", "jj", "jjr", "jjs", "rb", "propn", "synonyms", "antonyms", "hypernyms",
    "hyponyms", "cohyponyms", "hyper/hyponyms", "meronyms", "none",
}  # fmt: skip


class Columns(NamedTuple):
    """The places of the columns, from 0, and what the header calls them."""

    words: tuple[int, int]
    scores: tuple[int, ...]  # the score is their mean
    names: tuple[str, ...] = ()
    width: int = 3

    def numbers(self) -> list[int]:
        """Return the numbers of the columns, from 1: word, word, and those of the score."""
        return [place + 1 for place in (*self.words, *self.scores)]

    def plain(self) -> bool:
        """Return whether the set has two words and a score per line, in this order."""
        return self.width == 3 and self.numbers() == [1, 2, 3]

    def __str__(self) -> str:
        a, b, score = (self._shown(place) for place in (*self.words, self.scores[0]))
        if len(self.scores) > 1:
            numbers = ", ".join(str(place + 1) for place in self.scores)
            return f"words in columns {a} and {b}, score: the mean of columns {numbers}"
        return f"words in columns {a} and {b}, score in column {score}"

    def _shown(self, place: int) -> str:
        name = self.names[place] if place < len(self.names) else ""
        return f"{place + 1} ({items.shown(name)[1:-1]})" if name else str(place + 1)


def parse(columns: str | Sequence[int]) -> Columns:
    """Return the columns that were given by their numbers: two words, one or more scores.

    Raises `InputError` for numbers that name no such columns.

    >>> parse("2,4,8-10").scores
    (7, 8, 9)
    """
    numbers: list[int] = []
    parts = columns.split(",") if isinstance(columns, str) else map(str, columns)
    for part in parts:
        match = re.fullmatch(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?", part)
        if match:
            numbers += range(int(match[1]), int(match[2] or match[1]) + 1)
        if not match or (match[2] and int(match[2]) < int(match[1])):
            raise InputError("must be numbers of columns such as 2,4,8", "columns", columns)
    if len(numbers) < 3 or min(numbers) < 1 or len(set(numbers)) < len(numbers):
        raise InputError(
            "must be different numbers of columns, from 1: word, word, score (2,4,8), or several "
            "scores whose mean is taken (2,4,8-10)",
            "columns",
            columns,
        )
    first, second, *scores = (number - 1 for number in numbers)
    return Columns((first, second), tuple(scores))


def number(text: str) -> float | None:
    """Return the number that a cell contains, also with a decimal comma; None if it is none."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def separator(lines: Sequence[str], least: int = 3) -> str:
    """Return what separates the cells: the first mark that gives most lines words and a number.

    If none does, it is one that the first line contains.
    """
    sample = lines[:SAMPLE]
    for mark in MARKS:
        if 2 * sum(_is_pair(line, mark, least) for line in sample) >= len(sample):
            return mark
    return items.first_mark(lines[0])


def _is_pair(line: str, mark: str, least: int) -> bool:
    if mark == " ":
        row = line.split()
    elif mark in ";,":
        try:
            row = next(csv.reader([line], delimiter=mark), [])
        except (csv.Error, ValueError):
            return False
    else:
        row = line.split(mark)
    filled = [cell for cell in row if cell.strip()]
    numbers = sum(number(cell) is not None for cell in filled)
    return len(row) >= least and 0 < numbers <= len(filled) - 2


def find(
    rows: Sequence[Row], comment: Row, path: str | Path, given: Columns | None = None
) -> tuple[Columns, bool]:
    """Return the columns of a set, and whether its first row is a header.

    `comment` is the last comment before the first row, which may be the header too. Raises
    `InputError` if the columns cannot be known, with the first line and what to give.
    """
    width = max(map(len, rows))
    if given is not None:
        if max(given.numbers()) > width:
            raise InputError(
                f"{path} has {width} columns: '{_shown(rows[0])}'",
                "columns",
                ",".join(map(str, given.numbers())),
            )
        is_header = len(rows) > 1 and any(_is_label(rows[0], place) for place in given.scores)
        return given._replace(names=tuple(rows[0]) if is_header else (), width=width), is_header
    text, numeric = _contents(rows, width)
    if len(text) < 2 or not numeric:
        raise InputError(f"{path}: not two words and a score in a row: '{_shown(rows[0])}'")
    labels = [place for place in numeric if _is_label(rows[0], place)]
    others = [place for place in numeric if place < len(rows[0]) and rows[0][place]]
    is_header = len(rows) > 1 and bool(labels)
    is_header = is_header and (labels == others or _named_words(rows[0], text) is not None)
    names = rows[0] if is_header else comment if _named_words(comment, text) is not None else ()
    body = rows[1:] if is_header else rows
    names = names if len(names) == len(body[0]) else ()
    named = [place for place in text if not _names(names, place, OTHER)]
    words = _named_words(names, text) or _words(body, named, numeric)
    if words is None and len(named) < 2:
        raise InputError(f"{path}: not two words and a score in a row: '{_shown(rows[0])}'")
    score = None if words is None else _score(body, names, numeric, words)
    if words is None or score is None:
        raise _unknown(path, rows[0], words or (text[0], text[1]), text, numeric)
    used = [place for place in range(width) if place in text or place in numeric]
    return Columns(words, (score,), tuple(names), len(used)), is_header


def _contents(rows: Sequence[Row], width: int) -> tuple[list[int], list[int]]:
    """Return the columns that contain text in most rows, and those that contain numbers."""
    filled, numeric = [0] * width, [0] * width
    for row in rows:
        for place, cell in enumerate(row):
            filled[place] += bool(cell)
            numeric[place] += number(cell) is not None
    numbers = [place for place in range(width) if 2 * numeric[place] >= len(rows)]
    words = [place for place in range(width) if 2 * filled[place] >= len(rows)]
    return [place for place in words if place not in set(numbers)], numbers


def _is_label(row: Row, place: int) -> bool:
    """Whether a cell names a column of numbers; "nan", a dash or "3 !" is a mistake of a row."""
    cell = row[place] if place < len(row) else ""
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return any(map(str.isalpha, cell)) and not cell[0].isdigit()
    return False


def _tokens(name: str) -> list[str]:
    return re.findall(r"[^\W\d_]+|\d+", name.lower())


def _names(names: Row, place: int, parts: set[str]) -> bool:
    """Whether the name of a column, as far as it has one, contains one of these parts."""
    return place < len(names) and bool(parts.intersection(_tokens(names[place])))


def _named_words(names: Row, text: Sequence[int]) -> tuple[int, int] | None:
    """Return the only two columns of text whose names differ in "1" and "2", or the like."""
    pairs: dict[str, dict[int, int]] = {}
    for place in text:
        name = "".join(_tokens(names[place])) if place < len(names) else ""
        for side in sorted(SIDES, key=len, reverse=True):
            stem = name.removesuffix(side) if name.endswith(side) else name.removeprefix(side)
            if stem != name:
                if stem not in OTHER and not OTHER.intersection(_tokens(names[place])):
                    pairs.setdefault(stem, {}).setdefault(SIDES[side], place)
                break
    whole = {stem: (pair[1], pair[2]) for stem, pair in pairs.items() if len(pair) == 2}
    best = {stem: pair for stem, pair in whole.items() if stem in WORD} or whole
    return next(iter(best.values())) if len(best) == 1 else None


def _words(
    rows: Sequence[Row], text: Sequence[int], numeric: Sequence[int]
) -> tuple[int, int] | None:
    """Return the two columns of words, or None if more may be."""
    left = list(text)
    for is_other in (_is_tags, _is_context, _is_ids):
        if len(left) > 2:
            left = [place for place in left if not is_other(_cells(rows, place))]
    if len(left) > 2:  # what follows the score is a remark about the pair
        end = min((place for place in numeric if place > left[0]), default=0)
        left = [place for place in left if place < end]
    return (left[0], left[1]) if len(left) == 2 else None


def _cells(rows: Sequence[Row], place: int) -> list[str]:
    return [row[place] for row in rows if place < len(row) and row[place]]


def _is_tags(cells: Sequence[str]) -> bool:
    return all((len(cell) == 1 and cell.isascii()) or cell.lower() in TAGS for cell in cells)


def _is_context(cells: Sequence[str]) -> bool:
    return 2 * sum(len(cell.split()) > 2 for cell in cells) > len(cells)


def _is_ids(cells: Sequence[str]) -> bool:
    """Whether all cells are the same letters and a number, which no two share, such as "en-12"."""
    stems = {re.sub(r"\d+$", "", cell) for cell in cells}
    return len(stems) == 1 and len(set(cells)) == len(cells) and not stems & set(cells)


def _score(
    rows: Sequence[Row], names: Row, numeric: Sequence[int], words: tuple[int, int]
) -> int | None:
    """Return the column of the score, or None if several may be."""
    left = [place for place in numeric if not _names(names, place, OTHER)]
    left = [place for place in left if place > words[0] or not _is_id(rows, place)]
    if len(left) > 1:
        left = [place for place in left if not _counts(rows, place)] or left
    for named in (_is_mean, _is_score):
        found = [place for place in left if place < len(names) and named(names[place])]
        if len(found) == 1:
            return found[0]
        if found:
            return None
    if len(left) < 2:
        return left[0] if left else None
    means = [place for place in left if _is_mean_of_others(rows, place, left)]
    return means[0] if len(means) == 1 else None


def _is_mean(name: str) -> bool:
    mean = r"(human|score|rating)?(mean|average|avg)(score|rating|similarity|relatedness)?s?"
    return any(re.fullmatch(mean, token) for token in _tokens(name))


def _is_score(name: str) -> bool:
    """Whether a name is that of a score; "rating 3" is the rating of one person."""
    tokens = _tokens(name)
    of_one = len(tokens) > 1 and tokens[-1].isdigit() and int(tokens[-1]) < 100
    compound = r"\w+(score|rating)"
    return not of_one and any(t in SCORE or re.fullmatch(compound, t) for t in tokens)


def _is_id(rows: Sequence[Row], place: int) -> bool:
    """Whether a column before the words numbers the pairs, in rising order."""
    values = [number(cell) for cell in _cells(rows, place)]
    whole = [int(value) for value in values if value is not None and value == int(value)]
    if len(whole) < len(values) or len(values) < 3:
        return whole in ([0], [1], [0, 1], [1, 2])
    return all(a < b for a, b in zip(whole, whole[1:], strict=False))


def _counts(rows: Sequence[Row], place: int) -> bool:
    """Whether a column counts the rows, from 0 or from 1."""
    values = [number(cell) for cell in _cells(rows, place)]
    return len(values) > 2 and values in (list(range(len(values))), list(range(1, len(values) + 1)))


def _is_mean_of_others(rows: Sequence[Row], place: int, numeric: Sequence[int]) -> bool:
    """Whether the column is the mean of all others with numbers, up to its rounding."""
    if len(numeric) < 3:
        return False
    right = total = 0
    for row in rows:
        cells = [row[other] if other < len(row) else "" for other in numeric if other != place]
        others = [value for value in map(number, cells) if value is not None]
        shown = row[place] if place < len(row) else ""
        mean = number(shown)
        if mean is None or not others:
            continue
        digits = len(re.split("[.,]", shown)[-1]) if re.search("[.,]", shown) else 0
        total += 1
        right += abs(mean - fmean(others)) <= max(0.51 * 10**-digits, 1e-9)
    return total > 1 and right >= MEANS * total


def _unknown(
    path: str | Path, first: Row, words: tuple[int, int], text: list[int], numeric: list[int]
) -> InputError:
    a, b, score = (place + 1 for place in (*words, next(iter(numeric))))
    ratings = [place + 1 for place in numeric if place > words[1]]
    example = f"{a},{b},{ratings[0] if ratings else score}"
    if len(ratings) > 1 and ratings == list(range(ratings[0], ratings[-1] + 1)):
        example += f", or {a},{b},{ratings[0]}-{ratings[-1]} for a mean"
    return InputError(
        f"have to be given for {path}, whose first line has {len(text)} columns of text and "
        f"{len(numeric)} of numbers, '{_shown(first)}': name those of word, word and score, such "
        f"as {example}",
        "columns",
    )


def _shown(row: Row) -> str:
    return items.shown(" | ".join(row), SHOWN)[1:-1]

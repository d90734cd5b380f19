"""Word similarity: Spearman's rho between cosines and the judgments of people.

A set consists of pairs of words with a score on any scale. It is a text file with one pair per
line, separated by tabs, commas, semicolons, colons or spaces; it may contain comments (#), a header
and further columns.
"""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.linalg import get_blas_funcs
from scipy.stats import rankdata

from jaxtext.base.errors import InputError
from jaxtext.evaluation import columns as columns_of
from jaxtext.evaluation import items
from jaxtext.evaluation.columns import Columns
from jaxtext.evaluation.items import Difference, NothingKnown
from jaxtext.vectors.embeddings import Embeddings, SparseEmbeddings, normalize_sparse

PLAIN = Columns((0, 1), (2,))
TAGGED = re.compile(r".+-[a-z]")  # a word with its part of speech, as in MEN's file of lemmas


class Pairs(NamedTuple):
    """Pairs of words, and how similar people find them, on any scale."""

    words: list[tuple[str, str]]
    scores: Float[np.ndarray, " N"]
    columns: str = ""  # where they stand in the file, unless it has three columns in this order


class Result(NamedTuple):
    """The scores of one set."""

    spearman: float | None  # rho over the covered pairs; None if it is not defined
    ci95: tuple[float, float] | None
    items: int
    covered: int
    spearman_all: float | None  # rho over all pairs; an unknown pair has cosine zero
    cosines: Float[np.ndarray, " N"]  # of every pair; NaN if a word is unknown
    columns: str = ""  # of the file, as in `Pairs`

    def as_json(self) -> dict:
        """Return the scores as `jaxtext evaluate --json` writes them, without the cosines."""
        hidden = {"cosines"} if self.columns else {"cosines", "columns"}
        return {name: value for name, value in self._asdict().items() if name not in hidden}


def read(path: str | Path, columns: str | None = None) -> Pairs:
    """Read a set of word pairs with scores.

    The columns of words and scores are those that `columns` names, counted from 1 ("2,4,8", or
    "2,4,8-17" for the mean of several scores), or else those that the header or the contents show
    (see `columns.found`). Scores may have a decimal comma. Raises `InputError`, naming the line,
    for a row that lacks a word or a score, and if the columns are not clear.
    """
    rows = list(items.cells(path))
    chosen = _columns(path, [row for _, row in rows], columns)
    words, scores = [], []
    for place, (number, row) in enumerate(rows):
        (a, b), shown = _taken(row, chosen.words), _taken(row, chosen.scores)
        values = [columns_of.number(each) for each in shown]
        if place == 0 and len(rows) > 1 and columns_of.is_header(row, chosen):
            continue
        if None in values or not (a and b):
            text = " | ".join(row)[:60]
            raise InputError(f"{path}: line {number}: not two words and a score: {text!r}")
        words.append((a, b))
        scores.append(np.mean([value for value in values if value is not None]))
    plain = columns is None and max(map(len, (row for _, row in rows))) == 3
    told = "" if plain and chosen == PLAIN else chosen.described()
    if all(TAGGED.fullmatch(word) for pair in words for word in pair):
        words = [(a[:-2], b[:-2]) for a, b in words]
        told += f"{told and ', '}part of speech cut off ({words[0][0]!r})"
    return Pairs(words, np.array(scores, np.float64), told)


def _columns(path: str | Path, rows: list[list[str]], columns: str | None) -> Columns:
    if columns is not None:
        return columns_of.parsed(columns)
    try:
        chosen = columns_of.found(rows)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    if chosen is None:
        first = " | ".join(rows[0])
        raise InputError(
            f"{path}: which columns are the two words and the score is not clear from the first "
            f"line, {first[:80]!r}: name them, for example 1,2,3",
            "columns",
        )
    return chosen


def _taken(row: list[str], columns: Sequence[int]) -> list[str]:
    return [row[column] if column < len(row) else "" for column in columns]


def cosines(
    embeddings: Embeddings | SparseEmbeddings,
    words: Sequence[tuple[str, str]],
    kind: str = "center",
) -> Float[np.ndarray, " N"]:
    """Return the cosine of each pair, NaN if a word is unknown or its vector is zero.

    Words are found as by `items.Words`. Vectors are scaled to length one in float64 and rounded to
    their own precision before they are multiplied, pair by pair, as in gensim. Ranks are then the
    same as there even if cosines differ by less than float32 can represent.
    """
    find = items.words(embeddings.vocab, without=items.zeros(embeddings, kind)).find
    ids = np.array([[find(word) for word in pair] for pair in words], np.int64)
    known = ids.min(axis=1) >= 0
    products = np.full(len(words), np.nan)
    if isinstance(embeddings, SparseEmbeddings):
        unit_rows = normalize_sparse(embeddings.vectors(kind))
        first, second = (unit_rows[column] for column in ids[known].T)
        products[known] = (first * second).sum(axis=1)
        return products
    table = embeddings.vectors(kind)
    length, scale = get_blas_funcs(("nrm2", "scal"), dtype=np.float64)

    def unit(row: int) -> np.ndarray:
        vector = table[row].astype(np.float64)
        norm = length(vector)
        return scale(1 / norm, vector).astype(table.dtype) if norm > 0 else table[row]

    products[known] = [np.dot(unit(i), unit(j)) for i, j in ids[known].tolist()]
    return products


def spearman(a: Float[np.ndarray, " N"], b: Float[np.ndarray, " N"]) -> float:
    """Return Spearman's rho, the correlation of ranks; NaN if all ranks of one side are the same.

    Ties share their mean rank.

    >>> spearman(np.array([1.0, 2.0, 4.0]), np.array([0.1, 0.7, 0.5]))
    0.5
    """
    x, y = (ranks - ranks.mean() for ranks in (rankdata(a), rankdata(b)))
    spread = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / spread if spread > 0 else math.nan


def evaluate(
    embeddings: Embeddings | SparseEmbeddings,
    pairs: Pairs,
    kind: str = "center",
    seed: int = 0,
    samples: int = items.SAMPLES,
) -> Result:
    """Return rho with its bootstrap interval, over the pairs whose words are both known.

    The interval is made of `samples` bootstrap samples; with 0, which is faster, there is none.
    Raises `NothingKnown` if no pair is covered.
    """
    products = cosines(embeddings, pairs.words, kind)
    known = ~np.isnan(products)
    if not known.any():
        a, b = pairs.words[0]
        raise NothingKnown(
            f"none of {len(pairs.words):,} pairs is known, "
            f"for example {items.shown(a)} and {items.shown(b)}"
        )
    a, b = products[known], pairs.scores[known]

    def rho(sample: Int[np.ndarray, " N"]) -> float:
        return spearman(a[sample], b[sample])

    return Result(
        spearman=items.finite(spearman(a, b)),
        ci95=items.interval(items.resampled(rho, len(a), seed, samples)),
        items=len(products),
        covered=len(a),
        spearman_all=items.finite(spearman(np.nan_to_num(products), pairs.scores)),
        cosines=products,
        columns=pairs.columns,
    )


def unknown(pairs: Pairs) -> Result:
    """Return the result of a set of which nothing is known."""
    size = len(pairs.words)
    return Result(None, None, size, 0, None, np.full(size, np.nan), pairs.columns)


def difference(first: Result, second: Result, pairs: Pairs, seed: int = 0) -> Difference:
    """Return how much larger the second rho is, by a paired bootstrap over common pairs."""
    known = ~(np.isnan(first.cosines) | np.isnan(second.cosines))
    a, b, gold = first.cosines[known], second.cosines[known], pairs.scores[known]

    def change(sample: Int[np.ndarray, " N"]) -> float:
        return spearman(b[sample], gold[sample]) - spearman(a[sample], gold[sample])

    if not len(gold):
        return Difference(None, None, None, None, 0)
    ci95 = items.interval(items.resampled(change, len(gold), seed))
    ours, other = spearman(a, gold), spearman(b, gold)
    ours, other, more = map(items.finite, (ours, other, other - ours))
    return Difference(ours, other, more, ci95, len(gold))

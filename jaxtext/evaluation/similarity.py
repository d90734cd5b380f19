"""Word similarity: Spearman's rho between cosines and the judgments of people.

A set consists of pairs of words with a score on any scale. It is a text file with one pair per
line, separated by tabs, commas, semicolons or spaces; it may contain comments (#), a header and
further columns.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.linalg import get_blas_funcs
from scipy.stats import rankdata

from jaxtext.base.errors import InputError
from jaxtext.evaluation import items
from jaxtext.evaluation.items import Difference
from jaxtext.vectors.embeddings import Embeddings, SparseEmbeddings, normalize_sparse


class Pairs(NamedTuple):
    """Pairs of words, and how similar people find them, on any scale."""

    words: list[tuple[str, str]]
    scores: Float[np.ndarray, " N"]


class Result(NamedTuple):
    """The scores of one set."""

    spearman: float | None  # rho over the covered pairs; None if it is not defined
    ci95: tuple[float, float] | None
    items: int
    covered: int
    spearman_all: float | None  # rho over all pairs; an unknown pair has cosine zero
    cosines: Float[np.ndarray, " N"]  # of every pair; NaN if a word is unknown

    def as_json(self) -> dict:
        """Return the scores as `jaxtext evaluate --json` writes them, without the cosines."""
        return {name: value for name, value in self._asdict().items() if name != "cosines"}


def read(path: str | Path) -> Pairs:
    """Read a set of word pairs with scores.

    The words are the first two columns that are not numbers. The score is the first column of
    numbers after them or, if there is none, the last one before them. Scores may have a decimal
    comma. Raises `InputError`, naming the line, for a row that lacks a word or a score.
    """
    rows = list(items.cells(path))
    columns = _columns([row for _, row in rows], path)
    words, scores = [], []
    for place, (number, row) in enumerate(rows):
        a, b, shown = (row[column] if column < len(row) else "" for column in columns)
        score = _number(shown)
        if place == 0 and len(rows) > 1 and _is_header(a, b, shown):
            continue
        if score is None or not (a and b):
            text = " | ".join(row)[:60]
            raise InputError(f"{path}: line {number}: not two words and a score: {text!r}")
        words.append((a, b))
        scores.append(score)
    return Pairs(words, np.array(scores, np.float64))


def _columns(rows: list[list[str]], path: str | Path) -> list[int]:
    """Return the columns of the two words and of the score, by what most rows contain."""
    width = max(map(len, rows))
    share = [0] * width
    for row in rows:
        for column, cell in enumerate(row):
            share[column] += _number(cell) is not None
    numeric = [2 * count >= len(rows) and count > 0 for count in share]
    words = [column for column in range(width) if not numeric[column]][:2]
    scores = [column for column in range(width) if numeric[column]]
    if len(words) < 2 or not scores:
        raise InputError(
            f"{path}: not two words and a score in a row: {' | '.join(rows[0])[:60]!r}"
        )
    after = [column for column in scores if column > words[1]]
    return [*words, after[0] if after else scores[-1]]


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _is_header(a: str, b: str, score: str) -> bool:
    """Whether no cell is a number; an absent score and one like "nan" are mistakes of a row."""
    try:
        float(score.replace(",", "."))
    except ValueError:
        return bool(score) and _number(a) is None and _number(b) is None
    return False


def cosines(
    embeddings: Embeddings | SparseEmbeddings,
    words: Sequence[tuple[str, str]],
    kind: str = "center",
) -> Float[np.ndarray, " N"]:
    """Return the cosine of each pair, NaN if a word is unknown; letter case is ignored.

    Vectors are scaled to length one in float64 and rounded to their own precision before they are
    multiplied, pair by pair, as in gensim. Ranks are then the same as there even if cosines differ
    by less than float32 can represent.
    """
    index = items.index(embeddings.vocab)
    ids = np.array([[index.get(word.upper(), -1) for word in pair] for pair in words], np.int64)
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
    Raises `InputError` if no pair is covered.
    """
    products = cosines(embeddings, pairs.words, kind)
    known = ~np.isnan(products)
    if not known.any():
        a, b = pairs.words[0]
        raise InputError(
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
    )


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

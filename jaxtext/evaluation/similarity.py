"""Word similarity: Spearman's rho between cosines and what people said.

A set holds pairs of words with a score on any scale. It is text, one pair a line, cut at tabs,
commas, semicolons or spaces; comments (#), a header and further columns may be there.
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
    """Pairs of words, and how similar people find them."""

    words: list[tuple[str, str]]
    scores: Float[np.ndarray, " N"]


class Result(NamedTuple):
    """Scores of one set."""

    spearman: float | None  # rho over the covered pairs; None where it is not defined
    ci95: tuple[float, float] | None
    items: int
    covered: int
    spearman_all: float | None  # rho over all pairs, where an unknown pair has cosine zero
    cosines: Float[np.ndarray, " N"]  # of every pair; NaN where a word is unknown

    def as_json(self) -> dict:
        """Without the cosines."""
        return {name: value for name, value in self._asdict().items() if name != "cosines"}


def read(path: str | Path) -> Pairs:
    """Read a set: the first two columns that are not numbers are the words, the next of numbers
    behind them, or else the last before them, is the score. Scores may have a decimal comma.

    Raises `InputError` with the line for a row that lacks a word or a score.
    """
    rows = list(items.cells(path))
    columns = _columns([row for _, row in rows], path)
    words, scores = [], []
    for place, (number, row) in enumerate(rows):
        found = [row[column] if column < len(row) else "" for column in columns]
        score = _number(found[2])
        if place == 0 and len(rows) > 1 and _is_header(found):
            continue
        if score is None or not (found[0] and found[1]):
            text = " | ".join(row)[:60]
            raise InputError(f"{path}: line {number}: not two words and a score: {text!r}")
        words.append((found[0], found[1]))
        scores.append(score)
    return Pairs(words, np.array(scores, np.float64))


def _columns(rows: list[list[str]], path: str | Path) -> list[int]:
    """Which columns are the two words and the score, by what most rows hold."""
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
    behind = [column for column in scores if column > words[1]]
    return [*words, behind[0] if behind else scores[-1]]


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _is_header(found: list[str]) -> bool:
    """Whether none is a number, and the score is neither absent nor one that is not finite."""
    try:
        float(found[2].replace(",", "."))
    except ValueError:
        return bool(found[2]) and all(_number(text) is None for text in found[:2])
    return False


def cosines(
    embeddings: Embeddings | SparseEmbeddings,
    words: Sequence[tuple[str, str]],
    kind: str = "center",
) -> Float[np.ndarray, " N"]:
    """Cosine of each pair, NaN where a word is unknown; letter case is ignored.

    Vectors get length one in float64 and are rounded to their own precision before they are
    multiplied, pair by pair, as in gensim: where cosines differ by less than float32 can tell,
    ranks are then the same.
    """
    index = items.index(embeddings.vocab)
    ids = np.array([[index.get(word.upper(), -1) for word in pair] for pair in words], np.int64)
    known = ids.min(axis=1) >= 0
    found = np.full(len(words), np.nan)
    if isinstance(embeddings, SparseEmbeddings):
        unit_rows = normalize_sparse(embeddings.vectors(kind))
        first, second = (unit_rows[column] for column in ids[known].T)
        found[known] = (first * second).sum(axis=1)
        return found
    table = embeddings.vectors(kind)
    length, scale = get_blas_funcs(("nrm2", "scal"), dtype=np.float64)

    def unit(row: int) -> np.ndarray:
        vector = table[row].astype(np.float64)
        size = length(vector)
        return scale(1 / size, vector).astype(table.dtype) if size > 0 else table[row]

    found[known] = [np.dot(unit(i), unit(j)) for i, j in ids[known].tolist()]
    return found


def spearman(a: Float[np.ndarray, " N"], b: Float[np.ndarray, " N"]) -> float:
    """Spearman's rho: the correlation of ranks, ties sharing their mean rank; NaN if undefined.

    >>> spearman(np.array([1.0, 2.0, 4.0]), np.array([0.1, 0.7, 0.5]))
    0.5
    """
    x, y = (ranks - ranks.mean() for ranks in (rankdata(a), rankdata(b)))
    size = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / size if size > 0 else math.nan


def evaluate(
    embeddings: Embeddings | SparseEmbeddings,
    pairs: Pairs,
    kind: str = "center",
    seed: int = 0,
    samples: int = items.SAMPLES,
) -> Result:
    """Rho with its bootstrap interval, over the pairs whose words are both known.

    The interval is made of `samples` bootstrap samples; with 0, which is faster, there is none.
    Raises `InputError` if no pair is known.
    """
    found = cosines(embeddings, pairs.words, kind)
    known = ~np.isnan(found)
    if not known.any():
        a, b = pairs.words[0]
        raise InputError(
            f"none of {len(pairs.words):,} pairs is known, "
            f"as {items.shown(a)} and {items.shown(b)} are not"
        )
    a, b = found[known], pairs.scores[known]

    def rho(sample: Int[np.ndarray, " N"]) -> float:
        return spearman(a[sample], b[sample])

    return Result(
        spearman=items.finite(spearman(a, b)),
        ci95=items.interval(items.resampled(rho, len(a), seed, samples)),
        items=len(found),
        covered=len(a),
        spearman_all=items.finite(spearman(np.nan_to_num(found), pairs.scores)),
        cosines=found,
    )


def difference(first: Result, second: Result, pairs: Pairs, seed: int = 0) -> Difference:
    """How much larger the second's rho is, by a paired bootstrap over pairs that both know."""
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

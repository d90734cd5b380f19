"""Word similarity: Spearman's rho between cosines and the judgments of people.

A set consists of pairs of words with a score on any scale. It is a text file with one pair per
line, separated by tabs, semicolons, commas, vertical bars, colons or spaces; it may contain
comments (#), a header and further columns (see `columns`).
"""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse
from scipy.linalg import get_blas_funcs
from scipy.stats import rankdata

from jaxtext.base.errors import InputError
from jaxtext.evaluation import columns as layout
from jaxtext.evaluation import items
from jaxtext.evaluation.columns import Columns, number
from jaxtext.evaluation.items import Difference
from jaxtext.vectors.embeddings import Embeddings, SparseEmbeddings, normalize_sparse

TAGGED = re.compile(r"(.+)[-_/](?:noun|verb|adj|adv|[nvjar])", re.IGNORECASE)


class Pairs(NamedTuple):
    """Pairs of words, and how similar people find them, on any scale."""

    words: list[tuple[str, str]]
    scores: Float[np.ndarray, " N"]
    columns: Columns | None = None  # of the file that they were read from


class Result(NamedTuple):
    """The scores of one set; all of them are None if no pair is covered."""

    spearman: float | None  # rho over the covered pairs; None if it is not defined
    ci95: tuple[float, float] | None
    items: int
    covered: int
    spearman_all: float | None  # rho over all pairs; an unknown pair has cosine zero
    cosines: Float[np.ndarray, " N"]  # of every pair; NaN if a word is unknown or has no direction
    columns: list[int] | None = None  # of word, word and score in the file, from 1

    def as_json(self) -> dict:
        """Return the scores as `jaxtext evaluate --json` writes them, without the cosines."""
        return {name: value for name, value in self._asdict().items() if name != "cosines"}


def read(path: str | Path, columns: str | Sequence[int] | None = None) -> Pairs:
    """Read a set of word pairs with scores.

    `columns` are the numbers of the columns of the two words and of the score, from 1; of several
    scores the mean is taken, of those that a pair has: "2,3,4-13". Without it, they are found by
    the names in the header or by what the columns contain. Scores may have a decimal comma. Raises
    `InputError` if the columns cannot be known, and, naming the line, for a row that lacks a word
    or a score.
    """
    given = None if columns is None else layout.parse(columns)
    lines = list(items.lines(path, comments=True))
    first = next(place for place, (_, line) in enumerate(lines) if not line.startswith("#"))
    numbered = [(n, line) for n, line in lines[first:] if not line.startswith("#")]
    least = 3 if given is None else max(given.numbers())
    mark = layout.separator([line for _, line in numbered], least)
    rows = [(n, items.split(line, mark, f"{path}: line {n}")) for n, line in numbered]
    comment = lines[first - 1][1].lstrip("# ").split(None if mark == " " else mark) if first else []
    comment = comment if len(comment) == len(rows[0][1]) else []
    chosen, is_header = layout.find([row for _, row in rows], comment, path, given)
    words, scores = [], []
    for n, row in rows[is_header:]:
        a, b, *shown = (row[c] if c < len(row) else "" for c in (*chosen.words, *chosen.scores))
        values = [number(each) for each in shown if each or len(shown) == 1]
        found = [value for value in values if value is not None]
        if not (a and b and found) or len(found) < len(values):
            text = " | ".join(row)[:60]
            raise InputError(f"{path}: line {n}: not two words and a score: {text!r}")
        words.append((a, b))
        scores.append(fmean(found))
    return Pairs(words, np.array(scores, np.float64), chosen)


def cosines(
    embeddings: Embeddings | SparseEmbeddings,
    words: Sequence[tuple[str, str]],
    kind: str = "center",
) -> Float[np.ndarray, " N"]:
    """Return the cosine of each pair, NaN if a word is unknown or its vector is zero.

    Words are found as `items.ids` says. If every word of a set ends with its part of speech, as in
    "sun-n", those that are unknown are looked up without it.

    Vectors are scaled to length one in float64 and rounded to their own precision before they are
    multiplied, pair by pair, as in gensim. Ranks are then the same as there even if cosines differ
    by less than float32 can represent.
    """
    index = _ids(embeddings, words)
    ids = np.array([[index.get(word, -1) for word in pair] for pair in words], np.int64)
    table = embeddings.vectors(kind)
    known = np.flatnonzero(ids.min(axis=1) >= 0)
    known = known[items.directed(table[ids[known, 0]]) & items.directed(table[ids[known, 1]])]
    products = np.full(len(words), np.nan)
    if isinstance(table, sparse.csr_array):
        first, second = (normalize_sparse(table[column]) for column in ids[known].T)
        products[known] = (first * second).sum(axis=1)
        return products
    length, scale = get_blas_funcs(("nrm2", "scal"), dtype=np.float64)

    def unit(row: int) -> np.ndarray:
        vector = table[row].astype(np.float64)
        return scale(1 / length(vector), vector).astype(table.dtype)

    products[known] = [np.dot(unit(i), unit(j)) for i, j in ids[known].tolist()]
    return products


def _ids(
    embeddings: Embeddings | SparseEmbeddings, words: Sequence[tuple[str, str]]
) -> dict[str, int]:
    every = list(dict.fromkeys(word for pair in words for word in pair))
    found = items.ids(embeddings.vocab, every)
    if not tagged(words):
        return found
    bare = {word: TAGGED.sub(r"\1", word) for word in every}
    untagged = items.ids(embeddings.vocab, bare.values())
    return {word: untagged[bare[word]] for word in every if bare[word] in untagged} | found


def tagged(words: Sequence[tuple[str, str]]) -> bool:
    """Return whether every word ends with its part of speech, as in "sun-n" or "sun_N".

    >>> tagged([("sun-n", "shine-v")]), tagged([("sun-n", "x-ray")])
    (True, False)
    """
    return all(TAGGED.fullmatch(word) for pair in words for word in pair)


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
    """
    products = cosines(embeddings, pairs.words, kind)
    known = ~np.isnan(products)
    columns = None if pairs.columns is None else pairs.columns.numbers()
    if not known.any():
        return Result(None, None, len(products), 0, None, products, columns)
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
        columns=columns,
    )


def unknown(pairs: Pairs) -> str:
    """Return what to say of a set of which no pair is covered."""
    a, b = map(items.shown, pairs.words[0])
    return f"none of {len(pairs.words):,} pairs is known, for example {a} and {b}"


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

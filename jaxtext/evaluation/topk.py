"""Top k: do the words nearest to a word belong to its category?

The task is Topk of Stringham and Izbicki (2020); see `members`. Nearest are words of the whole
vocabulary, and none of them is right that the category lacks: scores of different sets, or of
vocabularies of different sizes, cannot be compared.
"""

from typing import Any

import numpy as np
from jaxtyping import Int
from scipy import sparse

from jaxtext.evaluation import items, members
from jaxtext.evaluation.categorization import Categories
from jaxtext.evaluation.members import Result, difference
from jaxtext.vectors.embeddings import (
    Embeddings,
    SparseEmbeddings,
    normalize,
    normalize_sparse,
)
from jaxtext.vectors.query import nearest_rows

__all__ = ["Result", "difference", "evaluate", "unknown"]

TOP = 10
BATCH = 64  # words at a time, of sparse vectors


def evaluate(
    embeddings: Embeddings | SparseEmbeddings,
    categories: Categories,
    kind: str = "center",
    restrict: int | None = None,
    seed: int = 0,
    top: int = TOP,
) -> Result:
    """Return the share of the nearest words that belong to a word's category, as a mean over words.

    For a word whose category has fewer than `top` other known words, as many are asked for as it
    has, so that all may be right; if it has none, the word is not covered. Of a word in several
    categories, the words of all of them are right. With `restrict`, only that many of the most
    frequent words are known, and can be nearest.
    """
    found = members.members(embeddings, categories, kind, restrict)
    theirs = [
        {id for category in own for id in found.known[category].tolist()} - {place}
        for place, own in zip(found.ids.tolist(), found.own, strict=True)
    ]
    values = np.full(len(found.words), np.nan)
    asked = np.array([w for w, ids in enumerate(theirs) if ids and found.ids[w] >= 0], np.int64)
    if asked.size:
        near = _nearest(embeddings.vectors(kind)[:restrict], found.ids[asked], top)
        for place, ids in zip(asked.tolist(), near.tolist(), strict=True):
            most = min(top, len(theirs[place]))
            values[place] = len(theirs[place].intersection(ids[:most])) / most
    return members.scored(values, seed)


def _nearest(table: Any, ids: Int[np.ndarray, " N"], top: int) -> Int[np.ndarray, "N k"]:
    """Return the ids of the words nearest to each word but the word itself, nearest first.

    The table is one of NumPy, or sparse.
    """
    top = min(top, table.shape[0] - 1)
    if not isinstance(table, sparse.csr_array):
        unit = normalize(table)
        zero = np.logical_not(unit.any(axis=1))
        never = zero if zero.any() else None
        return nearest_rows(unit, unit[ids], top, [[id] for id in ids.tolist()], never)[1]
    unit, zero = normalize_sparse(table), ~items.directed(table)
    near = np.empty((len(ids), top), np.int64)
    for first in range(0, len(ids), BATCH):
        some = ids[first : first + BATCH]
        cosines = (unit @ unit[some].T).toarray().T
        cosines[np.arange(len(some)), some] = -np.inf
        cosines[:, zero] = -np.inf
        near[first : first + BATCH] = np.argsort(-cosines, axis=1, kind="stable")[:, :top]
    return near


def unknown(categories: Categories) -> str:
    """Return what to say of a set of which no word is covered."""
    return f"no nearest words of {len(categories.words):,} words: no category has two known words"

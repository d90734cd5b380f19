"""Words by category: what the two tests that are made from categories share.

They are for languages that have no set of pairs or analogies, but lists of words: animals, colors,
months (Stringham and Izbicki 2020, "Evaluating Word Embeddings on Low-Resource Languages"). The
files are those of `categorization`; of several levels of categories, the first one counts.
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from jaxtext.evaluation import items
from jaxtext.evaluation.categorization import Categories
from jaxtext.evaluation.items import Difference
from jaxtext.vectors.embeddings import Embeddings, SparseEmbeddings


class Result(NamedTuple):
    """The scores of one set; an item is a word."""

    accuracy: float | None  # mean of the covered words; None if there is none
    ci95: tuple[float, float] | None
    items: int
    covered: int
    accuracy_all: float  # a word that is not covered counts as missed
    values: Float[np.ndarray, " N"]  # of each word, from 0 to 1; NaN if it is not covered

    def as_json(self) -> dict:
        """Return the scores as `jaxtext evaluate --json` writes them, without single words."""
        return {name: value for name, value in self._asdict().items() if name != "values"}


class Members(NamedTuple):
    """The different words of a set, and the ids of those that are known, by category."""

    words: list[str]
    ids: Int[np.ndarray, " N"]  # of each word, or -1
    own: list[list[int]]  # of each word, the categories that it belongs to
    known: list[Int[np.ndarray, " M"]]  # of each category, the ids of its known words, in order


def members(
    embeddings: Embeddings | SparseEmbeddings,
    categories: Categories,
    kind: str = "center",
    restrict: int | None = None,
) -> Members:
    """Find the words of a set as `items.ids` says; one whose vector is zero is not known."""
    own: dict[str, list[int]] = {}
    numbers: dict[str, int] = {}
    for word, category in zip(categories.words, categories.levels[0], strict=True):
        own.setdefault(word, []).append(numbers.setdefault(category, len(numbers)))
    index = items.ids(embeddings.vocab, own, restrict)
    ids = np.array([index.get(word, -1) for word in own], np.int64)
    found = np.flatnonzero(ids >= 0)
    ids[found[~items.directed(embeddings.vectors(kind)[ids[found]])]] = -1
    by_category: list[set[int]] = [set() for _ in numbers]
    for place, theirs in zip(ids.tolist(), own.values(), strict=True):
        for category in theirs if place >= 0 else ():
            by_category[category].add(place)
    known = [np.array(sorted(each), np.int64) for each in by_category]
    return Members(list(own), ids, list(own.values()), known)


def scored(values: Float[np.ndarray, " N"], seed: int) -> Result:
    """Return the mean of the values that are known, with a bootstrap interval over words."""
    known = values[~np.isnan(values)]

    def mean(sample: Int[np.ndarray, " N"]) -> float:
        return float(known[sample].mean())

    return Result(
        accuracy=float(known.mean()) if known.size else None,
        ci95=items.interval(items.resampled(mean, known.size, seed)) if known.size else None,
        items=len(values),
        covered=known.size,
        accuracy_all=float(np.nansum(values) / len(values)),
        values=values,
    )


def difference(first: Result, second: Result, seed: int = 0) -> Difference:
    """Return how much larger the second accuracy is, by a paired bootstrap over common words."""
    common = ~(np.isnan(first.values) | np.isnan(second.values))
    if not common.any():
        return Difference(None, None, None, None, 0)
    a, b = first.values[common], second.values[common]

    def change(sample: Int[np.ndarray, " N"]) -> float:
        return float((b - a)[sample].mean())

    ci95 = items.interval(items.resampled(change, len(a), seed))
    ours, other = float(a.mean()), float(b.mean())
    return Difference(ours, other, other - ours, ci95, len(a))


def dense(rows: Any) -> Float[np.ndarray, "N D"]:
    """Return rows, which may be sparse, as an array of float64."""
    return (rows if isinstance(rows, np.ndarray) else rows.toarray()).astype(np.float64)

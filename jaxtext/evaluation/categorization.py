"""Categorization: do clusters of vectors agree with categories that people made?

A set is text, one word a line: its categories, finest first, then the word, cut at tabs (or as
`items.cells` cuts). Where there are several levels of categories, each is a clustering of its own.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from jaxtext.base.errors import InputError
from jaxtext.evaluation import items
from jaxtext.evaluation.items import Difference
from jaxtext.vectors.embeddings import Embeddings, normalize

RESTARTS, ROUNDS = 20, 100


class Categories(NamedTuple):
    """Words and, for each level, the category of each."""

    words: list[str]
    levels: list[list[str]]


class Level(NamedTuple):
    """The clustering of one level of categories."""

    categories: int
    purity: float
    chance: float  # mean purity of the same clusters with shuffled categories
    purity_all: float  # where an unknown word counts as in the wrong cluster


class Result(NamedTuple):
    """Scores of one set; the first level is the set's."""

    items: int
    covered: int
    levels: list[Level]
    labels: list[Int[np.ndarray, " N"]]  # of each level, the category of each word
    clusters: list[Int[np.ndarray, " N"]]  # of each level, the cluster of each word, or -1

    def as_json(self) -> dict:
        """The first level, and all of them where there are several."""
        found = self.levels[0]._asdict() | {"items": self.items, "covered": self.covered}
        if len(self.levels) > 1:
            found["levels"] = [level._asdict() for level in self.levels]
        return found


def read(path: str | Path) -> Categories:
    """Read a set. Raises `InputError` with the line for one that does not fit the others."""
    words, rows = [], []
    for number, row in items.cells(path):
        if len(row) < 2 or not all(row) or (rows and len(row) != len(rows[0]) + 1):
            expected = "categories and a word" if not rows else f"{len(rows[0]) + 1} columns"
            raise InputError(f"{path}: line {number}: not {expected}: {' | '.join(row)[:60]!r}")
        words.append(row[-1])
        rows.append(row[:-1])
    return Categories(words, [list(level) for level in zip(*rows, strict=True)])


def purity(labels: Int[np.ndarray, " N"], clusters: Int[np.ndarray, " N"]) -> float:
    """The part of words that belong to the category most common in their cluster.

    Cluster -1 is none: its words count as wrong.

    >>> purity(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1]))
    0.75
    """
    known = clusters >= 0
    width = int(labels.max()) + 1
    cells = clusters[known] * width + labels[known]
    table = np.bincount(cells, minlength=(int(clusters.max()) + 1) * width).reshape(-1, width)
    return float(table.max(axis=1).sum() / len(labels))


def cluster(table: Float[np.ndarray, "N D"], number: int, seed: int = 0) -> Int[np.ndarray, " N"]:
    """Spherical k-means of unit rows (Dhillon and Modha 2001): the best of `RESTARTS` starts.

    Rows join the mean with the largest cosine; means get length one. Starts are by k-means++ of
    scikit-learn (extra `[eval]`). Raises `InputError` without it.
    """
    try:
        from sklearn.cluster import kmeans_plusplus
    except ImportError:
        raise InputError("categories need scikit-learn: pip install 'jaxtext[eval]'") from None
    random, best, most = np.random.RandomState(seed), None, -np.inf
    for _ in range(RESTARTS):
        means, _ = kmeans_plusplus(table, number, random_state=random)
        assigned = np.full(len(table), -1)
        for _ in range(ROUNDS):
            before, assigned = assigned, (table @ means.T).argmax(axis=1)
            if (assigned == before).all():
                break
            sums = (assigned == np.arange(number)[:, None]).astype(table.dtype) @ table
            empty = ~sums.any(axis=1)  # such a mean stays where it is
            means = np.where(empty[:, None], means, normalize(sums))
        total = float((table @ means.T).max(axis=1).sum())
        if total > most:
            best, most = assigned, total
    assert best is not None
    return best


def evaluate(
    embeddings: Embeddings, categories: Categories, kind: str = "center", seed: int = 0
) -> Result:
    """Purity of as many clusters of the known words as these have categories.

    Raises `InputError` if no word is known, and without scikit-learn.
    """
    index = items.index(embeddings.vocab)
    ids = np.array([index.get(word.upper(), -1) for word in categories.words])
    known = np.flatnonzero(ids >= 0)
    if not known.size:
        first = items.shown(categories.words[0])
        raise InputError(f"none of {len(ids):,} words is known, as {first} is not")
    table = normalize(embeddings.vectors(kind)[ids[known]].astype(np.float64))
    levels, all_labels, all_clusters = [], [], []
    for names in categories.levels:
        labels = np.unique(names, return_inverse=True)[1].ravel()
        mine = labels[known]
        number = len(np.unique(mine))
        assigned = cluster(table, number, seed)
        clusters = np.full(len(ids), -1)
        clusters[known] = assigned
        random = np.random.default_rng(seed)
        shuffled = [purity(random.permutation(mine), assigned) for _ in range(items.SAMPLES)]
        levels.append(
            Level(
                categories=number,
                purity=purity(mine, assigned),
                chance=float(np.mean(shuffled)),
                purity_all=purity(labels, clusters),
            )
        )
        all_labels.append(labels)
        all_clusters.append(clusters)
    return Result(len(ids), known.size, levels, all_labels, all_clusters)


def difference(first: Result, second: Result, seed: int = 0) -> Difference:
    """How much larger the second's purity is (first level), by a paired bootstrap over words."""
    a, b = first.clusters[0], second.clusters[0]
    known = np.flatnonzero((a >= 0) & (b >= 0))
    a, b, labels = a[known], b[known], first.labels[0][known]

    def change(sample: Int[np.ndarray, " N"]) -> float:
        return purity(labels[sample], b[sample]) - purity(labels[sample], a[sample])

    if not known.size:
        return Difference(None, None, None, None, 0)
    ci95 = items.interval(items.resampled(change, known.size, seed))
    scores = purity(labels, a), purity(labels, b)
    return Difference(*scores, scores[1] - scores[0], ci95, known.size)

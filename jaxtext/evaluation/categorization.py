"""Categorization: do clusters of vectors agree with categories made by people?

A set is a text file with one word per line: its categories, the finest first, and then the word,
separated by tabs (or by other marks, see `items.cells`). With several levels of categories, the
words are clustered once for each level.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from jaxtext.base.errors import InputError
from jaxtext.evaluation import items
from jaxtext.evaluation.items import Difference
from jaxtext.vectors.embeddings import Embeddings, SparseEmbeddings, normalize

RESTARTS = 20
ROUNDS = 100  # at most, in each restart


class Categories(NamedTuple):
    """Words and, for each level, the category of each word."""

    words: list[str]
    levels: list[list[str]]


class Level(NamedTuple):
    """The clustering of one level of categories."""

    categories: int
    purity: float | None  # None if no word is covered
    chance: float | None  # mean purity of the same clusters with shuffled categories
    purity_all: float  # an unknown word counts as being in the wrong cluster


class Result(NamedTuple):
    """The scores of one set; those of the first level are the scores of the set."""

    items: int
    covered: int
    levels: list[Level]
    labels: list[Int[np.ndarray, " N"]]  # for each level, the category of each word
    clusters: list[Int[np.ndarray, " N"]]  # for each level, the cluster of each word, or -1

    def as_json(self) -> dict:
        """Return the scores of the first level, and of all levels if there are several."""
        scores = self.levels[0]._asdict() | {"items": self.items, "covered": self.covered}
        if len(self.levels) > 1:
            scores["levels"] = [level._asdict() for level in self.levels]
        return scores


def read(path: str | Path) -> Categories:
    """Read a set. Raises `InputError`, naming the line, for a line that does not fit the others."""
    words, rows = [], []
    for number, row in items.cells(path):
        if len(row) < 2 or not all(row) or (rows and len(row) != len(rows[0]) + 1):
            expected = "categories and a word" if not rows else f"{len(rows[0]) + 1} columns"
            raise InputError(f"{path}: line {number}: not {expected}: {' | '.join(row)[:60]!r}")
        words.append(row[-1])
        rows.append(row[:-1])
    return Categories(words, [list(level) for level in zip(*rows, strict=True)])


def purity(labels: Int[np.ndarray, " N"], clusters: Int[np.ndarray, " N"]) -> float:
    """Return the part of words that belong to the most common category of their cluster.

    Words with cluster -1 are in no cluster and count as wrong.

    >>> purity(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1]))
    0.75
    """
    known = clusters >= 0
    width = int(labels.max()) + 1
    cells = clusters[known] * width + labels[known]
    table = np.bincount(cells, minlength=(int(clusters.max()) + 1) * width).reshape(-1, width)
    return float(table.max(axis=1).sum() / len(labels))


def require() -> None:
    """Raise `InputError`, which says how to install it, if scikit-learn is missing."""
    if find_spec("sklearn") is None:
        raise InputError(
            "categorization needs scikit-learn: pip install -e '.[eval]' where jaxtext was checked "
            "out, or pip install scikit-learn"
        )


def cluster(table: Float[np.ndarray, "N D"], number: int, seed: int = 0) -> Int[np.ndarray, " N"]:
    """Return the clusters of unit rows by spherical k-means (Dhillon and Modha 2001).

    Rows join the mean with the largest cosine, and means are scaled to length one. Of `RESTARTS`
    starts by the k-means++ of scikit-learn (extra `[eval]`), the best result is returned. Raises
    `InputError` if scikit-learn is not installed.
    """
    require()
    from sklearn.cluster import kmeans_plusplus

    random, best, most = np.random.RandomState(seed), None, -np.inf
    for _ in range(RESTARTS):
        means, _ = kmeans_plusplus(table, number, random_state=random)
        assigned = np.full(len(table), -1)
        for _ in range(ROUNDS):
            before, assigned = assigned, (table @ means.T).argmax(axis=1)
            if (assigned == before).all():
                break
            sums = (assigned == np.arange(number)[:, None]).astype(table.dtype) @ table
            empty = ~sums.any(axis=1)  # these means stay where they are
            means = np.where(empty[:, None], means, normalize(sums))
        total = float((table @ means.T).max(axis=1).sum())
        if total > most:
            best, most = assigned, total
    assert best is not None
    return best


def evaluate(
    embeddings: Embeddings | SparseEmbeddings,
    categories: Categories,
    kind: str = "center",
    seed: int = 0,
) -> Result:
    """Return the purity of as many clusters as the known words have categories.

    Words are found as `items.ids` says; one whose vector is zero is not known. Raises `InputError`
    if scikit-learn is not installed.
    """
    index = items.ids(embeddings.vocab, categories.words)
    ids = np.array([index.get(word, -1) for word in categories.words])
    known = np.flatnonzero(ids >= 0)
    rows = embeddings.vectors(kind)[ids[known]]
    is_directed = items.directed(rows)
    known, rows = known[is_directed], rows[is_directed]
    if not known.size:
        return _uncovered(categories)
    dense = rows.toarray() if isinstance(rows, sparse.csr_array) else rows
    table = normalize(dense.astype(np.float64))
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


def _uncovered(categories: Categories) -> Result:
    labels = [np.unique(names, return_inverse=True)[1].ravel() for names in categories.levels]
    levels = [Level(int(numbers.max()) + 1, None, None, 0.0) for numbers in labels]
    nowhere = np.full(len(categories.words), -1)
    return Result(len(categories.words), 0, levels, labels, [nowhere for _ in levels])


def unknown(categories: Categories) -> str:
    """Return what to say of a set of which no word is covered."""
    first = items.shown(categories.words[0])
    return f"none of {len(categories.words):,} words is known, for example {first}"


def difference(first: Result, second: Result, seed: int = 0) -> Difference:
    """Return how much larger the second purity is (first level), by a paired bootstrap."""
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

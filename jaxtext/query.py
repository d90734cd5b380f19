"""Questions to trained vectors, answered by cosine similarity."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from jaxtext.embeddings import Embeddings, normalize
from jaxtext.errors import InputError

Item = str | np.ndarray  # a word, or a vector of its own
Answers = list[tuple[str, float]]
BATCH = 64  # queries at a time, whose scores fit memory that is used again
GROUP = 64  # scores of which only the largest is looked at first


class Query(NamedTuple):
    """Nearest to the sum of some unit vectors less others: words, or vectors of E numbers."""

    positive: Sequence[Item]
    negative: Sequence[Item] = ()


def top_rows(
    scores: Float[np.ndarray, "P B"], top: int
) -> tuple[Float[np.ndarray, "B top"], Int[np.ndarray, "B top"]]:
    """The `top` largest scores of each column, largest first, and their rows; P / `GROUP` is whole.

    Only groups of rows with the largest maxima are looked at: every P / `GROUP`-th row is in one.
    """
    columns = scores.shape[1]
    maxima = scores.reshape(GROUP, -1, columns).max(axis=0)  # [groups, B]
    groups = len(maxima)
    chosen = _largest(np.ascontiguousarray(maxima.T), min(top, groups))
    ids = (groups * np.arange(GROUP)[:, None] + chosen[:, None]).reshape(columns, -1)
    candidates = scores.ravel().take(ids * columns + np.arange(columns)[:, None])
    places = _largest(candidates, top)
    best, ids = (np.take_along_axis(part, places, axis=1) for part in (candidates, ids))
    order = np.lexsort((ids, -best), axis=1)
    return np.take_along_axis(best, order, axis=1), np.take_along_axis(ids, order, axis=1)


def _largest(scores: Float[np.ndarray, "B N"], top: int) -> Int[np.ndarray, "B top"]:
    """Places of the `top` largest of each row, in any order."""
    rest = scores.shape[1] - top
    return np.argpartition(scores, rest, axis=1)[:, rest:]


def neighbors(
    embeddings: Embeddings,
    queries: Sequence[Item | Query],
    top: int = 10,
    kind: str = "center",
    restrict: int | None = None,
) -> list[Answers]:
    """For each query the nearest words and their cosines, nearest first.

    A query is a word, a vector of E numbers, or a `Query` of several; its own words are no answers.
    With `restrict`, only so many most frequent words are. Many queries at a time are answered much
    faster than one by one.

    Raises `InputError` for unknown words, for vectors of another size or that are not finite, for a
    query of nothing, and for `top` or `restrict` below one.
    """
    if top < 1:
        raise InputError(f"--top {top}: ask for at least one word")
    if restrict is not None and restrict < 1:
        raise InputError(f"--restrict {restrict}: must be at least 1")
    table = embeddings.vectors(kind)
    asked = [each if isinstance(each, Query) else Query([each]) for each in queries]
    directions, own = _directions(embeddings, table, asked)
    table = normalize(table[:restrict])
    size, top = len(table), min(top, len(table))
    scores = np.full((size + -size % GROUP, BATCH), -np.inf, table.dtype)
    answers: list[Answers] = []
    for first in range(0, len(own), BATCH):
        some = directions[first : first + BATCH]
        filled = np.pad(some, ((0, BATCH - len(some)), (0, 0)))
        np.matmul(table, filled.T, out=scores[:size])
        for column, ids in enumerate(own[first : first + BATCH]):
            scores[[i for i in ids if i < size], column] = -np.inf
        best = (part[: len(some)].tolist() for part in top_rows(scores, top))
        answers += [_named(embeddings, *row) for row in zip(*best, strict=True)]
    return answers


def _named(embeddings: Embeddings, scores: list[float], ids: list[int]) -> Answers:
    words = embeddings.vocab.words
    return [(words[i], s) for i, s in zip(ids, scores, strict=True) if s > -np.inf]


def _directions(
    embeddings: Embeddings, table: Float[np.ndarray, "V E"], queries: Sequence[Query]
) -> tuple[Float[np.ndarray, "N E"], list[list[int]]]:
    """Of length one, and the ids of the words that each is made of."""
    starts, signs, rows, own = [], [], [], []
    for positive, negative in queries:
        items = [*positive, *negative]
        if not items:
            raise InputError("a query needs at least one word or vector")
        ids = embeddings.ids([item for item in items if isinstance(item, str)]).tolist()
        words = iter(ids)
        starts.append(len(rows))
        signs += [1.0] * len(positive) + [-1.0] * len(negative)
        rows += [table[next(words)] if isinstance(i, str) else _vector(i, table) for i in items]
        own.append(ids)
    if not rows:
        return np.zeros((0, table.shape[1]), table.dtype), []
    signed = normalize(np.stack(rows)) * np.array(signs, table.dtype)[:, None]
    return normalize(np.add.reduceat(signed, starts, axis=0)), own


def _vector(item: np.ndarray, table: Float[np.ndarray, "V E"]) -> Float[np.ndarray, " E"]:
    vector = np.asarray(item)
    if vector.shape != table.shape[1:] or not np.isfinite(vector).all():
        raise InputError(
            f"a vector of a query must be {table.shape[1]} finite numbers, found shape "
            f"{list(vector.shape)}"
        )
    return vector.astype(table.dtype)


def analogy(
    embeddings: Embeddings, a: str, b: str, c: str, top: int = 5, kind: str = "center"
) -> Answers:
    """Answers to "a is to b as c is to ?": nearest to b - a + c, the three left out (3CosAdd).

    Raises `InputError` for unknown words and for `top` below one.
    """
    return neighbors(embeddings, [Query([b, c], [a])], top, kind)[0]


def odd_one_out(embeddings: Embeddings, words: Sequence[str], kind: str = "center") -> str:
    """The word farthest by cosine from the mean of all the words' unit vectors.

    Raises `InputError` for unknown words and for fewer than three.
    """
    if len(words) < 3:
        raise InputError(f"{len(words)} words: one can be odd among three or more")
    table = normalize(embeddings.vectors(kind)[embeddings.ids(words)])
    return words[int((table @ table.mean(axis=0)).argmin())]


def similarities(
    embeddings: Embeddings, words: Sequence[str], kind: str = "center"
) -> Float[np.ndarray, "N N"]:
    """Cosines of the words with each other. Raises `InputError` for unknown ones."""
    table = normalize(embeddings.vectors(kind)[embeddings.ids(words)])
    return table @ table.T

"""Questions to trained vectors, answered by cosine similarity."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple, overload

import numpy as np
from jaxtyping import Bool, Float, Int

from jaxtext.base.errors import InputError
from jaxtext.base.html import html_table
from jaxtext.vectors.embeddings import Embeddings, normalize

Item = Any  # a word, or a vector: an array of NumPy or JAX
BATCH = 512  # queries at a time
BLOCK = 2048  # rows of the table at a time; their scores of a batch stay in a core's cache
GROUP = 16  # consecutive rows, of whose scores only the largest is kept; and groups in a section
GATHERED = 1 << 20  # numbers of rows that are scored again at a time


class Query(NamedTuple):
    """Nearest to the sum of some unit vectors less others: words, or vectors of E numbers.

    A single word or vector may stand for a list of one: `Query("row", "column")`.
    """

    positive: Any
    negative: Any = ()


class Answers(list[tuple[str, float]]):
    """Words and their cosines, nearest first; notebooks show them as a table."""

    def _repr_html_(self) -> str:
        rows = [[word, f"{cosine:.4f}"] for word, cosine in self]
        return html_table("", ["word", "cosine"], rows)


def nearest_rows(
    table: Float[np.ndarray, "V E"],
    directions: Float[np.ndarray, "N E"],
    top: int,
    without: Sequence[Sequence[int]],
    never: Bool[np.ndarray, " V"] | None = None,
) -> tuple[Float[np.ndarray, "N top"], Int[np.ndarray, "N top"]]:
    """For each direction the `top` rows with the largest products, largest first, and the products.

    The rows in `without`, one list a direction, are left out, and those in `never` for all of them;
    where fewer than `top` are left, the last products are -inf and their rows mean nothing. What is
    asked together changes no answer, but for rounding where the last of its rows are equally near.
    """
    top = min(top, len(table))
    best = np.empty((len(directions), top), table.dtype)
    rows = np.empty((len(directions), top), np.int64)
    for first in range(0, len(directions), BATCH):
        some = slice(first, first + BATCH)
        maxima = _group_maxima(table, directions[some], never)  # [groups, B]
        # A row left out may be why its group was chosen: as many groups more.
        most = top + max(len(set(ids)) for ids in without[some])
        sections = _largest(maxima.reshape(-1, GROUP, maxima.shape[1]).max(axis=1).T, most)
        groups = _members(sections)
        chosen = _largest(maxima[groups, np.arange(len(groups))[:, None]], most)
        groups = np.sort(np.take_along_axis(groups, chosen, axis=1), axis=1)
        step = max(1, GATHERED // (groups.shape[1] * GROUP * table.shape[1]))
        for at in range(0, len(groups), step):
            part = slice(first + at, first + min(at + step, len(groups)))
            best[part], rows[part] = _best_of_groups(
                table, directions[part], groups[at : at + step], without[part], never, top
            )
    return best, rows


def _group_maxima(
    table: Float[np.ndarray, "V E"],
    directions: Float[np.ndarray, "B E"],
    never: Bool[np.ndarray, " V"] | None,
) -> Float[np.ndarray, "groups B"]:
    """The largest product of each direction in each `GROUP` of rows; -inf for groups of no row."""
    maxima = np.empty((-(-len(table) // BLOCK), BLOCK // GROUP, len(directions)), table.dtype)
    scores = np.empty((BLOCK, len(directions)), table.dtype)
    for place, maximum in enumerate(maxima):
        block = table[place * BLOCK : (place + 1) * BLOCK]
        np.matmul(block, directions.T, out=scores[: len(block)])
        scores[len(block) :] = -np.inf
        if never is not None:
            scores[: len(block)][never[place * BLOCK : (place + 1) * BLOCK]] = -np.inf
        scores.reshape(-1, GROUP, len(directions)).max(axis=1, out=maximum)
    return maxima.reshape(-1, len(directions))


def _members(places: Int[np.ndarray, "B n"]) -> Int[np.ndarray, "B m"]:
    """The rows of groups, or the groups of sections."""
    return (places[:, :, None] * GROUP + np.arange(GROUP)).reshape(len(places), -1)


def _best_of_groups(
    table: Float[np.ndarray, "V E"],
    directions: Float[np.ndarray, "b E"],
    groups: Int[np.ndarray, "b G"],
    without: Sequence[Sequence[int]],
    never: Bool[np.ndarray, " V"] | None,
    top: int,
) -> tuple[Float[np.ndarray, "b top"], Int[np.ndarray, "b top"]]:
    ids = _members(groups)
    inside = ids < len(table)  # a group may be short, or empty
    scores = (table.take(ids, axis=0, mode="clip") @ directions[:, :, None])[:, :, 0]
    scores[~inside] = -np.inf
    if never is not None:
        scores[inside & never.take(ids, mode="clip")] = -np.inf
    for row, left_out in enumerate(without):
        for each in left_out:
            scores[row, ids[row] == each] = -np.inf
    places = _largest(scores, top)
    best, ids = (np.take_along_axis(part, places, axis=1) for part in (scores, ids))
    order = np.lexsort((ids, -best), axis=1)
    return np.take_along_axis(best, order, axis=1), np.take_along_axis(ids, order, axis=1)


def _largest(scores: Float[np.ndarray, "B N"], top: int) -> Int[np.ndarray, "B top"]:
    """Places of the `top` largest of each row, in any order; of all, if there are fewer."""
    rest = max(0, scores.shape[1] - top)
    return np.argpartition(scores, rest, axis=1)[:, rest:]


@overload
def neighbors(
    embeddings: Embeddings,
    queries: str | Query,
    top: int = 10,
    kind: str = "center",
    restrict: int | None = None,
) -> Answers: ...


@overload
def neighbors(
    embeddings: Embeddings,
    queries: list[str] | list[Query] | tuple[str, ...],
    top: int = 10,
    kind: str = "center",
    restrict: int | None = None,
) -> list[Answers]: ...


@overload
def neighbors(
    embeddings: Embeddings,
    queries: Any,
    top: int = 10,
    kind: str = "center",
    restrict: int | None = None,
) -> Any: ...


def neighbors(
    embeddings: Embeddings,
    queries: Any,
    top: int = 10,
    kind: str = "center",
    restrict: int | None = None,
) -> Any:
    """Return the nearest words and their cosines, nearest first.

    A query is a word, a vector of E numbers, or a `Query` of several; its own words are no answers.
    One query gets one list of answers, a list of queries gets a list of them. With `restrict`, only
    that many most frequent words are answers. Many queries at a time are answered much faster than
    one by one.

    Raises `InputError` for unknown words, for vectors of another size or that are not finite, for a
    query of nothing, and for `top` or `restrict` below one.
    """
    if not isinstance(embeddings, Embeddings):
        found = type(embeddings).__name__
        raise InputError(f"must be Embeddings, as load returns them, found {found}", "embeddings")
    if top < 1:
        raise InputError("must be at least 1", "top", top)
    if restrict is not None and restrict < 1:
        raise InputError("must be at least 1", "restrict", restrict)
    single = _is_item(queries) or isinstance(queries, Query)
    asked = [
        Query(*map(_listed, each if isinstance(each, Query) else Query(each)))
        for each in ([queries] if single else queries)
    ]
    table = embeddings.vectors(kind)
    directions, own = _directions(embeddings, table, asked)
    known = table[:restrict]
    zero = np.logical_not(known.any(axis=1))
    never = zero if zero.any() else None
    best, ids = nearest_rows(normalize(known), directions, top, own, never)
    rows = zip(best.tolist(), ids.tolist(), strict=True)
    answers = [_named(embeddings, *row) for row in rows]
    return answers[0] if single else answers


def _is_item(value: Any) -> bool:
    """Whether this is one word or one vector."""
    return isinstance(value, str | int | np.integer) or getattr(value, "ndim", 0) == 1


def _listed(side: Any) -> list[Item]:
    """The words and vectors on one side of a query."""
    if _is_item(side):
        return [side]
    if not isinstance(side, Iterable):
        raise InputError(f"a query is a word, a vector, or a Query of them, found {side!r:.40}")
    return list(side)


def _named(embeddings: Embeddings, scores: list[float], ids: list[int]) -> Answers:
    words = embeddings.vocab.words
    pairs = zip(ids, scores, strict=True)
    return Answers((words[place], score) for place, score in pairs if score > -np.inf)


def _directions(
    embeddings: Embeddings, table: Float[np.ndarray, "V E"], queries: Sequence[Query]
) -> tuple[Float[np.ndarray, "N E"], list[list[int]]]:
    """Of length one, and the ids of the words that each is made of."""
    asked = [[*query.positive, *query.negative] for query in queries]
    if not all(asked):
        raise InputError("a query needs at least one word or vector")
    known = embeddings.ids([item for items in asked for item in items if _is_word(item)])
    ids = iter(known.tolist())
    own = [[next(ids) for item in items if _is_word(item)] for items in asked]
    rows = []
    for items, some in zip(asked, map(iter, own), strict=True):
        rows += [table[next(some)] if _is_word(i) else _vector(i, table) for i in items]
    if not rows:
        return np.zeros((0, table.shape[1]), table.dtype), []
    signs = [
        sign for query in queries for sign, side in zip((1, -1), query, strict=True) for _ in side
    ]
    _check_zero(chain(*asked), rows)
    signed = normalize(np.stack(rows)) * np.array(signs, table.dtype)[:, None]
    sizes = [len(items) for items in asked]
    sums = normalize(np.add.reduceat(signed, np.cumsum([0, *sizes[:-1]]), axis=0))
    if not sums.any(axis=1).all():
        raise InputError("the vectors of a query cancel each other: their sum has no neighbors")
    return sums, own


def _check_zero(items: Iterable[Item], rows: Iterable[np.ndarray]) -> None:
    """Raise `InputError` for a vector without a direction."""
    for item, row in zip(items, rows, strict=True):
        if not row.any():
            name = f"of {item!r}" if _is_word(item) else "of a query"
            raise InputError(f"the vector {name} is zero: it has no direction and no neighbors")


def _is_word(item: Item) -> bool:
    return isinstance(item, str | int | np.integer)


def _vector(item: Item, table: Float[np.ndarray, "V E"]) -> Float[np.ndarray, " E"]:
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
    return neighbors(embeddings, Query([b, c], [a]), top, kind)


def odd_one_out(embeddings: Embeddings, words: Sequence[str], kind: str = "center") -> str:
    """The word farthest by cosine from the mean of all the words' unit vectors.

    Raises `InputError` for unknown words, for zero vectors and for fewer than three words.
    """
    if isinstance(words, str) or len(words) < 3:
        raise InputError("give a list of three words or more", "words", words)
    table = _unit_rows(embeddings, words, kind)
    return words[int((table @ table.mean(axis=0)).argmin())]


def similarities(
    embeddings: Embeddings, words: Sequence[str], kind: str = "center"
) -> Float[np.ndarray, "N N"]:
    """Cosines of the words with each other.

    Raises `InputError` for unknown words and for zero vectors.
    """
    table = _unit_rows(embeddings, words, kind)
    return table @ table.T


def _unit_rows(embeddings: Embeddings, words: Sequence[str], kind: str) -> Float[np.ndarray, "N E"]:
    rows = embeddings.vectors(kind)[embeddings.ids(words)]
    _check_zero(words, rows)
    return normalize(rows)

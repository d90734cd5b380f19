"""Questions to trained vectors, answered by cosine similarity."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jaxtext.embeddings import Embeddings, normalize
from jaxtext.errors import InputError

Item = str | np.ndarray  # a word, or a vector of its own
Answers = list[tuple[str, float]]
BATCH = 128  # queries at a time
GROUP = 64  # columns of which only the largest is looked at first


class Query(NamedTuple):
    """Nearest to the sum of some unit vectors less others: words, or vectors of E numbers."""

    positive: Sequence[Item]
    negative: Sequence[Item] = ()


@partial(jax.jit, static_argnames="top")
def nearest(
    table: Float[Array, "V D"],
    directions: Float[Array, "B D"],
    excluded: Int[Array, "B E"],
    top: int,
) -> tuple[Float[Array, "B top"], Int[Array, "B top"]]:
    """The `top` rows of a table of unit rows by dot product, and which; `excluded` ids left out.

    An id beyond the table excludes nothing.
    """
    scores = jax.lax.optimization_barrier(directions @ table.T)  # [B, V]
    rows = jnp.arange(len(directions))[:, None]
    return top_columns(scores.at[rows, excluded].set(-jnp.inf, mode="drop"), top)


def top_columns(
    scores: Float[Array, "B V"], top: int
) -> tuple[Float[Array, "B top"], Int[Array, "B top"]]:
    """The `top` largest scores of each row, largest first, and their columns.

    As `jax.lax.top_k`, which is slow for long rows on CPUs: the columns are dealt out to groups of
    `GROUP`, and the largest are in the groups with the largest maxima.
    """
    rows, columns = scores.shape
    groups = -(-columns // GROUP)
    if groups <= top:
        best, ids = jax.lax.top_k(scores, top)
        return best, ids
    blank = ((0, 0), (0, groups * GROUP - columns))
    dealt = jnp.pad(scores, blank, constant_values=-jnp.inf).reshape(rows, GROUP, groups)
    chosen = jnp.sort(jax.lax.top_k(dealt.max(axis=1), top)[1], axis=1)[:, None, :]
    candidates = jnp.take_along_axis(dealt, chosen, axis=2).reshape(rows, -1)
    ids = (chosen + groups * jnp.arange(GROUP, dtype=chosen.dtype)[None, :, None]).reshape(rows, -1)
    best, places = jax.lax.top_k(candidates, top)
    return best, jnp.take_along_axis(ids, places, axis=1)


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
    found = [_direction(embeddings, table, query) for query in asked]
    table = normalize(table[:restrict])
    most = max((len(ids) for _, ids in found), default=0)
    answers: list[Answers] = []
    device = jnp.asarray(table)
    for first in range(0, len(found), BATCH):
        some = found[first : first + BATCH]
        size = min(1 << (len(some) - 1).bit_length(), BATCH)  # few shapes, since each is compiled
        directions = np.zeros((size, table.shape[1]), table.dtype)
        excluded = np.full((size, most), len(table))
        for row, (direction, ids) in enumerate(some):
            directions[row], excluded[row, : len(ids)] = direction, ids
        best = nearest(device, jnp.asarray(directions), jnp.asarray(excluded), min(top, len(table)))
        scores, ids = (np.asarray(part)[: len(some)].tolist() for part in best)
        answers += [_named(embeddings, *row) for row in zip(scores, ids, strict=True)]
    return answers


def _named(embeddings: Embeddings, scores: list[float], ids: list[int]) -> Answers:
    words = embeddings.vocab.words
    return [(words[i], s) for i, s in zip(ids, scores, strict=True) if s > -np.inf]


def _direction(
    embeddings: Embeddings, table: Float[np.ndarray, "V E"], query: Query
) -> tuple[Float[np.ndarray, " E"], Int[np.ndarray, " _"]]:
    """Of length one, and the ids of the words that it is made of."""
    items = [*query.positive, *query.negative]
    if not items:
        raise InputError("a query needs at least one word or vector")
    ids = embeddings.ids([item for item in items if isinstance(item, str)])
    words = iter(ids)
    rows = np.stack(
        [table[next(words)] if isinstance(i, str) else _vector(i, table) for i in items]
    )
    signs = np.repeat([1.0, -1.0], [len(query.positive), len(query.negative)])
    return normalize((signs @ normalize(rows))[None])[0].astype(table.dtype), ids


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

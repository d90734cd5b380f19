"""Questions to trained vectors, answered by cosine similarity."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jaxtext.embeddings import Embeddings, normalize
from jaxtext.errors import InputError

Answers = list[tuple[str, float]]


def nearest(
    table: Float[Array, "V D"],
    directions: Float[Array, "B D"],
    excluded: Int[Array, "B E"],
    top: int,
) -> tuple[Float[Array, "B top"], Int[Array, "B top"]]:
    """The `top` rows of a table of unit rows by dot product, and which; `excluded` ids left out."""
    scores = directions @ table.T  # [B, V]
    rows = jnp.arange(len(directions))[:, None]
    best, ids = jax.lax.top_k(scores.at[rows, excluded].set(-jnp.inf), top)
    return best, ids


def neighbors(
    embeddings: Embeddings, words: Sequence[str], top: int = 10, kind: str = "center"
) -> list[Answers]:
    """For each word, the nearest other words and their cosines, nearest first.

    Raises `InputError` for unknown words and for `top` below one.
    """
    ids = embeddings.ids(words)
    table = jnp.asarray(normalize(embeddings.vectors(kind)))
    return _answers(embeddings, table, table[ids], ids[:, None], top)


def analogy(
    embeddings: Embeddings, a: str, b: str, c: str, top: int = 5, kind: str = "center"
) -> Answers:
    """Answers to "a is to b as c is to ?": nearest to b - a + c, the three left out (3CosAdd).

    Raises `InputError` for unknown words and for `top` below one.
    """
    ids = embeddings.ids([a, b, c])
    table = jnp.asarray(normalize(embeddings.vectors(kind)))
    direction = table[ids[1]] - table[ids[0]] + table[ids[2]]
    length = jnp.linalg.norm(direction)
    direction = direction / jnp.where(length == 0, 1, length)
    return _answers(embeddings, table, direction[None], ids[None], top)[0]


def _answers(
    embeddings: Embeddings,
    table: Float[Array, "V D"],
    directions: Float[Array, "B D"],
    excluded: Int[Array | np.ndarray, "B E"],
    top: int,
) -> list[Answers]:
    if top < 1:
        raise InputError(f"--top {top}: ask for at least one word")
    scores, ids = nearest(table, directions, jnp.asarray(excluded), min(top, len(table)))
    words = embeddings.vocab.words
    return [
        [(words[i], score) for i, score in zip(*row, strict=True) if score > -jnp.inf]
        for row in zip(ids.tolist(), scores.tolist(), strict=True)
    ]

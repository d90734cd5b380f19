r"""Skip-gram with the full softmax (Mikolov et al. 2013, "Efficient estimation", section 3.2).

Given a center word w, the model predicts each of its context words c out of all V words:

$$p(c \mid w) = \frac{\exp(w \cdot c)}{\sum_{v \in V} \exp(w \cdot c_v)}$$

where w is a row of the center table and every $c_v$ a row of the context table. One example costs
V scores and changes all rows of the context table, which is why negative sampling (`sgns`) exists.

Functions of one word or pair do not check its ids, since JAX traces them; functions of a batch or a
text do.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Float, Int

from jaxtext.base.checks import check_at_least, check_ids
from jaxtext.base.types import EmbeddingParams
from jaxtext.models.sgns import init, score
from jaxtext.text.windows import pairs

__all__ = [
    "batch_loss",
    "init",
    "likelihood",
    "log_probabilities",
    "logits",
    "negative_log_likelihood",
    "pair_loss",
    "parameter_count",
    "probabilities",
    "score",
    "updated_rows",
]


def parameter_count(vocab_size: int, dim: int) -> int:
    """Return the size of two tables with a row for each word (sheet: skip-gram basics, c).

    Raises `ValueError` for fewer than one word or dimension.

    >>> parameter_count(101_425, 300)
    60855000
    """
    check_at_least("vocab_size", vocab_size, 1)
    check_at_least("dim", dim, 1)
    return 2 * vocab_size * dim


def logits(params: EmbeddingParams, center: Int[ArrayLike, ""]) -> Float[Array, " V"]:
    """Return the scores of all words as context of a center: its vector times that table."""
    return params.context @ params.center[center]


def log_probabilities(params: EmbeddingParams, center: Int[ArrayLike, ""]) -> Float[Array, " V"]:
    """Return ln p(c | w) for every word c."""
    return jax.nn.log_softmax(logits(params, center))


def probabilities(params: EmbeddingParams, center: Int[ArrayLike, ""]) -> Float[Array, " V"]:
    """Return p(c | w) for every word c.

    >>> alike = EmbeddingParams(jnp.ones((4, 3)), jnp.ones((4, 3)))
    >>> probabilities(alike, 0).tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    return jnp.exp(log_probabilities(params, center))


def pair_loss(
    params: EmbeddingParams, center: Int[ArrayLike, ""], context: Int[ArrayLike, ""]
) -> Float[Array, ""]:
    r"""Return the cross entropy of one pair, $-\ln p(c \mid w)$ (sheet: skip-gram training, b).

    Equal scores give ln V:

    >>> alike = EmbeddingParams(jnp.ones((4, 3)), jnp.ones((4, 3)))
    >>> print(f"{pair_loss(alike, 0, 1):.4f}")
    1.3863
    """
    return -log_probabilities(params, center)[context]


def batch_loss(
    params: EmbeddingParams, centers: Int[ArrayLike, " B"], contexts: Int[ArrayLike, " B"]
) -> Float[Array, ""]:
    """Return the mean of `pair_loss` over the batch.

    Raises `ValueError` for an id that is not in the vocabulary.
    """
    check_ids("centers", centers, len(params.center))
    check_ids("contexts", contexts, len(params.context))
    losses = jax.vmap(pair_loss, in_axes=(None, 0, 0))
    return jnp.mean(losses(params, jnp.asarray(centers), jnp.asarray(contexts)))  # [B] -> []


def negative_log_likelihood(
    params: EmbeddingParams, ids: Int[np.ndarray, " T"], window: int
) -> Float[Array, ""]:
    r"""Return the sum of `pair_loss` over all pairs of a text, divided by its number of tokens.

    $$-\frac{1}{T} \sum_{t=1}^{T} \sum_{\substack{-L \le j \le L,\ j \ne 0 \\ 1 \le t+j \le T}}
      \ln p(w_{t+j} \mid w_t)$$

    The sheet (skip-gram training, a) divides by tokens, not by pairs, and leaves out the second
    condition: a neighbor beyond either end of the text has no probability. Raises `ValueError`
    for a text without pairs, for a window below one, and for an id that is not in the vocabulary.
    """
    examples = pairs(ids, window)
    if not len(examples):
        raise ValueError(f"ids: a text of {len(ids)} tokens has no pairs, give at least two")
    check_ids("ids", ids, len(params.center))
    losses = jax.vmap(pair_loss, in_axes=(None, 0, 0))
    return losses(params, *jnp.asarray(examples).T).sum() / len(ids)


def likelihood(
    params: EmbeddingParams, ids: Int[np.ndarray, " T"], window: int
) -> Float[Array, ""]:
    r"""Return the product of $p(c \mid w)$ over all pairs of a text (sheet: skip-gram training, a).

    Use it for short texts only: it underflows to zero after a few hundred pairs. Raises
    `ValueError` as `negative_log_likelihood` does.
    """
    return jnp.exp(-len(ids) * negative_log_likelihood(params, ids, window))


def updated_rows(
    params: EmbeddingParams, center: Int[ArrayLike, ""], context: Int[ArrayLike, ""]
) -> tuple[list[int], list[int]]:
    """Return the rows of the center and of the context table that a step on one pair changes.

    They are read off the gradient: the row of the center word, and *every* context row, including
    that of the center word (which the sheet leaves out: skip-gram training, c). Raises `ValueError`
    for an id that is not in the vocabulary.

    >>> params = EmbeddingParams(jnp.ones((4, 3)), jnp.eye(4, 3))
    >>> updated_rows(params, 2, 0)
    ([2], [0, 1, 2, 3])
    """
    check_ids("center", center, len(params.center))
    check_ids("context", context, len(params.context))
    gradient = jax.jit(jax.grad(pair_loss))(params, center, context)
    center_rows, context_rows = (
        np.flatnonzero(np.asarray(table).any(axis=1)) for table in gradient
    )
    return center_rows.tolist(), context_rows.tolist()

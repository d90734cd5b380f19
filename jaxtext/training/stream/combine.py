r"""Combine what several streams learned from the same tables into one change of these tables.

Streams that start from the same tables and train on different parts of the text end with different
tables. Two changes a and b of a row are combined to

$$a + b - \frac{a \cdot b}{2} \Big( \frac{a}{|a|^2} + \frac{b}{|b|^2} \Big),$$

which is their sum where they are orthogonal, or where one of them is zero, and their mean where
they are equal: what both have learned counts once. This is Adasum (Maleki et al. 2021, section 3),
which was introduced for word vectors as the gradient combiner of GraphWord2Vec (Gill et al. 2021).
Changes of more than two streams are combined in a binary tree of fixed shape.
"""

from collections.abc import Sequence

import jax.numpy as jnp
from jaxtyping import Array, Float


def combined(a: Float[Array, "... D"], b: Float[Array, "... D"]) -> Float[Array, "... D"]:
    """Combine two changes of the same rows.

    >>> one, across = jnp.array([[1.0, 0.0]]), jnp.array([[0.0, 3.0]])
    >>> combined(one, across).tolist(), combined(one, one).tolist()
    ([[1.0, 3.0]], [[1.0, 0.0]])
    """
    both = (a * b).sum(-1, keepdims=True)
    return _kept(both, a) * a + _kept(both, b) * b


def _kept(both: Float[Array, "... 1"], a: Float[Array, "... D"]) -> Float[Array, "... 1"]:
    """Return 1 - a.b / (2 |a|^2), the factor of the change `a`; 1 for a row that did not change."""
    square = (a * a).sum(-1, keepdims=True)
    return 1 - both / (2 * jnp.where(square > 0, square, 1))


def tree(changes: Sequence[Float[Array, "... D"]]) -> Float[Array, "... D"]:
    """Combine the changes of all streams: neighbors first, then neighbors among the results.

    A change without a neighbor goes on as it is. The shape depends on the number of streams alone.
    """
    while len(changes) > 1:
        pairs = [combined(*changes[i : i + 2]) for i in range(0, len(changes) - 1, 2)]
        changes = pairs + list(changes[2 * len(pairs) :])
    return changes[0]

r"""A block of the stream: the loss of all its pairs, and the gradient of that loss by hand.

The formulas are those of the exercise sheet (skip-gram with negative sampling), summed over the
pairs of T tokens.
"""

import operator
from functools import reduce
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jaxtext.base.types import EmbeddingParams
from jaxtext.training.accelerators import Add, added


class Block(NamedTuple):
    """T tokens with a halo of W on either side, the window of each, and the K shared negatives."""

    ids: Int[Array, " H"]  # H = T + 2 W
    left: Int[Array, " T"]
    right: Int[Array, " T"]
    negatives: Int[Array, " K"]


class RowScale(NamedTuple):
    """Factors by which the gradients of a block's center and context rows are multiplied."""

    center: Float[Array, " T"]
    context: Float[Array, " H"]


class RowGradient(NamedTuple):
    """A gradient by rows: row i of `center` belongs to word `center_ids[i]`; repeats add up."""

    center_ids: Int[Array, " T"]
    center: Float[Array, "T D"]
    context_ids: Int[Array, " HK"]
    context: Float[Array, "HK D"]


def window_offsets(window: int) -> list[int]:
    """Return the offsets of the neighbors, from left to right: -window ... -1, 1 ... window."""
    return [offset for offset in range(-window, window + 1) if offset]


def block_loss(
    params: EmbeddingParams, block: Block, negatives: int
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    r"""Return the sum of the losses of all pairs of a block, and the number of pairs.

    $$\sum_t \Big[ \sum_{o \in \text{window}(t)} -\log\sigma(w_t \cdot c_{t+o})
      + \frac{k\,p_t}{K} \sum_{j=1}^{K} -\log\sigma(-w_t \cdot n_j) \Big]$$

    Here $p_t$ is the number of pairs of center t. This is the sum of `sgns.pair_loss` over the
    pairs, with the K shared negatives weighted by k / K.
    """
    w, c, n = _rows(params, block)
    mask = _window_mask(block, w.dtype)  # [T, 2W]
    pairs = mask.sum(1)  # [T]
    positive = -(mask * jax.nn.log_sigmoid(_window_scores(w, c))).sum()
    negative = -(pairs @ jax.nn.log_sigmoid(-(w @ n.T)).sum(1))
    return positive + negatives / len(n) * negative, pairs.sum()


def block_gradient(
    params: EmbeddingParams,
    block: Block,
    negatives: int,
    scale: float | Float[Array, ""] = 1.0,
    rows: RowScale | None = None,
) -> RowGradient:
    r"""Return the gradient of `block_loss`, derived by hand, times `scale`.

    With `rows`, the rows of the centers and contexts are also multiplied by these factors.

    With $g_{to} = \sigma(w_t \cdot c_{t+o}) - 1$ inside the window (0 outside) and
    $h_{tj} = \frac{k\,p_t}{K}\,\sigma(w_t \cdot n_j)$, the derivatives in the scores,

    $$\partial w_t = \sum_o g_{to} c_{t+o} + \sum_j h_{tj} n_j, \qquad
      \partial c_u = \sum_o g_{u-o,\,o}\, w_{u-o}, \qquad
      \partial n_j = \sum_t h_{tj} w_t.$$
    """
    w, c, n = jax.lax.optimization_barrier(_rows(params, block))
    mask = _window_mask(block, w.dtype)
    # The scores are scaled, since there are far fewer of them than row entries. The barriers keep
    # XLA from computing g again inside each of its uses.
    g = scale * mask * (jax.nn.sigmoid(_window_scores(w, c)) - 1)  # [T, 2W]
    g = jax.lax.optimization_barrier(g)
    weight = scale * negatives / len(n) * mask.sum(1, keepdims=True)
    # Both products with h have a contiguous first factor: the other order takes twice as long.
    h_t = weight.T * jax.nn.sigmoid(jax.lax.optimization_barrier(n @ w.T))  # [K, T]
    h_t = jax.lax.optimization_barrier(h_t)
    h = jax.lax.optimization_barrier(h_t.T)
    d_center, d_context = _window_gradients(g, w, c)
    if rows is not None:
        d_context = rows.context[:, None] * d_context
    d_center, d_context, d_shared, d_negative = jax.lax.optimization_barrier(
        (d_center, d_context, h @ n, h_t @ w)
    )
    d_center = d_center + d_shared
    return RowGradient(
        _centers(block),
        d_center if rows is None else rows.center[:, None] * d_center,
        jnp.concatenate([block.ids, block.negatives]),
        jnp.concatenate([d_context, d_negative]),
    )


def add_rows(params: EmbeddingParams, rows: RowGradient, add: Add | None = None) -> EmbeddingParams:
    """Return `params + rows`, where rows of the same word add up: by `added` unless told else."""
    add = added if add is None else add
    return EmbeddingParams(
        add(params.center, rows.center_ids, rows.center),
        add(params.context, rows.context_ids, rows.context),
    )


def _window(block: Block) -> int:
    return (block.ids.shape[0] - block.left.shape[0]) // 2


def _centers(block: Block) -> Int[Array, " T"]:
    window = _window(block)
    return block.ids[window : window + block.left.shape[0]]


def _rows(
    params: EmbeddingParams, block: Block
) -> tuple[Float[Array, "T D"], Float[Array, "H D"], Float[Array, "K D"]]:
    """Gather the rows of the centers, the contexts with halo, and the negatives."""
    context_ids = jnp.concatenate([block.ids, block.negatives])
    context = params.context[context_ids]
    halo = block.ids.shape[0]
    return params.center[_centers(block)], context[:halo], context[halo:]


def _window_mask(block: Block, dtype: jnp.dtype) -> Float[Array, "T W2"]:
    """Return 1 where the neighbor belongs to the window of the token, else 0."""
    offsets = np.array(window_offsets(_window(block)), block.left.dtype)[None]  # [1, 2W]
    reach = jnp.where(offsets < 0, block.left[:, None], block.right[:, None])  # [T, 2W]
    return (reach >= np.abs(offsets)).astype(dtype)


def _window_scores(w: Float[Array, "T D"], c: Float[Array, "H D"]) -> Float[Array, "T W2"]:
    """Return w_t . c_{t+o} for each token and offset.

    One reduction computes all 2 * window results. Its independent sums keep the adders of the CPU
    busy, while one reduction per offset would wait for each addition (2.4 times as long, measured).
    """
    size = w.shape[0]
    window = (c.shape[0] - size) // 2
    products = tuple(w * c[window + o : window + o + size] for o in window_offsets(window))
    zeros = tuple(jnp.zeros((), w.dtype) for _ in products)
    sums = jax.lax.reduce(
        products, zeros, lambda a, b: tuple(x + y for x, y in zip(a, b, strict=True)), (1,)
    )
    return jnp.stack(sums, axis=1)


def _window_gradients(
    g: Float[Array, "T W2"], w: Float[Array, "T D"], c: Float[Array, "H D"]
) -> tuple[Float[Array, "T D"], Float[Array, "H D"]]:
    """Return the parts of the center and context gradients that come from pairs in the window.

    `g` contains the derivatives of the loss in the scores of these pairs.
    """
    size, halo = w.shape[0], c.shape[0]
    window = (halo - size) // 2
    offsets = list(enumerate(window_offsets(window)))
    parts = [g[:, i : i + 1] * c[window + o : window + o + size] for i, o in offsets]
    d_center = reduce(operator.add, parts)
    # Context u is paired with center u - o; zero rows stand for centers outside the block.
    around = ((2 * window, 2 * window), (0, 0))
    g, w = jnp.pad(g, around), jnp.pad(w, around)
    parts = [
        g[window - o : window - o + halo, i : i + 1] * w[window - o : window - o + halo]
        for i, o in offsets
    ]
    return d_center, reduce(operator.add, parts)

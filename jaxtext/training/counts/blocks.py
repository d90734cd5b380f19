"""Functions of a sparse matrix and two dense tables, computed for some rows at a time.

Nothing of the size of the matrix is ever dense as a whole. Counts are made dense in two buffers of
some rows each: a second thread fills one while the first computes with the other. Scores are
computed for `ROWS` rows at a time.
"""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy import sparse

from jaxtext.training.prefetch import prefetch

ROWS = 128  # whose scores are in memory at a time: enough to keep the processor busy
BUFFER_CELLS = 1 << 25  # of counts that are made dense at a time


def by_blocks(
    function: Callable[..., Any],
    table: Float[Array, "V D"],
    columns: Float[Array, "V D"],
    counts: sparse.csr_array,
    weight: Float[np.ndarray, " V"],
    factor: Float[Array, " V"],
) -> list[Any]:
    """Apply `function` to blocks of rows and return the list of its results.

    The arguments of `function` are the rows, `columns`, the rows' counts and weights, and `factor`.
    All blocks have the same shape; the last is padded with rows of zeros. A second thread makes the
    counts dense, in two buffers that are used in turn.
    """
    size, width = counts.shape  # pyright: ignore
    rows = min(max(BUFFER_CELLS // width // ROWS, 1) * ROWS, -(-size // ROWS) * ROWS)
    buffers = [_aligned((rows, width), counts.dtype) for _ in range(2)]

    def dense() -> Iterator[tuple[int, np.ndarray]]:
        for number, first in enumerate(range(0, size, rows)):
            buffer = buffers[number % 2]
            some = counts[first : first + rows]
            some.toarray(out=buffer[: some.shape[0]])
            buffer[some.shape[0] :] = 0
            yield first, buffer

    results = []
    for first, buffer in prefetch(dense()):
        short = max(first + rows - size, 0)
        some = jnp.pad(table[first : first + rows], ((0, short), (0, 0)))
        weights = jnp.asarray(np.pad(weight[first : first + rows], (0, short)))
        result = function(some, columns, jax.device_put(buffer), weights, factor)
        results.append(jax.block_until_ready(result))  # the buffer may be filled again from here
    return results


def _aligned(shape: tuple[int, int], dtype: np.dtype) -> np.ndarray:
    """Return an array aligned to 64 bytes, which JAX on a CPU uses without copying it."""
    size = shape[0] * shape[1] * dtype.itemsize
    raw = np.empty(size + 64, np.uint8)
    begin = -raw.ctypes.data % 64
    return raw[begin : begin + size].view(dtype).reshape(shape)


def scan(function: Callable[..., Any], *blocks: Array) -> Any:
    """Apply `function` to `ROWS` rows at a time, so that its arrays fit into the cache."""
    return jax.lax.scan(lambda _, some: (None, function(*some)), None, split(*blocks))[1]


def split(*blocks: Array) -> Any:
    """Reshape each block to [R / ROWS, ROWS, ...]; a block with fewer rows stays whole."""
    size = min(ROWS, len(blocks[0]))
    return tuple(block.reshape(-1, size, *block.shape[1:]) for block in blocks)


def kept(values: Array) -> Array:
    """Make XLA compute the values once, instead of again inside each of their uses."""
    return jax.lax.optimization_barrier(values)


def row_sums(values: Float[Array, "R V"]) -> Float[Array, " R"]:
    """Sum each row as a product with ones, which is several times as fast on a CPU."""
    return kept(values) @ jnp.ones(values.shape[1], values.dtype)

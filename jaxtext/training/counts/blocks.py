"""A sparse matrix met with two dense tables, some dense rows at a time.

What is as large as the matrix is never dense as a whole: counts are, in two buffers of some rows,
filled by a second thread while the first computes; scores are, for `ROWS` rows at once.
"""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy import sparse

from jaxtext.training.prefetch import prefetch

ROWS = 128  # whose scores are held at a time: enough for the processor, and little memory
BUFFER_CELLS = 1 << 25  # of counts that are made dense at a time


def by_blocks(
    function: Callable[..., Any],
    table: Float[Array, "V D"],
    columns: Float[Array, "V D"],
    counts: sparse.csr_array,
    weight: Float[np.ndarray, " V"],
    factor: Float[Array, " V"],
) -> list[Any]:
    """`function` of some rows at a time: (rows, columns, their counts, their weights, factor).

    All blocks have one shape; the last is filled up with rows of zeros. Counts are made dense in a
    second thread, into two buffers in turn.
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

    found = []
    for first, buffer in prefetch(dense()):
        short = max(first + rows - size, 0)
        some = jnp.pad(table[first : first + rows], ((0, short), (0, 0)))
        weights = jnp.asarray(np.pad(weight[first : first + rows], (0, short)))
        block = function(some, columns, jax.device_put(buffer), weights, factor)
        found.append(jax.block_until_ready(block))  # from here on the buffer is free
    return found


def _aligned(shape: tuple[int, int], dtype: np.dtype) -> np.ndarray:
    """An array that begins at a multiple of 64 bytes, which JAX on a CPU uses without copying."""
    size = shape[0] * shape[1] * dtype.itemsize
    raw = np.empty(size + 64, np.uint8)
    begin = -raw.ctypes.data % 64
    return raw[begin : begin + size].view(dtype).reshape(shape)


def scan(function: Callable[..., Any], *blocks: Array) -> Any:
    """`function` of `ROWS` rows at a time, so that what it holds fits the processor's cache."""
    return jax.lax.scan(lambda _, some: (None, function(*some)), None, split(*blocks))[1]


def split(*blocks: Array) -> Any:
    """Each block as [R / ROWS, ROWS, ...]; one of fewer rows stays whole."""
    size = min(ROWS, len(blocks[0]))
    return tuple(block.reshape(-1, size, *block.shape[1:]) for block in blocks)


def kept(values: Array) -> Array:
    """Computed once and kept: XLA would compute it again inside each of its uses."""
    return jax.lax.optimization_barrier(values)


def row_sums(values: Float[Array, "R V"]) -> Float[Array, " R"]:
    """Sums of rows as a product with ones, which on a CPU is several times as fast."""
    return kept(values) @ jnp.ones(values.shape[1], values.dtype)

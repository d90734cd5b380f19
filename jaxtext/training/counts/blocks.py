"""Functions of a sparse matrix and two dense tables, computed for some rows at a time.

Nothing of the size of the matrix is ever dense as a whole. Counts are made dense in a buffer of
some rows for each thread or, for a GPU, on the device itself. Scores are computed for `ROWS` rows
at a time.
"""

from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy import sparse

from jaxtext.training import accelerators
from jaxtext.training.devices import of_streams, seen, threads

ROWS = 128  # whose scores are in memory at a time: enough to keep the processor busy
BUFFER_CELLS = 1 << 25  # of counts that are made dense at a time


def by_blocks(
    functions: Callable[[], Callable[..., Any]],
    table: Any,
    columns: Any,
    counts: sparse.csr_array,
    weight: Float[np.ndarray, " V"],
    factor: Float[np.ndarray, " U"],
    together: int = 1,
    size_of_block: int | None = None,
) -> list[Any]:
    """Apply a function to blocks of rows and return the list of its results, as NumPy arrays.

    The arguments of the function are the rows, `columns`, the rows' counts and weights, and
    `factor`. `table` has V rows; it and `columns` may be tuples of arrays. All blocks have the same
    shape; the last is padded with rows of zeros. `functions` returns a function for `together`
    blocks, one after the other. Devices compute such groups in turn, at least two at a time, so
    that one can make its counts dense while another computes. The results do not depend on the
    number of devices. `size_of_block` is the number of its rows, by default `block_rows`.
    """
    size, width = counts.shape  # pyright: ignore
    rows = block_rows(size, width) if size_of_block is None else size_of_block
    firsts = range(0, size, rows)
    groups = [firsts[i : i + together] for i in range(0, len(firsts), together)]
    if not groups:
        return []
    places = of_streams(len(groups))
    everywhere = {
        place: jax.tree.map(lambda each: seen(jnp.asarray(each), place), (table, columns, factor))  # noqa: B023
        for place in dict.fromkeys(places)
    }
    workers = min(max(len(everywhere), 2), len(groups))
    buffers: SimpleQueue[np.ndarray] = SimpleQueue()
    for _ in range(workers):
        buffers.put(_aligned((rows, width), counts.dtype))

    def compute(group: Sequence[int], place: jax.Device) -> list[Any]:
        function, buffer = functions(), buffers.get()
        try:
            return [one(function, first, buffer, place) for first in group]
        finally:  # so that no other group waits for the buffer of one that failed
            buffers.put(buffer)

    def one(function: Callable[..., Any], first: int, buffer: np.ndarray, place: jax.Device) -> Any:
        short = max(first + rows - size, 0)
        some = counts[first : first + rows]
        if accelerators.accelerates(place):
            dense = made_dense(some, rows, place)
        else:
            some.toarray(out=buffer[: some.shape[0]])
            buffer[some.shape[0] :] = 0
            dense = jax.device_put(buffer, place)
        mine, others, factors = everywhere[place]
        part = jax.tree.map(
            lambda each: jnp.pad(each[first : first + rows], ((0, short), (0, 0))), mine
        )
        weights = jax.device_put(np.pad(weight[first : first + rows], (0, short)), place)
        result = function(part, others, dense, weights, factors)
        return jax.tree.map(np.asarray, result)  # then the buffer may be filled again

    with threads(workers) as pool:
        return [each for results in pool.map(compute, groups, places) for each in results]


def made_dense(some: sparse.csr_array, rows: int, place: jax.Device) -> Float[Array, "R V"]:
    """Send the entries of some rows to a device, which writes them into so many rows of zeros."""
    count, width = some.shape  # pyright: ignore
    short = (1 << max(some.nnz - 1, 0).bit_length()) - some.nnz  # few sizes, since all are compiled
    row = np.repeat(np.arange(count, dtype=np.int32), np.diff(some.indptr))
    row = np.append(row, np.arange(rows, rows + short, dtype=np.int32))  # which are dropped
    entries = row, np.pad(some.indices.astype(np.int32), (0, short)), np.pad(some.data, (0, short))
    return _written(*jax.device_put(entries, place), (rows, width))


@partial(jax.jit, static_argnames="shape")
def _written(
    row: Int[Array, " N"], column: Int[Array, " N"], data: Float[Array, " N"], shape: Any
) -> Float[Array, "R V"]:
    """Write each entry to a place of its own, so that their order does not matter."""
    return jnp.zeros(shape, data.dtype).at[row, column].set(data, mode="drop", unique_indices=True)


def joined(results: Sequence[Any], size: int) -> Any:
    """Put the rows of results of `by_blocks` together."""
    return jax.tree.map(lambda *parts: jnp.asarray(np.concatenate(parts)[:size]), *results)


def block_rows(size: int, width: int) -> int:
    """Return the rows of a block of a matrix."""
    return min(max(BUFFER_CELLS // width // ROWS, 1) * ROWS, -(-size // ROWS) * ROWS)


def _aligned(shape: tuple[int, int], dtype: np.dtype) -> np.ndarray:
    """Return an array aligned to 64 bytes, which JAX on a CPU uses without copying it."""
    size = shape[0] * shape[1] * dtype.itemsize
    raw = np.empty(size + 64, np.uint8)
    begin = -raw.ctypes.data % 64
    return raw[begin : begin + size].view(dtype).reshape(shape)


def scan(function: Callable[..., Any], *blocks: Any) -> Any:
    """Apply `function` to `ROWS` rows at a time, so that its arrays fit into the cache."""
    return jax.lax.scan(lambda _, some: (None, function(*some)), None, split(*blocks))[1]


def split(*blocks: Any) -> Any:
    """Reshape each block to [R / ROWS, ROWS, ...]; a block with fewer rows stays whole."""
    size = min(ROWS, len(jax.tree.leaves(blocks)[0]))
    return jax.tree.map(lambda block: block.reshape(-1, size, *block.shape[1:]), blocks)


def kept(values: Array) -> Array:
    """Make XLA compute the values once, instead of again inside each of their uses."""
    return jax.lax.optimization_barrier(values)


def row_sums(values: Float[Array, "R V"]) -> Float[Array, " R"]:
    """Sum each row as a product with ones, which is several times as fast on a CPU."""
    return kept(values) @ jnp.ones(values.shape[1], values.dtype)

"""Sums over the observed cells of a sparse matrix, in tiles of one row each.

The cells of a row are cut into tiles of `TILE`, of which the last is filled up with cells without
pairs. All tiles have one shape, whatever the text: the vectors of their columns are gathered once,
and each tile is a small product. A matrix is cut into parts of whole rows, which devices compute
in turn. Every row is summed in one order, so that the result does not depend on the devices.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy import sparse

TILE = 32  # cells of one row
TOGETHER = 64  # tiles whose columns are gathered at a time, which fit into the cache
CHUNK = 64 * TOGETHER  # tiles per call
PARTS = 8  # of a matrix


class Tiles(NamedTuple):
    """The observed cells of some rows, TILE at a time; cells that fill up a tile have no pairs."""

    first: int  # row of the matrix
    rows: int
    row: Int[np.ndarray, " T"]  # of each tile, counted from the first
    columns: Int[np.ndarray, "T TILE"]
    counts: Float[np.ndarray, "T TILE"]


def tiles_of(counts: sparse.csr_array, dtype: Any = np.float32) -> list[Tiles]:
    """Cut a matrix into at most `PARTS` parts with about equally many cells, and into tiles."""
    cuts = np.searchsorted(counts.indptr, counts.nnz * np.arange(1, PARTS) / PARTS)
    bounds = np.unique([0, *cuts.tolist(), len(counts.indptr) - 1]).tolist()
    return [_tiles(counts, a, b, dtype) for a, b in zip(bounds, bounds[1:], strict=False)]


def _tiles(counts: sparse.csr_array, first: int, last: int, dtype: Any) -> Tiles:
    begin, end = counts.indptr[first], counts.indptr[last]
    cells = np.diff(counts.indptr[first : last + 1])
    numbers = -(-cells // TILE)  # tiles of each row
    total = -(-int(numbers.sum()) // CHUNK) * CHUNK
    row = np.zeros(total, np.int32)
    row[: numbers.sum()] = np.repeat(np.arange(last - first, dtype=np.int32), numbers)
    row[numbers.sum() :] = last - first - 1
    # Place of each row's cells among the cells of all tiles, less that among its own.
    shift = TILE * (np.cumsum(numbers) - numbers) - (counts.indptr[first:last] - begin)
    places = np.arange(end - begin) + np.repeat(shift, cells)
    columns, values = np.zeros(total * TILE, np.int32), np.zeros(total * TILE, dtype)
    columns[places], values[places] = counts.indices[begin:end], counts.data[begin:end]
    shape = total, TILE
    return Tiles(first, last - first, row, columns.reshape(shape), values.reshape(shape))

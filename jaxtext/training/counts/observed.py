"""Sums over the observed cells of a sparse matrix, in tiles of one row each.

The cells of a row are cut into tiles of `TILE`, of which the last is filled up with cells without
pairs. All tiles have one shape, whatever the text: the vectors of their columns are gathered once,
and each tile is a small product. A matrix is cut into parts of whole rows, which devices compute
in turn. Every row is summed in one order, so that the result does not depend on the devices.
"""

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy import sparse

from jaxtext.base import memory
from jaxtext.models.cells import Cell
from jaxtext.training import accelerators
from jaxtext.training.accelerators import Add
from jaxtext.training.counts.blocks import kept
from jaxtext.training.devices import of_streams, seen, threads

TILE = 32  # cells of one row
TOGETHER = 64  # tiles whose columns are gathered at a time, which fit into the cache of a CPU
CHUNK = 64 * TOGETHER  # tiles per call, unless there are fewer
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
    if counts.shape[0] == 0:  # pyright: ignore
        return []
    cuts = np.searchsorted(counts.indptr, counts.nnz * np.arange(1, PARTS) / PARTS)
    bounds = np.unique([0, *cuts.tolist(), len(counts.indptr) - 1]).tolist()
    numbers = -(-np.diff(counts.indptr) // TILE)  # tiles of each row
    most = int(np.add.reduceat(numbers, bounds[:-1]).max())
    chunk = min(CHUNK, TOGETHER << (max(most - 1, 0) // TOGETHER).bit_length())
    return [_tiles(counts, a, b, chunk, dtype) for a, b in itertools.pairwise(bounds)]


def _tiles(counts: sparse.csr_array, first: int, last: int, chunk: int, dtype: Any) -> Tiles:
    begin, end = counts.indptr[first], counts.indptr[last]
    cells = np.diff(counts.indptr[first : last + 1])
    numbers = -(-cells // TILE)  # tiles of each row
    total = max(-(-int(numbers.sum()) // chunk), 1) * chunk
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


def slopes(
    parts: Sequence[Tiles],
    rows: Float[Array, "R W"],
    columns: Float[Array, "V W"],
    offset: Float[Array, " V"] | None,
    cell: Cell,
) -> tuple[Float[np.ndarray, "R W"], Float[np.ndarray, " R"]]:
    """Return the gradient of the observed part of the loss in each row, and this part."""
    function = partial(_slopes, cell=cell)
    return _by_parts(function, parts, (rows,), columns, offset, (rows.shape[1:], ()))


def bends(
    parts: Sequence[Tiles],
    rows: Float[Array, "R W"],
    directions: Float[Array, "R W"],
    columns: Float[Array, "V W"],
    offset: Float[Array, " V"] | None,
    cell: Cell,
) -> tuple[Float[np.ndarray, " R"], Float[np.ndarray, " R"]]:
    """Return the curvature of each row along a direction, and the largest change of a score."""
    function = partial(_bends, cell=cell)
    return _by_parts(function, parts, (rows, directions), columns, offset, ((), ()))


def _by_parts(
    function: Callable[..., Any],
    parts: Sequence[Tiles],
    tables: Sequence[Array],
    columns: Array,
    offset: Array | None,
    widths: Sequence[tuple[int, ...]],
) -> Any:
    """Apply a function to all chunks of each part, and put the rows of the results together.

    The function adds to sums by row, which have these widths.
    """
    if not parts:
        return tuple(np.zeros((0, *width), columns.dtype) for width in widths)
    memory.give_back()  # what blocks have freed; the C library would keep it for their threads
    places = of_streams(len(parts))
    everywhere = {place: [seen(table, place) for table in (*tables, columns)] for place in places}
    offsets = {place: None if offset is None else seen(offset, place) for place in places}

    chunk = min(CHUNK, *(len(part.row) for part in parts))
    ways = {place: _way(place, chunk) for place in places}
    most = max(part.rows for part in parts)  # one shape for all, which is compiled once

    def compute(part: Tiles, place: jax.Device) -> Any:
        *mine, others = everywhere[place]
        begin = jax.device_put(np.int32(part.first), place)
        sums = jax.device_put([np.zeros((most, *width), columns.dtype) for width in widths], place)
        for first in range(0, len(part.row), chunk):
            some = [x[first : first + chunk] for x in (part.row, part.columns, part.counts)]
            some = [jax.device_put(x, place) for x in some]
            sums = function(sums, begin, *mine, others, offsets[place], *some, **ways[place])
        return [np.asarray(each)[: part.rows] for each in sums]

    with threads(len(everywhere)) as pool:
        found = list(pool.map(compute, parts, places))
    return tuple(np.concatenate(each) for each in zip(*found, strict=True))


def _way(place: jax.Device, chunk: int) -> dict[str, Any]:
    """Return how a device adds up, and how many tiles it takes at a time: a GPU all of a call."""
    together = chunk if accelerators.accelerates(place) else TOGETHER
    return {"add": accelerators.adding(place), "together": together}


def _scan(function: Callable[..., Any], sums: Any, together: int, *tiles: Array) -> Any:
    """Apply a function to some tiles at a time; it adds to the sums by row."""
    blocks = tuple(each.reshape(-1, together, *each.shape[1:]) for each in tiles)
    return jax.lax.scan(lambda sums, block: (function(sums, *block), None), sums, blocks)[0]


@partial(jax.jit, static_argnames=("cell", "add", "together"), donate_argnums=0)
def _slopes(
    sums: list[Array],
    first: Int[Array, ""],
    rows: Float[Array, "R W"],
    columns: Float[Array, "V W"],
    offset: Float[Array, " V"] | None,
    row: Int[Array, " T"],
    index: Int[Array, "T TILE"],
    counts: Float[Array, "T TILE"],
    cell: Cell,
    add: Add,
    together: int,
) -> list[Array]:
    def some(sums: Any, row: Array, index: Array, counts: Array) -> Any:
        slope, losses = sums
        gathered, scores = _gathered(rows[first + row][:, None], columns, offset, index)
        g = cell.derivative(scores[:, 0], counts, jnp.zeros_like(counts))
        value = cell.value(scores[:, 0], counts, jnp.zeros_like(counts))
        return [add(slope, row, (g[:, None] @ gathered)[:, 0]), add(losses, row, value.sum(1))]

    return _scan(some, sums, together, row, index, counts)


@partial(jax.jit, static_argnames=("cell", "add", "together"), donate_argnums=0)
def _bends(
    sums: list[Array],
    first: Int[Array, ""],
    rows: Float[Array, "R W"],
    directions: Float[Array, "R W"],
    columns: Float[Array, "V W"],
    offset: Float[Array, " V"] | None,
    row: Int[Array, " T"],
    index: Int[Array, "T TILE"],
    counts: Float[Array, "T TILE"],
    cell: Cell,
    add: Add,
    together: int,
) -> list[Array]:
    def some(sums: Any, row: Array, index: Array, counts: Array) -> Any:
        bend, reach = sums
        both = jnp.stack([rows[first + row], directions[first + row]], 1)  # [T, 2, W]
        _, scores = _gathered(both, columns, None, index)
        change = jnp.where(counts > 0, scores[:, 1], 0.0)
        scores = scores[:, 0] if offset is None else scores[:, 0] + offset[index]
        q = cell.curvature(scores, counts, jnp.zeros_like(counts))
        bend = add(bend, row, (q * change**2).sum(1))
        return [bend, reach.at[row].max(jnp.abs(change).max(1), indices_are_sorted=True)]

    return _scan(some, sums, together, row, index, counts)


def _gathered(
    rows: Float[Array, "T n W"],
    columns: Float[Array, "V W"],
    offset: Float[Array, " V"] | None,
    index: Int[Array, "T TILE"],
) -> tuple[Float[Array, "T TILE W"], Float[Array, "T n TILE"]]:
    """Return the vectors of the tiles' columns, and their scores with the rows."""
    gathered = kept(columns.at[index].get(mode="promise_in_bounds"))
    scores = kept(rows @ gathered.transpose(0, 2, 1))
    return gathered, scores if offset is None else scores + offset[index][:, None]

"""What the gap sums over the cells of some centers, and how the sums of several come together."""

import operator
from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy import sparse

from jaxtext.models.cells import Cell
from jaxtext.models.objective import Objective, expected

EDGES = np.linspace(-12, 16, 281)  # of the density's bins; the outermost also count what is beyond
FARTHEST = 20


class Far(NamedTuple):
    """A center and how far its cells are from their optimum: in nats per pair, and in percent."""

    id: int
    pairs: float
    excess: float
    percent: float


@partial(jax.jit, static_argnames="cell")
def cell_scores(
    rows: Float[Array, "R D"],
    columns: Float[Array, "V D"],
    shares: Float[Array, "V bands"],
    pairs: Float[Array, " R"],
    weight: Float[Array, " R"],
    cell: Cell,
) -> tuple[Float[Array, "R V"], Float[Array, "R bands"]]:
    """Return the scores, and the loss of all cells but for their pairs, by context band."""
    scores = jax.lax.optimization_barrier(rows @ columns.T)

    def background(scores: Array) -> Array:
        ones = jnp.ones((), scores.dtype)
        return weight[:, None] * (
            jax.lax.optimization_barrier(cell.value(scores, 0 * ones, ones)) @ shares
        )

    if cell.shift is not None:
        scores = scores - scores.max(axis=1, keepdims=True)  # so that no exponential overflows
        scores = scores + cell.shift(pairs, background(scores).sum(axis=1))[:, None]
    return scores, background(scores)


@partial(jax.jit, static_argnames="cell")
def _losses(
    s: Float[Array, " N"],
    n: Float[Array, " N"],
    e: Float[Array, " N"],
    share: Float[Array, " N"],
    cell: Cell,
) -> Float[Array, "4 N"]:
    """Return the optimum of each cell, and its loss: for its pairs, in all, and at the optimum.

    `share` is what the cell has of the constant that the loss of its row contains.
    """
    best = jnp.where(n > 0, jnp.log(n) - jnp.log(e), 0.0)
    losses = (cell.value(s, n, jnp.zeros_like(e)), cell.value(s, n, e), cell.value(best, n, e))
    return jnp.stack([best, *(each - share for each in losses)])


def _cell_losses(*cells: Float[np.ndarray, " N"], cell: Cell) -> Float[np.ndarray, "4 N"]:
    """Compute `_losses` in few different sizes, for each of which it is compiled."""
    size = len(cells[0])
    padded = (np.pad(each, (0, (1 << max(size - 1, 1).bit_length()) - size)) for each in cells)
    return np.asarray(_losses(*map(jnp.asarray, padded), cell))[:, :size]


class Block(NamedTuple):
    """Some centers, with their rows of the counts and of the scores."""

    centers: Int[np.ndarray, " R"]
    weights: Float[np.ndarray, " R"]
    counts: sparse.csr_array  # [R, V]
    scores: Float[np.ndarray, "R V"]
    background: Float[np.ndarray, "R bands"]  # loss of all cells but for their pairs


class Totals(NamedTuple):
    """Sums over the cells of some centers; those of several blocks are added entry by entry."""

    # By bands of center and context: pairs, loss of all cells, of observed cells, at the optimum.
    cells: Float[np.ndarray, "4 bands bands"]
    # Over observed cells, each once and each as often as it occurs: 1, x, y, xx, yy, xy, where x is
    # the optimum and y the score.
    moments: Float[np.ndarray, "2 6"]
    density: Float[np.ndarray, "bins bins"]


class Part(NamedTuple):
    """What is known of some centers: the sums, the farthest among them, and what was summed."""

    totals: Totals
    farthest: list[Far]
    summed: Float[np.ndarray, " 2"]  # centers, and observed cells


def nothing(bands: int) -> Part:
    """Return what is known of no centers."""
    bins = len(EDGES) - 1
    empty = Totals(np.zeros((4, bands, bands)), np.zeros((2, 6)), np.zeros((bins, bins)))
    return Part(empty, [], np.zeros(2))


def merged(one: Part, other: Part) -> Part:
    """Combine what is known of two sets of centers."""
    totals = jax.tree.map(operator.add, one.totals, other.totals)
    farthest = _farthest([*one.farthest, *other.farthest])
    return Part(totals, farthest, one.summed + other.summed)


def packed(part: Part) -> Float[np.ndarray, " n"]:
    """Return what is known as one array, for other processes."""
    far = np.full((FARTHEST, len(Far._fields)), np.nan)
    far[: len(part.farthest)] = np.array(part.farthest).reshape(-1, far.shape[1])
    return np.concatenate([np.ravel(each) for each in (*part.totals, far, part.summed)])


def unpacked(packed: Float[np.ndarray, " n"], bands: int) -> Part:
    """Return what `_packed` has made an array of."""
    like = *nothing(bands).totals, np.empty((FARTHEST, len(Far._fields))), np.empty(2)
    cuts = np.cumsum([each.size for each in like])[:-1]
    found = [x.reshape(y.shape) for x, y in zip(np.split(packed, cuts), like, strict=True)]
    far = [Far(int(row[0]), *row[1:]) for row in found[3].tolist() if row[0] == row[0]]
    return Part(Totals(*found[:3]), far, found[4])


def _farthest(centers: Iterable[Far]) -> list[Far]:
    return sorted(centers, key=lambda far: -far.excess)[:FARTHEST]


def measure_block(
    block: Block, objective: Objective, bands: Int[np.ndarray, " V"], cell: Cell
) -> Part:
    """Add up the losses of the block's cells; `bands` is the band of each word."""
    centers, weights, counts, scores, background = block
    size = background.shape[1]
    row = np.repeat(np.arange(len(centers)), np.diff(counts.indptr))
    n = counts.data.astype(np.float64)
    e = expected(counts, objective._replace(counts=counts), cell)
    s = scores[row, counts.indices]
    pairs = np.asarray(counts.sum(axis=1), np.float64)
    share = np.zeros_like(n)
    if cell.constant is not None:
        share = n * (np.asarray(cell.constant(jnp.asarray(pairs))) / pairs)[row]
    best, positive, observed, least = _cell_losses(s, n, e, share, cell=cell)
    by_band = partial(_sum_cells, row * size + bands[counts.indices], (len(centers), size))
    parts = np.stack([by_band(n), by_band(positive), by_band(observed), by_band(least)])
    parts[1] += background  # of all cells, observed or not
    into = bands[centers][:, None] == np.arange(size)  # [R, bands]
    _, whole, _, minimum = parts.sum(axis=2)
    excess = (whole - minimum) / pairs
    percent = 100 * (whole / np.maximum(minimum, np.finfo(float).tiny) - 1)
    far = map(Far, *(column.tolist() for column in (centers, pairs, excess, percent)))
    once = weights[row]
    products = np.stack([np.ones_like(s), best, s, best * best, s * s, best * s])
    bins = len(EDGES) - 1
    x, y = (np.clip(np.digitize(v, EDGES) - 1, 0, bins - 1) for v in (best, s))
    totals = Totals(
        cells=np.einsum("ri,prj->pij", weights[:, None] * into, parts),
        moments=np.stack([products @ once, products @ (once * n)]),
        density=_sum_cells(x * bins + y, (bins, bins), once),
    )
    return Part(totals, _farthest(far), np.array([len(centers), counts.nnz], np.float64))


def _sum_cells(
    cells: Int[np.ndarray, " N"], shape: tuple[int, ...], values: Float[np.ndarray, " N"]
) -> Float[np.ndarray, "..."]:
    return np.bincount(cells, values, minlength=int(np.prod(shape))).reshape(shape)

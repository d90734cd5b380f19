r"""Word vectors by truncated singular value decomposition, as in latent semantic analysis.

A matrix M of words and contexts is $U \Sigma V^\top$, singular values in falling order; the first D
of them give the best approximation of rank D in squared error (Eckart and Young 1936). Words get
the rows of $U \Sigma^p$ as vectors, contexts those of $V \Sigma^{1 - p}$, so that the scores w.c
equal that approximation:

- $p = 1$ is latent semantic analysis (Deerwester et al. 1990), whose dot products of words are
  those of the rows of M;
- $p = 1/2$ splits the singular values evenly;
- $p = 0$ leaves them to the contexts. For similarity of words the last two are usually better than
  the first (Levy, Goldberg and Dagan 2015, section 3.3).

For word vectors M is the positive PMI of counts. It can be any other matrix: words and documents,
weighted as in latent semantic analysis, give vectors of both in the same way.
"""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, svds

from jaxtext.base.checks import check_at_least
from jaxtext.base.types import EmbeddingParams, Matrix

WORKERS = 2  # threads
TOLERANCE = 1e-3  # of squared singular values; ARPACK's results are a hundred times more precise
LEAST_BASIS = 20  # Lanczos vectors in addition to those that are asked for, at least
SPARE = 10  # additional vectors of subspace iteration


class Products(NamedTuple):
    """A sparse matrix [V, U] of which only products with it are known."""

    shape: tuple[int, int]
    dtype: Any
    times: Callable[[np.ndarray], np.ndarray]  # with a vector or several
    transposed: Callable[[np.ndarray], np.ndarray]  # times, for the matrix transposed


class SVD(NamedTuple):
    """$U \\Sigma V^\\top$ with D singular values, the largest first."""

    left: Float[np.ndarray, "V D"]
    values: Float[np.ndarray, " D"]
    right: Float[np.ndarray, "U D"]


def truncated_svd(
    matrix: Matrix | Products, dim: int, *, full_rank: bool = True, steps: int | None = None
) -> SVD:
    """Return the `dim` largest singular values of a dense or sparse matrix, and their vectors.

    A sparse matrix is processed in its own precision: float32 halves the time of a large one. The
    result is the same every time: the iteration (Lanczos, by ARPACK) begins with a fixed vector,
    and of the two signs that a pair of vectors can have, the one is chosen for which the entry of
    the left vector with the largest absolute value is positive. With `steps`, a sparse matrix gets
    that number of steps of subspace iteration instead (Halko, Martinsson and Tropp 2011, algorithm
    4.4, beginning with the first columns): an approximation that is several times as fast.

    Raises `ValueError` unless 1 <= `dim` <= both sides, and, unless `full_rank` is off, for a
    matrix whose rank is below `dim`.

    >>> svd = truncated_svd(np.array([[0.0, 2.0], [-3.0, 0.0]]), 2)
    >>> svd.values.tolist(), svd.left.tolist()
    ([3.0, 2.0], [[0.0, 1.0], [1.0, 0.0]])
    """
    check_at_least("dim", dim, 1)
    entries: Any = sparse.csr_array(matrix) if sparse.issparse(matrix) else matrix
    shape = list(entries.shape)
    sides = min(shape)
    if dim > sides:
        raise ValueError(f"dim: found {dim}, a matrix of {shape} has at most {sides}")
    if isinstance(entries, Products):
        u, s, vt = _iterated(entries, dim, steps)
    elif sparse.issparse(entries) and entries.count_nonzero():
        both = multiplier(entries), multiplier(sparse.csr_array(entries.T))
        u, s, vt = _iterated(Products(entries.shape, entries.dtype, *both), dim, steps)
    else:
        u, s, vt = _dense(np.asarray(entries.toarray() if sparse.issparse(entries) else entries))
    order = np.argsort(-s, kind="stable")[:dim]
    u, s, v = u[:, order], s[order], vt[order].T
    rank = int((s > s[0] * sides * np.finfo(s.dtype).eps).sum())
    if full_rank and rank < dim:
        raise ValueError(f"dim: found {dim}, a matrix of rank {rank} has no more")
    return _with_signs(u, s, v)


def _iterated(matrix: Products, dim: int, steps: int | None) -> Any:
    """Return singular vectors and values from products with the matrix, at least `dim` of them."""
    sides = min(matrix.shape)
    if dim == sides:
        return _dense(matrix.times(np.eye(matrix.shape[1], dtype=matrix.dtype)))
    if steps is not None:
        return _subspace(matrix, min(dim + SPARE, sides), steps)
    start = np.ones(sides, matrix.dtype)
    basis = dim + max(2 * dim // 5, LEAST_BASIS)
    size = basis if basis < sides else None
    return svds(_Operator(matrix), dim, size, tol=TOLERANCE, v0=start)  # pyright: ignore


def _dense(matrix: np.ndarray) -> Any:
    return np.linalg.svd(matrix.astype(np.float64), full_matrices=False)


def _with_signs(u: np.ndarray, s: np.ndarray, v: np.ndarray) -> SVD:
    largest = np.abs(u).argmax(axis=0)
    signs = np.where(u[largest, np.arange(len(s))] < 0, -1, 1).astype(u.dtype)
    return SVD(u * signs, s, v * signs)


def vectors(svd: SVD, power: float = 0.5, context_power: float | None = None) -> EmbeddingParams:
    """Return word and context vectors, their columns weighted by singular values to a power.

    By default contexts get the remaining part, 1 - `power`, so that w.c is the approximation of the
    matrix for every power. If the two tables are to be added (w+c in Levy, Goldberg and Dagan
    2015), pass the same number as `power` and `context_power`.
    """
    if context_power is None:
        context_power = 1 - power
    center, context = svd.left * svd.values**power, svd.right * svd.values**context_power
    return EmbeddingParams(jnp.asarray(center), jnp.asarray(context))


def product_svd(params: EmbeddingParams) -> SVD:
    """Return the singular value decomposition of the scores of all pairs, without computing them.

    It is the same for all tables with the same scores w.c, so `vectors` of it picks one of them.

    >>> scores = EmbeddingParams(jnp.array([[1.0], [0.0]]), jnp.array([[0.0], [-3.0]]))
    >>> product_svd(scores).values.tolist()
    [3.0]
    """
    left, right = (np.linalg.qr(np.asarray(table, np.float64)) for table in params)
    inner = truncated_svd(left.R @ right.R.T, params.center.shape[1], full_rank=False)
    return _with_signs(left.Q @ inner.left, inner.values, right.Q @ inner.right)


def multiplier(matrix: sparse.csr_array) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that multiplies a sparse matrix by a vector or several, in threads."""
    cuts = np.searchsorted(matrix.indptr, matrix.nnz * np.arange(1, WORKERS) / WORKERS)
    bounds = [0, *cuts.tolist(), len(matrix.indptr) - 1]  # with about equally many entries
    parts = [matrix[a:b] for a, b in itertools.pairwise(bounds)]
    pool = ThreadPoolExecutor(WORKERS)  # ends with the function
    return lambda x: np.concatenate(list(pool.map(lambda part: part @ x, parts)))


def _subspace(matrix: Products, size: int, steps: int) -> tuple[np.ndarray, ...]:
    """Return the singular vectors within the space that repeated products with the matrix span."""
    basis = np.linalg.qr(matrix.times(np.eye(matrix.shape[1], size, dtype=matrix.dtype))).Q
    for _ in range(steps):
        basis = np.linalg.qr(matrix.transposed(basis)).Q
        basis = np.linalg.qr(matrix.times(basis)).Q
    right, s, inner = np.linalg.svd(matrix.transposed(basis), full_matrices=False)
    return basis @ inner.T, s, right.T


class _Operator(LinearOperator):
    """Products in the form that ARPACK needs."""

    def __init__(self, matrix: Products):
        super().__init__(matrix.dtype, matrix.shape)
        self.matrix = matrix

    def _matvec(self, x: np.ndarray) -> np.ndarray:
        return self.matrix.times(np.ravel(x))

    def _rmatvec(self, x: np.ndarray) -> np.ndarray:
        return self.matrix.transposed(np.ravel(x))

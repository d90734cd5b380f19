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


class SVD(NamedTuple):
    """$U \\Sigma V^\\top$ with D singular values, the largest first."""

    left: Float[np.ndarray, "V D"]
    values: Float[np.ndarray, " D"]
    right: Float[np.ndarray, "U D"]


def truncated_svd(
    matrix: Matrix, dim: int, *, full_rank: bool = True, steps: int | None = None
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
    if sparse.issparse(entries) and dim < sides and entries.count_nonzero():
        with ThreadPoolExecutor(WORKERS) as pool:
            operator = _Operator(entries, pool)
            if steps is None:
                start = np.ones(sides, entries.dtype)
                basis = dim + max(2 * dim // 5, LEAST_BASIS)
                size = basis if basis < sides else None
                factors: Any = svds(operator, dim, size, tol=TOLERANCE, v0=start)  # pyright: ignore
                u, s, vt = factors
            else:
                u, s, vt = _subspace(operator, entries, min(dim + SPARE, sides), steps)
    else:
        dense = np.asarray(entries.toarray() if sparse.issparse(entries) else entries, np.float64)
        u, s, vt = np.linalg.svd(dense, full_matrices=False)
    order = np.argsort(-s, kind="stable")[:dim]
    u, s, v = u[:, order], s[order], vt[order].T
    rank = int((s > s[0] * sides * np.finfo(s.dtype).eps).sum())
    if full_rank and rank < dim:
        raise ValueError(f"dim: found {dim}, a matrix of rank {rank} has no more")
    return _with_signs(u, s, v)


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


def product(matrix: sparse.csr_array, x: Float[np.ndarray, "U D"]) -> Float[np.ndarray, "V D"]:
    """Return the product of a sparse matrix and a dense one, by several threads."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return _times(_parts(matrix), x, pool)


def transposed_product(
    matrix: sparse.csr_array, x: Float[np.ndarray, "V D"]
) -> Float[np.ndarray, "U D"]:
    """Return the product of a sparse matrix, transposed, and a dense one, by several threads."""
    parts = _parts(matrix)
    ends = np.cumsum([0, *(len(part.indptr) - 1 for part in parts)])
    blocks = [x[a:b] for a, b in itertools.pairwise(ends)]
    with ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(lambda part, some: part.T @ some, parts, blocks))  # pyright: ignore


def _subspace(
    operator: "_Operator", matrix: sparse.csr_array, size: int, steps: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the singular vectors within the space that repeated products with the matrix span."""
    basis = np.linalg.qr(matrix[:, :size].toarray()).Q
    for _ in range(steps):
        basis = np.linalg.qr(operator.product(operator.columns, basis)).Q
        basis = np.linalg.qr(operator.product(operator.rows, basis)).Q
    right, s, inner = np.linalg.svd(operator.product(operator.columns, basis), full_matrices=False)
    return basis @ inner.T, s, right.T


class _Operator(LinearOperator):
    """Products with a matrix and its transpose, whose rows are divided among threads."""

    def __init__(self, matrix: sparse.csr_array, pool: ThreadPoolExecutor):
        super().__init__(matrix.dtype, matrix.shape)
        self.rows, self.columns = _parts(matrix), _parts(sparse.csr_array(matrix.T))
        self.pool = pool

    def _matvec(self, x: np.ndarray) -> np.ndarray:
        return self.product(self.rows, np.ravel(x))

    def _rmatvec(self, x: np.ndarray) -> np.ndarray:
        return self.product(self.columns, np.ravel(x))

    def product(self, parts: list[sparse.csr_array], x: np.ndarray) -> np.ndarray:
        """Multiply the matrix (`rows`) or its transpose (`columns`) by a vector or several."""
        return _times(parts, x, self.pool)


def _times(parts: list[sparse.csr_array], x: np.ndarray, pool: ThreadPoolExecutor) -> np.ndarray:
    """Multiply ranges of rows by a vector or several, one range a thread."""
    return np.concatenate(list(pool.map(lambda part: part @ x, parts)))


def _parts(matrix: sparse.csr_array) -> list[sparse.csr_array]:
    """Cut the matrix into ranges of rows with about equally many entries."""
    cuts = np.searchsorted(matrix.indptr, matrix.nnz * np.arange(1, WORKERS) / WORKERS)
    bounds = [0, *cuts.tolist(), len(matrix.indptr) - 1]
    return [matrix[a:b] for a, b in zip(bounds, bounds[1:], strict=False)]

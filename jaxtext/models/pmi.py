r"""Pointwise mutual information of words and contexts (Church and Hanks 1990).

$$\mathrm{PMI}(w, c) = \ln \frac{p(w, c)}{p(w)\,p(c)} = \ln \frac{\#(w, c)\,|D|}{\#(w)\,\#(c)}$$

with the marginals of the pairs: #(w) is the row sum of the counts, #(c) the column sum and |D|
their total. The logarithm is natural. A pair that never occurs has PMI $-\infty$.

Counts are dense, or sparse as returned by `text.cooccurrence`; the result has the same form. A
sparse matrix stores observed pairs only: a missing entry stands for $-\infty$, and for zero once
`positive` has been applied.
"""

from typing import Any, overload

import numpy as np
from jaxtyping import Float, Int, Num
from scipy import sparse

from jaxtext.base.checks import check_at_least, check_nonnegative
from jaxtext.base.types import Dense, Matrix, Sparse


@overload
def pmi(counts: Dense, exponent: float = 1.0) -> Float[np.ndarray, "V U"]: ...
@overload
def pmi(counts: Sparse, exponent: float = 1.0) -> sparse.csr_array: ...
def pmi(counts: Matrix, exponent: float = 1.0) -> Matrix:
    r"""Return the PMI of every (center, context), from how often each occurs.

    With `exponent` the context distribution is smoothed: p(c) becomes
    $\#(c)^\alpha / \sum_v \#(v)^\alpha$ (Levy, Goldberg and Dagan 2015, section 3.2), which is the
    noise of negative sampling with that exponent.

    Raises `ValueError` for negative counts and when all are zero.

    >>> pmi(np.array([[1, 1], [1, 1]])).tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """
    matrix: Any = sparse.csr_array(counts) if sparse.issparse(counts) else np.asarray(counts)
    check_nonnegative("counts", matrix.data if sparse.issparse(matrix) else matrix)
    rows, columns = matrix.sum(axis=1), matrix.sum(axis=0)
    if not rows.sum():
        raise ValueError("counts: all are zero, so there is no pair to measure")
    if sparse.issparse(matrix):
        return of_part(matrix, np.arange(len(rows)), rows, columns, exponent)
    # The ln of each factor by itself, so that no product overflows. ln 0 is -inf; a word without
    # any pair (-inf + inf) gets the PMI of an unseen pair.
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = np.log(matrix) - np.log(rows)[:, None] - _log_shares(columns, exponent)
    return np.where(matrix > 0, scores, -np.inf)


def of_part(
    counts: sparse.csr_array,
    ids: Int[np.ndarray, " R"],
    centers: Num[np.ndarray, " V"],
    contexts: Num[np.ndarray, " U"],
    exponent: float = 1.0,
    by_context: bool = False,
) -> sparse.csr_array:
    """Return the PMI of some rows of counts, given how often each center and context occurs.

    The rows are those of the centers `ids` or, if `by_context`, those of contexts in the counts
    transposed.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        of_centers, of_contexts = np.log(centers), _log_shares(contexts, exponent)
        values = np.log(counts.data).astype(of_centers.dtype, copy=False)
        own = (of_contexts if by_context else of_centers)[ids]
        if by_context:  # in the same order, so that both forms have the same bits
            values -= of_centers[counts.indices]
            values -= np.repeat(own, np.diff(counts.indptr))
        else:
            values -= np.repeat(own, np.diff(counts.indptr))
            values -= of_contexts[counts.indices]
    return _like(counts, values)


@overload
def shifted_pmi(
    counts: Dense, negatives: int, exponent: float = 1.0
) -> Float[np.ndarray, "V U"]: ...
@overload
def shifted_pmi(counts: Sparse, negatives: int, exponent: float = 1.0) -> sparse.csr_array: ...
def shifted_pmi(counts: Matrix, negatives: int, exponent: float = 1.0) -> Matrix:
    """Return PMI - ln k, the optimum of skip-gram with k negatives (Levy and Goldberg 2014, eq. 7).

    Raises `ValueError` as `pmi` does, and for fewer than one negative.

    >>> shifted_pmi(np.array([[1, 1], [1, 1]]), negatives=2).round(4).tolist()
    [[-0.6931, -0.6931], [-0.6931, -0.6931]]
    """
    check_at_least("negatives", negatives, 1)
    scores: Any = pmi(counts, exponent)
    if sparse.issparse(scores):
        return _like(scores, scores.data - np.log(negatives))
    return scores - np.log(negatives)


@overload
def positive(scores: Dense) -> Float[np.ndarray, "V U"]: ...
@overload
def positive(scores: Sparse) -> sparse.csr_array: ...
def positive(scores: Matrix) -> Matrix:
    """Return the scores with zero in place of every negative entry and every unseen pair.

    A sparse result does not store these zeros.

    >>> positive(np.array([[-np.inf, 0.5], [-1.0, 2.0]])).tolist()
    [[0.0, 0.5], [0.0, 2.0]]
    """
    if not sparse.issparse(scores):
        return np.maximum(np.asarray(scores), 0.0)
    matrix = sparse.csr_array(scores)
    clipped = _like(matrix, np.maximum(matrix.data, 0.0))
    clipped.eliminate_zeros()
    return clipped


def _log_shares(counts: np.ndarray, exponent: float) -> np.ndarray:
    """Return ln of the counts to a power, divided by the sum of these powers."""
    logs = exponent * np.log(counts)
    most = logs.max()
    return logs - most - np.log(np.exp(logs - most).sum())


def _like(matrix: sparse.csr_array, values: np.ndarray) -> sparse.csr_array:
    """Return a matrix with the same places of entries and other values."""
    parts = values, matrix.indices.copy(), matrix.indptr.copy()
    return sparse.csr_array(parts, shape=matrix.shape)

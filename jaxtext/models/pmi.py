r"""Pointwise mutual information of words and contexts (Church and Hanks 1990).

$$\mathrm{PMI}(w, c) = \ln \frac{p(w, c)}{p(w)\,p(c)} = \ln \frac{\#(w, c)\,|D|}{\#(w)\,\#(c)}$$

with the marginals of the pairs: #(w) is the row sum of the counts, #(c) the column sum and |D|
their total. The logarithm is natural. A pair that never occurs has PMI $-\infty$.

Counts are dense, or sparse as `text.cooccurrence` gives them; what comes out is alike. A sparse
matrix stores observed pairs only: one that is missing stands for $-\infty$, and for zero once
`positive` has been applied.
"""

from typing import Any

import numpy as np
from scipy import sparse

from jaxtext.base.checks import check_at_least, check_nonnegative

Matrix = Any  # [V, U]: an array, or any sparse matrix of scipy, which comes back as csr_array


def pmi(counts: Matrix, exponent: float = 1.0) -> Matrix:
    r"""PMI of every (center, context), from how often each occurs.

    With `exponent` the context distribution is smoothed: p(c) becomes
    $\#(c)^\alpha / \sum_v \#(v)^\alpha$ (Levy, Goldberg and Dagan 2015, section 3.2), which is the
    noise of negative sampling with that exponent.

    Raises `ValueError` for negative counts and when all are zero.

    >>> pmi(np.array([[1, 1], [1, 1]])).tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """
    if sparse.issparse(counts):
        counts = sparse.csr_array(counts)
    stored = counts.data if sparse.issparse(counts) else counts
    check_nonnegative("counts", stored)
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    if not rows.sum():
        raise ValueError("counts: all are zero, so there is no pair to measure")
    # ln of each factor apart, so that no product overflows. ln 0 is -inf, and a word without any
    # pair (-inf + inf) has no PMI but that of an unseen pair.
    with np.errstate(divide="ignore", invalid="ignore"):
        of_rows = np.log(rows)
        of_columns = _log_shares(columns, exponent)
        if sparse.issparse(counts):
            values = np.log(stored) - np.repeat(of_rows, np.diff(counts.indptr))
            return _like(counts, values - of_columns[counts.indices])
        found = np.log(counts) - of_rows[:, None] - of_columns
    return np.where(counts > 0, found, -np.inf)


def shifted_pmi(counts: Matrix, negatives: int, exponent: float = 1.0) -> Matrix:
    """PMI - ln k, the optimum of skip-gram with k negatives (Levy and Goldberg 2014, eq. 7).

    >>> shifted_pmi(np.array([[1, 1], [1, 1]]), negatives=2).round(4).tolist()
    [[-0.6931, -0.6931], [-0.6931, -0.6931]]
    """
    check_at_least("negatives", negatives, 1)
    found = pmi(counts, exponent)
    if sparse.issparse(found):
        return _like(found, found.data - np.log(negatives))
    return found - np.log(negatives)


def positive(scores: Matrix) -> Matrix:
    """Negative entries, and those of unseen pairs, become zero, which sparse matrices leave out.

    >>> positive(np.array([[-np.inf, 0.5], [-1.0, 2.0]])).tolist()
    [[0.0, 0.5], [0.0, 2.0]]
    """
    if not sparse.issparse(scores):
        return np.maximum(scores, 0.0)
    scores = sparse.csr_array(scores)
    found = _like(scores, np.maximum(scores.data, 0.0))
    found.eliminate_zeros()
    return found


def _log_shares(counts: np.ndarray, exponent: float) -> np.ndarray:
    """ln of counts to a power, divided by their sum."""
    logs = exponent * np.log(counts)
    most = logs.max()
    return logs - most - np.log(np.exp(logs - most).sum())


def _like(matrix: Matrix, values: np.ndarray) -> Matrix:
    """The same entries with other values."""
    parts = values, matrix.indices.copy(), matrix.indptr.copy()
    return sparse.csr_array(parts, shape=matrix.shape)

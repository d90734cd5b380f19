r"""Pointwise mutual information of words and contexts (Church and Hanks 1990).

$$\mathrm{PMI}(w, c) = \ln \frac{p(w, c)}{p(w)\,p(c)} = \ln \frac{\#(w, c)\,|D|}{\#(w)\,\#(c)}$$

with the marginals of the pairs: #(w) is the row sum of the counts, #(c) the column sum and |D|
their total. The logarithm is natural. A pair that never occurs has PMI $-\infty$.
"""

import numpy as np
from jaxtyping import Float, Num

from jaxtext.checks import check_at_least, check_nonnegative


def pmi(counts: Num[np.ndarray, "V U"]) -> Float[np.ndarray, "V U"]:
    """PMI of every (center, context), from how often each occurs.

    Raises `ValueError` for negative counts and when all are zero.

    >>> pmi(np.array([[1, 1], [1, 1]])).tolist()
    [[0.0, 0.0], [0.0, 0.0]]
    """
    check_nonnegative("counts", counts)
    total = counts.sum()
    if not total:
        raise ValueError("counts: all are zero, so there is no pair to measure")
    rows, columns = counts.sum(1, keepdims=True), counts.sum(0, keepdims=True)
    # ln of each factor apart, so that no product overflows; ln 0 is -inf, and a word without any
    # pair (-inf + inf) has no PMI but that of an unseen pair.
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log(counts) + np.log(total) - np.log(rows) - np.log(columns)
    return np.where(counts > 0, found, -np.inf)


def shifted_pmi(counts: Num[np.ndarray, "V U"], negatives: int) -> Float[np.ndarray, "V U"]:
    """PMI - ln k, the optimum of skip-gram with k negatives (Levy and Goldberg 2014, eq. 7).

    >>> shifted_pmi(np.array([[1, 1], [1, 1]]), negatives=2).round(4).tolist()
    [[-0.6931, -0.6931], [-0.6931, -0.6931]]
    """
    check_at_least("negatives", negatives, 1)
    return pmi(counts) - np.log(negatives)


def positive(scores: Float[np.ndarray, "V U"]) -> Float[np.ndarray, "V U"]:
    """Negative entries and those of unseen pairs become zero."""
    return np.maximum(scores, 0.0)

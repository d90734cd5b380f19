r"""The objective of negative sampling over the counts of a whole text, and its free optimum.

Negative sampling minimises $\sum_{w, c} \ell_{wc}(w \cdot c)$ with

$$\ell_{wc}(s) = n_{wc} \ln(1 + e^{-s}) + e_{wc} \ln(1 + e^{s}), \qquad
  n_{wc} = \#(w, c), \quad e_{wc} = k\,\#(w)\,P(c)$$

(`sgns.expected_loss`). If every score were free, each would be best at $\ln(n_{wc} / e_{wc})$,
which is PMI - ln k if P is the distribution of contexts (sheet: matrix factorization, b; Levy and
Goldberg 2014, eq. 7). A pair that never occurs has its optimum at $-\infty$.
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import sparse

from jaxtext.base.checks import (
    check_at_least,
    check_counts,
    check_distribution,
    check_shape,
    check_square,
)
from jaxtext.base.types import Counts
from jaxtext.models.cells import LOGISTIC, Cell


class Objective(NamedTuple):
    """What is minimised: counts of the pairs of a text, the noise distribution and the number k."""

    counts: Counts  # [V, V]; rows of centers that are not measured may be empty
    noise: Float[np.ndarray, " V"]
    negatives: int


def check(objective: Objective, rows: Counts | None = None) -> None:
    """Raise `ValueError` for an objective that has no minimum.

    Counts must be square, finite and not negative, with a pair somewhere; the noise must be a
    distribution over the words, and `negatives` at least one. With `rows`, which are some rows of
    the counts, only these are checked. A word without a pair is allowed: as a center it has no
    cell, and as a context only negatives.
    """
    counts: Any = objective.counts
    noise, negatives = objective.noise, objective.negatives
    check_at_least("negatives", negatives, 1)
    check_square("counts", counts)
    check_counts(counts if rows is None else rows)
    check_shape("noise", noise, (counts.shape[0],))
    check_distribution("noise", noise)


def expected(
    counts: sparse.csr_array, objective: Objective, cell: Cell = LOGISTIC
) -> Float[np.ndarray, " N"]:
    r"""Return e of each stored cell of counts, $k\,\#(w)\,P(c)$ for negative sampling."""
    pairs = np.asarray(counts.sum(axis=1), np.float64)
    weight, other = cell.factors(pairs, objective.noise, objective.negatives)
    return np.repeat(weight, np.diff(counts.indptr)) * other[counts.indices]


def cell_loss(
    n: Float[np.ndarray, " N"], e: Float[np.ndarray, " N"], s: Float[np.ndarray, " N"]
) -> Float[np.ndarray, " N"]:
    r"""Return $n \ln(1 + e^{-s}) + e \ln(1 + e^{s})$, cell by cell."""
    return n * np.logaddexp(0, -s) + e * np.logaddexp(0, s)


def optimum(objective: Objective) -> sparse.csr_array:
    r"""Return the free scores that minimise the objective, $\ln(n_{wc} / e_{wc})$.

    Only observed pairs have an entry; the optimum of the others is $-\infty$.
    """
    counts = sparse.csr_array(objective.counts)
    values = np.log(counts.data) - np.log(expected(counts, objective))
    return sparse.csr_array((values, counts.indices, counts.indptr), shape=counts.shape)


def optimum_loss(objective: Objective) -> float:
    """Return the objective at its free optimum: no scores have a lower one."""
    counts, best = sparse.csr_array(objective.counts), optimum(objective).data
    n = counts.data.astype(np.float64)
    return float(cell_loss(n, expected(counts, objective), best).sum())

"""Vectors from counts alone: the truncated SVD of the positive PMI, shifted by ln k.

See Levy and Goldberg (2014), section 4.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

from jaxtext.base.errors import InputError
from jaxtext.base.team import Rows
from jaxtext.base.types import EmbeddingParams
from jaxtext.models import factorization
from jaxtext.models.objective import Objective
from jaxtext.training.starts import PositivePmi

POWER = 0.0  # of the singular values in the centers; contexts get all of them


class Report(NamedTuple):
    """The result of the decomposition, reported once, at the end."""

    done: float  # always 1
    seconds: float
    largest_singular_value: float
    smallest_singular_value: float


def positive_pmi(
    objective: Objective, exponent: float = 1.0, rows: Rows | None = None
) -> PositivePmi:
    """Return max(PMI - ln k, 0) of the counts.

    The context distribution in the PMI is smoothed by the power `exponent`.

    Raises `InputError` if no pair has a positive entry.
    """
    matrix = PositivePmi.of(objective.counts, rows, objective.negatives, exponent)
    if not any(matrix.rows.team.tell(int(matrix.by_center.nnz))):
        raise InputError(
            "no words occur together more often than by chance, so there is nothing to "
            "factorize: use fewer negatives, or train with sgns"
        )
    return matrix


def fit(
    objective: Objective,
    dim: int,
    exponent: float = 1.0,
    on_report: Callable[[Report], None] = lambda report: None,
    rows: Rows | None = None,
) -> EmbeddingParams:
    """Factorize the matrix of `positive_pmi` into center and context vectors [V, D], float32.

    `on_report` is called once, at the end. In a team, the counts have but some `rows`.

    Raises `InputError` as `positive_pmi` does, and if `dim` exceeds the rank of the matrix.
    """
    begin = time.perf_counter()
    matrix = positive_pmi(objective, exponent, rows)
    try:
        svd = factorization.truncated_svd(matrix.products(), dim)
    except ValueError as error:  # the rank
        raise InputError(str(error).partition(", ")[2], "dim", dim) from None
    largest, smallest = map(float, svd.values[[0, -1]])
    on_report(Report(1.0, time.perf_counter() - begin, largest, smallest))
    return factorization.vectors(svd, POWER)

"""Vectors from counts alone: positive PMI, shifted by ln k, and its truncated SVD."""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import sparse

from jaxtext.base.errors import InputError
from jaxtext.base.types import EmbeddingParams
from jaxtext.models import factorization, pmi
from jaxtext.models.objective import Objective

POWER = 0.0  # of the singular values, for centers; contexts get the rest


class Report(NamedTuple):
    """What the decomposition found; it has no steps in between."""

    done: float  # 1
    seconds: float
    largest_singular_value: float
    smallest_singular_value: float


def positive_pmi(objective: Objective, exponent: float = 1.0) -> sparse.csr_array:
    """Return the positive PMI - ln k of the counts, contexts smoothed by `exponent`; float32.

    Raises `InputError` where no pair occurs more often than by chance.
    """
    counts = sparse.csr_array(objective.counts)
    shifted = pmi.positive(pmi.shifted_pmi(counts, objective.negatives, exponent))
    if not shifted.data.any():
        raise InputError(
            "no words occur together more often than by chance, so there is nothing to "
            "factorize: use fewer negatives, or train with sgns"
        )
    return shifted.astype(np.float32)


def fit(
    objective: Objective,
    dim: int,
    exponent: float = 1.0,
    on_report: Callable[[Report], None] = lambda report: None,
) -> EmbeddingParams:
    """Factorize the positive PMI - ln k of the counts, contexts smoothed by `exponent`; float32.

    Raises `InputError` where no pair occurs more often than by chance, and for more dimensions
    than the matrix has.
    """
    begin = time.perf_counter()
    matrix = positive_pmi(objective, exponent)
    try:
        svd = factorization.truncated_svd(matrix, dim)
    except ValueError as error:  # the rank
        raise InputError(str(error).partition(", ")[2], "dim", dim) from None
    largest, smallest = map(float, svd.values[[0, -1]])
    on_report(Report(1.0, time.perf_counter() - begin, largest, smallest))
    return factorization.vectors(svd, POWER)

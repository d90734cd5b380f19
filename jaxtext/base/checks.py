"""Checks of arguments at the boundary; each error names the argument and what was found.

Inside `jit`, `grad` or `vmap` values are not known yet: there, shapes are checked and values not.
"""

from typing import Any

import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike
from scipy.sparse import issparse


def known(value: Any) -> bool:
    """Return whether the numbers of `value` are known, which they are not while JAX traces."""
    return not isinstance(value, Tracer)


def check_ids(name: str, ids: ArrayLike, vocab_size: int) -> None:
    """Raise `ValueError` unless every id is a row of a table of `vocab_size` words.

    JAX itself silently reads the last row for an id that is too large.
    """
    if not known(ids):
        return
    values = np.asarray(ids)
    if not np.issubdtype(values.dtype, np.integer):
        raise ValueError(f"{name}: word ids are whole numbers, found {values.dtype}")
    bad = values[(values < 0) | (values >= vocab_size)]
    if bad.size:
        raise ValueError(
            f"{name}: no word has id {bad.flat[0]}; the ids of {vocab_size} words are "
            f"0 to {vocab_size - 1}"
        )


def check_at_least(name: str, value: int, least: int) -> None:
    """Raise `ValueError` for a number below `least`."""
    if known(value) and value < least:
        raise ValueError(f"{name}: found {value}, must be at least {least}")


def check_nonnegative(name: str, values: ArrayLike) -> None:
    """Raise `ValueError` for entries that are negative or not finite."""
    if not known(values):
        return
    array = np.asarray(values)
    good = np.isfinite(array) & (array >= 0)
    if not good.all():
        raise ValueError(f"{name}: found {array[~good].flat[0]}, must be finite and not negative")


def check_shape(name: str, values: ArrayLike, shape: tuple[int, ...]) -> None:
    """Raise `ValueError` for a shape other than `shape`."""
    given = np.shape(values)
    if given != shape:
        raise ValueError(f"{name}: shape {list(given)} does not fit, must be {list(shape)}")


def check_distribution(name: str, values: ArrayLike) -> None:
    """Raise `ValueError` unless the entries are probabilities that sum to one."""
    check_nonnegative(name, values)
    if known(values) and abs(float(np.sum(np.asarray(values, np.float64))) - 1) > 1e-4:
        raise ValueError(f"{name}: sums to {float(np.sum(np.asarray(values))):.6g}, must be 1")


def check_square(name: str, matrix: Any) -> None:
    """Raise `ValueError` unless a matrix has as many rows as columns."""
    if len(matrix.shape) != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{name}: found shape {list(matrix.shape)}, must be square")


def check_counts(counts: Any) -> None:
    """Raise `ValueError` unless counts are finite, not negative and not all zero.

    They are dense or a sparse matrix of scipy.
    """
    check_nonnegative("counts", counts.data if issparse(counts) else counts)
    if counts.sum() == 0:
        raise ValueError("counts: all are zero, so there is no pair and no optimum")

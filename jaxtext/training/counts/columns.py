"""Columns that stand for all: the sum over unobserved cells as an unbiased estimate."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from jaxtext.base.drawing import systematic


class Columns(NamedTuple):
    """Columns of a table, and how many columns each of them stands for."""

    ids: Int[np.ndarray, " M"]
    weights: Float[np.ndarray, " M"]  # 0 for those that fill up


def drawn(importance: Float[np.ndarray, " V"], how_many: int, offset: float) -> Columns:
    """Draw `how_many` columns, each with a chance in proportion to its importance, at most 1.

    `offset` in [0, 1) is the one random number of the draw. A column that is drawn with the chance
    p counts 1/p times, so that sums over columns are right in expectation (Horvitz and Thompson
    1952).
    """
    chosen, chance = systematic(importance, how_many, offset)
    ids, weights = np.zeros(how_many, np.int32), np.zeros(how_many)
    ids[: len(chosen)], weights[: len(chosen)] = chosen, 1 / chance
    return Columns(ids, weights)

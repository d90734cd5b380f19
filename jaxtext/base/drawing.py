"""Drawing without replacement, with unequal chances."""

import numpy as np
from jaxtyping import Float, Int


def systematic(
    weights: Float[np.ndarray, " V"], how_many: int, offset: float
) -> tuple[Int[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Draw about `how_many` of V entries, each with a chance in proportion to its weight.

    Return the entries in order, and the chance of each. The one random number, `offset` in [0, 1),
    decides: every stretch of entries gets its share (Madow 1949). If there are at most `how_many`
    entries with a weight, all of these are drawn.

    >>> entries, chances = systematic(np.array([8.0, 1, 1, 2]), 2, 0.5)
    >>> entries.tolist(), chances.tolist()
    ([0, 2], [1.0, 0.25])
    """
    if how_many >= np.count_nonzero(weights):
        entries = np.flatnonzero(weights)
        return entries, np.ones(len(entries))
    chance = how_many * weights / weights.sum()
    for _ in range(50):  # what exceeds certainty is shared out among the others
        certain = chance >= 1
        rest = np.where(certain, 0.0, weights)
        chance = np.where(certain, 1.0, (how_many - certain.sum()) * rest / rest.sum())
        if (chance <= 1).all():
            break
    steps = np.floor(np.cumsum(chance) + offset).astype(np.int64)
    entries = np.flatnonzero(np.diff(steps, prepend=0))
    return entries, chance[entries]


def most(sizes: Float[np.ndarray, " V"], how_many: int) -> Int[np.ndarray, " F"]:
    """Return the places of the largest numbers, in their order.

    >>> most(np.array([3.0, 1, 4, 1, 5]), 3).tolist()
    [0, 2, 4]
    """
    return np.sort(np.argsort(-sizes, kind="stable")[:how_many])

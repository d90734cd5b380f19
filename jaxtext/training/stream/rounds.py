"""The two ends of a round: every stream gets the same tables, and their changes are combined."""

from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jaxtext.base.compiled import options
from jaxtext.base.team import ALONE, Team
from jaxtext.base.types import EmbeddingParams
from jaxtext.training.devices import seen
from jaxtext.training.stream.combine import tree
from jaxtext.training.stream.steps import ANY_ORDER

ROWS = 256  # combined at a time, so that they stay in the cache
SIZES = 8  # of what is combined of a table

Table = Float[Array, "V D"]


def spread(
    params: EmbeddingParams, places: Sequence[jax.Device], spare: Sequence[EmbeddingParams]
) -> list[EmbeddingParams]:
    """Return a copy of the tables for each stream, on its device.

    They take over the memory of `spare`, which is empty or has tables on the same devices.
    """
    if not spare:
        return [jax.device_put(params, place, may_alias=False) for place in places]
    return [
        EmbeddingParams(*map(_copy, old, (seen(table, place) for table in params)))
        for old, place in zip(spare, places, strict=True)
    ]


def joined(
    base: EmbeddingParams,
    tables: Sequence[EmbeddingParams],
    places: Sequence[jax.Device],
    team: Team = ALONE,
) -> EmbeddingParams:
    """Return `base` with the combined changes that lead from it to the tables of each stream.

    Center and context vectors are combined at the same time, on the first and the last device. In a
    `team`, which has other streams in each process, a process combines a share of the rows.
    """
    if team.processes > 1:
        return _joined_by_shares(base, tables, team)
    if len(tables) == 1:
        return tables[0]
    found = [
        _joined(seen(table, place), [seen(other, place) for other in others])
        for table, others, place in zip(
            base, zip(*tables, strict=True), (places[0], places[-1]), strict=True
        )
    ]
    return EmbeddingParams(*(seen(table, places[0]) for table in found))


def _joined_by_shares(
    base: EmbeddingParams, tables: Sequence[EmbeddingParams], team: Team
) -> EmbeddingParams:
    """Send each process its share of the rows that changed, and then the combined rows to all."""
    old = [np.asarray(table) for table in base]
    new = [[np.asarray(table) for table in each] for each in zip(*tables, strict=True)]
    rows = [_changed(*each, team) for each in zip(old, new, strict=True)]
    share = _share(max(map(len, rows)), len(old[0]), team.processes)

    def some(table: np.ndarray, which: Int[np.ndarray, " M"]) -> Float[np.ndarray, "N R D"]:
        padded = np.zeros((team.processes * share, table.shape[1]), table.dtype)
        np.take(table, which, axis=0, out=padded[: len(which)])
        return padded.reshape(team.processes, share, -1)

    def join(table: np.ndarray, streams: Sequence[np.ndarray], which: np.ndarray) -> np.ndarray:
        parts = team.swap(np.stack([some(each, which) for each in streams], 1))
        every = [jnp.asarray(each) for part in parts for each in part]
        return np.asarray(_joined(jnp.asarray(some(table, which)[team.process]), every))

    combined = np.stack([join(*each) for each in zip(old, new, rows, strict=True)])
    whole = np.concatenate(team.gather(combined), 1)  # [2, rows, D]
    found = []
    for table, which, changed in zip(old, rows, whole, strict=True):
        table = table + 0  # a copy, without negative zeros
        table[which] = changed[: len(which)]
        found.append(jnp.asarray(table))
    return EmbeddingParams(*found)


def _changed(base: np.ndarray, tables: Sequence[np.ndarray], team: Team) -> Int[np.ndarray, " M"]:
    """Return the rows that any stream of any process has changed."""
    mine = np.zeros(len(base), bool)
    for table in tables:
        mine |= (table != base).any(1)
    return np.flatnonzero(np.any(team.gather(mine), axis=0))


def _share(changed: int, size: int, processes: int) -> int:
    """Return how many rows each process combines, in few sizes, since all are compiled."""
    step = -(-size // (SIZES * processes * ROWS)) * ROWS
    return max(-(-changed // (step * processes)), 1) * step


def _joined(base: Table, tables: Sequence[Table]) -> Table:
    words = len(base)
    filled = _filled(base), [_filled(table) for table in tables]
    return _compiled_join()(*filled, jnp.asarray(words))[:words]


def joined_table(base: Table, tables: Sequence[Table], words: Int[Array, ""]) -> Table:
    """Return one table, changed as all streams together change it, in the rows of so many words.

    Always `ROWS` at a time, so that the bits of a row do not depend on how many there are. Nothing
    may tell XLA that there is a single block, which it compiles in another way: the number of words
    is an argument, and the tables have more than `ROWS` rows.
    """

    def join(block: Array, found: Table) -> Table:
        first = jnp.minimum(block * ROWS, len(found) - ROWS)
        rows, *others = (
            jax.lax.dynamic_slice_in_dim(table, first, ROWS) for table in (base, *tables)
        )
        rows = rows + tree([other - rows for other in others])
        return jax.lax.dynamic_update_slice_in_dim(found, rows, first, 0)

    return jax.lax.fori_loop(0, -(-words // ROWS), join, jnp.zeros_like(base))


def _filled(table: Table) -> Float[Array, "R D"]:
    """Append rows of zeros to a table that is not larger than a block."""
    if len(table) > ROWS:
        return table
    return jnp.pad(table, ((0, 2 * ROWS - len(table)), (0, 0)))


@cache
def _compiled_join() -> Any:
    return jax.jit(joined_table, compiler_options=options(ANY_ORDER))


@partial(jax.jit, donate_argnums=0, keep_unused=True)
def _copy(old: Table, new: Table) -> Table:
    """Return a copy of `new` in the memory of `old`."""
    return new

"""The two ends of a round: every stream gets the same tables, and their changes are combined."""

from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from jaxtext.base.compiled import options
from jaxtext.base.team import ALONE, Team
from jaxtext.base.types import EmbeddingParams
from jaxtext.training.devices import seen
from jaxtext.training.stream.combine import tree
from jaxtext.training.stream.steps import ANY_ORDER

ROWS = 256  # combined at a time, so that they stay in the cache

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
        _compiled_join()(seen(table, place), [seen(other, place) for other in others])
        for table, others, place in zip(
            base, zip(*tables, strict=True), (places[0], places[-1]), strict=True
        )
    ]
    return EmbeddingParams(*(seen(table, places[0]) for table in found))


def _joined_by_shares(
    base: EmbeddingParams, tables: Sequence[EmbeddingParams], team: Team
) -> EmbeddingParams:
    """Send each process its share of the rows of all streams, and then the combined rows to all."""
    size, width = base.center.shape
    share = -(-size // (team.processes * ROWS)) * ROWS  # rows of a process
    short = (0, share * team.processes - size), (0, 0)

    def shares(table: Array) -> Float[np.ndarray, "N R D"]:
        return np.pad(np.asarray(table), short).reshape(-1, share, width)

    def join(table: Array, streams: Sequence[Array]) -> np.ndarray:
        parts = team.swap(np.stack([shares(each) for each in streams], 1))
        every = [jnp.asarray(each) for part in parts for each in part]
        return np.asarray(_compiled_join()(jnp.asarray(shares(table)[team.process]), every))

    combined = map(join, base, zip(*tables, strict=True))
    whole = np.concatenate(team.gather(np.stack(list(combined))), 1)  # [2, rows, D]
    return EmbeddingParams(*(jnp.asarray(table[:size]) for table in whole))


def joined_table(base: Table, tables: Sequence[Table]) -> Table:
    """Return one table, changed as all streams together change it; some rows at a time."""
    size = min(ROWS, len(base))

    def join(block: Array, found: Table) -> Table:
        first = jnp.minimum(block * size, len(base) - size)
        rows, *others = (
            jax.lax.dynamic_slice_in_dim(table, first, size) for table in (base, *tables)
        )
        rows = rows + tree([other - rows for other in others])
        return jax.lax.dynamic_update_slice_in_dim(found, rows, first, 0)

    return jax.lax.fori_loop(0, -(-len(base) // size), join, jnp.zeros_like(base))


@cache
def _compiled_join() -> Any:
    return jax.jit(joined_table, compiler_options=options(ANY_ORDER))


@partial(jax.jit, donate_argnums=0, keep_unused=True)
def _copy(old: Table, new: Table) -> Table:
    """Return a copy of `new` in the memory of `old`."""
    return new

"""What a GPU or TPU needs that a CPU does not: sums in a fixed order, and full precision.

There, a scatter that adds several rows to one does so in any order, so that the bits differ from
run to run, and one after the other, which takes long. Here, rows that belong together are added up
by a product with zeros and ones before, and each sum is added once. Products of float32 matrices
have reduced precision unless they are told otherwise.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

Add = Callable[[Array, Array, Array], Array]  # (table, ids, rows) to a table


def accelerates(device: jax.Device) -> bool:
    """Whether a device is a GPU or TPU, which has its own memory and adds up in parallel."""
    return device.platform != "cpu"


@contextmanager
def full_precision() -> Iterator[None]:
    """Compute products of float32 matrices in float32, also where a faster way is the default."""
    with jax.default_matmul_precision("highest"):
        yield


def added(
    table: Float[Array, "V ..."], ids: Int[Array, " N"], rows: Float[Array, "N ..."]
) -> Float[Array, "V ..."]:
    """Return `table` with rows added to those of some ids, one after the other."""
    return table.at[ids].add(rows)


def added_once(
    table: Float[Array, "V ..."], ids: Int[Array, " N"], rows: Float[Array, "N ..."]
) -> Float[Array, "V ..."]:
    """Do what `added` does with one addition to each row of the table, in N^2 D operations.

    >>> added_once(jnp.zeros(3), jnp.array([2, 0, 2]), jnp.array([1.0, 2.0, 3.0])).tolist()
    [2.0, 0.0, 4.0]
    """
    same = ids[:, None] == ids[None, :]
    repeated = jnp.tril(same, -1).any(1)
    beyond = len(table) + jnp.arange(len(ids), dtype=ids.dtype)  # dropped, and all different
    sums = same.astype(rows.dtype) @ rows
    places = jnp.where(repeated, beyond, ids)
    return table.at[places].add(sums, mode="drop", unique_indices=True)


def adding(device: jax.Device) -> Add:
    """Return the one of both that a device needs."""
    return added_once if accelerates(device) else added

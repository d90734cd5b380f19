"""Which devices JAX has, and what each of them does."""

import jax
import numpy as np


def of_streams(streams: int) -> list[jax.Device]:
    """Return a device for each stream, taking those of this process in turn.

    On a CPU, JAX has one device unless `jax_num_cpu_devices`, or the variable JAX_NUM_CPU_DEVICES,
    says otherwise before JAX is first used. The command line asks for one device per core.
    """
    devices = jax.local_devices()
    return [devices[stream % len(devices)] for stream in range(streams)]


def seen(table: jax.Array, place: jax.Device) -> jax.Array:
    """Return a table on another device; devices of one CPU share its memory."""
    if table.device == place:
        return table
    return jax.device_put(np.asarray(table) if place.platform == "cpu" else table, place)

"""Which processes and devices there are, and what each of them does."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np

from jaxtext.training.joining import join

__all__ = ["join", "of_streams", "seen", "threads"]


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


@contextmanager
def threads(number: int) -> Iterator[ThreadPoolExecutor]:
    """Yield a pool of threads that compute in the precision of this one.

    Without it, a thread would not know of `jax.enable_x64(True)` around its work, nor of the
    precision of products.
    """
    config: Any = jax.config
    wide, products = config.jax_enable_x64, config.jax_default_matmul_precision

    def begin() -> None:
        jax.enable_x64(wide).__enter__()
        jax.default_matmul_precision(products).__enter__()

    with ThreadPoolExecutor(number, initializer=begin) as pool:
        yield pool

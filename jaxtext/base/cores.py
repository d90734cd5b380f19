"""The cores that this process may use, and how JAX learns of them."""

import os
from collections.abc import MutableMapping

DEVICES = "JAX_NUM_CPU_DEVICES"  # read by JAX when it is used for the first time


def cores() -> int:
    """Return the number of cores that this process may use, at least 1."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def device_for_each(environment: MutableMapping[str, str] = os.environ) -> None:
    """Give JAX one device per core, unless the environment says otherwise.

    This has no effect if JAX has been imported before.
    """
    environment.setdefault(DEVICES, str(cores()))

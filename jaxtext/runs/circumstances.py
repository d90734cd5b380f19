"""What the bits of a result depend on besides its options: versions, device, environment."""

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import jaxtext
from jaxtext.base.compiled import VARIABLES
from jaxtext.base.cores import DEVICES, cores
from jaxtext.runs.record import PLACE, TEXT

# Prefixes of the environment variables that libraries read.
SETTINGS = ("JAX_", "XLA_", "OMP_", "OPENBLAS_", "MKL_")
PARTS = ("options", "corpus", "versions", "device", "environment")  # of a manifest, compared
FREE = ("sources", "resume", *TEXT, *PLACE)  # names in these parts that may differ
EARLIER = "earlier"  # circumstances before a run was resumed, if they were different


class Difference(NamedTuple):
    """A recorded circumstance that differs between two runs."""

    name: str
    then: Any
    now: Any


def circumstances() -> dict[str, Any]:
    """Return versions, device and environment of this process, as a manifest records them."""
    import jax

    packages = {name: version(name) for name in ("jax", "jaxlib", "numpy")}
    python = platform.python_version()
    return {
        "versions": {"jaxtext": jaxtext.__version__, **packages, "python": python},
        "device": {
            "platform": jax.default_backend(),
            "kind": jax.devices()[0].device_kind,
            "machine": platform.machine(),
            "processor": _processor(),
            "cores": cores(),  # which can affect the order of sums
        },
        "environment": {
            name: value
            for name, value in sorted(os.environ.items())
            if name.startswith(SETTINGS) and name not in (*VARIABLES, DEVICES)
        },
    }


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """Return the recorded circumstances in which two manifests differ."""
    unequal = []
    for part in PARTS:
        before, after = then[part], now[part]
        for name in dict.fromkeys([*before, *after]):
            one, other = before.get(name), after.get(name)
            if one != other and name not in FREE:
                unequal.append(Difference(f"{part}: {name}", one, other))
    before, after = then.get(EARLIER) or [], now.get(EARLIER) or []
    if before != after:
        unequal.append(Difference("circumstances before it was resumed", before, after))
    return unequal


def _processor() -> str:
    """Return the name of the processor, on which compiled code and its rounding depend."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()

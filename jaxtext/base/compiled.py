"""What JAX compiles: kept from one command to the next, and the same sums each time on a GPU."""

import hashlib
import os
import platform
import warnings
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jaxtext.base.errors import InputError
from jaxtext.base.files import cache_folder

# Variables that JAX reads. They say where compiled functions are kept, and do not change a bit.
FOLDER, SMALLEST, SHORTEST, USED = VARIABLES = (
    "JAX_COMPILATION_CACHE_DIR",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS",
    "JAX_ENABLE_COMPILATION_CACHE",
)
GPU = Path("/dev/nvidiactl")  # is there if a GPU is
FLAGS, DETERMINISTIC = "XLA_FLAGS", "xla_gpu_deterministic_ops"
MOST = 6000  # functions; about 10 kB each


def keep(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let JAX, which must not be imported yet, keep what it compiles in the user's cache folder.

    Each version of JAX and each kind of processor has a folder of its own. The oldest half is
    removed when there are more than `MOST` functions. With JAX_ENABLE_COMPILATION_CACHE=0, or where
    the folder cannot be written to, nothing is kept; a folder that JAX was told before stays.
    """
    if FOLDER in environment or environment.get(USED, "1").lower() in ("0", "false"):
        return
    try:
        folder = cache_folder() / "compiled" / f"jax-{version('jaxlib')}-{_processor()}"
        folder.mkdir(parents=True, exist_ok=True)
        _prune(folder)
    except (InputError, OSError):
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        return
    environment[FOLDER] = str(folder)
    environment.setdefault(SMALLEST, "-1")
    environment.setdefault(SHORTEST, "0")
    # A function that a killed process wrote in part is compiled again, and a full disk keeps none.
    for what in ("reading", "writing"):
        warnings.filterwarnings("ignore", f"Error {what} persistent compilation cache")


def repeatably(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let XLA choose, for a GPU if there is one, what gives the same bits each time.

    Otherwise, it measures which of several ways to compute a product is the fastest. Flags that say
    something else stay. This has no effect if JAX has been used before.
    """
    flags = environment.get(FLAGS, "")
    if GPU.exists() and DETERMINISTIC not in flags:
        environment[FLAGS] = f"{flags} --{DETERMINISTIC}=true".strip()


def options(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of some compiler options that this version of XLA has."""
    return {name: value for name, value in wanted.items() if _known(name, value)}


@cache
def _known(name: str, value: Any) -> bool:
    import jax

    try:
        jax.jit(lambda: 0, compiler_options={name: value})()
    except RuntimeError as error:
        if "No such compile option" not in str(error):
            raise
        return False
    return True


def _processor() -> str:
    """Return a short name for what the processor can do: code compiled on another may not run."""
    able = f"{platform.machine()} {platform.processor()}"
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        able += "".join(dict.fromkeys(x for x in lines if x.startswith(("model name", "flags"))))
    return hashlib.sha256(able.encode()).hexdigest()[:12]


def _prune(folder: Path) -> None:
    """Remove the oldest half of the files if there are too many."""
    files = [(entry.stat().st_mtime, entry.path) for entry in os.scandir(folder)]
    if len(files) > MOST:
        for _, path in sorted(files)[: len(files) // 2]:
            with suppress(FileNotFoundError):  # another process was first
                os.remove(path)

"""How much memory this process may still use, and the check before work that needs more."""

import ctypes
import os
import re
import sys
from contextlib import suppress
from pathlib import Path

from jaxtext.base.errors import InputError

CGROUPS = (  # limit, used: versions 2 and 1
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


def free() -> int | None:
    """Return the bytes that this process may still use; None where the system does not say.

    It is the least of what the machine has left, what is left to the container, and what is left of
    the limit on addresses (`ulimit -v`).
    """
    left = [_machine(), _addresses(), *(_container(*paths) for paths in CGROUPS)]
    known = [each for each in left if each is not None]
    return max(min(known), 0) if known else None


def peak() -> int | None:
    """Return the largest number of bytes that this process has used; None on Windows."""
    try:
        import resource
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def give_back() -> None:
    """Return freed memory to the system, if the C library can do so (glibc).

    It keeps freed memory for each thread; after compiling and training, these are some hundred MB.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def check(needed: int, what: str, advice: str) -> None:
    """Raise `InputError` with some advice if `what` needs more bytes than are free."""
    left = free()
    if left is not None and needed > left:
        raise InputError(
            f"{what} needs {size(needed)} of memory, and {size(left)} are free: {advice}"
        )


def size(number: int) -> str:
    """Return a number of bytes as people read it.

    >>> size(16_384_000_000), size(2_500_000)
    ('16.4 GB', '2.5 MB')
    """
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.1f} MB"


def _machine() -> int | None:
    """Return what the machine can give without swapping; elsewhere than on Linux, all it has."""
    try:
        content = Path("/proc/meminfo").read_text(encoding="ascii")
        found = re.search(r"^MemAvailable:\s+(\d+) kB$", content, re.MULTILINE)
        if found:
            return int(found[1]) * 1024
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError, AttributeError):
        return None


def _addresses() -> int | None:
    try:
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit == resource.RLIM_INFINITY:
            return None
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return limit - pages * os.sysconf("SC_PAGE_SIZE")
    except (ImportError, OSError, ValueError):
        return None


def _container(limit: str, used: str) -> int | None:
    try:
        bound, now = (Path(path).read_text(encoding="ascii").strip() for path in (limit, used))
        return int(bound) - int(now)
    except (OSError, ValueError):  # no such file, or "max"
        return None

"""What is free, and what is refused before it is tried."""

import platform
import subprocess
import sys

import pytest

from jaxtext.base import memory
from jaxtext.base.errors import InputError

TABLES = """
import resource, sys
from jaxtext.base import memory
before = memory.free()
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
print(before is None or before > 0, 0 < memory.free() < 1 << 30)
"""


def test_a_limit_on_addresses_is_respected():
    process = subprocess.run([sys.executable, "-c", TABLES], capture_output=True, text=True)
    if sys.platform != "linux":
        pytest.skip("other systems do not say how much memory a process has")
    assert (process.stdout, process.stderr) == ("True True\n", "")


def test_the_least_limit_counts(monkeypatch, tmp_path):
    limit, used = tmp_path / "max", tmp_path / "current"
    limit.write_text("5000\n")
    used.write_text("2000\n")
    monkeypatch.setattr(memory, "CGROUPS", [(str(limit), str(used)), ("/nowhere", "/nowhere")])
    assert memory.free() == 3000
    used.write_text("6000\n")
    assert memory.free() == 0
    limit.write_text("max\n")
    assert memory.free() != 0


def test_what_needs_more_than_is_free_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "free", lambda: 2 * 10**9)
    memory.check(2 * 10**9, "this", "use less")
    with pytest.raises(InputError, match=r"^this needs 48.0 GB of memory, and 2.0 GB are free: us"):
        memory.check(48 * 10**9, "this", "use less")
    monkeypatch.setattr(memory, "free", lambda: None)
    memory.check(10**18, "this", "use less")


FREED = """
import numpy as np
from jaxtext.base import memory

def resident():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

some = [np.ones(1000) for _ in range(20_000)]  # 160 MB in small pieces
del some[:-1]
before = resident()
memory.give_back()
print(before - resident())
"""


def test_freed_memory_is_returned_to_the_system():
    if platform.libc_ver()[0] != "glibc":  # others have no such function, or nothing to return
        return memory.give_back()
    done = subprocess.run([sys.executable, "-c", FREED], capture_output=True, check=True)
    assert int(done.stdout) > 100_000
    return None


def test_a_system_without_such_a_function_is_left_alone(monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    assert memory.give_back() is None

"""Processes on one or several machines become a team, by JAX's own distributed runtime.

Process 0 hosts the runtime's coordinator, which keeps short texts for all; arrays go from process
to process in one `all_gather`. What is not in the runtime is a way to end well. If the coordinator
is gone, the runtime aborts the process; if another process is gone, it waits for a long time. So
every process tells the coordinator several times a second that it is there, and looks whether the
others are. When one has failed or is silent for too long, all end, each with one line.
"""

import ctypes
import itertools
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax._src import distributed  # the client of the coordinator has no public name
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jaxtext.base.errors import InputError
from jaxtext.base.team import ALONE, Parted, Team

TIMEOUT = 60.0  # seconds
BEAT = 0.5  # seconds between signs of life
GRACE = 5.0  # seconds in which a process can end by itself when another one has failed
SLICE = 200  # milliseconds of waiting for a text, before the state of the others is looked at
ABORT = 6  # number of the signal by which the runtime ends a process
# What launchers tell each process: whether there is one, and the number of processes.
LAUNCHERS = (
    ("SLURM_STEP_NODELIST", "SLURM_NTASKS"),
    ("OMPI_MCA_orte_hnp_uri", "OMPI_COMM_WORLD_SIZE"),
)


def end(message: str) -> None:
    """Write a line and end the process at once."""
    os.write(2, f"jaxtext: {message}\n".encode())
    os._exit(2)


def launched() -> bool:
    """Whether a launcher that JAX knows has started several processes, of which this is one."""
    return any(
        name in os.environ and os.environ.get(number, "1").isdecimal()
        and int(os.environ.get(number, "1")) > 1
        for name, number in LAUNCHERS
    )  # fmt: skip


def join(
    coordinator: str | None = None,
    processes: int | None = None,
    process: int | None = None,
    timeout: float = TIMEOUT,
    on_lost: Callable[[str], None] = end,
) -> Team:
    """Join the other processes; all of them call it, before anything is computed.

    `coordinator` is HOST:PORT, where process 0 of 0 to `processes` - 1 can be reached. Without any
    of them, a launcher that JAX detects, such as Slurm or Open MPI, has the numbers; without such a
    launcher, the process is alone. A process that has not come after `timeout` seconds, or does not
    answer for so long, ends all others. `on_lost` is called with a sentence when that cannot be
    raised as an error, since the process waits inside JAX; it must end the process.

    Use the result in a `with` block: at its end, all wait for each other; after an error, all end.

    Raises `InputError` for arguments that do not fit, an address that is in use or does not answer.
    """
    given = coordinator, processes, process
    if given == (None, None, None) and not launched():
        return ALONE
    if given != (None, None, None):
        _check(coordinator, processes, process, timeout)
        if processes == 1:
            return ALONE
        assert coordinator is not None
        (_check_free if process == 0 else _reach)(coordinator, timeout)
    where = f"at {coordinator}" if coordinator else "that the launcher has started"
    lost = f"after {timeout:g} seconds, not all processes {where} had come: start all of them"
    aborting = _Aborting(on_lost, lost)
    try:
        jax.distributed.initialize(
            *given,
            initialization_timeout=max(int(timeout), 1),
            heartbeat_timeout_seconds=100 * max(int(timeout), 1),  # that of this module is sooner
            shutdown_timeout_seconds=max(int(GRACE), 1),
        )
    except (RuntimeError, ValueError) as error:
        raise InputError(f"cannot join: {str(error).splitlines()[0]}", "coordinator") from error
    aborting.message = "the coordinator, which is process 0, is gone"
    return _team(timeout, on_lost, aborting)


def _check(coordinator: Any, processes: Any, process: Any, timeout: float) -> None:
    names = "coordinator", "processes", "process"
    for name, value in zip(names, (coordinator, processes, process), strict=True):
        if value is None:
            raise InputError("give coordinator, processes and process together", name)
    host, _, port = str(coordinator).rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise InputError("must be HOST:PORT of process 0", "coordinator", coordinator)
    if processes < 1:
        raise InputError("must be at least 1", "processes", processes)
    if not 0 <= process < processes:
        raise InputError(f"must be from 0 to {processes - 1}", "process", process)
    if not timeout > 0:
        raise InputError("must be above 0", "timeout", timeout)


def _address(coordinator: str) -> tuple[str, int]:
    host, _, port = coordinator.rpartition(":")
    return host.strip("[]"), int(port)


def _check_free(coordinator: str, timeout: float) -> None:
    """Raise `InputError` if the port of the coordinator is in use on this machine."""
    del timeout
    with socket.socket(socket.AF_INET6 if socket.has_ipv6 else socket.AF_INET) as probe:
        try:
            probe.bind(("", _address(coordinator)[1]))
        except OSError as error:
            reason = f"the port cannot be used here ({error.strerror}): choose another one"
            raise InputError(reason, "coordinator", coordinator) from None


def _reach(coordinator: str, timeout: float) -> None:
    """Wait until the coordinator answers. Raises `InputError` if it does not."""
    until = time.monotonic() + timeout
    while True:
        try:
            with socket.create_connection(_address(coordinator), max(until - time.monotonic(), 1)):
                return
        except OSError as error:
            if time.monotonic() >= until:
                reason = getattr(error, "strerror", None) or error
                raise InputError(
                    f"no answer for {timeout:g} seconds ({reason}): start process 0 there",
                    "coordinator",
                    coordinator,
                ) from None
            time.sleep(min(BEAT, timeout))


def _team(timeout: float, on_lost: Callable[[str], None], aborting: "_Aborting") -> Team:
    """Return the team of the processes that JAX has joined."""
    me, everybody = jax.process_index(), jax.process_count()
    client: Any = distributed.global_state.client
    signs = _Signs(client, me, everybody, timeout, on_lost)
    numbers = itertools.count()

    def exchange(mine: str) -> list[str]:
        folder = f"jaxtext/exchange/{next(numbers)}"
        client.key_value_set(f"{folder}/{me}", mine)
        return [_awaited(client, f"{folder}/{each}", signs.check) for each in range(everybody)]

    def gather(mine: np.ndarray) -> list[np.ndarray]:
        try:
            return _gathered(mine)
        except (ValueError, RuntimeError) as error:  # of Gloo, or of JAX
            signs.wait(GRACE)
            raise Parted(f"another process is gone ({str(error).splitlines()[0]})") from None

    def leave(failure: str | None) -> None:
        if failure is None:
            exchange("")
        signs.end(failure)
        if failure is None:
            jax.distributed.shutdown()
        aborting.message = None

    return Team(me, everybody, exchange, gather, leave)


def _awaited(client: Any, key: str, check: Callable[[], None]) -> str:
    """Return a text as soon as it is there."""
    while True:
        check()
        try:
            return client.blocking_key_value_get(key, SLICE)
        except jax.errors.JaxRuntimeError as error:
            if "DEADLINE_EXCEEDED" not in str(error):
                raise Parted(f"the coordinator is gone ({str(error).splitlines()[0]})") from None


def _gathered(mine: np.ndarray) -> list[np.ndarray]:
    """Return the arrays of all processes, in order."""
    raw = np.ascontiguousarray(mine).view(np.uint8).reshape(1, -1)  # whatever JAX does to float64
    first = {device.process_index: device for device in reversed(jax.devices())}
    devices = [first[process] for process in sorted(first)]
    mesh = Mesh(np.array(devices), ("processes",))
    rows = NamedSharding(mesh, PartitionSpec("processes"))
    own = jax.device_put(raw, first[jax.process_index()])
    table = jax.make_array_from_single_device_arrays((len(devices), raw.size), rows, [own])
    every = jax.jit(lambda x: x, out_shardings=NamedSharding(mesh, PartitionSpec()))(table)
    found = np.asarray(every.addressable_data(0))
    return [row.view(mine.dtype).reshape(mine.shape) for row in found]


class _Signs:
    """Tells the others that this process is there, in a thread, and watches them."""

    def __init__(
        self,
        client: Any,
        me: int,
        everybody: int,
        timeout: float,
        on_lost: Callable[[str], None],
    ):
        self.client, self.me, self.timeout, self.on_lost = client, me, timeout, on_lost
        self.others = [each for each in range(everybody) if each != me]
        self.problem: str | None = None
        self.noticed, self.ended = threading.Event(), threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def check(self) -> None:
        """Raise `Parted` if another process has failed or is silent."""
        if self.problem is not None:
            raise Parted(self.problem)

    def wait(self, seconds: float) -> None:
        """Wait for a problem to be noticed, and raise it."""
        self.noticed.wait(seconds)
        self.check()

    def end(self, failure: str | None) -> None:
        """End watching; tell the others of a failure, and let them take note of it."""
        self.ended.set()
        if failure is None or self.problem is not None:
            return
        self.client.key_value_set(f"jaxtext/failed/{self.me}", failure)
        if self.me == 0:  # with which the coordinator ends
            time.sleep(4 * BEAT)

    def _watch(self) -> None:
        seen: dict[int, tuple[str, float]] = dict.fromkeys(self.others, ("", time.monotonic()))
        for beat in itertools.count():
            if self.ended.wait(BEAT):
                return
            try:
                self.client.key_value_set(f"jaxtext/beat/{self.me}", str(beat), True)
                self.problem = self._failed() or self._silent(seen)
            except jax.errors.JaxRuntimeError:
                self.problem = "the coordinator, which is process 0, is gone"
            if self.problem is not None:
                self.noticed.set()
                if not self.ended.wait(GRACE):
                    self.on_lost(self.problem)
                return

    def _failed(self) -> str | None:
        failed = dict(self.client.key_value_dir_get("jaxtext/failed/"))
        for key, why in sorted(failed.items()):
            return f"process {key.rpartition('/')[2]}: {why}"
        return None

    def _silent(self, seen: dict[int, tuple[str, float]]) -> str | None:
        now = time.monotonic()
        beats = {key: beat for key, beat in self.client.key_value_dir_get("jaxtext/beat/")}
        for other, (before, since) in seen.items():
            beat = beats.get(f"jaxtext/beat/{other}", "")
            if beat != before:
                seen[other] = beat, now
            elif now - since > self.timeout:
                return f"process {other} has not answered for {self.timeout:g} seconds"
        return None


class _Aborting:
    """Calls `on_lost` with the message, if there is any, where the runtime would abort."""

    def __init__(self, on_lost: Callable[[str], None], message: str):
        self.message: str | None = message

        def handler(_: int) -> None:
            if self.message is not None:
                on_lost(self.message)
            os._exit(2)

        self.handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(handler)
        _KEPT.append(self)
        library = ctypes.CDLL(None)
        library.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]
        library.signal(ABORT, ctypes.cast(self.handler, ctypes.c_void_p))


_KEPT: list[_Aborting] = []  # for C, which holds no reference

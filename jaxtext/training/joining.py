"""Processes on one or several machines become a team, by JAX's own distributed runtime.

Process 0 hosts the runtime's coordinator, which keeps short texts for all; arrays go from process
to process in one `all_gather` or `all_to_all`. What is not in the runtime is a way to end well. If
the coordinator is gone, the runtime aborts the process; if another process is gone, it waits for a
long time. So every process tells the coordinator several times a second that it is there, and looks
whether the others are. When one has failed or is silent for too long, all end, each with one line.
"""

import ctypes
import itertools
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from typing import Any

import jax
import numpy as np
from jax._src import distributed  # the client of the coordinator has no public name
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jaxtext.base.errors import InputError
from jaxtext.base.team import ALONE, Parted, Team

TIMEOUT, LONGEST = 60.0, 1e6  # seconds
BEAT = 0.5  # seconds between signs of life
GRACE = 5.0  # seconds in which a process can end by itself when another one has failed
SLICE = 0.2  # seconds, at most, after which a text is looked for again
GONE = "the coordinator, which is process 0, is gone"
PROCESSES = "processes"  # the axis along which arrays are shared
SHARED = PartitionSpec(PROCESSES)
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
    aborting.message = GONE
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
    if not 0 < timeout <= LONGEST:
        raise InputError(f"must be above 0 and at most {LONGEST:,.0f}", "timeout", timeout)


def _address(coordinator: str) -> tuple[str, int]:
    host, _, port = coordinator.rpartition(":")
    return host.strip("[]"), int(port)


def _check_free(coordinator: str, timeout: float) -> None:
    """Raise `InputError` if the port of the coordinator is in use on this machine."""
    del timeout
    try:
        try:
            probe = socket.socket(socket.AF_INET6)
        except OSError:  # a kernel without it
            probe = socket.socket(socket.AF_INET)
        with probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # after an earlier run
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
                    f"no answer within {timeout:g} s ({reason}): start process 0 there",
                    "coordinator",
                    coordinator,
                ) from None
            time.sleep(min(BEAT, timeout))


def _team(timeout: float, on_lost: Callable[[str], None], aborting: "_Aborting") -> Team:
    """Return the team of the processes that JAX has joined."""
    state = distributed.global_state  # whose numbers are known before a device is touched
    me, everybody, client = state.process_id, state.num_processes, _Texts(state.client)
    signs = _Signs(client, me, everybody, timeout, on_lost, aborting)
    numbers = itertools.count()

    def meet(folder: str, mine: str) -> list[str]:
        signs.check()
        client.put(f"{folder}/{me}", mine)
        return [client.awaited(f"{folder}/{each}", signs.check) for each in range(everybody)]

    def exchange(mine: str) -> list[str]:
        return meet(f"exchange/{next(numbers)}", mine)

    def moved(function: Callable[..., list[np.ndarray]], mine: np.ndarray) -> list[np.ndarray]:
        signs.inside = True
        try:
            return function(mine)
        except (ValueError, RuntimeError) as error:  # of Gloo, or of JAX
            if "RESOURCE_EXHAUSTED" in str(error):
                raise
            signs.wait(GRACE)
            raise Parted(f"another process is gone ({str(error).splitlines()[0]})") from None
        finally:
            signs.inside = False

    gather, swap = partial(moved, _gathered), partial(moved, _swapped)

    def leave(failure: str | None) -> None:
        if signs.ended.is_set():
            return
        try:
            if failure is None:
                meet("leave", "")
        finally:
            signs.end(failure)
        if failure is None:
            jax.distributed.shutdown()
        aborting.message = None

    def check() -> None:
        signs.wait(4 * BEAT)

    try:
        gather(np.zeros(1))  # connects all with all, and finds early whom it cannot reach
    except BaseException as error:
        leave(str(error))
        raise
    return Team(me, everybody, exchange, gather, swap, leave, check)


class _Texts:
    """The texts that the coordinator keeps for all processes."""

    def __init__(self, client: Any):
        self.client = client

    def put(self, key: str, text: str) -> None:
        """Keep a text. Raises `Parted` if the coordinator does not answer."""
        try:
            self.client.key_value_set(f"jaxtext/{key}", text, True)
        except jax.errors.JaxRuntimeError as error:
            raise Parted(f"{GONE} ({str(error).splitlines()[0]})") from None

    def all(self, folder: str) -> dict[str, str]:
        """Return the texts of a folder by what follows its name."""
        try:
            found = self.client.key_value_dir_get(f"jaxtext/{folder}/")
        except jax.errors.JaxRuntimeError as error:
            raise Parted(f"{GONE} ({str(error).splitlines()[0]})") from None
        return {key.rpartition("/")[2]: text for key, text in found}

    def awaited(self, key: str, check: Callable[[], None]) -> str:
        """Return a text as soon as it is there; `check` is called while it is not."""
        pause = 1e-3
        while True:
            try:
                return self.client.key_value_try_get(f"jaxtext/{key}")
            except jax.errors.JaxRuntimeError as error:
                if "NOT_FOUND" not in str(error):
                    raise Parted(f"{GONE} ({str(error).splitlines()[0]})") from None
            check()
            time.sleep(pause)
            pause = min(2 * pause, SLICE)


def _gathered(mine: np.ndarray) -> list[np.ndarray]:
    """Return the arrays of all processes, in order."""
    found = _moved(_everywhere, np.ascontiguousarray(mine).reshape(1, -1))
    return [row.view(mine.dtype).reshape(mine.shape) for row in found]


def _swapped(mine: np.ndarray) -> list[np.ndarray]:
    """Return the parts that all processes have for this one, in order."""
    found = _moved(_across, np.ascontiguousarray(mine).reshape(len(mine), -1))
    return [row.view(mine.dtype).reshape(mine.shape[1:]) for row in found]


def _moved(function: Callable[[Mesh], Any], mine: np.ndarray) -> np.ndarray:
    """Apply a function of the rows of all processes, as bytes; return the rows that come here."""
    raw = mine.view(np.uint8)  # whatever JAX does to float64
    first = {device.process_index: device for device in reversed(jax.devices())}
    devices = [first[process] for process in sorted(first)]
    mesh = Mesh(np.array(devices), (PROCESSES,))
    own = jax.device_put(raw, first[jax.process_index()])
    shape = len(devices) * len(raw), raw.shape[1]
    table = jax.make_array_from_single_device_arrays(shape, NamedSharding(mesh, SHARED), [own])
    return np.asarray(function(mesh)(table).addressable_data(0))


@cache
def _everywhere(mesh: Mesh) -> Callable[[Any], Any]:
    return jax.jit(lambda x: x, out_shardings=NamedSharding(mesh, PartitionSpec()))


@cache
def _across(mesh: Mesh) -> Callable[[Any], Any]:
    @partial(jax.shard_map, mesh=mesh, in_specs=SHARED, out_specs=SHARED)
    def across(rows: Any) -> Any:
        return jax.lax.all_to_all(rows, PROCESSES, 0, 0, tiled=True)

    return jax.jit(across)


class _Signs:
    """Tells the others that this process is there, and watches them, in two threads.

    One speaks to the coordinator, which can take for ever. The other ends the process if there is a
    problem that it does not come to see by itself.
    """

    def __init__(
        self,
        texts: _Texts,
        me: int,
        everybody: int,
        timeout: float,
        on_lost: Callable[[str], None],
        aborting: "_Aborting",
    ):
        self.texts, self.me, self.timeout, self.on_lost = texts, me, timeout, on_lost
        self.aborting = aborting
        self.others = [each for each in range(everybody) if each != me]
        self.problem: str | None = None
        self.inside = False  # an exchange of arrays, which a missing process can stop for ever
        self.heard = time.monotonic()
        self.noticed, self.ended = threading.Event(), threading.Event()
        for target in (self._watch, self._guard):
            threading.Thread(target=target, daemon=True).start()

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
        if failure is None:
            return
        with suppress(Parted):
            if self.problem is None:
                self.texts.put(f"failed/{self.me}", failure)
        if self.me == 0:  # with which the coordinator ends
            time.sleep(4 * BEAT)

    def _notice(self, problem: str | None) -> None:
        if problem is not None and self.problem is None:
            self.problem = self.aborting.message = problem
            self.noticed.set()

    def _watch(self) -> None:
        seen: dict[int, tuple[str, float]] = dict.fromkeys(self.others, ("", time.monotonic()))
        for beat in itertools.count():
            if self.ended.wait(BEAT) or self.problem is not None:
                return
            try:
                self.texts.put(f"beat/{self.me}", str(beat))
                failed, beats = self.texts.all("failed"), self.texts.all("beat")
            except Parted:
                self._notice(GONE)
                return
            self.heard = time.monotonic()
            self._notice(next((f"process {who}: {why}" for who, why in failed.items()), None))
            self._notice(self._silent(seen, beats))

    def _silent(self, seen: dict[int, tuple[str, float]], beats: dict[str, str]) -> str | None:
        now = time.monotonic()
        for other, (before, since) in seen.items():
            beat = beats.get(str(other), "")
            if beat != before:
                seen[other] = beat, now
            elif now - since > self.timeout:
                return f"process {other} has not answered for {self.timeout:g} seconds"
        return None

    def _guard(self) -> None:
        while not self.noticed.wait(BEAT):
            if self.ended.is_set():
                return
            if time.monotonic() - self.heard > self.timeout + 2 * BEAT:
                self._notice(f"process 0 has not answered for {self.timeout:g} seconds")
        since = time.monotonic()  # own work is finished first, unless it takes too long
        while not self.ended.wait(BEAT):
            if time.monotonic() - since > (GRACE if self.inside else self.timeout):
                self.on_lost(self.problem or GONE)


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

"""The state of a training on disk, from which it ends with the same bits: save and restore.

A checkpoint is one safetensors file in the folder `checkpoints` of a run, named by the chunk that
comes next. Its metadata hold what the state belongs to, and a SHA-256 of all that it holds.
"""

import hashlib
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from jaxtext.errors import Stopped
from jaxtext.export import replacing
from jaxtext.training.feed import Position
from jaxtext.training.stream import State
from jaxtext.types import EmbeddingParams

FOLDER = "checkpoints"
FORMAT = "1"  # raise it when a state of this version cannot be resumed by the next
KEPT = 2
Identity = Mapping[str, str]  # what must be the same when a training is resumed, by name


def files(folder: Path) -> list[Path]:
    """The checkpoints of a run, newest first."""
    return sorted((folder / FOLDER).glob("*.safetensors"), reverse=True)


def save(folder: Path, state: State, identity: Identity) -> None:
    """Write a checkpoint and remove those before the last `KEPT`; whole or not at all."""
    arrays = {**state.params._asdict(), **state.position._asdict()}
    spans = arrays.pop("spans")
    content = {
        "format": FORMAT,
        "state": json.dumps({"number": state.number, "paired": state.paired, "spans": spans}),
        "identity": json.dumps(dict(identity), sort_keys=True),
    }
    content["sha256"] = _digest(arrays, content)
    with replacing(folder / FOLDER / f"{state.number:012d}.safetensors") as path:
        save_file(arrays, path, content)
    for old in files(folder)[KEPT:]:
        old.unlink()


def read(path: Path) -> tuple[State, Identity] | None:
    """A state and what it belongs to; None for a file that is damaged or of another format."""
    try:
        with safe_open(path, "numpy") as file:
            content = dict(file.metadata() or {})
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        found = content.pop("sha256", "")
        if content.get("format") != FORMAT or found != _digest(arrays, content):
            return None
        scalars, identity = json.loads(content["state"]), json.loads(content["identity"])
        params = EmbeddingParams(arrays.pop("center"), arrays.pop("context"))
        position = Position(scalars["spans"], **arrays)
        return State(params, scalars["number"], scalars["paired"], position), identity
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None


class Keeper:
    """Saves the state of `stream.fit` every so many seconds, and where a signal asks for it."""

    def __init__(self, folder: Path, identity: Identity, every: float):
        self.folder, self.identity, self.every = folder, identity, every
        self.signal: int | None = None
        self._saved = time.monotonic()

    def __call__(self, state: Callable[[], State]) -> None:
        """Raises `Stopped` after a signal. A state that is not finite is never saved."""
        if self.signal is None and time.monotonic() - self._saved < self.every:
            return
        now = state()
        if all(np.isfinite(table).all() for table in now.params):
            save(self.folder, now, self.identity)
        self._saved = time.monotonic()
        if self.signal is not None:
            raise Stopped(
                f"stopped by {signal.Signals(self.signal).name}: go on with: jaxtext train "
                f"--resume --out {self.folder}",
                128 + self.signal,
            )

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Inside, Ctrl-C and SIGTERM wait for the next chunk; in the main thread only."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, _: object) -> None:
            self.signal = number

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _digest(arrays: Mapping[str, np.ndarray], content: Mapping[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(dict(content), sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.data)
    return digest.hexdigest()

"""Save the state of a training to disk, and read it back to resume the training bit for bit.

A checkpoint is one safetensors file in the folder `checkpoints` of a run, named by the number of
the next chunk or pass. Its metadata say what the state belongs to, and contain a SHA-256 of all
its contents.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from jaxtext.base.errors import InputError, WriteError
from jaxtext.base.files import replacing
from jaxtext.runs.folder import CHECKPOINTS
from jaxtext.runs.stopping import Stops

FORMAT = "6"  # to be raised when the next version cannot resume a state of this one
KEPT = 2  # checkpoints in a folder
Identity = Mapping[str, str]  # name -> value of what must be the same to resume a training


class Snapshot(NamedTuple):
    """The parts of a state: number of the next chunk or pass, arrays, and values for JSON."""

    number: int
    arrays: dict[str, np.ndarray]
    scalars: dict[str, Any]


def files(folder: Path) -> list[Path]:
    """Return the checkpoints of a run, newest first."""
    paths = (folder / CHECKPOINTS).glob("[0-9]*.safetensors")
    return sorted((path for path in paths if path.is_file()), reverse=True)


def save(folder: Path, snapshot: Snapshot, identity: Identity) -> None:
    """Write a checkpoint, whole or not at all, and keep only the last `KEPT` checkpoints.

    Checkpoints with higher numbers are removed as well: a resumed run has found them damaged.

    Raises `WriteError` if the checkpoint cannot be written; existing checkpoints then stay.
    """
    content = {
        "format": FORMAT,
        "state": json.dumps({"number": snapshot.number, **snapshot.scalars}),
        "identity": json.dumps(dict(identity), sort_keys=True),
    }
    content["sha256"] = _digest(snapshot.arrays, content)
    target = folder / CHECKPOINTS / f"{snapshot.number:012d}.safetensors"
    with replacing(target) as path:
        try:
            save_file(snapshot.arrays, path, content)
        except SafetensorError as error:  # as for a full disk
            raise WriteError(f"{target}: cannot be written: {error}") from None
    kept = [each for each in files(folder) if each.name <= target.name][:KEPT]
    for other in set(files(folder)) - set(kept):
        other.unlink()


def read(path: Path) -> tuple[Snapshot, Identity] | None:
    """Read a state and what it belongs to; return None if the file is damaged.

    Raises `InputError` for an undamaged file in the format of another version.
    """
    try:
        with safe_open(path, "numpy") as file:
            content = dict(file.metadata() or {})
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        recorded = content.pop("sha256", "")
        if recorded != _digest(arrays, content):
            return None
        if content["format"] != FORMAT:
            raise InputError(
                f"{path}: has format {content['format']}, this version reads {FORMAT}: resume it "
                "with the version of jaxtext that began the run"
            )
        scalars, identity = json.loads(content["state"]), json.loads(content["identity"])
        number = scalars.pop("number")
        if type(number) is not int or not all(isinstance(v, str) for v in identity.values()):
            return None
        return Snapshot(number, arrays, scalars), identity
    except InputError:
        raise
    except (
        OSError,
        SafetensorError,
        LookupError,
        TypeError,
        AttributeError,
        ValueError,
        RecursionError,
    ):
        return None


class Keeper:
    """Save the state of a training every `every` seconds, and when a signal ends the training."""

    def __init__(
        self,
        folder: Path,
        identity: Identity,
        every: float,
        stops: Stops | None = None,
        writes: bool = True,
    ):
        self.folder, self.identity, self.every, self.writes = folder, identity, every, writes
        self.stops = stops or Stops()
        self._offered: Callable[[], Snapshot] | None = None
        self._saved = time.monotonic()

    def __call__(self, state: Callable[[], Snapshot]) -> None:
        """Save the state if it is time or a signal has arrived.

        Raises `Stopped` after a signal, and `WriteError` if the state cannot be written.
        """
        self._offered = state
        if self.stops.number is not None or time.monotonic() - self._saved >= self.every:
            self.save()
        self.stops.raise_pending()

    def save(self) -> None:
        """Save the state that was offered last, unless it is saved already or is not finite."""
        if self._offered is None or not self.writes:
            return
        with self.stops.deferred():
            now = self._offered()
            self._offered = None
            if all(np.isfinite(array).all() for array in now.arrays.values()):
                save(self.folder, now, self.identity)
        self._saved = time.monotonic()


def _digest(arrays: Mapping[str, np.ndarray], content: Mapping[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(dict(content), sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.data)
    return digest.hexdigest()

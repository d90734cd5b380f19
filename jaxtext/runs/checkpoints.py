"""The state of a training on disk, from which it ends with the same bits: save and restore.

A checkpoint is one safetensors file in the folder `checkpoints` of a run, named by the number of
the chunk or pass that comes next. Its metadata hold what the state belongs to, and a SHA-256 of all
that it holds.
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

FORMAT = "4"  # raise it when a state of this version cannot be resumed by the next
KEPT = 2
Identity = Mapping[str, str]  # what must be the same when a training is resumed, by name


class Snapshot(NamedTuple):
    """A state taken apart: what comes next, its arrays, and what else JSON can hold."""

    number: int
    arrays: dict[str, np.ndarray]
    scalars: dict[str, Any]


def files(folder: Path) -> list[Path]:
    """The checkpoints of a run, newest first."""
    found = (folder / CHECKPOINTS).glob("[0-9]*.safetensors")
    return sorted((path for path in found if path.is_file()), reverse=True)


def save(folder: Path, snapshot: Snapshot, identity: Identity) -> None:
    """Write a checkpoint and remove those before the last `KEPT`; whole or not at all.

    Checkpoints of later numbers, which a resumed run has found damaged, are removed as well.
    Raises `WriteError` when it cannot be written; those that exist stay.
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
        except SafetensorError as error:  # which is all that it makes of a full disk
            raise WriteError(f"{target}: cannot be written: {error}") from None
    kept = [each for each in files(folder) if each.name <= target.name][:KEPT]
    for other in set(files(folder)) - set(kept):
        other.unlink()


def read(path: Path) -> tuple[Snapshot, Identity] | None:
    """A state and what it belongs to; None for a file that is damaged.

    Raises `InputError` for one that is whole, and that another version has written.
    """
    try:
        with safe_open(path, "numpy") as file:
            content = dict(file.metadata() or {})
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        found = content.pop("sha256", "")
        if found != _digest(arrays, content):
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
    """Saves the state of a training every so many seconds, and when a signal ends it."""

    def __init__(self, folder: Path, identity: Identity, every: float, stops: Stops | None = None):
        self.folder, self.identity, self.every = folder, identity, every
        self.stops = stops or Stops()
        self._offered: Callable[[], Snapshot] | None = None
        self._saved = time.monotonic()

    def __call__(self, state: Callable[[], Snapshot]) -> None:
        """Raises `Stopped` after a signal, `WriteError` when the state cannot be written."""
        self._offered = state
        if self.stops.number is not None or time.monotonic() - self._saved >= self.every:
            self.save()
        self.stops.raise_pending()

    def save(self) -> None:
        """Save the state that was offered last, unless it is saved or is not finite."""
        if self._offered is None:
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

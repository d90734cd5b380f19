"""Run directories: all that is needed to use a run, and to repeat it.

| file | holds |
| --- | --- |
| `config.json` | every option |
| `vocab.tsv` | word TAB count, most frequent first |
| `vectors.safetensors` | `center` and `context`, float32 [V, D] |
| `metrics.jsonl` | one object a report |
| `manifest.json` | corpus, options, versions, device, hash of the vectors, seconds by stage |
| `checkpoints/` | the last two states that training can be resumed from |

While a process trains into the folder, it holds `.lock` there, and the ids of the text in `.ids`.
"""

import hashlib
import json
import math
import os
import platform
import shlex
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import jaxtext
from jaxtext.base.errors import InputError, WriteError
from jaxtext.base.files import replacing
from jaxtext.text.vocab import Vocab
from jaxtext.vectors import export
from jaxtext.vectors.embeddings import Embeddings

CONFIG, VOCAB, VECTORS = "config.json", "vocab.tsv", "vectors.safetensors"
METRICS, MANIFEST = "metrics.jsonl", "manifest.json"
FILES = (CONFIG, VOCAB, VECTORS, METRICS, MANIFEST)
COUNT_DIGITS = 18  # in an int64
SETTINGS = ("JAX_", "XLA_", "OMP_", "OPENBLAS_", "MKL_")  # environment that libraries read
CHECKPOINTS, IDS, LOCK = "checkpoints", ".ids", ".lock"


@dataclass(frozen=True)
class Run:
    """A run directory; the methods write or read one file each."""

    folder: Path

    def write_json(self, name: str, content: dict[str, Any]) -> None:
        """Write an object as indented JSON."""
        with replacing(self.folder / name) as path:
            path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    def read_json(self, name: str) -> dict[str, Any]:
        """Read what `write_json` wrote. Raises `InputError` for a missing or damaged file."""
        path = self.folder / name
        if not self.folder.exists():
            raise InputError(f"{self.folder}: no such run or vector file")
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise InputError(f"{path}: missing: the run was not finished") from None
        except (OSError, ValueError, RecursionError) as error:
            raise InputError(f"{path}: cannot be read: {error}") from error
        if not isinstance(content, dict):
            raise InputError(f"{path}: damaged: holds no object of names and values")
        return content

    def remove(self) -> None:
        """Remove the files of a run; others stay."""
        clean(self.folder)
        for name in FILES:
            (self.folder / name).unlink(missing_ok=True)
        _remove_empty([self.folder / CHECKPOINTS])

    def write_vocab(self, vocab: Vocab) -> None:
        """Write words and counts."""
        with (
            replacing(self.folder / VOCAB) as path,
            open(path, "w", encoding="utf-8", newline="\n") as file,
        ):
            rows = zip(vocab.words, vocab.counts.tolist(), strict=True)
            file.writelines(f"{word}\t{count}\n" for word, count in rows)

    def read_vocab(self) -> Vocab:
        """Read words and counts. Raises `InputError` naming a line that is not both."""
        path = self.folder / VOCAB
        words, counts = [], []
        try:
            content = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: cannot be read: {error}") from error
        for number, line in enumerate(content.split("\n")[:-1], 1):
            word, _, count = line.rpartition("\t")
            if not word or not count.isdecimal() or len(count) > COUNT_DIGITS:
                raise InputError(f"{path}: line {number} is not 'word TAB count'")
            words.append(word)
            counts.append(int(count))
        if len(set(words)) < len(words):
            word = next(word for word, times in Counter(words).items() if times > 1)
            raise InputError(f"{path}: {word!r} is there twice")
        return Vocab(tuple(words), np.array(counts, np.int64))

    def append_metrics(self, report: dict[str, float]) -> None:
        """Add one report; a number that is not finite becomes null, which JSON has."""
        line = {k: v if math.isfinite(v) else None for k, v in report.items()}
        with open(self.folder / METRICS, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def cut_metrics(self, done: float) -> None:
        """Remove reports of what is done after so much of the training, and broken ones."""
        path, kept = self.folder / METRICS, []
        lines = path.read_bytes().decode(errors="replace").splitlines() if path.exists() else []
        for line in lines:
            try:
                if json.loads(line)["done"] < done:
                    kept.append(line + "\n")
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
        with replacing(path) as temporary:
            temporary.write_text("".join(kept), encoding="utf-8")

    def write_vectors(self, center: np.ndarray, context: np.ndarray) -> str:
        """Write both tables; the SHA-256 of the file."""
        from safetensors.numpy import save

        content = save({"center": np.ascontiguousarray(center, np.float32),
                        "context": np.ascontiguousarray(context, np.float32)})  # fmt: skip
        with replacing(self.folder / VECTORS) as path:
            path.write_bytes(content)
        return hashlib.sha256(content).hexdigest()

    def embeddings(self) -> Embeddings:
        """Vocabulary and both tables. Raises `InputError` for missing or damaged files."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        path = self.folder / VECTORS
        if not path.exists():
            raise InputError(f"{self.folder}: the run was not finished: it has no {VECTORS}")
        vocab = self.read_vocab()
        try:
            content = path.read_bytes()
            tables = load(content)
            center, context = tables["center"], tables["context"]
        except (OSError, SafetensorError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{path}: damaged: {error}") from error
        if {table.dtype for table in (center, context)} != {np.dtype(np.float32)}:
            raise InputError(f"{path}: damaged: {center.dtype} and {context.dtype}, not float32")
        if center.ndim != 2 or len(vocab) != len(center) or center.shape != context.shape:
            raise InputError(
                f"{path}: tables {center.shape} and {context.shape} for {len(vocab):,} words"
            )
        if not all(np.isfinite(table).all() for table in (center, context)):
            raise InputError(f"{path}: damaged: holds numbers that are not finite")
        self._check_hash(content)
        return Embeddings(vocab, center, context)

    def _check_hash(self, vectors: bytes) -> None:
        """Raise `InputError` where the manifest, if there is one, has another hash."""
        if (self.folder / MANIFEST).exists():
            recorded = self.read_json(MANIFEST).get("vectors_sha256")
            if recorded not in (None, hashlib.sha256(vectors).hexdigest()):
                raise InputError(
                    f"{self.folder / VECTORS}: damaged: its SHA-256 is not that of {MANIFEST}"
                )


@contextmanager
def locked(folder: Path) -> Iterator[Run]:
    """The run directory of that name, made if it is missing, with no other process writing to it.

    Afterwards folders that were made and stayed empty are gone. Raises `InputError` at once when
    another process is training there, and `WriteError` for a folder that cannot be written.
    """
    import filelock

    check_folder(folder)
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / LOCK)
        lock.acquire(blocking=False)
    except filelock.Timeout:
        raise InputError(
            f"--out {folder}: another process is training there: choose another folder, or wait"
        ) from None
    except OSError as error:
        _remove_empty(made)
        raise WriteError(f"--out {folder}: cannot be written: {error.strerror}") from error
    try:
        yield Run(folder)
    finally:
        (folder / LOCK).unlink(missing_ok=True)
        lock.release()
        _remove_empty(made)


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        if folder.exists() and not any(folder.iterdir()):
            folder.rmdir()


def clean(folder: Path) -> None:
    """Remove what a process that was killed has left: ids, and files under temporary names."""
    shutil.rmtree(folder / IDS, ignore_errors=True)
    if (folder / IDS).is_file():
        (folder / IDS).unlink()
    for path in [*folder.glob(".*.*"), *(folder / CHECKPOINTS).glob(".*.safetensors.*")]:
        if _temporary(path) or path.parent != folder:
            shutil.rmtree(path, ignore_errors=True)


def _temporary(path: Path) -> bool:
    """Whether a path in a run directory is one that `replacing` gives a file of it."""
    return any(path.name.startswith(f".{name}.") for name in FILES)


def check_folder(folder: Path) -> None:
    """Raise `InputError` if `folder` is a file."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--out {folder}: is a file: choose another name")


def check_free(folder: Path) -> None:
    """Raise `InputError` if `folder` cannot become a new run: nothing is ever overwritten."""
    check_folder(folder)
    if not folder.exists():
        return
    if is_run(folder):
        free = next(
            name
            for n in range(2, 10**6)
            if not (name := folder.with_name(f"{folder.name}-{n}")).exists()
        )
        if not (folder / MANIFEST).exists():
            raise InputError(
                f"--out {folder}: holds a run that was not finished: go on with: "
                f"{resuming(folder)}, or write to another folder, for example --out {free}"
            )
        raise InputError(
            f"--out {folder}: already holds a run, which is never overwritten: "
            f"write to another folder, for example --out {free}"
        )
    if any(path.name not in (LOCK, IDS) and not _temporary(path) for path in folder.iterdir()):
        raise InputError(f"--out {folder}: holds other files: choose an empty or a new folder")


def resuming(folder: Path) -> str:
    """The command with which a run that was stopped goes on."""
    return shlex.join(["jaxtext", "train", "--resume", "--out", argument(folder)])


def argument(path: Path) -> str:
    """A path that no command takes for an option."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run, finished or not."""
    return (folder / CONFIG).exists() or (folder / MANIFEST).exists()


def load(path: str | Path) -> Embeddings:
    """Embeddings of a run directory, or of a vector file that `export` reads.

    Raises `InputError` where there is neither, or where what is there cannot be used.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no such run or vector file")
    return Run(path).embeddings() if is_run(path) else export.read(path)


def circumstances() -> dict[str, Any]:
    """What else the bits of a result may depend on: versions and device."""
    import jax

    packages = {name: version(name) for name in ("jax", "jaxlib", "numpy")}
    return {
        "versions": {
            "jaxtext": jaxtext.__version__,
            **packages,
            "python": platform.python_version(),
        },
        "device": {
            "platform": jax.default_backend(),
            "kind": jax.devices()[0].device_kind,
            "machine": platform.machine(),
            "processor": _processor(),
            "cores": _cores(),
        },
        "environment": {
            name: value for name, value in sorted(os.environ.items()) if name.startswith(SETTINGS)
        },
    }


def _cores() -> int | None:
    """How many this process may use, on which the order of sums can depend."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _processor() -> str:
    """The processor's name, since compiled code and its rounding depend on it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()

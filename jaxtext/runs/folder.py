"""The folder of a run, which contains all that is needed to use the run and to repeat it.

| file | contains |
| --- | --- |
| `config.json` | every option |
| `vocab.tsv` | word TAB count, most frequent first |
| `vectors.safetensors` | `center` and `context`, float32 [V, D] |
| `metrics.jsonl` | one object per report |
| `manifest.json` | corpus, options, versions, device, SHA-256 of the vectors, time and memory |
| `gap.json` | how far the vectors are from their optimum, by bands, and the density of the scores |
| `checkpoints/` | the last two states that training can be resumed from |

While a process trains into the folder, it keeps a lock in `.lock` and the ids of the text in
`.ids`.
"""

import errno
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jaxtext.base.errors import InputError
from jaxtext.base.files import (
    append_json_line,
    read_json_lines,
    replacing,
    sha256,
    write_json,
    write_text,
)
from jaxtext.base.ranges import number
from jaxtext.text.vocab import Vocab
from jaxtext.vectors import export
from jaxtext.vectors.embeddings import Embeddings
from jaxtext.vectors.formats import hub, safetensors

CONFIG, VOCAB, VECTORS = "config.json", "vocab.tsv", "vectors.safetensors"
METRICS, MANIFEST, GAP = "metrics.jsonl", "manifest.json", "gap.json"
FILES = (CONFIG, VOCAB, VECTORS, METRICS, MANIFEST, GAP)
CHECKPOINTS, IDS, LOCK = "checkpoints", ".ids", ".lock"
TABLES = ("center", "context")  # in vectors.safetensors
COUNT_DIGITS = 18  # in an int64


@dataclass(frozen=True)
class Run:
    """A run folder; each method writes or reads one of its files."""

    folder: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder))

    def write_json(self, name: str, content: dict[str, Any], indent: int | None = 2) -> None:
        """Write an object as JSON, on one line without `indent`."""
        write_json(self.folder / name, content, indent)

    def read_json(self, name: str) -> dict[str, Any]:
        """Read an object that `write_json` wrote. Raises `InputError` if missing or damaged."""
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
            raise InputError(f"{path}: damaged: it is not an object of names and values")
        return content

    def write_vocab(self, vocab: Vocab) -> None:
        """Write words and counts."""
        with (
            replacing(self.folder / VOCAB) as path,
            open(path, "w", encoding="utf-8", newline="\n") as file,
        ):
            rows = zip(vocab.words, vocab.counts.tolist(), strict=True)
            file.writelines(f"{word}\t{count}\n" for word, count in rows)

    def read_vocab(self, limit: int | None = None) -> Vocab:
        """Read words and counts, or the first `limit` of them.

        Raises `InputError`, naming the line, if one is damaged.
        """
        path = self.folder / VOCAB
        words, counts = [], []
        try:
            content = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: cannot be read: {error}") from error
        for place, line in enumerate(content.split("\n")[:-1][:limit], 1):
            word, _, count = line.rpartition("\t")
            if not word or not count.isdecimal() or len(count) > COUNT_DIGITS:
                raise InputError(f"{path}: line {place} is not 'word TAB count'")
            words.append(word)
            counts.append(int(count))
        if len(set(words)) < len(words):
            word = next(word for word, times in Counter(words).items() if times > 1)
            raise InputError(f"{path}: {word!r} occurs twice")
        return Vocab(tuple(words), np.array(counts, np.int64))

    def append_metrics(self, report: dict[str, Any]) -> None:
        """Append one report; a number that is NaN or infinite becomes null."""
        append_json_line(self.folder / METRICS, report)

    def cut_metrics(self, done: float) -> None:
        """Remove broken reports, and those from the share `done` of the training on."""

        def stays(report: dict[str, Any]) -> bool:
            return isinstance(report.get("done"), int | float) and report["done"] < done

        path = self.folder / METRICS
        lines = [json.dumps(report) + "\n" for report in read_json_lines(path) if stays(report)]
        write_text(path, "".join(lines))

    def write_vectors(self, center: np.ndarray, context: np.ndarray) -> str:
        """Write both tables [V, D] as float32 and return the SHA-256 of the file."""
        from safetensors import SafetensorError
        from safetensors.numpy import save_file

        tables = {"center": np.ascontiguousarray(center, np.float32),
                  "context": np.ascontiguousarray(context, np.float32)}  # fmt: skip
        with replacing(self.folder / VECTORS) as path:
            try:
                save_file(tables, path)
            except SafetensorError as error:
                raise OSError(errno.EIO, str(error), str(path)) from error
            return sha256(path)

    def embeddings(self, limit: int | None = None) -> Embeddings:
        """Read vocabulary and both tables, or the `limit` most frequent words.

        Raises `InputError` for missing or damaged files.
        """
        path = self.folder / VECTORS
        if not path.exists():
            raise InputError(f"{self.folder}: the run was not finished: it has no {VECTORS}")
        self._check_hash()
        vocab = self.read_vocab(limit)
        try:
            header = safetensors.read_header(path)
            kinds = [header[name]["dtype"] for name in TABLES]
            shapes = [tuple(header[name]["shape"]) for name in TABLES]
        except (OSError, KeyError, InputError) as error:
            raise InputError(f"{path}: damaged: {error}") from error
        if set(kinds) != {"F32"}:
            raise InputError(f"{path}: damaged: {' and '.join(kinds)} numbers, not F32")
        rows = shapes[0][0] if limit is None else min(shapes[0][0], limit)
        if len(shapes[0]) != 2 or shapes[0] != shapes[1] or len(vocab) != rows:
            raise InputError(
                f"{path}: damaged: tables of shapes {shapes[0]} and {shapes[1]} for "
                f"{len(vocab):,} words"
            )
        center, context = (safetensors.read_array(path, header, name, limit) for name in TABLES)
        if not all(np.isfinite(row).all() for table in (center, context) for row in table):
            raise InputError(f"{path}: damaged: it contains numbers that are not finite")
        return Embeddings(vocab, center, context)

    def _check_hash(self) -> None:
        """Raise `InputError` if there is a manifest and it records another hash."""
        if (self.folder / MANIFEST).exists():
            recorded = self.read_json(MANIFEST).get("vectors_sha256")
            if recorded not in (None, sha256(self.folder / VECTORS)):
                raise InputError(
                    f"{self.folder / VECTORS}: damaged: its SHA-256 is not that of {MANIFEST}"
                )


class Onlooker(Run):
    """The folder of a run that another process of the team writes."""

    def write_json(self, name: str, content: dict[str, Any], indent: int | None = 2) -> None:
        """Write nothing."""

    def write_vocab(self, vocab: Vocab) -> None:
        """Write nothing."""

    def append_metrics(self, report: dict[str, Any]) -> None:
        """Write nothing."""

    def cut_metrics(self, done: float) -> None:
        """Write nothing."""

    def write_vectors(self, center: np.ndarray, context: np.ndarray) -> str:
        """Write nothing."""
        return ""


def is_run(folder: str | Path) -> bool:
    """Tell whether a folder contains a run, finished or not; a model for the hub is none."""
    folder = Path(folder)
    has_file = (folder / CONFIG).exists() or (folder / MANIFEST).exists()
    return has_file and not hub.is_hub(folder)


def load(path: str | Path, limit: int | None = None, strict: bool = False) -> Embeddings:
    """Load the embeddings of a run folder, or of a vector file in any format of `export`.

    With `limit`, only that many words are read, the most frequent ones. Odd rows of a file are left
    out with a warning or, if `strict`, are an error (see `export.read`).

    Raises `InputError` if there is neither, if the files cannot be used, and for a limit below one.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no such run or vector file")
    if not is_run(path):
        return export.read(path, limit, strict)
    if limit is not None:
        number("limit", limit, 1, np.inf, whole=True)
    return Run(path).embeddings(limit)

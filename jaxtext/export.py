"""Vector files that other tools read, and their readers.

| format | what is written |
| --- | --- |
| `word2vec-text` | a line "V D", then a line a word: the word and D numbers |
| `word2vec-binary` | a line "V D", then each word, a space and D little-endian float32 |
| `safetensors` | the array `vectors`, the words in the file's metadata |
| `projector` | a folder with `vectors.tsv` and `metadata.tsv` for TensorBoard's projector |

Every file is written under a temporary name and renamed when it is complete.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from jaxtyping import Float

from jaxtext.embeddings import Embeddings
from jaxtext.errors import InputError
from jaxtext.text.vocab import Vocab

FORMATS = ("word2vec-text", "word2vec-binary", "safetensors", "projector")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends without error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        yield folder / path.name
        os.replace(folder / path.name, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write(embeddings: Embeddings, path: Path, form: str, kind: str = "center") -> None:
    """Write one vector a word (`kind`, see `Embeddings.vectors`) in one of `FORMATS`.

    Raises `InputError` for an unknown format or kind, and for a path that exists already.
    """
    writers = {
        "word2vec-text": _write_text,
        "word2vec-binary": _write_binary,
        "safetensors": _write_safetensors,
        "projector": _write_projector,
    }
    if form not in writers:
        raise InputError(f"no format called {form!r}: choose one of {', '.join(FORMATS)}")
    if path.exists():
        raise InputError(f"{path}: exists already: choose another name or remove it")
    vectors = np.asarray(embeddings.vectors(kind), np.float32)
    with replacing(path) as temporary:
        writers[form](embeddings.vocab, vectors, temporary)


def _write_text(vocab: Vocab, vectors: Float[np.ndarray, "V D"], path: Path) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(f"{len(vocab)} {vectors.shape[1]}\n")
        for word, row in zip(vocab.words, vectors, strict=True):
            file.write(f"{word} {' '.join(_shortest(row))}\n")


def _shortest(row: Float[np.ndarray, " D"]) -> list[str]:
    """The shortest decimal numbers that read back as the same float32."""
    return [str(number) for number in row]


def _write_binary(vocab: Vocab, vectors: Float[np.ndarray, "V D"], path: Path) -> None:
    with open(path, "wb") as file:
        file.write(b"%d %d\n" % vectors.shape)
        for word, row in zip(vocab.words, vectors.astype("<f4"), strict=True):
            file.write(word.encode() + b" " + row.tobytes() + b"\n")


def _write_safetensors(vocab: Vocab, vectors: Float[np.ndarray, "V D"], path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"vectors": vectors}, path, metadata={"words": json.dumps(vocab.words)})


def _write_projector(vocab: Vocab, vectors: Float[np.ndarray, "V D"], path: Path) -> None:
    path.mkdir()
    with open(path / "vectors.tsv", "w", encoding="utf-8", newline="\n") as file:
        file.writelines("\t".join(_shortest(row)) + "\n" for row in vectors)
    with open(path / "metadata.tsv", "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{word}\n" for word in vocab.words)


def read(path: Path) -> Embeddings:
    """Read any file that `write` wrote; which format it is follows from its first bytes.

    Files of vectors hold no counts, so those of the vocabulary are zero.
    Raises `InputError` for files that are none of these or are cut short.
    """
    try:
        if path.is_dir():
            words, vectors = _read_projector(path)
        else:
            with open(path, "rb") as file:
                words, vectors = _read_file(file, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a vector file: a word is not UTF-8 text") from error
    if not np.isfinite(vectors).all():
        row = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise InputError(f"{path}: the vector of {words[row]!r} holds a number that is not finite")
    return Embeddings(Vocab(tuple(words), np.zeros(len(words), np.int64)), vectors)


def _read_file(file: BinaryIO, path: Path) -> tuple[list[str], np.ndarray]:
    start = file.read(9)
    file.seek(0)
    if start[8:] == b"{":  # a safetensors file: eight bytes of length, then JSON
        return _read_safetensors(path)
    header = file.readline(64).split()
    try:
        size, dim = (int(number) for number in header)
    except ValueError:
        raise InputError(f"{path}: not a vector file: its first line is not 'words dim'") from None
    rest = path.stat().st_size - file.tell()
    # A word takes at least a byte, and a number a space and a digit.
    if size < 1 or dim < 1 or size * (2 * dim + 1) > rest:
        raise InputError(
            f"{path}: announces {size:,} words of {dim} numbers, too many for its size"
        )
    place = file.tell()
    line = file.readline(1 << 20).split()
    file.seek(place)
    try:
        is_text = len([float(number) for number in line[1:]]) == dim
    except ValueError:
        is_text = False
    return (_read_text if is_text else _read_binary)(file, size, dim, path)


def _read_text(file: BinaryIO, size: int, dim: int, path: Path) -> tuple[list[str], np.ndarray]:
    words, vectors = [], np.empty((size, dim), np.float32)
    for row in range(size):
        word, _, numbers = file.readline().rstrip(b"\n").partition(b" ")
        values = numbers.split()
        if len(values) != dim:
            raise InputError(f"{path}: line {row + 2} has {len(values)} numbers instead of {dim}")
        try:
            vectors[row] = [float(value) for value in values]
        except ValueError as error:
            raise InputError(f"{path}: line {row + 2}: {error}") from None
        words.append(word.decode())
    return words, vectors


def _read_binary(file: BinaryIO, size: int, dim: int, path: Path) -> tuple[list[str], np.ndarray]:
    if size * (4 * dim + 2) > path.stat().st_size:
        raise InputError(
            f"{path}: announces {size:,} words of {dim} numbers, too many for its size"
        )
    data, at = file.read(), 0
    words, vectors = [], np.empty((size, dim), np.float32)
    for row in range(size):
        end = data.find(b" ", at)
        if end < 0 or end + 1 + 4 * dim > len(data):
            raise InputError(f"{path}: cut short: it ends in word {row + 1:,} of {size:,}")
        words.append(data[at:end].lstrip(b"\n").decode())
        vectors[row] = np.frombuffer(data, "<f4", dim, end + 1)
        at = end + 1 + 4 * dim
    return words, vectors


def _read_safetensors(path: Path) -> tuple[list[str], np.ndarray]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy") as file:
            metadata = file.metadata() or {}
            if "words" not in metadata or "vectors" not in list(file.keys()):
                raise InputError(
                    f"{path}: holds no words beside its arrays: give the run's folder instead"
                )
            words, vectors = json.loads(metadata["words"]), file.get_tensor("vectors")
    except (SafetensorError, json.JSONDecodeError, TypeError) as error:
        raise InputError(f"{path}: damaged safetensors file: {error}") from error
    if not isinstance(words, list) or vectors.ndim != 2 or len(words) != len(vectors):
        raise InputError(f"{path}: the words do not fit an array of shape {vectors.shape}")
    return words, vectors


def _read_projector(folder: Path) -> tuple[list[str], np.ndarray]:
    if not (folder / "vectors.tsv").is_file():
        raise InputError(f"{folder}: neither a run nor a projector folder (no vectors.tsv)")
    words = (folder / "metadata.tsv").read_text(encoding="utf-8").splitlines()
    try:
        vectors = np.loadtxt(folder / "vectors.tsv", np.float32, delimiter="\t", ndmin=2)
    except ValueError as error:
        raise InputError(f"{folder / 'vectors.tsv'}: {error}") from error
    if len(words) != len(vectors):
        raise InputError(f"{folder}: {len(words):,} words for {len(vectors):,} vectors")
    return words, vectors

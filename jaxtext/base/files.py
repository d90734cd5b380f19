"""Files that are written whole or not at all; JSON lines; SHA-256; the cache folder."""

import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from jaxtext.base.errors import InputError, WriteError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, which replaces it if the block ends without error.

    If `path` is a link, the file that it points to is replaced; devices and pipes are written to
    directly. Raises `WriteError` if the file cannot be written; an existing file is then unchanged.
    """
    if path.is_dir():
        raise WriteError(f"{path}: is a folder: give the name of a file")
    if path.exists() and not path.is_file():
        yield path
        return
    if path.is_symlink():
        path = path.resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {error.strerror}") from error
    try:
        yield folder / path.name
        os.replace(folder / path.name, path)
    except OSError as error:
        if error.filename is None or Path(error.filename).parent == folder:
            raise WriteError(f"{path}: cannot be written: {error.strerror or error}") from error
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_text(path: Path, content: str) -> None:
    """Replace a text file. Raises `WriteError` as `replacing` does."""
    with replacing(path) as temporary:
        temporary.write_text(content, encoding="utf-8")


def json_text(content: Any, indent: int | None = 2) -> str:
    """Return JSON, on one line without `indent`. Raises `ValueError` for numbers not finite."""
    return json.dumps(content, indent=indent, allow_nan=False) + "\n"


def write_json(path: Path, content: Any, indent: int | None = 2) -> None:
    """Replace a file by JSON. Raises `ValueError` for numbers that are not finite."""
    write_text(path, json_text(content, indent))


def append_json_line(path: Path, content: Mapping[str, Any]) -> None:
    """Append one object as a line; numbers that are not finite become null."""
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps({name: finite(value) for name, value in content.items()}) + "\n")
        file.flush()
        os.fsync(file.fileno())


def finite(value: Any) -> Any:
    """Return the value, or None for a float that is NaN or infinite.

    >>> finite(0.5), finite(float("nan"))
    (0.5, None)
    """
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a file of JSON lines, without broken lines and other values.

    A missing file has none.
    """
    objects = []
    content = path.read_bytes().decode(errors="replace") if path.exists() else ""
    for line in content.splitlines():
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict):
            objects.append(entry)
    return objects


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of(parts: Iterable[bytes]) -> str:
    """Return the SHA-256 of bytes that are given in parts.

    >>> sha256_of([b"a", b"b"]) == sha256_of([b"ab"])
    True
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def cache_folder() -> Path:
    """Return the user's cache folder for jaxtext. Raises `InputError` if there is none."""
    import pooch

    folder = Path(pooch.os_cache("jaxtext"))
    if not folder.is_absolute():  # no home
        raise InputError("there is no home folder for the cache: set XDG_CACHE_HOME")
    return folder


def kept(path: Path, blocks: Iterable[bytes]) -> Path:
    """Write a file of the cache, whole or not at all, and return its path.

    Raises `InputError` if the folder cannot be written to.
    """
    try:
        with replacing(path) as temporary, open(temporary, "wb") as file:
            file.writelines(blocks)
    except WriteError as error:
        reason = error.__cause__
        raise InputError(
            f"{path.parent}: {path.name} cannot be kept there "
            f"({getattr(reason, 'strerror', None) or error}): set XDG_CACHE_HOME to a folder that "
            "can be written"
        ) from error
    return path


def replacing_if(path: Path | None) -> AbstractContextManager[Path | None]:
    """Return `replacing(path)`, or a context that does nothing if there is no path."""
    return nullcontext() if path is None else replacing(path)

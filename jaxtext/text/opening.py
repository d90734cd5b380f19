"""Files -> streams of bytes, recognised by their first bytes, whatever their names are.

Text that is compressed is unpacked while it is read, as are the text files of a zip archive. Other
files that are no text are named for what they are.
"""

import bz2
import gzip
import io
import lzma
import os
import re
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jaxtext.base.errors import InputError

SUFFIXES = (".txt", ".gz", ".bz2", ".xz")
STDIN = "-"
HEAD = 512  # bytes that are looked at
BUFFER = 1 << 16  # bytes
OPENERS: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
PACKED = {
    ".gz": re.compile(rb"\x1f\x8b"),
    ".bz2": re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)"),
    ".xz": re.compile(rb"\xfd7zXZ\0"),
}
ZIP = b"PK\x03\x04"
UNPACK, TO_TEXT = "unpack it first", "save its text as a text file first"
OTHERS = (  # first bytes, what they begin, what to do
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (b"\x04\x22\x4d\x18", "an LZ4 archive", UNPACK),
    (b"\x1f\x9d", "an archive of compress", UNPACK),
    (b"LZIP\x01", "an lzip archive", UNPACK),
    (b"PK\x05\x06", "an empty zip archive", "give one with text files"),
    (b"%PDF-", "a PDF document", TO_TEXT),
    (b"{\\rtf", "an RTF document", TO_TEXT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a document of an older Microsoft Office", TO_TEXT),
    (b"PAR1", "a Parquet table", "write its text column to a text file first"),
    (b"ARROW1\0", "an Arrow table", "write its text column to a text file first"),
    (b"SQLite format 3\0", "an SQLite database", TO_TEXT),
    (b"\x89HDF\r\n", "an HDF5 file", TO_TEXT),
    (b"\x93NUMPY", "a NumPy array", "give its rows to jaxtext.read"),
    (b"\x89PNG\r\n", "a picture", "give text"),
    (b"\xff\xd8\xff", "a picture", "give text"),
    (b"\x7fELF", "a program", "give text"),
)
DOCUMENTS = (  # the beginnings of names in zip archives that are documents, and which
    (("[content_types].xml", "word/", "xl/", "ppt/"), "a Microsoft Office document"),
    (("mimetype",), "an OpenDocument or EPUB document"),
    (("meta-inf/",), "a Java program"),
)


@contextmanager
def opened(source: str) -> Iterator[Iterator[tuple[str, io.BufferedReader]]]:
    """Open a file or standard input; yield an iterator of names and streams of bytes.

    There is one stream, but for a zip archive one for each of its text files.

    Raises `InputError` for what is recognised as something else than text.
    """
    if source == STDIN and sys.stdin is None:
        raise InputError("standard input ('-') is closed")
    number = source if source != STDIN else sys.stdin.fileno()
    with open(number, "rb", closefd=source != STDIN) as file:
        yield _streams(source, file)


def _streams(name: str, file: io.BufferedReader) -> Iterator[tuple[str, io.BufferedReader]]:
    head = file.peek(HEAD)
    if head.startswith(ZIP):
        if not file.seekable():
            raise InputError(f"{name}: a zip archive, which cannot be read from a pipe: {UNPACK}")
        with zipfile.ZipFile(file) as archive:
            for member in members(name, archive)[0]:
                try:
                    with archive.open(member) as inner:
                        # A buffer can be looked into.
                        stream = io.BufferedReader(inner, BUFFER)  # pyright: ignore[reportArgumentType]
                        yield from _streams(f"{name}/{member}", stream)
                except (RuntimeError, NotImplementedError) as error:  # a password, a method
                    raise InputError(f"{name}: {error}: {UNPACK}") from None
        return
    suffix = _packing(name, head)
    if suffix in OPENERS:
        with OPENERS[suffix](file, "rb") as inner, io.BufferedReader(inner, BUFFER) as stream:
            _check(name, stream.peek(HEAD))
            yield name, stream
        return
    _check(name, head)
    yield name, file


def _packing(name: str, head: bytes) -> str:
    """Return the ending of files that begin like this one, or the ending of its name."""
    found = next((suffix for suffix, magic in PACKED.items() if magic.match(head)), None)
    return found or Path(name).suffix.lower()


def is_packed(name: str, head: bytes) -> bool:
    """Whether a file with these first bytes is an archive."""
    return head.startswith(ZIP) or _packing(name, head) in OPENERS


def _check(name: str, head: bytes) -> None:
    """Raise `InputError` if the first bytes of a file are those of something else than text."""
    for magic, what, advice in OTHERS:
        if head.startswith(magic):
            raise InputError(f"{name}: {what}, not text: {advice}")
    if head[257:262] == b"ustar":
        raise InputError(f"{name}: a tar archive, not text: {UNPACK}")


def members(name: str, archive: zipfile.ZipFile) -> tuple[list[str], list[str]]:
    """Return the text files of a zip archive, and its other files but for hidden ones.

    Text files are those with the endings of `SUFFIXES` or without any; a single file is one
    whatever its ending.

    Raises `InputError` for documents that are zip archives, and if there is no text file.
    """
    names = [each for each in archive.namelist() if not each.endswith("/")]
    for beginnings, what in DOCUMENTS:
        if any(each.lower().startswith(beginnings) for each in names):
            raise InputError(f"{name}: {what}, not text: {TO_TEXT}")
    names = [
        each
        for each in sorted(set(names))
        if not any(part.startswith(".") or part == "__MACOSX" for part in each.split("/"))
    ]
    chosen = [each for each in names if Path(each).suffix.lower() in ("", *SUFFIXES)]
    if len(names) == 1:
        chosen = names
    if not chosen:
        raise InputError(
            f"{name}: the zip archive contains no {', '.join(SUFFIXES)} file: {UNPACK}"
        )
    return chosen, [each for each in names if each not in chosen]


def look(path: str) -> list[str]:
    """Look at the first bytes of a file; return the files of a zip archive that are not read.

    Raises `InputError` as `opened` does, and `OSError` if the file cannot be read.
    """
    if path == STDIN or not os.path.isfile(path):
        return []  # a pipe can be read only once
    with open(path, "rb") as file:
        head = file.read(HEAD)
        if not head.startswith(ZIP):
            _check(path, head)
            return []
        with zipfile.ZipFile(file) as archive:
            return [f"{path}/{each}" for each in members(path, archive)[1]]

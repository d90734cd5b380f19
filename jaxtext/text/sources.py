"""Where text comes from: files, folders and standard input -> blocks of bytes.

A block is valid UTF-8 that ends at a line break or, within a line longer than a block, at a space.
Only one block and the unfinished line after it are in memory at any time.
"""

import bz2
import gzip
import lzma
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from io import BufferedIOBase
from pathlib import Path

from jaxtext.base.errors import InputError

SUFFIXES = (".txt", ".gz", ".bz2", ".xz")
BLOCK_BYTES = 1 << 20
LONGEST_WORD_BYTES = 1 << 22
STDIN = "-"


def find_sources(paths: Sequence[str | Path]) -> list[str]:
    """Return the files of `paths` in order; a folder stands for its text files, sorted by name.

    Raises `InputError` for a path that does not exist, a folder without text files, an empty file,
    a file that cannot be read, and standard input (`-`) given twice.
    """
    files: list[str] = []
    for path in map(str, paths):
        if path == STDIN:
            if STDIN in files:
                raise InputError("standard input ('-') can be read only once: give it once")
            files.append(path)
        elif os.path.isdir(path):
            text_files = [
                str(file)
                for file in sorted(Path(path).rglob("*"))
                if file.suffix.lower() in SUFFIXES and file.is_file()
            ]
            if not text_files:
                raise InputError(f"{path}: the folder contains no {', '.join(SUFFIXES)} file")
            files += text_files
        elif not os.path.exists(path):
            raise InputError(f"{path}: no such file or folder")
        elif os.path.isfile(path) and not os.path.getsize(path):
            raise InputError(f"{path}: the file is empty")
        else:
            files.append(path)
    for path in files:
        if path != STDIN and not os.access(path, os.R_OK):
            raise InputError(f"{path}: no permission to read it")
    return files


def read_blocks(sources: Sequence[str], block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield the text of the sources, one after the other, as blocks of UTF-8 bytes.

    A block has about `block_bytes` bytes. If the last line of a source lacks a line break, one is
    added, so that no sentence spans two files.

    Raises `InputError` for bytes that are not UTF-8 text, naming line and byte, for damaged
    archives, and for files that cannot be read.
    """
    for source in sources:
        line, column = 1, 0
        try:
            with _open(source) as stream:
                for block in _cut(stream, block_bytes, source):
                    _check_text(block, source, line, column)
                    lines = block.count(b"\n")
                    line += lines
                    column = len(block) - block.rfind(b"\n") - 1 + (0 if lines else column)
                    yield block
        except (EOFError, lzma.LZMAError, gzip.BadGzipFile, zlib.error) as error:
            raise InputError(f"{source}: damaged or not what its name says: {error}") from error
        except OSError as error:
            raise InputError(f"{source}: cannot be read: {error.strerror or error}") from error


def _open(source: str) -> BufferedIOBase:
    if source == STDIN:
        if sys.stdin is None:
            raise InputError("standard input ('-') is closed")
        return open(sys.stdin.fileno(), "rb", closefd=False)
    opener = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
    return opener.get(Path(source).suffix.lower(), open)(source, "rb")


def _cut(stream: BufferedIOBase, block_bytes: int, source: str) -> Iterator[bytes]:
    """Yield blocks of about `block_bytes` that end at a line break, or else at a space."""
    rest, ended = b"", True
    while data := stream.read(block_bytes):
        data = rest + data
        end = data.rfind(b"\n") + 1 or max(data.rfind(b" "), data.rfind(b"\t")) + 1
        if not end and len(data) > LONGEST_WORD_BYTES:
            raise InputError(
                f"{source}: {len(data):,} bytes without a space or line break: "
                "separate the words by spaces first"
            )
        rest = data[end:]
        if end:
            ended = data[end - 1 : end] == b"\n"
            yield data[:end]
    if rest or not ended:
        yield rest + b"\n"


def _check_text(block: bytes, source: str, line: int, column: int) -> None:
    """Raise `InputError` for bytes that are not text; `line` and `column` locate the block."""
    bad = block.find(b"\0")
    if bad < 0:
        try:
            if not block.isascii():
                block.decode()
            return
        except UnicodeDecodeError as error:
            bad = error.start
    lines = block.count(b"\n", 0, bad)
    line += lines
    column = bad - block.rfind(b"\n", 0, bad) + (0 if lines else column)
    raise InputError(
        f"{source}: not UTF-8 text: byte 0x{block[bad]:02x} at line {line}, byte {column} of the "
        "line: convert the file to UTF-8 first"
    )

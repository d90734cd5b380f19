"""Where text comes from: files, folders and standard input -> blocks of bytes.

A block is valid UTF-8 that ends at a line break or, within a line longer than a block, at a space.
Only one block and the unfinished line after it are in memory at any time.
"""

import codecs
import gzip
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any, NamedTuple

from jaxtext.base.errors import InputError
from jaxtext.text.folders import ENDING, LeftOut, not_read, text_files
from jaxtext.text.opening import HEAD, STDIN, SUFFIXES, is_packed, look, opened

BLOCK_BYTES = 1 << 20
LONGEST_WORD_BYTES = 1 << 22
UTF8 = "utf-8"
MARKS = (  # byte order marks; the longer ones first, since they begin like the shorter ones
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DAMAGED = (
    EOFError, lzma.LZMAError, gzip.BadGzipFile, zlib.error, zipfile.BadZipFile, struct.error,
    NotImplementedError, UnicodeDecodeError,
)  # fmt: skip


class Files(list[str]):
    """Files in the order in which they are read, with those that are left out."""

    def __init__(self, files: Iterable[str] = (), left_out: Iterable[LeftOut] = ()):
        super().__init__(files)
        self.left_out = tuple(left_out)


class Stretch(NamedTuple):
    """A file, or its bytes from `start` to `stop`."""

    file: str
    start: int = 0
    stop: int | None = None


def find_sources(paths: Sequence[str | Path]) -> Files:
    """Return the files of `paths` in order; a folder stands for its text files, sorted by name.

    Raises `InputError` for a path that does not exist, a folder without text files, an empty file,
    a file that cannot be read or that is something else than text, and standard input (`-`) given
    twice.
    """
    files: list[str] = []
    left_out: list[LeftOut] = []
    for path in map(str, paths):
        if path == STDIN:
            if STDIN in files:
                raise InputError("standard input ('-') can be read only once: give it once")
            files.append(path)
        elif os.path.isdir(path):
            found, others = text_files(path)
            if not found:
                there = f"; {not_read(others)}" if others else ""
                raise InputError(
                    f"{path}: the folder contains no {', '.join(SUFFIXES)} file{there}"
                )
            files += found
            left_out += others
        elif not os.path.exists(path):
            raise InputError(f"{path}: no such file or folder")
        elif os.path.isfile(path) and not os.path.getsize(path):
            raise InputError(f"{path}: the file is empty")
        else:
            files.append(path)
    for path in files:
        if path != STDIN and not os.access(path, os.R_OK):
            raise InputError(f"{path}: no permission to read it")
    for path in files:
        try:
            left_out += [LeftOut(each, ENDING) for each in look(path)]
        except (OSError, *DAMAGED) as error:
            raise _unreadable(path, error) from error
    return Files(files, left_out)


def can_be_cut(file: str, encoding: str) -> bool:
    """Whether parts of a file can be read without what stands before: it is plain UTF-8."""
    with open(file, "rb") as opened_file:
        head = opened_file.read(HEAD)
    marked = any(head.startswith(mark) for mark, _ in MARKS)
    return codecs.lookup(encoding).name == UTF8 and not marked and not is_packed(file, head)


def read_blocks(
    sources: Sequence[str | Stretch],
    block_bytes: int = BLOCK_BYTES,
    encoding: str = UTF8,
    errors: str = "strict",
    paragraphs: bool = False,
) -> Iterator[bytes]:
    """Yield the text of the sources, one after the other, as blocks of UTF-8 bytes.

    A block has about `block_bytes` bytes; an empty one follows the last of each file, also of those
    in an archive. If the last line of a source lacks a line break, one is added, so that no
    sentence spans two files; with `paragraphs`, an empty line is. A byte order
    mark of UTF-16 or UTF-32 counts more than `encoding`. With `errors` "replace", bytes that are
    not text become U+FFFD.

    Raises `InputError` for bytes that are not text in this encoding, naming their place, for
    damaged archives, and for files that cannot be read.
    """
    for source in sources:
        file, start, stop = source if isinstance(source, Stretch) else Stretch(source)
        try:
            with opened(file) as streams:
                for name, stream in streams:
                    some = stream if not start and stop is None else _between(stream, start, stop)
                    chunks = _utf8(some, block_bytes, name, encoding, errors, not start)
                    yield from _checked(_cut(chunks, name), name, encoding, errors)
                    if paragraphs:
                        yield b"\n"
                    yield b""
        except (OSError, *DAMAGED) as error:
            raise _unreadable(file, error) from error
        except InputError:
            if start:  # from the beginning, so that the message has the line of the file
                for _ in read_blocks([file], block_bytes, encoding, errors, paragraphs):
                    pass
            raise


def _between(stream: BufferedReader, start: int, stop: int | None) -> BufferedReader:
    """Return the bytes of a file from `start` to `stop`."""
    stream.seek(start)
    return BufferedReader(_Limited(stream, None if stop is None else stop - start), BLOCK_BYTES)  # pyright: ignore[reportArgumentType]


class _Limited(RawIOBase):
    """The next bytes of a stream, so many at most."""

    def __init__(self, stream: BufferedReader, left: int | None):
        self.stream, self.left = stream, left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = self.stream.readinto(buffer[: self.left])
        self.left = None if self.left is None else self.left - size
        return size


def _unreadable(source: str, error: Exception) -> InputError:
    if isinstance(error, DAMAGED):
        return InputError(f"{source}: damaged or not what its name says: {error}")
    reason = getattr(error, "strerror", None) or error
    return InputError(f"{source}: cannot be read: {reason}")


def _utf8(
    stream: BufferedReader,
    block_bytes: int,
    source: str,
    encoding: str,
    errors: str,
    begins: bool,
) -> Iterator[bytes]:
    """Yield the bytes of a stream in UTF-8; those that are in UTF-8 are not looked at.

    A stream that `begins` a file may begin with a mark of its encoding.
    """
    head = stream.peek(4) if begins else b""
    marked = next((name for mark, name in MARKS if head.startswith(mark)), None)
    encoding = marked or encoding
    if codecs.lookup(encoding).name == UTF8:
        while data := stream.read(block_bytes):
            yield data
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    done = 0
    while True:
        data = stream.read(block_bytes)
        try:
            yield decoder.decode(data, final=not data).encode()
        except UnicodeError as error:
            where = str(error)
            if isinstance(error, UnicodeDecodeError):
                bad = error.object[error.start : error.end]
                place = done + len(data) - len(error.object) + error.start + 1
                where = f"byte 0x{bad[0]:02x}, byte {place:,} of the file"
            raise _not_text(source, encoding, where) from None
        if not data:
            return
        done += len(data)


def _cut(chunks: Iterable[bytes], source: str) -> Iterator[bytes]:
    """Yield blocks that end at a line break, or else at a space; the last line is ended."""
    rest, ended = b"", True
    for chunk in chunks:
        data = rest + chunk
        end = data.rfind(b"\n") + 1
        if not end:  # not between CR and LF
            end = max(data.rfind(b" "), data.rfind(b"\t"), data.rfind(b"\r", 0, -1)) + 1
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


def _checked(blocks: Iterable[bytes], source: str, encoding: str, errors: str) -> Iterator[bytes]:
    """Yield the blocks of a source. Raises `InputError` for bytes that are not text."""
    line, column = 1, 0
    for block in blocks:
        if errors == "replace" and not block.isascii():
            block = block.decode(errors="replace").encode()
        if errors == "replace":
            block = block.replace(b"\0", "\ufffd".encode())
        _check_text(block, source, encoding, line, column)
        lines = block.count(b"\n")
        line += lines
        column = len(block) - block.rfind(b"\n") - 1 + (0 if lines else column)
        yield block


def _check_text(block: bytes, source: str, encoding: str, line: int, column: int) -> None:
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
    zeros = f"byte 0x{block[bad]:02x} at line {line}, byte {column} of the line"
    raise _not_text(source, encoding, zeros, 4 * block.count(b"\0") > len(block))


def _not_text(source: str, encoding: str, where: str, wide: bool = False) -> InputError:
    known = "probably utf-16-le or utf-16-be" if wide else "such as cp1252 or shift_jis"
    return InputError(
        f"{source}: not {encoding.upper()} text: {where}: give the encoding of the file, "
        f"{known}; or set errors to replace",
        "encoding",
        encoding,
    )

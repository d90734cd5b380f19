"""Which format a path has, and its words and vectors.

| file | how it is told from the others |
| --- | --- |
| word2vec text, fastText `.vec` | a first line "V D", then as many numbers as D on a line |
| word2vec binary | such a first line, then bytes |
| GloVe text | lines of a word and numbers |
| safetensors | eight bytes of length, then JSON |
| TensorBoard projector | a folder with `vectors.tsv` and `metadata.tsv` |
| hub | a folder with `model.safetensors` and `tokenizer.json` |

All but the last three may be compressed by gzip, bzip2 or xz. Nothing is unpickled, and no more is
allocated than a file's size accounts for.
"""

import bz2
import codecs
import gzip
import lzma
import re
import zlib
from collections import Counter
from io import BufferedReader, RawIOBase
from itertools import pairwise
from pathlib import Path
from typing import cast

from jaxtext.base.errors import InputError
from jaxtext.vectors.formats import binary, hub, projector, safetensors, text
from jaxtext.vectors.formats.table import LONGEST_LINE, Asked, Table, line_of, shown
from jaxtext.vectors.formats.text import trailing

SAMPLE = 1 << 16  # bytes after the first line that tell the formats apart
MAGIC = 512  # bytes at the beginning that tell other files from vector files
FREQUENT, COLUMNS = 10, 3  # a list of frequencies begins with at least this one, in few columns
REFUSED = {  # beginnings of files, as patterns
    rb"\x93NUMPY": "a NumPy array without words",
    rb"PK\x03\x04": "a zip archive: unpack it first",
    rb"\x28\xb5\x2f\xfd": "compressed by zstandard: unpack it first",
    rb"7z\xbc\xaf": "a 7z archive: unpack it first",
    rb"(?s:.{257})ustar": "a tar archive: unpack it first",
    rb"\x89HDF": "an HDF5 file",
    rb"PAR1": "a Parquet file",
    rb"SQLite format 3\0": "an SQLite database",
    rb"\xff\xfe|\xfe\xff": "UTF-16 text: convert it to UTF-8",
    rb"\xba\x16O/": "a fastText model: give its .vec file",
}
NO_ROWS = {  # beginnings of text without a single row of a word and numbers
    rb"\s*<": "a web page or XML",
    rb"\s*[{\[]": "JSON",
    rb"%PDF-": "a PDF document",
    rb"version https://git-lfs": "a pointer of Git LFS: fetch the file itself",
}
PICKLE = re.compile(rb"\x80[\x02-\x05]")
HEADER = re.compile(rb"\s*([0-9]{1,30})\s+([0-9]{1,30})\s*")
COMMAS = re.compile(rb"[0-9][,;][ \t]*[-+.0-9]")  # in numbers, or between them
WHOLE = re.compile(rb"[0-9]{1,18}")


def read(path: Path, limit: int | None = None, strict: bool = False) -> Table:
    """Read a vector file of any of the formats above, or its first `limit` words.

    Raises `InputError` that names the file, and the line, or the word of a binary file, for what is
    none of them, is cut short or announces more than it contains. Odd rows are left out, see
    `jaxtext.vectors.formats.table`; if `strict`, the first of them is an error.
    """
    asked = Asked(path, limit, strict)
    try:
        if path.is_dir():
            return hub.read(asked) if hub.is_hub(path) else projector.read(asked)
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: is a pipe or device: write it to a file first")
        with open(path, "rb") as file:
            opened = _unpacked(file)
            return _read_file(opened, asked, path.stat().st_size if opened is file else None)
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: cut short or damaged: {error}") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error


def _unpacked(file: BufferedReader) -> BufferedReader:
    """Return the same file, or what is compressed in it."""
    start = file.read(10)
    file.seek(0)
    if start.startswith(b"\x1f\x8b"):
        return BufferedReader(cast(RawIOBase, gzip.GzipFile(fileobj=file)))
    if re.match(rb"BZh[1-9]1AY&SY", start):
        return BufferedReader(cast(RawIOBase, bz2.BZ2File(file)))
    if start.startswith(b"\xfd7zXZ"):
        return BufferedReader(cast(RawIOBase, lzma.LZMAFile(file)))
    return file


def _read_file(file: BufferedReader, asked: Asked, size: int | None) -> Table:
    """Read a file; its `size` is None if it is compressed."""
    path, start = asked.path, file.read(MAGIC)
    _refuse_foreign(start, path)
    if start[8:9] == b"{" and b"\0" in start[:8]:  # a length, and no text
        if size is None:
            raise InputError(f"{path}: compressed safetensors: unpack them first")
        return safetensors.read(asked)
    begin = len(codecs.BOM_UTF8) if start.startswith(codecs.BOM_UTF8) else 0
    file.seek(begin)
    first = line_of(file, 1, path)
    after = file.tell()
    sample = file.readline(LONGEST_LINE) + file.read(SAMPLE)
    lines = sample.split(b"\n")[: -1 if len(sample) > SAMPLE else None]  # the last one may be cut
    pieces = first.rstrip(b"\r\n").split(b"\r")
    if len(pieces) > 1 and trailing(pieces[1]) and (trailing(pieces[0]) or _header(pieces[0])):
        raise InputError(f"{path}: its lines end in CR alone: convert them to LF")
    header = _header(first)
    if header is None:
        file.seek(begin)
        return text.read(file, asked, 1, None, _dim([first, *lines], path))
    announced, dim = header
    if announced < 1 or dim < 1:
        raise InputError(
            f"{path}: line 1 announces {announced} words of {dim} numbers: nothing to read"
        )
    # A word takes at least a byte, and a number two.
    if size is not None and announced * (2 * dim + 1) > size - after:
        raise InputError(
            f"{path}: line 1 announces {announced:,} words of {dim:,} numbers, too many for its "
            "size"
        )
    file.seek(after)
    if not _is_text(sample, lines, dim):
        return binary.read(file, asked, announced, dim)
    _check_dim(lines, dim, path)
    return text.read(file, asked, 2, announced, dim)


def _refuse_foreign(start: bytes, path: Path) -> None:
    """Raise `InputError` for a file that begins as those of another kind do."""
    if not start:
        raise InputError(f"{path}: the file is empty")
    if PICKLE.match(start):
        name, made = repr(str(path)), repr(str(path.with_suffix(".vec")))
        loaded = f"Word2Vec.load({name}).wv" if path.suffix == ".model" else None
        raise InputError(
            f"{path}: not a vector file, but a pickle, which could run code; if gensim wrote it, "
            "convert it by gensim's own functions: gensim.models."
            f"{loaded or f'KeyedVectors.load({name})'}.save_word2vec_format({made})"
        )
    for beginning, what in REFUSED.items():
        if re.match(beginning, start):
            raise InputError(f"{path}: not a vector file, but {what}")


def _header(line: bytes) -> tuple[int, int] | None:
    """The two whole numbers of a first line that is a header."""
    match = HEADER.fullmatch(line)
    return None if match is None else (int(match[1]), int(match[2]))


def _is_text(sample: bytes, lines: list[bytes], dim: int) -> bool:
    """Whether what follows a header is text: a line of it ends in as many numbers as announced, or
    none of it is a stray byte."""
    if any(trailing(line) >= dim for line in (lines if dim > 1 else lines[:1])):
        return True
    control = bytes(range(9)) + bytes(range(14, 32))
    return b"\n" in sample and sample.translate(None, control) == sample and _decodes(sample)


def _decodes(sample: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # its end may be cut
    except UnicodeDecodeError:
        return False
    return True


def _check_dim(lines: list[bytes], dim: int, path: Path) -> None:
    """Raise `InputError` if all rows have more numbers than the first line announces."""
    widths = {trailing(line) for line in lines if line.strip()}
    several = sum(1 for line in lines if line.strip()) > 1
    if several and len(widths) == 1 and min(widths) > dim:
        raise InputError(
            f"{path}: line 1 announces {dim} numbers per word, and the lines after it have "
            f"{widths.pop()}"
        )


def _dim(lines: list[bytes], path: Path) -> int:
    """How many numbers follow a word on most lines of a file without a header.

    Raises `InputError` for what is not a vector file.
    """
    lines = [line for line in lines if line.strip()]
    if not lines:
        raise InputError(f"{path}: the file is blank")
    widths = Counter(map(trailing, lines))
    dim = max(widths, key=lambda width: (widths[width], width))
    commas = [line for line in lines if trailing(line) < 2 and COMMAS.search(line)]
    if 2 * len(commas) > len(lines):
        found = next(field for field in commas[0].split() if b"," in field or b";" in field)
        raise InputError(
            f"{path}: commas in or between numbers, as in {shown(found)}: write each number as "
            "0.5, and separate them by spaces"
        )
    if dim == 1 or (1 < dim <= COLUMNS and _counted(lines, dim)):
        raise InputError(
            f"{path}: not a vector file, but a vocabulary or a list of frequencies or pairs: its "
            f"lines have {'one number' if dim == 1 else f'{dim} numbers, beginning with a count'}"
        )
    if not dim:
        for beginning, what in NO_ROWS.items():
            if re.match(beginning, lines[0]):
                raise InputError(f"{path}: not a vector file, but {what}")
        raise InputError(
            f"{path}: line 1 is neither two sizes nor a word and numbers: not a vector file"
        )
    return dim


def _counted(lines: list[bytes], dim: int) -> bool:
    """Whether the first number of each line is a count, most frequent first."""
    rows = [line.split()[-dim] for line in lines if trailing(line) == dim]
    if not all(map(WHOLE.fullmatch, rows)):
        return False
    counts = [int(field) for field in rows]
    return counts[0] >= FREQUENT and all(a >= b for a, b in pairwise(counts))

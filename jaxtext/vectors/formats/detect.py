"""Which format a path has, and its words and vectors.

| file | how it is told from the others |
| --- | --- |
| word2vec text, fastText `.vec` | a first line "V D", then as many numbers as D on a line |
| word2vec binary | such a first line, then bytes |
| GloVe text | a first line of a word and numbers |
| safetensors | eight bytes of length, then JSON |
| TensorBoard projector | a folder with `vectors.tsv` and `metadata.tsv` |

Nothing is unpickled, and no more is allocated than a file's size accounts for.
"""

import codecs
import re
from pathlib import Path
from typing import BinaryIO

from jaxtext.base.errors import InputError
from jaxtext.vectors.formats import binary, projector, safetensors, table, text
from jaxtext.vectors.formats.table import Table, is_number, line_of

SAMPLE = 1 << 16  # bytes after a header that tell text from binary
REFUSED = {  # beginnings of files, as patterns
    rb"\x80[\x02-\x05]": "a pickle, which could run code",
    rb"\x93NUMPY": "a NumPy array without words",
    rb"PK\x03\x04": "a zip archive",
    rb"\x1f\x8b": "compressed by gzip: unpack it first",
    rb"BZh[1-9]1AY&SY": "compressed by bzip2: unpack it first",
    rb"\xfd7zXZ": "compressed by xz: unpack it first",
    rb"\xba\x16O/": "a fastText model: give its .vec file",
}


def read(path: Path) -> Table:
    """Read a vector file of any of the formats above.

    Raises `InputError` that names the file and the line, or the word of a binary file, for what is
    none of them, is cut short, announces more than it holds, holds a word twice, bytes that are not
    UTF-8 or a number that is not finite.
    """
    try:
        if path.is_dir():
            return projector.read(path)
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: is a pipe or device: write it to a file first")
        with open(path, "rb") as file:
            return _read_file(file, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error


def _read_file(file: BinaryIO, path: Path) -> Table:
    start = file.read(10)
    file.seek(0)
    if not start:
        raise InputError(f"{path}: the file is empty")
    for beginning, what in REFUSED.items():
        if re.match(beginning, start):
            raise InputError(f"{path}: {what}: not a vector file")
    if start[8:9] == b"{" and b"\0" in start[:8]:  # a length, and no text
        return safetensors.read(path)
    first = line_of(file, 1, path)
    header = _header(first)
    if header is None:
        file.seek(0)
        return text.read(file, path, 1, None, _width(first, path))
    size, dim = header
    rest = path.stat().st_size - file.tell()
    # A word takes at least a byte, and a number two.
    if size < 1 or dim < 1 or size * (2 * dim + 1) > rest:
        raise InputError(
            f"{path}: line 1 announces {size:,} words of {dim:,} numbers, too many for its size"
            if size > 0 and dim > 0
            else f"{path}: line 1 announces {size} words of {dim} numbers: nothing to read"
        )
    place = file.tell()
    second, more = file.readline(table.LONGEST_LINE), file.read(SAMPLE)
    file.seek(place)
    if _is_text(second, more, dim):
        return text.read(file, path, 2, size, dim)
    return binary.read(file, path, size, dim)


def _header(line: bytes) -> tuple[int, int] | None:
    """The two whole numbers of a first line that is a header."""
    fields = line.split()
    if len(fields) == 2 and all(re.fullmatch(rb"-?[0-9]+", field) for field in fields):
        return int(fields[0][:30]), int(fields[1][:30])
    return None


def _is_text(line: bytes, more: bytes, dim: int) -> bool:
    """Whether a line behind a header is of text: it ends in numbers, or else neither it nor what
    comes after it holds a stray byte."""
    fields = line.split()
    if len(fields) > dim and all(map(is_number, fields[-dim:])):
        return True
    control = bytes(range(9)) + bytes(range(14, 32))
    sample = line + more
    return line.endswith(b"\n") and sample.translate(None, control) == sample and _decodes(sample)


def _decodes(sample: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # its end may be cut
    except UnicodeDecodeError:
        return False
    return True


def _width(line: bytes, path: Path) -> int:
    """How many numbers follow a word on the first line of a file without a header."""
    fields = line.split()
    width = 0
    while width < len(fields) - 1 and is_number(fields[-1 - width]):
        width += 1
    if not width:
        raise InputError(
            f"{path}: line 1 is neither two sizes nor a word and numbers: not a vector file"
        )
    return width

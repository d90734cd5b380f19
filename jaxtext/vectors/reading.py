"""Vector files of this and other tools -> words and vectors.

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
import json
import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from jaxtyping import Float

from jaxtext.base.errors import InputError

LONGEST_LINE = 1 << 24
CHUNK = 1 << 20  # numbers of text that are checked at a time
SAMPLE = 1 << 16  # bytes behind a header that tell text from binary
REFUSED = {  # beginnings of files, as patterns
    rb"\x80[\x02-\x05]": "a pickle, which could run code",
    rb"\x93NUMPY": "a NumPy array without words",
    rb"PK\x03\x04": "a zip archive",
    rb"\x1f\x8b": "compressed by gzip: unpack it first",
    rb"BZh[1-9]1AY&SY": "compressed by bzip2: unpack it first",
    rb"\xfd7zXZ": "compressed by xz: unpack it first",
    rb"\xba\x16O/": "a fastText model: give its .vec file",
}


class Table(NamedTuple):
    """Words, and a vector for each."""

    words: list[str]
    vectors: Float[np.ndarray, "V D"]


class _Row(NamedTuple):
    """A line of a text file."""

    number: int
    word: str
    values: Float[np.ndarray, " D"]


def read(path: Path) -> Table:
    """Read a vector file of any of the formats above.

    Raises `InputError` that names the file and the line, or the word of a binary file, for what is
    none of them, is cut short, announces more than it holds, holds a word twice, bytes that are not
    UTF-8 or a number that is not finite.
    """
    try:
        if path.is_dir():
            return _read_projector(path)
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
        return _read_safetensors(path)
    first = _line(file, 1, path)
    header = _header(first)
    if header is None:
        file.seek(0)
        return _read_text(file, path, 1, None, _width(first, path))
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
    second, more = file.readline(LONGEST_LINE), file.read(SAMPLE)
    file.seek(place)
    if _is_text(second, more, dim):
        return _read_text(file, path, 2, size, dim)
    return _read_binary(file, path, size, dim)


def _header(line: bytes) -> tuple[int, int] | None:
    """The two whole numbers of a first line that is a header."""
    fields = line.split()
    if len(fields) == 2 and all(re.fullmatch(rb"-?[0-9]+", field) for field in fields):
        return int(fields[0][:30]), int(fields[1][:30])
    return None


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _is_text(line: bytes, more: bytes, dim: int) -> bool:
    """Whether a line behind a header is of text: it ends in numbers, or else neither it nor what
    comes after it holds a stray byte."""
    fields = line.split()
    if len(fields) > dim and all(map(_is_number, fields[-dim:])):
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
    while width < len(fields) - 1 and _is_number(fields[-1 - width]):
        width += 1
    if not width:
        raise InputError(
            f"{path}: line 1 is neither two sizes nor a word and numbers: not a vector file"
        )
    return width


# Text -------------------------------------------------------------------------------------------


def _read_text(file: BinaryIO, path: Path, first: int, size: int | None, dim: int) -> Table:
    """Lines of a word and `dim` numbers, from line `first` on; `size` of them if it is known."""
    words: dict[str, int] = {}
    chunks, rows = [], max(CHUNK // dim, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fromstring, of what is no number
        chunk, filled = np.empty((rows, dim), np.float32), 0
        for number, word, values in _rows(file, path, first, dim):
            if word in words:
                raise InputError(
                    f"{path}: line {number}: the word {word!r} is on line {words[word]} already"
                )
            words[word] = number
            if size is not None and len(words) > size:
                raise InputError(f"{path}: line {number}: more than the {size:,} words announced")
            chunk[filled] = values
            filled += 1
            if filled == rows:
                chunks.append(_finite(chunk, number - rows + 1, path))
                chunk, filled = np.empty((rows, dim), np.float32), 0
        last = first + len(words) - 1
        chunks.append(_finite(chunk[:filled], last - filled + 1, path))
    if size is not None and len(words) < size:
        raise InputError(
            f"{path}: cut short: ends after line {last:,} with {len(words):,} of {size:,} words"
        )
    return Table(list(words), np.concatenate(chunks))


def _rows(file: BinaryIO, path: Path, first: int, dim: int) -> Iterator[_Row]:
    number = first - 1
    while line := _line(file, number + 1, path):
        number += 1
        word, _, rest = line.partition(b"\t" if b"\t" in line else b" ")
        try:
            values = np.fromstring(rest, np.float32, sep=" ")
        except ValueError:
            values = np.empty(0, np.float32)
        if len(values) != dim:
            if not line.strip() and not file.read(1):
                return  # a blank line at the end
            word, values = _row_slowly(line, f"{path}: line {number}", dim)
        yield _Row(number, _word(word, f"{path}: line {number}"), values)


def _row_slowly(line: bytes, place: str, dim: int) -> tuple[bytes, np.ndarray]:
    """A word that may hold spaces, and numbers; or an error that says what is wrong."""
    fields = line.rstrip(b" \r\n").split(b" ")
    numbers = fields[-dim:] if len(fields) > dim else fields[1:]
    try:
        values = _float32([float(field) for field in numbers])
    except ValueError:
        bad = next(field for field in numbers if not _is_number(field))
        raise InputError(f"{place}: {_shown(bad)} is not a number") from None
    if len(fields) <= dim:
        raise InputError(f"{place}: {len(values)} numbers instead of {dim}")
    if len(fields) > dim + 1 and _is_number(fields[-dim - 1]):
        raise InputError(f"{place}: more than {dim} numbers")
    return b" ".join(fields[:-dim]), values


def _float32(values: Sequence[float]) -> Float[np.ndarray, " D"]:
    with np.errstate(over="ignore"):  # what is not finite is named later
        return np.array(values, np.float32)


def _shown(field: bytes) -> str:
    return repr(field[:40].decode(errors="replace"))


def _word(word: bytes, place: str) -> str:
    if not word:
        raise InputError(f"{place}: no word before the numbers")
    try:
        return word.decode()
    except UnicodeDecodeError:
        raise InputError(f"{place}: the word {_shown(word)} is not UTF-8 text") from None


def _line(file: BinaryIO, number: int, path: Path) -> bytes:
    line = file.readline(LONGEST_LINE)
    if len(line) == LONGEST_LINE:
        raise InputError(f"{path}: line {number} is longer than {LONGEST_LINE:,} bytes")
    return line


def _finite(
    vectors: Float[np.ndarray, "n D"], first: int, path: Path, unit: str = "line"
) -> Float[np.ndarray, "n D"]:
    """The same; raises `InputError` for one that is not finite, the first of them having a name."""
    good = np.isfinite(vectors).all(axis=1)
    if not good.all():
        place = first + int(good.argmin())
        raise InputError(f"{path}: {unit} {place}: holds a number that is not finite in float32")
    return vectors


# Bytes ------------------------------------------------------------------------------------------


def _read_binary(file: BinaryIO, path: Path, size: int, dim: int) -> Table:
    data, at = file.read(), 0
    if size * (4 * dim + 2) > len(data):
        raise InputError(
            f"{path}: announces {size:,} words of {dim:,} numbers, too many for its size"
        )
    words: dict[str, int] = {}
    vectors = np.empty((size, dim), np.float32)
    for row in range(size):
        end = data.find(b" ", at)
        if end < 0 or end + 1 + 4 * dim > len(data):
            raise InputError(f"{path}: cut short: it ends in word {row + 1:,} of {size:,}")
        place = f"{path}: word {row + 1}"
        word = _word(data[at:end].lstrip(b"\n"), place)
        if word in words:
            raise InputError(f"{place}: {word!r} is word {words[word]} already")
        words[word] = row + 1
        vectors[row] = np.frombuffer(data, "<f4", dim, end + 1)
        at = end + 1 + 4 * dim
    if data[at:].strip(b"\n"):
        raise InputError(f"{path}: holds more than the {size:,} words announced")
    return Table(list(words), _finite(vectors, 1, path, "word"))


def _read_safetensors(path: Path) -> Table:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy") as file:
            metadata = file.metadata() or {}
            if "words" not in metadata or "vectors" not in list(file.keys()):
                raise InputError(
                    f"{path}: holds no words beside its arrays: give the run's folder instead"
                )
            words = json.loads(metadata["words"])
            try:
                vectors = file.get_tensor("vectors")
            except (TypeError, AttributeError) as error:  # bfloat16 and smaller
                kind = file.get_slice("vectors").get_dtype()
                raise InputError(f"{path}: holds {kind} numbers: convert them to F32") from error
    except InputError:
        raise
    except (SafetensorError, ValueError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: damaged safetensors file: {error}") from error
    fits = isinstance(words, list) and vectors.ndim == 2 and len(words) == len(vectors)
    if not fits or not all(isinstance(word, str) for word in words):
        raise InputError(f"{path}: the words do not fit an array of shape {vectors.shape}")
    if not vectors.size or not np.issubdtype(vectors.dtype, np.floating):
        raise InputError(
            f"{path}: {len(words)} vectors of {vectors.dtype}, {vectors.shape[1]} numbers each: "
            "nothing to read"
        )
    for number, word in enumerate(words, 1):
        if not _encodes(word):
            raise InputError(f"{path}: word {number}: {word!r} is no text")
    _unique(words, path)
    if vectors.dtype == np.float16:
        vectors = vectors.astype(np.float32)
    return Table(words, _finite(vectors, 1, path, "word"))


def _encodes(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return False
    return True


def _unique(words: list[str], path: Path) -> None:
    seen: dict[str, int] = {}
    for number, word in enumerate(words, 1):
        if word in seen:
            raise InputError(f"{path}: word {number}: {word!r} is word {seen[word]} already")
        seen[word] = number


# A folder ---------------------------------------------------------------------------------------


def _read_projector(folder: Path) -> Table:
    vectors, metadata = folder / "vectors.tsv", folder / "metadata.tsv"
    for name in (vectors, metadata):
        if not name.is_file():
            raise InputError(f"{folder}: neither a run nor a projector folder (no {name.name})")
    words = _metadata(metadata)
    chunks: list[np.ndarray] = []
    with open(vectors, "rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        while line := _line(file, len(chunks) + 1, vectors):
            place = f"{vectors}: line {len(chunks) + 1}"
            fields = line.rstrip(b"\r\n").split(b"\t")
            try:
                row = _float32([float(field) for field in fields])
            except ValueError:
                bad = next(field for field in fields if not _is_number(field))
                raise InputError(f"{place}: {_shown(bad)} is not a number") from None
            if chunks and len(row) != len(chunks[0]):
                raise InputError(f"{place}: {len(row)} numbers instead of {len(chunks[0])}")
            chunks.append(row)
    if len(words) != len(chunks) or not words:
        raise InputError(f"{folder}: {len(words):,} words for {len(chunks):,} vectors")
    return Table(words, _finite(np.stack(chunks), 1, vectors))


def _metadata(path: Path) -> list[str]:
    """The words: the only column, or the first below a header where there are several."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start + 1} is not UTF-8 text") from None
    lines = [line.rstrip("\r") for line in text.split("\n")]
    if lines and not lines[-1]:
        lines.pop()
    if lines and "\t" in lines[0]:
        lines = [line.split("\t")[0] for line in lines[1:]]
    _unique(lines, path)
    return lines

"""word2vec's binary format: a line "V D", then each word, a space and D float32."""

from pathlib import Path
from typing import BinaryIO

import numpy as np

from jaxtext.base.errors import InputError
from jaxtext.vectors.formats.table import Table, check_finite, word_of


def read(file: BinaryIO, path: Path, size: int, dim: int) -> Table:
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
        word = word_of(data[at:end].lstrip(b"\n"), place)
        if word in words:
            raise InputError(f"{place}: {word!r} is word {words[word]} already")
        words[word] = row + 1
        vectors[row] = np.frombuffer(data, "<f4", dim, end + 1)
        at = end + 1 + 4 * dim
    if data[at:].strip(b"\n"):
        raise InputError(f"{path}: holds more than the {size:,} words announced")
    return Table(list(words), check_finite(vectors, 1, path, "word"))


def write(table: Table, path: Path) -> None:
    """Write the vectors as little-endian float32, each followed by a line break."""
    with open(path, "wb") as file:
        file.write(b"%d %d\n" % table.vectors.shape)
        for word, row in zip(table.words, table.vectors.astype("<f4"), strict=True):
            file.write(word.encode() + b" " + row.tobytes() + b"\n")

"""TensorBoard's projector: a folder with `vectors.tsv` and `metadata.tsv`."""

import warnings
from pathlib import Path

import numpy as np

from jaxtext.base.errors import InputError
from jaxtext.vectors.formats.table import (
    Table,
    check_finite,
    check_unique,
    float32,
    is_number,
    line_of,
    shortest,
    shown,
)


def read(folder: Path) -> Table:
    vectors, metadata = folder / "vectors.tsv", folder / "metadata.tsv"
    for name in (vectors, metadata):
        if not name.is_file():
            raise InputError(f"{folder}: neither a run nor a projector folder (no {name.name})")
    words = _metadata(metadata)
    chunks: list[np.ndarray] = []
    with open(vectors, "rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        while line := line_of(file, len(chunks) + 1, vectors):
            place = f"{vectors}: line {len(chunks) + 1}"
            fields = line.rstrip(b"\r\n").split(b"\t")
            try:
                row = float32([float(field) for field in fields])
            except ValueError:
                bad = next(field for field in fields if not is_number(field))
                raise InputError(f"{place}: {shown(bad)} is not a number") from None
            if chunks and len(row) != len(chunks[0]):
                raise InputError(f"{place}: {len(row)} numbers instead of {len(chunks[0])}")
            chunks.append(row)
    if len(words) != len(chunks) or not words:
        raise InputError(f"{folder}: {len(words):,} words for {len(chunks):,} vectors")
    return Table(words, check_finite(np.stack(chunks), 1, vectors))


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
    check_unique(lines, path)
    return lines


def write(table: Table, path: Path) -> None:
    """Write the folder: a line of numbers per word, and the words."""
    path.mkdir()
    with open(path / "vectors.tsv", "w", encoding="utf-8", newline="\n") as file:
        file.writelines("\t".join(shortest(row)) + "\n" for row in table.vectors)
    with open(path / "metadata.tsv", "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{word}\n" for word in table.words)

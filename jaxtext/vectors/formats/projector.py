"""TensorBoard's projector: a folder with `vectors.tsv` and `metadata.tsv`."""

from pathlib import Path

from jaxtext.base.errors import InputError
from jaxtext.vectors.formats.table import (
    Asked,
    Rows,
    Table,
    float32,
    is_number,
    line_of,
    most_rows,
    shortest,
    shown,
)


def read(asked: Asked) -> Table:
    """Read the folder: the n-th line of `vectors.tsv` is the vector of the n-th word."""
    folder = asked.path
    vectors, metadata = folder / "vectors.tsv", folder / "metadata.tsv"
    for name in (vectors, metadata):
        if not name.is_file():
            raise InputError(f"{folder}: neither a run nor a projector folder (no {name.name})")
    words = _metadata(metadata)
    with open(vectors, "rb") as file:
        line, number = line_of(file, 1, vectors), 0
        if not line or not words:
            raise InputError(f"{folder}: {len(words):,} words, and no vectors: nothing to read")
        dim = line.count(b"\t") + 1
        rows = Rows(asked, "word", dim, min(len(words), 1 + most_rows(file, dim)))
        while line and number < len(words) and not rows.full:
            _add(rows, number + 1, words[number], line, dim)
            number += 1
            line = line_of(file, number + 1, vectors)
        found = number + sum(1 for rest in (line, *file) if rest.strip())
    if found != len(words) and not rows.full:
        raise InputError(f"{folder}: {len(words):,} words for {found:,} vectors")
    return rows.table(number)


def _add(rows: Rows, number: int, word: bytes, line: bytes, dim: int) -> None:
    fields = line.rstrip(b"\r\n").split(b"\t")
    bad = next((field for field in fields if not is_number(field.strip())), None)
    if bad is not None:
        rows.leave_out(number, f"{shown(bad)} in vectors.tsv is not a number")
    elif len(fields) != dim:
        rows.leave_out(number, f"{len(fields)} numbers in vectors.tsv instead of {dim}")
    else:
        rows.add(number, word, float32(fields))


def _metadata(path: Path) -> list[bytes]:
    """The words: the only column, or the first below a header where there are several."""
    lines = [line.rstrip(b"\r") for line in path.read_bytes().split(b"\n")]
    if lines and not lines[-1]:
        lines.pop()
    if lines and b"\t" in lines[0]:
        lines = [line.split(b"\t")[0] for line in lines[1:]]
    return lines


def write(table: Table, path: Path) -> None:
    """Write the folder: a line of numbers per word, and the words."""
    path.mkdir()
    with open(path / "vectors.tsv", "w", encoding="utf-8", newline="\n") as file:
        file.writelines("\t".join(shortest(row)) + "\n" for row in table.vectors)
    with open(path / "metadata.tsv", "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{word}\n" for word in table.words)

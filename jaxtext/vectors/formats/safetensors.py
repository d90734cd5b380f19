"""safetensors: the words in the metadata; the one format that keeps contexts and counts."""

import json
from collections.abc import Sequence
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from jaxtext.base.errors import InputError
from jaxtext.vectors.formats.table import Asked, OddRows, Table, encodes, shown

NUMBERS = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I64": "<i8"}
ARRAYS = ("vectors", "context", "counts")


def read(asked: Asked) -> Table:
    """Read words and the array `vectors`; also `context` and `counts`, where they are there."""
    path = asked.path
    header = read_header(path)
    metadata = header.get("__metadata__", {})
    if "words" not in metadata or "vectors" not in header:
        raise InputError(
            f"{path}: has no words beside its arrays: give the folder of the run instead"
        )
    try:
        words = json.loads(metadata["words"])
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: damaged safetensors file: {error}") from error
    arrays = {
        name: read_array(path, header, name, asked.limit) for name in ARRAYS if name in header
    }
    if isinstance(words, list) and asked.limit is not None:
        words = words[: asked.limit]
    vectors = fitting(arrays["vectors"], words, path)
    context, counts = arrays.get("context"), arrays.get("counts")
    if context is not None:
        context = fitting(context, words, path)
        if context.shape != vectors.shape:
            raise InputError(
                f"{path}: context vectors of shape {list(context.shape)} for {list(vectors.shape)}"
            )
    if counts is not None and not (
        counts.shape == (len(words),) and counts.dtype == np.int64 and (counts >= 0).all()
    ):
        raise InputError(f"{path}: the counts do not fit {len(words):,} words")
    return without_odd_rows(asked, Table(words, vectors, context, counts))


def read_header(path: Path) -> dict[str, Any]:
    """Return the header of a file, which the library has found to be sound.

    Raises `InputError` for a damaged file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy"), open(path, "rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    except (SafetensorError, ValueError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: damaged safetensors file: {error}") from error
    return header


def read_array(
    path: Path, header: dict[str, Any], name: str, limit: int | None = None
) -> np.ndarray:
    """Return an array of a file, or its first `limit` rows; nothing else is in memory meanwhile.

    Raises `InputError` for another kind of numbers than `NUMBERS`.
    """
    entry = header[name]
    kind, (first, *inner) = entry["dtype"], entry["shape"] or [1]
    if kind not in NUMBERS:
        raise InputError(f"{path}: has {kind} numbers: convert them to F32")
    rows = first if limit is None else min(first, limit)
    start = 8 + _length(path) + entry["data_offsets"][0]
    numbers = np.fromfile(path, NUMBERS[kind], rows * int(np.prod(inner)), offset=start)
    return numbers.reshape(rows, *inner)


def _length(path: Path) -> int:
    with open(path, "rb") as file:
        return int.from_bytes(file.read(8), "little")


def fitting(vectors: np.ndarray, words: Any, path: Path) -> Float[np.ndarray, "V D"]:
    """Return the vectors, in float32 or float64.

    Raises `InputError` if they do not fit the words, and if there is none.
    """
    fits = isinstance(words, list) and vectors.ndim == 2 and len(words) == len(vectors)
    if not fits or not all(isinstance(word, str) for word in words):
        raise InputError(f"{path}: the words do not fit an array of shape {vectors.shape}")
    if not vectors.size or not np.issubdtype(vectors.dtype, np.floating):
        raise InputError(
            f"{path}: {len(words)} vectors of {vectors.dtype}, {vectors.shape[1]} numbers each: "
            "nothing to read"
        )
    return vectors.astype(np.float32) if vectors.dtype == np.float16 else vectors


def without_odd_rows(asked: Asked, table: Table) -> Table:
    """Return the rows that can be used, with a note that counts the others.

    Raises `InputError` if there is none.
    """
    words, vectors, context, counts = list(table.words), *table[1:4]
    odd = OddRows(asked, "word")
    rows = _good_rows(odd, words, [vectors] if context is None else [vectors, context])
    if len(rows) < len(words):
        odd.refuse_if_most(len(rows))
        words = [words[row] for row in rows]
        vectors = vectors[rows]
        context = None if context is None else context[rows]
        counts = None if counts is None else counts[rows]
    return Table(words, vectors, context, counts, odd.note())


def _good_rows(
    odd: OddRows, words: Sequence[str], tables: list[np.ndarray]
) -> Int[np.ndarray, " G"]:
    """Return the rows that can be used; the others are counted."""
    finite = np.logical_and.reduce([np.isfinite(table).all(axis=1) for table in tables])
    numbers: dict[str, int] = {}
    good = np.ones(len(words), bool)
    for row, (word, sound) in enumerate(zip(words, finite.tolist(), strict=True)):
        name = shown(word.encode(errors="replace"))
        if not encodes(word):
            odd.add("undecoded", row + 1, f"the word {word!r} is not Unicode text")
        elif word in numbers:
            odd.add("repeated", row + 1, f"the word {name} is word {numbers[word]} already")
        elif not sound:
            odd.add("infinite", row + 1, "contains a number that is not finite in float32")
        else:
            numbers[word] = row + 1
            continue
        good[row] = False
    return np.flatnonzero(good)


def write(table: Table, file: BufferedIOBase) -> None:
    """Write the words and all arrays that the table has."""
    from safetensors.numpy import save

    arrays = {name: getattr(table, name) for name in ARRAYS}
    kept = {
        name: np.ascontiguousarray(array) for name, array in arrays.items() if array is not None
    }
    file.write(save(kept, metadata={"words": json.dumps(list(table.words))}))

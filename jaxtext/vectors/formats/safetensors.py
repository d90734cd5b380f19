"""safetensors: the words in the metadata; the one format that keeps contexts and counts."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from jaxtext.base.errors import InputError
from jaxtext.vectors.formats.table import Table, check_finite, check_unique, encodes


def read(path: Path) -> Table:
    """Read words and the array `vectors`; also `context` and `counts`, where they are there."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy") as file:
            metadata, names = file.metadata() or {}, list(file.keys())
            if "words" not in metadata or "vectors" not in names:
                raise InputError(
                    f"{path}: has no words beside its arrays: give the folder of the run instead"
                )
            words = json.loads(metadata["words"])
            arrays = {
                name: _array(file, name, path)
                for name in ("vectors", "context", "counts")
                if name in names
            }
    except InputError:
        raise
    except (SafetensorError, ValueError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: damaged safetensors file: {error}") from error
    vectors = _table(arrays["vectors"], words, path)
    for number, word in enumerate(words, 1):
        if not encodes(word):
            raise InputError(f"{path}: word {number}: {word!r} is no text")
    check_unique(words, path)
    context, counts = arrays.get("context"), arrays.get("counts")
    if context is not None:
        context = _table(context, words, path)
        if context.shape != vectors.shape:
            raise InputError(
                f"{path}: context vectors of shape {list(context.shape)} for {list(vectors.shape)}"
            )
    if counts is not None and not (
        counts.shape == (len(words),) and counts.dtype == np.int64 and (counts >= 0).all()
    ):
        raise InputError(f"{path}: the counts do not fit {len(words):,} words")
    return Table(words, vectors, context, counts)


def _array(file: Any, name: str, path: Path) -> np.ndarray:
    try:
        return file.get_tensor(name)
    except (TypeError, AttributeError) as error:  # bfloat16 and smaller
        kind = file.get_slice(name).get_dtype()
        raise InputError(f"{path}: has {kind} numbers: convert them to F32") from error


def _table(vectors: np.ndarray, words: Any, path: Path) -> Float[np.ndarray, "V D"]:
    """Vectors that fit the words and are finite, float32 or float64."""
    fits = isinstance(words, list) and vectors.ndim == 2 and len(words) == len(vectors)
    if not fits or not all(isinstance(word, str) for word in words):
        raise InputError(f"{path}: the words do not fit an array of shape {vectors.shape}")
    if not vectors.size or not np.issubdtype(vectors.dtype, np.floating):
        raise InputError(
            f"{path}: {len(words)} vectors of {vectors.dtype}, {vectors.shape[1]} numbers each: "
            "nothing to read"
        )
    if vectors.dtype == np.float16:
        vectors = vectors.astype(np.float32)
    return check_finite(vectors, 1, path, "word")


def write(table: Table, path: Path) -> None:
    """Write the words and all arrays that the table has."""
    from safetensors.numpy import save_file

    arrays = {"vectors": table.vectors, "context": table.context, "counts": table.counts}
    content = {
        name: np.ascontiguousarray(array) for name, array in arrays.items() if array is not None
    }
    save_file(content, path, metadata={"words": json.dumps(list(table.words))})

"""Vector files that other tools read, and their readers.

| format | what is written |
| --- | --- |
| `word2vec-text` | a line "V D", then a line a word: the word and D numbers |
| `fasttext` | the same, which is the layout of fastText's `.vec` |
| `glove` | the same without the first line |
| `word2vec-binary` | a line "V D", then each word, a space and D little-endian float32 |
| `safetensors` | the array `vectors`, the words in the file's metadata |
| `projector` | a folder with `vectors.tsv` and `metadata.tsv` for TensorBoard's projector |
| `hub` | a folder that sentence-transformers and model2vec load |

Every file is written under a temporary name and renamed when it is complete. An existing file is
replaced, a folder never; missing folders are created.
"""

import string
import warnings
from collections.abc import Callable
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import numpy as np

from jaxtext.base.errors import InputError
from jaxtext.base.files import replacing
from jaxtext.base.ranges import number
from jaxtext.text.vocab import Vocab
from jaxtext.vectors.embeddings import Embeddings
from jaxtext.vectors.formats import binary, detect, hub, projector, safetensors, text
from jaxtext.vectors.formats.table import Table, encodes

STREAMS: dict[str, Callable[[Table, BufferedIOBase], None]] = {
    "word2vec-text": text.write,
    "word2vec-binary": binary.write,
    "glove": text.write_glove,
    "fasttext": text.write,
    "safetensors": safetensors.write,
}
FOLDERS: dict[str, Callable[[Table, Path], None]] = {
    "projector": projector.write,
    "hub": hub.write,
}
FORMATS = (*STREAMS, *FOLDERS)


class LeftOut(UserWarning):
    """Some rows of a vector file were left out; the message counts them and names the first."""


def write(embeddings: Embeddings, path: str | Path, form: str, kind: str = "center") -> None:
    """Write one vector per word (`kind`, see `Embeddings.vectors`) in one of `FORMATS`.

    `safetensors` keeps context vectors and counts as well, if `kind` is `center`. An existing file
    is replaced once the new one is complete.

    Raises `InputError` for an unknown format or kind, for an existing folder, and for a word that a
    format cannot contain: all but safetensors and hub end a word at a space or line break, and none
    has words that are not Unicode text.
    """
    path = Path(path)
    table = _table(embeddings, form, kind)
    if path.is_dir() or (form in FOLDERS and path.exists()):
        kind_of = "a folder, which is" if path.is_dir() else "there, and is"
        raise InputError(f"{path}: is {kind_of} not replaced: choose another name or remove it")
    with replacing(path) as temporary:
        if form in FOLDERS:
            FOLDERS[form](table, temporary)
        else:
            with open(temporary, "wb") as file:
                STREAMS[form](table, file)


def write_to(embeddings: Embeddings, stream: Any, form: str, kind: str = "center") -> None:
    """Write the bytes of such a file to an open binary stream.

    Raises `InputError` as `write` does, before anything is written, and for folders.
    """
    if form in FOLDERS:
        raise InputError("is a folder of several files: give a path instead of -", "format", form)
    STREAMS[form](_table(embeddings, form, kind), stream)


def _table(embeddings: Embeddings, form: str, kind: str) -> Table:
    """Return what is to be written, after all checks."""
    if form not in FORMATS:
        raise InputError(f"no such format: choose one of {', '.join(FORMATS)}", "format", form)
    words = embeddings.vocab.words
    table = Table(words, _float32(embeddings.vectors(kind), words))
    _check_words(embeddings.vocab, form)
    if form == "safetensors" and kind == "center":
        context = embeddings.context
        context = None if context is None else _float32(context, words)
        table = table._replace(context=context, counts=np.asarray(embeddings.counts, np.int64))
    return table


def _float32(vectors: np.ndarray, words: tuple[str, ...]) -> np.ndarray:
    with np.errstate(over="ignore"):
        vectors = np.asarray(vectors, np.float32)
    good = np.isfinite(vectors).all(axis=1)
    if not good.all():
        word = words[int(good.argmin())]
        raise InputError(f"the vector of {word!r} has a number that is not finite in float32")
    return vectors


def _check_words(vocab: Vocab, form: str) -> None:
    """Raise `InputError` for a word that a format cannot hold."""
    for word in vocab.words:
        if not encodes(word):
            raise InputError(f"the word {word!r} cannot be written as UTF-8 text: replace it first")
    if form in ("safetensors", "hub"):
        return
    blank = set("\t\n\r" if form == "projector" else string.whitespace)
    for word in vocab.words:
        if not word or not blank.isdisjoint(word):
            raise InputError(
                f"{word!r} contains a space or line break, which {form} cannot: use safetensors"
                if word
                else f"a word is empty, which {form} cannot contain: use safetensors"
            )


def read(path: str | Path, limit: int | None = None, strict: bool = False) -> Embeddings:
    """Read a vector file of any format, see `jaxtext.vectors.formats.detect`.

    With `limit`, only that many words are read, the first ones, which by custom are the most
    frequent. Counts are zero where a file has none. Odd rows, such as a repeated word, are left out
    with one warning, `LeftOut`, whose text is also the `note` of the result; if `strict`, the first
    of them is an error.

    Raises `InputError` as `detect.read` does, and for a limit below one.
    """
    if limit is not None:
        number("limit", limit, 1, np.inf, whole=True)
    table = detect.read(Path(path), limit, strict)
    counts = np.zeros(len(table.words), np.int64) if table.counts is None else table.counts
    if table.note:
        warnings.warn(f"{path}: {table.note}", LeftOut, stacklevel=2)
    vocab = Vocab(tuple(table.words), counts)
    return Embeddings(vocab, table.vectors, table.context, table.note)

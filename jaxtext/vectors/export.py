"""Vector files that other tools read, and their readers.

| format | what is written |
| --- | --- |
| `word2vec-text` | a line "V D", then a line a word: the word and D numbers |
| `fasttext` | the same, which is the layout of fastText's `.vec` |
| `glove` | the same without the first line |
| `word2vec-binary` | a line "V D", then each word, a space and D little-endian float32 |
| `safetensors` | the array `vectors`, the words in the file's metadata |
| `projector` | a folder with `vectors.tsv` and `metadata.tsv` for TensorBoard's projector |

Every file is written under a temporary name and renamed when it is complete.
"""

import string
from pathlib import Path

import numpy as np

from jaxtext.base.errors import InputError
from jaxtext.base.files import replacing
from jaxtext.text.vocab import Vocab
from jaxtext.vectors.embeddings import Embeddings
from jaxtext.vectors.formats import binary, detect, projector, safetensors, text
from jaxtext.vectors.formats.table import Table, encodes

WRITERS = {
    "word2vec-text": text.write,
    "word2vec-binary": binary.write,
    "glove": text.write_glove,
    "fasttext": text.write,
    "safetensors": safetensors.write,
    "projector": projector.write,
}
FORMATS = tuple(WRITERS)


def write(embeddings: Embeddings, path: str | Path, form: str, kind: str = "center") -> None:
    """Write one vector per word (`kind`, see `Embeddings.vectors`) in one of `FORMATS`.

    `safetensors` keeps context vectors and counts as well, if `kind` is `center`.

    Raises `InputError` for an unknown format or kind, for a path that exists already, and for a
    word that a format cannot contain: all but safetensors end a word at a space or line break, and
    none has words that are not Unicode text.
    """
    if form not in WRITERS:
        raise InputError(f"no such format: choose one of {', '.join(FORMATS)}", "format", form)
    path = Path(path)
    if path.exists():
        raise InputError(f"{path}: exists already: choose another name or remove it")
    words = embeddings.vocab.words
    table = Table(words, _float32(embeddings.vectors(kind), words))
    _check_words(embeddings.vocab, form)
    if form == "safetensors" and kind == "center":
        context = embeddings.context
        context = None if context is None else _float32(context, words)
        table = table._replace(context=context, counts=np.asarray(embeddings.counts, np.int64))
    with replacing(path) as temporary:
        WRITERS[form](table, temporary)


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
    if form == "safetensors":
        return
    blank = set("\t\n\r" if form == "projector" else string.whitespace)
    for word in vocab.words:
        if not word or not blank.isdisjoint(word):
            raise InputError(
                f"{word!r} contains a space or line break, which {form} cannot: use safetensors"
                if word
                else f"a word is empty, which {form} cannot contain: use safetensors"
            )


def read(path: str | Path) -> Embeddings:
    """Read a vector file of any format, see `jaxtext.vectors.formats.detect`.

    Counts are zero where a file has none. Raises `InputError` as `detect.read` does.
    """
    table = detect.read(Path(path))
    counts = np.zeros(len(table.words), np.int64) if table.counts is None else table.counts
    return Embeddings(Vocab(tuple(table.words), counts), table.vectors, table.context)

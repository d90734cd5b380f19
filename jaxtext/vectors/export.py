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

import json
import string
from pathlib import Path

import numpy as np
from jaxtyping import Float

from jaxtext.base.errors import InputError
from jaxtext.base.files import replacing
from jaxtext.text.vocab import Vocab
from jaxtext.vectors import reading
from jaxtext.vectors.embeddings import Embeddings

FORMATS = ("word2vec-text", "word2vec-binary", "glove", "fasttext", "safetensors", "projector")


def write(embeddings: Embeddings, path: str | Path, form: str, kind: str = "center") -> None:
    """Write one vector a word (`kind`, see `Embeddings.vectors`) in one of `FORMATS`.

    Raises `InputError` for an unknown format or kind, for a path that exists already, and for a
    word that a format cannot hold: all but safetensors end a word at a space or line break.
    """
    writers = {
        "word2vec-text": _write_text,
        "word2vec-binary": _write_binary,
        "glove": _write_lines,
        "fasttext": _write_text,
        "safetensors": _write_safetensors,
        "projector": _write_projector,
    }
    if form not in writers:
        raise InputError(f"no format called {form!r}: choose one of {', '.join(FORMATS)}")
    path = Path(path)
    if path.exists():
        raise InputError(f"{path}: exists already: choose another name or remove it")
    with np.errstate(over="ignore"):
        vectors = np.asarray(embeddings.vectors(kind), np.float32)
    good = np.isfinite(vectors).all(axis=1)
    if not good.all():
        word = embeddings.vocab.words[int(good.argmin())]
        raise InputError(f"the vector of {word!r} holds a number that is not finite in float32")
    if form != "safetensors":
        _check_words(embeddings.vocab, form)
    with replacing(path) as temporary:
        writers[form](embeddings.vocab, vectors, temporary)


def _check_words(vocab: Vocab, form: str) -> None:
    blank = set("\t\n\r" if form == "projector" else string.whitespace)
    for word in vocab.words:
        if not word or not blank.isdisjoint(word):
            raise InputError(
                f"{word!r} holds a space or line break, which {form} cannot: use safetensors"
                if word
                else f"a word is empty, which {form} cannot hold: use safetensors"
            )


def _write_text(vocab: Vocab, vectors: Float[np.ndarray, "V D"], path: Path) -> None:
    _write_lines(vocab, vectors, path, f"{len(vocab)} {vectors.shape[1]}\n")


def _write_lines(
    vocab: Vocab, vectors: Float[np.ndarray, "V D"], path: Path, header: str = ""
) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(header)
        for word, row in zip(vocab.words, vectors, strict=True):
            file.write(f"{word} {' '.join(_shortest(row))}\n")


def _shortest(row: Float[np.ndarray, " D"]) -> list[str]:
    """The shortest decimal numbers that read back as the same float32."""
    return [str(number) for number in row]


def _write_binary(vocab: Vocab, vectors: Float[np.ndarray, "V D"], path: Path) -> None:
    with open(path, "wb") as file:
        file.write(b"%d %d\n" % vectors.shape)
        for word, row in zip(vocab.words, vectors.astype("<f4"), strict=True):
            file.write(word.encode() + b" " + row.tobytes() + b"\n")


def _write_safetensors(vocab: Vocab, vectors: Float[np.ndarray, "V D"], path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"vectors": vectors}, path, metadata={"words": json.dumps(vocab.words)})


def _write_projector(vocab: Vocab, vectors: Float[np.ndarray, "V D"], path: Path) -> None:
    path.mkdir()
    with open(path / "vectors.tsv", "w", encoding="utf-8", newline="\n") as file:
        file.writelines("\t".join(_shortest(row)) + "\n" for row in vectors)
    with open(path / "metadata.tsv", "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{word}\n" for word in vocab.words)


def read(path: str | Path) -> Embeddings:
    """Read a vector file of any format, see `jaxtext.reading`.

    Files of vectors hold no counts, so those of the vocabulary are zero.
    Raises `InputError` as `reading.read` does.
    """
    words, vectors = reading.read(Path(path))
    return Embeddings(Vocab(tuple(words), np.zeros(len(words), np.int64)), vectors)

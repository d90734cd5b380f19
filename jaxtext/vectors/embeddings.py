"""Trained vectors with their vocabulary, apart from how they were trained.

Skip-gram learns two vectors a word. What is used as *the* vector of a word is a choice: center,
context, their sum, average or concatenation (sheet: skip-gram basics, d).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from jaxtext.base.errors import InputError
from jaxtext.text.vocab import Vocab

KINDS = ("center", "context", "sum", "average", "concat")


@dataclass(frozen=True)
class Embeddings:
    """Words and their vectors; `context` is missing where a file holds one table only."""

    vocab: Vocab
    center: Float[np.ndarray, "V D"]
    context: Float[np.ndarray, "V D"] | None = None

    def vectors(self, kind: str = "center") -> Float[np.ndarray, "V E"]:
        """One vector a word: E is D, or 2 D for `concat`.

        Raises `InputError` for an unknown kind and when the context vectors are missing.

        >>> one = Embeddings(Vocab(("a",), np.array([1])), np.ones((1, 2)), np.zeros((1, 2)))
        >>> one.vectors("average").tolist(), one.vectors("concat").shape
        ([[0.5, 0.5]], (1, 4))
        """
        if kind not in KINDS:
            raise InputError(f"no vectors called {kind!r}: choose one of {', '.join(KINDS)}")
        if kind == "center":
            return self.center
        if self.context is None:
            raise InputError(f"{kind!r} needs context vectors, and this file has none: use center")
        if kind == "context":
            return self.context
        if kind == "concat":
            return np.concatenate([self.center, self.context], axis=1)
        total = self.center + self.context
        return total if kind == "sum" else total / 2

    def ids(self, words: Sequence[str]) -> Int[np.ndarray, " B"]:
        """Ids of the words, in lower case where the whole vocabulary is.

        Raises `InputError` with close spellings for an unknown word.
        """
        index = self.vocab.index
        found = [index.get(word) for word in words]
        if None in found and all(known == known.lower() for known in self.vocab.words):
            pairs = zip(words, found, strict=True)
            found = [index.get(word.lower()) if id is None else id for word, id in pairs]
        if None in found:
            word = words[found.index(None)]
            close = get_close_matches(word.lower(), self.vocab.words, n=3, cutoff=0.6)
            hint = f"did you mean {', '.join(close)}?" if close else "nothing is spelled like it"
            raise InputError(f"{word!r} is not among the {len(self.vocab):,} words: {hint}")
        return np.array(found, np.int64)


@dataclass(frozen=True)
class SparseEmbeddings:
    """Words and their sparse vectors, such as the rows of a positive PMI matrix, for evaluation."""

    vocab: Vocab
    center: sparse.csr_array

    def vectors(self, kind: str = "center") -> sparse.csr_array:
        """Return one vector per word. Raises `InputError` for another kind than center."""
        if kind != "center":
            raise InputError(f"sparse vectors have no {kind!r}: use center")
        return self.center


def normalize_sparse(vectors: sparse.csr_array) -> sparse.csr_array:
    """Scale rows to length one; a zero row stays zero.

    >>> normalize_sparse(sparse.csr_array([[0.0, 2.0], [0.0, 0.0]])).toarray().tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    lengths = np.sqrt((vectors * vectors).sum(axis=1))
    scale = (1 / np.where(lengths == 0, 1, lengths)).astype(vectors.dtype)
    values = vectors.data * np.repeat(scale, np.diff(vectors.indptr))
    return sparse.csr_array((values, vectors.indices, vectors.indptr), shape=vectors.shape)


def normalize(vectors: Float[np.ndarray, "V D"]) -> Float[np.ndarray, "V D"]:
    """Rows of length one; a zero row stays zero.

    >>> normalize(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        squares = np.einsum("vd,vd->v", vectors, vectors)
    limits = np.finfo(vectors.dtype)
    odd = ~((squares > limits.tiny / limits.eps) & (squares < np.inf))  # of these, digits are lost
    lengths = np.sqrt(np.where(odd, 1, squares))[:, None]
    unit = vectors / lengths
    if odd.any():
        largest = np.abs(vectors[odd]).max(axis=1, keepdims=True)
        rows = vectors[odd] / np.where(largest == 0, 1, largest)
        lengths = np.sqrt(np.einsum("vd,vd->v", rows, rows, dtype=np.float64))[:, None]
        unit[odd] = rows / np.where(lengths == 0, 1, lengths)
    return unit

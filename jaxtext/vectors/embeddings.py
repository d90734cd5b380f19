"""Trained vectors with their vocabulary, apart from how they were trained.

Skip-gram learns two vectors per word. What is used as *the* vector of a word is a choice: center,
context, their sum, average or concatenation (sheet: skip-gram basics, d).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from jaxtext.base.errors import InputError
from jaxtext.base.html import html_table
from jaxtext.text.vocab import Vocab
from jaxtext.vectors.spelling import canonical, suggestions

KINDS = ("center", "context", "sum", "average", "concat")
SHOWN_WORDS, SHOWN_NUMBERS = 8, 4  # of the table in notebooks


class UnknownWord(InputError, KeyError):
    """A word that has no vector; the message has words that are spelled like it."""


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Words and their vectors; `context` is missing where a file has one table only.

    `vectors["word"]` is the center vector of a word, `"word" in vectors` whether there is one,
    `len(vectors)` the number of words, and iteration goes over the words. A word is found by its
    exact spelling or, if there is none, by the same text in another Unicode form. `note` says which
    rows of a file were left out when it was read; it is empty if none were.

    >>> one = Embeddings(Vocab(("a",), np.array([1])), np.ones((1, 2)), np.zeros((1, 2)))
    >>> one["a"].tolist(), "b" in one, len(one)
    ([1.0, 1.0], False, 1)
    """

    vocab: Vocab
    center: Any  # [V, D]; kept as an array of NumPy, as is `context`
    context: Any = None
    note: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.vocab, Vocab):
            raise InputError(
                f"must be a Vocab, such as Vocab(words, counts), found {type(self.vocab).__name__}",
                "vocab",
            )
        for name in ("center", "context"):
            table = getattr(self, name)
            if table is None and name == "context":
                continue
            table = _numbers(name, table)
            if table.ndim != 2 or len(table) != len(self.vocab):
                raise InputError(
                    f"has shape {list(table.shape)}, must have a row for each of the "
                    f"{len(self.vocab):,} words",
                    name,
                )
            object.__setattr__(self, name, table)
        if self.context is not None and self.context.shape != self.center.shape:
            raise InputError(
                f"has shape {list(self.context.shape)}, must be {list(self.center.shape)} as "
                "the centers",
                "context",
            )
        _ = self.vocab.index  # made here, so that no question has to wait for it

    @property
    def words(self) -> tuple[str, ...]:
        """The words, most frequent first."""
        return self.vocab.words

    @property
    def counts(self) -> Int[np.ndarray, " V"]:
        """How often each word occurs in the text; zeros where a file does not say it."""
        return self.vocab.counts

    @property
    def dim(self) -> int:
        """The number of dimensions, D."""
        return self.center.shape[1]

    def __len__(self) -> int:
        return len(self.vocab)

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __contains__(self, word: object) -> bool:
        return self._id(word) is not None

    def __getitem__(self, word: str | int) -> Float[np.ndarray, " D"]:
        """Return the center vector of a word; a whole number is the word that it is written as.

        Raises `UnknownWord`, an `InputError` and a `KeyError`, with close spellings.
        """
        return self.center[self.ids([word])[0]]

    def __repr__(self) -> str:
        tables = "center" if self.context is None else "center and context"
        frequent = ", ".join(repr(_short(word))[1:-1] for word in self.words[:3])
        return (
            f"Embeddings({len(self):,} words, {self.dim} dimensions, {tables}; first words: "
            f"{frequent})"
        )

    def _repr_html_(self) -> str:
        """A table of the first words for notebooks, with this object's line as its caption."""
        header = ["word", "count", *(f"[{place}]" for place in range(min(self.dim, SHOWN_NUMBERS)))]
        rows = [
            [word, f"{count:,}", *(f"{number:.3f}" for number in row[:SHOWN_NUMBERS])]
            for word, count, row in zip(
                self.words[:SHOWN_WORDS],
                self.counts.tolist(),
                self.center[:SHOWN_WORDS].tolist(),
                strict=False,
            )
        ]
        return html_table(repr(self), header, rows)

    def vectors(self, kind: str = "center") -> Float[np.ndarray, "V E"]:
        """Return one vector per word: E is D, or 2 D for `concat`.

        Raises `InputError` for an unknown kind and when the context vectors are missing.

        >>> one = Embeddings(Vocab(("a",), np.array([1])), np.ones((1, 2)), np.zeros((1, 2)))
        >>> one.vectors("average").tolist(), one.vectors("concat").shape
        ([[0.5, 0.5]], (1, 4))
        """
        if kind not in KINDS:
            raise InputError(f"no such vectors: choose one of {', '.join(KINDS)}", "kind", kind)
        if kind == "center":
            return self.center
        if self.context is None:
            raise InputError("needs context vectors, and there are none: use center", "kind", kind)
        if kind == "context":
            return self.context
        if kind == "concat":
            return np.concatenate([self.center, self.context], axis=1)
        total = self.center + self.context
        return total if kind == "sum" else total / 2

    def mean(self, tokens: Iterable[str | int], kind: str = "center") -> Float[np.ndarray, " E"]:
        """Return the mean vector of those tokens that are known, zeros where none is.

        A repeated token counts as often as it occurs. Raises `InputError` for a string.
        """
        if isinstance(tokens, str):
            raise InputError("is a string: split it into words first", "tokens", tokens[:40])
        table, found = self.vectors(kind), map(self._id, tokens)
        ids = [id for id in found if id is not None]
        return table[ids].mean(axis=0) if ids else np.zeros(table.shape[1], table.dtype)

    def ids(self, words: Sequence[str | int]) -> Int[np.ndarray, " B"]:
        """Return the ids of words.

        Raises `UnknownWord` with close spellings for an unknown word, and `InputError` for a string
        in place of a list.
        """
        if isinstance(words, str):
            raise InputError("is a string: give a list of words", "words", words[:40])
        ids = [self._id(word) for word in words]
        if None in ids:
            raise UnknownWord(self._unknown(_spelled(words[ids.index(None)])))
        return np.array(ids, np.int64)

    def zeros(self, kind: str = "center") -> Int[np.ndarray, " Z"]:
        """Return the ids of the words whose vector is zero, which has no direction."""
        return np.flatnonzero(~self.vectors(kind).any(axis=1))

    def _id(self, word: object) -> int | None:
        """Return the id of a word in its exact spelling or another Unicode form; else None."""
        index, text = self.vocab.index, _spelled(word)
        for spelling in (text, *canonical(text)):
            if spelling in index:
                return index[spelling]
        return None

    def _unknown(self, word: str) -> str:
        close = suggestions(word, self.words, self.vocab.index)
        hint = f"did you mean {', '.join(close)}?" if close else "nothing is spelled like it"
        return f"{_short(word, 60)!r} is not among the {len(self):,} words: {hint}"


def _numbers(name: str, table: Any) -> np.ndarray:
    """Return a table as floating-point numbers of NumPy. Raises `InputError` for anything else."""
    table = np.asarray(table)
    if table.dtype in (np.float16, np.float32, np.float64):
        return table
    try:
        if table.dtype.kind in "cOSUM":
            raise TypeError
        return table.astype(np.float32)  # whole numbers, and the smaller kinds of JAX
    except (TypeError, ValueError):
        raise InputError(f"must contain real numbers, found {table.dtype}", name) from None


def _spelled(word: object) -> str:
    return word if isinstance(word, str) else str(word)


def _short(word: str, most: int = 20) -> str:
    return word if len(word) <= most else f"{word[: most - 1]}\u2026"


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
    """Scale rows to length one; a zero row stays zero.

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

"""Trained vectors with their vocabulary, apart from how they were trained.

Skip-gram learns two vectors per word. What is used as *the* vector of a word is a choice: center,
context, their sum, average or concatenation (sheet: skip-gram basics, d).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from jaxtext.base.errors import InputError
from jaxtext.base.html import html_table
from jaxtext.text.vocab import Vocab

KINDS = ("center", "context", "sum", "average", "concat")
CANDIDATES = 500  # whose spelling is compared with an unknown word's
SHOWN_WORDS, SHOWN_NUMBERS = 8, 4  # of the table in notebooks


class UnknownWord(InputError, KeyError):
    """A word that has no vector; the message has words that are spelled like it."""


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Words and their vectors; `context` is missing where a file has one table only.

    `vectors["word"]` is the center vector of a word, `"word" in vectors` whether there is one,
    `len(vectors)` the number of words, and iteration goes over the words.

    >>> one = Embeddings(Vocab(("a",), np.array([1])), np.ones((1, 2)), np.zeros((1, 2)))
    >>> one["a"].tolist(), "b" in one, len(one)
    ([1.0, 1.0], False, 1)
    """

    vocab: Vocab
    center: Any  # [V, D]; kept as an array of NumPy, as is `context`
    context: Any = None

    def __post_init__(self) -> None:
        for name in ("center", "context"):
            table = getattr(self, name)
            if table is None and name == "context":
                continue
            table = np.asarray(table)
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
        return _spelled(word) in self.vocab.index

    def __getitem__(self, word: str | int) -> Float[np.ndarray, " D"]:
        """Return the center vector of a word; a whole number is the word that it is written as.

        Raises `UnknownWord`, an `InputError` and a `KeyError`, with close spellings.
        """
        return self.center[self.ids([word])[0]]

    def __repr__(self) -> str:
        tables = "center" if self.context is None else "center and context"
        frequent = ", ".join(_short(word) for word in self.words[:3])
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
        table, index = self.vectors(kind), self.vocab.index
        ids = [index[word] for word in map(_spelled, tokens) if word in index]
        return table[ids].mean(axis=0) if ids else np.zeros(table.shape[1], table.dtype)

    def ids(self, words: Sequence[str | int]) -> Int[np.ndarray, " B"]:
        """Return the ids of words, in lower case where the whole vocabulary is.

        Raises `UnknownWord` with close spellings for an unknown word, and `InputError` for a string
        in place of a list.
        """
        if isinstance(words, str):
            raise InputError("is a string: give a list of words", "words", words[:40])
        index, spelled = self.vocab.index, [_spelled(word) for word in words]
        ids = [index.get(word) for word in spelled]
        if None in ids and self._is_lower:
            pairs = zip(spelled, ids, strict=True)
            ids = [index.get(word.lower()) if id is None else id for word, id in pairs]
        if None in ids:
            raise UnknownWord(self._unknown(spelled[ids.index(None)]))
        return np.array(ids, np.int64)

    @cached_property
    def _is_lower(self) -> bool:
        return all(word == word.lower() for word in self.words)

    def _unknown(self, word: str) -> str:
        close = get_close_matches(word.lower(), self._candidates(word.lower()), n=3, cutoff=0.6)
        hint = f"did you mean {', '.join(close)}?" if close else "nothing is spelled like it"
        return f"{word!r} is not among the {len(self):,} words: {hint}"

    def _candidates(self, word: str) -> list[str]:
        """The words that are most like an unknown one by pairs of letters, at most `CANDIDATES`.

        Comparing the spelling of all words would take seconds for a large vocabulary.
        """
        if len(self) <= CANDIDATES:
            return list(self.words)
        first, end, size = word[:1], word[-3:], len(word)
        near = [
            each
            for each in self.words
            if -3 < len(each) - size < 3 and (each[:1] == first or each.endswith(end))
        ]
        pairs = _pairs(word)
        near.sort(key=lambda each: -len(pairs & _pairs(each)) / (len(each) + 1))
        return near[:CANDIDATES]


def _spelled(word: object) -> str:
    return word if isinstance(word, str) else str(word)


def _pairs(word: str) -> set[str]:
    return {word[place : place + 2] for place in range(len(word) - 1)}


def _short(word: str) -> str:
    return repr(word)[1:-1] if len(word) <= 20 else f"{word[:19]!r}"[1:-1] + "\u2026"


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

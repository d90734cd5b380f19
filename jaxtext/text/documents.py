"""Documents of a text: drawn with replacement, and the pairs of one word in each of them.

Documents are given as sentences are, by their ends in tokens. Each sentence is one, or each file.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int
from scipy import sparse

from jaxtext.base.errors import InputError
from jaxtext.text.encoded import Corpus, Encoded

Ends = Int[np.ndarray, " N"]
KINDS = ("sentences", "files")


class ByDocument(NamedTuple):
    """The contexts of one word: a row for each document that contains it."""

    documents: Int[np.ndarray, " n"]  # their numbers, in order
    counts: sparse.csr_array  # [n, V], as of `cooccurrence` with `dynamic`


def ends_of(corpus: Corpus, kind: str) -> Ends:
    """Return the ends of the documents of a text, which are its "sentences" or its "files".

    Raises `InputError` for another kind, and for the files of a text that was not read from files.
    """
    if kind not in KINDS:
        raise InputError(f"must be one of {', '.join(KINDS)}", "documents", kind)
    if kind == "sentences":
        return corpus.text.ends
    if corpus.file_ends is None:
        raise InputError("must be sentences for a text that was not read from files", "documents",
                         kind)  # fmt: skip
    return corpus.file_ends


def drawn(text: Encoded, documents: Ends, draws: Int[np.ndarray, " M"]) -> Encoded:
    """Return a text that consists of documents, in the order of `draws`, which may repeat them.

    >>> text = Encoded(np.array([5, 6, 7], np.int32), np.array([2, 3]))
    >>> drawn(text, text.ends, np.array([1, 0, 1]))
    Encoded(ids=array([7, 5, 6, 7], dtype=int32), ends=array([1, 3, 4]))
    """
    ids = np.asarray(text.ids)[_members(documents, draws)]
    lengths = np.diff(text.ends, prepend=0)
    sentences = np.searchsorted(text.ends, documents, "right")  # ends of documents, in sentences
    return Encoded(ids, np.cumsum(lengths[_members(sentences, draws)]))


def _members(ends: Ends, draws: Int[np.ndarray, " M"]) -> Int[np.ndarray, " T"]:
    """Return the places of what belongs to the drawn documents, one after the other."""
    lengths = np.diff(ends, prepend=0)[draws]
    starts = ends[draws] - lengths
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(lengths.sum())


def by_document(
    text: Encoded, documents: Ends, vocab_size: int, window: int, words: Sequence[int]
) -> Iterator[ByDocument]:
    """Yield the contexts of each of some words, document by document, in dynamic windows.

    The rows add up to the word's row of `cooccurrence(text, vocab_size, window, dynamic=True)`.
    """
    ids = np.asarray(text.ids)
    order = np.argsort(ids, kind="stable")
    bounds = np.concatenate([[0], np.cumsum(np.bincount(ids, minlength=vocab_size))])
    starts = np.concatenate([[0], text.ends[:-1]])
    offsets = np.concatenate([np.arange(-window, 0), np.arange(1, window + 1)])
    weights = (window + 1 - np.abs(offsets)) / window
    for word in words:
        places = order[bounds[word] : bounds[word + 1]]
        sentence = np.searchsorted(text.ends, places, "right")
        neighbors = places[:, None] + offsets
        inside = (neighbors >= starts[sentence, None]) & (neighbors < text.ends[sentence, None])
        numbers, rows = np.unique(np.searchsorted(documents, places, "right"), return_inverse=True)
        entries = np.broadcast_to(weights, inside.shape)[inside]
        cells = np.repeat(rows, inside.sum(1)), ids[neighbors[inside]]
        shape = len(numbers), vocab_size
        yield ByDocument(numbers, sparse.coo_array((entries, cells), shape=shape).tocsr())

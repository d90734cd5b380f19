"""How a word is used in two texts: its centers for contexts that are the same for both.

See `training.counts.rows`. The contexts are those of both texts together, so that neither is
favored, and nothing has to be aligned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Bool, Float, Key
from scipy import sparse

from jaxtext.base.errors import InputError
from jaxtext.models.objective import Objective
from jaxtext.text.documents import ByDocument, by_document
from jaxtext.text.encoded import Corpus, Encoded
from jaxtext.text.pooled import pooled
from jaxtext.text.vocab import Vocab
from jaxtext.training import counting, methods
from jaxtext.training.counts import rows
from jaxtext.training.settings import Exact


class Use(NamedTuple):
    """What two texts say about one word."""

    first: Float[np.ndarray, " D"]  # its center in the first text
    second: Float[np.ndarray, " D"]
    covariances: tuple[Float[np.ndarray, "D D"], Float[np.ndarray, "D D"]]  # sandwiches
    slopes: Float[np.ndarray, "N D"]  # by document, at the center of both, in units of curvature
    in_first: Bool[np.ndarray, " N"]


class Prepared(NamedTuple):
    """Two texts as one, after subsampling, with the contexts and the objective of both."""

    vocab: Vocab
    text: Encoded
    boundary: int  # where the second text begins, in tokens
    context: Float[np.ndarray, "V D"]
    objective: Objective


def prepared(
    key: Key[Array, ""], first: Corpus, second: Corpus, method: Exact, max_vocab: int | None = None
) -> Prepared:
    """Train contexts on two texts together, with the `max_vocab` most frequent common words."""
    corpus, boundary = pooled(first, second, max_vocab)
    whole = counting.thinned(key, corpus.vocab, corpus.text, method)
    halves = Encoded(corpus.text.ids, np.array([boundary, len(corpus.text.ids)]))
    ends = counting.thinned(key, corpus.vocab, halves, method).ends  # by the same draws
    if len(ends) < 2:
        raise InputError("leaves no token of one of the texts", "subsample", method.subsample)
    method = replace(method, subsample=0)
    corpus = corpus._replace(text=whole)
    objective = counting.objective(key, corpus.vocab, whole, method)
    params = methods.fit(key, corpus, method, objective=objective)
    return Prepared(corpus.vocab, whole, int(ends[0]), np.asarray(params.context), objective)


def uses(two_texts: Prepared, window: int, words: Sequence[int]) -> Iterator[Use | None]:
    """Yield the use of each of some words in two texts, whose documents are their sentences.

    A word without a pair in one of the texts gives None.
    """
    _, text, boundary, context, objective = two_texts
    documents = int(np.searchsorted(text.ends, boundary, "right"))  # of the first text
    found = list(by_document(text, text.ends, len(context), window, words))
    parts = [_split(each, documents) for each in found]
    single, noise, k = np.asarray(context, np.float32), objective.noise, objective.negatives
    first, second, both = (
        rows.centers(single, sparse.csr_array(sparse.vstack(sums)), noise, k)
        for sums in zip(*(map(_sums, (*two, each.counts)) for two, each in
                          zip(parts, found, strict=True)), strict=True)
    )  # fmt: skip
    how = np.asarray(context, np.float64), noise, k
    for place, (each, two) in enumerate(zip(found, parts, strict=True)):
        if not all(part.sum() for part in two):
            yield None
            continue
        centers = first[place], second[place]
        yield Use(
            *centers,
            tuple(_sandwich(*one, *how) for one in zip(centers, two, strict=True)),  # pyright: ignore
            _whitened(both[place], each.counts, *how),
            each.documents < documents,
        )


def _split(each: ByDocument, documents: int) -> tuple[sparse.csr_array, sparse.csr_array]:
    first = int(np.searchsorted(each.documents, documents))
    return each.counts[:first], each.counts[first:]


def _sums(counts: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array(counts.sum(axis=0)[None])


def _sandwich(
    center: Float[np.ndarray, " D"],
    counts: sparse.csr_array,
    context: Float[np.ndarray, "V D"],
    noise: Float[np.ndarray, " V"],
    negatives: int,
) -> Float[np.ndarray, "D D"]:
    moves = rows.influences(center, context, counts, noise, negatives)
    return moves.T @ moves


def _whitened(
    center: Float[np.ndarray, " D"],
    counts: sparse.csr_array,
    context: Float[np.ndarray, "V D"],
    noise: Float[np.ndarray, " V"],
    negatives: int,
) -> Float[np.ndarray, "N D"]:
    """Return the slope of each document, in the coordinates in which the curvature is one."""
    slopes, curvature = rows.slopes(center, context, counts, noise, negatives)
    return np.linalg.solve(np.linalg.cholesky(curvature), slopes.T).T

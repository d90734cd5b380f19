"""How a word is used in two texts: its centers for contexts that are the same for both.

See `training.counts.rows`. The contexts are those of both texts together, so that neither is
favored, and nothing has to be aligned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key
from scipy import sparse

from jaxtext.base.errors import InputError
from jaxtext.models.objective import Objective
from jaxtext.text.documents import ByDocument, by_document, ends_of
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
    slopes: Float[np.ndarray, "N r"]  # by document, at the center of both, in units of curvature
    in_first: Bool[np.ndarray, " N"]


class Prepared(NamedTuple):
    """Two texts as one, after subsampling, with the contexts and the objective of both."""

    vocab: Vocab
    text: Encoded
    documents: Int[np.ndarray, " N"]  # their ends
    boundary: int  # where the second text begins, in tokens
    context: Float[np.ndarray, "V D"]
    objective: Objective


def prepared(
    key: Key[Array, ""],
    first: Corpus,
    second: Corpus,
    method: Exact,
    max_vocab: int | None = None,
    documents: str = "sentences",
) -> Prepared:
    """Train contexts on two texts together, with the `max_vocab` most frequent common words.

    Raises `InputError` if subsampling leaves no token of a text, and for a text of one document.
    """
    corpus, boundary = pooled(first, second, max_vocab)
    ids = corpus.text.ids
    if len(corpus.vocab) < method.dim:
        raise InputError(
            f"the texts have {len(corpus.vocab):,} words in common, which are too few for vectors "
            f"of {method.dim} dimensions: compare longer texts, or train with fewer dimensions"
        )

    def thinned(ends: Int[np.ndarray, " N"]) -> Encoded:
        return counting.thinned(key, corpus.vocab, Encoded(ids, ends), method)  # by the same draws

    whole, halves = thinned(corpus.text.ends), thinned(np.array([boundary, len(ids)])).ends
    if len(halves) < 2:
        raise InputError("leaves no token of one of the texts", "subsample", method.subsample)
    ends = thinned(ends_of(corpus, documents)).ends
    inside = int(np.searchsorted(ends, halves[0], "right"))
    if min(inside, len(ends) - inside) < 2:
        raise InputError(
            "must be more than one in each text, since they say how much chance there is",
            "documents", documents,
        )  # fmt: skip
    method = replace(method, subsample=0)
    corpus = corpus._replace(text=whole)
    objective = counting.objective(key, corpus.vocab, whole, method)
    params = methods.fit(key, corpus, method, objective=objective)
    contexts = np.asarray(params.context)
    return Prepared(corpus.vocab, whole, ends, int(halves[0]), contexts, objective)


def uses(two_texts: Prepared, window: int, words: Sequence[int]) -> Iterator[Use | None]:
    """Yield the use of each of some words in two texts.

    A word without a pair in one of the texts gives None.
    """
    _, text, ends, boundary, context, objective = two_texts
    documents = int(np.searchsorted(ends, boundary, "right"))  # of the first text
    found = list(by_document(text, ends, len(context), window, words))
    parts = [_split(each, documents) for each in found]
    fixed = rows.Fixed(np.asarray(context, np.float32), objective.noise, objective.negatives)
    sums = zip(*(map(_sums, (*two, each.counts)) for two, each in zip(parts, found, strict=True)),
               strict=True)  # fmt: skip
    first, second, both = (
        rows.centers(fixed, sparse.csr_array(sparse.vstack(each))) for each in sums
    )
    for place, (each, two) in enumerate(zip(found, parts, strict=True)):
        if not all(part.sum() for part in two):
            yield None
            continue
        centers = first[place], second[place]
        yield Use(
            *centers,
            (_sandwich(fixed, two[0], centers[0]), _sandwich(fixed, two[1], centers[1])),
            _whitened(fixed, each.counts, both[place]),
            each.documents < documents,
        )


def _split(each: ByDocument, documents: int) -> tuple[sparse.csr_array, sparse.csr_array]:
    first = int(np.searchsorted(each.documents, documents))
    return each.counts[:first], each.counts[first:]


def _sums(counts: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array(counts.sum(axis=0)[None])


def _sandwich(
    fixed: rows.Fixed, counts: sparse.csr_array, center: Float[np.ndarray, " D"]
) -> Float[np.ndarray, "D D"]:
    """Return the covariance, without bias: one degree of freedom is spent on the center."""
    moves = rows.influences(fixed, counts, center)
    return len(moves) / max(len(moves) - 1, 1) * (moves.T @ moves)


def _whitened(
    fixed: rows.Fixed, counts: sparse.csr_array, center: Float[np.ndarray, " D"]
) -> Float[np.ndarray, "N r"]:
    """Return the slope of each document, in coordinates in which the curvature is one."""
    slopes, curvature = rows.slopes(fixed, counts, center)
    return slopes @ rows.inverse_root(curvature)

"""The bootstrap of a training: on documents of the text that are drawn again, with replacement.

A text is a sample of documents. How much a number depends on which of them were collected is seen
when it is computed again from as many documents of the same text, drawn with replacement (Efron
1979). The vocabulary, the noise distribution and the frequencies that decide on subsampling remain
those of the whole text.
"""

from collections.abc import Callable
from dataclasses import replace

import jax
import numpy as np
from jaxtyping import Array, Int, Key

from jaxtext.base.errors import InputError
from jaxtext.base.types import EmbeddingParams
from jaxtext.text.documents import drawn
from jaxtext.text.encoded import Corpus, Encoded
from jaxtext.training import counting, methods
from jaxtext.training.settings import Counted, Method, check_method
from jaxtext.vectors.embeddings import Embeddings

REPLICATE = 4  # joins the key in the draws of a replicate


def resampler(
    key: Key[Array, ""],
    corpus: Corpus,
    method: Method,
    documents: Int[np.ndarray, " N"] | None = None,
    start: Embeddings | None = None,
    passes: int | None = None,
) -> Callable[[int], EmbeddingParams]:
    """Return a function that trains on the resample of a number.

    Each training is made from the beginning. A method on counts can make some `passes` from `start`
    instead, the vectors of the whole text; this takes less time, but two passes show about two
    thirds of the standard deviations, and five about four fifths (12 MB of Wikipedia, `Exact`). The
    tokens that subsampling removes for a method on counts are the same each time. `Sgns` has
    another key each time, so that its differences are also due to the seed. `documents` are ends
    in tokens; without them, each sentence is a document.

    Raises `InputError` for a text that several processes have read, for fewer than two documents,
    and for passes of another method or without a start.
    """
    check_method(method)
    if corpus.share is not None:
        raise InputError("is a share of a text: documents are drawn in one process", "corpus")
    documents = corpus.text.ends if documents is None else documents
    if len(documents) < 2:
        raise InputError("has one document alone: others cannot be drawn", "corpus")
    if passes is not None and (start is None or not isinstance(method, Counted)):
        raise InputError("needs a start, and exact or softmax", "passes", passes)
    text, begin = corpus.text, None if passes is None else start
    if isinstance(method, Counted):
        text = counting.thinned(key, corpus.vocab, corpus.text, method)
        whole = Encoded(corpus.text.ids, documents)  # thinned by the same draws
        documents = counting.thinned(key, corpus.vocab, whole, method).ends
        epochs = method.epochs if passes is None else passes
        method = replace(method, subsample=0, epochs=epochs)

    def train(number: int) -> EmbeddingParams:
        own = jax.random.fold_in(jax.random.fold_in(key, REPLICATE), number)
        rng = np.random.default_rng(counting.seed_of(own))
        some = drawn(text, documents, rng.integers(0, len(documents), len(documents)))
        return methods.fit(own, corpus._replace(text=some), method, start=begin)

    return train

r"""Vectors for words outside the vocabulary, each from some sentences that contain it.

The vectors of the contexts stay as they are. The center vector of a word is then one convex problem
(`counts.rows`): the row of the objective that `Exact` minimises and `Sgns` samples, with the
neighbors of the word in these sentences as its pairs.

A few sentences have a few pairs, which a hundred dimensions can follow too closely: with a single
occurrence, vectors become very long. To these pairs are added `prior` ones, spread over all
contexts like those of the whole text: they draw the vector to that of a word that has every context
as often as the text has it. With many sentences they do not matter.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import sparse

from jaxtext.base.errors import InputError
from jaxtext.base.ranges import number
from jaxtext.text.cooccurrence import cooccurrence
from jaxtext.text.encoded import encode_sentences
from jaxtext.text.sequences import sentences_of
from jaxtext.text.tokens import tokenize
from jaxtext.text.vocab import Vocab
from jaxtext.training.counts.rows import Fixed, centers
from jaxtext.training.sampling import keep_probability, noise_distribution
from jaxtext.training.settings import Exact, Method, Sgns, check_method
from jaxtext.vectors.embeddings import Embeddings

CLOSE = 1e-6  # in scores
PRIOR = 10.0  # pairs, of which an occurrence has about four (experiments/unseen_words.py)


def infer(
    vectors: Embeddings,
    words: str | Sequence[str],
    sentences: Iterable[Any],
    method: Method = Sgns(),  # noqa: B008
    *,
    prior: int | float = PRIOR,
) -> Float[np.ndarray, "... D"]:
    """Return the center vector of a word [D], or of several [N, D], from sentences with the word.

    `vectors` have context vectors and counts, as those of `train` and of run folders; `method` is
    the record with which they were trained, `Sgns` or `Exact`. `sentences` are lists of tokens, or
    strings, which are split like lines of a text. Every occurrence of a word counts. The words may
    be in the vocabulary: then the result is their best vector for these sentences alone. `prior` is
    the number of pairs that are added (see above); with 0, the row is that of the sentences alone.

    ```python
    vector = jaxtext.infer(vectors, "wampimuk", ["we saw a wampimuk asleep in a tree"], method)
    jaxtext.neighbors(vectors, vector)
    ```

    Raises `InputError`, naming the parameter, for vectors without contexts or counts, another
    method, a word that is in none of the sentences, and one without a known neighbor there.
    """
    asked = [words] if isinstance(words, str) else list(words)
    _check(vectors, asked, method)
    number("prior", prior, 0, np.inf, whole=False)
    found = neighbors_of(asked, _lists(sentences, asked), vectors.vocab, method)
    rows = fitted(vectors, found, method, prior)
    return rows[0] if isinstance(words, str) else rows


def fitted(
    vectors: Embeddings, pairs: sparse.csr_array, method: Method, prior: int | float = PRIOR
) -> Float[np.ndarray, "N D"]:
    """Return the best center vectors for counts of pairs [N, V] and `prior` pairs of each word."""
    assert isinstance(method, Sgns | Exact)
    counts = vectors.counts
    usual = keep_probability(counts, method.subsample) * counts
    noise = noise_distribution(counts, method.noise_exponent)
    if prior:
        pairs = sparse.csr_array(pairs.toarray() + prior * usual / usual.sum())
    fixed = Fixed(vectors.vectors("context").astype(np.float64), noise, method.negatives)
    found = centers(fixed, pairs, close=CLOSE)
    return found.astype(vectors.center.dtype)


def neighbors_of(
    words: Sequence[str], sentences: Iterable[Sequence[str]], vocab: Vocab, method: Method
) -> sparse.csr_array:
    """Count the neighbors of words in sentences, [N, V], as a method does in expectation.

    As in training, other words outside the vocabulary are left out before windows are formed.

    Raises `InputError` for a word that is in none of the sentences or has no neighbor there.
    """
    new = [word for word in dict.fromkeys(words) if word not in vocab.index]
    every = Vocab((*vocab.words, *new), np.append(vocab.counts, np.zeros(len(new), np.int64)))
    ids = np.array([every.index[word] for word in words], np.int64)
    text = encode_sentences(sentences, every)
    for word, place in zip(words, ids, strict=True):
        if not (text.ids == place).any():
            raise InputError(f"{word!r} is in none of the sentences")
    found = cooccurrence(text, len(every), method.window, dynamic=True, centers=ids)
    keep = keep_probability(vocab.counts, getattr(method, "subsample", 0))
    pairs = sparse.csr_array(found[ids][:, : len(vocab)] * keep[None, :])
    for word, total in zip(words, np.asarray(pairs.sum(axis=1)), strict=True):
        if not total:
            raise InputError(f"{word!r} has no neighbor in the sentences with a vector")
    return pairs


def _check(vectors: Any, words: list[Any], method: Any) -> None:
    check_method(method)
    if not isinstance(method, Sgns | Exact):
        raise InputError("must be Sgns(...) or Exact(...), with which words are inferred", "method")
    if not isinstance(vectors, Embeddings):
        found = type(vectors).__name__
        raise InputError(f"must be Embeddings, as load returns them, found {found}", "vectors")
    for missing, what in (
        (vectors.context is None, "context vectors"),
        (not vectors.counts.all(), "counts of words"),
    ):
        if missing:
            raise InputError(
                f"have no {what}: give those of a run folder or a safetensors file of one",
                "vectors",
            )
    if not words or not all(isinstance(word, str) and word for word in words):
        raise InputError("give a word, or a list of words", "words")


def _lists(sentences: Any, words: list[str]) -> Iterator[list[str]]:
    """Yield the sentences that have one of the words, as lists of strings."""
    wanted = set(words)
    try:
        for sentence in sentences_of(sentences, lambda text: map(tokenize, text.splitlines())):
            tokens = [token if isinstance(token, str) else str(token) for token in sentence]
            if not wanted.isdisjoint(tokens):
                yield tokens
    except InputError as error:
        error.parameter = "sentences"
        raise

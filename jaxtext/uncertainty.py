"""How sure one may be of vectors, and what has changed: resamples, stability, and two texts.

```python
found = jaxtext.stability(corpus, jaxtext.Exact(), jax.random.key(0), bootstrap=100,
                          pairs=[("doctor", "nurse")])
jaxtext.compare(jax.random.key(0), first, second)
```
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from jaxtyping import Array, Key

from jaxtext.api import check_corpus, check_key, embedded, train
from jaxtext.base.errors import InputError
from jaxtext.base.ranges import number
from jaxtext.evaluation import change
from jaxtext.evaluation import stability as stabilities
from jaxtext.evaluation.change import Changes
from jaxtext.evaluation.stability import Stability
from jaxtext.runs.watch import ignore
from jaxtext.text import Corpus
from jaxtext.text.documents import KINDS, ends_of
from jaxtext.text.vocab import Vocab
from jaxtext.training import changes
from jaxtext.training.counting import seed_of
from jaxtext.training.resampling import resampler
from jaxtext.training.settings import Exact, Method
from jaxtext.vectors.embeddings import Embeddings

__all__ = ["compare", "replicates", "stability"]

CONTEXTS = 10_000  # of the most frequent words, for comparing texts
TOGETHER = 200  # words whose documents are in memory at a time


def stability(
    corpus: Corpus,
    method: Method,
    keys: Key[Array, "..."],
    *,
    bootstrap: int | None = None,
    documents: str = "sentences",
    words: Sequence[str] | int = 1000,
    pairs: Sequence[tuple[str, str]] = (),
    top: int = 10,
    start: Embeddings | None = None,
    passes: int | None = None,
    on_done: Callable[[int], None] = ignore,
) -> Stability:
    """Train several times, and return what the trainings have in common.

    With several `keys`, as of `jax.random.split`, each is the seed of one training: the result says
    how much depends on the seed. With `bootstrap`, and one key, the training is repeated so many
    times on as many documents of the text, drawn with replacement: the result says how much depends
    on which documents the text consists of. These are its "sentences" or, with `documents`, its
    "files", each of which may be a speech or a book. The cosines of the whole text are those of
    `start`, its vectors, which are trained first if not given.

    The overlap of the `top` nearest neighbors is measured for `words`, or that many of the most
    frequent ones, and the cosine of each of the `pairs`. With `passes`, a method on counts makes so
    many passes from `start`, which is faster and shows less than all of the variation (see
    `jaxtext.training.resampling`). `on_done` is called with the number of trainings made.

    ```python
    found = jaxtext.stability(corpus, jaxtext.Exact(), jax.random.split(jax.random.key(0), 5))
    found = jaxtext.stability(corpus, jaxtext.Exact(), jax.random.key(0), bootstrap=100,
                              pairs=[("doctor", "nurse")])
    found.intervals()
    ```

    Raises `InputError` for unknown words, for fewer than two trainings, and as `train` does.
    """
    check_corpus(corpus)
    several = _several(keys)
    how: Any = {"words": _chosen(words, corpus.vocab), "pairs": _pairs(pairs), "top": top}
    _check_known("pairs", [word for pair in how["pairs"] for word in pair], corpus.vocab)
    if bootstrap is None:
        if len(several) < 2:
            raise InputError("give several, as of jax.random.split(key, 5), or bootstrap", "keys")
        if start is not None or passes is not None or documents != KINDS[0]:
            raise InputError("is missing, to which start, passes and documents belong", "bootstrap")
        trainings = (train(key, corpus, method) for key in several)
        return stabilities.measure(_numbered(trainings, on_done), **how)
    if len(several) != 1:
        raise InputError("give one key for all resamples", "keys")
    number("bootstrap", bootstrap, 2, np.inf, whole=True)
    start = train(several[0], corpus, method) if start is None else start
    trainings = replicates(several[0], corpus, method, bootstrap, start, passes, documents)
    return stabilities.measure(_numbered(trainings, on_done), **how, whole=start)


def replicates(
    key: Key[Array, ""],
    corpus: Corpus,
    method: Method,
    count: int,
    start: Embeddings | None = None,
    passes: int | None = None,
    documents: str = "sentences",
) -> Iterator[Embeddings]:
    """Yield the vectors of `count` resamples of a text; see `stability`.

    Raises `InputError` as `train` does.
    """
    check_key(key)
    check_corpus(corpus)
    resamples = int(number("count", count, 0, np.inf, whole=True))
    _check_start(start, corpus)
    if passes is not None:
        number("passes", passes, 1, np.inf, whole=True)
    ends = ends_of(corpus, documents)
    if len(ends) < 2:
        reason = "must be two or more to be drawn, and the text has one alone"
        raise InputError(reason, "documents", documents)
    trained = resampler(key, corpus, method, ends, start, passes)
    return (embedded(corpus, trained(each)) for each in range(resamples))


def compare(
    key: Key[Array, ""],
    first: Corpus,
    second: Corpus,
    method: Exact = Exact(),  # noqa: B008
    *,
    words: Sequence[str] | int = 1000,
    max_vocab: int | None = CONTEXTS,
    documents: str = "sentences",
    on_done: Callable[[float], None] = ignore,
) -> Changes:
    """Return how differently words are used in two texts, first those that surely differ the most.

    Context vectors are trained on both texts together, with their `max_vocab` most frequent common
    words. They are then held fixed, so that the center of a word in each text is the solution of a
    convex problem, without a seed and without alignment. Each of the `words`, or that many of the
    most frequent ones, gets the cosine of its two centers, corrected for noise, with an interval;
    the chance p of a difference as large between documents of one kind; and q, which is p adjusted
    for the number of words (see `jaxtext.evaluation.change`). Documents are as in `stability`.
    `on_done` is called with the share that is done.

    Raises `InputError` for texts without a common word, for unknown words, and as `train` does.
    """
    check_key(key)
    check_corpus(first, "first")
    check_corpus(second, "second")
    if max_vocab is not None:
        number("max_vocab", max_vocab, 1, np.inf, whole=True)
    if not isinstance(method, Exact):
        raise InputError("must be Exact(...): texts are compared by their counts", "method")
    for corpus in (first, second):
        _chosen(words, corpus.vocab)  # before contexts are trained
    two_texts = changes.prepared(key, first, second, method, max_vocab, documents)
    vocab = two_texts.vocab
    chosen = list(dict.fromkeys(_chosen(words, vocab)))
    found = []
    for at in range(0, len(chosen), TOGETHER):
        some = [vocab.index[word] for word in chosen[at : at + TOGETHER]]
        found += changes.uses(two_texts, method.window, some)
        on_done(len(found) / len(chosen))
    return change.changes(chosen, found, np.random.default_rng(seed_of(key)))


def _several(keys: Any) -> list[Any]:
    """Return keys as a list. Raises `InputError` for what are no keys."""
    try:
        several = [keys] if getattr(keys, "shape", None) == () else list(keys)
        for key in several:
            check_key(key)
    except (TypeError, InputError):
        raise InputError(
            f"must be a key or several, as of jax.random.split, found {type(keys).__name__}", "keys"
        ) from None
    return several


def _chosen(words: Any, vocab: Vocab) -> tuple[str, ...]:
    """Return words, all of them known, or that many of the most frequent ones."""
    if isinstance(words, list | tuple):
        if not words or not all(isinstance(word, str) for word in words):
            raise InputError("must be words, or a number of words", "words", words)
        _check_known("words", words, vocab)
        return tuple(words)
    if isinstance(words, str):
        raise InputError("must be a list of words, or a number of words", "words", words)
    return vocab.words[: int(number("words", words, 1, np.inf, whole=True))]


def _check_known(name: str, words: Sequence[str], vocab: Vocab) -> None:
    """Raise `InputError` for the first word that a vocabulary does not have."""
    for word in words:
        if word not in vocab:
            raise InputError(f"{word!r} is not among the {len(vocab):,} words", name)


def _pairs(pairs: Any) -> list[tuple[str, str]]:
    """Return pairs of words as a list. Raises `InputError` for anything else."""
    if isinstance(pairs, list | tuple):
        found = [tuple(pair) if isinstance(pair, list | tuple) else () for pair in pairs]
        if all(len(p) == 2 and all(isinstance(word, str) for word in p) for p in found):
            return found  # pyright: ignore[reportReturnType]
    raise InputError('must be a list of pairs of words, such as [("doctor", "nurse")]', "pairs")


def _check_start(start: Any, corpus: Corpus) -> None:
    """Raise `InputError` for vectors that are not those of a corpus."""
    if start is None:
        return
    if not isinstance(start, Embeddings):
        raise InputError(f"must be Embeddings, found {type(start).__name__}", "start")
    if start.words != corpus.vocab.words:
        raise InputError("must have the words of the corpus, on which it was trained", "start")


def _numbered(
    trainings: Iterable[Embeddings], on_done: Callable[[int], None]
) -> Iterator[Embeddings]:
    for done, each in enumerate(trainings, 1):
        on_done(done)
        yield each

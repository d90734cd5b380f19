"""Analogies: a is to b as c is to ?, answered by differences of vectors."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy import sparse

from jaxtext.evaluation import items
from jaxtext.evaluation.items import Difference
from jaxtext.evaluation.questions import Question, read
from jaxtext.vectors.embeddings import (
    Embeddings,
    SparseEmbeddings,
    normalize,
    normalize_sparse,
)

__all__ = ["Method", "Question", "Result", "answers", "difference", "evaluate", "read", "unknown"]

Method = Literal["3cosadd", "3cosmul"]
GROUP = 64  # rows into which the scores of a question are reshaped to find the largest
BATCH = 32  # questions at a time
SCORES = 2**21  # or fewer, so that their scores stay in memory that is reused
ROWS = 1 << 13  # of the table that are measured at a time
SHORT = 1e-15  # rows that are shorter, or longer than one by this, lose digits or overflow
WORDS = 256  # words whose dot products with all words are in memory at a time,
PRODUCTS = 2**24  # or fewer words, so that there are no more products than this
EPSILON = 1e-6  # against division by zero in 3CosMul, as in gensim


class Result(NamedTuple):
    """The scores of one set."""

    accuracy: float | None  # among the covered questions; None if there is none
    ci95: tuple[float, float] | None
    items: int
    covered: int
    accuracy_all: float  # a question with an unknown word counts as missed
    sections: dict[str, dict[str, float | int | None]]
    right: Float[np.ndarray, " N"]  # 1 or 0 for every question; NaN where a word is unknown

    def as_json(self) -> dict:
        """Return the scores as `jaxtext evaluate --json` writes them, without single questions."""
        return {name: value for name, value in self._asdict().items() if name != "right"}


class _Encoded(NamedTuple):
    """The questions whose words are all known, as ids."""

    places: Int[np.ndarray, " n"]  # of these among all questions
    asked: Int[np.ndarray, "n 3"]  # a, b, c
    answers: list[set[int]]  # the ids that stand for all their spellings


def _encode(
    questions: Sequence[Question], index: dict[str, int], same: Int[np.ndarray, " V"]
) -> _Encoded:
    places, asked, answers = [], [], []
    for place, question in enumerate(questions):
        a, c = index.get(question.a), index.get(question.c)
        b = [index[word] for word in question.b if word in index]
        right = {int(same[index[word]]) for word in question.answers if word in index}
        if a is not None and c is not None and b and right:
            places.append(place)
            asked.append((a, b[0], c))
            answers.append(right)
    shape = np.array(asked, np.int64).reshape(-1, 3)
    return _Encoded(np.array(places, np.int64), shape, answers)


def _same(words: Sequence[str]) -> Int[np.ndarray, " V"]:
    """Return for each word the id of the most frequent one that differs in case alone.

    >>> _same(["Rose", "tulip", "rose"])
    array([0, 1, 0])
    """
    first: dict[str, int] = {}
    return np.array([first.setdefault(items.folded(word), i) for i, word in enumerate(words)])


class _Table(NamedTuple):
    """Rows, and what each is multiplied by to have length one; so no second table is in memory."""

    rows: Any  # [V, D], of NumPy or sparse
    scale: Float[np.ndarray, " V"]


def _scaled(rows: Any) -> _Table:
    if sparse.issparse(rows):
        return _Table(normalize_sparse(rows), np.ones(rows.shape[0], rows.dtype))
    lengths = np.empty(len(rows), np.float64)
    for first in range(0, len(rows), ROWS):
        some = rows[first : first + ROWS].astype(np.float64)
        lengths[first : first + ROWS] = np.sqrt(np.einsum("vd,vd->v", some, some))
    known = lengths[lengths > 0]
    if known.size and not (known.min() > SHORT and known.max() < 1 / SHORT):
        return _Table(normalize(rows), np.ones(len(rows), rows.dtype))
    return _Table(rows, (1 / np.where(lengths > 0, lengths, 1)).astype(rows.dtype))


def _products(table: _Table, size: int, words: Int[np.ndarray, " W"]) -> Float[Array, "W size"]:
    """Return the cosines of some words with all words, filled up with columns of zeros."""
    rows, scale = table
    asked = rows[words].toarray() if sparse.issparse(rows) else rows[words]
    asked = asked * scale[words, None]
    cosines = np.zeros((len(words), size), asked.dtype)
    cosines[:, : len(scale)] = (rows @ asked.T).T if sparse.issparse(rows) else asked @ rows.T
    cosines[:, : len(scale)] *= scale
    return jnp.asarray(cosines)


@partial(jax.jit, static_argnames="method")
def _best(
    products: Float[Array, "W V"],
    asked: Int[Array, "B 3"],
    excluded: Int[Array, "B E"],
    method: Method,
) -> Int[Array, " B"]:
    """Return the best answer to each question, or -1 if there is none.

    A question is given by the rows of a, b and c in `products`.
    """
    of_a, of_b, of_c = (products[places] for places in asked.T)
    if method == "3cosadd":
        scores = of_b - of_a + of_c
    else:
        of_a, of_b, of_c = ((1 + some) / 2 for some in (of_a, of_b, of_c))
        scores = of_b * of_c / (of_a + EPSILON)
    rows = jnp.arange(len(asked))[:, None]
    scores = scores.at[rows, excluded].set(-jnp.inf, mode="drop")
    # The largest score of a long row: first the column of the reshaped row, then the place in it.
    dealt = scores.reshape(len(asked), GROUP, -1)
    column = dealt.max(axis=1).argmax(axis=1)
    best = dealt[jnp.arange(len(asked)), :, column].argmax(axis=1) * dealt.shape[2] + column
    return jnp.where(jnp.isneginf(dealt.max(axis=(1, 2))), -1, best)


def _excluded(
    asked: Int[np.ndarray, "n 3"], same: Int[np.ndarray, " V"], beyond: int
) -> Int[np.ndarray, "n E"]:
    """Return the ids of all spellings of the words asked, filled up with `beyond` to E ids."""
    order, spellings = np.argsort(same, kind="stable"), np.bincount(same, minlength=len(same))
    starts = np.cumsum(spellings) - spellings
    word = same[asked][:, :, None]  # [n, 3, 1]
    nth = np.arange(spellings[word].max())
    ids = order[np.minimum(starts[word] + nth, len(order) - 1)]
    return np.where(nth < spellings[word], ids, beyond).reshape(len(asked), -1)


def _rounds(asked: Int[np.ndarray, "n 3"], most: int) -> Iterator[slice]:
    """Cut the questions into runs that have at most `most` different words each."""
    first, words = 0, set[int]()
    for place, three in enumerate(asked.tolist()):
        if len(words.union(three)) > most:
            yield slice(first, place)
            first, words = place, set()
        words.update(three)
    yield slice(first, len(asked))


def answers(
    table: Float[np.ndarray, "V D"] | sparse.csr_array,
    asked: Int[np.ndarray, "n 3"],
    same: Int[np.ndarray, " V"],
    method: Method = "3cosadd",
) -> Int[np.ndarray, " n"]:
    """Return the answer to each question, which is given by the ids of a, b and c.

    3CosAdd is the word nearest to b - a + c (Mikolov, Yih and Zweig 2013), 3CosMul the one with the
    largest cos(d, b) cos(d, c) / cos(d, a), cosines moved to [0, 1] (Levy and Goldberg 2014). The
    three words themselves, in any letter case, are no answers; where no other word is left, the
    answer is -1. `same` maps each id to the id that stands for all words with its spelling, case
    ignored; answers are such ids.
    """
    # Whole groups of columns, so that no row of scores needs to be filled up.
    filling = -len(same) % GROUP
    size = len(same) + filling
    most = min(max(3, PRODUCTS // size), WORDS, max(3, len(np.unique(asked))))
    batch = min(max(1, SCORES // size), BATCH)
    products = partial(_products, _scaled(table), size)
    excluded = _excluded(asked, same, size)
    blank = np.broadcast_to(np.arange(len(same), size), (len(asked), filling))
    excluded = np.concatenate([excluded, blank], axis=1)
    batches = []
    for some in _rounds(asked, most):
        words, places = np.unique(asked[some], return_inverse=True)
        rows_of = products(np.resize(words, most))
        places, out = places.reshape(-1, 3), excluded[some]
        for first in range(0, len(places), batch):
            rows = np.arange(first, first + batch).clip(max=len(places) - 1)
            best = _best(rows_of, jnp.asarray(places[rows]), jnp.asarray(out[rows]), method)
            batches.append(best[: len(places) - first])
    ids = np.concatenate(batches)
    return np.where(ids < 0, -1, same[ids])


def evaluate(
    embeddings: Embeddings | SparseEmbeddings,
    questions: Sequence[Question],
    kind: str = "center",
    restrict: int | None = None,
    method: Method = "3cosadd",
    seed: int = 0,
) -> Result:
    """Return the accuracy, overall and by section, over the questions whose words are all known.

    With `restrict`, only that many of the most frequent words are known and can be answers. Words
    are found as `items.ids` says; one whose vector is zero is neither known nor an answer, and an
    answer in another letter case is right. The interval treats questions as independent; since they
    share words, it is a little narrow.
    """
    words = embeddings.vocab.words[:restrict]
    rows = embeddings.vectors(kind)[: len(words)]
    kept = np.flatnonzero(items.directed(rows))
    if len(kept) < len(words):
        rows, words = rows[kept], [words[i] for i in kept.tolist()]
    every = (word for q in questions for word in (q.a, *q.b, q.c, *q.answers))
    found = items.ids(embeddings.vocab, every, restrict)
    moved = {place: new for new, place in enumerate(kept.tolist())}
    index = {word: moved[place] for word, place in found.items() if place in moved}
    same = _same(words)
    encoded = _encode(questions, index, same)
    right = np.full(len(questions), np.nan)
    if len(encoded.places):
        answered = answers(rows, encoded.asked, same, method)
        right[encoded.places] = [
            answer in possible
            for answer, possible in zip(answered.tolist(), encoded.answers, strict=True)
        ]
    return _score(questions, right, seed)


def unknown(questions: Sequence[Question]) -> str:
    """Return what to say of a set of which no question is covered."""
    asked = questions[0]
    first = map(items.shown, (asked.a, asked.b[0], asked.c, asked.answers[0]))
    return (
        f"none of {len(questions):,} questions has only known words: the first is {' '.join(first)}"
    )


def _score(questions: Sequence[Question], right: Float[np.ndarray, " N"], seed: int) -> Result:
    known = right[~np.isnan(right)]
    accuracy = float(known.mean()) if known.size else None
    interval = None
    if accuracy is not None:
        # The sum of a bootstrap sample of ones and zeros is binomial.
        random = np.random.default_rng(seed)
        draws = random.binomial(len(known), accuracy, items.SAMPLES) / len(known)
        interval = items.interval(draws.tolist())
    places: dict[str, list[int]] = {}
    for place, question in enumerate(questions):
        places.setdefault(question.section, []).append(place)
    return Result(
        accuracy=accuracy,
        ci95=interval,
        items=len(right),
        covered=len(known),
        accuracy_all=float(np.nansum(right) / len(right)),
        sections={section: _section(right[some]) for section, some in places.items()},
        right=right,
    )


def _section(right: Float[np.ndarray, " N"]) -> dict[str, float | int | None]:
    covered = int((~np.isnan(right)).sum())
    accuracy = float(np.nansum(right) / covered) if covered else None
    return {"accuracy": accuracy, "items": len(right), "covered": covered}


def difference(first: Result, second: Result, seed: int = 0) -> Difference:
    """Return how much larger the second accuracy is, by a paired bootstrap on common questions."""
    change = second.right - first.right
    common = ~np.isnan(change)
    change = change[common]
    if not change.size:
        return Difference(None, None, None, None, 0)
    shares = [(change == value).mean() for value in (-1, 0, 1)]
    draws = np.random.default_rng(seed).multinomial(len(change), shares, items.SAMPLES)
    ci95 = items.interval(((draws[:, 2] - draws[:, 0]) / len(change)).tolist())
    ours, other = (float(each.right[common].mean()) for each in (first, second))
    return Difference(ours, other, float(change.mean()), ci95, len(change))

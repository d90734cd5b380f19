"""Analogies: a is to b as c is to ?, answered by the vectors' differences.

Two layouts are read: that of `questions-words.txt` (": section", then four words a line) and that
of BATS (group, relation, word, answers/with/slashes, cut at tabs), where any two pairs of a
relation make a question and any of the answers is right.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, permutations
from pathlib import Path
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jaxtext.embeddings import Embeddings, normalize
from jaxtext.errors import InputError
from jaxtext.evaluation import items
from jaxtext.evaluation.items import Difference
from jaxtext.query import GROUP, top_columns

Method = Literal["3cosadd", "3cosmul"]
Row = tuple[int, str]  # a line and its number
BATCH = 128  # questions at a time, whose scores fit memory that is used again
CANDIDATES = 8  # the nearest words, of which a, b and c in any letter case are left out
EPSILON = 1e-6  # against division by zero in 3CosMul, as in gensim


class Question(NamedTuple):
    """a is to b as c is to one of the answers; of several b the first known one stands."""

    section: str
    a: str
    b: tuple[str, ...]
    c: str
    answers: tuple[str, ...]


class Result(NamedTuple):
    """Scores of one set."""

    accuracy: float  # among the covered questions
    ci95: tuple[float, float]
    items: int
    covered: int
    accuracy_all: float  # where a question with an unknown word counts as missed
    sections: dict[str, dict[str, float | int | None]]
    right: Float[np.ndarray, " N"]  # of every question 1 or 0; NaN where a word is unknown

    def as_json(self) -> dict:
        """Without the single questions."""
        return {name: value for name, value in self._asdict().items() if name != "right"}


def read(path: Path) -> list[Question]:
    """Read a set of either layout.

    Raises `InputError` with the line for one that fits neither.
    """
    rows = items.lines(path)
    first = next(rows)
    rows = chain([first], rows)
    tabs = not first[1].startswith(":") and "\t" in first[1]
    found = list((_read_relations if tabs else _read_sections)(path, rows))
    if not found:
        raise InputError(f"{path}: holds no question")
    return found


def _read_sections(path: Path, rows: Iterator[Row]) -> Iterator[Question]:
    section = ""
    for number, line in rows:
        if line.startswith(":"):
            section = line.lstrip(": ").strip()
            continue
        words = line.split()
        if len(words) != 4:
            raise InputError(f"{path}: line {number}: {len(words)} words instead of four")
        a, b, c, d = words
        yield Question(section, a, (b,), c, (d,))


def _read_relations(path: Path, rows: Iterator[Row]) -> Iterator[Question]:
    relations: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for number, line in rows:
        row = [cell.strip() for cell in line.split("\t")]
        answers = tuple(filter(None, (word.strip() for word in row[-1].split("/"))))
        if len(row) != 4 or not row[2] or not answers:
            raise InputError(
                f"{path}: line {number}: not 'group TAB relation TAB word TAB answers'"
            )
        relations.setdefault(row[1], []).append((row[2], answers))
    for relation, pairs in relations.items():
        for (a, b), (c, answers) in permutations(pairs, 2):
            yield Question(relation, a, b, c, answers)


class _Encoded(NamedTuple):
    """Questions of known words as ids."""

    places: Int[np.ndarray, " n"]  # among all questions
    asked: Int[np.ndarray, "n 3"]  # a, b, c
    answers: list[set[int]]


def _encode(questions: Sequence[Question], index: dict[str, int]) -> _Encoded:
    places, asked, answers = [], [], []
    for place, question in enumerate(questions):
        a, c = index.get(question.a.upper()), index.get(question.c.upper())
        b = [index[word.upper()] for word in question.b if word.upper() in index]
        right = {index[word.upper()] for word in question.answers if word.upper() in index}
        if a is not None and c is not None and b and right:
            places.append(place)
            asked.append((a, b[0], c))
            answers.append(right)
    shape = np.array(asked, np.int64).reshape(-1, 3)
    return _Encoded(np.array(places, np.int64), shape, answers)


@partial(jax.jit, static_argnames=("size", "top", "method"))
def _candidates(
    table: Float[Array, "W D"], asked: Int[Array, "B 3"], size: int, top: int, method: Method
) -> Int[Array, "B top"]:
    """The nearest of the first `size` words to each question's answer, a, b and c among them."""
    a, b, c = (table[ids] for ids in asked.T)
    if method == "3cosadd":
        scores = jax.lax.optimization_barrier((b - a + c) @ table.T)
    else:
        of_a, of_b, of_c = ((1 + vectors @ table.T) / 2 for vectors in (a, b, c))
        scores = of_b * of_c / (of_a + EPSILON)
    return top_columns(jnp.where(jnp.arange(len(table)) < size, scores, -jnp.inf), top)[1]


def answers(
    table: Float[np.ndarray, "V D"],
    asked: Int[np.ndarray, "n 3"],
    same: Int[np.ndarray, " V"],
    method: Method = "3cosadd",
) -> Int[np.ndarray, " n"]:
    """The answer to each question of ids a, b, c; of words spelled the same, ids in `same`.

    3CosAdd is the word nearest to b - a + c (Mikolov, Yih and Zweig 2013), 3CosMul the one with the
    largest cos(d, b) cos(d, c) / cos(d, a), cosines moved to [0, 1] (Levy and Goldberg 2014). None
    of the three words, in whatever letter case, is an answer. Rows of `table` have length one.
    """
    top = min(CANDIDATES, len(table))
    found = np.empty((len(asked), top), np.int64)
    # Whole groups of columns, so that no row of scores needs to be filled up.
    device = jnp.asarray(np.pad(table, ((0, -len(table) % GROUP), (0, 0))))
    for first in range(0, len(asked), BATCH):
        some = asked[first : first + BATCH]
        filled = np.concatenate([some, np.zeros((BATCH - len(some), 3), some.dtype)])
        best = np.asarray(_candidates(device, jnp.asarray(filled), len(table), top, method))
        found[first : first + BATCH] = best[: len(some)]
    kinds = same[found]
    taken = np.zeros(kinds.shape, bool)
    for word in same[asked].T:
        taken |= kinds == word[:, None]
    return kinds[np.arange(len(kinds)), taken.argmin(axis=1)]


def evaluate(
    embeddings: Embeddings,
    questions: Sequence[Question],
    kind: str = "center",
    restrict: int | None = None,
    method: Method = "3cosadd",
    seed: int = 0,
) -> Result:
    """Accuracy, by section and in all, over the questions whose words are all known.

    With `restrict`, only so many most frequent words are known, and answers. The interval takes
    questions for independent; since they share words, it is a little narrow.
    Raises `InputError` if no question is covered.
    """
    words = embeddings.vocab.words[:restrict]
    index = items.index(embeddings.vocab, restrict)
    encoded = _encode(questions, index)
    if not len(encoded.places):
        asked = questions[0]
        raise InputError(
            f"none of {len(questions):,} questions has known words only: "
            f"the first is {asked.a} {asked.b[0]} {asked.c} {asked.answers[0]}"
        )
    same = np.array([index[word.upper()] for word in words], np.int64)
    table = normalize(embeddings.vectors(kind)[: len(words)])
    unique, places = np.unique(encoded.asked, axis=0, return_inverse=True)
    given = answers(table, unique, same, method)[places.ravel()]
    right = np.full(len(questions), np.nan)
    right[encoded.places] = [
        answer in possible for answer, possible in zip(given.tolist(), encoded.answers, strict=True)
    ]
    return _score(questions, right, seed)


def _score(questions: Sequence[Question], right: Float[np.ndarray, " N"], seed: int) -> Result:
    known = right[~np.isnan(right)]
    random = np.random.default_rng(seed)
    # The sum of a bootstrap sample of ones and zeros is binomial.
    draws = random.binomial(len(known), known.mean(), items.SAMPLES) / len(known)
    interval = items.interval(draws.tolist())
    assert interval is not None
    places: dict[str, list[int]] = {}
    for place, question in enumerate(questions):
        places.setdefault(question.section, []).append(place)
    return Result(
        accuracy=float(known.mean()),
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
    """How much larger the second's accuracy is, by a paired bootstrap over common questions."""
    change = second.right - first.right
    change = change[~np.isnan(change)]
    if not change.size:
        return Difference(None, None, 0)
    shares = [(change == value).mean() for value in (-1, 0, 1)]
    draws = np.random.default_rng(seed).multinomial(len(change), shares, items.SAMPLES)
    ci95 = items.interval(((draws[:, 2] - draws[:, 0]) / len(change)).tolist())
    return Difference(float(change.mean()), ci95, len(change))

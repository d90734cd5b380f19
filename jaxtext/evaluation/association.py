r"""Word embedding association tests: are two sets of targets nearer to one or another attribute?

Caliskan, Bryson and Narayanan (2017, "Semantics derived automatically from language corpora contain
human-like biases"). The association of a word with two sets of attributes is
$s(w) = \mathrm{mean}_{a \in A} \cos(w, a) - \mathrm{mean}_{b \in B} \cos(w, b)$. The effect size is
the difference of its means over the targets X and Y, in standard deviations over all targets. The
p-value is the share of partitions of the targets, into sets as large as X and Y, whose difference
is at least as large: one-sided, as in the paper. It speaks of the choice of targets alone; how much
the effect depends on the text is said by vectors of resamples (`jaxtext.replicates`).
"""

import math
import re
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from jaxtext.base.errors import InputError
from jaxtext.evaluation import items
from jaxtext.vectors.embeddings import Embeddings, normalize

MOST = 100_000  # partitions that are all counted
DRAWS = 20_000  # of them that are drawn at random, if there are more
LISTS = ("first targets", "second targets", "first attributes", "second attributes")


class Test(NamedTuple):
    """Four lists of words and their names: targets X and Y, attributes A and B."""

    names: tuple[str, str, str, str]
    words: tuple[tuple[str, ...], ...]

    @property
    def name(self) -> str:
        """Return the names as one line."""
        x, y, a, b = self.names
        return f"{x}/{y}, {a}/{b}"


class Association(NamedTuple):
    """The result of one test."""

    effect: float  # in standard deviations of s(w), from -2 to 2 for sets of one size
    p: float
    exact: bool  # whether all partitions were counted
    items: int  # words
    covered: int  # words with a vector
    ci95: tuple[float, float] | None = None  # of the effect, over resamples of the text

    def as_json(self) -> dict:
        """Return the result as JSON has it."""
        return self._asdict()


def read(path: str | Path) -> list[Test]:
    """Read tests from a file: lines such as "flowers: rose, tulip", four to a test.

    They are the first and second targets, then the first and second attributes. Words are separated
    by commas or, in a line without commas, by spaces. Raises `InputError`, naming the line, for
    anything else.
    """
    lists = []
    for number, line in items.lines(path):
        name, colon, rest = line.partition(":")
        words = [word.strip() for word in re.split("," if "," in rest else r"\s+", rest)]
        words = list(dict.fromkeys(filter(None, words)))
        if not colon or not name.strip() or not words:
            raise InputError(
                f"{path}: line {number}: must be a name, a colon and words, found {line[:60]!r}"
            )
        lists.append((name.strip(), tuple(words)))
    if len(lists) % 4:
        raise InputError(
            f"{path}: must have four lists a test ({', '.join(LISTS)}), found {len(lists)} lists"
        )
    quadruples = [lists[at : at + 4] for at in range(0, len(lists), 4)]
    tests = [Test(*zip(*four, strict=True)) for four in quadruples]  # pyright: ignore
    for test in tests:
        _check_apart(path, test)
    return tests


def _check_apart(path: str | Path, test: Test) -> None:
    """Raise `InputError` for a word that is in two lists, between which the test cannot choose."""
    for first, second in ((0, 1), (2, 3)):
        for word in test.words[first]:
            if word in test.words[second]:
                names = f"{test.names[first]} and {test.names[second]}"
                raise InputError(f"{path}: {word!r} is in {names}: leave it out of one of them")


def measure(
    embeddings: Embeddings,
    test: Test,
    rng: np.random.Generator,
    kind: str = "center",
) -> Association:
    """Return the effect size of a test and its p-value, with the words that have a vector.

    Raises `InputError` if a list of attributes or targets has no such word, or targets fewer than
    three in all, and if all targets have the same association.
    """
    known = _known(embeddings, test, kind)
    s, first = _associations(embeddings, known, kind), len(known[0])
    size = effect_size(s, first)
    if math.isnan(size):
        raise InputError(f"{test.name}: all targets have the same association")
    p, exact = p_value(s, first, rng)
    return Association(size, p, exact, sum(map(len, test.words)), sum(map(len, known)))


def effect(embeddings: Embeddings, test: Test, kind: str = "center") -> float:
    """Return the effect size alone; NaN if all targets have the same association, or no vector."""
    try:
        known = _known(embeddings, test, kind)
    except InputError:  # in a resample; `measure` has raised it for the whole text
        return math.nan
    return effect_size(_associations(embeddings, known, kind), len(known[0]))


def effect_size(s: Float[np.ndarray, " N"], first: int) -> float:
    """Return the effect size, given s(w) of all targets and how many are the first ones."""
    deviation = s.std(ddof=1)
    if not deviation > 0:
        return math.nan
    return float((s[:first].mean() - s[first:].mean()) / deviation)


def with_interval(result: Association, effects: Iterable[float]) -> Association:
    """Add the interval of the effect, given the effects of resamples of the text.

    Their deviations from their mean are put around the effect (see `stability`).
    """
    values = np.array([each for each in effects if np.isfinite(each)])
    ends = items.interval((values - values.mean() + result.effect).tolist() if len(values) else [])
    return result._replace(ci95=ends)


def p_value(s: Float[np.ndarray, " N"], first: int, rng: np.random.Generator) -> tuple[float, bool]:
    """Return the share of partitions with at least as large a difference, and if all were counted.

    The difference of means grows with the sum over the first set, so that this is compared. Sums
    that are equal up to rounding are as large. A sample counts the given partition too.
    """
    least = s[:first].sum() - 1e-9 * np.abs(s).sum()
    if math.comb(len(s), first) <= MOST:
        sums = [s[list(part)].sum() for part in combinations(range(len(s)), first)]
        return float(np.mean(np.array(sums) >= least)), True
    sums = np.array([rng.permutation(s)[:first].sum() for _ in range(DRAWS)])
    return float((1 + (sums >= least).sum()) / (1 + DRAWS)), False


def _known(embeddings: Embeddings, test: Test, kind: str) -> list[list[int]]:
    """Return the ids of the words of each list that have a vector with a direction."""
    found = items.ids(embeddings.vocab, [word for words in test.words for word in words])
    table = embeddings.vectors(kind)
    known = [
        [found[word] for word in words if word in found and table[found[word]].any()]
        for words in test.words
    ]
    for name, ids, words in zip(test.names, known, test.words, strict=True):
        if not ids:
            raise InputError(
                f"{name}: none of its {len(words):,} words has a vector, for example "
                f"{items.shown(words[0])}"
            )
    if len(known[0]) + len(known[1]) < 3:
        raise InputError(f"{test.name}: needs three targets or more with a vector")
    return known


def _associations(
    embeddings: Embeddings, known: list[list[int]], kind: str
) -> Float[np.ndarray, " N"]:
    """Return s(w) of the targets, the first ones first."""
    table = embeddings.vectors(kind)
    x, y, a, b = (normalize(table[ids].astype(np.float64)) for ids in known)
    targets = np.concatenate([x, y])
    return (targets @ a.T).mean(axis=1) - (targets @ b.T).mean(axis=1)

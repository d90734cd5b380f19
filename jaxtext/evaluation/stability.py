"""How much vectors depend on the seed, or on the documents of the text: neighbors and cosines.

The *stability* of a word is the share of its nearest neighbors that two trainings have in common,
on average over all pairs of trainings (Wendlandt, Kummerfeld and Mihalcea 2018, section 3). Cosines
are compared within each training, so that the trainings need no alignment.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from jaxtext.base.errors import InputError
from jaxtext.base.html import html_table
from jaxtext.base.ranges import number
from jaxtext.evaluation import similarity
from jaxtext.vectors.embeddings import Embeddings, normalize
from jaxtext.vectors.query import nearest_rows

LEVEL = 0.95
Pair = tuple[str, str]


class Stability(NamedTuple):
    """What several trainings have in common, word by word and pair by pair."""

    words: tuple[str, ...]
    overlap: Float[np.ndarray, " W"]  # of the nearest neighbors of each word, in [0, 1]
    nearest: Int[np.ndarray, "R W top"]  # ids of the neighbors in each training, or -1
    pairs: tuple[Pair, ...]
    cosines: Float[np.ndarray, "R P"]  # of each pair in each training; NaN if a word is not in it
    values: Float[np.ndarray, " P"] | None = None  # in the vectors of the whole text, if resampled

    def deviations(self) -> Float[np.ndarray, " P"]:
        """Return the sample standard deviation of the cosine of each pair.

        A word may be in none of the documents of a resample, which says nothing of its pairs then.
        With fewer than two that do, the result is NaN.
        """
        return self._known(lambda cosines: [cosines.std(ddof=1)])[:, 0]

    def counts(self) -> Int[np.ndarray, " P"]:
        """Return the number of trainings in which both words of each pair have a vector."""
        return np.isfinite(self.cosines).sum(axis=0)

    def _known(
        self, of: Callable[[Float[np.ndarray, " r"]], Any], width: int = 1
    ) -> Float[np.ndarray, "P n"]:
        found = np.full((self.cosines.shape[1], width), np.nan)
        for place, cosines in enumerate(self.cosines.T):
            known = cosines[np.isfinite(cosines)]
            if len(known) > 1:
                found[place] = of(known)
        return found

    def intervals(self, level: float = LEVEL) -> Float[np.ndarray, "P 2"]:
        """Return where the middle `level` of the cosines of each pair is.

        With `values`, their deviations from their mean are put around these. A resample has fewer
        different documents than the text, which shifts its cosines; twice the shift would be in
        the interval otherwise. NaN with fewer than two cosines.

        Raises `InputError` for a level that is not between 0 and 1.
        """
        level = number("level", level, 0, 1, whole=False)
        ends = [(1 - level) / 2, (1 + level) / 2]
        parts = self._known(lambda cosines: np.quantile(cosines, ends), 2)
        if self.values is None:
            return parts
        return np.clip(parts + (self.values - self._means())[:, None], -1, 1)

    def _means(self) -> Float[np.ndarray, " P"]:
        return self._known(lambda cosines: [cosines.mean()])[:, 0]

    def rows(self) -> list[list[str]]:
        """Return a line of text for each word: the word and its overlap."""
        return [[w, f"{o:.2f}"] for w, o in zip(self.words, self.overlap.tolist(), strict=True)]

    def pair_rows(self) -> list[list[str]]:
        """Return a line of text for each pair: its words, cosine, standard deviation, interval."""
        values = self._means() if self.values is None else self.values
        columns = values.tolist(), self.deviations().tolist(), self.intervals().tolist()
        return [
            [*pair, f"{value:.3f}", f"{deviation:.3f}", shown_interval(low, high)]
            for pair, value, deviation, (low, high) in zip(self.pairs, *columns, strict=True)
        ]

    def _repr_html_(self) -> str:
        """Tables for notebooks."""
        words = html_table(f"{len(self.nearest)} trainings", ["word", "overlap"], self.rows())
        header = ["word", "word", "cosine", "SD", f"{LEVEL:.0%}"]
        return words + (html_table("", header, self.pair_rows()) if self.pairs else "")


def shown_interval(low: float, high: float) -> str:
    """Return an interval as text, which is empty if it is not known."""
    return "" if np.isnan(low) else f"{low:.3f} to {high:.3f}"


def measure(
    trainings: Iterable[Embeddings],
    words: Sequence[str],
    pairs: Sequence[Pair] = (),
    top: int = 10,
    restrict: int | None = None,
    whole: Embeddings | None = None,
    kind: str = "center",
) -> Stability:
    """Compare trainings with one vocabulary, of which one is in memory at a time.

    Neighbors are the `top` nearest of the `restrict` most frequent words, by default of all. If the
    trainings are of resamples, `whole` are the vectors of the whole text.

    Raises `InputError` for unknown words, for fewer than two trainings or one neighbor, and for
    trainings with different words.
    """
    top = int(number("top", top, 1, np.inf, whole=True))
    nearest, cosines, first = [], [], None
    for one in trainings:
        first = one.words if first is None else first
        if one.words != first:
            raise InputError("the trainings have different words: use one corpus", "trainings")
        nearest.append(_nearest(one, words, top, restrict, kind))
        cosines.append(_cosines(one, pairs, kind))
    if len(nearest) < 2:
        raise InputError(f"needs two trainings or more, found {len(nearest)}", "trainings")
    found = np.stack(nearest)
    values = None if whole is None else _cosines(whole, pairs, kind)
    parts = tuple(words), overlap(found), found, tuple(pairs), np.array(cosines)
    return Stability(*parts, values)


def overlap(nearest: Int[np.ndarray, "R W top"]) -> Float[np.ndarray, " W"]:
    """Return the share of neighbors in common, on average over all pairs of trainings.

    A neighbor that m trainings list is common to m (m - 1) / 2 pairs of them. A training in which
    the word has a zero vector lists none (-1).

    >>> overlap(np.array([[[4, 7]], [[7, 5]]])).tolist()
    [0.5]
    """
    trainings, _, top = nearest.shape
    common = []
    for lists in nearest.transpose(1, 0, 2):
        _, listed = np.unique(lists[lists >= 0], return_counts=True)
        common.append((listed * (listed - 1)).sum())
    return np.array(common) / (trainings * (trainings - 1) * top)


def _nearest(
    one: Embeddings, words: Sequence[str], top: int, restrict: int | None, kind: str
) -> Int[np.ndarray, "W top"]:
    ids = one.ids(words)
    table = normalize(one.vectors(kind))
    most = min(top, len(table[:restrict]) - 1)
    if most < 1:
        raise InputError("must be at least 2, so that a word has a neighbor", "restrict", restrict)
    near = nearest_rows(table[:restrict], table[ids], most, [[i] for i in ids.tolist()])[1]
    return np.where(np.any(table[ids], axis=1, keepdims=True), near, -1)


def _cosines(one: Embeddings, pairs: Sequence[Pair], kind: str) -> Float[np.ndarray, " P"]:
    if not pairs:
        return np.zeros(0)
    one.ids([word for pair in pairs for word in pair])  # raises for unknown ones
    return np.asarray(similarity.cosines(one, list(pairs), kind), np.float64)

r"""Whether words are used differently in two texts: the cosine of their vectors, and the chance.

With the same contexts for both texts (`training.changes`), centers are compared as they are. For
vectors from elsewhere, `procrustes` first turns one table onto the other.

*Test.* If a word is used alike, the documents with it could as well have come from the other text.
The statistic is $|\sum_{d \in A} y_d|^2$, where $y_d$ is the slope of the loss of document d at the
center of both texts, in units of the curvature: about how much the loss falls with a center for
each text. It is compared with a thousand other ways to deal the documents out (a permutation test).
A chance that is too small to be counted is that of a gamma distribution, shifted, with the mean,
variance and skewness of these (Pearson's type III), and never less than one in all ways that there
are: a word in few documents of a text cannot have a small p.

*Cosine.* Noise in two vectors moves them apart, never together, so that even words that have not
changed would have a cosine below one. It is corrected for attenuation (Spearman 1904): the squared
lengths are diminished by the traces of the sandwich covariances, which is what noise adds to them.
The interval is that of vectors drawn with these covariances, whose lengths have the noise twice; it
is wider than it must be where there is much noise.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import gammaln
from scipy.stats import pearson3, skew

from jaxtext.base.html import html_table
from jaxtext.vectors.embeddings import normalize

DRAWS, LEVEL, SURE = 1000, 0.95, 0.05
PERMUTATIONS = 1000
ENOUGH = 20  # permutations with a statistic as large, for their share to be the p-value
CELLS = 1 << 22  # documents times permutations in memory at a time
TINY = 1e-300
HEADER = ["word", "cosine", "95%", "p", "q", "first", "second"]


class Change(NamedTuple):
    """How far the vectors of a word are apart in two texts."""

    word: str
    cosine: float
    interval: tuple[float, float]
    p: float  # that documents dealt out at random differ as much
    q: float  # the share of false ones among all changes with a q of at most this
    counts: tuple[int, int]  # documents with the word in each text


def chance(p: float) -> str:
    """Return a probability as text, also one that is too small for a float.

    >>> chance(0.0123), chance(0.0)
    ('0.012', '<1e-300')
    """
    return f"{p:.2g}" if p > TINY else f"<{TINY:g}"


class Changes(list[Change]):
    """Changes in the order of `changes`; notebooks show them as a table."""

    def rows(self) -> list[list[str]]:
        """Return a line of text for each word, of the columns of `HEADER`."""
        return [
            [word, f"{cosine:.3f}", f"{low:.3f} to {high:.3f}", chance(p), chance(q),
             *(f"{count:,}" for count in counts)]
            for word, cosine, (low, high), p, q, counts in self
        ]  # fmt: skip

    def _repr_html_(self) -> str:
        return html_table("", HEADER, self.rows())


def procrustes(
    first: Float[np.ndarray, "N D"], second: Float[np.ndarray, "N D"]
) -> Float[np.ndarray, "D D"]:
    """Return the orthogonal matrix Q for which first Q is closest to second (Schoenemann 1966).

    With the singular value decomposition first^T second = U S V^T, it is Q = U V^T.
    """
    left, _, right = np.linalg.svd(first.T.astype(np.float64) @ second)
    return left @ right


def aligned_cosines(
    first: Float[np.ndarray, "N D"], second: Float[np.ndarray, "N D"]
) -> Float[np.ndarray, " N"]:
    """Return the cosine of each word with itself, after turning the first table onto the second.

    All words count alike: their vectors are scaled to length one before (Hamilton, Leskovec and
    Jurafsky 2016, section 3.2).
    """
    a, b = normalize(first), normalize(second)
    return np.einsum("nd,nd->n", a @ procrustes(a, b), b)


def statistic(y: Float[np.ndarray, "N D"], in_first: Bool[np.ndarray, "... N"]) -> Any:
    """Return the squared length of the sum of the centered slopes in the first text."""
    sums = in_first.astype(float) @ (y - y.mean(axis=0))
    return (sums**2).sum(axis=-1)


def dealt_out(
    y: Float[np.ndarray, "N D"],
    in_first: Bool[np.ndarray, " N"],
    rng: np.random.Generator,
    draws: int = PERMUTATIONS,
) -> Float[np.ndarray, " draws"]:
    """Return the statistic of documents that are dealt out to the texts at random, many times."""
    at_once = max(1, min(draws, CELLS // len(y)))
    parts = [
        statistic(y, rng.permuted(np.tile(in_first, (min(at_once, draws - at), 1)), axis=1))
        for at in range(0, draws, at_once)
    ]
    return np.concatenate(parts)


def p_value(
    y: Float[np.ndarray, "N D"], in_first: Bool[np.ndarray, " N"], rng: np.random.Generator
) -> float:
    """Return the chance of a statistic as large if documents are dealt out at random.

    It is 1 where a text has no document, and where all documents are alike.
    """
    first = int(in_first.sum())
    if first in (0, len(y)):
        return 1.0
    rounding = 1e-9 * float(((y - y.mean(axis=0)) ** 2).sum())
    given, sample = float(statistic(y, in_first)), dealt_out(y, in_first, rng)
    as_large = int((sample >= given - rounding).sum())
    counted = (1 + as_large) / (1 + len(sample))
    if as_large >= ENOUGH:
        return counted
    ways = gammaln(len(y) + 1) - gammaln(first + 1) - gammaln(len(y) - first + 1)
    return max(min(_beyond(sample, given), counted), float(np.exp(-ways)))


def _beyond(sample: Float[np.ndarray, " N"], value: float) -> float:
    """Return the chance of a larger value, of a gamma distribution with the sample's moments."""
    mean, deviation, skewness = sample.mean(), sample.std(), float(skew(sample))
    if not (deviation > 0 and skewness > 0):
        return 1.0
    return float(pearson3.sf(value, skewness, mean, deviation))


def false_discovery(p: Sequence[float]) -> Float[np.ndarray, " N"]:
    """Return the adjusted p-values of Benjamini and Hochberg (1995).

    >>> false_discovery([0.01, 0.04, 0.5]).round(3).tolist()
    [0.03, 0.06, 0.5]
    """
    values = np.asarray(p, np.float64)
    order = np.argsort(-values, kind="stable")
    ranks = np.arange(len(values), 0, -1)
    adjusted = np.minimum.accumulate(values[order] * len(values) / ranks)
    found = np.empty(len(values))
    found[order] = adjusted
    return found


def cosine(
    first: Float[np.ndarray, "... D"],
    second: Float[np.ndarray, "... D"],
    covariances: tuple[Float[np.ndarray, "D D"], Float[np.ndarray, "D D"]],
    times: int = 1,
) -> Float[np.ndarray, "..."]:
    """Return the cosine of two vectors without the noise that is in them so many `times`.

    It is at most 1, and NaN where noise could be all that a vector consists of.
    """
    vectors = zip((first, second), covariances, strict=True)
    squares = [(v**2).sum(axis=-1) - times * np.trace(noise) for v, noise in vectors]
    smallest = np.minimum(*squares)
    lengths = np.sqrt(np.where(smallest > 0, squares[0], np.nan) * np.maximum(squares[1], 0))
    return np.asarray(np.minimum((first * second).sum(axis=-1) / lengths, 1.0))


def interval(
    first: Float[np.ndarray, " D"],
    second: Float[np.ndarray, " D"],
    covariances: tuple[Float[np.ndarray, "D D"], Float[np.ndarray, "D D"]],
    rng: np.random.Generator,
    level: float = LEVEL,
) -> tuple[float, float]:
    """Return where the middle `level` of the cosines of drawn vectors is; -1 to 1 if unknown."""
    if not all(np.isfinite(each).all() for each in covariances):
        return -1.0, 1.0
    one, other = (
        rng.multivariate_normal(mean, covariance, DRAWS, method="eigh")
        for mean, covariance in zip((first, second), covariances, strict=True)
    )
    cosines = cosine(one, other, covariances, times=2)
    if np.isnan(cosines).mean() > (1 - level) / 2:
        return -1.0, 1.0
    low, high = np.nanquantile(cosines, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def changes(words: Iterable[str], uses: Iterable[Any], rng: np.random.Generator) -> Changes:
    """Return the changes of words, given their `training.changes.Use`, or None for no pairs.

    Those with a q of at most `SURE` are first; of these and of the others, those whose interval
    ends lowest. A cosine is NaN, and its interval -1 to 1, where it cannot be told from noise, of
    which a single document says nothing.
    """
    known = [(word, use) for word, use in zip(words, uses, strict=True) if use is not None]
    chances = [p_value(use.slopes, use.in_first, rng) for _, use in known]
    found = []
    for (word, use), p, q in zip(known, chances, false_discovery(chances), strict=True):
        counts = int(use.in_first.sum()), int((~use.in_first).sum())
        vectors = use.first, use.second, use.covariances
        value, ends = np.nan, (-1.0, 1.0)
        if min(counts) > 1:
            value, ends = float(cosine(*vectors)), interval(*vectors, rng)
        found.append(Change(word, value, ends, p, float(q), counts))
    return Changes(sorted(found, key=lambda each: (each.q > SURE, each.interval[1], each.p)))

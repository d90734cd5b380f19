r"""Negative sampling beside noise-contrastive estimation, which it is often taken for.

Noise-contrastive estimation (NCE) gives a pair the score u, a log-probability that need not be
normalised, and tells data from k draws of noise with the posterior

$$\frac{e^u}{e^u + k P(c)} = \sigma\big(u - \ln(k P(c))\big)$$

(Gutmann and Hyvarinen 2012; Mnih and Kavukcuoglu 2013). Negative sampling leaves
ln(k P(c)) out (Dyer 2014; Levy and Goldberg 2014).
"""

import math
from functools import partial

import numpy as np

from jaxtext.verification import optima, references
from jaxtext.verification.beyond.small import (
    COUNTS,
    DATA,
    PAIRS,
    SMOOTHED,
    UNIFORM,
    UNIGRAM,
    V,
    found_optimum,
    loss_of,
    slope_of,
    variant_optimum,
)
from jaxtext.verification.findings import Finding, Section, equal, largest

SECTION = Section("nce")
claim = SECTION.claim
FREE = ("scores are free", "every pair occurs")
NOISES = {"unigram": UNIGRAM, "to the power 0.75": SMOOTHED, "uniform": UNIFORM}


def _nce_loss(u: np.ndarray, noise: np.ndarray, k: int) -> float:
    """Return the loss of NCE per pair: over all pairs and all draws, by ratios of densities."""

    def pair(w: int, c: int, negatives: references.Ids) -> float:
        loss = 0.0
        for word, data in [(c, True)] + [(n, False) for n in negatives]:
            density, expected = math.exp(u[w, word]), k * noise[word]
            loss -= math.log((density if data else expected) / (density + expected))
        return loss

    return math.fsum(
        COUNTS[w, c] * references.mean_over_draws(partial(pair, w, c), noise.tolist(), k)
        for w, c in np.ndindex(V, V)
    ) / PAIRS  # fmt: skip


def _scores(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(V, V))


@claim(
    "posterior",
    "The loss of NCE, posterior e^u / (e^u + k P(c)), is that of negative sampling at the scores "
    "w.c = u - ln(k P(c))",
)
def posterior() -> Finding:
    u = _scores(40)
    of_package, of_draws = [], []
    for noise in NOISES.values():
        for k in (1, 2):
            of_package.append(loss_of(u - np.log(k * noise), noise, k))
            of_draws.append(_nce_loss(u, noise, k))
    return equal("all draws of 1 and 2 negatives, 3 noises", (of_package, of_draws))


@claim(
    "equal",
    "Negative sampling is NCE if k P(c) = 1 for every c, that is for uniform noise and k = |V|: "
    "the same loss at every w.c = u, and e^(w.c) = p(c | w) at the optimum",
    assumptions=FREE,
)
def same_for_uniform_noise() -> Finding:
    u = _scores(41)
    best = found_optimum(lambda s: slope_of(s, UNIFORM, V))
    others = [(UNIFORM, V - 1), (UNIFORM, V + 1), (UNIGRAM, V)]
    apart = [
        largest(np.exp(optima.score_optimum(COUNTS, noise, k)), DATA) for noise, k in others
    ]  # fmt: skip
    if not min(apart) > 0.01:
        return Finding("so it is for another k or another noise", np.inf)
    return equal(
        f"k = {V}; with k = {V - 1}, {V + 1} or unigram noise off by at least {min(apart):.2f}",
        # All draws of |V| negatives are many: their mean is a sum over the vocabulary.
        (loss_of(u, UNIFORM, V), _nce_sum(u, UNIFORM, V)),
        (np.exp(best), DATA),
        (np.exp(optima.score_optimum(COUNTS, UNIFORM, V)), DATA),
    )


def _nce_sum(u: np.ndarray, noise: np.ndarray, k: int) -> float:
    """Return `_nce_loss` with the mean over draws as a sum over the vocabulary."""
    total = 0.0
    for w, c in np.ndindex(V, V):
        density = [math.exp(x) for x in u[w]]
        total -= COUNTS[w, c] * math.log(density[c] / (density[c] + k * noise[c]))
        for v in range(V):
            expected = k * noise[v]
            total -= COUNTS[w, c] * expected * math.log(expected / (density[v] + expected))
    return float(total) / PAIRS


@claim(
    "normalised",
    "At the optimum k P(c) e^(w.c) = p(c | w), whose sum over c is 1 without any normalising: "
    "negative sampling estimates u = w.c + ln(k P(c)) as NCE does",
    assumptions=(*FREE, "negatives equal to the context stay"),
)
def normalised() -> Finding:
    estimates, formulas = [], []
    for noise in NOISES.values():
        for k in (1, 5):
            best = found_optimum(lambda s, p=noise, k=k: slope_of(s, p, k))
            estimates.append(k * noise * np.exp(best))
            formulas.append(k * noise * np.exp(optima.score_optimum(COUNTS, noise, k)))
    data = np.broadcast_to(DATA, (len(estimates), V, V))
    return equal(
        "3 noises, k = 1 and 5",
        (estimates, data),
        (formulas, data),
        (np.sum(estimates, axis=2), 1.0),
    )


@claim(
    "skip",
    "With negatives equal to the context left out (word2vec, gensim), sigma(w.c + ln(k P(c))) = "
    "p(c | w) at the optimum: each word is a logistic regression of its own",
    assumptions=FREE,
)
def skipped() -> Finding:
    found, formulas = [], []
    for noise in NOISES.values():
        for k in (1, 5):
            shift = np.log(k * noise)
            found.append(variant_optimum(noise, k, "skip") + shift)
            formulas.append(optima.score_optimum(COUNTS, noise, k, "skip") + shift)
    logistic = [[references.sigmoid(x) for x in np.ravel(each)] for each in (found, formulas)]
    data = np.broadcast_to(DATA, np.shape(found)).ravel()
    apart = largest(np.exp(formulas[0]), DATA)
    if not apart > 0.01:
        return Finding("kept negatives have the same optimum", np.inf)
    return equal(
        f"3 noises, k = 1 and 5; k P(c) e^(w.c) is off by up to {apart:.2f}",
        (logistic[0], data), (logistic[1], data),
    )  # fmt: skip


@claim(
    "redraw",
    "With negatives equal to the context drawn again (fastText), sigma(w.c + ln[k P(c) / "
    "(1 - P(c))]) = q(c | w) at the optimum, where q(c | w) is p(c | w) / (1 - P(c)) divided by "
    "its sum over c",
    assumptions=FREE,
)
def redrawn() -> Finding:
    found, formulas, shares = [], [], []
    for noise in NOISES.values():
        odds = noise / (1 - noise)
        for k in (1, 5):
            found.append(variant_optimum(noise, k, "redraw") + np.log(k * odds))
            best = optima.score_optimum(COUNTS, noise, k, "redraw")
            formulas.append(best + np.log(k * odds))
            weighted = [[p / (1 - x) for p, x in zip(row, noise, strict=True)] for row in DATA]
            shares += [[p / sum(row) for p in row] for row in weighted]
    logistic = [[references.sigmoid(x) for x in np.ravel(each)] for each in (found, formulas)]
    apart = largest(np.ravel(shares), np.broadcast_to(DATA, np.shape(found)).ravel())
    if not apart > 0.01:
        return Finding("q is p(c | w) for every noise", np.inf)
    return equal(
        f"3 noises, k = 1 and 5; q is up to {apart:.2f} from p(c | w), and equals it for uniform "
        "noise",
        (logistic[0], np.ravel(shares)), (logistic[1], np.ravel(shares)),
        (shares[-V:], DATA),
    )  # fmt: skip

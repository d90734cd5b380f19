"""The optimum of negative sampling, each of its assumptions, and the optima of its variants."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import pmi, sgns
from jaxtext.training.sampling import noise_distribution
from jaxtext.verification import optima, references
from jaxtext.verification.findings import Finding, Section, equal, largest
from jaxtext.verification.oracles import compiled
from jaxtext.verification.sheet import examples

SECTION = Section("optimum")
claim = SECTION.claim
V = 5
COUNTS, UNIGRAM = examples.small_counts()
PAIRS = COUNTS.sum()
SMOOTHED = noise_distribution(COUNTS.sum(0), 0.75)

# Compiled once for all claims that use them.
_weighted_value = compiled(lambda s, n, e: optima.weighted_loss(s, n, e))
_weighted_slope = compiled(jax.grad(lambda s, n, e: optima.weighted_loss(s, n, e)))
_sampling_slope = compiled(
    jax.grad(lambda s, k: sgns.score_loss(s, COUNTS, UNIGRAM, k)), static_argnums=1
)

EXACT_OPTIMUM = (
    "noise is the contexts' own distribution",
    "marginals of the pairs",
    "negatives summed, none left out",
    "free scores",
    "every pair occurs",
)


def _slope(positives: np.ndarray, negatives: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the derivative in the scores per pair, by autodiff."""
    return np.asarray(_weighted_slope(jnp.asarray(scores), positives, negatives)) / PAIRS


@claim("gradient", "At w.c = PMI - ln k the gradient vanishes", assumptions=EXACT_OPTIMUM)
def gradient_vanishes() -> Finding:
    slopes = [score_slope(pmi.shifted_pmi(COUNTS, k), k) / PAIRS for k in (1, 5, 15)]
    return equal("k = 1, 5, 15", (slopes, np.zeros((3, V, V))))


def score_slope(scores: np.ndarray, k: int) -> np.ndarray:
    """Return the derivative of the corpus objective in the scores, by autodiff."""
    return np.asarray(_sampling_slope(jnp.asarray(scores), k))


@claim("curvature", "The curvature is positive, so this is the only minimum")
def curvature() -> Finding:
    grid = np.linspace(-8, 8, 9)
    points = np.array([pmi.shifted_pmi(COUNTS, 5), *(np.full((V, V), s) for s in grid)])
    points = points.reshape(-1, V * V)
    second = jax.hessian(lambda s: sgns.score_loss(s.reshape(V, V), COUNTS, UNIGRAM, 5))
    hessians = np.asarray(compiled(jax.vmap(second))(jnp.asarray(points))) / PAIRS
    n, e = COUNTS.ravel(), 5 * np.outer(COUNTS.sum(1), UNIGRAM).ravel()
    p = 1 / (1 + np.exp(-points))
    formula = (n + e) * p * (1 - p) / PAIRS
    curvatures = np.array([np.diag(hessian) for hessian in hessians])
    if not curvatures.min() > 0:
        return Finding("curvature not positive", np.inf)
    return equal(
        f"(n + e) sigma(s) sigma(-s) per pair: from {curvatures[0].min():.2g} at the optimum, "
        f"{curvatures.min():.1g} at scores of 8",
        (hessians, [np.diag(row) for row in formula]),
    )


@partial(compiled, static_argnums=2)
def _weighted_training(n: jax.Array, e: jax.Array, dim: int) -> jax.Array:
    return optima.train(jax.random.key(5), lambda s: optima.weighted_loss(s, n, e), V, dim)


def train(positives: np.ndarray, negatives: np.ndarray, dim: int = V + 1) -> np.ndarray:
    most = (positives + negatives).max()
    return np.asarray(_weighted_training(positives / most, negatives / most, dim))


def _training(k: int) -> Finding:
    scores = examples.trained_scores(k)
    return equal(
        f"k = {k}, both tables from random", (scores, pmi.shifted_pmi(COUNTS, k)), tolerance=1e-8
    )


for _k in (1, 5):
    claim(
        f"training.k{_k}",
        f"Training from random vectors ends at PMI - ln {_k}",
        assumptions=EXACT_OPTIMUM,
    )(lambda k=_k: _training(k))


@claim("summed", "The negatives are summed: their mean would have PMI as its optimum")
def negatives_summed() -> Finding:
    k = 2
    drawn, chances = map(np.array, zip(*references.draws(UNIGRAM.tolist(), k), strict=True))
    w, c = np.indices((V, V)).reshape(2, -1)

    def objective(scores: jax.Array, weight: float) -> jax.Array:
        """The sampled loss of each pair and draw, times how often they occur; free scores."""
        params = EmbeddingParams(scores, jnp.eye(V))
        loss = partial(sgns.pair_loss, params, weight=weight)
        losses = jax.vmap(jax.vmap(loss, (None, None, 0)), (0, 0, None))(w, c, drawn)  # [V V, n]
        return jnp.asarray(COUNTS.ravel()) @ losses @ jnp.asarray(chances) / PAIRS

    slope = compiled(jax.grad(objective), static_argnums=1)
    by_sum, by_mean = jnp.asarray(pmi.shifted_pmi(COUNTS, k)), jnp.asarray(pmi.pmi(COUNTS))
    if not largest(slope(by_sum, 1 / k)) > 1e-3:
        return Finding("the mean has the same optimum", np.inf)
    return equal(
        f"slope zero at PMI - ln {k}, with their mean at PMI: {len(drawn)} draws for each pair",
        (slope(by_sum, 1.0), np.zeros((V, V))),
        (slope(by_mean, 1 / k), np.zeros((V, V))),
    )


@claim("tokens", "The marginals are those of the pairs: token counts give another matrix")
def marginals_of_pairs() -> Finding:
    tokens = np.bincount(examples.small_corpus())
    shares = tokens / tokens.sum()  # each normalised by its own total
    with_tokens = np.log(COUNTS / PAIRS / np.outer(shares, shares))
    e = optima.negative_counts(COUNTS, UNIGRAM, 1, "keep")
    if not largest(_slope(COUNTS, e, with_tokens)) > 1e-5:
        return Finding("token counts have the same optimum", np.inf)
    return equal(
        f"with token counts off by {largest(with_tokens, pmi.pmi(COUNTS)):.3f}",
        (_slope(COUNTS, e, pmi.pmi(COUNTS)), np.zeros((V, V))),
    )


@claim("rank", "With fewer dimensions than the rank the optimum is out of reach")
def too_few_dimensions() -> Finding:
    e = optima.negative_counts(COUNTS, UNIGRAM, 1, "keep")
    rank = np.linalg.matrix_rank(pmi.pmi(COUNTS))
    trained = train(COUNTS, e, dim=2)
    best, reached = (
        float(_weighted_value(jnp.asarray(s), COUNTS, e)) / PAIRS
        for s in (pmi.pmi(COUNTS), trained)
    )
    off = largest(trained, pmi.pmi(COUNTS))
    # Free scores are the bound: nothing lies below it, and two dimensions stay above it.
    return Finding(
        f"rank {rank}; D = 2 ends {off:.3f} off, loss {reached - best:.2g} per pair higher",
        0.0 if reached > best + 1e-6 and off > 1e-3 and rank > 2 else np.inf,
    )


@claim("unseen", "A pair that never occurs has no optimum: its score decreases without bound")
def unseen_pair() -> Finding:
    counts = COUNTS.copy()
    counts[0, 1] = 0
    e = optima.negative_counts(counts, UNIGRAM, 1, "keep")
    levels = np.array([-1.0, -10.0, -100.0])
    slopes = [_slope(counts, e, np.full((V, V), s))[0, 1] for s in levels]
    exact = [e[0, 1] / PAIRS * references.sigmoid(s) for s in levels]
    if not (slopes[0] > slopes[1] > slopes[2] > 0 and np.isneginf(pmi.pmi(counts)[0, 1])):
        return Finding("the slope changes sign", np.inf)
    return equal("slope e sigma(s), positive at every score", (slopes, exact))


def _variant(name: str, noise: np.ndarray, equal_negatives: str, text_form: str) -> None:
    """Add the claims of one variant: its optimum, and that PMI - ln k is another point."""
    k = 2

    def negatives() -> np.ndarray:
        return optima.negative_counts(COUNTS, noise, k, equal_negatives)

    @claim(f"{name}.optimum", f"{text_form}: it has an optimum of its own")
    def own() -> Finding:
        best = optima.score_optimum(COUNTS, noise, k, equal_negatives)
        loop = references.variant_gradient(best, COUNTS, noise.tolist(), k, equal_negatives)
        slope = _slope(COUNTS, negatives(), best)
        trained = train(COUNTS, negatives())
        return equal(
            "gradient zero pair by pair; trained from random",
            (loop / PAIRS, np.zeros((V, V))),
            (slope, np.zeros((V, V))),
            (trained, best),
            tolerance=1e-8,
        )

    @claim(f"{name}.not-pmi", f"{text_form}: PMI - ln k is not the optimum")
    def other() -> Finding:
        best = optima.score_optimum(COUNTS, noise, k, equal_negatives)
        off = largest(best, pmi.shifted_pmi(COUNTS, k))
        slope = references.variant_gradient(
            pmi.shifted_pmi(COUNTS, k), COUNTS, noise.tolist(), k, equal_negatives
        )
        far = off > 0.01 and largest(slope) / PAIRS > 1e-4
        return Finding(f"off by up to {off:.3f}", 0.0 if far else np.inf)


_variant("smoothed", SMOOTHED, "keep", "Noise to the power 0.75")
_variant("skip", UNIGRAM, "skip", "Negatives equal to the context left out (word2vec, gensim)")
_variant("redraw", UNIGRAM, "redraw", "Negatives equal to the context drawn again (fastText)")
_variant("skip-smoothed", SMOOTHED, "skip", "Left out, noise to the power 0.75 (their default)")

"""How negative sampling relates to the softmax task that it replaces."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxtext.verification import optima, references
from jaxtext.verification.beyond.optimum import (
    COUNTS,
    PAIRS,
    SMOOTHED,
    UNIGRAM,
    V,
    score_slope,
    train,
)
from jaxtext.verification.findings import Finding, Section, equal, largest, unmet
from jaxtext.verification.oracles import compiled

SECTION = Section("approximation")
claim = SECTION.claim


def _softmax(logits: np.ndarray) -> np.ndarray:
    return np.array([references.softmax(row) for row in logits])


@claim(
    "conditional",
    "At the optimum, softmax_c(w.c + ln P(c)) is the empirical p(c | w), for every noise P and k",
    assumptions=("scores are free", "negatives equal to the context stay"),
)
def conditional() -> Finding:
    data = COUNTS / COUNTS.sum(1, keepdims=True)
    softmaxes = [
        optima.conditional_from_scores(optima.score_optimum(COUNTS, noise, k), noise)
        for noise in (UNIGRAM, SMOOTHED, np.full(V, 1 / V))
        for k in (1, 5)
    ]
    # Even the sum is one without normalising, once ln k is added.
    raw = np.exp(optima.score_optimum(COUNTS, UNIGRAM, 5)) * 5 * UNIGRAM
    return equal("3 noises, k = 1, 5", (softmaxes, np.broadcast_to(data, (6, V, V))), (raw, data))


@claim("bare", "The softmax of the bare scores is not, unless the noise is uniform")
def bare_softmax() -> Finding:
    data = COUNTS / COUNTS.sum(1, keepdims=True)
    off = largest(_softmax(optima.score_optimum(COUNTS, UNIGRAM, 1)), data)
    uniform = np.full(V, 1 / V)
    with_uniform = _softmax(optima.score_optimum(COUNTS, uniform, 1))
    if not off > 0.01:
        return Finding("they agree", np.inf)
    return equal(f"unigram noise: off by {off:.3f}; uniform noise: equal", (with_uniform, data))


@claim(
    "full-softmax",
    "The full softmax has its optimum at w.c = ln p(c | w) plus any number for each w: "
    "negative sampling's plus ln P(c) is one of these",
)
def full_softmax() -> Finding:
    slope = compiled(jax.grad(_softmax_loss))
    best = optima.score_optimum(COUNTS, SMOOTHED, 5) + np.log(SMOOTHED)
    shift = np.arange(V)[:, None] * 1.0
    return equal(
        "gradient zero there, also moved by 0 to 4",
        (slope(jnp.asarray(best)), np.zeros((V, V))),
        (slope(jnp.asarray(best + shift)), np.zeros((V, V))),
    )


def _softmax_loss(scores: jax.Array) -> jax.Array:
    """Return the mean cross entropy of the full softmax over all pairs."""
    return -jnp.sum(jnp.asarray(COUNTS) * jax.nn.log_softmax(scores, axis=1)) / PAIRS


def _model() -> np.ndarray:
    """Return the log-probabilities of some model that is not the optimum."""
    return np.log(_softmax(np.random.default_rng(24).normal(size=(V, V))))


@claim(
    "gradient",
    "With scores u - ln(k P(c)), where u = ln p(c | w) are the log-probabilities of a model, "
    "normalised for each w, the gradient of negative sampling in u tends to that of the full "
    "softmax as k grows, at a distance of order `1/k`",
)
def gradient_limit() -> Finding:
    u = _model()
    exact = np.asarray(compiled(jax.grad(_softmax_loss))(jnp.asarray(u)))
    steps = [10**i for i in (2, 3, 4)]
    distances = []
    for k in steps:
        slope = optima.gradient_in_log_probabilities(u, COUNTS, UNIGRAM, k)
        # The same through the model's own loss, with scores moved by ln(k P).
        own = score_slope(u - np.log(k * UNIGRAM), k)
        if largest(slope / PAIRS, own / PAIRS) > 1e-9:
            return Finding("not the gradient of the loss", np.inf)
        distances.append(largest(slope / PAIRS, exact))
    orders = -np.diff(np.log10(distances))
    shown = ", ".join(f"{d:.1e}" for d in distances)
    return Finding(f"k = 100, 1,000, 10,000: {shown}", largest(orders, np.ones(2)), 0.05)


@claim(
    "fixed-scores",
    "In the scores themselves the two gradients do not approach each other as k grows: the part "
    "of the negatives grows in proportion to k",
)
def fixed_scores() -> Finding:
    s = _model()
    softmax = np.asarray(compiled(jax.grad(_softmax_loss))(jnp.asarray(s)))
    apart = [largest(score_slope(s, k) / PAIRS, softmax) for k in (1, 100, 10_000)]
    if not (apart[0] > 0.01 and apart[1] > 10 * apart[0] and apart[2] > 90 * apart[1]):
        return unmet(f"distances of the two gradients: {apart}")
    negatives = np.outer(COUNTS.sum(1), UNIGRAM) / (1 + np.exp(-s))
    distances = [largest(score_slope(s, k) / k, negatives) / PAIRS for k in (100, 10_000)]
    shown = f"{distances[0]:.1e} (k = 100), {distances[1]:.1e} (k = 10,000)"
    return Finding(
        f"the gradients differ by {apart[0]:.2f} (k = 1), {apart[1]:.1f} (k = 100) and "
        f"{apart[2]:.0f} (k = 10,000); divided by k, from #(w) P(c) sigma(s) by {shown}",
        abs(distances[0] / distances[1] - 100), 1e-6,
    )  # fmt: skip


TRAINING_SECTION = Section("skipgram-training")


@TRAINING_SECTION.claim(
    "c.approximation",
    "The binary task with negative sampling approximates the task of predicting the context word",
    assumptions=(
        "at the optimum, p(c | w) is softmax_c(w.c + ln P(c)), where P is the noise, and not the "
        "softmax of the scores alone (`approximation.conditional`, `approximation.bare`)",
        "scores are free, and negatives equal to the context are kept",
        "with scores u - ln(k P(c)), where u = ln p(c | w) are the log-probabilities of a model, "
        "normalised for each w, the gradient in u approaches that of the softmax, at a distance of "
        "order `1/k` (`approximation.gradient`); in the scores themselves the two gradients never "
        "approach each other (`approximation.fixed-scores`)",
    ),
)
def approximates_softmax() -> Finding:
    data = COUNTS / COUNTS.sum(1, keepdims=True)
    scores = train(COUNTS, optima.negative_counts(COUNTS, UNIGRAM, 5, "keep"))
    conditional = optima.conditional_from_scores(scores, UNIGRAM)
    off = largest(_softmax(scores), data)
    if not off > 0.01:
        return Finding("the softmax of the scores alone agrees", np.inf)
    shown = f"after training: equal with ln P(c), {off:.3f} off without"
    return equal(shown, (conditional, data), tolerance=1e-8)

"""What the sheet asks for without a number: the fast paths' definitions, the optimum with each of
its assumptions, the optima of the variants in use, and what negative sampling approximates."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from jaxtext import text
from jaxtext.models import pmi, sgns, skipgram
from jaxtext.sampling import noise_cdf, noise_distribution, sample_negatives
from jaxtext.training import stream
from jaxtext.verification import optima, references, suites
from jaxtext.verification.findings import Finding, Section, equal, largest
from jaxtext.verification.oracles import compiled
from jaxtext.verification.sheet import examples

DEFINITIONS, OPTIMUM, APPROXIMATION = (
    Section(name) for name in ("definitions", "optimum", "approximation")
)
V = 5
COUNTS, UNIGRAM = examples.small_counts()
PAIRS = COUNTS.sum()
SMOOTHED = noise_distribution(COUNTS.sum(0), 0.75)
DRAWS = 20_000


# Compiled once for all claims that use them.
_weighted_value = compiled(lambda s, n, e: optima.weighted_loss(s, n, e))
_weighted_slope = compiled(jax.grad(lambda s, n, e: optima.weighted_loss(s, n, e)))
_sampling_slope = compiled(
    jax.grad(lambda s, k: sgns.score_loss(s, COUNTS, UNIGRAM, k)), static_argnums=1
)


# One objective, several forms -------------------------------------------------------------------


@DEFINITIONS.claim("pairs", "Pairs of a text: every two tokens at most a window apart")
def pairs() -> Finding:
    errors = 0
    for size, window in ((1, 2), (2, 1), (9, 2), (9, 20)):
        ids = np.random.default_rng(size).integers(0, V, size)
        found = text.pairs(ids, window).tolist()
        errors += found != [list(p) for p in references.pairs(ids.tolist(), window)]
    return Finding("windows of 1, 2 and 20 over 1 to 9 tokens", errors)


@DEFINITIONS.claim("expected-pair", "The expected loss of a pair is the mean over all its draws")
def enumeration() -> Finding:
    params = examples.random_tables(20)
    tables = tuple(map(np.asarray, params))
    found, loops = [], []
    for context, k in ((1, 1), (0, 2), (1, 3)):
        found.append(sgns.expected_pair_loss(params, 0, context, SMOOTHED, k))
        loss = partial(references.sampled_pair_loss, tables, 0, context)
        loops.append(references.mean_over_draws(loss, SMOOTHED.tolist(), k))
    return equal("all 5, 25 and 125 draws of 1, 2 and 3 negatives", (found, loops))


@DEFINITIONS.claim(
    "sampled-mean", "The mean of sampled losses approaches the expected loss as 1/sqrt(draws)"
)
def statistics() -> Finding:
    params = examples.random_tables(21)
    cdf = noise_cdf(SMOOTHED)
    negatives = compiled(lambda key: sample_negatives(key, cdf, (DRAWS, 3)))(jax.random.key(3))
    losses = compiled(jax.vmap(lambda n: sgns.pair_loss(params, 0, 1, n)))(negatives)
    losses = np.asarray(losses)
    expected = sgns.expected_pair_loss(params, 0, 1, SMOOTHED, 3)
    standard_error = float(losses.std()) / DRAWS**0.5
    off = abs(float(losses.mean() - expected))
    # Five standard errors: a right sampler exceeds them once in two million keys.
    return Finding(
        f"{DRAWS:,} draws: {off / standard_error:.2f} standard errors off", off, 5 * standard_error
    )


@DEFINITIONS.claim("corpus", "The corpus objective is the sum of the expected losses of its pairs")
def corpus() -> Finding:
    params = examples.random_tables(22)
    ids = examples.small_corpus()
    listed = text.pairs(ids, examples.WINDOW)
    losses = jax.vmap(lambda w, c: sgns.expected_pair_loss(params, w, c, UNIGRAM, 2))
    total = np.asarray(compiled(losses)(listed[:, 0], listed[:, 1])).sum()
    whole = compiled(lambda p: sgns.expected_loss(p, COUNTS, UNIGRAM, 2))(params)
    tables = tuple(map(np.asarray, params))
    loop = references.corpus_loss(tables, COUNTS, UNIGRAM.tolist(), 2)
    return equal(f"{PAIRS:g} pairs", (whole / PAIRS, total / PAIRS), (whole / PAIRS, loop / PAIRS))


@DEFINITIONS.claim("batch", "A batch's loss is the mean of its examples, their negatives summed")
def batch() -> Finding:
    params = examples.random_tables(23)
    tables = tuple(map(np.asarray, params))
    centers, contexts, negatives = [0, 1, 1], [2, 1, 4], [[3, 3], [1, 0], [2, 4]]
    found = compiled(sgns.batch_loss)(params, *map(jnp.array, (centers, contexts, negatives)))
    softmax = compiled(skipgram.batch_loss)(params, *map(jnp.array, (centers, contexts)))
    loops = [
        (references.sampled_pair_loss(tables, w, c, n), references.softmax_pair_loss(tables, w, c))
        for w, c, n in zip(centers, contexts, negatives, strict=True)
    ]
    return equal("sampled and full softmax", ([found, softmax], np.mean(loops, axis=0)))


@DEFINITIONS.claim("noise", "Noise is in proportion to counts to a power; draws follow it")
def noise() -> Finding:
    counts = np.array([16, 1, 81])
    exact = [n**0.75 / (16**0.75 + 1 + 81**0.75) for n in counts]
    found = noise_distribution(counts, 0.75)
    draw = compiled(lambda key: sample_negatives(key, noise_cdf(found), (DRAWS,)))
    drawn = np.bincount(np.asarray(draw(jax.random.key(4))), minlength=3)
    bound = 5 * np.sqrt(found * (1 - found) / DRAWS)
    excess = np.maximum(np.abs(drawn / DRAWS - found) - bound, 0).max()
    return equal("8, 1, 27 of 36", (found, exact), (excess, 0.0))


@DEFINITIONS.claim(
    "stream", "The fast path's loss is the sum of the losses of its pairs, negatives weighing k/K"
)
def stream_loss() -> Finding:
    suite = suites.stream_suite()
    found, loops = [], []
    for case in suite.cases[:2]:
        tables, (block,) = tuple(map(np.asarray, case.params)), case.args
        value, count = compiled(lambda p, b: stream.block_loss(p, b, 4))(case.params, block)
        ids, left, right, negatives = map(np.asarray, block)
        total, listed = 0.0, 0
        for t in range(len(left)):
            place = t + (len(ids) - len(left)) // 2
            for u in range(place - left[t], place + right[t] + 1):
                if u != place:
                    with_one = references.sampled_pair_loss(tables, ids[place], ids[u], negatives)
                    alone = references.sampled_pair_loss(tables, ids[place], ids[u], [])
                    total += alone + 4 / len(negatives) * (with_one - alone)
                    listed += 1
        found += [value / listed, count]
        loops += [total / listed, listed]
    return equal("windows cut at sentence ends, repeated negatives", (found, loops))


# The optimum ------------------------------------------------------------------------------------

EXACT_OPTIMUM = (
    "noise is the contexts' own distribution",
    "marginals of the pairs",
    "negatives summed, none left out",
    "free scores",
    "every pair occurs",
)


def _slope(positives: np.ndarray, negatives: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Derivative in the scores a pair, by autodiff."""
    return np.asarray(_weighted_slope(jnp.asarray(scores), positives, negatives)) / PAIRS


@OPTIMUM.claim("gradient", "At w.c = PMI - ln k the gradient vanishes", assumptions=EXACT_OPTIMUM)
def gradient_vanishes() -> Finding:
    slopes = [_score_slope(pmi.shifted_pmi(COUNTS, k), k) / PAIRS for k in (1, 5, 15)]
    return equal("k = 1, 5, 15", (slopes, np.zeros((3, V, V))))


def _score_slope(scores: np.ndarray, k: int) -> np.ndarray:
    """Derivative of the corpus objective in the scores, by autodiff."""
    return np.asarray(_sampling_slope(jnp.asarray(scores), k))


@OPTIMUM.claim("curvature", "The curvature is positive, so that it is the only minimum")
def curvature() -> Finding:
    s = jnp.asarray(pmi.shifted_pmi(COUNTS, 5).ravel())
    second = jax.hessian(lambda s: sgns.score_loss(s.reshape(V, V), COUNTS, UNIGRAM, 5))
    hessian = np.asarray(compiled(second)(s))
    p = 1 / (1 + np.exp(-np.asarray(s)))
    n, e = COUNTS.ravel(), 5 * np.outer(COUNTS.sum(1), UNIGRAM).ravel()
    expected = np.diag((n + e) * p * (1 - p))
    if not np.diag(hessian).min() > 0:
        return Finding("curvature not positive", np.inf)
    least = np.diag(hessian).min() / PAIRS
    return equal(
        f"(n + e) s (1 - s), at least {least:.2g} a pair", (hessian / PAIRS, expected / PAIRS)
    )


@partial(compiled, static_argnums=2)
def _weighted_training(n: jax.Array, e: jax.Array, dim: int) -> jax.Array:
    return optima.train(jax.random.key(5), lambda s: optima.weighted_loss(s, n, e), V, dim)


def _train(positives: np.ndarray, negatives: np.ndarray, dim: int = V + 1) -> np.ndarray:
    most = (positives + negatives).max()
    return np.asarray(_weighted_training(positives / most, negatives / most, dim))


def _training(k: int) -> Finding:
    found = examples.trained_scores(k)
    return equal(
        f"k = {k}, both tables from random", (found, pmi.shifted_pmi(COUNTS, k)), tolerance=1e-8
    )


for _k in (1, 5):
    OPTIMUM.claim(
        f"training.k{_k}",
        f"Training from random vectors ends at PMI - ln {_k}",
        assumptions=EXACT_OPTIMUM,
    )(lambda k=_k: _training(k))


@OPTIMUM.claim("summed", "The negatives are summed: their mean would have PMI as its optimum")
def negatives_summed() -> Finding:
    k = 5
    e = optima.negative_counts(COUNTS, UNIGRAM, k, "keep")
    at_mean = _slope(COUNTS, e / k, pmi.pmi(COUNTS))
    moved = largest(_slope(COUNTS, e / k, pmi.shifted_pmi(COUNTS, k)))
    if not moved > 1e-3:
        return Finding("the mean has the same optimum", np.inf)
    return equal("optimum of the mean: PMI", (at_mean, np.zeros((V, V))))


@OPTIMUM.claim("tokens", "The marginals are those of the pairs: token counts give another matrix")
def marginals_of_pairs() -> Finding:
    tokens = np.bincount(examples.small_corpus())
    with_tokens = np.log(COUNTS * tokens.sum() / np.outer(tokens, tokens))
    e = optima.negative_counts(COUNTS, UNIGRAM, 1, "keep")
    if not largest(_slope(COUNTS, e, with_tokens)) > 1e-3:
        return Finding("token counts have the same optimum", np.inf)
    return equal(
        f"with token counts off by {largest(with_tokens, pmi.pmi(COUNTS)):.3f}",
        (_slope(COUNTS, e, pmi.pmi(COUNTS)), np.zeros((V, V))),
    )


@OPTIMUM.claim("rank", "With fewer dimensions than the rank the optimum is out of reach")
def too_few_dimensions() -> Finding:
    e = optima.negative_counts(COUNTS, UNIGRAM, 1, "keep")
    rank = np.linalg.matrix_rank(pmi.pmi(COUNTS))
    trained = _train(COUNTS, e, dim=2)
    best, found = (
        float(_weighted_value(jnp.asarray(s), COUNTS, e)) / PAIRS
        for s in (pmi.pmi(COUNTS), trained)
    )
    off = largest(trained, pmi.pmi(COUNTS))
    # Free scores are the bound: nothing lies below it, and two dimensions stay above it.
    return Finding(
        f"rank {rank}; D = 2 ends {off:.3f} off, loss {found - best:.2g} a pair higher",
        0.0 if found > best + 1e-6 and off > 1e-3 and rank > 2 else np.inf,
    )


@OPTIMUM.claim("unseen", "A pair that never occurs has no optimum: its score falls without end")
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
    """Add the claims of one variant: its optimum, and that PMI - ln k is not it."""
    k = 2

    def negatives() -> np.ndarray:
        return optima.negative_counts(COUNTS, noise, k, equal_negatives)

    @OPTIMUM.claim(f"{name}.optimum", f"{text_form}: the optimum is its own")
    def own() -> Finding:
        best = optima.score_optimum(COUNTS, noise, k, equal_negatives)
        loop = references.variant_gradient(best, COUNTS, noise.tolist(), k, equal_negatives)
        slope = _slope(COUNTS, negatives(), best)
        trained = _train(COUNTS, negatives())
        return equal(
            "gradient zero pair by pair; trained from random",
            (loop / PAIRS, np.zeros((V, V))),
            (slope, np.zeros((V, V))),
            (trained, best),
            tolerance=1e-8,
        )

    @OPTIMUM.claim(f"{name}.not-pmi", f"{text_form}: PMI - ln k is not the optimum")
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


# The softmax task -------------------------------------------------------------------------------


def _softmax(logits: np.ndarray) -> np.ndarray:
    return np.array([references.softmax(row) for row in logits])


@APPROXIMATION.claim(
    "conditional",
    "At the optimum, softmax_c(w.c + ln P(c)) is the empirical p(c | w), for every noise P and k",
)
def conditional() -> Finding:
    data = COUNTS / COUNTS.sum(1, keepdims=True)
    found = [
        optima.conditional_from_scores(optima.score_optimum(COUNTS, noise, k), noise)
        for noise in (UNIGRAM, SMOOTHED, np.full(V, 1 / V))
        for k in (1, 5)
    ]
    # Even the sum is one without normalising, once ln k is added.
    raw = np.exp(optima.score_optimum(COUNTS, UNIGRAM, 5)) * 5 * UNIGRAM
    return equal("3 noises, k = 1, 5", (found, np.broadcast_to(data, (6, V, V))), (raw, data))


@APPROXIMATION.claim("bare", "The softmax of the bare scores is not, unless the noise is uniform")
def bare_softmax() -> Finding:
    data = COUNTS / COUNTS.sum(1, keepdims=True)
    off = largest(_softmax(optima.score_optimum(COUNTS, UNIGRAM, 1)), data)
    uniform = np.full(V, 1 / V)
    with_uniform = _softmax(optima.score_optimum(COUNTS, uniform, 1))
    if not off > 0.01:
        return Finding("they agree", np.inf)
    return equal(f"unigram noise: off by {off:.3f}; uniform noise: equal", (with_uniform, data))


@APPROXIMATION.claim(
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
    """Mean cross entropy of the full softmax over all pairs."""
    return -jnp.sum(jnp.asarray(COUNTS) * jax.nn.log_softmax(scores, axis=1)) / PAIRS


def _model() -> np.ndarray:
    """Log-probabilities of some model that is not the optimum."""
    return np.log(_softmax(np.random.default_rng(24).normal(size=(V, V))))


@APPROXIMATION.claim(
    "gradient",
    "As k grows, the gradient of negative sampling in scores u - ln(k P), u the model's "
    "log-probabilities, tends to that of the full softmax, at a distance of order 1/k",
)
def gradient_limit() -> Finding:
    u = _model()
    exact = np.asarray(compiled(jax.grad(_softmax_loss))(jnp.asarray(u)))
    steps = [10**i for i in (2, 3, 4)]
    distances = []
    for k in steps:
        found = optima.gradient_in_log_probabilities(u, COUNTS, UNIGRAM, k)
        # The same through the model's own loss, with scores moved by ln(k P).
        own = _score_slope(u - np.log(k * UNIGRAM), k)
        if largest(found / PAIRS, own / PAIRS) > 1e-9:
            return Finding("not the gradient of the loss", np.inf)
        distances.append(largest(found / PAIRS, exact))
    orders = -np.diff(np.log10(distances))
    shown = ", ".join(f"{d:.1e}" for d in distances)
    return Finding(f"k = 100, 1,000, 10,000: {shown}", largest(orders, np.ones(2)), 0.05)


@APPROXIMATION.claim(
    "fixed-scores",
    "With the scores themselves held fixed it does not: the negatives' part grows with k until it "
    "is all of the gradient",
)
def fixed_scores() -> Finding:
    s = _model()
    negatives = np.outer(COUNTS.sum(1), UNIGRAM) / (1 + np.exp(-s))
    distances = [largest(_score_slope(s, k) / k, negatives) / PAIRS for k in (100, 10_000)]
    shown = f"{distances[0]:.1e} (k = 100), {distances[1]:.1e} (k = 10,000)"
    return Finding(
        f"distance to #(w) P(c) sigma(s): {shown}",
        abs(distances[0] / distances[1] - 100), 1e-6,
    )  # fmt: skip


TRAINING_CLAIM = Section("skipgram-training")


@TRAINING_CLAIM.claim(
    "c.approximation",
    "The binary task with negative sampling approximates the task of predicting the context word",
    assumptions=(
        "ln P(c) is added to the scores: softmax_c(w.c + ln P(c)) is p(c | w) at the optimum, the "
        "softmax of the scores alone is not (approximation.conditional, .bare)",
        "the gradients approach each other only as k grows (approximation.gradient)",
    ),
)
def approximates_softmax() -> Finding:
    data = COUNTS / COUNTS.sum(1, keepdims=True)
    scores = _train(COUNTS, optima.negative_counts(COUNTS, UNIGRAM, 5, "keep"))
    found = optima.conditional_from_scores(scores, UNIGRAM)
    off = largest(_softmax(scores), data)
    if not off > 0.01:
        return Finding("the softmax of the scores alone agrees", np.inf)
    shown = f"after training: equal with ln P(c), {off:.3f} off without"
    return equal(shown, (found, data), tolerance=1e-8)


SECTIONS = [TRAINING_CLAIM, DEFINITIONS, OPTIMUM, APPROXIMATION]

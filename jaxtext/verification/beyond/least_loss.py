r"""The least loss of negative sampling, and with it what a printed loss means.

Where k negatives are kept, the optimum of the scores is that of a classifier that tells pairs of
the text, 1/(1 + k) of all, from pairs of a center and a word of the noise. Its loss is the entropy
of the label less what the pair says about it, which is a Jensen-Shannon divergence (for k = 1 as in
Goodfellow et al. 2014, theorem 1).
"""

import math

import jax
import numpy as np

from jaxtext.evaluation import gap
from jaxtext.models import objective, sgns
from jaxtext.verification import optima, references
from jaxtext.verification.beyond.small import (
    COUNTS,
    PAIRS,
    SMOOTHED,
    UNIGRAM,
    D,
    V,
    block,
    found_optimum,
    loss_of,
    slope_of,
    stream_loss,
    tables,
)
from jaxtext.verification.findings import Finding, Section, equal
from jaxtext.verification.oracles import compiled

SECTION = Section("least-loss")
claim = SECTION.claim
KEPT = "negatives equal to the context stay"
DEFAULT_NEGATIVES = 5  # of word2vec and of `jaxtext train`


def _entropy(shares: np.ndarray) -> float:
    """Return -sum p ln p over the entries of a distribution, where 0 ln 0 is 0."""
    return -math.fsum(p * math.log(p) for p in np.ravel(shares).tolist() if p > 0)


def _label_entropy(k: int) -> float:
    """Return the entropy in nats of a label that is 1 in one of 1 + k cases."""
    return _entropy(np.array([1 / (1 + k), k / (1 + k)]))


def _divergence(counts: np.ndarray, noise: np.ndarray, k: int) -> float:
    """Return JS with weights 1/(1+k) and k/(1+k) between p(w, c) and p(w) P(c)."""
    joint = counts / counts.sum()
    product = np.array([[sum(row) * p for p in noise] for row in joint])
    mixture = (joint + k * product) / (1 + k)
    return _entropy(mixture) - (_entropy(joint) + k * _entropy(product)) / (1 + k)


# What these losses are for the default number of negatives, as the statements below print them.
AT_ZERO = (1 + DEFAULT_NEGATIVES) * math.log(2)
AT_CONSTANT = (1 + DEFAULT_NEGATIVES) * _label_entropy(DEFAULT_NEGATIVES)


@claim(
    "formula",
    "The least loss per pair is (1 + k) [H_b(1/(1+k)) - JS], H_b the entropy of a label with this "
    "share and JS the Jensen-Shannon divergence, weights 1/(1+k) and k/(1+k), between p(w,c) and "
    "p(w) P(c)",
    assumptions=("scores are free", KEPT),
)
def least_loss() -> Finding:
    some_unseen = COUNTS.copy()
    some_unseen[[0, 2], [3, 1]] = 0  # whose score decreases without bound, where they cost nothing
    of_package, at_optimum, of_entropies, shown = [], [], [], ""
    for counts in (COUNTS, some_unseen):
        for noise in (UNIGRAM, SMOOTHED):
            for k in (1, DEFAULT_NEGATIVES):
                entropy, divergence = _label_entropy(k), _divergence(counts, noise, k)
                of_entropies.append((1 + k) * (entropy - divergence))
                whole = objective.Objective(counts, noise, k)
                of_package.append(objective.optimum_loss(whole) / counts.sum())
                scores = np.maximum(optima.score_optimum(counts, noise, k), -700.0)
                at_optimum.append(loss_of(scores, noise, k, counts))
                shown = f"{1 + k} ({entropy:.4f} - {divergence:.4f}) = {of_entropies[-1]:.4f}"
    return equal(
        f"2 tables of counts, 2 noises, k = 1 and {DEFAULT_NEGATIVES}; for the last {shown}",
        (of_package, of_entropies), (at_optimum, of_entropies),
    )  # fmt: skip


@claim(
    "zero",
    "At zero scores, as at the start of training, every pair costs (1 + k) ln 2, which is "
    f"{AT_ZERO:.2f} for k = {DEFAULT_NEGATIVES}: a loss near it says that nothing has been learned",
)
def zero_scores() -> Finding:
    ks = (1, DEFAULT_NEGATIVES)
    start = compiled(lambda key: sgns.init(key, V, D))(jax.random.key(44))
    total, pairs = stream_loss(start, block([2, 0]), DEFAULT_NEGATIVES)
    losses = [loss_of(np.zeros((V, V)), SMOOTHED, k) for k in ks]
    # A factor 1/2 for the pair and for each negative: e^-loss is a power of 1/2.
    factors = [math.prod([0.5] * (1 + k)) for k in ks]
    return equal(
        f"{losses[1]:.4f} for k = {DEFAULT_NEGATIVES}; the initial tables give the same",
        (np.exp(-np.array(losses)) / factors, np.ones(2)),
        (np.exp(-float(total) / float(pairs)) / factors[1], 1.0),
        (losses[1], AT_ZERO),
    )


@claim(
    "constant",
    "The best constant score is -ln k, with the loss (1 + k) H_b(1/(1+k)) per pair for any text, "
    f"{AT_CONSTANT:.2f} for k = {DEFAULT_NEGATIVES}: down to it only the share of data is learned, "
    "nothing about words",
    assumptions=(KEPT,),
)
def constant_score() -> Finding:
    losses, entropies, best, products = [], [], [], []
    for k in (1, DEFAULT_NEGATIVES):
        best.append(found_optimum(lambda s, k=k: _constant_slope(float(s), k), ()) + math.log(k))
        losses.append(loss_of(np.full((V, V), -math.log(k)), SMOOTHED, k))
        # If contexts do not depend on centers, no scores do better.
        independent = np.outer(COUNTS.sum(1), UNIGRAM)
        whole = objective.Objective(independent, UNIGRAM, k)
        products.append(objective.optimum_loss(whole) / PAIRS)
        entropies.append((1 + k) * _label_entropy(k))
    return equal(
        f"{losses[1]:.4f} for k = {DEFAULT_NEGATIVES}, also the least loss of independent words",
        (losses, entropies), (products, entropies), (best, np.zeros(2)),
        (losses[1], AT_CONSTANT),
    )  # fmt: skip


def _constant_slope(score: float, k: int) -> float:
    """Return the derivative of the package's objective in a score that all pairs share."""
    return slope_of(np.full((V, V), score), SMOOTHED, k).sum().item()


@claim(
    "excess",
    "What a model loses to the optimum, as `gap` reports it, is the sum of (n + e) KL(q || "
    "sigma(w.c)), n = #(w,c), e = k #(w) P(c), q = n/(n + e), KL that of two shares",
    assumptions=(KEPT,),
)
def excess_loss() -> Finding:
    k, params = DEFAULT_NEGATIVES, tables(45)
    measured = gap.measure(params, objective.Objective(COUNTS, SMOOTHED, k)).all
    total = 0.0
    for w, c in np.ndindex(V, V):
        n, e = COUNTS[w, c], k * COUNTS[w].sum() * SMOOTHED[c]
        model = references.sigmoid(
            references.dot(np.asarray(params.center[w]), np.asarray(params.context[c]))
        )
        q = n / (n + e)
        total += (n + e) * (q * math.log(q / model) + (1 - q) * math.log((1 - q) / (1 - model)))
    excess = (measured.objective - measured.optimum) / PAIRS
    return equal(f"{excess:.4f} per pair for random vectors", (excess, total / PAIRS))


@claim(
    "bound",
    "A loss below (1 + k) H_b(1/(1+k)) says how much the scores know of the text: "
    "(1 + k) H_b - loss is at most (1 + k) JS, reached at the optimum alone",
    assumptions=(KEPT,),
)
def lower_bound() -> Finding:
    k = DEFAULT_NEGATIVES
    most = (1 + k) * _divergence(COUNTS, UNIGRAM, k)
    best = optima.score_optimum(COUNTS, UNIGRAM, k)
    learned = [
        (1 + k) * _label_entropy(k) - loss_of(t * best - (1 - t) * math.log(k), UNIGRAM, k)
        for t in (0, 0.25, 0.5, 0.75, 1, 1.25)
    ]
    if not (np.diff(learned[:5]) > 0).all() or not learned[5] < most:
        return Finding("the bound is not reached at the optimum, or elsewhere too", np.inf)
    shown = " < ".join(f"{x:.3f}" for x in learned[1:5])
    return equal(
        f"on the way from -ln k to the optimum: {shown}; beyond it {learned[5]:.3f}",
        (learned[4], most), (learned[0], 0.0),
    )  # fmt: skip

r"""The optimum of D dimensions: weighted logistic PCA, not a singular value decomposition.

Each cell has m = #(w,c) + k #(w) P(c) trials, of which the share q = #(w,c) / m are pairs of the
text. Negative sampling fits logits of rank D to these shares, as logistic PCA does (Collins,
Dasgupta and Schapire 2001; Landgraf and Bellay 2017, for word vectors).
"""

import jax.numpy as jnp
import numpy as np
from scipy.optimize import minimize

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import factorization, pmi
from jaxtext.verification import optima, references
from jaxtext.verification.beyond.small import (
    COUNTS,
    PAIRS,
    UNIGRAM,
    D,
    V,
    flat,
    loss_of,
    slope_of,
    table_hessian,
    table_value_and_slope,
    tables,
    unflat,
)
from jaxtext.verification.findings import Finding, Section, equal, largest

SECTION = Section("low-rank")
claim = SECTION.claim
K = 5
NEWTON_STEPS = 4
# Trials of each cell, and the share of them that are pairs of the text.
TRIALS = np.array(
    [
        [n + K * sum(row) * p for n, p in zip(row, UNIGRAM, strict=True)]
        for row in COUNTS.tolist()
    ]
)  # fmt: skip
SHARES = COUNTS / TRIALS


def _optimum() -> EmbeddingParams:
    """Return tables of D dimensions where the package's objective has a local minimum."""

    def value_and_slope(numbers: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = table_value_and_slope(unflat(numbers), COUNTS, UNIGRAM, K)
        return float(value) / PAIRS, flat(slope) / PAIRS

    x = minimize(value_and_slope, flat(tables(56)), jac=True, method="BFGS").x
    for _ in range(NEWTON_STEPS):  # quadratic convergence; the gauge's directions are left out
        hessian = np.asarray(table_hessian(jnp.asarray(x), COUNTS, UNIGRAM, K)) / PAIRS
        x = x - np.linalg.pinv(hessian, rcond=1e-8, hermitian=True) @ value_and_slope(x)[1]
    return unflat(x)


def _residuals(params: EmbeddingParams) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return r = m (sigma(w.c) - q) per pair, and its sums with contexts and with centers."""
    center, context = map(np.asarray, params)
    r = np.array(
        [
            [m * (references.sigmoid(references.dot(w, c)) - q) / PAIRS
             for c, m, q in zip(context, trials, shares, strict=True)]
            for w, trials, shares in zip(center, TRIALS, SHARES, strict=True)
        ]
    )  # fmt: skip
    return r, r @ context, r.T @ center


@claim(
    "logistic",
    "The objective is that of weighted logistic PCA: sum of m [-q ln sigma(w.c) - (1 - q) "
    "ln(1 - sigma(w.c))] with m = #(w,c) + k #(w) P(c) trials and shares q = #(w,c) / m",
)
def logistic_pca() -> Finding:
    params = tables(57)
    value, _ = table_value_and_slope(params, COUNTS, UNIGRAM, K)
    center, context = map(np.asarray, params)
    total = 0.0
    for w, c in np.ndindex(V, V):
        p = references.sigmoid(references.dot(center[w], context[c]))
        q = SHARES[w, c]
        total -= TRIALS[w, c] * (q * np.log(p) + (1 - q) * np.log(1 - p))
    return equal(f"{total / PAIRS:.4f} per pair", (float(value) / PAIRS, total / PAIRS))


@claim(
    "stationary",
    "Its optimum of D dimensions satisfies sum_c r(w,c) c = 0 for every w and sum_w r(w,c) w = 0 "
    "for every c, r = m (sigma(w.c) - q): not r = 0, which needs D at least the rank of PMI - ln k",
)
def stationary() -> Finding:
    params = _optimum()
    r, by_center, by_context = _residuals(params)
    hessian = table_hessian(jnp.asarray(flat(params)), COUNTS, UNIGRAM, K)
    values = np.linalg.eigvalsh(np.asarray(hessian) / PAIRS)
    # Positive but for the D^2 directions of the gauge, along which the loss is constant.
    flat_directions = int((np.abs(values) < 1e-8).sum())
    rank = np.linalg.matrix_rank(optima.score_optimum(COUNTS, UNIGRAM, K))
    if not (largest(r) > 1e-3 and values[0] > -1e-8 and flat_directions == D * D and rank > D):
        return Finding(f"no minimum, or the residuals vanish: {values[0]:.1e}", np.inf)
    return equal(
        f"D = {D}, rank {rank}: r up to {largest(r):.3f} per pair; minimum, flat in {D * D} "
        "directions only",
        (by_center, np.zeros((V, D))), (by_context, np.zeros((V, D))),
    )  # fmt: skip


@claim(
    "svd",
    "It is not the truncated SVD of PMI - ln k: that has the least squared error, the sum of the "
    "squares of the other singular values, and a larger loss",
)
def not_the_svd() -> Finding:
    target = np.log(COUNTS * PAIRS / np.outer(COUNTS.sum(1), COUNTS.sum(0))) - np.log(K)
    svd = factorization.vectors(
        factorization.truncated_svd(pmi.shifted_pmi(COUNTS, K), D), power=0.5
    )
    by_svd, by_loss = (np.asarray(p.center) @ np.asarray(p.context).T for p in (svd, _optimum()))
    squared = [float(((s - target) ** 2).sum()) for s in (by_svd, by_loss)]
    losses = [loss_of(s, UNIGRAM, K) for s in (by_svd, by_loss)]
    _, *slopes = _residuals(svd)
    moved = max(map(largest, slopes))
    if not (squared[0] + 1e-2 < squared[1] and losses[1] + 1e-4 < losses[0] and moved > 1e-3):
        return Finding("the two agree", np.inf)
    others = np.linalg.svd(target).S[D:]
    return equal(
        f"squared error {squared[0]:.3f} (SVD) and {squared[1]:.3f} (this optimum), loss per pair "
        f"{losses[0]:.4f} and {losses[1]:.4f}; scores up to {largest(by_svd, by_loss):.2f} apart",
        (squared[0], sum(others**2)),
    )


@claim(
    "weights",
    "Near the free optimum s* the loss is the least one plus half the sum of n e / (n + e) "
    "(s - s*)^2: squared errors with unequal weights, not those that a truncated SVD minimises",
)
def weights() -> Finding:
    best = optima.score_optimum(COUNTS, UNIGRAM, K)
    e = TRIALS - COUNTS
    weight = COUNTS * e / TRIALS / PAIRS
    step = np.random.default_rng(58).normal(size=(V, V))
    h = 1e-3
    # Central differences of the slope by autodiff; their error is of the order of h^2.
    second = (slope_of(best + h * step, UNIGRAM, K) - slope_of(best - h * step, UNIGRAM, K)) / PAIRS
    rests = []
    for t in (0.02, 0.01):
        quadratic = (weight * (t * step) ** 2).sum() / 2
        rests.append(loss_of(best + t * step, UNIGRAM, K) - loss_of(best, UNIGRAM, K) - quadratic)
    if not abs(rests[0] / rests[1] - 8) < 0.5:
        return Finding("the rest is not of third order", np.inf)
    return Finding(
        f"weights from {weight.min():.3f} to {weight.max():.3f} per pair",
        largest(second / (2 * h), weight * step), 1e-6,
    )  # fmt: skip

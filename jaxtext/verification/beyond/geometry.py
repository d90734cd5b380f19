r"""The shape of the objective: convex in the scores, not in the tables; two tables; their gauge.

With scores S = W C^T, W the centers and C the contexts, and the slopes G = dL/dS, the chain rule
gives dL/dW = G C and dL/dC = G^T W.
"""

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import minimize

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import factorization, pmi, sgns
from jaxtext.verification import optima, references
from jaxtext.verification.beyond.small import (
    COUNTS,
    PAIRS,
    SMOOTHED,
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
from jaxtext.verification.oracles import compiled

SECTION = Section("geometry")
claim = SECTION.claim
K = 5
NEGATIVES = np.array([[K * sum(row) * p for p in SMOOTHED] for row in COUNTS.tolist()])  # e(w, c)
_score_hessian = compiled(
    jax.hessian(lambda s: sgns.score_loss(s.reshape(V, V), COUNTS, SMOOTHED, K))
)


def _value_and_slope(params: EmbeddingParams) -> tuple[float, EmbeddingParams]:
    """Return the package's objective per pair, and its gradient by autodiff."""
    value, slope = table_value_and_slope(params, COUNTS, SMOOTHED, K)
    return float(value) / PAIRS, jax.tree.map(lambda g: np.asarray(g) / PAIRS, slope)


# Convexity --------------------------------------------------------------------------------------


@claim(
    "convex.scores",
    "In the scores the loss is convex: d2L/ds(w,c)2 = (#(w,c) + k #(w) P(c)) sigma(s) sigma(-s), "
    "always positive, and nothing mixes two cells",
)
def convex_in_scores() -> Finding:
    s = np.random.default_rng(46).normal(size=(V, V)) * 2
    hessian = np.asarray(_score_hessian(jnp.asarray(s.ravel())))
    trials = (COUNTS + NEGATIVES).ravel().tolist()
    diagonal = [
        m * references.sigmoid(x) * references.sigmoid(-x)
        for m, x in zip(trials, s.ravel().tolist(), strict=True)
    ]
    least = np.linalg.eigvalsh(hessian)[0] / PAIRS
    if not least > 0:
        return Finding(f"eigenvalue {least:.2g}", np.inf)
    return equal(
        f"eigenvalues at random scores: at least {least:.2g} per pair",
        (hessian / PAIRS, np.diag(diagonal) / PAIRS),
    )


@claim(
    "saddle",
    "In the tables it is not: at W = W' = 0 the gradient is zero and the Hessian's eigenvalues are "
    "+ and - the singular values of [k #(w) P(c) - #(w,c)] / 2, each D times",
)
def saddle_at_zero() -> Finding:
    zero = np.zeros(2 * V * D)
    hessian = np.asarray(table_hessian(jnp.asarray(zero), COUNTS, SMOOTHED, K)) / PAIRS
    found = np.linalg.eigvalsh(hessian)
    values = np.linalg.svd((NEGATIVES - COUNTS) / 2 / PAIRS).S
    _, slope = _value_and_slope(unflat(zero))
    if not found[0] < -1e-3 < 1e-3 < found[-1]:
        return Finding("the Hessian is not indefinite", np.inf)
    return equal(
        f"from {found[0]:.3f} to {found[-1]:.3f} per pair",
        (found, np.sort(np.repeat([*values, *-values], D))), (flat(slope), np.zeros(2 * V * D)),
    )  # fmt: skip


@claim(
    "chord",
    "In the tables the loss lies above a chord: (W, W') and (-W, -W') have the same scores and "
    "loss, and halfway, at zero, it is (1 + k) ln 2",
)
def above_a_chord() -> Finding:
    best = optima.score_optimum(COUNTS, SMOOTHED, K)
    one = factorization.vectors(factorization.truncated_svd(best, D))
    ends = [_value_and_slope(each)[0] for each in (one, _negated(one))]
    halfway = [(np.asarray(a) + b) / 2 for a, b in zip(one, _negated(one), strict=True)]
    middle, _ = _value_and_slope(EmbeddingParams(*map(jnp.asarray, halfway)))
    loop = references.corpus_loss(tuple(map(np.asarray, one)), COUNTS, SMOOTHED.tolist(), K)
    if not middle > max(ends) + 0.1:
        return Finding("the middle is not higher", np.inf)
    return equal(
        f"{ends[0]:.3f} at both ends, {middle:.3f} halfway",
        (ends, [loop / PAIRS] * 2), (np.exp(-middle) / 0.5 ** (1 + K), 1.0),
    )  # fmt: skip


def _negated(params: EmbeddingParams) -> EmbeddingParams:
    return EmbeddingParams(*(jnp.asarray(-np.asarray(table)) for table in params))


# Two tables -------------------------------------------------------------------------------------


@claim(
    "one-table.semidefinite",
    "With one table x^T (W W^T) x = |W^T x|^2 >= 0 for every x; of PMI - ln k it is negative for "
    "some x, even where the counts equal their transpose",
)
def semidefinite() -> Finding:
    one = np.asarray(tables(47).center)
    random = np.random.default_rng(48).normal(size=(20, V))
    forms = [x @ (one @ one.T) @ x for x in random]
    squares = [sum(references.dot(one[:, d], x) ** 2 for d in range(D)) for x in random]
    shown, written = [], []
    for k in (1, K):
        symmetric = COUNTS + COUNTS.T
        matrix = pmi.shifted_pmi(symmetric, k)
        x = np.linalg.eigh(matrix).eigenvectors[:, 0]
        total, rows = symmetric.sum(), symmetric.sum(1)
        shown.append(x @ matrix @ x)
        written.append(
            sum(
                x[w] * x[c] * np.log(symmetric[w, c] * total / (rows[w] * rows[c] * k))
                for w, c in np.ndindex(V, V)
            )
        )
    if not max(written) < -0.1:
        return Finding("the shifted PMI is positive semidefinite", np.inf)
    return equal(
        f"{shown[0]:.3f} for k = 1 and {shown[1]:.3f} for k = {K}", (forms, squares),
        (shown, written),
    )  # fmt: skip


@claim(
    "one-table.margins",
    "Where windows are symmetric, p(w) = p(c) = p, and p^T (PMI - ln k) p = -KL(p p^T || p(w,c)) - "
    "ln k: PMI - ln k is not positive semidefinite unless words are independent and k = 1",
)
def form_of_margins() -> Finding:
    forms, written = [], []
    symmetric = COUNTS + COUNTS.T
    independent = np.outer(symmetric.sum(1), symmetric.sum(1))
    # The last counts, unlike their transpose, have the same form with p(w) left and p(c) right.
    for counts in (symmetric, independent, COUNTS):
        joint = counts / counts.sum()
        left, right = ([sum(row) for row in table.tolist()] for table in (joint, joint.T))
        divergence = sum(
            left[w] * right[c] * np.log(left[w] * right[c] / joint[w, c])
            for w, c in np.ndindex(V, V)
        )
        for k in (1, K):
            forms.append(np.array(left) @ pmi.shifted_pmi(counts, k) @ np.array(right))
            written.append(-divergence - np.log(k))
    if not max(written[0], written[4]) < -0.01:
        return Finding("the divergence vanishes", np.inf)
    return equal(
        f"{forms[0]:.3f} for k = 1, {forms[1]:.3f} for k = {K}; 0 for independent words and k = 1",
        (forms, written), (forms[2], 0.0),
    )  # fmt: skip


@claim(
    "one-table.loss",
    "So the best single table stays above the optimum of two: where G W = 0 and G + G^T is "
    "positive semidefinite, G = dL/dM at M = W W^T, no W W^T has a lower loss",
)
def best_single_table() -> Finding:
    errors, shown = [], []
    symmetric = COUNTS + COUNTS.T
    repeating = symmetric + 40 * np.eye(V)  # as if words stood beside themselves more often
    for k in (1, K):
        for counts in (COUNTS, repeating):
            table = _best_single(counts, k)
            scores = table @ table.T
            slope = slope_of(scores, UNIGRAM, k, counts) / counts.sum()
            both = slope + slope.T  # the derivative in W is this times W
            single = loss_of(scores, UNIGRAM, k, counts)
            optimum = loss_of(optima.score_optimum(counts, UNIGRAM, k), UNIGRAM, k, counts)
            if not single > optimum + 1e-3:
                return Finding("one table is as good as two", np.inf)
            errors += [largest(both @ table), max(-np.linalg.eigvalsh(both)[0], 0.0)]
            shown.append(f"{single:.3f} against {optimum:.3f}")
    return Finding(
        f"loss per pair, for 2 tables of counts: k = 1: {' and '.join(shown[:2])}; "
        f"k = {K}: {' and '.join(shown[2:])}",
        max(errors), 1e-6,
    )  # fmt: skip


def _best_single(counts: np.ndarray, k: int) -> np.ndarray:
    """Return the table W of V dimensions whose scores W W^T have the least loss, in NumPy."""
    e = k * np.outer(counts.sum(1), UNIGRAM)

    def value_and_slope(row: np.ndarray) -> tuple[float, np.ndarray]:
        table = row.reshape(V, V)
        scores = table @ table.T
        loss = counts * np.logaddexp(0, -scores) + e * np.logaddexp(0, scores)
        slope = (counts + e) / (1 + np.exp(-scores)) - counts
        return loss.sum() / counts.sum(), ((slope + slope.T) @ table).ravel() / counts.sum()

    start = np.random.default_rng(49).normal(size=V * V)
    found = minimize(value_and_slope, start, jac=True, method="BFGS", options={"gtol": 1e-9})
    return found.x.reshape(V, V)


# Gauge freedom ----------------------------------------------------------------------------------


def _gauge(seed: int) -> np.ndarray:
    """Return an invertible matrix that is not orthogonal."""
    return np.random.default_rng(seed).normal(size=(D, D)) + 2 * np.eye(D)


def _moved(params: EmbeddingParams, a: np.ndarray) -> EmbeddingParams:
    """Return W A and W' A^-T."""
    center, context = (np.asarray(table) for table in params)
    return EmbeddingParams(jnp.asarray(center @ a), jnp.asarray(context @ np.linalg.inv(a).T))


@claim(
    "gauge.loss",
    "Tables W A and W' A^-T have the scores and the loss of W and W' for every invertible A, and "
    "the singular value decomposition of the scores is the same for all of them",
)
def gauge_loss() -> Finding:
    params, a = tables(50), _gauge(51)
    other = _moved(params, a)
    center, context = map(np.asarray, other)
    scores = [[references.dot(w, c) for c in context] for w in center]
    loop = references.corpus_loss(tuple(map(np.asarray, params)), COUNTS, SMOOTHED.tolist(), K)
    first, second = map(factorization.product_svd, (params, other))
    right = np.asarray(params.center) @ np.asarray(params.context).T
    return equal(
        f"A moves the vectors by up to {largest(other.center, params.center):.2f}",
        (_value_and_slope(other)[0], loop / PAIRS), (scores, right),
        *zip(first, second, strict=True),
        ((second.left * second.values) @ second.right.T, right),
    )  # fmt: skip


@claim(
    "gauge.gradient",
    "Their gradients are (dL/dW) A^-T and (dL/dW') A: a step of descent leaves the gauge's orbit, "
    "so that where training ends depends on where it starts",
)
def gauge_gradient() -> Finding:
    params, a = tables(52), _gauge(53)
    _, slope = _value_and_slope(params)
    _, other = _value_and_slope(_moved(params, a))
    wrong = largest(other.center, slope.center @ a)
    step = jax.tree.map(lambda x, g: np.asarray(x) - g, params, slope)
    moved_step = jax.tree.map(lambda x, g: np.asarray(x) - g, _moved(params, a), other)
    ends = [np.asarray(x.center) @ np.asarray(x.context).T for x in (step, moved_step)]
    if not (wrong > 0.01 and largest(*ends) > 0.01):
        return Finding("the gradient moves like the vectors", np.inf)
    return equal(
        f"after a step of rate 1 the scores differ by up to {largest(*ends):.2f}",
        (other.center, slope.center @ np.linalg.inv(a).T), (other.context, slope.context @ a),
    )  # fmt: skip


@claim(
    "gauge.conserved",
    "Therefore W^T dL/dW = (W'^T dL/dW')^T everywhere: small steps of descent preserve "
    "W^T W - W'^T W', the imbalance of the tables",
)
def conserved() -> Finding:
    params = tables(54)
    _, slope = _value_and_slope(params)
    center, context = (np.asarray(t).T @ g for t, g in zip(params, slope, strict=True))

    def imbalance(t: EmbeddingParams) -> np.ndarray:
        center, context = map(np.asarray, t)
        return center.T @ center - context.T @ context

    rate = 0.1
    step = jax.tree.map(lambda x, g: np.asarray(x) - rate * g, params, slope)
    change = imbalance(step) - imbalance(params)
    squares = slope.center.T @ slope.center - slope.context.T @ slope.context
    return equal(
        f"a step of rate {rate} changes it by {largest(change):.1e}, which is of second order",
        (center, context.T), (change, rate**2 * squares),
    )  # fmt: skip


@claim(
    "gauge.cosines",
    "The scores do not determine the cosines of the centers: the powers of the singular values, "
    "A = S^(p - q), share all scores and differ in cosines; a rotation A changes neither",
)
def gauge_cosines() -> Finding:
    svd = factorization.truncated_svd(pmi.shifted_pmi(COUNTS, K), D)
    params = [factorization.vectors(svd, power) for power in (0.0, 0.5, 1.0)]
    scores = [np.asarray(p.center) @ np.asarray(p.context).T for p in params]
    u, s, vt = np.linalg.svd(np.log(COUNTS / (K * np.outer(COUNTS.sum(1), UNIGRAM))))
    right = (u[:, :D] * s[:D]) @ vt[:D]
    cosines = [_cosines(np.asarray(p.center)) for p in params]
    apart = min(largest(cosines[0], cosines[1]), largest(cosines[1], cosines[2]))
    rotation = np.linalg.qr(_gauge(55)).Q
    turned = _cosines(np.asarray(_moved(params[1], rotation).center))
    if not apart > 0.01:
        return Finding("the cosines agree", np.inf)
    return equal(
        f"powers 0, 1/2, 1: cosines differ by up to {largest(cosines[0], cosines[2]):.2f}",
        (scores, np.broadcast_to(right, (3, V, V))), (turned, cosines[1]),
    )  # fmt: skip


def _cosines(table: np.ndarray) -> np.ndarray:
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    return unit @ unit.T

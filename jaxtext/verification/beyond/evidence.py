"""Vectors as evidence: centers for fixed contexts, what a document moves, turns, associations."""

from itertools import combinations

import jax
import jax.numpy as jnp
import numpy as np
from scipy import sparse

from jaxtext.base.types import EmbeddingParams
from jaxtext.evaluation import association, change
from jaxtext.models import sgns
from jaxtext.training.counts import rows
from jaxtext.verification.beyond.trainers import COUNTS, NOISE, D, K, V
from jaxtext.verification.findings import Finding, Section, equal, largest

SECTION = Section("evidence")
claim = SECTION.claim
CLOSE = 1e-13  # how far a last step may move a score
SOLVED = 1e-9  # distance of a minimum that is found by steps of this length


def _contexts() -> np.ndarray:
    return np.random.default_rng(60).normal(size=(V, D))


def _fixed(contexts: np.ndarray) -> rows.Fixed:
    return rows.Fixed(contexts, NOISE, K)


def _slope(center: jax.Array, contexts: np.ndarray, counts: np.ndarray) -> jax.Array:
    """Return the derivative of the loss of all cells in the centers, as its definition has it."""

    def loss(center: jax.Array) -> jax.Array:
        return sgns.expected_loss(EmbeddingParams(center, jnp.asarray(contexts)), counts, NOISE, K)

    return jax.grad(loss)(center)


@claim(
    "contexts.fixed",
    "With the contexts held fixed, centers are at the minimum of the loss, whatever their start, "
    "and turn as the contexts do: those of two texts can be compared without seed and alignment",
)
def centers_for_fixed_contexts() -> Finding:
    rng, contexts, counts = np.random.default_rng(61), _contexts(), sparse.csr_array(COUNTS)
    turn = np.linalg.qr(rng.normal(size=(D, D)))[0]
    found = rows.centers(_fixed(contexts), counts, close=CLOSE)
    elsewhere = rows.centers(_fixed(contexts), counts, 4 * rng.normal(size=(V, D)), close=CLOSE)
    turned = rows.centers(_fixed(contexts @ turn), counts, close=CLOSE)
    return equal(
        f"{V} words in {D} dimensions",
        (_slope(jnp.asarray(found), contexts, COUNTS), np.zeros((V, D))),
        (elsewhere, found),
        (turned, found @ turn),
        tolerance=SOLVED,
    )


@claim(
    "contexts.influence",
    "The influence of a document, minus the inverse curvature times its slope, is the derivative "
    "of the center in the weight of the document; the influences of all documents add up to zero",
)
def influence_of_documents() -> Finding:
    contexts = _contexts()
    documents = np.random.default_rng(62).integers(0, 4, (6, V)).astype(np.float64)
    whole = sparse.csr_array(documents.sum(axis=0)[None])
    center = rows.centers(_fixed(contexts), whole, close=CLOSE)[0]
    moves = rows.influences(_fixed(contexts), sparse.csr_array(documents), center)

    def loss(center: jax.Array, weights: jax.Array) -> jax.Array:
        counts, scores = weights @ documents, jnp.asarray(contexts) @ center
        negatives = K * counts.sum() * NOISE
        return counts @ jax.nn.softplus(-scores) + negatives @ jax.nn.softplus(scores)

    at = jnp.asarray(center), jnp.ones(len(documents))
    curvature = jax.hessian(loss)(*at)
    mixed = jax.jacobian(jax.grad(loss), argnums=1)(*at)
    expected = -np.linalg.solve(np.asarray(curvature), np.asarray(mixed)).T
    return equal(
        f"{len(documents)} documents",
        (moves, expected),
        (moves.sum(axis=0), np.zeros(D)),
        tolerance=SOLVED,
    )


@claim(
    "procrustes",
    "With the singular value decomposition `A^T B = U S V^T`, no orthogonal matrix takes A nearer "
    "to B than `Q = U V^T`: the squares of the lengths of A and B less twice the trace of S remain",
)
def nearest_turn() -> Finding:
    rng = np.random.default_rng(63)
    a, b = rng.normal(size=(2, 9, D))
    best = change.procrustes(a, b)
    # Singular values are the roots of the eigenvalues of the product with its transpose.
    trace = np.sqrt(np.linalg.eigvalsh(a.T @ b @ b.T @ a)).sum()
    least = (a**2).sum() + (b**2).sum() - 2 * trace
    others = []
    for first, second in combinations(range(D), 2):
        for angle in (-2.0, -0.1, 0.1, 1.0, 3.0):
            turn = np.eye(D)
            turn[[first, second], [first, second]] = np.cos(angle)
            turn[first, second], turn[second, first] = np.sin(angle), -np.sin(angle)
            others.append(((a @ best @ turn - b) ** 2).sum())
    nearer = max(0.0, least - min(others))
    return equal(
        f"{len(others)} other turns of 9 vectors",
        (((a @ best - b) ** 2).sum(), least),
        (best.T @ best, np.eye(D)),
        (nearer, 0.0),
    )


@claim(
    "association",
    "The effect size of an association test is the difference of the mean associations of both "
    "sets of targets, in standard deviations of all; p is the share of partitions as large",
)
def association_test() -> Finding:
    s = np.random.default_rng(64).normal(size=7)
    first = 3

    def difference(chosen: tuple[int, ...]) -> float:
        rest = [i for i in range(len(s)) if i not in chosen]
        return float(np.mean(s[list(chosen)]) - np.mean(s[rest]))

    mean = sum(s) / len(s)
    deviation = np.sqrt(sum((each - mean) ** 2 for each in s) / (len(s) - 1))
    partitions = [difference(chosen) for chosen in combinations(range(len(s)), first)]
    given = difference(tuple(range(first)))
    p, exact = association.p_value(s, first, np.random.default_rng(0))
    as_large = sum(each >= given - 1e-12 for each in partitions) / len(partitions)
    error = largest(association.effect_size(s, first), given / deviation) + largest(p, as_large)
    return Finding(f"{len(partitions)} partitions", error + (not exact))

"""Cell losses: their parts, their growth, the separable softmax, and a pass over drawn columns."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import sparse

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import cells
from jaxtext.training.counts import drawn, halves, newton
from jaxtext.verification import references
from jaxtext.verification.beyond.trainers import COUNTS, NOISE, D, K, V, tables
from jaxtext.verification.findings import EXACT, Finding, Section, equal, largest
from jaxtext.verification.oracles import compiled
from jaxtext.verification.suites import CELLS

SECTION = Section("cells")
claim = SECTION.claim
SCORES = np.linspace(-12, 12, 25)
COLUMNS = 3  # of V, of which one is always summed and two are drawn


def _grid() -> tuple[jax.Array, ...]:
    """Return scores with several n and e, all combined."""
    parts = np.meshgrid(SCORES, [0.0, 1.0, 7.0, 250.0], [0.0, 0.5, 20.0], indexing="ij")
    return tuple(jnp.asarray(part.ravel()) for part in parts)


@claim(
    "parts",
    "The loss of a cell is a part that vanishes without pairs, and e times a part that all cells "
    "have: f(s; n, e) = f(s; n, 0) + e f(s; 0, 1), for each objective and both derivatives",
)
def parts() -> Finding:
    s, n, e = _grid()
    zero, one = jnp.zeros_like(s), jnp.ones_like(s)
    error = 0.0
    for cell in CELLS.values():
        for function in (cell.value, cell.derivative, cell.curvature):
            whole = function(s, n, e)
            sum_ = function(s, n, zero) + e * function(s, zero, one)
            error = max(error, largest(sum_ / (1 + abs(whole)), whole / (1 + abs(whole))))
            error = max(error, largest(function(s, zero, zero), zero))
    return Finding(f"{', '.join(CELLS)}: {len(s)} cells each", error)


@claim(
    "growth",
    "The third derivative of a cell's loss is at most the stated multiple of the second, and for "
    "none of them would a smaller multiple do",
)
def growth() -> Finding:
    s, n, e = _grid()
    inside = np.asarray(n + e) > 0
    excess, shown = 0.0, []
    for name, cell in CELLS.items():
        third = compiled(jax.vmap(jax.grad(cell.curvature)))(s, n, e)
        second = cell.curvature(s, n, e)
        by_loop = [
            references.cell(name, *map(float, each))[3] for each in zip(s, n, e, strict=True)
        ]
        scale = 1 + np.abs(np.asarray(by_loop))
        excess = max(excess, largest(third / scale, by_loop / scale))
        ratio = np.abs(third)[inside] / np.maximum(np.asarray(second)[inside], 1e-300)
        most = float(ratio.max())
        # The bound of the logistic loss is approached at scores of large size.
        excess = max(excess, most - cell.growth, cell.growth - most - 1e-4)
        shown.append(f"{name} {most:.5f}")
    return Finding(", ".join(shown), excess, 1e-9)


@claim(
    "softmax",
    "With the best bias of each center, the separable softmax is the negative log-likelihood of "
    "the text, and its biases are minus the logarithms of the normalisers",
)
def separable_softmax() -> Finding:
    params = tables(60)
    problem = halves.problem(sparse.csr_array(COUNTS), NOISE, 1, np.float64, cells.EXPONENTIAL)
    likelihood = 0.0
    for w in range(V):
        probabilities = references.softmax(
            np.asarray(params.context) @ np.asarray(params.center[w])
        )
        likelihood -= float(COUNTS[w] @ np.log(probabilities))
    scores = np.asarray(params.center) @ np.asarray(params.context).T
    normalisers = [sum(float(np.exp(s)) for s in row) for row in scores]
    weights = jnp.asarray(COUNTS.sum(1))
    background = weights * jnp.asarray(normalisers)
    assert cells.EXPONENTIAL.shift is not None
    shift = cells.EXPONENTIAL.shift(weights, background)
    biased = halves.with_biases(params, cells.EXPONENTIAL)
    return equal(
        f"{likelihood / COUNTS.sum():.4f} nats per pair",
        (newton.loss(biased, problem) / likelihood, 1.0),
        (shift, -np.log(normalisers)),
    )


def _with_biases(cell: cells.Cell, seed: int, size: float = 1.0) -> EmbeddingParams:
    """Return tables with random biases of the centers, where the cell has any."""
    center, context = halves.with_biases(tables(seed, size), cell)
    biases = jnp.asarray(np.random.default_rng(seed).normal(size=V))
    if cell.center_bias:
        center = center.at[:, D].set(biases)
    return EmbeddingParams(center, context)


@claim(
    "drawn",
    "For negative sampling and the softmax, the loss over drawn columns is right in expectation, "
    "over all draws; no step raises it, given the draw; with all columns it is that of all cells",
)
def drawn_columns() -> Finding:
    errors, rises = [], []
    for seed, cell in enumerate((cells.LOGISTIC, cells.EXPONENTIAL), 61):
        params = _with_biases(cell, seed)
        # At given biases: the best ones are no linear function of the sum.
        fixed = cell._replace(shift=None)
        problem = halves.problem(sparse.csr_array(COUNTS), NOISE, K, np.float64, fixed)
        whole = newton.loss(params, problem)
        estimate = drawn.Estimate.of(problem, COLUMNS)
        pairs = COUNTS.sum(0)
        pairs[pairs.argmax()] = 0  # always summed
        ends = np.unique([0, *(-np.cumsum(2 * pairs / pairs.sum()) % 1), 1])
        parts = [
            (b - a) * drawn.loss(params, estimate, (a + b) / 2)
            for a, b in zip(ends, ends[1:], strict=False)
        ]
        errors.append(largest(sum(parts) / whole, 1.0))
        # Column by column, the same cells without what is subtracted for each center.
        constant = 0.0 if cell.constant is None else float(cell.constant(jnp.sum(COUNTS)))
        by_context = drawn.loss(params, drawn.Estimate.of(problem, V), 0.5, half=1)
        errors.append(largest((by_context - constant) / whole, 1.0))
        problem = problem._replace(cell=cell)
        whole = newton.loss(params, problem)
        errors.append(largest(drawn.loss(params, drawn.Estimate.of(problem, V), 0.5) / whole, 1.0))
        estimate = drawn.Estimate.of(problem, COLUMNS)
        for size, offset in ((0.1, 0.2), (5.0, 0.7)):
            params = _with_biases(cell, seed, size)
            for half in range(2):
                before = drawn.loss(params, estimate, offset, half)
                params, measured = drawn.improve_half(params, estimate, half, offset)
                errors.append(0.0 if half else largest(measured / before, 1.0))
                after = drawn.loss(params, estimate, offset, half)
                rises.append((after - before) / abs(before))
    rise = max(*rises, 0.0)
    return Finding(f"largest rise {rise:.0e}", max(*errors, rise if rise > EXACT else 0.0), 1e-11)

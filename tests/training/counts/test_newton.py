import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import sparse

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import sgns
from jaxtext.training import counts as exact
from jaxtext.training.counts import blocks, halves, newton

SIZE, DIM, NEGATIVES = 300, 7, 5


@pytest.fixture(params=["one block", "three blocks"])
def sizes(request, monkeypatch):
    """Blocks of 128 rows, or all rows in one; the last is filled up with zeros in both."""
    if request.param == "three blocks":
        monkeypatch.setattr(blocks, "BUFFER_CELLS", 128 * SIZE)


def tables(rng, scale=1.0, dtype=np.float64):
    center, context = scale * rng.normal(size=(2, SIZE, DIM))
    return EmbeddingParams(jnp.asarray(center, dtype), jnp.asarray(context, dtype))


@pytest.mark.parametrize("scale", [0.1, 1.0, 4.0])
def test_loss_and_gradient_by_blocks_are_those_of_the_definition(rng, counts, noise, sizes, scale):
    params = tables(rng, scale)
    problem = exact.problem(counts, noise, NEGATIVES, np.float64)
    dense = jnp.asarray(counts.toarray())
    value, expected = jax.value_and_grad(sgns.expected_loss)(
        params, dense, jnp.asarray(noise), NEGATIVES
    )
    assert exact.loss(params, problem) == pytest.approx(float(value), rel=1e-12)
    found = exact.gradient(params, problem)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-12 * float(value))


def test_gradient_in_float32_is_that_of_the_definition(rng, counts, noise):
    params = tables(rng, 1.0, np.float32)
    found = exact.gradient(params, exact.problem(counts, noise, NEGATIVES))
    dense = jnp.asarray(counts.toarray(), jnp.float32)
    expected = jax.grad(sgns.expected_loss)(params, dense, jnp.asarray(noise), NEGATIVES)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5 * float(jnp.abs(theirs).max()))


@pytest.mark.parametrize("scale", [0.01, 1.0, 10.0, 100.0])
def test_no_pass_raises_the_loss_wherever_it_begins(rng, counts, noise, scale):
    params = tables(rng, scale)
    problem = exact.problem(counts, noise, NEGATIVES, np.float64)
    losses = []
    for _ in range(6):
        params, before = exact.improve(params, problem)
        losses.append(before)
    assert np.isfinite(losses).all()
    assert (np.diff(losses) < 0).all()


def stepped(params, problem, own_curvature):
    """Return the centers after a step, given the contexts, and the loss before."""
    half = halves.halves(problem, DIM)[0]
    step = newton.steps(
        (params.center, None), params.context, half, None, problem.cell, own_curvature
    )
    return newton.end(step, problem.cell), newton.total(step.losses)


@pytest.mark.parametrize("own_curvature", [False, True])
def test_a_step_takes_every_row_downhill(rng, counts, noise, sizes, own_curvature):
    """The loss of a row, given the other table, is its own: none may rise."""
    params = tables(rng)
    problem = exact.problem(counts, noise, NEGATIVES, np.float64)
    center, before = stepped(params, problem, own_curvature)
    assert before == pytest.approx(exact.loss(params, problem), rel=1e-12)

    def by_row(center):
        scores = np.asarray(center @ params.context.T)
        drawn = NEGATIVES * np.outer(counts.sum(axis=1), noise)
        cells = counts.toarray() * np.logaddexp(0, -scores) + drawn * np.logaddexp(0, scores)
        return cells.sum(axis=1)

    assert (by_row(center) < by_row(params.center)).all()


@pytest.mark.parametrize("own_curvature", [False, True])
def test_a_step_has_the_length_of_the_bound(rng, counts, noise, own_curvature):
    """With delta the change of the scores: exp(reach) - 1 = fall * reach / bend, row by row."""
    params = tables(rng)
    problem = exact.problem(counts, noise, NEGATIVES, np.float64)
    center, _ = stepped(params, problem, own_curvature)
    scores = np.asarray(params.center @ params.context.T)
    delta = np.asarray((center - params.center) @ params.context.T)
    total = counts.toarray() + NEGATIVES * np.outer(counts.sum(axis=1), noise)
    p = 1 / (1 + np.exp(-scores))
    fall = -((total * p - counts.toarray()) * delta).sum(axis=1)
    bend = (total * p * (1 - p) * delta**2).sum(axis=1)
    reach = np.abs(delta).max(axis=1)
    np.testing.assert_allclose(np.expm1(reach), fall * reach / bend, rtol=1e-8)


def test_the_measured_loss_is_that_before_the_pass(rng, counts, noise):
    problem = exact.problem(counts, noise, NEGATIVES, np.float64)
    params = tables(rng)
    _, before = exact.improve(params, problem)
    assert before == pytest.approx(exact.loss(params, problem), rel=1e-12)


def bad_counts(counts, kind):
    dense = counts.toarray()
    if kind == "not square":
        return dense[:, :-1]
    if kind == "empty":
        dense[:] = 0
    else:
        dense[3, 5] = {"negative": -2, "not finite": np.nan}[kind]
    return dense


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("not square", r"counts: found shape \[300, 299\], must be square"),
        ("negative", r"counts: found -2.0, must be finite and not negative"),
        ("not finite", r"counts: found nan, must be finite"),
        ("empty", "counts: all are zero, so there is no pair and no optimum"),
    ],
)
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_bad_counts_are_named(unchecked, counts, noise, kind, message, form):
    with pytest.raises(ValueError, match=message):
        exact.problem(form(bad_counts(counts, kind)), noise, NEGATIVES)

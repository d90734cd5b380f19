import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext.base.types import EmbeddingParams
from jaxtext.models.cells import EXPONENTIAL, LOGISTIC, weighted_squares
from jaxtext.training import counts as exact
from jaxtext.training.counts import drawn, newton, observed
from jaxtext.training.counts.halves import halves, problem, with_biases

SIZE, DIM, NEGATIVES = 300, 7, 5
CELLS = {"logistic": LOGISTIC, "exponential": EXPONENTIAL, "glove": weighted_squares(20.0)}


@pytest.fixture(params=CELLS)
def cell(request):
    return CELLS[request.param]


@pytest.fixture
def whole(counts, noise, cell):
    return problem(counts, noise, NEGATIVES, np.float64, cell)


@pytest.fixture
def params(rng, cell):
    tables = EmbeddingParams(*map(jnp.asarray, 0.5 * rng.normal(size=(2, SIZE, DIM))))
    return with_biases(tables, cell)


def key(seed=0):
    return jax.random.key(seed)


def test_with_all_columns_a_step_is_that_of_all_cells(params, whole, cell):
    half, _ = halves(whole, params.center.shape[1])
    estimate = drawn.Estimate.of(whole, SIZE)
    step, basis = drawn._steps(params, estimate, 0, 0.3)
    assert newton.total(step.losses) == pytest.approx(newton.loss(params, whole), rel=1e-12)
    dense = jnp.asarray(whole.by_center.toarray())
    expected = jnp.outer(jnp.asarray(half.weight), jnp.asarray(half.other))
    offset = 0 if half.offset is None else params.context[:, half.offset][None, :]

    def of_rows(lengths):
        rows = step.rows + lengths[:, None] * step.direction
        return cell.value(rows @ basis.T + offset, dense, expected).sum()

    zero = jnp.zeros(SIZE)
    slope, bend = jax.jvp(jax.grad(of_rows), (zero,), (jnp.ones(SIZE),))
    np.testing.assert_allclose(-step.fall, slope, atol=1e-10 * float(jnp.abs(slope).max()))
    np.testing.assert_allclose(step.bend, bend, rtol=1e-9)
    if cell.growth:  # a step may not be longer than the change of any score allows
        change = jnp.abs(step.direction @ basis.T)
        summed = (expected > 0) if cell.linear else (expected + dense > 0)
        assert bool((step.reach >= jnp.where(summed, change, 0).max(1) * (1 - 1e-12)).all())


def test_estimates_are_right_on_average(params, whole):
    """At given biases; the logarithm in the best bias of a softmax is not linear in the sum."""
    whole = whole._replace(cell=whole.cell._replace(shift=None))
    estimate = drawn.Estimate.of(whole, 40)
    offsets = (np.arange(60) + 0.5) / 60
    found = [drawn.loss(params, estimate, offset) for offset in offsets]
    error, spread = np.mean(found) - newton.loss(params, whole), np.std(found)
    assert abs(error) <= 4 * spread / np.sqrt(len(found)) + 1e-9 * abs(np.mean(found))


@pytest.mark.parametrize("scale", [0.02, 1.0, 20.0])
def test_no_step_raises_the_estimate(params, whole, cell, scale):
    estimate = drawn.Estimate.of(whole, 40)
    if cell is EXPONENTIAL:  # no bias that follows from some columns bounds e^1000 in the others
        scale = min(scale, 5)
    params = with_biases(EmbeddingParams(*(scale * table[:, :DIM] for table in params)), cell)
    for offset in (0.1, 0.5, 0.8):
        for half in range(2):
            before = drawn.loss(params, estimate, offset, half)
            params, measured = drawn.improve_half(params, estimate, half, offset)
            assert measured == pytest.approx(0 if half else before, rel=1e-12)
            after = drawn.loss(params, estimate, offset, half)
            assert np.isfinite(after) and after <= before + 1e-9 * abs(before)


def test_passes_approach_the_optimum_of_all_columns(counts, noise):
    arguments = counts, noise, NEGATIVES, DIM
    exactly = exact.fit(*arguments, 20)
    estimated = exact.fit(*arguments, 20, columns=100, key=key())
    started = exact.fit(*arguments, 0)
    whole = problem(counts, noise, NEGATIVES)
    best, found, first = (exact.loss(each, whole) for each in (exactly, estimated, started))
    assert best < found < best + 0.1 * (first - best)


def test_the_result_follows_from_the_key_and_not_from_the_devices(counts, noise, monkeypatch):
    def fit(seed):
        return exact.fit(counts, noise, NEGATIVES, DIM, 2, columns=50, key=key(seed))

    first, other = fit(0), fit(1)
    assert not np.array_equal(first.center, other.center)
    one = jax.local_devices()[:1]
    monkeypatch.setattr(observed, "of_streams", lambda parts: one * parts)
    for a, b in zip(fit(0), first, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_resumed_training_has_the_same_bits(counts, noise, cell):
    states = []
    fit = lambda **more: exact.fit(  # noqa: E731
        counts, noise, NEGATIVES, DIM, 3, cell=cell, columns=50, key=key(), **more
    )
    expected = fit(on_state=lambda state: states.append(state()))
    number, *parts = states[0].parts()
    for a, b in zip(fit(start=exact.State.of(number, *parts)), expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_columns_need_a_key(counts, noise):
    with pytest.raises(ValueError, match="key: none is given"):
        exact.fit(counts, noise, NEGATIVES, DIM, columns=10)
    with pytest.raises(ValueError, match="columns: found 0"):
        exact.fit(counts, noise, NEGATIVES, DIM, columns=0, key=key())

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext.base.types import EmbeddingParams
from jaxtext.models.cells import EXPONENTIAL, LOGISTIC, weighted_squares
from jaxtext.training import counts as exact
from jaxtext.training.counts import drawn, newton, observed
from jaxtext.training.counts.columns import Columns
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


def all_columns():
    return Columns(np.arange(SIZE), np.ones(SIZE))


def first_half(params, problem):
    estimate = drawn.Estimate.of(problem, 10)
    half, _ = halves(problem, params.center.shape[1])
    return half, estimate.cells[0]


def test_with_all_columns_slope_and_loss_are_those_of_all_cells(params, whole, cell):
    half, cells = first_half(params, whole)
    step = drawn._begin(*params, half, cells, all_columns(), cell)
    assert step.loss == pytest.approx(newton.loss(params, whole), rel=1e-12)
    dense = jnp.asarray(whole.by_center.toarray())
    expected = jnp.outer(jnp.asarray(half.weight), jnp.asarray(half.other))
    offset = 0 if step.offset is None else step.offset[None, :]

    def total(rows):
        return cell.value(rows @ step.basis.T + offset, dense, expected).sum()

    slope = jax.grad(total)(step.rows)
    np.testing.assert_allclose(step.slope, slope, atol=1e-10 * float(jnp.abs(slope).max()))


def test_estimates_are_right_on_average(params, whole):
    """At given biases; the logarithm in the best bias of a softmax is not linear in the sum."""
    whole = whole._replace(cell=whole.cell._replace(shift=None))
    estimate = drawn.Estimate.of(whole, 40)
    found = [drawn.loss(params, estimate, key(seed)) for seed in range(300)]
    error, spread = np.mean(found) - newton.loss(params, whole), np.std(found)
    assert abs(error) <= 4 * spread / np.sqrt(len(found)) + 1e-9 * abs(np.mean(found))


@pytest.mark.parametrize("scale", [0.02, 1.0, 20.0])
def test_no_step_raises_the_estimate(params, whole, cell, scale):
    estimate = drawn.Estimate.of(whole, 40)
    width = params.center.shape[1]
    params = with_biases(EmbeddingParams(*(scale * table[:, :DIM] for table in params)), cell)
    for number in range(3):
        for table, half in enumerate(halves(whole, width)):
            chosen = drawn._drawn(estimate, table, key(number))
            mine, others = params[table], params[1 - table]
            cells = estimate.cells[table]
            mine, others, before = drawn._improve_half(mine, others, half, cells, chosen, cell)
            after = drawn._begin(mine, others, half, cells, chosen, cell).loss
            assert np.isfinite(after) and after <= before + 1e-9 * abs(before)
            params = EmbeddingParams(*((others, mine) if table else (mine, others)))


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

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext.base.errors import InputError
from jaxtext.base.types import EmbeddingParams
from jaxtext.models import cells, skipgram

CELLS = {
    "logistic": cells.LOGISTIC,
    "exponential": cells.EXPONENTIAL,
    "squares": cells.SQUARES,
    "weighted squares": cells.weighted_squares(20.0, 0.6),
}
SCORES = jnp.linspace(-9, 9, 37)


def grid():
    """Scores, counts and weights of cells: with and without pairs, above and below x_max."""
    parts = jnp.meshgrid(
        SCORES, jnp.array([0.0, 0.3, 7.0, 500.0]), jnp.array([0.0, 0.02, 4.0]), indexing="ij"
    )
    return tuple(part.ravel() for part in parts)


@pytest.fixture(params=CELLS)
def cell(request):
    return CELLS[request.param]


def derivative(function, times=1):
    """Of a function of (s, n, e) in s, cell by cell."""
    for _ in range(times):
        function = jax.grad(function)
    return jax.vmap(function)(*grid())


def test_derivative_and_curvature_are_those_of_the_value(cell):
    np.testing.assert_allclose(cell.derivative(*grid()), derivative(cell.value), atol=1e-10)
    np.testing.assert_allclose(cell.curvature(*grid()), derivative(cell.value, 2), atol=1e-10)
    assert (cell.curvature(*grid()) >= 0).all()


def test_growth_bounds_the_third_derivative_and_no_tighter_number_does(cell):
    third, curvature = derivative(cell.value, 3), cell.curvature(*grid())
    assert (jnp.abs(third) <= cell.growth * curvature + 1e-9 * curvature.max()).all()
    positive = curvature > 1e-3
    tightest = (jnp.abs(third) / jnp.where(positive, curvature, 1))[positive].max()
    assert tightest >= 0.99 * cell.growth


def test_a_cell_is_its_pairs_and_its_weight_times_one_function(cell):
    s, n, e = grid()
    zero, one = jnp.zeros_like(n), jnp.ones_like(e)
    for function in (cell.value, cell.derivative, cell.curvature):
        parts = function(s, n, zero) + e * function(s, zero, one)
        np.testing.assert_allclose(function(s, n, e), parts, rtol=1e-12, atol=1e-9)
        assert (function(s, zero, zero) == 0).all()


def test_the_separable_softmax_is_the_negative_log_likelihood(rng):
    counts, params = rng.integers(0, 9, (6, 6)).astype(float), rng.normal(size=(2, 6, 3))
    params = EmbeddingParams(*map(jnp.asarray, params))
    scores, pairs = params.center @ params.context.T, counts.sum(axis=1)
    cell, e = cells.EXPONENTIAL, cells.EXPONENTIAL.factors(pairs, np.full(6, 1 / 6), 5)
    weights = jnp.outer(*e)
    background = cell.value(scores, jnp.zeros_like(counts), weights).sum(1)
    best = scores + cell.shift(jnp.asarray(pairs), background)[:, None]
    found = cell.value(best, counts, weights).sum(1) - cell.constant(pairs)
    rows, columns = np.nonzero(counts)
    losses = jax.vmap(skipgram.pair_loss, (None, 0, 0))(params, rows, columns)
    expected = np.bincount(rows, counts[rows, columns] * losses, 6)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    for moved in (-0.01, 0.01):
        assert (
            cell.value(best + moved, counts, weights).sum(1) - cell.constant(pairs) > found
        ).all()


def test_weighted_squares_are_the_published_objective():
    cell = cells.weighted_squares()
    n = jnp.array([0.0, 1.0, 100.0, 1e4])
    s = jnp.array([3.0, 3.0, 3.0, 3.0])
    expected = [
        0, 0.01**0.75 * 9 / 2, (3 - np.log(100)) ** 2 / 2, (3 - np.log(1e4)) ** 2 / 2,
    ]  # fmt: skip
    np.testing.assert_allclose(cell.value(s, n, jnp.zeros(4)), expected, rtol=1e-12)
    assert cell.center_bias and cell.context_bias
    assert cells.weighted_squares() is cell  # compiled once


@pytest.mark.parametrize(("name", "value"), [("x_max", 0.0), ("alpha", -1.0), ("x_max", np.nan)])
def test_weights_that_cannot_be_used_are_named(name, value):
    with pytest.raises(InputError, match="must be positive") as error:
        cells.weighted_squares(**{name: value})
    assert error.value.parameter == name

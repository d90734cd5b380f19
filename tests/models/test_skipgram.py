import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import skipgram


@pytest.fixture
def tables(random_params):
    return tuple(map(np.asarray, random_params))


def test_probabilities_sum_to_one_and_equal_the_formula(random_params, tables):
    for center in range(11):
        powers = np.exp(tables[1] @ tables[0][center])
        found = skipgram.probabilities(random_params, center)
        np.testing.assert_allclose(found, powers / powers.sum(), rtol=1e-12)


def test_uniform_scores_cost_ln_v():
    params = EmbeddingParams(jnp.ones((7, 2)), jnp.ones((7, 2)))
    assert skipgram.pair_loss(params, 3, 5) == pytest.approx(np.log(7))


def test_loss_is_unmoved_by_a_number_added_to_all_scores(random_params):
    wide = EmbeddingParams(
        jnp.pad(random_params.center, ((0, 0), (0, 1)), constant_values=1.0),
        jnp.pad(random_params.context, ((0, 0), (0, 1)), constant_values=3.0),
    )
    before, after = (float(skipgram.pair_loss(p, 2, 4)) for p in (random_params, wide))
    assert before == pytest.approx(after, rel=1e-12)


def test_batch_loss_is_the_mean(random_params):
    losses = [float(skipgram.pair_loss(random_params, w, c)) for w, c in ((0, 1), (2, 2))]
    found = skipgram.batch_loss(random_params, jnp.array([0, 2]), jnp.array([1, 2]))
    assert found == pytest.approx(np.mean(losses))


def test_likelihood_is_the_product_over_pairs_within_the_text(random_params):
    ids = np.array([3, 1, 3])
    p = [np.asarray(skipgram.probabilities(random_params, w)) for w in ids]
    expected = p[0][1] * p[1][3] * p[1][3] * p[2][1]
    assert skipgram.likelihood(random_params, ids, 1) == pytest.approx(expected, rel=1e-10)
    nll = skipgram.negative_log_likelihood(random_params, ids, 1)
    assert nll == pytest.approx(-np.log(expected) / 3, rel=1e-10)


@pytest.mark.parametrize(("center", "context"), [(0, 1), (4, 4)])
def test_one_example_changes_one_center_row_and_every_context_row(random_params, center, context):
    rows = skipgram.updated_rows(random_params, center, context)
    assert rows == ([center], list(range(11)))
    step = jax.grad(skipgram.pair_loss)(random_params, center, context)
    assert np.asarray(step.context)[center].any()


@pytest.mark.parametrize("size", [1e3, 1e4])
def test_extreme_scores_keep_loss_and_gradient_finite(size):
    params = EmbeddingParams(jnp.full((2, 1), size), jnp.array([[1.0], [-1.0]]))
    loss, gradient = jax.value_and_grad(skipgram.pair_loss)(params, 0, 1)
    assert loss == pytest.approx(2 * size)
    assert all(jnp.isfinite(table).all() for table in gradient)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: skipgram.batch_loss(p, jnp.array([11]), jnp.array([0])), "centers: .* id 11"),
        (lambda p: skipgram.batch_loss(p, jnp.array([0]), jnp.array([-1])), "contexts: .* id -1"),
        (lambda p: skipgram.updated_rows(p, 11, 0), "center: no word has id 11"),
        (lambda p: skipgram.batch_loss(p, jnp.array([0]), jnp.array([99])), "contexts.*99"),
        (lambda p: skipgram.updated_rows(p, 0, 12), "context.*12"),
        (lambda p: skipgram.negative_log_likelihood(p, np.array([0, 1]), 0), "window: found 0"),
        (lambda p: skipgram.negative_log_likelihood(p, np.array([0]), 2), "no pairs"),
        (lambda p: skipgram.negative_log_likelihood(p, np.array([0, 11]), 2), "ids.*11"),
        (lambda p: skipgram.likelihood(p, np.array([0, 11]), 2), "ids.*11"),
        (lambda p: skipgram.parameter_count(0, 5), "vocab_size: found 0"),
        (lambda p: skipgram.init(jax.random.key(0), 5, 0), "dim: found 0"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_bad_arguments_are_named(random_params, call, message):
    with pytest.raises(ValueError, match=message):
        call(random_params)

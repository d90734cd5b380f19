import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext.models import sgns
from jaxtext.types import EmbeddingParams


@pytest.mark.parametrize("negatives", [1, 5])
def test_zero_context_vectors_give_one_plus_k_times_ln_two(negatives):
    params = sgns.init(jax.random.key(0), 9, 4)
    loss = sgns.pair_loss(params, jnp.array(0), jnp.array(1), jnp.zeros(negatives, int))
    np.testing.assert_allclose(loss, (1 + negatives) * np.log(2), rtol=1e-12)


@pytest.mark.parametrize(
    "negatives", [[2, 3], [2, 2], [1, 2]], ids=["distinct", "repeated", "equal_to_context"]
)
def test_pair_loss_equals_the_formula_term_by_term(random_params, negatives):
    center, context = random_params
    expected = np.log1p(np.exp(-float(center[0] @ context[1])))
    for n in negatives:
        expected += 0.5 * np.log1p(np.exp(float(center[0] @ context[n])))
    loss = sgns.pair_loss(random_params, jnp.array(0), jnp.array(1), jnp.array(negatives), 0.5)
    np.testing.assert_allclose(loss, expected, rtol=1e-12)


def test_batch_loss_is_the_mean_over_pairs(random_params, rng):
    centers, contexts = jnp.asarray(rng.integers(11, size=(2, 7)))
    negatives = jnp.asarray(rng.integers(11, size=(7, 3)))
    losses = [
        float(sgns.pair_loss(random_params, *example))
        for example in zip(centers, contexts, negatives, strict=True)
    ]
    mean = sgns.batch_loss(random_params, centers, contexts, negatives)
    np.testing.assert_allclose(mean, np.mean(losses), rtol=1e-12)


def test_an_invertible_map_of_both_tables_leaves_every_loss_alone(random_params, rng):
    change = jnp.asarray(rng.normal(size=(6, 6)))
    moved = EmbeddingParams(
        random_params.center @ change, random_params.context @ jnp.linalg.inv(change).T
    )
    example = jnp.array(3), jnp.array(4), jnp.array([5, 6, 6])
    before, after = (sgns.pair_loss(params, *example) for params in (random_params, moved))
    np.testing.assert_allclose(before, after, rtol=1e-9)


@pytest.mark.parametrize("size", [1e3, 1e4])
def test_extreme_scores_keep_loss_and_gradient_finite(size):
    params = EmbeddingParams(jnp.full((2, 1), size), jnp.array([[1.0], [-1.0]]))
    for context, negative in ((0, 1), (1, 0)):
        example = jnp.array(0), jnp.array(context), jnp.array([negative])
        loss, gradient = jax.value_and_grad(sgns.pair_loss)(params, *example)
        assert jnp.isfinite(loss)
        assert all(jnp.isfinite(table).all() for table in gradient)


def test_init_is_word2vecs_and_follows_the_key():
    a, b, c = (sgns.init(jax.random.key(k), 50, 10) for k in (0, 0, 1))
    assert (a.center == b.center).all()
    assert (a.center != c.center).any()
    assert float(jnp.abs(a.center).max()) <= 0.05
    assert (a.context == 0).all()

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext import text
from jaxtext.base.types import EmbeddingParams
from jaxtext.models import sgns
from jaxtext.training.sampling import noise_cdf, sample_negatives


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


NOISE = np.array([0.5, 0.3, 0.2])


@pytest.fixture
def small(rng):
    return EmbeddingParams(*jnp.asarray(rng.normal(size=(2, 3, 4))))


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("context", [0, 2])
def test_expected_pair_loss_is_the_mean_over_every_draw(small, k, context):
    total = 0.0
    for drawn in product(range(3), repeat=k):
        loss = sgns.pair_loss(small, 0, context, np.array(drawn))
        total += NOISE[list(drawn)].prod() * float(loss)
    expected = sgns.expected_pair_loss(small, 0, context, NOISE, k)
    assert total == pytest.approx(float(expected), rel=1e-12)


def test_mean_of_sampled_losses_is_within_five_standard_errors(small):
    drawn = sample_negatives(jax.random.key(8), noise_cdf(NOISE), (40_000, 5))
    losses = np.asarray(jax.vmap(lambda n: sgns.pair_loss(small, 1, 2, n))(drawn))
    expected = float(sgns.expected_pair_loss(small, 1, 2, NOISE, 5))
    assert abs(losses.mean() - expected) < 5 * losses.std() / len(losses) ** 0.5


def test_expected_loss_is_the_sum_over_all_pairs_of_a_text(small, rng):
    ids = rng.integers(0, 3, 30)
    listed = text.pairs(ids, 2)
    counts = np.zeros((3, 3), int)
    np.add.at(counts, tuple(listed.T), 1)
    each = jax.vmap(lambda w, c: sgns.expected_pair_loss(small, w, c, NOISE, 4))
    total = each(jnp.asarray(listed[:, 0]), jnp.asarray(listed[:, 1])).sum()
    assert sgns.expected_loss(small, counts, NOISE, 4) == pytest.approx(float(total), rel=1e-12)


def test_zero_scores_cost_ln_two_for_each_pair_and_negative():
    counts = np.array([[2.0, 0], [1, 3]])
    loss = sgns.score_loss(jnp.zeros((2, 2)), counts, np.array([0.9, 0.1]), 4)
    assert loss == pytest.approx(6 * 5 * np.log(2))


def ids(example):
    """A batch of one example."""
    return jnp.array([example])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: sgns.batch_loss(p, ids(3), ids(0), ids([1])), "centers: no word has id 3"),
        (lambda p: sgns.batch_loss(p, ids(0), ids(3), ids([1])), "contexts: no word has id 3"),
        (lambda p: sgns.batch_loss(p, ids(0), ids(0), ids([1, -2])), "negatives: .* id -2"),
        (lambda p: sgns.batch_loss(p, [0.0], ids(0), ids([1])), "centers: .* whole numbers"),
        (lambda p: sgns.expected_pair_loss(p, 0, 0, NOISE, 0), "negatives: found 0"),
        (lambda p: sgns.expected_pair_loss(p, 0, 0, NOISE[:2], 1), "noise: shape"),
        (lambda p: sgns.expected_loss(p, np.ones((3, 3)), NOISE * 2, 1), "noise: sums to 2"),
        (lambda p: sgns.expected_loss(p, -np.ones((3, 3)), NOISE, 1), "counts: found -1"),
        (lambda p: sgns.expected_loss(p, np.ones((2, 3)), NOISE, 1), "counts: shape"),
        (lambda p: sgns.init(jax.random.key(0), 0, 3), "vocab_size: found 0"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_bad_arguments_are_named(small, call, message):
    with pytest.raises(ValueError, match=message):
        call(small)


def test_ids_are_checked_outside_compiled_code_only(small):
    batch = ids(0), ids(1), ids([2])
    loss = jax.jit(sgns.batch_loss)(small, *batch)
    assert float(loss) == pytest.approx(float(sgns.batch_loss(small, *batch)))

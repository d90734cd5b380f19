import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext.training.sampling import (
    keep_probability,
    noise_cdf,
    noise_distribution,
    pair_batches,
    sample_negatives,
)

COUNTS = np.array([1000, 300, 50, 5, 1])


def test_keep_probability_is_the_rule_of_word2vec():
    total, threshold = COUNTS.sum(), 1e-2
    expected = [
        min(1.0, (np.sqrt(n / (threshold * total)) + 1) * threshold * total / n) for n in COUNTS
    ]
    np.testing.assert_allclose(keep_probability(COUNTS, threshold), expected, rtol=1e-12)


def test_threshold_zero_keeps_every_token():
    assert keep_probability(COUNTS, 0.0).tolist() == [1.0] * 5


@pytest.mark.parametrize("exponent", [0.0, 0.75, 1.0, -0.5])
def test_noise_is_counts_to_the_power_normalised(exponent):
    weights = [n**exponent for n in COUNTS.tolist()]
    noise = noise_distribution(COUNTS, exponent)
    np.testing.assert_allclose(noise, np.array(weights) / sum(weights), rtol=1e-12)


@pytest.mark.parametrize("exponent", [0.0, 0.75, 1.0])
def test_negatives_follow_the_noise_within_five_standard_errors(exponent):
    noise = noise_distribution(COUNTS, exponent)
    size = 200_000
    drawn = np.asarray(sample_negatives(jax.random.key(1), noise_cdf(noise), (size,)))
    share = np.bincount(drawn, minlength=5) / size
    error = np.sqrt(noise * (1 - noise) / size)
    assert (np.abs(share - noise) < 5 * error).all()


def test_rare_words_of_a_large_vocabulary_are_drawn_as_often_as_they_should():
    counts = np.full(1_000_000, 1)
    counts[0] = 10**9
    cdf = noise_cdf(noise_distribution(counts, 1.0))
    size = 1_000_000
    rare = (np.asarray(sample_negatives(jax.random.key(2), cdf, (size,))) > 0).mean()
    share = (10**6 - 1) / (10**9 + 10**6 - 1)
    assert abs(rare - share) < 5 * np.sqrt(share / size)


def test_words_of_probability_zero_are_never_drawn_even_at_the_ends():
    cdf = noise_cdf(np.array([0.0, 0.5, 0.0, 0.5, 0.0]))
    extremes = jnp.array([0, 2**31 - 1, 2**31, 2**32 - 1], jnp.uint32)
    drawn = set(np.asarray(sample_negatives(jax.random.key(0), cdf, (1000,))).tolist())
    assert drawn == {1, 3}
    found = jnp.searchsorted(jnp.asarray(cdf), extremes, side="right")
    assert found[:3].tolist() == [1, 1, 3]


def test_the_same_key_gives_the_same_negatives():
    cdf = noise_cdf(noise_distribution(COUNTS, 0.75))
    a, b, c = (sample_negatives(jax.random.key(k), cdf, (50,)) for k in (0, 0, 1))
    assert (a == b).all()
    assert (a != c).any()


def test_pair_batches_hold_every_pair_once_an_epoch():
    pairs = np.array([[i, i + 1] for i in range(12)])
    cdf = noise_cdf(noise_distribution(np.ones(13, int), 1.0))
    batches = list(pair_batches(jax.random.key(0), pairs, cdf, batch_size=4, negatives=3, epochs=2))
    assert [batch[2].shape for batch in batches] == [(4, 3)] * 6
    first, second = (
        [int(c) for batch in half for c in batch[0]] for half in (batches[:3], batches[3:])
    )
    assert sorted(first) == sorted(second) == list(range(12))
    assert first != second
    assert all((context == center + 1).all() for center, context, _ in batches)


@pytest.mark.parametrize("counts", [[1, -1], [0, 0]])
def test_noise_of_impossible_counts_is_refused(counts):
    with pytest.raises(ValueError, match="counts: found"):
        noise_distribution(np.array(counts), 0.75)

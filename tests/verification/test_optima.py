import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext.models import pmi, sgns
from jaxtext.verification import optima, references
from jaxtext.verification.sheet import examples

COUNTS, NOISE = examples.small_counts()
SMOOTHED = np.array([0.3, 0.25, 0.2, 0.15, 0.1])


@pytest.mark.parametrize("k", [1, 5])
def test_kept_negatives_and_unigram_noise_give_shifted_pmi(k):
    found = optima.score_optimum(COUNTS, NOISE, k)
    np.testing.assert_allclose(found, pmi.shifted_pmi(COUNTS, k), atol=1e-12)


@pytest.mark.parametrize("equal", optima.EQUAL)
@pytest.mark.parametrize("noise", [NOISE, SMOOTHED], ids=["unigram", "smoothed"])
def test_the_gradient_pair_by_pair_vanishes_at_the_variants_optimum_and_nowhere_near(equal, noise):
    best = optima.score_optimum(COUNTS, noise, 3, equal)
    slope = references.variant_gradient(best, COUNTS, noise, 3, equal)
    np.testing.assert_allclose(slope, 0, atol=1e-10)
    beside = references.variant_gradient(best + 0.1, COUNTS, noise, 3, equal)
    assert (beside > 0).all()


@pytest.mark.parametrize("equal", optima.EQUAL)
def test_negative_counts_are_frequencies_of_simulated_negatives(equal):
    rng = np.random.default_rng(1)
    counts = np.array([[3.0, 1.0], [2.0, 4.0]])
    noise, rounds, k = np.array([0.7, 0.3]), 4000, 2
    found = np.zeros((2, 2))
    for w, c in np.argwhere(counts):
        for _ in range(int(counts[w, c]) * rounds * k):
            n = int(rng.random() >= noise[0])
            while equal == "redraw" and n == c:
                n = int(rng.random() >= noise[0])
            found[w, n] += not (equal == "skip" and n == c)
    expected = optima.negative_counts(counts, noise, k, equal)
    # A sum of independent draws: its standard error is at most the root of its mean.
    assert (np.abs(found / rounds - expected) < 5 * np.sqrt(expected / rounds)).all()


@pytest.mark.parametrize("equal", optima.EQUAL)
def test_training_from_random_vectors_ends_at_the_optimum(equal):
    e = optima.negative_counts(COUNTS, SMOOTHED, 2, equal)
    most = (COUNTS + e).max()
    found = jax.jit(
        lambda key: optima.train(
            key, lambda s: optima.weighted_loss(s, COUNTS / most, e / most), 5, 7
        )
    )(jax.random.key(11))
    best = optima.score_optimum(COUNTS, SMOOTHED, 2, equal)
    np.testing.assert_allclose(found, best, atol=1e-8)


def test_the_optimum_is_the_least_value_of_the_objective(rng):
    best = jnp.asarray(optima.score_optimum(COUNTS, NOISE, 2))
    least = float(sgns.score_loss(best, COUNTS, NOISE, 2))
    for _ in range(5):
        beside = best + jnp.asarray(rng.normal(size=(5, 5)))
        assert float(sgns.score_loss(beside, COUNTS, NOISE, 2)) > least


def test_unseen_pairs_go_to_minus_infinity_and_rows_without_negatives_to_plus_infinity():
    counts = np.array([[2.0, 0.0], [1.0, 1.0]])
    assert np.isneginf(optima.score_optimum(counts, np.array([0.5, 0.5]), 1)[0, 1])
    # All pairs of the first word have the same context, so that it is never a negative there.
    assert np.isposinf(optima.score_optimum(counts, np.array([0.5, 0.5]), 1, "skip")[0, 0])


def test_conditional_from_scores_is_a_distribution_whatever_the_scores(rng):
    found = optima.conditional_from_scores(rng.normal(size=(5, 5)) * 50, SMOOTHED)
    np.testing.assert_allclose(found.sum(1), 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optima.negative_counts(-COUNTS, NOISE, 1, "keep"), "counts: found -"),
        (lambda: optima.negative_counts(COUNTS, NOISE * 3, 1, "keep"), "noise: sums to 3"),
        (lambda: optima.negative_counts(COUNTS, NOISE, 0, "keep"), "negatives: found 0"),
        (lambda: optima.negative_counts(COUNTS, NOISE, 1, "drop"), "equal: found 'drop'"),
        (lambda: optima.score_optimum(COUNTS, np.eye(5)[0], 1, "redraw"), "one word has all"),
        (lambda: optima.score_optimum(COUNTS, NOISE[:3], 1), "noise: shape"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()

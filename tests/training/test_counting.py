import jax
import numpy as np
import pytest

from jaxtext import text
from jaxtext.base.errors import InputError
from jaxtext.training import counting
from jaxtext.training.sampling import keep_probability, noise_distribution
from jaxtext.training.settings import Exact, Sgns, Svd


@pytest.mark.parametrize("seed", [0, 1, 7, 2**31, 2**32 - 1])
def test_seed_of_a_key_is_the_number_that_it_was_made_of(seed):
    assert counting.seed_of(jax.random.key(seed)) == seed


def test_seed_of_other_keys_has_all_their_bits():
    parts = [counting.seed_of(part) for part in jax.random.split(jax.random.key(0), 100)]
    assert len(set(parts)) == 100 and max(parts) > 2**32
    high, low = np.asarray(jax.random.key_data(jax.random.fold_in(jax.random.key(0), 3))).tolist()
    assert counting.seed_of(jax.random.fold_in(jax.random.key(0), 3)) == (high << 32) + low
    four = jax.random.key(1, impl="rbg")
    assert counting.seed_of(four) != counting.seed_of(jax.random.key(2, impl="rbg"))


@pytest.mark.parametrize("method", [Sgns(subsample=0.01), Exact(subsample=0.01)])
def test_pairs_of_one_thinned_text_are_counted_and_noise_is_that_of_words(corpus, method):
    vocab, ids, *_ = corpus
    found = counting.objective(jax.random.key(3), vocab, ids, method)
    keep = keep_probability(vocab.counts, 0.01)
    thin = text.thinned(ids, keep, np.random.default_rng([3, counting.THINNING]))
    expected = text.cooccurrence(thin, len(vocab), 5, dynamic=True)
    np.testing.assert_array_equal(found.counts.toarray(), expected.toarray())
    assert len(thin.ids) < len(ids.ids)
    np.testing.assert_array_equal(found.noise, noise_distribution(vocab.counts, 0.75))
    assert found.negatives == 5


def test_the_key_decides_which_words_are_thinned_out(corpus):
    vocab, ids, *_ = corpus
    totals = [
        counting.objective(jax.random.key(seed), vocab, ids, Exact(subsample=0.01)).counts
        for seed in (0, 0, 1)
    ]
    assert (totals[0] != totals[1]).nnz == 0 and (totals[0] != totals[2]).nnz > 0


def test_svd_counts_expected_weights_and_has_the_noise_of_pairs(corpus):
    vocab, ids, *_ = corpus
    method = Svd(subsample=0.01, noise_exponent=0.5, negatives=2, window=3)
    found = counting.objective(jax.random.key(0), vocab, ids, method)
    keep = keep_probability(vocab.counts, 0.01)
    expected = text.cooccurrence(ids, len(vocab), 3, dynamic=True, keep=keep)
    np.testing.assert_array_equal(found.counts.toarray(), expected.toarray())
    roots = np.sqrt(expected.sum(axis=0))
    np.testing.assert_allclose(found.noise, roots / roots.sum(), rtol=1e-12)
    assert found.negatives == 2
    # Over many keys, what the others thin has this expectation.
    other = Exact(subsample=0.01, window=3)
    sums = [
        counting.objective(jax.random.key(seed), vocab, ids, other).counts.sum()
        for seed in range(20)
    ]
    error = np.std(sums, ddof=1) / np.sqrt(len(sums))
    assert (
        abs(np.mean(sums) / expected.sum() - 1) < 0.05
        or abs(np.mean(sums) - expected.sum()) < 5 * error
    )


def test_rows_of_some_centers_are_those_of_all(corpus):
    vocab, ids, *_ = corpus
    some, whole = (
        counting.objective(jax.random.key(0), vocab, ids, Exact(), centers).counts.toarray()
        for centers in (np.array([3, 7]), None)
    )
    np.testing.assert_array_equal(some[[3, 7]], whole[[3, 7]])
    assert not np.delete(some, [3, 7], axis=0).any()


@pytest.mark.parametrize("method", [Exact(subsample=0.0), Svd(subsample=0.0)])
@pytest.mark.parametrize(
    ("alone", "message"),
    [
        ([], ""),
        (["d"], "1 word never has a neighbor (for example 'd'), so the counts carry no "),
        (["d", "d", "e"], "2 words never have a neighbor (for example 'd'), so the counts"),
    ],
)
def test_words_without_a_pair_are_counted(read, method, alone, message):
    vocab, ids, *_ = read(["a b c a b c"] * 9 + alone)
    counts = counting.objective(jax.random.key(0), vocab, ids, method).counts
    told = counting.without_pairs(np.asarray(counts.sum(axis=1)), vocab)
    assert told.startswith(message) and bool(told) == bool(alone)


def test_a_text_without_any_pair_is_refused(read):
    vocab, ids, *_ = read(["a", "b"])
    with pytest.raises(InputError, match="^subsample=0.1: subsampling leaves no pair of words"):
        counting.objective(jax.random.key(0), vocab, ids, Exact(subsample=0.1))
    counts = counting.objective(jax.random.key(0), vocab, ids, Exact(), np.array([0])).counts
    assert counts.nnz == 0

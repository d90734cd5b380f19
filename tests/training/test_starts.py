import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import sparse

from jaxtext.base.errors import InputError
from jaxtext.base.types import EmbeddingParams
from jaxtext.models import pmi
from jaxtext.text import Vocab
from jaxtext.training import exact, starts
from jaxtext.vectors.embeddings import Embeddings

SIZE, DIM, NEGATIVES = 300, 7, 5


def test_the_start_has_ln_k_in_every_score(counts):
    """What k adds to the scores is one number, -ln k, that a dimension is kept for."""
    one, five = (starts.singular_vectors(counts, negatives, DIM) for negatives in (1, 5))
    change = five.center @ five.context.T - one.center @ one.context.T
    np.testing.assert_allclose(change, np.full((SIZE, SIZE), -np.log(5)), atol=1e-5)


def test_random_tables_have_scores_of_unit_scale_and_follow_from_the_key():
    center, context = starts.random(jax.random.key(0), 2_000, 16)
    assert center.dtype == context.dtype == np.float32
    for table in (center, context):
        assert abs(float(table.mean())) < 5 / 4 / np.sqrt(table.size)
        assert float(table.var()) == pytest.approx(1 / 16, rel=5 * np.sqrt(2 / table.size))
    assert abs(np.corrcoef(center.ravel(), context.ravel())[0, 1]) < 5 / np.sqrt(center.size)
    again, other = (starts.random(jax.random.key(n), 2_000, 16) for n in (0, 1))
    np.testing.assert_array_equal(again.center, center)
    assert (np.asarray(other.center) != np.asarray(center)).any()


def test_singular_vectors_of_full_rank_are_the_positive_pmi_itself(rng):
    seen = rng.integers(0, 9, (30, 30)) + np.eye(30, dtype=int)
    start = starts.singular_vectors(seen, 1, 30)
    # The last dimension goes to ln k, which is zero: what it held is all that is missing.
    expected = pmi.positive(pmi.pmi(seen))
    missing = np.linalg.svd(np.asarray(start.center @ start.context.T) - expected)[1]
    assert missing[0] == pytest.approx(np.linalg.svd(expected)[1][-1], abs=1e-4)
    assert missing[1] < 1e-4


def test_one_dimension_is_not_given_away(counts):
    center, context = starts.singular_vectors(counts, NEGATIVES, 1)
    assert np.ptp(center) > 0 and np.ptp(context) > 0


def test_a_start_from_frequent_words_is_nearly_as_good(rng, counts, noise):
    def loss(params):
        return exact.loss(params, exact.problem(counts, noise, NEGATIVES))

    whole, some = (
        starts.singular_vectors(counts, NEGATIVES, DIM, words=words) for words in (None, 60)
    )
    assert some.center.dtype == some.context.dtype == np.float32
    for table in (0, 1):
        shuffled = list(some)
        shuffled[table] = jnp.asarray(rng.permutation(some[table]))
        between = loss(EmbeddingParams(*shuffled)) - loss(whole)
        assert abs(loss(some) - loss(whole)) < 0.25 * between


def test_frequent_words_suffice_where_their_rank_is_that_of_all(rng):
    """Any M independent rows and columns of a matrix of rank M determine it (Nyström)."""
    factors = np.abs(rng.normal(size=(2, 40, 3))) + 0.1
    matrix = sparse.csr_array(factors[0] @ factors[1].T)
    pmi = starts.PositivePmi.of(matrix, None)._replace(
        by_center=matrix, centers=np.arange(40.0), contexts=np.arange(40.0)[::-1]
    )
    found = starts._extended_svd(pmi, 3, words=10)
    product = (found.left * found.values) @ found.right.T
    np.testing.assert_allclose(product, matrix.toarray(), rtol=1e-6)


@pytest.fixture
def given(rng):
    """Vectors of three words, in an order that is not that of the text."""
    vocab = Vocab(("c", "x", "a"), np.array([3, 2, 1]))
    return Embeddings(vocab, *rng.normal(size=(2, 3, 4)).astype(np.float32))


@pytest.fixture
def usual(rng):
    return EmbeddingParams(*jnp.asarray(rng.normal(size=(2, 3, 4)), jnp.float32))


TEXT = Vocab(("a", "b", "c"), np.array([9, 9, 9]))


def test_known_words_begin_at_their_vectors_and_new_words_as_usual(given, usual):
    before = [np.array(table) for table in usual]
    found = starts.given(given, TEXT, usual)
    for table, theirs, ours in zip(found, (given.center, given.context), usual, strict=True):
        np.testing.assert_array_equal(table, np.stack([theirs[2], ours[1], theirs[0]]))
    for table, untouched in zip(usual, before, strict=True):
        np.testing.assert_array_equal(table, untouched)


def test_a_start_without_contexts_keeps_the_usual_ones(given, usual):
    found = starts.given(Embeddings(given.vocab, given.center), TEXT, usual)
    np.testing.assert_array_equal(found.context, usual.context)
    np.testing.assert_array_equal(found.center[0], given.center[2])


def test_a_start_of_other_dimension_or_of_other_words_is_refused(given, usual):
    wide = EmbeddingParams(*jnp.zeros((2, 3, 5)))
    with pytest.raises(InputError, match="^start: has 4 dimensions and the method 5: use dim=4"):
        starts.given(given, TEXT, wide)
    with pytest.raises(InputError, match="^start: has none of the words of this text"):
        starts.given(given, Vocab(("d", "e", "f"), np.array([1, 1, 1])), usual)

import numpy as np
import pytest
from scipy import sparse

from jaxtext.models import factorization, pmi


@pytest.fixture
def matrix(rng):
    """90 x 70, with singular values that fall quickly."""
    return rng.normal(size=(90, 12)) * 2.0 ** -np.arange(12) @ rng.normal(size=(12, 70))


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("dim", [1, 5])
def test_singular_values_and_vectors_are_those_of_numpy(matrix, form, dim):
    u, s, vt = np.linalg.svd(matrix)
    found = factorization.truncated_svd(form(matrix), dim)
    np.testing.assert_allclose(found.values, s[:dim], rtol=1e-6)
    np.testing.assert_allclose(np.abs((found.left * u[:, :dim]).sum(0)), 1, rtol=1e-5)
    np.testing.assert_allclose(np.abs((found.right * vt[:dim].T).sum(0)), 1, rtol=1e-5)


def test_no_matrix_of_the_same_rank_is_nearer(matrix, rng):
    svd = factorization.truncated_svd(matrix, 3)
    best = np.linalg.norm(matrix - svd.left * svd.values @ svd.right.T)
    _, s, _ = np.linalg.svd(matrix)
    assert best == pytest.approx(np.linalg.norm(s[3:]))
    for _ in range(5):
        left = svd.left + 0.01 * rng.normal(size=svd.left.shape)
        other = left * svd.values @ svd.right.T
        assert np.linalg.norm(matrix - other) > best


def test_signs_and_order_are_fixed(matrix):
    svd = factorization.truncated_svd(sparse.csr_array(matrix), 4)
    again = factorization.truncated_svd(sparse.csr_array(matrix), 4)
    assert all((a == b).all() for a, b in zip(svd, again, strict=True))
    assert (np.diff(svd.values) <= 0).all()
    largest = np.abs(svd.left).argmax(0)
    assert (svd.left[largest, np.arange(4)] > 0).all()
    # Turning the whole matrix around turns the contexts, not the words.
    turned = factorization.truncated_svd(sparse.csr_array(-matrix), 4)
    np.testing.assert_allclose(turned.left, svd.left, atol=1e-6)
    np.testing.assert_allclose(turned.right, -svd.right, atol=1e-6)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_scores_are_the_matrix_whatever_the_power(matrix, power):
    params = factorization.vectors(factorization.truncated_svd(matrix, 12), power)
    np.testing.assert_allclose(params.center @ params.context.T, matrix, atol=1e-10)


def test_both_tables_can_have_the_same_power(matrix):
    svd = factorization.truncated_svd(matrix, 4)
    params = factorization.vectors(svd, 0.0, context_power=0.0)
    np.testing.assert_array_equal(params.center, svd.left)
    np.testing.assert_array_equal(params.context, svd.right)


def test_full_power_keeps_the_dot_products_of_rows(matrix):
    params = factorization.vectors(factorization.truncated_svd(matrix, 12), power=1.0)
    np.testing.assert_allclose(params.center @ params.center.T, matrix @ matrix.T, atol=1e-9)


def test_power_zero_leaves_orthonormal_columns(matrix):
    params = factorization.vectors(factorization.truncated_svd(matrix, 5), power=0.0)
    np.testing.assert_allclose(params.center.T @ params.center, np.eye(5), atol=1e-10)


def test_latent_semantic_analysis_is_the_same_function_on_words_and_documents():
    # Two topics: documents of a topic share no word, but a third joins them.
    documents = ["ship boat", "boat ocean", "ocean ship", "wood tree", "tree leaf", "leaf wood"]
    words = sorted({word for document in documents for word in document.split()})
    counts = np.array([[document.split().count(word) for document in documents] for word in words])
    svd = factorization.truncated_svd(sparse.csr_array(counts.astype(float)), 2)
    vectors = np.asarray(factorization.vectors(svd, power=1.0).center)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosine = dict(zip(words, unit @ unit[words.index("ship")], strict=True))
    assert min(cosine["boat"], cosine["ocean"]) > 0.99
    assert max(abs(cosine["tree"]), abs(cosine["leaf"])) < 0.01


@pytest.mark.parametrize("exponent", [1.0, 0.75])
def test_dense_and_sparse_pmi_agree(rng, exponent):
    counts = rng.integers(0, 4, (20, 30))
    seen = counts > 0
    for function in (
        lambda c: pmi.pmi(c, exponent),
        lambda c: pmi.shifted_pmi(c, 5, exponent),
        lambda c: pmi.positive(pmi.shifted_pmi(c, 2, exponent)),
    ):
        dense, thin = function(counts), function(sparse.csr_array(counts))
        assert sparse.issparse(thin)
        np.testing.assert_allclose(thin.toarray()[seen], dense[seen], atol=1e-12)
    assert (thin.data > 0).all()


def test_smoothing_raises_the_context_probability_of_rare_words(rng):
    counts = rng.integers(1, 30, (6, 6))
    share = counts.sum(0) ** 0.75 / (counts.sum(0) ** 0.75).sum()
    expected = np.log(counts / counts.sum(1, keepdims=True) / share)
    np.testing.assert_allclose(pmi.pmi(counts, 0.75), expected, atol=1e-12)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("dim", [0, 71])
def test_a_dimension_that_the_matrix_does_not_have_is_refused(matrix, dim):
    with pytest.raises(ValueError, match=f"dim: found {dim}"):
        factorization.truncated_svd(matrix, dim)


def test_subspace_iteration_approximates_the_singular_vectors(rng):
    """Singular values that fall by a fifth: two steps find the first ten, none does not."""
    left, right = (np.linalg.qr(rng.normal(size=(60, 60))).Q for _ in range(2))
    matrix = sparse.csr_array((left * 0.8 ** np.arange(60)) @ right.T)
    exact, quick = (
        factorization.truncated_svd(matrix, 10),
        factorization.truncated_svd(matrix, 10, steps=2),
    )
    np.testing.assert_allclose(quick.values, exact.values, rtol=1e-3)
    np.testing.assert_allclose(np.abs((quick.left * exact.left).sum(0)), 1, atol=1e-4)
    np.testing.assert_allclose(np.abs((quick.right * exact.right).sum(0)), 1, atol=1e-4)
    rough = factorization.truncated_svd(matrix, 10, steps=0)
    assert np.abs((rough.left * exact.left).sum(0)).min() < 0.999


@pytest.mark.parametrize("steps", [None, 2])
def test_a_matrix_without_entries_has_rank_zero(steps):
    empty = sparse.csr_array((30, 30))
    with pytest.raises(ValueError, match="dim: found 5, a matrix of rank 0 has no more"):
        factorization.truncated_svd(empty, 5, steps=steps)
    found = factorization.truncated_svd(empty, 5, full_rank=False, steps=steps)
    assert not found.values.any()


def test_product_svd_is_that_of_the_scores(random_params):
    found = factorization.product_svd(random_params)
    scores = np.asarray(random_params.center @ random_params.context.T)
    expected = factorization.truncated_svd(scores, 6)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-12)
    halves = factorization.vectors(found)
    np.testing.assert_allclose(halves.center @ halves.context.T, scores, atol=1e-12)


@pytest.mark.parametrize("rank", [3, 12])
def test_subspace_iteration_of_more_rows_than_columns_finds_its_singular_vectors(rng, rank):
    """Also where the matrix has fewer singular values than are asked for."""
    dense = rng.normal(size=(300, rank)) * 2.0 ** -np.arange(rank) @ rng.normal(size=(rank, 25))
    found = factorization.truncated_svd(sparse.csr_array(dense), 6, full_rank=False, steps=4)
    left, s, right = np.linalg.svd(dense, full_matrices=False)
    kept = min(rank, 6)
    np.testing.assert_allclose(found.values[:kept], s[:kept], rtol=1e-6)
    np.testing.assert_allclose(found.values[kept:], 0, atol=1e-6 * s[0])
    product = (found.left * found.values) @ found.right.T
    best = (left[:, :kept] * s[:kept]) @ right[:kept]
    np.testing.assert_allclose(product, best, atol=1e-5 * s[0])


def test_products_by_several_threads_are_those_of_the_matrix(rng):
    for size in (0, 1, 41):
        matrix, x = (rng.normal(size=shape) for shape in ((size, 7), (7, 3)))
        times = factorization.multiplier(sparse.csr_array(matrix))
        np.testing.assert_allclose(times(x), matrix @ x, atol=1e-12)
        np.testing.assert_allclose(times(x[:, 0]), matrix @ x[:, 0], atol=1e-12)

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import sparse

from jaxtext.base.types import EmbeddingParams
from jaxtext.models.cells import EXPONENTIAL, LOGISTIC, weighted_squares
from jaxtext.training.counts.halves import (
    halves,
    is_symmetric,
    oriented,
    problem,
    restored,
    with_biases,
    without_biases,
)  # fmt: skip

DIM, SIZE = 4, 30
CELLS = {"logistic": LOGISTIC, "exponential": EXPONENTIAL, "glove": weighted_squares()}


@pytest.fixture(params=CELLS)
def cell(request):
    return CELLS[request.param]


@pytest.fixture
def params(rng, cell):
    """Tables with arbitrary biases."""
    tables = EmbeddingParams(*map(jnp.asarray, rng.normal(size=(2, SIZE, DIM))))
    center, context = with_biases(tables, cell)
    if cell.center_bias:
        center = center.at[:, DIM].set(rng.normal(size=SIZE))
    if cell.context_bias:
        context = context.at[:, -1].set(rng.normal(size=SIZE))
    return EmbeddingParams(center, context)


@pytest.fixture
def both(rng, cell):
    counts = rng.integers(1, 9, (SIZE, SIZE))
    return halves(problem(counts, np.full(SIZE, 1 / SIZE), 5, np.float64, cell), DIM + cell.biases)


def test_biases_are_added_to_the_scores(params, cell):
    expected = np.asarray(params.center[:, :DIM] @ params.context[:, :DIM].T)
    if cell.center_bias:
        expected = expected + np.asarray(params.center[:, DIM])[:, None]
    if cell.context_bias:
        expected = expected + np.asarray(params.context[:, -1])[None, :]
    np.testing.assert_allclose(params.center @ params.context.T, expected, atol=1e-12)
    for table in without_biases(params, cell):
        assert table.shape == (SIZE, DIM)


@pytest.mark.parametrize("second", [False, True])
def test_the_basis_of_a_step_keeps_the_scores_and_is_orthonormal(params, cell, both, second):
    half = both[second]
    table, columns = params[::-1] if second else params
    rows, basis = oriented(table, columns, DIM, half.own)
    offset = 0 if half.offset is None else columns[:, half.offset][None, :]
    np.testing.assert_allclose(rows @ basis.T + offset, table @ columns.T, atol=1e-12)
    np.testing.assert_allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=1e-12)
    found, others = restored(rows, basis, table, columns, DIM, half.own)
    np.testing.assert_allclose(found @ others.T, table @ columns.T, atol=1e-12)


@pytest.mark.parametrize("second", [False, True])
def test_a_step_moves_vectors_and_own_biases_alone(rng, params, cell, both, second):
    half = both[second]
    table, columns = params[::-1] if second else params
    rows, basis = oriented(table, columns, DIM, half.own)
    moved = rows + rng.normal(size=rows.shape)
    found, others = restored(moved, basis, table, columns, DIM, half.own)
    expected = (moved - rows) @ basis.T
    np.testing.assert_allclose(found @ others.T - table @ columns.T, expected, atol=1e-12)
    fixed = [i for i in range(DIM, table.shape[1]) if i != half.own]
    np.testing.assert_array_equal(found[:, fixed], table[:, fixed])
    np.testing.assert_array_equal(others[:, DIM:], columns[:, DIM:])


def test_symmetric_counts_are_kept_once(rng):
    counts = sparse.random_array((40, 40), density=0.3, rng=rng, format="csr")
    counts = sparse.csr_array(np.round(9 * (counts + counts.T)))
    counts.eliminate_zeros()
    assert is_symmetric(counts)
    found = problem(counts, np.full(40, 1 / 40), 5)
    assert found.by_context is found.by_center
    other = counts.copy()
    row = np.repeat(np.arange(40), np.diff(other.indptr))
    other.data[np.flatnonzero(other.indices != row)[0]] += 1
    assert not is_symmetric(other)
    found = problem(other, np.full(40, 1 / 40), 5)
    np.testing.assert_array_equal(found.by_context.toarray(), other.toarray().T)

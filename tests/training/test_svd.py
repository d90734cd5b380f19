import numpy as np
import pytest
from scipy import sparse

from jaxtext.base.errors import InputError
from jaxtext.models import pmi
from jaxtext.models.objective import Objective
from jaxtext.training import svd


def objective_of(counts, negatives=1):
    return Objective(counts, np.full(len(counts), 1 / len(counts)), negatives)


@pytest.fixture
def seen(rng):
    return rng.integers(0, 9, (12, 12)) + np.eye(12, dtype=np.int64)


@pytest.mark.parametrize("negatives", [1, 2])
@pytest.mark.parametrize("exponent", [1.0, 0.75])
def test_scores_of_full_rank_are_the_shifted_positive_pmi(seen, negatives, exponent):
    shifted = pmi.shifted_pmi(sparse.csr_array(seen), negatives, exponent)
    expected = pmi.positive(shifted).toarray()
    rank = np.linalg.matrix_rank(expected)
    found = svd.fit(objective_of(seen, negatives), int(rank), exponent)
    scores = np.asarray(found.center) @ np.asarray(found.context).T
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_centers_are_orthonormal_and_contexts_carry_the_singular_values(seen):
    reports = []
    found = svd.fit(objective_of(seen), 4, on_report=reports.append)
    np.testing.assert_allclose(found.center.T @ found.center, np.eye(4), atol=1e-5)
    expected = np.linalg.svd(pmi.positive(pmi.pmi(seen)))[1][:4]
    gram = np.asarray(found.context.T @ found.context)
    np.testing.assert_allclose(np.sqrt(np.diag(gram)), expected, rtol=1e-5)
    ((done, seconds, largest, smallest),) = reports
    assert (done, seconds >= 0) == (1, True)
    assert (largest, smallest) == pytest.approx((expected[0], expected[3]), rel=1e-5)


def test_counts_without_any_surprise_are_refused():
    with pytest.raises(InputError, match="no words occur together more often than by chance"):
        svd.fit(objective_of(np.ones((4, 4), int)), 1)
    with pytest.raises(InputError, match="use fewer negatives, or train with sgns"):
        svd.fit(objective_of(np.ones((3, 3), int) + np.eye(3, dtype=int), 10), 1)


def test_more_dimensions_than_the_rank_are_refused():
    twins = np.kron(np.eye(2, dtype=int), np.ones((2, 2), int))
    with pytest.raises(InputError, match="^dim=3: .*rank 2"):
        svd.fit(objective_of(twins), 3)

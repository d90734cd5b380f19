import numpy as np
import pytest

from jaxtext.models import pmi

COUNTS = np.array([[8, 2, 0], [1, 4, 5]])


def test_pmi_is_ln_of_joint_over_product_of_marginals():
    joint = COUNTS / COUNTS.sum()
    expected = np.log(joint[0, 1] / (joint[0].sum() * joint[:, 1].sum()))
    assert pmi.pmi(COUNTS)[0, 1] == pytest.approx(expected, rel=1e-12)


def test_independent_counts_have_pmi_zero(rng):
    counts = np.outer(rng.integers(1, 9, 4), rng.integers(1, 9, 4))
    np.testing.assert_allclose(pmi.pmi(counts), 0, atol=1e-12)


def test_unseen_pairs_are_minus_infinity_and_empty_rows_too():
    with_empty_row = np.vstack([COUNTS, np.zeros(3, int)])
    found = pmi.pmi(with_empty_row)
    assert (np.isneginf(found) == (with_empty_row == 0)).all()
    assert (pmi.positive(found)[with_empty_row == 0] == 0).all()


def test_counts_times_a_number_have_the_same_pmi():
    seen = COUNTS > 0
    np.testing.assert_allclose(pmi.pmi(COUNTS * 1000)[seen], pmi.pmi(COUNTS)[seen], atol=1e-12)


def test_large_counts_do_not_overflow():
    assert np.isfinite(pmi.pmi(COUNTS[:, :2] * 10**17)).all()


def test_shift_is_ln_k_downwards():
    seen = COUNTS > 0
    difference = pmi.pmi(COUNTS)[seen] - pmi.shifted_pmi(COUNTS, 5)[seen]
    np.testing.assert_allclose(difference, np.log(5), rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pmi.pmi(np.array([[1, -2]])), "counts: found -2"),
        (lambda: pmi.pmi(np.zeros((2, 2))), "all are zero"),
        (lambda: pmi.shifted_pmi(COUNTS, 0), "negatives: found 0"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()

"""Each check refuses what it is for, by name, and lets pass what JAX does not know yet."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import sparse

from jaxtext.base import checks


@pytest.mark.parametrize(
    ("check", "arguments", "message"),
    [
        (checks.check_ids, ("center", np.array([0, 3]), 3), "center: no word has id 3; the ids of"),
        (checks.check_ids, ("center", -1, 3), "center: no word has id -1"),
        (checks.check_ids, ("center", np.array([0.0]), 3), "center: word ids are whole numbers"),
        (checks.check_at_least, ("window", 0, 1), "window: found 0, must be at least 1"),
        (checks.check_nonnegative, ("noise", np.array([1, -2.0])), "noise: found -2.0, must be"),
        (checks.check_nonnegative, ("noise", np.array([np.nan])), "noise: found nan, must be"),
        (checks.check_nonnegative, ("noise", np.array([np.inf])), "noise: found inf, must be"),
        (checks.check_shape, ("x", np.zeros((2, 3)), (3, 2)), r"x: shape \[2, 3\] does not fit"),
        (checks.check_distribution, ("noise", np.array([0.5, 0.4])), "noise: sums to 0.9, must"),
        (checks.check_square, ("counts", np.zeros((2, 3))), r"counts: found shape \[2, 3\], must"),
        (checks.check_counts, (np.zeros((2, 2)),), "counts: all are zero, so there is no pair"),
    ],
)
def test_a_check_names_the_argument_and_what_was_found(unchecked, check, arguments, message):
    with pytest.raises(ValueError, match=message):
        check(*arguments)


def test_what_is_right_passes():
    checks.check_ids("center", np.array([[0, 2]]), 3)
    checks.check_at_least("window", 1, 1)
    checks.check_nonnegative("noise", np.array([0.0, 2.0]))
    checks.check_shape("x", np.zeros((2, 3)), (2, 3))
    checks.check_distribution("noise", np.full(3, 1 / 3))
    checks.check_square("counts", sparse.csr_array((2, 2)))
    checks.check_counts(np.eye(2))


def test_counts_may_be_sparse_and_a_word_without_a_pair():
    counts = sparse.csr_array(np.array([[0.0, 1.0], [0.0, 0.0]]))
    checks.check_counts(counts)
    counts.data[0] = -1
    with pytest.raises(ValueError, match=r"found -1.0, must be finite"):
        checks.check_counts(counts)


def test_values_that_are_traced_are_not_checked_but_shapes_are():
    @jax.jit
    def compiled(ids):
        checks.check_ids("ids", ids, 1)
        checks.check_distribution("ids", ids)
        with pytest.raises(ValueError, match="shape"):
            checks.check_shape("ids", ids, (9,))
        return ids

    assert compiled(jnp.array([7])).tolist() == [7]

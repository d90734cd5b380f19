"""The combination of changes: three theorems, and what they must not do."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jaxtext.training.stream import combine

combined = jax.jit(combine.combined)
numbers = st.floats(-1e3, 1e3, allow_subnormal=False).map(lambda x: 0.0 if abs(x) < 1e-3 else x)
rows = arrays(np.float64, (3, 4), elements=numbers)


def close(found, expected, a, b):
    size = 1e-12 * (np.abs(a).max() + np.abs(b).max() + 1e-300)
    np.testing.assert_allclose(found, expected, rtol=0, atol=size)


@given(rows, rows)
def test_orthogonal_changes_add_up(a, b):
    left, right = np.hstack([a, 0 * a]), np.hstack([0 * b, b])
    close(combined(left, right), left + right, a, b)


@given(rows, st.floats(-1e2, 1e2).filter(lambda x: abs(x) > 1e-2))
def test_equal_and_parallel_changes_give_their_mean(a, factor):
    close(combined(a, a), a, a, a)
    close(combined(a, factor * a), (1 + factor) / 2 * a, a, factor * a)


@given(rows)
def test_a_row_that_one_stream_changed_keeps_its_full_step(a):
    np.testing.assert_array_equal(combined(a, 0 * a), a)
    np.testing.assert_array_equal(combined(0 * a, a), a)


@given(rows, rows)
def test_the_order_of_two_streams_does_not_matter(a, b):
    close(combined(a, b), combined(b, a), a, b)


@given(rows, rows)
def test_no_change_grows_beyond_the_sum_of_both(a, b):
    longest = np.linalg.norm(a, axis=1) + np.linalg.norm(b, axis=1)
    assert (np.linalg.norm(combined(a, b), axis=1) <= longest * (1 + 1e-12)).all()


@given(rows, rows, st.floats(1e-3, 1e3))
def test_the_unit_of_length_does_not_matter(a, b, unit):
    close(combined(unit * a, unit * b) / unit, combined(a, b), a, b)


@pytest.mark.parametrize("streams", [1, 2, 3, 4, 7])
def test_the_tree_joins_neighbors_and_leaves_a_last_one_for_later(rng, streams):
    changes = [jnp.asarray(change) for change in rng.normal(size=(streams, 5, 3))]
    one, two, three, four, five, six, seven = (changes * 7)[:7]
    expected = {
        1: lambda: one,
        2: lambda: combined(one, two),
        3: lambda: combined(combined(one, two), three),
        4: lambda: combined(combined(one, two), combined(three, four)),
        7: lambda: combined(
            combined(combined(one, two), combined(three, four)),
            combined(combined(five, six), seven),
        ),
    }
    np.testing.assert_allclose(combine.tree(changes), expected[streams](), rtol=0, atol=1e-14)

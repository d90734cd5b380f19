import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import pmi, sgns
from jaxtext.models.cells import LOGISTIC
from jaxtext.models.objective import Objective
from jaxtext.training import counts as exact
from jaxtext.training import starts
from jaxtext.training.sampling import noise_distribution

SIZE, DIM, NEGATIVES = 300, 7, 5


def tables(rng, scale=1.0, dtype=np.float64):
    center, context = scale * rng.normal(size=(2, SIZE, DIM))
    return EmbeddingParams(jnp.asarray(center, dtype), jnp.asarray(context, dtype))


def test_own_curvature_goes_where_the_shared_one_is_slow(rng, counts, noise):
    """Sparse counts and full rank: observed scores reach their optimum within a dozen passes."""
    size = 40
    counts, noise = counts[:size, :size], noise[:size] / noise[:size].sum()
    context = np.linalg.qr(rng.normal(size=(size, size))).Q
    start = EmbeddingParams(jnp.zeros((size, size)), jnp.asarray(context))
    found = exact.fit(counts, noise, NEGATIVES, size, 15, start, own_curvature=True)
    seen = counts.toarray()
    assert 0 < (seen == 0).mean() < 0.9
    with np.errstate(divide="ignore"):
        best = np.log(seen / (NEGATIVES * np.outer(seen.sum(1), noise)))
    error = np.abs(np.asarray(found.center @ found.context.T) - best)[seen > 0]
    assert error.max() < 1e-8


def test_it_ends_where_the_gradient_is_zero(rng, counts, noise):
    """Of tables of about equal size: a gradient depends on how a product is shared out."""
    problem = exact.problem(counts, noise, NEGATIVES, np.float64)
    start = tables(rng, 0.3)
    end = exact.fit(counts, noise, NEGATIVES, DIM, 200, start)
    first, last = (
        max(float(jnp.abs(table).max()) for table in exact.gradient(params, problem))
        for params in (start, end)
    )
    assert last < 1e-3 * first


def test_the_optimum_with_full_rank_is_shifted_pmi(rng):
    """Every pair seen, D = V and the noise of the pairs: w.c = PMI - ln k."""
    seen = rng.integers(1, 30, (12, 12))
    noise = noise_distribution(seen.sum(axis=0), 1.0)
    start = EmbeddingParams(*jnp.asarray(rng.normal(size=(2, 12, 12))))
    found = exact.fit(seen, noise, 3, 12, passes=200, start=start)
    expected = pmi.shifted_pmi(seen, 3)
    np.testing.assert_allclose(found.center @ found.context.T, expected, atol=1e-8)


def test_fit_is_better_than_its_start_and_repeats_to_the_bit(counts, noise):
    reports = []
    fit = lambda: exact.fit(counts, noise, NEGATIVES, DIM, 4, on_report=reports.append)  # noqa: E731
    first, second = fit(), fit()
    assert [report.done for report in reports[:5]] == [0, 0.25, 0.5, 0.75, 1]
    losses = [report.loss for report in reports[:5]]
    assert losses == sorted(losses, reverse=True)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
    start = starts.singular_vectors(counts, NEGATIVES, DIM)
    scores = np.asarray(start.center @ start.context.T, np.float64)
    assert losses[0] == pytest.approx(
        float(sgns.score_loss(jnp.asarray(scores), counts.toarray(), noise, NEGATIVES))
        / counts.sum(),
        rel=1e-5,
    )


def test_a_rank_below_the_dimensions_leaves_no_dimension_behind():
    """Two groups of words: the PMI has rank two, and seven dimensions all move."""
    counts = np.kron(np.array([[8, 1], [1, 8]]), np.ones((10, 10), np.int64))
    noise = np.full(20, 0.05)
    found = exact.fit(counts, noise, 1, 7, passes=30)
    scores = np.asarray(found.center @ found.context.T)
    np.testing.assert_allclose(scores, pmi.shifted_pmi(counts, 1), atol=1e-3)
    assert (np.abs(np.asarray(found.center)).max(axis=0) > 0).all()


def test_the_text_may_be_twice_as_long_at_no_more_work(counts, noise):
    """Twice the counts are the same problem, scaled: the same steps to the last bit or two."""
    fit = lambda counts: exact.fit(counts, noise, NEGATIVES, DIM, 2)  # noqa: E731
    for once, twice in zip(fit(counts), fit(2 * counts), strict=True):
        np.testing.assert_allclose(once, twice, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dim": 301}, "dim: found 301, must be at most the number of words, 300"),
        ({"dim": 0}, "dim: found 0"),
        ({"passes": -1}, "passes: found -1"),
        ({"negatives": 0}, "negatives: found 0"),
        ({"noise": np.ones(300)}, "noise: sums to 300"),
        ({"noise": np.full(299, 1 / 299)}, "noise: shape"),
    ],
)
def test_bad_arguments_are_named(unchecked, counts, noise, change, message):
    arguments = {"noise": noise, "negatives": NEGATIVES, "dim": DIM} | change
    with pytest.raises(ValueError, match=message):
        exact.fit(counts, **arguments)


def test_both_tables_get_an_equal_part_of_the_singular_values(rng, counts, noise):
    params = exact.fit(counts, noise, NEGATIVES, DIM, passes=2, start=tables(rng))
    of_centers, of_contexts = (np.asarray(table.T @ table) for table in params)
    scale = np.diag(of_centers).max()
    np.testing.assert_allclose(of_centers, np.diag(np.diag(of_centers)), atol=1e-10 * scale)
    np.testing.assert_allclose(of_centers, of_contexts, atol=1e-10 * scale)


def test_training_resumed_after_any_pass_ends_with_the_same_bits(counts, noise):
    states = []
    whole = exact.fit(
        counts, noise, NEGATIVES, DIM, 4, on_state=lambda state: states.append(state())
    )
    assert [state.number for state in states] == [1, 2, 3, 4]
    assert [state.done for state in states] == [0.25, 0.5, 0.75, 1]
    for state in states:
        number, arrays, scalars = state.parts()
        again = exact.State.of(number, arrays, scalars)
        assert (again.number, again.passes) == (state.number, 4)
        reports = []
        found = exact.fit(counts, noise, NEGATIVES, DIM, 4, again, on_report=reports.append)
        for one, other in zip(found, whole, strict=True):
            np.testing.assert_array_equal(one, other)
        assert [report.done for report in reports] == [n / 4 for n in range(number, 5)]


def test_parts_of_a_state_are_copies_that_json_and_numpy_can_hold(counts, noise):
    states = []
    exact.fit(counts, noise, NEGATIVES, DIM, 1, on_state=lambda state: states.append(state()))
    number, arrays, scalars = states[0].parts()
    assert (number, json.loads(json.dumps(scalars))) == (1, {"passes": 1})
    assert {name: (type(a), a.dtype) for name, a in arrays.items()} == {
        "center": (np.ndarray, np.float32), "context": (np.ndarray, np.float32),
    }  # fmt: skip
    arrays["center"][:] = 0
    assert states[0].params.center.any()


def test_no_pass_returns_the_start_as_it_is_but_for_rotation(rng, counts, noise):
    start = tables(rng)
    states, reports = [], []
    found = exact.fit(
        counts, noise, NEGATIVES, DIM, 0, start, on_report=reports.append, on_state=states.append
    )
    scores = [np.asarray(each.center @ each.context.T) for each in (start, found)]
    np.testing.assert_allclose(scores[1], scores[0], atol=1e-12)
    assert states == [] and [report.done for report in reports] == [0.0]


def test_first_contexts_from_some_columns_are_nearly_as_good(counts, noise):
    """Centers of an optimum, and no contexts: one step of these, from all columns or from some."""
    problem = exact.problem(counts, noise, NEGATIVES)
    params = exact.fit(counts, noise, NEGATIVES, DIM, 9)
    bare = params._replace(context=jnp.zeros_like(params.context))
    objective = Objective(counts, noise, NEGATIVES)
    whole, some = (
        exact.first_contexts(bare, objective, LOGISTIC, columns, jax.random.key(0))
        for columns in (None, 60)
    )
    before, all_columns, some_columns = (exact.loss(each, problem) for each in (bare, whole, some))
    assert not np.array_equal(whole.context, some.context)
    assert all_columns < before
    assert before - some_columns > 0.9 * (before - all_columns)
    with pytest.raises(ValueError, match="^key: none is given, and columns are drawn"):
        exact.first_contexts(bare, objective, LOGISTIC, 60)

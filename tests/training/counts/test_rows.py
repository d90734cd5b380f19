"""Centers for fixed contexts are at the minimum of their convex problems; the sandwich holds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import sparse

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import sgns
from jaxtext.text import Encoded
from jaxtext.text.cooccurrence import cooccurrence
from jaxtext.text.documents import by_document, drawn
from jaxtext.training import counts as exact
from jaxtext.training.counts import halves, newton, rows

V, D, K, WINDOW = 30, 4, 3, 2


@pytest.fixture
def text(rng):
    """Two thousand sentences about one of three topics each."""
    lengths = rng.integers(2, 10, 2000)
    topics = np.repeat(rng.integers(0, 3, 2000), lengths)
    words = rng.zipf(1.5, lengths.sum()) % 10
    return Encoded((words * 3 + topics * rng.integers(0, 2, len(words))).astype(np.int32) % V,
                   np.cumsum(lengths))  # fmt: skip


@pytest.fixture
def problem(rng, text):
    counts = cooccurrence(text, V, WINDOW, dynamic=True)
    noise = rng.dirichlet(np.full(V, 5.0))
    return rng.normal(size=(V, D)), sparse.csr_array(counts), noise


def test_no_slope_of_the_definition_is_left_whatever_the_start(problem, rng):
    context, counts, noise = problem
    found = rows.centers(rows.Fixed(context, noise, K), counts, close=1e-10)
    again = rows.centers(
        rows.Fixed(context, noise, K), counts, 3 * rng.normal(size=(V, D)), close=1e-10
    )
    np.testing.assert_allclose(found, again, rtol=0, atol=1e-8)

    def loss(center):
        params = EmbeddingParams(center, jnp.asarray(context))
        return sgns.expected_loss(params, counts.toarray(), noise, K)

    slope = jax.grad(loss)(jnp.asarray(found))
    scale = jax.grad(loss)(jnp.zeros_like(found))
    assert float(jnp.abs(slope).max()) < 1e-8 * float(jnp.abs(scale).max())


def test_rows_turn_with_the_contexts(problem, rng):
    """So that centers of two texts with the same contexts need no alignment."""
    context, counts, noise = problem
    turn = np.linalg.qr(rng.normal(size=(D, D)))[0]
    found = rows.centers(rows.Fixed(context, noise, K), counts, close=1e-10)
    turned = rows.centers(rows.Fixed(context @ turn, noise, K), counts, close=1e-10)
    np.testing.assert_allclose(turned, found @ turn, rtol=0, atol=1e-8)


def test_some_rows_are_those_of_all_and_a_row_without_pairs_stays(problem, rng):
    context, counts, noise = problem
    few = sparse.csr_array(sparse.vstack([counts[[7, 2]], sparse.csr_array((1, V))]))
    start = rng.normal(size=(3, D))
    found = rows.centers(rows.Fixed(context, noise, K), few, start, close=1e-10)
    expected = rows.centers(rows.Fixed(context, noise, K), counts, close=1e-10)[[7, 2]]
    np.testing.assert_allclose(found[:2], expected, rtol=0, atol=1e-8)
    np.testing.assert_array_equal(found[2], start[2])


def test_single_precision_comes_as_close_as_it_says(problem):
    context, counts, noise = problem
    found = rows.centers(rows.Fixed(context.astype(np.float32), noise, K), counts)
    exact = rows.centers(rows.Fixed(context, noise, K), counts, close=1e-10)
    assert found.dtype == np.float32
    assert np.abs((found - exact) @ context.T).max() < 10 * rows.CLOSE


def test_the_centers_are_where_the_steps_of_the_exact_trainer_end(problem):
    context, counts, noise = problem
    prepared = exact.problem(counts, noise, K, np.float64)
    half, _ = halves.halves(prepared, D)
    columns, table = jnp.asarray(context), jnp.zeros((V, D))
    for _ in range(60):
        step = newton.steps((table, None), columns, half, None, prepared.cell, own_curvature=True)
        table, _ = newton.ended(step, prepared.cell, half.rows)
    found = rows.centers(rows.Fixed(context, noise, K), counts, close=1e-10)
    np.testing.assert_allclose(found, table, rtol=0, atol=1e-8)


def test_contexts_that_do_not_span_all_dimensions_give_the_shortest_rows(problem, rng):
    context, counts, noise = problem
    turn = np.linalg.qr(rng.normal(size=(D, D)))[0]
    flat = context * (np.arange(D) < D - 1)
    full = rows.centers(rows.Fixed(flat[:, : D - 1], noise, K), counts, close=1e-10)
    found = rows.centers(rows.Fixed(flat @ turn, noise, K), counts, close=1e-10) @ turn.T
    np.testing.assert_allclose(found[:, -1], 0, atol=1e-9)
    np.testing.assert_allclose(found[:, :-1], full, rtol=0, atol=1e-7)


def test_influences_are_how_the_row_moves_with_the_weight_of_a_document(problem, text):
    context, _, noise = problem
    word, much = 4, 1e-4
    (found,) = by_document(text, text.ends, V, WINDOW, [word])
    whole = sparse.csr_array(found.counts.sum(axis=0)[None])
    center = rows.centers(rows.Fixed(context, noise, K), whole, close=1e-12)[0]
    moves = rows.influences(rows.Fixed(context, noise, K), found.counts, center)
    np.testing.assert_allclose(moves.sum(axis=0), 0, atol=1e-8)
    for document in (0, 5):
        more = sparse.csr_array(whole + much * found.counts[[document]])
        moved = rows.centers(rows.Fixed(context, noise, K), more, center[None], close=1e-13)[0]
        np.testing.assert_allclose((moved - center) / much, moves[document], rtol=1e-3, atol=1e-6)


def test_the_sandwich_is_the_covariance_over_documents_drawn_again(problem, text, rng):
    context, _, noise = problem
    word, samples = 4, 400
    (found,) = by_document(text, text.ends, V, WINDOW, [word])
    whole = sparse.csr_array(found.counts.sum(axis=0)[None])
    center = rows.centers(rows.Fixed(context, noise, K), whole, close=1e-9)[0]
    moves = rows.influences(rows.Fixed(context, noise, K), found.counts, center)
    drawn_again = [
        cooccurrence(
            drawn(text, text.ends, rng.integers(0, len(text.ends), len(text.ends))),
            V, WINDOW, dynamic=True, centers=np.array([word]),
        )[[word]]
        for _ in range(samples)
    ]  # fmt: skip
    again = rows.centers(
        rows.Fixed(context, noise, K), sparse.csr_array(sparse.vstack(drawn_again))
    )
    sandwich, bootstrap = moves.T @ moves, np.cov(again.T)
    # In the directions of the sandwich, variances are 1, up to their error, 1 / sqrt(samples / 2).
    root = np.linalg.inv(np.linalg.cholesky(sandwich))
    values = np.linalg.eigvalsh(root @ bootstrap @ root.T)
    assert values.min() > 0.7 and values.max() < 1.4, values


def test_a_row_without_a_minimum_is_finite_and_says_nothing_of_how_it_varies(rng):
    """One context points away from the only one that occurs: its score falls forever."""
    context = np.array([[1.0, 0.0], [0.0, 1.0]])
    counts = sparse.csr_array(np.array([[3.0, 0.0]]))
    for dtype in (np.float32, np.float64):
        found = rows.centers(rows.Fixed(context.astype(dtype), np.array([0.5, 0.5]), K), counts)
        assert np.isfinite(found).all() and found[0, 1] < -15
        assert found[0, 0] == pytest.approx(np.log(2 / K), abs=1e-3)
        moves = rows.influences(rows.Fixed(context, np.array([0.5, 0.5]), K), counts, found[0])
        assert np.isnan(moves).all()

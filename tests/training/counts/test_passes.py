import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import sparse

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import pmi, sgns
from jaxtext.training import blocks, exact
from jaxtext.training.sampling import noise_distribution

SIZE, DIM, NEGATIVES = 300, 7, 5


@pytest.fixture
def counts(rng):
    """Of words with frequencies 1 / rank and some structure; three of four cells are empty."""
    ranks = np.arange(1, SIZE + 1)
    topics = rng.gamma(0.3, size=(SIZE, 4)) @ rng.gamma(0.3, size=(4, SIZE))
    means = 3e3 * topics / np.outer(ranks, ranks)
    found = rng.poisson(means + means.T)
    np.fill_diagonal(found, 1)  # no word without a pair
    return sparse.csr_array(found.astype(np.float64))


@pytest.fixture
def noise(counts):
    return noise_distribution(counts.sum(axis=0), 0.75)


@pytest.fixture(params=["one block", "four blocks"])
def sizes(request, monkeypatch):
    """Blocks of 128 rows, or all rows in one; the last is filled up with zeros in both."""
    if request.param == "four blocks":
        monkeypatch.setattr(blocks, "BUFFER_CELLS", 128 * SIZE)


def tables(rng, scale=1.0, dtype=np.float64):
    center, context = scale * rng.normal(size=(2, SIZE, DIM))
    return EmbeddingParams(jnp.asarray(center, dtype), jnp.asarray(context, dtype))


@pytest.mark.parametrize("scale", [0.1, 1.0, 4.0])
def test_loss_and_gradient_by_blocks_are_those_of_the_definition(rng, counts, noise, sizes, scale):
    params = tables(rng, scale)
    problem = exact.problem(counts, noise, NEGATIVES, np.float64)
    dense = jnp.asarray(counts.toarray())
    value, expected = jax.value_and_grad(sgns.expected_loss)(
        params, dense, jnp.asarray(noise), NEGATIVES
    )
    assert exact.loss(params, problem) == pytest.approx(float(value), rel=1e-12)
    found = exact.gradient(params, problem)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-12 * float(value))


def test_gradient_in_float32_is_that_of_the_definition(rng, counts, noise):
    params = tables(rng, 1.0, np.float32)
    found = exact.gradient(params, exact.problem(counts, noise, NEGATIVES))
    dense = jnp.asarray(counts.toarray(), jnp.float32)
    expected = jax.grad(sgns.expected_loss)(params, dense, jnp.asarray(noise), NEGATIVES)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5 * float(jnp.abs(theirs).max()))


@pytest.mark.parametrize("scale", [0.01, 1.0, 10.0, 100.0])
def test_no_pass_raises_the_loss_wherever_it_begins(rng, counts, noise, scale):
    params = tables(rng, scale)
    problem = exact.problem(counts, noise, NEGATIVES, np.float64)
    losses = []
    for _ in range(6):
        params, before = exact.improve(params, problem)
        losses.append(before)
    assert np.isfinite(losses).all()
    assert (np.diff(losses) < 0).all()


@pytest.mark.parametrize("own_curvature", [False, True])
def test_a_step_takes_every_row_downhill(rng, counts, noise, sizes, own_curvature):
    """The loss of a row, given the other table, is its own: none may rise."""
    params = tables(rng)
    problem = exact.problem(counts, noise, NEGATIVES, np.float64)
    center, before = exact._improve_rows(
        *params, problem.by_center, problem.center_weight, problem.noise, own_curvature, True
    )
    assert before == pytest.approx(exact.loss(params, problem), rel=1e-12)

    def by_row(center):
        scores = np.asarray(center @ params.context.T)
        drawn = NEGATIVES * np.outer(counts.sum(axis=1), noise)
        cells = counts.toarray() * np.logaddexp(0, -scores) + drawn * np.logaddexp(0, scores)
        return cells.sum(axis=1)

    assert (by_row(center) < by_row(params.center)).all()


def test_the_measured_loss_is_that_before_the_pass(rng, counts, noise):
    problem = exact.problem(counts, noise, NEGATIVES, np.float64)
    params = tables(rng)
    _, before = exact.improve(params, problem)
    assert before == pytest.approx(exact.loss(params, problem), rel=1e-12)


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
    found = exact.fit(seen, noise, 3, 12, passes=500, start=start)
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
    start = exact.svd_start(counts, NEGATIVES, DIM)
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


def bad_counts(counts, kind):
    dense = counts.toarray()
    if kind == "not square":
        return dense[:, :-1]
    if kind == "empty":
        dense[[4, 9]] = 0
    else:
        dense[3, 5] = {"negative": -2, "not finite": np.nan}[kind]
    return dense


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("not square", r"counts: found shape \[300, 299\], must be square"),
        ("negative", r"counts: found -2.0, must be finite and not negative"),
        ("not finite", r"counts: found nan, must be finite"),
        ("empty", r"counts: found 2 of 300 words without any pair, the first with id 4"),
    ],
)
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_bad_counts_are_named(unchecked, counts, noise, kind, message, form):
    with pytest.raises(ValueError, match=message):
        exact.fit(form(bad_counts(counts, kind)), noise, NEGATIVES, DIM)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dim": 301}, "dim: found 301, scores of 300 words have no such rank"),
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


def test_the_start_has_ln_k_in_every_score(counts):
    """What k adds to the scores is one number, -ln k, that a dimension is kept for."""
    one, five = (exact.svd_start(counts, negatives, DIM) for negatives in (1, 5))
    change = five.center @ five.context.T - one.center @ one.context.T
    np.testing.assert_allclose(change, np.full((SIZE, SIZE), -np.log(5)), atol=1e-5)


def test_both_tables_get_an_equal_part_of_the_singular_values(rng, counts, noise):
    params = exact.fit(counts, noise, NEGATIVES, DIM, passes=2, start=tables(rng))
    of_centers, of_contexts = (np.asarray(table.T @ table) for table in params)
    scale = np.diag(of_centers).max()
    np.testing.assert_allclose(of_centers, np.diag(np.diag(of_centers)), atol=1e-10 * scale)
    np.testing.assert_allclose(of_centers, of_contexts, atol=1e-10 * scale)

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import sparse

from jaxtext import gap
from jaxtext.base.types import EmbeddingParams
from jaxtext.models import pmi, sgns
from jaxtext.models.objective import Objective, optimum, optimum_loss
from jaxtext.training.sampling import noise_distribution

SIZE, DIM, NEGATIVES = 240, 5, 4


@pytest.fixture
def objective(rng):
    ranks = np.arange(1, SIZE + 1)
    means = 400 / np.sqrt(np.outer(ranks, ranks)) * rng.gamma(0.5, size=(SIZE, SIZE))
    counts = rng.poisson(means).astype(np.float64)
    np.fill_diagonal(counts, 1)
    counts = sparse.csr_array(counts)
    return Objective(counts, noise_distribution(counts.sum(axis=0), 0.75), NEGATIVES)


@pytest.fixture
def params(rng):
    return EmbeddingParams(*jnp.asarray(rng.normal(size=(2, SIZE, DIM))))


def cells(params, objective):
    """Counts, scores, their optimum, loss and least loss of every cell, as the formulas say."""
    n = objective.counts.toarray()
    e = NEGATIVES * np.outer(n.sum(axis=1), objective.noise)
    s = np.asarray(params.center @ params.context.T)
    with np.errstate(divide="ignore"):
        best = np.log(n / e)
    loss = n * np.logaddexp(0, -s) + e * np.logaddexp(0, s)
    seen = np.where(n > 0, best, 0)
    least = np.where(n > 0, n * np.logaddexp(0, -seen) + e * np.logaddexp(0, seen), 0)
    return n, s, best, loss, least


@pytest.mark.parametrize("block", [1 << 23, 7 * SIZE, 1], ids=["one block", "some", "rows"])
def test_sums_are_those_of_the_definition(monkeypatch, params, objective, block):
    monkeypatch.setattr(gap, "BLOCK_CELLS", block)
    n, s, best, loss, least = cells(params, objective)
    found = gap.measure(params, objective)
    whole = sgns.expected_loss(params, n, objective.noise, NEGATIVES)
    assert found.all.objective == pytest.approx(float(whole), rel=1e-12)
    assert found.all.objective == pytest.approx(loss.sum(), rel=1e-12)
    assert found.observed.objective == pytest.approx(loss[n > 0].sum(), rel=1e-12)
    assert found.all.optimum == found.observed.optimum == pytest.approx(least.sum(), rel=1e-12)
    assert optimum_loss(objective) == pytest.approx(least.sum(), rel=1e-12)
    assert found.all.percent == pytest.approx(100 * (loss.sum() / least.sum() - 1), rel=1e-9)
    assert found.pairs == n.sum()
    x, y, w = best[n > 0], s[n > 0], n[n > 0]
    assert found.correlation == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-10)
    covariance = np.cov(x, y, aweights=w)
    weighted = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    assert found.weighted_correlation == pytest.approx(weighted, abs=1e-10)
    edges = gap.EDGES[[0, -1]]
    of_optimum, of_score = (np.histogram(np.clip(v, *edges), gap.EDGES)[0] for v in (x, y))
    np.testing.assert_array_equal(found.density.sum(axis=1), of_optimum)
    np.testing.assert_array_equal(found.density.sum(axis=0), of_score)


def test_bands_are_parts_of_the_sums(params, objective):
    n, _, _, loss, least = cells(params, objective)
    found = gap.measure(params, objective)
    assert [(band.centers, band.contexts) for band in found.bands] == [
        (a, b) for a in [(1, 100), (101, 240)] for b in [(1, 100), (101, 240)]
    ]
    for band in found.bands:
        part = np.ix_(*(np.arange(first - 1, last) for first, last in (band[0], band[1])))
        seen = n[part] > 0
        assert band.pairs == pytest.approx(n[part].sum())
        assert band.all.objective == pytest.approx(loss[part].sum(), rel=1e-10)
        assert band.observed.objective == pytest.approx(loss[part][seen].sum(), rel=1e-10)
        assert band.all.optimum == pytest.approx(least[part].sum(), rel=1e-10)


def test_the_farthest_centers_lose_most_a_pair(params, objective):
    n, _, _, loss, least = cells(params, objective)
    excess = (loss - least).sum(axis=1) / n.sum(axis=1)
    found = gap.measure(params, objective).farthest
    assert [far.id for far in found] == np.argsort(-excess)[:20].tolist()
    np.testing.assert_allclose([far.excess for far in found], np.sort(excess)[::-1][:20])


def test_free_scores_at_their_optimum_have_no_gap(rng):
    """All pairs seen and D = V: centers are the optimum itself, contexts the identity."""
    counts = rng.integers(1, 20, (9, 9)).astype(np.float64)
    for exponent in (1.0, 0.75):
        noise = noise_distribution(counts.sum(axis=0), exponent)
        objective = Objective(sparse.csr_array(counts), noise, 3)
        best = optimum(objective).toarray()
        np.testing.assert_allclose(best, pmi.shifted_pmi(counts, 3, exponent), atol=1e-12)
        found = gap.measure(EmbeddingParams(jnp.asarray(best), jnp.eye(9)), objective)
        assert abs(found.all.percent) < 1e-10
        assert found.correlation == pytest.approx(1, abs=1e-12)
        moved = gap.measure(EmbeddingParams(jnp.asarray(best + 0.1), jnp.eye(9)), objective)
        assert moved.all.percent > 0.01


def test_some_centers_stand_for_all(params, objective):
    """Estimates from every draw of an eighth of the centers are right on average."""
    exact = gap.measure(params, objective)
    sizes = objective.counts.sum(axis=1)
    totals, counted = [], []
    for seed in range(200):
        sample = gap.draw_centers(sizes, SIZE // 8, np.random.default_rng(seed))
        found = gap.measure(params, objective, sample)
        totals.append([found.all.objective, found.all.optimum, found.pairs])
        counted.append(len(sample.centers))
        assert found.centers == counted[-1]
    assert set(counted) <= {SIZE // 8, SIZE // 8 + 1}
    expected = [exact.all.objective, exact.all.optimum, exact.pairs]
    error = np.mean(totals, axis=0) / expected - 1
    spread = np.std(totals, axis=0) / expected / np.sqrt(len(totals))
    assert (np.abs(error) < 4 * spread).all()
    assert (spread < 0.02).all()


def test_centers_are_drawn_in_proportion_to_the_root_of_their_sizes(rng):
    """The weight of a drawn center is one by its chance."""
    sizes = rng.uniform(1, 4, size=1000)
    centers, weights = gap.draw_centers(sizes, 100, rng)
    np.testing.assert_allclose(weights * 100, np.sqrt(sizes).sum() / np.sqrt(sizes[centers]))


def test_all_words_are_taken_when_there_are_few():
    centers, weights = gap.draw_centers(np.array([5.0, 1.0]), 2, np.random.default_rng(0))
    assert centers.tolist() == [0, 1]
    assert weights.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"counts": sparse.csr_array(np.ones((240, 3)))}, r"counts: found shape \[240, 3\]"),
        ({"counts": sparse.csr_array(np.diag([1.0] * 239 + [-1]))}, "counts: found -1.0"),
        ({"counts": sparse.csr_array(np.diag([1.0] * 239 + [np.inf]))}, "counts: found inf"),
        ({"counts": sparse.csr_array((240, 240))}, "counts: all are zero, so there is no pair"),
        ({"counts": sparse.csr_array(np.eye(7)), "noise": np.full(7, 1 / 7)}, "center: shape"),
        ({"noise": np.ones(240)}, "noise: sums to 240"),
        ({"negatives": 0}, "negatives: found 0"),
    ],
)
def test_bad_input_is_named(unchecked, params, objective, change, message):
    with pytest.raises(ValueError, match=message):
        gap.measure(params, objective._replace(**change))


def test_words_without_a_pair_are_left_out(params, objective):
    """As centers they have no cells; as contexts they are negatives, like every word."""
    counts = objective.counts.toarray()
    counts[[3, 100]] = counts[:, [3, 100]] = 0
    found = gap.measure(params, objective._replace(counts=sparse.csr_array(counts)))
    assert found.centers == SIZE - 2
    tables = EmbeddingParams(*(jnp.asarray(table, jnp.float64) for table in params))
    expected = sgns.expected_loss(tables, counts, objective.noise, objective.negatives)
    assert found.all.objective == pytest.approx(float(expected), rel=1e-12)
    assert np.isfinite(found.correlation) and {3, 100}.isdisjoint(far.id for far in found.farthest)


def test_json_has_no_number_that_json_lacks(params, objective):
    import json

    words = tuple(f"w{i}" for i in range(SIZE))
    found = gap.as_json(gap.measure(params, objective), words)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert len(found["farthest"]) == 20
    one = Objective(sparse.csr_array(np.ones((2, 2))), np.full(2, 0.5), 1)
    zero = EmbeddingParams(jnp.zeros((2, 1)), jnp.zeros((2, 1)))
    assert gap.as_json(gap.measure(zero, one), words)["correlation"] is None

"""Changes between two texts: the turn, the test against permutations, the interval, the order."""

from typing import NamedTuple

import numpy as np
import pytest
from scipy.stats import kstest

from jaxtext.evaluation import change


class Use(NamedTuple):
    first: np.ndarray
    second: np.ndarray
    covariances: tuple
    slopes: np.ndarray
    in_first: np.ndarray


def test_procrustes_finds_the_turn_and_no_other_comes_closer(rng):
    table = rng.normal(size=(50, 4))
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    np.testing.assert_allclose(change.procrustes(table, table @ turn), turn, atol=1e-12)
    other = rng.normal(size=(50, 4))
    best = change.procrustes(table, other)
    np.testing.assert_allclose(best.T @ best, np.eye(4), atol=1e-12)
    least = np.linalg.norm(table @ best - other)
    for _ in range(50):
        near = np.linalg.qr(best + 0.1 * rng.normal(size=(4, 4)))
        near = near[0] * np.sign(np.diag(near[1]))
        assert np.linalg.norm(table @ near - other) > least


def test_turned_vectors_have_cosine_one_and_a_moved_word_has_not(rng):
    table = rng.normal(size=(200, 5))
    turned = 3 * table @ np.linalg.qr(rng.normal(size=(5, 5)))[0]
    np.testing.assert_allclose(change.aligned_cosines(table, turned), 1)
    turned[7] *= -1
    found = change.aligned_cosines(table, turned)
    assert found.argmin() == 7 and found[7] < -0.9 and np.delete(found, 7).min() > 0.9


@pytest.mark.parametrize("size, first, tail", [(60, 30, 0), (60, 5, 1.5), (40, 3, 1.8)])
def test_p_values_of_words_that_do_not_change_are_spread_evenly(rng, size, first, tail):
    """Whatever the lengths of documents are, and however few of them a text has."""
    found = []
    for _ in range(800):
        y = rng.normal(size=(size, 10)) * np.exp(tail * rng.normal(size=(size, 1)))
        found.append(change.p_value(y, rng.permutation(size) < first, rng))
    assert kstest(found, "uniform").pvalue > 0.001
    assert np.mean(np.array(found) < 0.01) < 0.025


def test_a_small_p_value_is_about_that_of_many_more_permutations(rng):
    in_first = np.arange(80) < 30
    y = rng.standard_t(5, size=(80, 6)) + 0.7 * in_first[:, None]
    sample = change.dealt_out(y, in_first, rng, 200_000)
    share = (1 + (sample >= change.statistic(y, in_first)).sum()) / 200_001
    found = [change.p_value(y, in_first, rng) for _ in range(9)]
    assert 0.2 * share < np.median(found) < 5 * share < 0.02


def test_no_p_value_is_below_one_in_all_ways_to_deal_the_documents_out(rng):
    y = rng.normal(size=(45, 6))
    y[0] += 100
    assert change.p_value(y, np.arange(45) < 1, rng) == pytest.approx(1 / 45, rel=0.3)
    assert change.p_value(y[:4] + 50 * (np.arange(4) < 2)[:, None], np.arange(4) < 2, rng) > 0.15
    assert change.p_value(np.ones((5, 2)), np.arange(5) < 2, rng) == 1
    assert change.p_value(rng.normal(size=(5, 2)), np.ones(5, bool), rng) == 1


def test_false_discoveries_are_adjusted_as_by_the_definition(rng):
    p = rng.random(30) ** 3
    order = np.sort(p)
    expected = [min(order[j] * 30 / (j + 1) for j in range(30) if order[j] >= each) for each in p]
    np.testing.assert_allclose(change.false_discovery(p.tolist()), expected)


def noisy(rng, vector, spread):
    return vector + spread * rng.normal(size=len(vector))


@pytest.mark.parametrize("angle", [0.5, 1.0])
def test_the_cosine_is_free_of_noise_and_its_interval_covers_it(rng, angle):
    dim, spread, covered, cosines = 30, 0.08, 0, []
    a = np.eye(dim)[0]
    b = np.cos(angle) * a + np.sin(angle) * np.eye(dim)[1]
    noise = (spread**2 * np.eye(dim),) * 2
    for _ in range(200):
        one, other = noisy(rng, a, spread), noisy(rng, b, spread)
        cosines.append(change.cosine(one, other, noise))
        low, high = change.interval(one, other, noise, rng)
        covered += low <= np.cos(angle) <= high
    assert np.mean(cosines) == pytest.approx(np.cos(angle), abs=0.02)
    assert covered >= 180
    raw = np.cos(angle) / (1 + dim * spread**2)
    assert abs(np.mean(cosines) - raw) > 0.03


def test_vectors_of_noise_alone_have_no_cosine(rng):
    one, other = rng.normal(size=(2, 20)) * 0.1
    noise = (np.eye(20),) * 2
    assert np.isnan(change.cosine(one, other, noise))
    assert change.interval(one, other, noise, rng) == (-1.0, 1.0)


def test_words_that_surely_changed_come_first_and_unknown_uses_are_left_out(rng):
    steady, quiet = rng.normal(size=8), 1e-3 * np.eye(8)
    loud = 0.5 * np.eye(8)
    slopes, in_first = rng.normal(size=(40, 8)), np.arange(40) < 15
    uses = [
        Use(steady, steady + 0.01, (quiet, quiet), slopes, in_first),
        Use(steady, -steady, (quiet, quiet), slopes + 2 * in_first[:, None], in_first),
        None,
        Use(steady, -0.1 * steady, (loud, loud), slopes, in_first),
    ]
    found = change.changes(["same", "turned", "absent", "noisy"], uses, rng)
    assert [each.word for each in found][0] == "turned" and len(found) == 3
    turned = found[0]
    assert turned.cosine == pytest.approx(-1, abs=0.01) and turned.p < 1e-4
    assert turned.q == pytest.approx(3 * turned.p) and turned.counts == (15, 25)
    assert found.rows()[0][0] == "turned" and "turned" in found._repr_html_()

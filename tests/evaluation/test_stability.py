"""What trainings have in common: overlaps against their definition, intervals, bad input."""

from itertools import combinations

import numpy as np
import pytest

from jaxtext.base.errors import InputError
from jaxtext.evaluation import stability
from jaxtext.text.vocab import Vocab
from jaxtext.vectors import query
from jaxtext.vectors.embeddings import Embeddings

WORDS = tuple(f"w{place}" for place in range(40))


def vectors(rng, base=0.0, noise=1.0):
    return Embeddings(Vocab(WORDS, np.arange(40, 0, -1)), base + noise * rng.normal(size=(40, 6)))


@pytest.mark.parametrize("restrict", [None, 12])
def test_overlap_is_the_mean_share_of_common_neighbors_over_pairs(rng, restrict):
    base = rng.normal(size=(40, 6))
    trainings = [vectors(rng, base, 0.5) for _ in range(4)]
    words = ["w3", "w20", "w0"]
    found = stability.measure(trainings, words, top=5, restrict=restrict)
    for word, overlap in zip(words, found.overlap, strict=True):
        lists = [
            {near for near, _ in query.neighbors(one, word, 5, restrict=restrict)}
            for one in trainings
        ]
        expected = [len(a & b) / 5 for a, b in combinations(lists, 2)]
        assert overlap == pytest.approx(np.mean(expected))


def test_turned_vectors_are_the_same_and_others_are_not(rng):
    one = vectors(rng)
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    turned = Embeddings(one.vocab, one.center @ turn)
    pairs = [("w1", "w2"), ("w5", "w30")]
    found = stability.measure([one, turned], WORDS, pairs)
    np.testing.assert_array_equal(found.overlap, 1)
    np.testing.assert_allclose(found.deviations(), 0, atol=1e-12)
    other = stability.measure([one, vectors(rng)], WORDS, pairs)
    assert other.overlap.mean() < 0.5 and other.deviations().min() > 0


def test_intervals_are_quantiles_and_those_of_resamples_are_around_the_value(rng):
    base = rng.normal(size=(40, 6))
    trainings = [vectors(rng, base, 0.2) for _ in range(60)]
    pairs = [("w1", "w2"), ("w5", "w30"), ("w7", "w7")]
    found = stability.measure(trainings, WORDS[:2], pairs)
    expected = np.quantile(found.cosines, [0.05, 0.95], axis=0).T
    np.testing.assert_array_equal(found.intervals(level=0.9), expected)
    whole = Embeddings(trainings[0].vocab, base)
    around = stability.measure(trainings, WORDS[:2], pairs, whole=whole)
    values = stability.similarity.cosines(whole, pairs)
    shift = (values - found.cosines.mean(axis=0))[:, None]
    np.testing.assert_allclose(around.intervals(0.9), np.clip(expected + shift, -1, 1))
    assert [row[2] for row in around.pair_rows()] == [f"{value:.3f}" for value in values]


def test_what_cannot_be_compared_is_named(rng):
    one, other = vectors(rng), vectors(rng)
    with pytest.raises(InputError, match="two trainings or more, found 1"):
        stability.measure([one], ["w1"])
    with pytest.raises(InputError, match="'w99' is not among the 40 words"):
        stability.measure([one, other], ["w1"], [("w1", "w99")])
    with pytest.raises(InputError, match="at least 1"):
        stability.measure([one, other], ["w1"], top=0)
    with pytest.raises(InputError, match="restrict"):
        stability.measure([one, other], ["w1"], restrict=1)
    fewer = Embeddings(Vocab(WORDS[:9], one.counts[:9]), one.center[:9])
    with pytest.raises(InputError, match="different words"):
        stability.measure([one, fewer], ["w1"])


def test_notebooks_show_tables_in_which_words_are_escaped(rng):
    words = ("<b>", *WORDS[1:])
    trainings = [Embeddings(Vocab(words, each.counts), each.center) for each in
                 (vectors(rng), vectors(rng))]  # fmt: skip
    page = stability.measure(trainings, words[:2], [("<b>", "w3")])._repr_html_()
    assert "&lt;b&gt;" in page and "<b>" not in page and "2 trainings" in page


def test_a_word_without_a_vector_lists_no_neighbors_and_leaves_its_training_out(rng):
    """As in a resample none of whose documents has the word."""
    trainings = [vectors(rng) for _ in range(4)]
    pairs = [("w3", "w5"), ("w7", "w8")]
    whole = stability.measure(trainings[1:], ["w3", "w7"], pairs, top=5)
    for one in trainings[:1]:
        one.center[3] = 0
    found = stability.measure(trainings, ["w3", "w7"], pairs, top=5)
    assert (found.nearest[0, 0] == -1).all() and (found.nearest[1:] >= 0).all()
    assert found.overlap[0] == pytest.approx(whole.overlap[0] / 2)  # of 3 pairs of trainings in 6
    assert found.counts().tolist() == [3, 4]
    np.testing.assert_allclose(found.deviations()[0], whole.deviations()[0])
    np.testing.assert_allclose(found.intervals()[0], whole.intervals()[0])
    alone = stability.measure([trainings[0], trainings[0], trainings[1]], ["w3"], pairs[:1])
    assert np.isnan(alone.deviations()).all() and np.isnan(alone.intervals()).all()
    assert alone.pair_rows()[0][-1] == ""
    with pytest.raises(InputError, match="level"):
        found.intervals(2.0)

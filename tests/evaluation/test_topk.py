import numpy as np
import pytest
from scipy import sparse

from jaxtext.evaluation import topk
from jaxtext.evaluation.categorization import Categories
from jaxtext.text import Vocab
from jaxtext.vectors.embeddings import Embeddings, SparseEmbeddings

WORDS = tuple(f"w{i}" for i in range(40))
SET = Categories([*WORDS[:30], "absent"], [[f"kind {i % 3}" for i in range(31)]])


@pytest.fixture
def some(rng):
    """Random vectors, of which one is zero and two are alike."""
    table = rng.normal(size=(40, 6))
    table[7], table[9] = 0, table[8]
    return Embeddings(Vocab(WORDS, np.arange(40)[::-1]), table)


def shares(table, top, restrict=None):
    """The definition, word by word: cosines with all words, sorted."""
    length = np.linalg.norm(table, axis=1)
    known = [i for i in range(len(table[:restrict])) if length[i] > 0]
    values = np.full(31, np.nan)
    for word in known:
        theirs = {i for i in known if i < 30 and i % 3 == word % 3 and i != word}
        if word >= 30 or not theirs:
            continue
        others = [i for i in known if i != word]
        cosines = table[others] @ table[word] / length[others] / length[word]
        nearest = [others[i] for i in np.argsort(-cosines, kind="stable")]
        most = min(top, len(theirs))
        values[word] = len(theirs & set(nearest[:most])) / most
    return values


@pytest.mark.parametrize(("top", "restrict"), [(1, None), (5, None), (10, None), (10, 12), (3, 4)])
def test_values_are_those_of_the_definition(some, top, restrict):
    found = topk.evaluate(some, SET, top=top, restrict=restrict)
    expected = shares(some.center, top, restrict)
    np.testing.assert_allclose(found.values, expected)
    assert (found.items, found.covered) == (31, (~np.isnan(expected)).sum())
    assert found.accuracy == pytest.approx(np.nanmean(expected))
    assert found.accuracy_all == pytest.approx(np.nansum(expected) / 31)
    assert found.ci95[0] <= found.accuracy <= found.ci95[1]


def test_sparse_vectors_have_the_values_of_dense_ones(some, monkeypatch):
    monkeypatch.setattr(topk, "BATCH", 7)
    thin = SparseEmbeddings(some.vocab, sparse.csr_array(some.center))
    for restrict in (None, 12):
        dense = topk.evaluate(some, SET, restrict=restrict)
        np.testing.assert_allclose(topk.evaluate(thin, SET, restrict=restrict).values, dense.values)


def test_a_zero_vector_is_never_nearest():
    table = np.array([[1, 0], [-1, 0.1], [0, 0]])
    sets = Categories(["a", "b"], [["x", "x"]])
    vocab = Vocab(tuple("abc"), np.ones(3, int))
    for some in (Embeddings(vocab, table), SparseEmbeddings(vocab, sparse.csr_array(table))):
        assert topk.evaluate(some, sets, top=1).accuracy == 1


def test_a_small_category_can_be_right_and_a_single_word_is_not_covered():
    table = np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1], [-1, -1]])
    some = Embeddings(Vocab(tuple("abcde"), np.ones(5, int)), table)
    sets = Categories(list("abcde"), [["x", "x", "y", "y", "z"]])
    found = topk.evaluate(some, sets)
    assert found.accuracy == 1 and (found.items, found.covered) == (5, 4)


def test_of_a_word_in_two_categories_the_words_of_both_are_right():
    table = np.array([[1, 1], [1, 0.9], [0.9, 1], [-1, -1.0]])
    some = Embeddings(Vocab(tuple("abcd"), np.ones(4, int)), table)
    sets = Categories(["a", "b", "a", "c"], [["x", "x", "y", "y"]])
    found = topk.evaluate(some, sets)
    assert found.values[0] == 1 and found.items == 3


def test_nothing_is_covered_without_two_words_of_a_category(some):
    sets = Categories(["w1", "w2", "absent"], [["a", "b", "a"]])
    found = topk.evaluate(some, sets)
    assert (found.accuracy, found.ci95, found.covered, found.accuracy_all) == (None, None, 0, 0)
    assert "no category has two known words" in topk.unknown(sets)

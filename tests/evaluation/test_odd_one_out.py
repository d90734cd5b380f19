import numpy as np
import pytest
from scipy import sparse

from jaxtext import query
from jaxtext.evaluation import members, odd_one_out
from jaxtext.evaluation.categorization import Categories
from jaxtext.text import Vocab
from jaxtext.vectors.embeddings import Embeddings, SparseEmbeddings

WORDS = tuple(f"w{i}" for i in range(30))
THREE = Categories([*WORDS, "absent"], [[f"kind {i % 3}" for i in range(31)]])


@pytest.fixture
def some(rng):
    return Embeddings(Vocab(WORDS, np.arange(30)[::-1]), rng.normal(size=(30, 6)))


def test_a_question_has_words_of_one_category_and_one_of_another(some):
    found = members.members(some, THREE)
    places, words = odd_one_out.questions(found, size=3, number=7, seed=1)
    assert np.bincount(places).tolist() == [7] * 30 and words.shape == (210, 4)
    for place, (*group, odd) in zip(places.tolist(), words.tolist(), strict=True):
        assert found.ids[place] == odd and len(set(group)) == 3
        [kind] = {id % 3 for id in group}
        assert kind != odd % 3
    again = odd_one_out.questions(found, size=3, number=7, seed=1)[1]
    np.testing.assert_array_equal(words, again)
    assert (odd_one_out.questions(found, size=3, number=7, seed=2)[1] != words).any()


@pytest.mark.parametrize("kind", ["center", "context"])
def test_accuracy_is_that_of_asking_each_question_alone(rng, monkeypatch, kind):
    center, context = rng.normal(size=(2, 30, 6))
    some = Embeddings(Vocab(WORDS, np.arange(30)[::-1]), center, context)
    monkeypatch.setattr(odd_one_out, "NUMBERS", 200)  # several batches
    found = odd_one_out.evaluate(some, THREE, kind, seed=5)
    places, words = odd_one_out.questions(members.members(some, THREE), seed=5)
    shares: dict[int, list[bool]] = {}
    for place, asked in zip(places.tolist(), words.tolist(), strict=True):
        answer = query.odd_one_out(some, [WORDS[id] for id in asked], kind)
        shares.setdefault(place, []).append(answer == WORDS[asked[-1]])
    expected = [np.mean(shares[place]) for place in range(30)]
    np.testing.assert_allclose(found.values[:30], expected)
    assert np.isnan(found.values[30]) and (found.items, found.covered) == (31, 30)
    assert found.accuracy == pytest.approx(np.mean(expected))
    assert found.accuracy_all == pytest.approx(np.sum(expected) / 31)
    assert found.ci95[0] < found.accuracy < found.ci95[1]
    assert set(found.as_json()) == {"accuracy", "ci95", "items", "covered", "accuracy_all"}


def test_random_vectors_are_right_as_often_as_by_chance(rng):
    words = tuple(f"w{i}" for i in range(400))
    some = Embeddings(Vocab(words, np.ones(400, int)), rng.normal(size=(400, 50)))
    sets = Categories(list(words), [[str(i % 8) for i in range(400)]])
    found = odd_one_out.evaluate(some, sets)
    assert found.accuracy == pytest.approx(0.2, abs=0.05)


def test_directions_of_categories_are_found_whatever_the_lengths(rng):
    table = np.eye(3, 8)[np.arange(30) % 3] + 0.01 * rng.normal(size=(30, 8))
    table *= rng.uniform(0.01, 100, (30, 1))
    some = Embeddings(Vocab(WORDS, np.ones(30, int)), table)
    assert odd_one_out.evaluate(some, THREE).accuracy == 1
    thin = SparseEmbeddings(some.vocab, sparse.csr_array(table))
    np.testing.assert_array_equal(
        odd_one_out.evaluate(thin, THREE).values, odd_one_out.evaluate(some, THREE).values
    )


def test_a_word_of_two_categories_is_odd_in_neither(some):
    words = [*"aaaabbbb", "c"]
    sets = Categories([*WORDS[:8], "w0"], [words[:8] + ["b"]])
    found = members.members(some, sets)
    assert found.own[0] == [0, 1] and [ids.tolist() for ids in found.known] == [
        [0, 1, 2, 3], [0, 4, 5, 6, 7],
    ]  # fmt: skip
    places, asked = odd_one_out.questions(found, size=4)
    assert set(places.tolist()) == {1, 2, 3, 4, 5, 6, 7}
    assert odd_one_out.evaluate(some, sets).covered == 7


def test_other_spellings_of_one_known_word_are_one_member(some):
    sets = Categories(["w0", "W0", "w1", "w2", "w3", "w4", "w5"], [list("aaaabbb")])
    found = members.members(some, sets)
    assert found.known[0].tolist() == [0, 1, 2] and len(found.words) == 7


def test_zero_vectors_and_rare_words_are_not_known(some):
    some.center[4] = 0
    found = members.members(some, THREE, restrict=20)
    assert (found.ids >= 0).sum() == 19 and found.ids[4] == -1 and (found.ids[20:] == -1).all()
    assert odd_one_out.evaluate(some, THREE, restrict=20).covered == 19


def test_nothing_is_covered_without_a_large_category_and_another(some):
    for sets in (Categories(list(WORDS), [["one"] * 30]), Categories(["x", "y"], [["a", "b"]])):
        found = odd_one_out.evaluate(some, sets)
        assert (found.accuracy, found.ci95, found.covered, found.accuracy_all) == (None, None, 0, 0)
        assert "takes a category with 4 known words" in odd_one_out.unknown(sets)


def test_paired_differences_over_common_words(some, rng):
    better = Embeddings(some.vocab, np.eye(3, 6)[np.arange(30) % 3])
    first, second = (odd_one_out.evaluate(each, THREE) for each in (some, better))
    found = odd_one_out.difference(first, second)
    assert found.covered == 30 and found.significant and found.second == 1
    assert found.difference == pytest.approx(1 - first.accuracy)
    same = odd_one_out.difference(first, first)
    assert same.difference == 0 and not same.significant
    nothing = first._replace(values=np.full(31, np.nan))
    assert odd_one_out.difference(first, nothing) == (None, None, None, None, 0)

import numpy as np
import pytest

from jaxtext import query
from jaxtext.embeddings import Embeddings
from jaxtext.errors import InputError
from jaxtext.text import Vocab


@pytest.fixture
def some(rng):
    words = tuple(f"w{i}" for i in range(20))
    return Embeddings(Vocab(words, np.arange(20)[::-1]), rng.normal(size=(20, 5)))


def cosine(a, b):
    return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


def test_neighbors_are_all_other_words_by_cosine(some):
    (answers,) = query.neighbors(some, ["w3"], top=19)
    vectors = some.center
    expected = sorted(
        ((cosine(vectors[3], vectors[i]), f"w{i}") for i in range(20) if i != 3), reverse=True
    )
    assert [word for word, _ in answers] == [word for _, word in expected]
    np.testing.assert_allclose([s for _, s in answers], [s for s, _ in expected], rtol=1e-10)


def test_many_words_are_answered_as_each_alone(some):
    words = ["w1", "w7", "w1"]
    together = query.neighbors(some, words, top=4)
    for word, answers in zip(words, together, strict=True):
        (alone,) = query.neighbors(some, [word], top=4)
        assert [near for near, _ in answers] == [near for near, _ in alone]


def test_top_beyond_the_vocabulary_gives_all_other_words(some):
    (answers,) = query.neighbors(some, ["w3"], top=1000)
    assert len(answers) == 19


def test_analogy_is_nearest_to_b_minus_a_plus_c_without_the_three():
    words = ("man", "woman", "king", "queen", "apple")
    vectors = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 2], [1, 1, 2], [-1, 0, 0.1]], float)
    some = Embeddings(Vocab(words, np.ones(5, int)), vectors)
    answers = query.analogy(some, "man", "woman", "king")
    assert answers[0][0] == "queen"
    assert {word for word, _ in answers} == {"queen", "apple"}


def test_questions_without_sense_are_errors(some):
    with pytest.raises(InputError, match="--top 0"):
        query.neighbors(some, ["w1"], top=0)
    with pytest.raises(InputError, match="not among the 20 words"):
        query.analogy(some, "w1", "w2", "nothing")

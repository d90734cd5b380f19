import numpy as np
import pytest

from jaxtext.base.errors import InputError
from jaxtext.text import Vocab
from jaxtext.vectors.embeddings import KINDS, Embeddings, normalize

VOCAB = Vocab(("frodo", "ring", "Mordor"), np.array([3, 2, 1]))
CENTER, CONTEXT = np.arange(6.0).reshape(3, 2), np.ones((3, 2))
BOTH = Embeddings(VOCAB, CENTER, CONTEXT)


def test_every_kind_of_vector_is_what_its_name_says():
    expected = {
        "center": CENTER,
        "context": CONTEXT,
        "sum": CENTER + CONTEXT,
        "average": (CENTER + CONTEXT) / 2,
        "concat": np.hstack([CENTER, CONTEXT]),
    }
    assert set(expected) == set(KINDS)
    for kind, vectors in expected.items():
        np.testing.assert_array_equal(BOTH.vectors(kind), vectors)


@pytest.mark.parametrize("kind", ["context", "sum", "average", "concat"])
def test_kinds_that_need_context_vectors_say_so_when_there_are_none(kind):
    with pytest.raises(InputError, match="needs context vectors"):
        Embeddings(VOCAB, CENTER).vectors(kind)


def test_an_unknown_kind_is_an_error():
    with pytest.raises(InputError, match="choose one of center"):
        BOTH.vectors("both")


def test_ids_are_places_in_the_vocabulary():
    assert BOTH.ids(["ring", "frodo", "Mordor"]).tolist() == [1, 0, 2]


def test_capitals_count_only_where_the_vocabulary_has_some():
    lower = Embeddings(Vocab(("frodo", "ring"), np.array([2, 1])), CENTER[:2])
    assert lower.ids(["Frodo"]).tolist() == [0]
    with pytest.raises(InputError, match="mean frodo"):
        BOTH.ids(["Frodo"])


@pytest.mark.parametrize(("word", "hint"), [("rings", "mean ring"), ("xyz", "nothing is spelled")])
def test_an_unknown_word_gets_close_spellings(word, hint):
    with pytest.raises(InputError, match=f"'{word}' is not among the 3 words: .*{hint}"):
        BOTH.ids([word])


def test_normalize_gives_unit_rows_and_keeps_zero_rows(rng):
    rows = normalize(np.vstack([rng.normal(size=(4, 3)), np.zeros((1, 3))]))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 1, 1, 0], rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("scale", [-0.7, 0.4])
def test_normalize_holds_where_squares_do_not(rng, dtype, scale):
    """Rows as long as `dtype` can just hold, or as short, have the directions that they have."""
    limits = np.finfo(dtype)
    rows = rng.uniform(0.5, 1, (5, 3)) * rng.choice([-1, 1], (5, 3))
    size = float(limits.max if scale > 0 else limits.tiny) ** abs(scale)
    found = normalize((rows * size * (1 if scale < 0 else size**0.75)).astype(dtype))
    assert found.dtype == dtype
    expected = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=0.1 if dtype == np.float16 else 1e-5)

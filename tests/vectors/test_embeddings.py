import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext.base.errors import InputError
from jaxtext.text import Vocab
from jaxtext.vectors import embeddings
from jaxtext.vectors.embeddings import KINDS, Embeddings, UnknownWord, normalize

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


def test_another_case_is_suggested_and_never_taken():
    lower = Embeddings(Vocab(("frodo", "ring"), np.array([2, 1])), CENTER[:2])
    for vectors in (lower, BOTH):
        assert "Frodo" not in vectors
        with pytest.raises(InputError, match="'Frodo' is not among .*: did you mean frodo"):
            vectors.ids(["Frodo"])


def test_the_exact_spelling_wins_and_then_another_form_of_unicode():
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    both = Embeddings(Vocab((composed, decomposed, "na\u0308h"), np.ones(3, int)), np.eye(3))
    assert both.ids([composed, decomposed]).tolist() == [0, 1]
    assert both.ids(["n\u00e4h", "n\u00ad\u00e4h\u2060"]).tolist() == [2, 2]
    one = Embeddings(Vocab((composed,), np.ones(1, int)), np.ones((1, 2)))
    assert decomposed in one and one.mean([decomposed, "x"]).tolist() == [1, 1]
    plain = Embeddings(Vocab(("it's",), np.ones(1, int)), np.ones((1, 2)))
    assert "it\u2019s" in plain
    soft = Embeddings(Vocab(("a\u00adb",), np.ones(1, int)), np.ones((1, 2)))
    assert soft.ids(["a\u00adb"]).tolist() == [0] and "ab" not in soft


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


def test_words_index_their_center_vectors():
    assert BOTH["ring"].tolist() == [2, 3]
    assert ("ring" in BOTH, "rings" in BOTH, len(BOTH), list(BOTH)) == (
        True, False, 3, ["frodo", "ring", "Mordor"],
    )  # fmt: skip
    assert (BOTH.words, BOTH.counts.tolist(), BOTH.dim) == (VOCAB.words, [3, 2, 1], 2)
    with pytest.raises(UnknownWord, match="^'rings' is not among the 3") as caught:
        BOTH["rings"]
    assert isinstance(caught.value, KeyError) and isinstance(caught.value, InputError)


def test_whole_numbers_are_the_words_that_they_are_written_as():
    ids = Embeddings(Vocab(("7", "12"), np.array([2, 1])), CENTER[:2])
    assert ids[12].tolist() == ids["12"].tolist() == [2, 3]
    assert 7 in ids and np.int64(7) in ids and 1 not in ids


def test_the_mean_is_over_known_tokens_as_often_as_they_occur():
    expected = (2 * CENTER[0] + CENTER[1]) / 3
    np.testing.assert_allclose(BOTH.mean(["frodo", "sam", "ring", "frodo"]), expected)
    np.testing.assert_allclose(BOTH.mean(iter(["ring"]), "sum"), CENTER[1] + 1)
    assert BOTH.mean(["sam"]).tolist() == [0, 0]
    with pytest.raises(InputError, match="^tokens='ring': is a string: split it"):
        BOTH.mean("ring")


@pytest.mark.parametrize("make", [jnp.asarray, np.asarray, np.ndarray.tolist])
def test_tables_of_any_kind_become_arrays_of_numpy(make):
    table = Embeddings(VOCAB, make(CENTER), make(CONTEXT))
    assert type(table.center) is type(table.context) is np.ndarray
    np.testing.assert_array_equal(table.center, CENTER)


@pytest.mark.parametrize(
    ("center", "context", "message"),
    [
        (CENTER[:2], None, r"^center: has shape \[2, 2\], must have a row for each of the 3 words"),
        (CENTER[0], None, r"^center: has shape \[2\]"),
        (CENTER, CONTEXT[:2], r"^context: has shape \[2, 2\]"),
        (CENTER, CONTEXT[:, :1], r"^context: has shape \[3, 1\], must be \[3, 2\]"),
    ],
)
def test_tables_that_do_not_fit_are_named(center, context, message):
    with pytest.raises(InputError, match=message):
        Embeddings(VOCAB, center, context)


def test_a_large_table_is_shown_in_one_line():
    words = tuple(f"word{i}" * 20 for i in range(5000))
    shown = repr(Embeddings(Vocab(words, np.ones(5000, int)), np.ones((5000, 300))))
    assert len(shown) < 200 and "\n" not in shown
    assert shown.startswith(
        "Embeddings(5,000 words, 300 dimensions, center; first words: word0word0"
    )
    assert "center and context" in repr(BOTH)


def test_notebooks_show_a_short_table_with_every_word_escaped():
    words = ("<script>", "a&b", *(f"w{i}" for i in range(100)))
    table = Embeddings(Vocab(words, np.arange(102)[::-1]), np.ones((102, 50)))
    shown = table._repr_html_()
    assert "<script>" not in shown
    assert "<td>&lt;script&gt;</td><td>101</td><td>1.000</td>" in shown and "a&amp;b" in shown
    assert shown.count("<tr>") == 1 + embeddings.SHOWN_WORDS


def test_a_string_where_a_list_is_meant_is_named():
    with pytest.raises(InputError, match="^words='ring': is a string: give a list of words"):
        BOTH.ids("ring")


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.int32, np.int64, bool])
def test_other_kinds_of_numbers_become_float32(dtype):
    table = Embeddings(VOCAB, jnp.ones((3, 2), dtype)).center
    assert table.dtype == np.float32 and table.tolist() == [[1, 1]] * 3


@pytest.mark.parametrize(
    "table", [np.full((3, 2), "a"), np.ones((3, 2), complex), [[None] * 2] * 3]
)
def test_tables_without_real_numbers_are_named(table):
    with pytest.raises(InputError, match="^center: must contain real numbers, found"):
        Embeddings(VOCAB, table)


def test_words_in_place_of_a_vocabulary_are_named(unchecked):
    with pytest.raises(InputError, match="^vocab: must be a Vocab, such as .* found tuple"):
        Embeddings(("a", "b"), np.ones((2, 2)))


def test_words_with_zero_vectors_are_found():
    table = Embeddings(VOCAB, np.array([[0, 1], [0, 0], [1, 0]]), np.zeros((3, 2)))
    assert table.zeros().tolist() == [1]
    assert table.zeros("context").tolist() == [0, 1, 2] and table.zeros("sum").tolist() == [1]

import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext import query
from jaxtext.base.errors import InputError
from jaxtext.text import Vocab
from jaxtext.vectors.embeddings import Embeddings


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


@pytest.mark.parametrize("size", [1, 15, 16, 17, 513, 1500])
@pytest.mark.parametrize("top", [1, 9, 300])
def test_the_nearest_rows_are_those_of_a_sort(rng, monkeypatch, size, top):
    for name, value in (("BATCH", 3), ("BLOCK", 512), ("GATHERED", 4 * 16 * 2)):
        monkeypatch.setattr(query, name, value)
    table, directions = rng.integers(-9, 9, (size, 4)).astype(float), rng.normal(size=(9, 4))
    without = [[], [], [], [0], [], [size - 1, 0, 0], [*range(size - 1)], [*range(size)], [size]]
    directions[4] = 0
    scores = directions @ table.T
    for row, ids in enumerate(without):
        scores[row, [id for id in ids if id < size]] = -np.inf
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :top]
    products, ids = query.nearest_rows(table, directions, top, without)
    nearest = np.take_along_axis(scores, expected, axis=1)
    np.testing.assert_allclose(products, nearest, rtol=1e-12, atol=1e-12)
    for row, (found, some) in enumerate(zip(nearest, ids, strict=True)):
        some = some[found > -np.inf]
        np.testing.assert_allclose(scores[row, some], found[: len(some)], atol=1e-12)
        assert len(set(some.tolist())) == len(some)


def test_a_vector_and_a_query_of_one_word_ask_as_the_word_does(some):
    (by_word,) = query.neighbors(some, ["w3"], top=5)
    by_vector, by_query = query.neighbors(some, [7 * some.center[3], query.Query(["w3"])], top=6)
    assert by_vector[0][0] == "w3" and by_vector[0][1] == pytest.approx(1)
    assert [word for word, _ in by_vector[1:]] == [word for word, _ in by_word]
    assert [word for word, _ in by_query[:5]] == [word for word, _ in by_word]


def test_positive_and_negative_words_add_unit_vectors(some):
    unit = some.center / np.linalg.norm(some.center, axis=1, keepdims=True)
    (answers,) = query.neighbors(some, [query.Query(["w1", unit[2]], ["w3"])], top=20)
    direction = unit[1] + unit[2] - unit[3]
    cosines = unit @ direction / np.linalg.norm(direction)
    expected = [f"w{i}" for i in np.argsort(-cosines) if i not in (1, 3)]
    assert [word for word, _ in answers] == expected
    np.testing.assert_allclose(answers[0][1], cosines[int(expected[0][1:])])


def test_more_queries_than_a_batch_and_a_restricted_vocabulary(some, monkeypatch):
    monkeypatch.setattr(query, "BATCH", 4)
    words = list(some.vocab.words) * 2
    answers = query.neighbors(some, words, top=3, restrict=8)
    assert len(answers) == 40
    for word, rows in zip(words, answers, strict=True):
        known = query.neighbors(some, [word], top=19)[0]
        assert [w for w, _ in rows] == [w for w, _ in known if int(w[1:]) < 8][:3]


def test_the_odd_one_out_is_farthest_from_the_mean(some):
    vectors = np.vstack([np.eye(3)[[0, 0, 0, 1]] + 0.1, some.center[:, :3]])
    few = Embeddings(Vocab(("a", "b", "c", "x", *some.vocab.words), np.ones(24, int)), vectors)
    assert query.odd_one_out(few, ["a", "x", "b", "c"]) == "x"
    with pytest.raises(InputError, match="three words or more"):
        query.odd_one_out(few, ["a", "x"])


def test_similarities_are_cosines(some):
    found = query.similarities(some, ["w4", "w1", "w4"])
    expected = cosine(some.center[4], some.center[1])
    np.testing.assert_allclose(found, [[1, expected, 1], [expected, 1, expected], [1, expected, 1]])


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ([query.Query([])], "at least one word or vector"),
        ([np.ones(4)], r"must be 5 finite numbers, found shape \[4\]"),
        ([np.array([1, 2, 3, 4, np.nan])], "must be 5 finite numbers"),
        (["w99"], "'w99' is not among the 20 words"),
    ],
)
def test_queries_that_cannot_be_asked_are_named(some, asked, message):
    with pytest.raises(InputError, match=message):
        query.neighbors(some, asked)


def test_questions_without_sense_are_errors(some):
    with pytest.raises(InputError, match="^top=0: must be at least 1"):
        query.neighbors(some, ["w1"], top=0)
    with pytest.raises(InputError, match="not among the 20 words"):
        query.analogy(some, "w1", "w2", "nothing")
    with pytest.raises(InputError, match="^restrict=0"):
        query.neighbors(some, ["w1"], restrict=0)


@pytest.mark.bench
def test_answers_are_those_of_gensim(some):
    models = pytest.importorskip("gensim.models", reason="needs the bench extra")
    peer = models.KeyedVectors(5)
    peer.add_vectors(list(some.vocab.words), some.center.astype(np.float32))
    ours = query.neighbors(some, [query.Query(["w1", "w2"], ["w3"]), "w5"], top=6)
    for mine, theirs in zip(
        ours,
        [peer.most_similar(["w1", "w2"], ["w3"], topn=6), peer.most_similar("w5", topn=6)],
        strict=True,
    ):
        assert [word for word, _ in mine] == [word for word, _ in theirs]
        np.testing.assert_allclose([s for _, s in mine], [s for _, s in theirs], atol=1e-6)
    four = ["w1", "w4", "w7", "w9"]
    assert query.odd_one_out(some, four) == peer.doesnt_match(four)


def test_one_query_gets_one_list_and_a_list_gets_a_list_of_them(some):
    whole = query.neighbors(some, ["w1", "w2"], top=2)
    assert query.neighbors(some, "w1", top=2) == whole[0]
    assert query.neighbors(some, some["w1"], top=2)[0][0] == "w1"
    assert query.neighbors(some, jnp.asarray(some["w1"]), top=2)[0][0] == "w1"
    pair = query.Query(["w1"], ["w2"])
    assert query.neighbors(some, pair) == query.neighbors(some, [pair])[0]
    assert query.neighbors(some, query.Query("w1", "w2")) == query.neighbors(some, pair)


def test_strings_where_lists_are_meant_are_named(some):
    with pytest.raises(InputError, match="^words='abc': is a string: give a list"):
        query.similarities(some, "abc")
    with pytest.raises(InputError, match="^words='abc'"):
        query.odd_one_out(some, "abc")


@pytest.mark.parametrize(
    ("embeddings", "asked", "message"),
    [
        ("runs/first", "w1", "^embeddings: must be Embeddings, as load returns them, found str"),
        (None, [1.5], "^a query is a word, a vector, or a Query of them, found 1.5"),
        (None, [None], "^a query is a word, .* found None"),
    ],
)
def test_other_things_than_words_and_vectors_are_named(unchecked, some, embeddings, asked, message):
    with pytest.raises(InputError, match=message):
        query.neighbors(some if embeddings is None else embeddings, asked)


def test_answers_are_a_list_that_notebooks_show_as_a_table():
    answers = query.Answers([("<b>", 0.5), ("a", 0.25)])
    assert answers == [("<b>", 0.5), ("a", 0.25)]
    shown = answers._repr_html_()
    assert "<td>&lt;b&gt;</td><td>0.5000</td>" in shown and "<b>" not in shown


@pytest.fixture
def with_zeros(some):
    table = some.center.copy()
    table[[4, 5, 19]] = 0
    return Embeddings(some.vocab, table)


def test_a_zero_vector_has_no_neighbors_and_is_none(with_zeros):
    answers = query.neighbors(with_zeros, "w3", top=100)
    assert len(answers) == 16 and not {"w4", "w5", "w19"} & {word for word, _ in answers}
    assert [row for row in answers if row[1] < 0]  # also where zero would come before others
    assert len(query.analogy(with_zeros, "w1", "w2", "w3", top=100)) == 14
    (few,) = query.neighbors(with_zeros, ["w3"], top=9, restrict=6)
    assert {word for word, _ in few} == {"w0", "w1", "w2"}
    for asked in ("w4", ["w1", "w4"], query.Query("w1", "w4"), query.Query(["w4", "w1"])):
        with pytest.raises(InputError, match="^the vector of 'w4' is zero: it has no direction"):
            query.neighbors(with_zeros, asked)
    with pytest.raises(InputError, match="^the vector of a query is zero"):
        query.neighbors(with_zeros, np.zeros(5))
    with pytest.raises(InputError, match="^the vectors of a query cancel each other"):
        query.neighbors(with_zeros, query.Query("w1", "w1"))
    with pytest.raises(InputError, match="of 'w5' is zero"):
        query.similarities(with_zeros, ["w1", "w5"])
    with pytest.raises(InputError, match="of 'w5' is zero"):
        query.odd_one_out(with_zeros, ["w1", "w5", "w2"])


@pytest.mark.parametrize("top", [1, 9, 300])
def test_rows_that_are_never_answers_are_left_out_of_every_group(rng, monkeypatch, top):
    for name, value in (("BATCH", 3), ("BLOCK", 512), ("GATHERED", 4 * 16 * 2)):
        monkeypatch.setattr(query, name, value)
    table, directions = rng.normal(size=(1500, 4)), rng.normal(size=(5, 4))
    never = rng.random(1500) < 0.9
    scores = np.where(never, -np.inf, directions @ table.T)
    expected = -np.sort(-scores, axis=1)[:, :top]
    products, ids = query.nearest_rows(table, directions, top, [[]] * 5, never)
    np.testing.assert_allclose(products, expected, rtol=1e-12)
    assert not never[ids[products > -np.inf]].any()

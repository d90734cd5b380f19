import numpy as np
import pytest
from scipy import sparse

from jaxtext.evaluation import analogy
from jaxtext.text import Vocab
from jaxtext.vectors.embeddings import Embeddings, SparseEmbeddings, normalize

GOOGLE = ": first\nw1 w2 w3 w4\nw5 w6 w7 w8\n: second\nw9 w10 w11 nothing\n"


@pytest.fixture
def some(rng):
    """Words in which w(n+1) - w(n), n odd, is nearly the same."""
    table = rng.normal(size=(300, 8))
    table[2::2] = table[1:-1:2] + np.arange(8) / 4 + 0.5 * rng.normal(size=(149, 8))
    words = tuple(f"w{i}" for i in range(300))
    return Embeddings(Vocab(words, np.arange(300)[::-1]), table.astype(np.float32))


def written(tmp_path, text):
    path = tmp_path / "set.txt"
    path.write_text(text, encoding="utf-8")
    return path


def questions(rng, size=60):
    odd = 1 + 2 * rng.integers(0, 149, size=(size, 2))
    found = [(f"w{a}", f"w{a + 1}", f"w{c}", f"w{c + 1}") for a, c in odd if a != c]
    return [analogy.Question("", a, (b,), c, (d,)) for a, b, c, d in found]


def answered(some, question, method):
    """As the formulas say, one question at a time."""
    table, index = normalize(some.center.astype(np.float64)), some.vocab.index
    a, b, c = (table[index[word]] for word in (question.a, question.b[0], question.c))
    if method == "3cosadd":
        scores = table @ (b - a + c)
    else:
        of_a, of_b, of_c = ((1 + table @ vector) / 2 for vector in (a, b, c))
        scores = of_b * of_c / (of_a + 1e-6)
    scores[[index[word] for word in (question.a, question.b[0], question.c)]] = -np.inf
    return some.vocab.words[scores.argmax()]


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
def test_answers_are_those_of_the_formulas(some, rng, method):
    asked, index = questions(rng), some.vocab.index
    ids = np.array([[index[word] for word in (q.a, *q.b, q.c)] for q in asked])
    found = analogy.answers(normalize(some.center), ids, np.arange(300), method)
    assert [some.vocab.words[i] for i in found] == [answered(some, q, method) for q in asked]


def test_accuracy_is_the_part_of_right_answers(some, rng):
    asked = questions(rng)
    found = analogy.evaluate(some, asked)
    expected = [answered(some, question, "3cosadd") in question.answers for question in asked]
    np.testing.assert_array_equal(found.right, expected)
    assert found.accuracy == np.mean(expected) == found.accuracy_all
    assert 0.1 < found.accuracy < 1
    assert found.ci95[0] < found.accuracy < found.ci95[1]


def test_sections_and_unknown_words(tmp_path, some):
    found = analogy.evaluate(some, analogy.read(written(tmp_path, GOOGLE)))
    assert (found.items, found.covered) == (3, 2)
    assert found.sections["first"]["items"] == found.sections["first"]["covered"] == 2
    assert found.sections["second"] == {"accuracy": None, "items": 1, "covered": 0}
    assert found.accuracy_all == pytest.approx(found.accuracy * 2 / 3)


def test_any_of_several_answers_is_right(some, rng):
    (question, *_) = (q for q in questions(rng) if answered(some, q, "3cosadd") not in q.answers)
    best = answered(some, question, "3cosadd")
    assert analogy.evaluate(some, [question]).accuracy == 0
    more = question._replace(answers=("nothing", best.upper()))
    assert analogy.evaluate(some, [more]).accuracy == 1


@pytest.mark.parametrize("restrict", [None, 200])
def test_sparse_vectors_are_answered_like_dense_ones(some, rng, restrict):
    table = np.where(np.abs(some.center) > 0.2, some.center, 0)
    table[7] = 0
    asked = questions(rng)
    vectors = Embeddings(some.vocab, table), SparseEmbeddings(some.vocab, sparse.csr_array(table))
    dense, thin = (analogy.evaluate(each, asked, restrict=restrict) for each in vectors)
    np.testing.assert_array_equal(thin.right, dense.right)
    assert 0 < dense.accuracy < 1


def test_a_restricted_vocabulary_neither_asks_nor_answers(some):
    asked = [analogy.Question("", "w1", ("w2",), "w3", ("w4",))]
    assert analogy.evaluate(some, asked, restrict=5).covered == 1
    found = analogy.evaluate(some, asked, restrict=4)
    assert (found.accuracy, found.ci95, found.covered, found.accuracy_all) == (None, None, 0, 0)
    assert analogy.unknown(asked).startswith("none of 1 questions has only known words")


@pytest.mark.parametrize("answer", ["Queen", "queen", "QUEEN"])
def test_an_answer_is_right_in_any_letter_case(answer):
    words = ("man", "woman", "king", "Queen", "queen")
    table = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 2], [1, 0.9, 2], [1, 1, 2]], np.float32)
    some = Embeddings(Vocab(words, np.arange(5)[::-1]), table)
    asked = [analogy.Question("", "man", ("woman",), "king", (answer,))]
    assert analogy.evaluate(some, asked).accuracy == 1


@pytest.mark.parametrize("wrap", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_zero_vectors_ask_nothing_and_are_no_answers(some, rng, wrap):
    asked, table = questions(rng), some.center.copy()
    table[[7, 8, 200]] = 0
    table_of = Embeddings if wrap is np.asarray else SparseEmbeddings
    found = analogy.evaluate(table_of(some.vocab, wrap(table)), asked)
    gone = {"w7", "w8", "w200"}
    lost = [bool(gone & {q.a, *q.b, q.c, *q.answers}) for q in asked]
    np.testing.assert_array_equal(np.isnan(found.right), lost)
    assert 0 < sum(lost) < len(asked)
    # The same as if these words were not in the vocabulary.
    kept = [i for i in range(300) if f"w{i}" not in gone]
    words = Vocab(tuple(f"w{i}" for i in kept), np.arange(297)[::-1])
    expected = analogy.evaluate(Embeddings(words, some.center[kept]), asked)
    np.testing.assert_array_equal(found.right, expected.right)


def test_a_zero_vector_is_not_the_best_of_bad_answers():
    table = np.array([[1, 0], [0, 1], [0, 0], [1, 0.1], [-1, 0.5]], np.float32)
    some = Embeddings(Vocab(("b", "a", "zero", "c", "far"), np.arange(5)[::-1]), table)
    asked = [analogy.Question("", "a", ("b",), "c", ("far",))]
    assert analogy.evaluate(some, asked).accuracy == 1
    assert analogy.evaluate(some, [asked[0]._replace(answers=("zero",))]).covered == 0


def test_letters_that_differ_in_more_than_case_are_two_words():
    words = ("kır", "kir", "a", "b", "c")
    table = np.array([[1, 0, 2], [0, 1, 0], [1, 0, 0], [1, 1, 0], [0, 0, 2]], np.float32)
    some = Embeddings(Vocab(words, np.arange(5)[::-1]), table)
    asked = [analogy.Question("", "b", ("a",), "c", (word,)) for word in ("KIR", "kır")]
    assert analogy.evaluate(some, asked).right.tolist() == [0, 1]


def test_the_words_of_a_question_in_any_letter_case_are_no_answers():
    words = ("King", "king", "man", "woman", "queen")
    table = np.array([[1, 0, 2], [1, 0, 2.1], [1, 0, 0], [1, 1, 0], [1, 1, 2]], np.float32)
    some = Embeddings(Vocab(words, np.arange(5)[::-1]), table)
    asked = [analogy.Question("", "man", ("woman",), "king", ("Queen",))]
    assert analogy.evaluate(some, asked).accuracy == 1


def test_paired_differences_of_accuracies(some, rng):
    asked = questions(rng, 200)
    shuffled = Embeddings(some.vocab, rng.permutation(some.center))
    good, bad = (analogy.evaluate(each, asked) for each in (some, shuffled))
    found = analogy.difference(bad, good)
    assert found.difference == pytest.approx(good.accuracy - bad.accuracy)
    assert found.significant
    assert analogy.difference(good, good).ci95 == (0, 0)


@pytest.mark.bench
def test_answers_are_those_of_gensim(tmp_path, some, rng):
    models = pytest.importorskip("gensim.models", reason="needs the bench extra")
    peer = models.KeyedVectors(8)
    peer.add_vectors(list(some.vocab.words), some.center)
    rows = [" ".join([q.a, *q.b, q.c, *q.answers]) for q in questions(rng, 300)]
    path = written(tmp_path, ": all\n" + "\n".join([*rows, "w1 w2 w3 nothing"]) + "\n")
    accuracy, sections = peer.evaluate_word_analogies(str(path))
    asked = analogy.read(path)
    found = analogy.evaluate(some, asked)
    theirs = {tuple(word.lower() for word in each) for each in sections[0]["correct"]}
    ours = {
        (q.a, q.b[0], q.c, q.answers[0])
        for q, right in zip(asked, found.right, strict=True)
        if right == 1
    }
    assert ours == theirs and found.accuracy == pytest.approx(accuracy, abs=1e-12)


def test_a_question_that_leaves_no_word_to_answer_is_wrong():
    three = Embeddings(Vocab(("a", "b", "c"), np.ones(3, int)), np.eye(3))
    question = analogy.Question("", "c", ("b",), "a", ("a",))
    assert analogy.evaluate(three, [question]).accuracy == 0

import jax
import numpy as np
import pytest
from scipy import sparse

import jaxtext
from jaxtext import Embeddings, Exact, Sgns, Softmax, Svd
from jaxtext.base.errors import InputError
from jaxtext.models.objective import cell_loss
from jaxtext.text import Vocab
from jaxtext.training import counting
from jaxtext.training.counts.rows import Fixed, centers
from jaxtext.training.unseen import fitted, infer, neighbors_of

ANIMALS, TOOLS = ("cat", "dog", "cow", "hen"), ("saw", "axe", "file", "drill")
PLACES = {ANIMALS: ("eats", "sleeps", "farm", "tail"), TOOLS: ("steel", "cuts", "wood", "bench")}


@pytest.fixture(scope="module")
def sentences():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(900):
        group = (ANIMALS, TOOLS)[rng.integers(2)]
        words = [*rng.choice(group, 1), *rng.choice(PLACES[group], 3), *rng.choice(["a", "so"], 2)]
        found.append([str(word) for word in rng.permutation(words)])
    return found


@pytest.fixture(scope="module")
def trained(sentences):
    method = Exact(dim=4, window=3, subsample=0)
    known = [[word for word in sentence if word != "cow"] for sentence in sentences]
    vectors = jaxtext.train(jax.random.key(0), jaxtext.read(known, min_count=1), method)
    return vectors, method


def test_a_known_word_gets_the_best_row_of_its_whole_text(sentences):
    method = Exact(dim=4, window=3, subsample=0)
    corpus = jaxtext.read(sentences, min_count=1)
    vectors = jaxtext.train(jax.random.key(0), corpus, method)
    objective = counting.objective(jax.random.key(0), corpus.vocab, corpus.text, method)
    place = corpus.vocab.index["dog"]
    row = sparse.csr_array(objective.counts)[[place]]
    weight = 5 * np.asarray(row.sum(axis=1))
    context = vectors.vectors("context").astype(np.float64)
    best = centers(Fixed(context, objective.noise, 5), row, close=1e-9)[0]
    found = infer(vectors, "dog", sentences, method, prior=0)
    np.testing.assert_allclose(found, best, rtol=1e-6)
    # The exact trainer ends with a step of the contexts, after which its own row is near the best.
    n, e = row.toarray()[0], weight[0] * objective.noise
    rows = found, vectors["dog"], np.zeros(4)
    least, own, none = (cell_loss(n, e, vectors.context @ each).sum() for each in rows)
    assert least < own < least + 0.01 * (none - least)


@pytest.mark.parametrize("number", [1, 8, 1000])
def test_a_word_that_was_left_out_is_among_its_kind(sentences, trained, number):
    vectors, method = trained
    of_word = [sentence for sentence in sentences if "cow" in sentence][:number]
    found = infer(vectors, "cow", of_word, method)
    assert found.shape == (4,) and found.dtype == vectors.center.dtype
    cosines = dict(jaxtext.neighbors(vectors, found, top=len(vectors)))
    others = [cosines[word] for word in TOOLS]
    assert all(cosines[word] > max(others) for word in ANIMALS if word != "cow")
    if number == 1000:
        assert list(cosines)[0] in ANIMALS


def test_sentences_of_any_form_give_the_same(sentences, trained):
    vectors, method = trained
    some = sentences[:60]
    expected = infer(vectors, ["cow", "dog"], some, method)
    assert expected.shape == (2, 4)
    one = infer(vectors, "dog", (iter(sentence) for sentence in some), method)
    np.testing.assert_allclose(one, expected[1], rtol=1e-6)  # alone, not beside another row
    with pytest.warns(UserWarning, match="each was split into words"):
        other = infer(vectors, ["cow", "dog"], [" ".join(each) for each in some], method)
    np.testing.assert_array_equal(other, expected)


def test_neighbors_are_counted_as_in_training(trained):
    vectors, _ = trained
    method = Sgns(window=2, subsample=0.01)
    lines = [["cat", "zebra", "x", "dog", "zebra", "cow"], ["tail", "cat"]]
    found = neighbors_of(["zebra"], lines, vectors.vocab, method).toarray()[0]
    keep = jaxtext.sampling.keep_probability(vectors.counts, 0.01)
    weights = found / keep
    # 'x' and 'cow' are unknown and left out: cat zebra dog zebra.
    expected = {"cat": 1, "dog": 2}
    for word, place in vectors.vocab.index.items():
        assert weights[place] == pytest.approx(expected.get(word, 0))


def test_a_prior_draws_a_row_to_that_of_the_usual_contexts(sentences, trained):
    vectors, method = trained
    of_word = [sentence for sentence in sentences if "cow" in sentence][:1]
    pairs = neighbors_of(["cow"], of_word, vectors.vocab, method)
    scores = [fitted(vectors, pairs, method, prior)[0] @ vectors.context.T for prior in (0, 1, 1e9)]
    usual = np.log(vectors.counts / vectors.counts.sum())
    usual -= np.log(5 * jaxtext.sampling.noise_distribution(vectors.counts, 0.75))
    assert np.ptp(scores[0]) > np.ptp(scores[1]) > np.ptp(scores[2])
    assert np.abs(scores[2] - usual).mean() < 0.5 * np.abs(scores[0] - usual).mean()


NO_COUNTS = Embeddings(Vocab(("a", "b"), np.zeros(2, np.int64)), np.eye(2), np.eye(2))
NO_CONTEXTS = Embeddings(Vocab(("a", "b"), np.array([2, 1])), np.eye(2))
GOOD = Embeddings(Vocab(("a", "b"), np.array([2, 1])), np.eye(2), np.eye(2))


@pytest.mark.parametrize(
    ("vectors", "words", "sentences", "options", "message"),
    [
        (
            NO_COUNTS,
            "x",
            [["x", "a"]],
            {},
            "^vectors: have no counts of words: give those of a run",
        ),
        (NO_CONTEXTS, "x", [["x", "a"]], {}, "^vectors: have no context vectors: give those of a"),
        ("runs/x", "x", [["x", "a"]], {}, "^vectors: must be Embeddings, .* found str$"),
        (GOOD, "x", [["x", "a"]], {"method": Svd()}, r"^method: must be Sgns\(...\) or Exact"),
        (GOOD, "x", [["x", "a"]], {"method": Softmax()}, r"^method: must be Sgns\(...\) or Exact"),
        (GOOD, "x", [["x", "a"]], {"prior": -1}, "^prior=-1: must be at least 0$"),
        (GOOD, "y", [["x", "a"]], {}, "^'y' is in none of the sentences$"),
        (
            GOOD,
            "x",
            [["x", "z"], ["x"]],
            {},
            "^'x' has no neighbor in the sentences with a vector$",
        ),
        (GOOD, [], [["x", "a"]], {}, "^words: give a word, or a list of words$"),
        (GOOD, [3], [["x", "a"]], {}, "^words: give a word, or a list of words$"),
        (GOOD, "x", [3], {}, "^sentences: sequence 0 is 3"),
        (GOOD, "x", 3, {}, "^sentences: found int"),
        (GOOD, "x", [["x", "a"], None], {}, "^sentences: sequence 1 is None"),
    ],
)
def test_what_cannot_be_used_is_named(unchecked, vectors, words, sentences, options, message):
    with pytest.raises(InputError, match=message):
        infer(vectors, words, sentences, **options)

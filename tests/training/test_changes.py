"""A word that is used differently in two texts is found, and words used alike are not."""

import jax
import numpy as np
import pytest

import jaxtext
from jaxtext.base.errors import InputError
from jaxtext.text.pooled import pooled
from jaxtext.training import changes
from jaxtext.training.counts import rows

METHOD = jaxtext.Exact(dim=4, window=3, subsample=0)


def key():
    return jax.random.key(5)


@pytest.fixture(scope="module")
def texts():
    """Halves of one text; in the second, a word of topic 0 and one of topic 1 are exchanged.

    A third of the words of a sentence are of any topic.
    """
    rng, other = np.random.default_rng(3), {"t0w3": "t1w3", "t1w3": "t0w3"}
    topics = np.where(rng.random((3000, 12)) < 1 / 3, rng.integers(0, 5, (3000, 12)),
                      rng.integers(0, 5, (3000, 1)))  # fmt: skip
    words = rng.integers(0, 10, (3000, 12))
    lines = [[f"t{t}w{w}" for t, w in zip(*line, strict=True)] for line in
             zip(topics.tolist(), words.tolist(), strict=True)]  # fmt: skip
    second = [[other.get(word, word) for word in line] for line in lines[1500:]]
    return jaxtext.read(lines[:1500], min_count=1), jaxtext.read(second, min_count=1)


def test_pooled_texts_are_the_common_words_of_one_and_then_the_other():
    first = jaxtext.read([["a", "b", "x"], ["x"], ["b"]], min_count=1)
    second = jaxtext.read([["y", "b"], ["a", "b", "b"]], min_count=1)
    corpus, boundary = pooled(first, second)
    assert corpus.vocab.words == ("b", "a") and corpus.vocab.counts.tolist() == [5, 2]
    assert corpus.text.ids.tolist() == [1, 0, 0, 0, 1, 0, 0]
    assert corpus.text.ends.tolist() == [2, 3, 4, 7] and boundary == 3
    assert pooled(first, second, 1).corpus.vocab.words == ("b",)
    with pytest.raises(InputError, match="no word in common"):
        pooled(first, jaxtext.read([["z", "zz"]], min_count=1))


def test_exchanged_words_are_found_and_the_others_are_not(texts):
    found = jaxtext.compare(key(), *texts, METHOD, words=50)
    assert {each.word for each in found[:2]} == {"t0w3", "t1w3"} and len(found) == 50
    assert all(each.q < 1e-6 and each.interval[1] < 0.7 for each in found[:2])
    others = [each for each in found if each.word[:2] not in ("t0", "t1")]  # with other contexts
    assert len(others) == 30
    assert all(each.q > 0.001 and each.interval[1] > 0.95 for each in others)
    again = jaxtext.compare(key(), *texts, METHOD, words=["t0w3", "t2w2"])
    assert [each.word for each in again] == ["t0w3", "t2w2"]
    cosine = found[[e.word for e in found].index("t0w3")].cosine
    assert again[0].cosine == pytest.approx(cosine, abs=1e-3)  # as close as rows are solved


def test_centers_are_those_of_each_text_alone(texts):
    two = changes.prepared(key(), *texts, METHOD)
    word = two.vocab.index["t0w3"]
    (use,) = changes.uses(two, METHOD.window, [word])
    assert two.documents.tolist() == two.text.ends.tolist()
    alone = jaxtext.text.Encoded(two.text.ids[: two.boundary], two.text.ends[:1500])
    counts = jaxtext.text.cooccurrence(alone, len(two.vocab), METHOD.window, dynamic=True)
    objective = two.objective
    fixed = rows.Fixed(two.context, objective.noise, objective.negatives)
    expected = rows.centers(fixed, counts[[word]])[0]
    np.testing.assert_allclose(use.first, expected, atol=0.02)
    assert int(use.in_first.sum()) == sum(
        word in part for part in np.split(np.asarray(alone.ids), alone.ends[:-1])
    )
    for covariance in use.covariances:
        assert np.linalg.eigvalsh(covariance).min() > 0
    scale = np.abs(use.slopes).sum(axis=0)
    assert (np.abs(use.slopes.sum(axis=0)) < 0.01 * scale).all()


def test_a_word_that_one_text_has_not_after_subsampling_is_left_out(texts):
    two = changes.prepared(key(), *texts, METHOD)
    few = two._replace(boundary=int(two.text.ends[0]))
    used = set(two.text.ids[: few.boundary].tolist())
    absent = next(word for word in range(len(two.vocab)) if word not in used)
    assert list(changes.uses(few, METHOD.window, [absent])) == [None]


def test_what_cannot_be_compared_is_named(texts, unchecked):
    with pytest.raises(InputError, match="'nowhere' is not among the 50 words"):
        jaxtext.compare(key(), *texts, METHOD, words=["t0w3", "nowhere"])
    with pytest.raises(InputError, match="not read from files"):
        jaxtext.compare(key(), *texts, METHOD, documents="files")
    with pytest.raises(InputError, match="must be one of sentences, files"):
        jaxtext.compare(key(), *texts, METHOD, documents="lines")
    with pytest.raises(InputError, match="by their counts"):
        jaxtext.compare(key(), *texts, jaxtext.Sgns())


def test_files_are_documents_of_both_texts(texts, tmp_path):
    parts = [f"{name}{number}.txt" for name in "ab" for number in range(5)]
    lines = ["one two three four", "two three one", "four one", "five two one", "three two four"]
    for part, line in zip(parts, 2 * lines, strict=True):
        (tmp_path / part).write_text(f"{line}\n{line}")
    halves = [
        jaxtext.read(*(tmp_path / part for part in some), min_count=1)
        for some in (parts[:5], parts[5:])
    ]
    two = changes.prepared(key(), *halves, METHOD, documents="files")
    lengths = [2 * len(line.split()) for line in 2 * lines]
    assert two.documents.tolist() == np.cumsum(lengths).tolist()
    assert two.boundary == sum(lengths[:5])
    found = jaxtext.compare(key(), *halves, METHOD, documents="files")
    assert {each.word: each.counts for each in found}["two"] == (4, 4)
    (five,) = (each for each in found if each.word == "five")  # in one document of each text
    assert np.isnan(five.cosine) and five.interval == (-1.0, 1.0) and five.p > 0.1

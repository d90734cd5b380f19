"""Association tests: against their definition, exact and sampled p-values, files, bad input."""

from itertools import combinations

import numpy as np
import pytest

from jaxtext.base.errors import InputError
from jaxtext.evaluation import association
from jaxtext.text.vocab import Vocab
from jaxtext.vectors import query
from jaxtext.vectors.embeddings import Embeddings

NAMES = ("flowers", "insects", "pleasant", "unpleasant")


def words(letter, number):
    return tuple(f"{letter}{place}" for place in range(number))


@pytest.fixture
def test():
    return association.Test(NAMES, (words("x", 4), words("y", 3), words("a", 5), words("b", 2)))


@pytest.fixture
def vectors(rng, test):
    every = tuple(word for some in test.words for word in some)
    return Embeddings(Vocab(every, np.arange(len(every), 0, -1)), rng.normal(size=(len(every), 5)))


def defined(vectors, test):
    """The effect size and the p-value, word by word."""
    x, y, a, b = test.words

    def cosine(v, w):
        return query.similarities(vectors, [v, w])[0, 1]

    def s(w):
        return np.mean([cosine(w, v) for v in a]) - np.mean([cosine(w, v) for v in b])

    every = {w: s(w) for w in x + y}

    def difference(some):
        others = [w for w in every if w not in some]
        return np.mean([every[w] for w in some]) - np.mean([every[w] for w in others])

    size = difference(x) / np.std(list(every.values()), ddof=1)
    all_sums = [difference(some) for some in combinations(every, len(x))]
    return size, np.mean(np.array(all_sums) >= difference(x) - 1e-12)


def test_effect_and_p_value_are_those_of_the_definition(vectors, test, rng):
    found = association.measure(vectors, test, rng)
    size, p = defined(vectors, test)
    assert found.effect == pytest.approx(size) and found.p == pytest.approx(p) and found.exact
    assert found.effect == pytest.approx(association.effect(vectors, test))
    assert (found.items, found.covered) == (14, 14)


def test_exchanged_targets_have_the_opposite_effect(vectors, test, rng):
    x, y, a, b = test.words
    other = test._replace(words=(y, x, a, b))
    one, two = (association.measure(vectors, each, rng) for each in (test, other))
    assert one.effect == pytest.approx(-two.effect)


def test_sampled_partitions_come_close_to_all(vectors, test, monkeypatch):
    exact = association.measure(vectors, test, np.random.default_rng(0))
    monkeypatch.setattr(association, "MOST", 10)
    sampled = association.measure(vectors, test, np.random.default_rng(0))
    assert not sampled.exact
    error = 4 * np.sqrt(exact.p * (1 - exact.p) / association.DRAWS) + 1e-3
    assert sampled.p == pytest.approx(exact.p, abs=error)


def test_a_planted_association_is_found_and_words_without_vectors_are_left_out(rng, test):
    center = rng.normal(size=(16, 5)) * 0.1
    center[:4, 0] += 1  # x
    center[4:7, 1] += 1  # y
    center[7:12, 0] += 1  # a
    center[12:14, 1] += 1  # b
    every = (*(word for some in test.words for word in some), "zero", "other")
    center[14] = 0
    vectors = Embeddings(Vocab(every, np.arange(16, 0, -1)), center)
    more = test._replace(words=((*test.words[0], "zero", "nowhere"), *test.words[1:]))
    found = association.measure(vectors, more, rng)
    assert found.effect > 1.5 and found.p == pytest.approx(1 / 35)
    assert (found.items, found.covered) == (16, 14)


def test_the_interval_is_around_the_effect(vectors, test, rng):
    found = association.measure(vectors, test, rng)
    effects = 5 + rng.normal(size=2000)
    low, high = association.with_interval(found, [*effects, np.nan]).ci95
    expected = np.quantile(effects - effects.mean(), [0.025, 0.975]) + found.effect
    np.testing.assert_allclose([low, high], expected)
    assert association.with_interval(found, []).ci95 is None


def test_a_resample_without_the_words_of_a_list_has_no_effect(vectors, test):
    vectors.center[vectors.ids(list(test.words[3]))] = 0
    assert np.isnan(association.effect(vectors, test))


def test_a_file_has_four_lists_a_test(tmp_path):
    path = tmp_path / "tests.txt"
    path.write_text(
        "# names\nflowers: rose, new york rose\ninsects: ant wasp  ant\npleasant: joy\n"
        "unpleasant: pain\n\n"
        "a: b\nc: d\ne: f\ng: h\n",
        encoding="utf-8",
    )
    first, second = association.read(path)
    assert first.names == ("flowers", "insects", "pleasant", "unpleasant")
    assert first.words[:2] == (("rose", "new york rose"), ("ant", "wasp"))
    assert second.name == "a/c, e/g"


@pytest.mark.parametrize(
    "content, line",
    [
        ("flowers rose\n", "line 1: must be a name, a colon and words, found 'flowers rose'"),
        ("a: b\nflowers:  \n", "line 2: must be a name"),
        ("a: b\nc: d\ne: f\n", "four lists a test .*found 3 lists"),
        ("", "the file is empty"),
        ("a: b c\nc: d c\ne: f\ng: h\n", "'c' is in a and c: leave it out of one of them"),
        ("a: b\nc: d\ne: f z\ng: z\n", "'z' is in e and g"),
    ],
)
def test_other_files_are_refused(tmp_path, content, line):
    path = tmp_path / "tests.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=line):
        association.read(path)


def test_lists_that_cannot_be_compared_are_named(vectors, test, rng):
    x, y, a, b = test.words
    with pytest.raises(InputError, match="unpleasant: none of its 1 words has a vector"):
        association.measure(vectors, test._replace(words=(x, y, a, ("gone",))), rng)
    with pytest.raises(InputError, match="three targets or more"):
        association.measure(vectors, test._replace(words=(x[:1], y[:1], a, b)), rng)
    same = Embeddings(vectors.vocab, np.ones((14, 3)))
    with pytest.raises(InputError, match="the same association"):
        association.measure(same, test, rng)

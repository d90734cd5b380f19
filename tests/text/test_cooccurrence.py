import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxtext.text import Encoded, cooccurrence, thinned
from jaxtext.training.sampling import keep_probability

module = sys.modules["jaxtext.text.cooccurrence"]


def by_loop(text, vocab_size, window, dynamic=False):
    """Every token with each of its neighbors in the sentence."""
    counts = np.zeros((vocab_size, vocab_size))
    start = 0
    for end in text.ends:
        sentence = text.ids[start:end]
        start = end
        for i, center in enumerate(sentence):
            for j, context in enumerate(sentence):
                if 0 < abs(i - j) <= window:
                    near = (window - abs(i - j) + 1) / window
                    counts[center, context] += near if dynamic else 1
    return counts


@st.composite
def texts(draw):
    vocab_size = draw(st.integers(1, 9))
    lengths = draw(st.lists(st.integers(1, 12), min_size=1, max_size=8))
    ids = draw(
        st.lists(st.integers(0, vocab_size - 1), min_size=sum(lengths), max_size=sum(lengths))
    )
    return Encoded(np.array(ids, np.int32), np.cumsum(lengths)), vocab_size


def tokens_at_a_time(size, window):
    """The memory that makes pieces of so many tokens."""
    return module.GROUP_BYTES + size * (40 + 2 * window * 16)


@settings(deadline=None, max_examples=60)
@given(texts(), st.integers(1, 15), st.booleans(), st.integers(1, 200))
def test_counts_equal_the_loop_whatever_the_pieces(case, window, dynamic, size):
    text, vocab_size = case
    expected = by_loop(text, vocab_size, window, dynamic)
    for memory in (module.MEMORY, tokens_at_a_time(size, window)):
        found = cooccurrence(text, vocab_size, window, dynamic=dynamic, memory=memory)
        np.testing.assert_allclose(found.toarray(), expected, rtol=1e-12)
        assert found.dtype == (np.float64 if dynamic else np.int64)
        assert found.has_sorted_indices
        assert (found.data > 0).all()


@given(texts(), st.integers(1, 4), st.integers(1, 50), st.data())
def test_rows_of_some_centers_are_those_of_all(case, window, size, data):
    text, vocab_size = case
    centers = np.array(data.draw(st.lists(st.integers(0, vocab_size - 1), max_size=4)), np.int64)
    memory = tokens_at_a_time(size, window)
    found = cooccurrence(text, vocab_size, window, centers=centers, memory=memory).toarray()
    expected = by_loop(text, vocab_size, window)
    expected[~np.isin(np.arange(vocab_size), centers)] = 0
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("group", [20, 1 << 21], ids=["small groups", "one group"])
@pytest.mark.parametrize("dense", [0, 1000], ids=["sorted", "by cells"])
@pytest.mark.parametrize("key_bits", [8, 32], ids=["wide keys", "narrow keys"])
def test_every_way_of_counting_gives_the_same(monkeypatch, rng, group, dense, key_bits):
    for name, value in (("GROUP", group), ("DENSE", dense), ("MAX_KEY_BITS", key_bits)):
        monkeypatch.setattr(module, name, value)
    text = Encoded(rng.integers(0, 50, 600).astype(np.int32), np.array([250, 251, 600]))
    for dynamic in (False, True):
        found = cooccurrence(text, 50, 4, dynamic=dynamic)
        np.testing.assert_allclose(found.toarray(), by_loop(text, 50, 4, dynamic), rtol=1e-12)


def test_a_vocabulary_beyond_sixteen_bits_is_sorted_right(rng):
    ids = rng.choice([0, 65_535, 65_536, 131_072, 199_999], 300).astype(np.int32)
    words, small = np.unique(ids, return_inverse=True)
    text = Encoded(ids, np.array([300]))
    expected = by_loop(text._replace(ids=small), len(words), 3)
    found = cooccurrence(text, 200_000, 3)[words][:, words].toarray()
    np.testing.assert_array_equal(found, expected)


def test_keep_weighs_pairs_by_the_probabilities_of_both_words(rng):
    text = Encoded(rng.integers(0, 6, 200).astype(np.int32), np.array([200]))
    keep = keep_probability(np.bincount(text.ids), 0.05)
    found = cooccurrence(text, 6, 3, keep=keep).toarray()
    np.testing.assert_allclose(found, by_loop(text, 6, 3) * np.outer(keep, keep), rtol=1e-12)


def test_spilled_counts_in_a_folder_are_memory_mapped_and_equal(tmp_path, rng):
    text = Encoded(rng.integers(0, 30, 2000).astype(np.int32), np.array([700, 2000]))
    memory = tokens_at_a_time(90, 5)
    found = cooccurrence(text, 30, 5, memory=memory, folder=tmp_path)
    np.testing.assert_array_equal(found.toarray(), by_loop(text, 30, 5))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["counts.columns.i32", "counts.lengths.i64", "counts.values"]  # no pieces


def test_a_text_without_pairs_has_no_counts():
    lonely = Encoded(np.array([0, 1], np.int32), np.array([1, 2]))
    empty = Encoded(np.zeros(0, np.int32), np.zeros(0, np.int64))
    for text in (lonely, empty):
        assert cooccurrence(text, 2, 3).nnz == 0


def test_dirty_subsampling_removes_tokens_before_windows_are_formed():
    text = Encoded(np.array([0, 1, 2, 1, 0], np.int32), np.array([3, 4, 5]))
    kept = thinned(text, np.array([1.0, 0.0, 1.0]), np.random.default_rng(0))
    assert kept.ids.tolist() == [0, 2, 0]
    assert kept.ends.tolist() == [2, 3]  # the second sentence lost its only token
    assert cooccurrence(kept, 3, 1)[0, 2] == 1
    assert cooccurrence(text, 3, 1)[0, 2] == 0


def test_dirty_subsampling_keeps_the_share_that_it_should(rng):
    text = Encoded(np.zeros(40_000, np.int32), np.array([40_000]))
    kept = thinned(text, np.array([0.3]), rng)
    assert abs(len(kept.ids) / 40_000 - 0.3) < 5 * (0.3 * 0.7 / 40_000) ** 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"window": 0}, "window: found 0"),
        ({"vocab_size": 2}, "ids: found 2, must be 0 to 1"),
        ({"memory": 1000}, "memory: found 1000 bytes"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    text = Encoded(np.array([0, 1, 2], np.int32), np.array([3]))
    with pytest.raises(ValueError, match=message):
        cooccurrence(text, **({"vocab_size": 3, "window": 2} | arguments))

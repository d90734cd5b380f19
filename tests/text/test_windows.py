import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxtext.text import Encoded, pairs, stream_pairs, subsampled_stream
from jaxtext.text.windows import spans

FOX = ["the", "quick", "brown", "fox", "jumped", "over", "the", "lazy", "dog"]


def test_pairs_of_the_sheets_sentence_begin_as_its_table_does():
    words = np.array(FOX)
    ids = np.arange(len(words))
    found = [(words[a], words[b]) for a, b in pairs(ids, 2)]
    assert found[:5] == [
        ("the", "quick"), ("the", "brown"), ("quick", "the"), ("quick", "brown"), ("quick", "fox"),
    ]  # fmt: skip
    assert len(found) == 2 * (8 + 7)


@given(st.integers(0, 12), st.integers(1, 15))
def test_pairs_are_all_places_within_the_window(size, window):
    expected = {(a, b) for a in range(size) for b in range(size) if 0 < abs(a - b) <= window}
    found = pairs(np.arange(size), window)
    assert {tuple(pair) for pair in found.tolist()} == expected
    assert len(found) == len(expected)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(1, 12))
def test_spans_cover_the_text_and_cut_only_long_sentences(lengths, size):
    ends = np.cumsum(lengths)
    found = list(spans(ends, size))
    assert [start for start, _ in found] == [0, *(stop for _, stop in found[:-1])]
    assert found[-1][1] == ends[-1]
    for start, stop in found:
        assert 0 < stop - start <= size
        inside_long = any(
            end - length < stop < end and length > size
            for end, length in zip(ends, lengths, strict=True)
        )
        assert stop in ends or inside_long


def text_of(lengths):
    return Encoded(np.arange(sum(lengths), dtype=np.int32), np.cumsum(lengths))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.integers(1, 4), st.data())
def test_windows_never_cross_a_sentence(lengths, window, data):
    text = text_of(lengths)
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    size = len(text.ids)
    chances = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=size, max_size=size)
    keep = np.array(data.draw(chances))
    stream = subsampled_stream(text, (0, len(text.ids)), keep, window, np.random.default_rng(0))
    for center, context in stream_pairs(stream):
        assert sentence[center] == sentence[context]
        between = (stream.ids > min(center, context)) & (stream.ids < max(center, context))
        assert between.sum() < window  # distances are counted among the tokens that stay


def test_a_window_of_one_gives_all_pairs_of_neighbors():
    text = text_of([4, 1, 3])
    stream = subsampled_stream(text, (0, 8), np.ones(8), 1, np.random.default_rng(0))
    expected = [*pairs(np.arange(4), 1).tolist(), *pairs(np.arange(5, 8), 1).tolist()]
    assert stream_pairs(stream).tolist() == expected


def test_a_span_is_the_same_part_of_the_text_as_its_own_text():
    text = text_of([5, 3, 7])
    whole = subsampled_stream(text, (5, 15), np.ones(15), 3, np.random.default_rng(1))
    alone = Encoded(text.ids[5:], text.ends[1:] - 5)
    part = subsampled_stream(alone, (0, 10), np.ones(15), 3, np.random.default_rng(1))
    for a, b in zip(whole, part, strict=True):
        np.testing.assert_array_equal(a, b)


def test_window_sizes_are_uniform_and_tokens_stay_as_often_as_they_should():
    size, window = 100_000, 5
    text = Encoded(np.arange(size, dtype=np.int32) % 2, np.array([size]))
    keep = np.array([1.0, 0.25])
    stream = subsampled_stream(text, (0, size), keep, window, np.random.default_rng(5))
    inner = stream.right[window:-window]
    for reach in range(1, window + 1):
        share = (inner == reach).mean()
        assert abs(share - 0.2) < 5 * np.sqrt(0.2 * 0.8 / len(inner))
    stayed = (stream.ids == 1).sum()
    assert (stream.ids == 0).sum() == size // 2
    assert abs(stayed / (size // 2) - 0.25) < 5 * np.sqrt(0.25 * 0.75 / (size // 2))
    np.testing.assert_array_equal(text.ids[stream.place], stream.ids)


@pytest.mark.parametrize("window", [1, 3])
def test_pairs_of_one_word_or_none_are_none(window):
    assert pairs(np.array([], np.int64), window).shape == (0, 2)
    assert pairs(np.array([4]), window).shape == (0, 2)


def test_a_window_of_zero_is_refused():
    with pytest.raises(ValueError, match="window: found 0"):
        pairs(np.array([1, 2]), 0)


def test_the_sheets_sentence_gives_its_thirty_pairs_in_order():
    words = ["The", "quick", "brown", "fox", "jumped", "over", "the", "lazy", "dog"]
    ids = np.array([words.index(word) for word in words])
    found = [f"{words[w]} {words[c]}" for w, c in pairs(ids, 2)]
    assert len(found) == 30
    assert found[:5] == ["The quick", "The brown", "quick The", "quick brown", "quick fox"]
    assert found[-2:] == ["dog the", "dog lazy"]

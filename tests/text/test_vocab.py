import numpy as np
import pytest

from jaxtext.base.errors import InputError
from jaxtext.text import Vocab

SENTENCES = [["b", "a", "c"], ["a", "b"], ["a", "d"]]


def test_build_orders_by_count_then_alphabet():
    vocab = Vocab.build(SENTENCES, min_count=1)
    assert vocab.words == ("a", "b", "c", "d")
    assert vocab.counts.tolist() == [3, 2, 1, 1]


def test_build_drops_rare_words_and_keeps_at_most_max_vocab():
    assert Vocab.build(SENTENCES, min_count=2).words == ("a", "b")
    assert Vocab.build(SENTENCES, min_count=1, max_vocab=3).words == ("a", "b", "c")


def test_encode_then_decode_gives_the_known_tokens_back():
    vocab = Vocab.build(SENTENCES, min_count=2)
    ids = vocab.encode(["d", "b", "a", "unseen"])
    assert ids.dtype == np.int32
    assert vocab.decode(ids) == ["b", "a"]


def test_a_vocabulary_without_words_names_the_most_frequent_word_and_its_count():
    with pytest.raises(
        InputError,
        match="min_count=4: .* 'a', occurs 3 times: use a smaller",
    ):
        Vocab.build(SENTENCES, min_count=4)

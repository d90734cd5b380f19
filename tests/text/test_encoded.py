import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jaxtext.base.errors import InputError
from jaxtext.text import (
    Vocab,
    encode_corpus,
    encode_sentences,
    encoded,
    renumbering,
    sentences,
    tokenize,
)

LETTERS = st.sampled_from(
    "abABI19 \n\n\r\t\x1c_-.,'’\"éÉσΣς–ßनि\u0301\u200c東İ·\u00ad\u0307אבҐӏ\u05b0\u3000\u2028"
)


def encode_clearly(text, min_count, max_vocab, lowercase, tokens, language, paragraphs):
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if paragraphs:
        cut = [tokenize(line, lowercase, tokens, language) for line in lines]
        found = [
            [word for line in group for word in line]
            for some, group in itertools.groupby(cut, key=bool)
            if some
        ]
    else:
        found = list(sentences(lines, lowercase, tokens, language))
    vocab = Vocab.build(found, min_count, max_vocab)
    return vocab, encode_sentences(found, vocab), sum(map(len, found))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    text=st.text(LETTERS, max_size=80),
    cuts=st.lists(st.integers(0, 80), max_size=3),
    min_count=st.integers(1, 3),
    max_vocab=st.none() | st.integers(1, 4),
    lowercase=st.booleans(),
    tokens=st.sampled_from(["words", "whitespace"]),
    language=st.sampled_from([None, "tr"]),
    paragraphs=st.booleans(),
    chunk=st.integers(1, 9),
    files=st.integers(0, 4),
)
def test_encode_corpus_equals_the_clear_path(
    tmp_path, monkeypatch, text, cuts, min_count, max_vocab, lowercase, tokens, language,
    paragraphs, chunk, files,
):  # fmt: skip
    monkeypatch.setattr(renumbering, "CHUNK", chunk)
    lines = (text + "\n").split("\n")[:-1]
    ends = sorted({0, *(cut % (len(lines) + 1) for cut in cuts), len(lines)})
    blocks = [
        "".join(line + "\n" for line in lines[a:b]).encode()
        for a, b in zip(ends, ends[1:], strict=False)
    ]
    ended = [part for block in blocks[:files] for part in (block, b"")]  # each of them a file
    cut = {"lowercase": lowercase, "tokens": tokens, "language": language}
    options = {**cut, "min_count": min_count, "max_vocab": max_vocab, "paragraphs": paragraphs}
    try:
        vocab, clear, number = encode_clearly(text, **options)
    except InputError:
        with pytest.raises(InputError):
            encode_corpus(blocks, tmp_path, **options)
        return
    fast = encode_corpus([*ended, *blocks[files:]], tmp_path, **options)
    assert fast.vocab.words == vocab.words
    assert fast.vocab.counts.tolist() == vocab.counts.tolist()
    np.testing.assert_array_equal(fast.text.ids, clear.ids)
    np.testing.assert_array_equal(fast.text.ends, clear.ends)
    assert fast.tokens == number
    words = [tokenize(block.decode(), **cut) for block in blocks[:files]]
    expected = np.cumsum([len(vocab.encode(each)) for each in words])
    if expected.any():
        assert fast.file_ends.tolist() == np.unique(expected[expected > 0]).tolist()
    else:
        assert fast.file_ends is None


@pytest.mark.parametrize(
    ("line", "options", "words"),
    [
        ("п'ять צה\"ל п\u0301'ять", {}, ["п'ять", 'צה"ל', "п\u0301'ять"]),
        ("IRMAK İzmir", {"language": "tr"}, ["ırmak", "izmir"]),
        ("IRMAK İzmir", {"language": "tr", "tokens": "whitespace"}, ["ırmak", "izmir"]),
        ("a-B c\u2028d", {"tokens": "whitespace", "lowercase": False}, ["a-B", "c", "d"]),
    ],
)
def test_a_block_is_cut_as_a_line_is(tmp_path, line, options, words):
    corpus = encode_corpus([line.encode()], tmp_path, min_count=1, **options)
    assert corpus.vocab.decode(corpus.text.ids) == words == tokenize(line, **options)


def test_the_last_paragraph_ends_with_the_text(tmp_path):
    corpus = encode_corpus([b"a b\nb\n\na"], tmp_path, min_count=1, paragraphs=True)
    assert corpus.text.ends.tolist() == [3, 4]


def test_ids_are_memory_mapped_and_nothing_else_is_left(tmp_path):
    corpus = encode_corpus([b"a b a\n", b"b a\n"], tmp_path, min_count=1)
    assert isinstance(corpus.text.ids, np.memmap)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ends.i64", "ids.i32"]
    again = encoded.load_encoded(tmp_path)
    np.testing.assert_array_equal(again.ids, [0, 1, 0, 1, 0])
    np.testing.assert_array_equal(again.ends, [3, 5])


def test_a_text_without_a_last_line_break_is_read_to_its_end(tmp_path):
    corpus = encode_corpus([b"a b\n", b"b a"], tmp_path, min_count=1)
    assert corpus.text.ends.tolist() == [2, 4]


def test_a_second_corpus_in_the_folder_leaves_the_first_alone(tmp_path):
    first = encode_corpus([b"a b a\n"], tmp_path, min_count=1)
    encode_corpus([b"c\n"], tmp_path, min_count=1)
    assert first.text.ids.tolist() == [0, 1, 0]


def test_the_hash_is_that_of_the_text_however_it_is_cut(tmp_path):
    whole = encode_corpus([b"a b\nc d\n"], tmp_path, min_count=1)
    parts = encode_corpus([b"a b\n", b"c d\n"], tmp_path, min_count=1)
    assert whole.sha256 == parts.sha256
    assert encode_corpus([b"a b\nc e\n"], tmp_path, min_count=1).sha256 != whole.sha256


@pytest.mark.parametrize("blocks", [[], [b"\n"], [b"... !?\n"]])
def test_text_without_words_is_an_error(tmp_path, blocks):
    with pytest.raises(encoded.NoWords):
        encode_corpus(blocks, tmp_path)
    assert list(tmp_path.iterdir()) == []

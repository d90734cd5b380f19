import gc
import warnings

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxtext import text
from jaxtext.base.errors import InputError
from jaxtext.text import Source, Vocab, encode_sentences

SENTENCES = [["the", "cat", "sat"], ["the", "Dog", "sat", "down"]]


def read(*texts, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return text.read(*texts, **{"min_count": 1, **options})


def words(corpus):
    """The text of a corpus as lists of words."""
    ids, ends = corpus.text
    return [corpus.vocab.decode(part) for part in np.split(np.asarray(ids), ends[:-1])]


@pytest.mark.parametrize(
    "form",
    [
        list,
        tuple,
        iter,
        lambda sentences: (sentence for sentence in sentences),
        lambda sentences: (iter(sentence) for sentence in sentences),
        lambda sentences: [np.array(sentence, object) for sentence in sentences],
        lambda sentences: [np.array(sentence) for sentence in sentences],
        lambda sentences: np.array([*map(tuple, sentences), None], object)[:-1],
    ],
)
def test_sequences_of_any_form_are_read_once_and_kept_as_they_are(form):
    corpus = read(form(SENTENCES))
    assert words(corpus) == SENTENCES
    assert corpus.tokens == 7
    assert corpus.sha256 == read(SENTENCES).sha256 != read(SENTENCES[::-1]).sha256


tokens = st.text(max_size=4).filter(lambda word: word.isprintable() or "\0" in word)


@given(st.lists(st.lists(tokens, max_size=6), max_size=6), st.integers(1, 3))
def test_tokens_are_encoded_as_by_the_clear_path(sentences, min_count):
    kept = [[word for word in sentence if word] for sentence in sentences]
    try:
        vocab = Vocab.build(kept, min_count)
    except InputError:
        with pytest.raises(InputError):
            read(sentences, min_count=min_count)
        return
    expected = encode_sentences(kept, vocab)
    if np.diff(expected.ends, prepend=0).max() < 2:
        with pytest.raises(InputError, match="no pairs"):
            read(sentences, min_count=min_count)
        return
    corpus = read(sentences, min_count=min_count)
    assert corpus.vocab.words == vocab.words
    assert corpus.vocab.counts.tolist() == vocab.counts.tolist()
    for one, other in zip(corpus.text, expected, strict=True):
        assert one.tolist() == other.tolist()


def test_the_hash_tells_where_a_token_ends():
    assert read([["a b", "c"]]).sha256 != read([["a", "b", "c"]]).sha256
    assert read([["a", "b"], ["c"]]).sha256 != read([["a"], ["b", "c"]]).sha256


@pytest.mark.parametrize(
    "ids",
    [
        [[7, 8, 7], [8, 9]],
        [np.array([7, 8, 7]), np.array([8, 9], np.uint8)],
        [jnp.array([7, 8, 7]), (8, np.int32(9))],
        [["7", 8, 7], [8, "9"]],
    ],
)
def test_whole_numbers_are_words(ids):
    assert words(read(ids)) == [["7", "8", "7"], ["8", "9"]]


def test_rows_of_a_table_of_ids_are_sequences():
    assert words(read(np.array([[1, 2], [2, 1]]))) == [["1", "2"], ["2", "1"]]


def test_strings_in_place_of_lists_are_sentences_and_one_warning_says_so():
    lines = ["The cat sat.", "the dog, sat\nTHE end"]
    for form in (lines, iter(lines), (line for line in lines)):
        with pytest.warns(UserWarning, match="strings were given where lists") as caught:
            corpus = text.read(form, min_count=1)
        assert words(corpus) == [["the", "cat", "sat"], ["the", "dog", "sat"], ["the", "end"]]
        assert len(caught) == 1
    with pytest.warns(UserWarning):
        assert "The" in text.read(lines, min_count=1, lowercase=False).vocab


def test_files_are_read_as_by_the_parts_and_give_the_same_ids_as_their_tokens(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("the cat sat\nthe dog sat down\n")
    corpus = read(path)
    for same in (read(str(path)), read([path]), read([str(path)])):
        assert same.sha256 == corpus.sha256 and words(same) == words(corpus)
    lower = [[word.lower() for word in sentence] for sentence in SENTENCES]
    assert words(corpus) == words(read(lower))
    (tmp_path / "b.txt").write_text("the end\n")
    assert words(read(path, tmp_path / "b.txt"))[-1] == words(read(tmp_path))[-1] == ["the", "end"]


def test_the_temporary_folder_goes_with_the_corpus(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    corpus = read(SENTENCES)
    assert len(list(tmp_path.iterdir())) == 1
    del corpus
    gc.collect()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError):
        read([["a"], [None]])
    assert list(tmp_path.iterdir()) == []


class Table:
    columns = ("text",)

    def __iter__(self):
        return iter(self.columns)


class NAType:
    pass


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (5, "^texts: found int: give paths, or an iterable"),
        (None, "found NoneType"),
        ({"a": 1}, "found dict"),
        (b"ab", "found bytes"),
        (Table(), "is a table: give one of its columns"),
        ([1, 2, 3], r"sequence 0 is 1 \(int\), not a list of tokens; if this is one sequence"),
        (np.array([1, 2, 3]), "not a list of tokens"),
        (np.zeros((2, 2, 2), int), r"an array of shape \[2, 2\]"),
        ([["a", "b"], float("nan")], "sequence 1 is nan, a missing value: leave it out"),
        ([["a", "b"], None], "sequence 1 is None, a missing value"),
        ([["a", "b"], NAType()], "sequence 1 is a missing value"),
        ([["a", "b"], b"a b"], "sequence 1 is bytes: decode it"),
        ([["a", "b"], {"a", "b"}], "sequence 1 is a set, which has no order"),
        ([["a", "b"], {"a": 1}], "sequence 1 is {'a': 1}"),
        ([["a", "b"], ["a", 1.5]], r"sequence 1: 1.5 \(float\) is not a token"),
        ([["a", float("nan")]], "sequence 0: nan"),
        ([["a", None]], "sequence 0: None"),
        ([["a", True]], "sequence 0: True"),
        ([[["a"], ["b"]]], "sequence 0: a token must be a string or a whole number"),
        ([["a", "\ud800"]], "is not Unicode text"),
        ([], "there are no words"),
        ([[], []], "there are no words"),
        ([["a"], ["b"]], "no sentence has two words"),
        ("the cat sat", "no such file or folder: to train on sentences, give a list"),
        ("missing.txt", "missing.txt: no such file or folder"),
        (["missing.txt", "other.gz"], "missing.txt: no such file or folder"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(texts, message):
    with pytest.raises(InputError, match=message) as caught:
        read(texts)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_count": 0}, "^min_count=0: must be at least 1$"),
        ({"max_vocab": 0}, "^max_vocab=0: must be"),
        ({"lowercase": "no"}, "^lowercase='no': must be True or False$"),
        ({"tokens": "lines"}, "^tokens='lines': must be one of words, whitespace$"),
        ({"sentences": "documents"}, "^sentences='documents': must be one of lines, paragraphs$"),
        ({"errors": "ignore"}, "^errors='ignore': must be one of strict, replace$"),
        ({"language": "de"}, "^language='de': must be one of az, tr$"),
        ({"language": "tr", "lowercase": False}, "^language='tr': matters to lower-casing alone"),
        ({"language": "tr", "tokens": "whitespace"}, "^language='tr': matters to lower-casing"),
        *(
            ({"encoding": name}, "no such encoding: give a name that Python knows")
            for name in ("klingon", "rot13", "hex", "", "a\0b", 5, None, "undefined")
        ),
        ({"name": "text9"}, "^name='text9': no such corpus: choose one of text8"),
        ({"min_count": 9}, "^min_count=9: no word occurs that often; the most frequent, 'sat'"),
    ],
)
def test_options_are_named_as_in_python(unchecked, options, message):
    texts = () if options.get("name") else (SENTENCES,)
    with pytest.raises(InputError, match=message):
        read(*texts, **options)
    with pytest.raises(InputError, match="not both"):
        read(SENTENCES, name="text8")


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(InputError, match="is a corpus already"):
        read(read(SENTENCES))
    with pytest.raises(InputError, match="give paths, or one iterable"):
        read(SENTENCES, SENTENCES)
    with pytest.raises(InputError, match="not both"):
        Source(("a.txt",), "text8")
    assert str(Source()) == "the built-in corpus" and str(Source("a.txt")) == "a.txt"


def test_a_corpus_is_shown_in_one_line():
    expected = "Corpus(7 tokens in 2 sentences, vocabulary of 5 words)"
    assert repr(read(SENTENCES)) == expected


def test_a_list_of_names_that_exist_is_files_and_a_list_of_words_is_a_sentence_each(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for name in ("part1", "part2"):
        (tmp_path / name).write_text("a b a b\n")
    assert read(["part1", "part2"], min_count=1).tokens == 8
    with pytest.warns(UserWarning, match="string"):
        assert text.read(["part1 part2", "part1 c"], min_count=1).tokens == 4


def test_tokens_between_spaces_stay_whole_and_keep_their_case(tmp_path):
    path = tmp_path / "ids.txt"
    path.write_text("user_1 sku:A/2 c++ -5\nnew_york cafe\u0301 don’t The\n")
    lines = [["user_1", "sku:A/2", "c++", "-5"], ["new_york", "café", "don’t", "The"]]
    assert words(read(path, tokens="whitespace")) == lines
    lower = [[word.lower() for word in line] for line in lines]
    assert words(read(path, tokens="whitespace", lowercase=True)) == lower


def test_tokens_in_memory_stay_exactly_as_they_are():
    odd = [["İ", "cafe\u0301", "don’t x", "a\u00adb", "The"], ["the", "The"]]
    for options in ({}, {"tokens": "whitespace"}, {"language": "tr"}, {"lowercase": True}):
        assert words(read(odd, **options)) == odd


def test_paragraphs_are_sentences_in_files_and_in_strings(tmp_path):
    path = tmp_path / "wrapped.txt"
    path.write_text("The whale\nand the sea\n \n\nA boat,\r\ntoo\n")
    expected = [["the", "whale", "and", "the", "sea"], ["a", "boat", "too"]]
    assert words(read(path, sentences="paragraphs")) == expected
    with pytest.warns(UserWarning, match="strings were given"):
        corpus = text.read([path.read_text()], min_count=1, sentences="paragraphs")
    assert words(corpus) == expected


def test_the_encoding_of_files_is_an_option(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("Maß “zwei”\n".encode("cp1252"))
    assert words(read(path, encoding="cp1252")) == [["maß", "zwei"]]
    assert words(read(path, errors="replace")) == [["ma", "zwei"]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("the cat sat " * 40, "all 120 words are one sentence, since there is no line break"),
        (
            "今天天氣很好我們\n去海邊散步喜歡海 今天天氣很好我們\n" * 3,
            "8 characters long on average",
        ),
        ("วันนี้อากาศดีมากเราไปเที่ยวทะเลกัน วันนี้อากาศดีมาก\n" * 3, "without spaces between words"),
    ],
)
def test_what_is_unusual_in_a_text_is_warned_of_once(tmp_path, content, message):
    path = tmp_path / "a.txt"
    path.write_text(content)
    with pytest.warns(UserWarning, match=message) as caught:
        corpus = text.read(path, min_count=1)
    assert len(caught) == len(corpus.hints) == 1
    path.write_text("去 海邊 散步 喜歡 海\nวันนี้ อากาศ ดี มาก\n" * 30)
    assert read(path).hints == ()


def test_a_text_without_spaces_is_named_when_no_word_occurs_twice(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("今天天氣很好。\n我們去海邊散步。\n")
    with pytest.raises(InputError, match="^min_count=5: .*without spaces between words"):
        text.read(path)


def test_what_was_left_out_of_a_folder_is_warned_of(tmp_path):
    (tmp_path / "a.txt").write_text("a b\nb a\n")
    (tmp_path / ".DS_Store").write_bytes(b"\0")
    assert read(tmp_path).files == 1
    (tmp_path / "b.md").write_text("c d\n")
    with pytest.warns(UserWarning, match=r"1 file was not read, b\.md \(none of") as caught:
        corpus = text.read(tmp_path, min_count=1)
    assert len(caught) == 1
    assert [each.name for each in corpus.left_out] == [".DS_Store", "b.md"]

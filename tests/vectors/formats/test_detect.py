import json
import os
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from jaxtext.base.errors import InputError
from jaxtext.text import Vocab
from jaxtext.vectors import export
from jaxtext.vectors.embeddings import Embeddings
from jaxtext.vectors.formats import detect, table, text

TEXT = b"the 0.5 -1\nof 2e-3 7\n"
TABLE = np.array([[0.5, -1], [2e-3, 7]], np.float32)


def written(tmp_path, content):
    path = tmp_path / "vectors"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        b"2 2\n" + TEXT,
        b"2 2\n" + TEXT.replace(b"\n", b" \n"),  # as fastText ends its lines
        b"2 2\r\n" + TEXT.replace(b"\n", b"\r\n"),
        b"2 2\n" + TEXT.rstrip(b"\n"),
        TEXT + b"\n",
        b"2 2\nthe " + TABLE[0].tobytes() + b"of " + TABLE[1].tobytes(),  # as gensim has it
        b"2 2\nthe " + TABLE[0].tobytes() + b"\nof " + TABLE[1].tobytes() + b"\n",
        TEXT.replace(b" ", b"\t"),
    ],
    ids=[
        "glove",
        "word2vec",
        "fasttext",
        "crlf",
        "no end",
        "blank end",
        "gensim",
        "binary",
        "tabs",
    ],
)
def test_layouts_of_other_tools(tmp_path, content):
    words, vectors, *_ = detect.read(written(tmp_path, content))
    assert words == ["the", "of"] and vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, TABLE)


def test_a_word_may_hold_spaces_where_the_numbers_are_plain(tmp_path):
    words, vectors, *_ = detect.read(written(tmp_path, TEXT + b". . . 1 2\nnew york 3 4\n"))
    assert words[2:] == [". . .", "new york"]
    np.testing.assert_array_equal(vectors[2:], [[1, 2], [3, 4]])


def test_more_rows_than_a_chunk(tmp_path, monkeypatch, rng):
    monkeypatch.setattr(text, "CHUNK", 12)
    table = rng.normal(size=(50, 3)).astype(np.float32)
    one = Embeddings(Vocab(tuple(f"w{i}" for i in range(50)), np.ones(50, int)), table)
    export.write(one, tmp_path / "v", "glove")
    np.testing.assert_array_equal(detect.read(tmp_path / "v").vectors, table)
    lines = (tmp_path / "v").read_text().splitlines()
    lines[30] = "w30 1 inf 2"
    with pytest.raises(InputError, match="line 31: holds a number that is not finite"):
        detect.read(written(tmp_path, "\n".join(lines).encode()))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"hello world again\n", "line 1 is neither two sizes nor a word and numbers"),
        (b"0 5\n", "line 1 announces 0 words of 5 numbers"),
        (b"5 0\n", "line 1 announces 5 words of 0 numbers"),
        (b"-5 3\n", "line 1 announces -5 words"),
        (b"--5 3\na 1 2 3\n", "line 2: more than 1 numbers"),
        (b"1000000000000 100\na 1 2\n", "too many for its size"),
        (b"5 1000000000000\na 1 2\n", "too many for its size"),
        (b"9" * 400 + b" 1\na 1\n", "too many for its size"),
        (b"2 2\na 1 2\n\nb 1 2\n", "line 3: 0 numbers instead of 2"),
        (b"2 3\na 1 2 3\nb 1 2\n      ", "line 3: 2 numbers instead of 3"),
        (b"2 2\na 1 2\nb 1 2 3\n", "line 3: more than 2 numbers"),
        (b"2 2\na 1 2\nb 1 x\n", "line 3: 'x' is not a number"),
        (b"2 2\na 1 2\na 1 3\n", "line 3: the word 'a' is on line 2 already"),
        (b"1 2\na 1 2\nb 1 2\n", "line 3: more than the 1 words announced"),
        (b"3 2\na 1 2\nb 1 2\n   ", "cut short: ends after line 3 with 2 of 3 words|0 numbers"),
        (b"1 2\na 1 nan\n", "line 2: holds a number that is not finite"),
        (b"a 1 2\nb 1 1e99\n", "line 2: holds a number that is not finite"),
        (b"a 1 2\n 1 2\n", "line 2: no word before the numbers"),
        (b"a 1 2\n\xff\xfe 1 2\n", "line 2: the word '.*' is not UTF-8"),
        (b"1 3\nab " + struct.pack("<2f", 1, 2) + b"\n\n\n", "cut short|too many"),
        (b"2 1\nab \0\1\2\3ab \0\1\2\3", "word 2: 'ab' is word 1 already"),
        (b"1 1\nab \0\0\xc0\x7f", "word 1: holds a number that is not finite"),
        (b"1 1\nab \0\1\2\3and more", "holds more than the 1 words announced"),
        (b"\x40\0\0\0\0\0\0\0{ this is not JSON", "damaged safetensors"),
        (b"\x80\x04K\x01.", "a pickle, which could run code"),
        (b"\x93NUMPY\x01\0", "a NumPy array without words"),
        (b"\x1f\x8b\x08\0", "compressed by gzip: unpack it first"),
        (b"\xba\x16O/\x0c\0\0\0", "a fastText model"),
    ],
)
def test_broken_files_are_named_with_what_is_wrong(tmp_path, content, message):
    path = written(tmp_path, content)
    with pytest.raises(InputError, match=message) as error:
        detect.read(path)
    assert str(error.value).startswith(f"{path}") and "\n" not in str(error.value)


def test_a_projector_folder_of_two_columns_has_a_header(tmp_path):
    (tmp_path / "vectors.tsv").write_text("0.5\t-1\n0.002\t7\n")
    (tmp_path / "metadata.tsv").write_text("word\tcount\nthe\t9\nof\t3\n")
    words, vectors, *_ = detect.read(tmp_path)
    assert words == ["the", "of"]
    np.testing.assert_array_equal(vectors, TABLE)
    (tmp_path / "metadata.tsv").write_text("the\n")
    with pytest.raises(InputError, match="1 words for 2 vectors"):
        detect.read(tmp_path)
    (tmp_path / "vectors.tsv").write_text("0.5\t-1\n0.002\n")
    with pytest.raises(InputError, match="line 2: 1 numbers instead of 2"):
        detect.read(tmp_path)
    (tmp_path / "metadata.tsv").unlink()
    with pytest.raises(InputError, match="no metadata.tsv"):
        detect.read(tmp_path)


@pytest.mark.parametrize("form", ["word2vec-text", "word2vec-binary", "safetensors"])
def test_a_file_cut_anywhere_is_an_error_not_a_crash(tmp_path, rng, form):
    table = rng.normal(size=(5, 7)).astype(np.float32)
    words = ("the", "größe", "東京", "i̇zmir", "42")
    export.write(Embeddings(Vocab(words, np.ones(5, int)), table), tmp_path / "whole", form)
    content = (tmp_path / "whole").read_bytes()
    # A text that ends inside its last number is a valid text.
    end = content.rindex(b" ") if form == "word2vec-text" else len(content) - 2
    for size in range(0, end, 5):
        with pytest.raises(InputError):
            detect.read(written(tmp_path, content[:size]))


def read_or_refused(path):
    """Either a table that is whole, or one line that begins with the file's name."""
    try:
        words, vectors, *_ = detect.read(path)
    except InputError as error:
        assert str(error).startswith(str(path)) and "\n" not in str(error)
    else:
        assert len(words) == len(set(words)) == len(vectors) > 0
        assert np.isfinite(vectors).all()


pieces = st.one_of(
    st.binary(max_size=8),
    st.sampled_from(
        [b" ", b"\n", b"\t", b"2 2\n", b"a 1 2\n", b"1e999", b"nan", b"\xff", b"{", b"0"]
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(pieces, max_size=12).map(b"".join))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    read_or_refused(written(tmp_path_factory.mktemp("any"), content))


@settings(max_examples=300, deadline=None)
@given(
    form=st.sampled_from(["word2vec-text", "word2vec-binary", "glove", "safetensors"]),
    place=st.floats(0, 1),
    removed=st.integers(0, 6),
    inserted=pieces,
)
def test_damaged_files_are_read_or_refused(tmp_path_factory, form, place, removed, inserted):
    folder = tmp_path_factory.mktemp("damaged")
    table = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)
    one = Embeddings(Vocab(("the", "größe", "東京", "42"), np.ones(4, int)), table)
    export.write(one, folder / "whole", form)
    content = (folder / "whole").read_bytes()
    at = int(place * len(content))
    read_or_refused(written(folder, content[:at] + inserted + content[at + removed :]))


@pytest.mark.parametrize(
    ("arrays", "words", "message"),
    [
        ({"vectors": TABLE}, None, "has no words"),
        ({"other": TABLE}, ["the", "of"], "has no words"),
        ({"vectors": TABLE}, ["the"], "do not fit an array of shape"),
        ({"vectors": TABLE[0]}, ["the", "of"], "do not fit an array of shape"),
        ({"vectors": TABLE}, [1, 2], "do not fit"),
        ({"vectors": TABLE.astype(np.int32)}, ["the", "of"], "2 vectors of int32"),
        ({"vectors": TABLE}, ["the", "the"], "word 2: 'the' is word 1 already"),
        ({"vectors": TABLE * np.nan}, ["the", "of"], "not finite"),
    ],
)
def test_safetensors_files_of_something_else(tmp_path, arrays, words, message):
    path = tmp_path / "file"
    save_file(arrays, path, None if words is None else {"words": json.dumps(words)})
    with pytest.raises(InputError, match=message):
        detect.read(path)


@pytest.mark.parametrize(
    ("vectors", "metadata", "message"),
    [
        (None, b"the\nof\n", "neither a run nor a projector folder"),
        (b"1\t2\n3\tx\n", b"the\nof\n", "'x' is not a number"),
        (b"1\t2\n3\t4\n", b"the\nof\xff\n", "byte 7 is not UTF-8"),
    ],
)
def test_projector_folders_that_are_damaged(tmp_path, vectors, metadata, message):
    if vectors is not None:
        (tmp_path / "vectors.tsv").write_bytes(vectors)
    (tmp_path / "metadata.tsv").write_bytes(metadata)
    with pytest.raises(InputError, match=message):
        detect.read(tmp_path)


def test_a_first_line_without_an_end_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "LONGEST_LINE", 100)
    with pytest.raises(InputError, match="line 1 is longer than 100 bytes"):
        detect.read(written(tmp_path, b"the " + b"1" * 200))


@pytest.mark.parametrize("form", ["word2vec-text", "fasttext", "word2vec-binary", "glove"])
@pytest.mark.parametrize("word", ["{", "BZh", "BZh91", ":", "7"])
def test_no_first_word_makes_a_file_another_kind(tmp_path, rng, form, word):
    table = rng.normal(size=(4000, 10)).astype(np.float32)  # a header of seven characters
    words = (word, *(f"w{i}" for i in range(3999)))
    export.write(Embeddings(Vocab(words, np.ones(4000, int)), table), tmp_path / "v", form)
    found = detect.read(tmp_path / "v")
    assert tuple(found.words) == words
    np.testing.assert_array_equal(found.vectors, table)


@given(st.lists(st.binary(min_size=4, max_size=4), min_size=1, max_size=3), st.integers(0, 2))
@settings(max_examples=300)
def test_a_line_break_in_a_vector_does_not_make_a_binary_file_text(tmp_path_factory, parts, place):
    parts.insert(place % (len(parts) + 1), b"\x0a\x00\x00\x3f")
    vectors = np.frombuffer(b"".join(parts), "<f4")
    if not np.isfinite(vectors).all():
        return
    path = tmp_path_factory.mktemp("v") / "v"
    table = np.vstack([vectors, vectors])
    export.write(Embeddings(Vocab(("a", "b"), np.ones(2, int)), table), path, "word2vec-binary")
    np.testing.assert_array_equal(detect.read(path).vectors, table)


def safetensors(path, kind, shape, numbers, words):
    """A file of an array that NumPy may not know."""
    array = {"dtype": kind, "shape": shape, "data_offsets": [0, len(numbers)]}
    header = json.dumps({"__metadata__": {"words": words}, "vectors": array}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + numbers)
    return path


@pytest.mark.parametrize(
    ("kind", "shape", "words", "message"),
    [
        ("F8_E4M3", [2, 4], '["a", "b"]', "has F8_E4M3 numbers: convert them to F32"),
        (
            "BF16",
            [2, 2],
            '["a", "b"]',
            "holds BF16 numbers: convert them to F32|vectors of bfloat16",
        ),
        ("F32", [2, 0], '["a", "b"]', "2 vectors of float32, 0 numbers each: nothing to read"),
        ("F32", [2, 1], "7" * 5000, "damaged safetensors file"),
        ("F32", [2, 1], '["a", "\\ud800"]', "word 2: .* is no text"),
    ],
)
def test_safetensors_of_other_numbers_and_words(tmp_path, kind, shape, words, message):
    path = safetensors(tmp_path / "v", kind, shape, bytes(8 * (shape[1] > 0)), words)
    with pytest.raises(InputError, match=message):
        detect.read(path)


def test_half_precision_is_read_as_float32(tmp_path):
    numbers = np.array([[300, 400], [1, 0]], np.float16)  # whose squares float16 does not hold
    path = safetensors(tmp_path / "v", "F16", [2, 2], numbers.tobytes(), '["a", "b"]')
    vectors = detect.read(path).vectors
    assert vectors.dtype == np.float32 and vectors.tolist() == numbers.tolist()


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is a pipe or device: write it to a file first"):
        detect.read(tmp_path / "pipe")

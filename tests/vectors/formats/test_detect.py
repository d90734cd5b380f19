import bz2
import gzip
import json
import lzma
import os
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from jaxtext.base.errors import InputError
from jaxtext.text import Vocab
from jaxtext.vectors import export
from jaxtext.vectors.embeddings import Embeddings
from jaxtext.vectors.formats import detect, table

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


def test_a_table_has_room_for_any_number_of_rows(tmp_path, monkeypatch, rng):
    monkeypatch.setattr(table, "CHUNK", 7)
    rows = rng.normal(size=(50, 3)).astype(np.float32)
    one = Embeddings(Vocab(tuple(f"w{i}" for i in range(50)), np.ones(50, int)), rows)
    for form in ("glove", "fasttext", "word2vec-binary", "projector"):
        export.write(one, tmp_path / form, form)
        found = detect.read(tmp_path / form)
        assert found.words == list(one.words) and found.note == ""
        np.testing.assert_array_equal(found.vectors, rows)
        limited = detect.read(tmp_path / form, limit=7)
        assert limited.words == list(one.words[:7])
        np.testing.assert_array_equal(limited.vectors, rows[:7])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is blank"),
        (b"hello world again\n", "line 1 is neither two sizes nor a word and numbers"),
        (b"0 5\n", "line 1 announces 0 words of 5 numbers"),
        (b"5 0\n", "line 1 announces 5 words of 0 numbers"),
        (b"1000000000000 100\na 1 2\n", "too many for its size"),
        (b"5 1000000000000\na 1 2\n", "too many for its size"),
        (b"2 2\na 1 2 3\nb 1 2 3\n", "line 1 announces 2 numbers per word, and .* have 3"),
        (b"3 2\na 1 2\nb 1 2\n   ", "cut short: ends after line 4 with 2 of 3 words"),
        (b"1 2\na 1 nan\n", "no row can be read; line 2: contains a number that is not finite"),
        (
            b"a 1 2\nb 1 2 3\nc 1 2 3 4\nd 1 2\ne 1 2 3 4 5\nf 1 2 3 4 5 6\n",
            "only 2 rows can be read; line 2: more than 2",
        ),
        (b"1 3\nab " + struct.pack("<2f", 1, 2) + b"\n\n\n", "cut short|too many"),
        (b"1 1\nab \0\0\xc0\x7f", "no row can be read; word 1: contains a number"),
        (b"1 1\nab \0\1\2\3and more to", "cut short: it ends in word 3"),
        (b"1 9\n\0" + b"x" * 2**17, "word 1 has no end"),
        (b"\x40\0\0\0\0\0\0\0{ this is not JSON", "damaged safetensors"),
        (b"\x80\x04K\x01.", "a pickle, which could run code"),
        (b"\x93NUMPY\x01\0", "a NumPy array without words"),
        (b"\x1f\x8b\x08\0", "cut short or damaged"),
        (gzip.compress(TEXT, mtime=0)[:-4], "cut short or damaged"),
        (bz2.compress(TEXT)[:-4], "cut short or damaged"),
        (lzma.compress(TEXT)[:-4], "cut short or damaged"),
        (gzip.compress(b"\x80\x04K\x01.", mtime=0), "a pickle"),
        (b"PK\x03\x04\x14", "a zip archive: unpack it first"),
        (b"vec/".ljust(257, b"\0") + b"ustar", "a tar archive"),
        (b"\xba\x16O/\x0c\0\0\0", "a fastText model"),
        ("the 0.5 1\n".encode("utf-16"), "UTF-16 text: convert it to UTF-8"),
        (b"<!DOCTYPE html>\n<title>404</title>\n", "a web page"),
        (b'{"the": [0.5, -1]}\n', "JSON|commas"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:7\n", "a pointer of Git LFS"),
    ],
)
def test_files_that_are_refused_are_named_with_what_is_wrong(tmp_path, content, message):
    path = written(tmp_path, content)
    with pytest.raises(InputError, match=message) as error:
        detect.read(path)
    assert str(error.value).startswith(f"{path}") and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"the\nof\nand\n", "neither two sizes nor"),
        (b"the 500\nof 20\nand 20\n", "a vocabulary or a list of frequencies"),
        (b"the\t500\t0.05\nof\t20\t0.002\n", "2 numbers, beginning with a count"),
        (b"1 the 500\n2 of 20\n", "a vocabulary or a list"),
        (b"the 0.05\nof 0.002\n", "a vocabulary or a list"),
        (b"tiger cat 7.35\nbook paper 7.46\n", "or pairs"),
        (b"the 0.5, -1\nof 2e-3, 7\n", "commas in or between numbers, as in '0.5,'"),
        (b"the,0.5,-1\nof,2e-3,7\n", "commas"),
        (b"the 0,5 -1,0\nof 0,002 7,0\n", "commas in or between numbers, as in '0,5'"),
        (b"the;0.5;-1\nof;2e-3;7\n", "commas"),
        (b"2 2\rthe 0.5 -1\rof 2e-3 7\r", "its lines end in CR alone"),
        (b"the 0.5 -1\rof 2e-3 7\r", "its lines end in CR alone"),
    ],
)
def test_what_is_no_vector_file_is_never_read_as_one(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        detect.read(written(tmp_path, content))


LONG = "x" + "\u043d" * 60
ROWS = {  # a file with odd rows, the words that are read, and what is said
    "repeated": (
        b"3 2\na 1 2\na 1 3\nb 1 2\n", ["a", "b"],
        "1 row left out: line 3: the word 'a' is on line 2 already",
    ),
    "not finite": (
        b"4 2\na 1 2\nb 1 nan\nc inf 1\nd 1 1e99\n", ["a"],
        "3 rows left out (3 rows with a number that is not finite); the first is line 3: "
        "contains a number that is not finite in float32",
    ),
    "no word": (b"a 1 2\n 1 2\n", ["a"], "1 row left out: line 2: no word before the numbers"),
    "cut in a character": (
        b"a 1 2\n" + LONG.encode()[:100] + b" 1 2\n", ["a"],
        f"1 row left out: line 2: the word '{LONG[:20]}\u2026' is not UTF-8 text",
    ),
    "blank at the end": (b"1 2\na 1 2\n\n \n", ["a"], "2 rows left out (2 blank lines); the "
                         "first is line 3: blank"),
    "blank inside": (b"a 1 2\n\nb 1 2\n", ["a", "b"], "1 row left out: line 2: blank"),
    "beyond": (
        b"1 2\na 1 2\n<unk> 1 2\n", ["a"],
        "1 row left out: line 3: '<unk>' comes after the 1 words announced",
    ),
    "a line break as a word": (
        b"3 3\na 1 2 3\n \n1 2 3\nb 1 2 3\n", ["a", "b"],
        "2 rows left out (1 blank line, 1 row of another layout); the first is line 3: blank",
    ),
    "too few": (b"2 2\na 1 2\nb 1\n", ["a"], "1 row left out: line 3: 1 numbers instead of 2"),
    "no number": (b"2 2\na 1 2\nb 1 x\n", ["a"], "1 row left out: line 3: 'x' is not a number"),
    "numbers of Python": (b"a 1 2\nb 1_0 2\n", ["a"], "1 row left out: line 2: '1_0' is not a"
                          " number"),
    "too many": (
        b"a 1 2\nb 1 2\nc 5 1 2\n", ["a", "b"], "1 row left out: line 3: more than 2 numbers",
    ),
    "a broken header": (
        b"--5 3\na 1 2 3\nb 1 2 3\n", ["a", "b"],
        "1 row left out: line 1: 1 numbers instead of 3",
    ),
    "a broken header, negative": (
        b"-5 3\na 1 2 3\n", ["a"], "1 row left out: line 1: 1 numbers instead of 3",
    ),
    "the first row": (b"2 2\n\xff 1 2\na 1 2\n", ["a"], "1 row left out: line 2: the word "
                      "'\ufffd' is not UTF-8 text"),
    "repeated, binary": (
        b"2 1\nab \0\1\2\3ab \0\1\2\3", ["ab"],
        "1 row left out: word 2: the word 'ab' is word 1 already",
    ),
    "several, binary": (
        b"4 1\nab \0\1\2\3\xff \0\1\2\3c \0\0\xc0\x7f \0\1\2\3", ["ab"],
        "3 rows left out (1 word that is not UTF-8 text, 1 row with a number that is not finite, "
        "1 row without a word); the first is word 2: the word '\ufffd' is not UTF-8 text",
    ),
    "beyond, binary": (
        b"1 1\nab \0\1\2\3cd \0\1\2\3", ["ab"],
        "1 row left out: word 2: 'cd' comes after the 1 words announced",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "words", "note"), ROWS.values(), ids=ROWS)
def test_odd_rows_are_left_out_counted_and_named_or_refused(tmp_path, content, words, note):
    path = written(tmp_path, content)
    found = detect.read(path)
    assert (found.words, found.note) == (words, note)
    assert len(found.vectors) == len(words) and np.isfinite(found.vectors).all()
    with pytest.raises(InputError) as error:
        detect.read(path, strict=True)
    first = note.removeprefix("1 row left out: ").rpartition("the first is ")[2]
    assert str(error.value) == f"{path}: {first}"
    with pytest.warns(export.LeftOut) as caught:
        assert export.read(path).note == note
    assert [str(each.message) for each in caught] == [f"{path}: {note}"]


@pytest.mark.parametrize(
    ("content", "words", "first"),
    [
        (b"3 2\nfile 2 1 2\nnew york 1 2\n66 1 2\n", ["file 2", "new york", "66"], 1),
        (b"2 3\nlook  0.1 -0.2  0.3\nnew york  0.1  0.2 -0.3\n", ["look", "new york"], 0.1),
        (b"\xef\xbb\xbf2 2\na 1 2\nb 3 4\n", ["a", "b"], 1),
        (b"\xef\xbb\xbfa 1 2\nb 3 4\n", ["a", "b"], 1),
        (b"7 1 2\n[[ 3 4\n<s> 3 4\n", ["7", "[[", "<s>"], 1),
        ("\u00a0 1 2\n\u3000 3 4\n".encode(), ["\u00a0", "\u3000"], 1),
        (b"new york 1 2\na 3 4\n", ["new york", "a"], 1),
        (b"2 1\na 1\nb 2\n", ["a", "b"], 1),
    ],
)
def test_what_looks_odd_and_is_not_is_read_whole(tmp_path, content, words, first):
    found = detect.read(written(tmp_path, content), strict=True)
    assert found.words == words and found.note == ""
    assert found.vectors[0, 0] == np.float32(first)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("form", ["word2vec-text", "glove", "word2vec-binary", "safetensors"])
def test_compressed_files_are_read_as_what_is_in_them(tmp_path, rng, compress, form):
    rows = rng.normal(size=(300, 8)).astype(np.float32)
    one = Embeddings(Vocab(tuple(f"w{i}" for i in range(300)), np.ones(300, int)), rows)
    export.write(one, tmp_path / "whole", form)
    path = written(tmp_path, compress((tmp_path / "whole").read_bytes()))
    if form == "safetensors":
        with pytest.raises(InputError, match="compressed safetensors: unpack them first"):
            detect.read(path)
        return
    np.testing.assert_array_equal(detect.read(path).vectors, rows)
    assert detect.read(path, limit=2).words == ["w0", "w1"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("my.model", "Word2Vec.load('{path}').wv.save_word2vec_format('{stem}.vec')"),
        ("my.kv", "KeyedVectors.load('{path}').save_word2vec_format('{stem}.vec')"),
    ],
)
def test_models_of_gensim_are_refused_with_the_line_that_converts_them(tmp_path, name, line):
    path = tmp_path / name
    path.write_bytes(b"\x80\x04\x95\x00")
    with pytest.raises(InputError) as error:
        detect.read(path)
    expected = line.format(path=path, stem=path.with_suffix(""))
    assert str(error.value).endswith(f"gensim.models.{expected}")


def test_reading_needs_little_more_memory_than_the_table(tmp_path):
    """Peak of what NumPy and Python allocate, words included; a table is 8 MB here."""
    numbers = b" 7" * 2000
    lines = b"".join(b"w%d%s\n" % (row, numbers) for row in range(1000))
    (tmp_path / "gz").write_bytes(gzip.compress(lines, 1))
    (tmp_path / "word2vec").write_bytes(b"1000 2000\n" + lines)
    rows = np.full((1000, 2000), 7, np.float32)
    one = Embeddings(Vocab(tuple(f"w{i}" for i in range(1000)), np.ones(1000, int)), rows)
    for form in ("word2vec-binary", "safetensors"):
        export.write(one, tmp_path / form, form)
    for path in sorted(tmp_path.iterdir()):
        tracemalloc.start()
        found = detect.read(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        np.testing.assert_array_equal(found.vectors, rows)
        assert peak < 1.5 * rows.nbytes, path


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
    (tmp_path / "metadata.tsv").write_text("the\nof\n")
    assert detect.read(tmp_path).note.endswith("word 2: 1 numbers in vectors.tsv instead of 2")
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
        path = written(tmp_path, content[:size])
        with pytest.raises(InputError):
            detect.read(path, strict=True)
        read_or_refused(path)


def read_or_refused(path):
    """Either a table that is whole, or one line that begins with the file's name."""
    notes = {}
    for strict in (False, True):
        try:
            words, vectors, _, _, notes[strict] = detect.read(path, strict=strict)
        except InputError as error:
            assert str(error).startswith(str(path)) and "\n" not in str(error)
        else:
            assert len(words) == len(set(words)) == len(vectors) > 0
            assert np.isfinite(vectors).all()
    assert notes.get(True, "") == "" and "\n" not in notes.get(False, "")
    if True in notes:
        assert notes[False] == ""  # what strict reading accepts has nothing odd


pieces = st.one_of(
    st.binary(max_size=8),
    st.sampled_from(
        [
            b" ",
            b"\n",
            b"\t",
            b"\r",
            b",",
            b"2 2\n",
            b"a 1 2\n",
            b"b 3 4\n",
            b"1e999",
            b"nan",
            b"\xff",
            b"{",
            b"0",
            b"\xef\xbb\xbf",
            b"\x1f\x8b\x08\0",
            b"BZh91AY&SY",
            b"\xfd7zXZ\0",
        ]
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
        ({"vectors": TABLE.astype(np.int32)}, ["the", "of"], "has I32 numbers"),
        ({"vectors": TABLE.astype(np.int64)}, ["the", "of"], "2 vectors of int64"),
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
        (b"1\t2\n", b"the\nof\n", "2 words for 1 vectors"),
        (b"", b"the\nof\n", "2 words, and no vectors"),
        (b"1\t2\n", b"", "0 words"),
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
        ("BF16", [2, 2], '["a", "b"]', "has BF16 numbers: convert them to F32"),
        ("F32", [2, 0], '["a", "b"]', "2 vectors of float32, 0 numbers each: nothing to read"),
        ("F32", [2, 1], "7" * 5000, "damaged safetensors file"),
    ],
)
def test_safetensors_of_other_numbers_and_words(tmp_path, kind, shape, words, message):
    path = safetensors(tmp_path / "v", kind, shape, bytes(8 * (shape[1] > 0)), words)
    with pytest.raises(InputError, match=message):
        detect.read(path)


def test_odd_rows_of_safetensors_and_projector_folders_are_left_out(tmp_path):
    words = ["a", "\ud800", "a", "b", ""]
    array = np.array([[1, 2], [3, 4], [5, 6], [np.inf, 8], [9, 10]], np.float32)
    path = safetensors(tmp_path / "v", "F32", [5, 2], array.tobytes(), json.dumps(words))
    found = detect.read(path)
    assert found.words == ["a", ""] and found.vectors.tolist() == [[1, 2], [9, 10]]
    assert found.note == (
        "3 rows left out (1 word that is not UTF-8 text, 1 repeated word, 1 row with a number that "
        r"is not finite); the first is word 2: the word '\ud800' is not Unicode text"
    )
    assert detect.read(path, limit=1).words == ["a"]
    with pytest.raises(InputError, match="word 2: the word .* is not Unicode text"):
        detect.read(path, strict=True)
    (tmp_path / "vectors.tsv").write_bytes(b"1\t2\n3\tx\n5\t6\n7\t8\n9\t1\n")
    (tmp_path / "metadata.tsv").write_bytes(b"the\nof\n\xff\nthe\nin\n")
    found = detect.read(tmp_path)
    assert found.words == ["the", "in"] and found.vectors.tolist() == [[1, 2], [9, 1]]
    assert found.note.startswith("3 rows left out (1 row of another layout, 1 word that is not")
    assert found.note.endswith("the first is word 2: 'x' in vectors.tsv is not a number")


def test_half_precision_is_read_as_float32(tmp_path):
    numbers = np.array([[300, 400], [1, 0]], np.float16)  # whose squares float16 does not hold
    path = safetensors(tmp_path / "v", "F16", [2, 2], numbers.tobytes(), '["a", "b"]')
    vectors = detect.read(path).vectors
    assert vectors.dtype == np.float32 and vectors.tolist() == numbers.tolist()


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is a pipe or device: write it to a file first"):
        detect.read(tmp_path / "pipe")

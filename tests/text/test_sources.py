import bz2
import gzip
import io
import lzma
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxtext.base.errors import InputError
from jaxtext.text import find_sources, read_blocks, sources, tokenize

TEXT = "Größe und Maß\nzweite Zeile\n".encode()


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [(".txt", bytes), (".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)],
)
def test_read_blocks_unpacks(tmp_path, suffix, compress):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(compress(TEXT))
    assert b"".join(read_blocks([str(path)])) == TEXT


@given(
    st.lists(st.text("ab \té\n", max_size=30), max_size=3),
    st.integers(min_value=1, max_value=12),
)
def test_blocks_hold_the_same_words_and_lines_whatever_their_size(texts, size):
    def blocks(block_bytes):
        for text in texts:
            stream = io.BytesIO(text.encode())
            yield from sources._cut(iter(lambda s=stream: s.read(block_bytes), b""), "x")

    cut, whole = list(blocks(size)), b"".join(blocks(1 << 20))
    for block in cut:
        block.decode()  # no letter is cut
    lines = b"".join(cut).decode().split("\n")
    assert [tokenize(line) for line in lines] == [
        tokenize(line) for line in whole.decode().split("\n")
    ]


def test_the_last_line_of_a_file_does_not_run_into_the_next_file(tmp_path):
    for name, content in (("a.txt", "one two "), ("b.txt", "three")):
        (tmp_path / name).write_text(content)
    assert b"".join(read_blocks(find_sources([tmp_path]))) == b"one two \nthree\n"


def test_a_folder_stands_for_its_text_files_in_order(tmp_path):
    for name in ("b.txt", "a.gz", "c.md", "sub/d.xz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a b\n")
    found = [path.removeprefix(str(tmp_path)) for path in find_sources([tmp_path])]
    assert found == ["/a.gz", "/b.txt", "/sub/d.xz"]


def test_standard_input_is_read(monkeypatch, tmp_path):
    path = tmp_path / "stdin"
    path.write_bytes(TEXT)
    with open(path, "rb") as file:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(fileno=file.fileno))
        assert b"".join(read_blocks(["-"])) == TEXT


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("latin.txt", b"fine\nna\xefve\n", r"byte 0xef at line 2, byte 3 of the line"),
        ("binary.txt", b"a\n\nb\0c", r"byte 0x00 at line 3, byte 2"),
        ("text.gz", b"not an archive", r"text.gz: damaged or not what its name says"),
        ("cut.gz", gzip.compress(TEXT * 99, mtime=0)[:-9], r"cut.gz: damaged"),
        ("cut.xz", lzma.compress(TEXT * 99)[:-9], r"cut.xz: damaged"),
        ("bad.xz", b"\xfd7zXZ\0garbage", r"bad.xz: damaged"),
        ("bad.bz2", b"BZh9garbage", r"bad.bz2: "),
        ("cut.bz2", bz2.compress(TEXT * 99)[:-9], r"cut.bz2: damaged"),
    ],
)
def test_what_is_not_text_is_named_with_its_place(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(read_blocks([str(path)]))


def test_the_byte_of_a_long_line_counts_earlier_blocks(tmp_path):
    path = tmp_path / "long.txt"
    path.write_bytes(b"first line\n" + b"word " * 1000 + b"\xff\n")
    with pytest.raises(InputError, match="line 2, byte 5001 "):
        list(read_blocks([str(path)], block_bytes=256))


def test_the_line_of_a_bad_byte_counts_earlier_blocks(tmp_path):
    path = tmp_path / "late.txt"
    path.write_bytes(b"word word\n" * 1000 + b"\xff\n")
    with pytest.raises(InputError, match="line 1001, byte 1 "):
        list(read_blocks([str(path)], block_bytes=256))


@pytest.mark.parametrize("paths", [["missing.txt"], ["-", "-"], ["empty-folder"]])
def test_find_sources_refuses_what_cannot_be_read(tmp_path, monkeypatch, paths):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty-folder").mkdir()
    with pytest.raises(InputError, match=r"no such file|read only once|contains no"):
        find_sources(paths)


def test_text_without_spaces_or_lines_is_refused_before_it_fills_the_memory(monkeypatch):
    monkeypatch.setattr(sources, "LONGEST_WORD_BYTES", 1000)
    with pytest.raises(InputError, match="without a space or line break"):
        list(sources._cut([b"x" * 100] * 50, "x"))


def text_of(path, **options):
    return b"".join(read_blocks([str(path)], **options)).decode()


@pytest.mark.parametrize("size", [1, 2, 3, 1 << 20])
@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("cp1252", "cp1252"),
        ("shift_jis", "Shift-JIS"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-8"),  # recognised by its mark
        ("utf-32", "cp1252"),
        ("utf-16-le", "utf-16-le"),
        ("utf-8", "UTF8"),
    ],
)
def test_text_in_other_encodings_is_read(tmp_path, encoding, told, size):
    text = "the whale\nthe sea\n" if encoding != "shift_jis" else "東京 と\n大阪\n"
    text += "“naïve” Maß –\n" if encoding in ("cp1252", "utf-8", "gb18030") else ""
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    assert text_of(tmp_path / "a.txt", encoding=told, block_bytes=size) == text


def test_what_is_not_text_in_the_encoding_is_named_with_what_to_do(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("the “sea”\n".encode("cp1252"))
    with pytest.raises(InputError, match="not UTF-8 text: byte 0x93 at line 1, byte 5") as caught:
        text_of(path)
    assert caught.value.parameter == "encoding" and "errors to replace" in str(caught.value)
    assert text_of(path, errors="replace") == "the \ufffdsea\ufffd\n"
    path.write_bytes(b"ok\n" * 50 + b"\x81\n")
    for size in (7, 1 << 20):
        with pytest.raises(InputError, match="not CP1252 text: byte 0x81, byte 151 of the file"):
            text_of(path, encoding="cp1252", block_bytes=size)
    path.write_text("the sea\n", encoding="utf-16-le")
    with pytest.raises(InputError, match="probably utf-16-le"):
        text_of(path)
    path.write_bytes(b"a\0b\n")
    assert text_of(path, errors="replace") == "a\ufffdb\n"


def test_a_line_that_ends_with_cr_is_cut_there_but_never_between_cr_and_lf():
    assert list(sources._cut([b"a\rb\r", b"\nc"], "x")) == [b"a\r", b"b\r\n", b"c\n"]


def test_a_paragraph_does_not_run_into_the_next_file(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("one\ntwo")
    blocks = read_blocks(find_sources([tmp_path]), paragraphs=True)
    assert b"".join(blocks) == b"one\ntwo\n\none\ntwo\n\n"

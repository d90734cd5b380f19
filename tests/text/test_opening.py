import gzip
import io
import tarfile
import zipfile
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jaxtext.base.errors import InputError
from jaxtext.text import find_sources, read_blocks

TEXT = b"one two\nthree\n"


def zipped(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(content):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo("a.txt")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def text_of(*paths):
    return b"".join(read_blocks(find_sources([str(path) for path in paths])))


@pytest.mark.parametrize("name", ["noending", "wrong.txt", "wrong.xz"])
def test_gzip_is_read_whatever_its_name(tmp_path, name):
    (tmp_path / name).write_bytes(gzip.compress(TEXT))
    assert text_of(tmp_path / name) == TEXT


def test_gzip_is_read_from_standard_input(tmp_path, monkeypatch):
    (tmp_path / "stdin").write_bytes(gzip.compress(TEXT))
    with open(tmp_path / "stdin", "rb") as file:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(fileno=file.fileno))
        assert text_of("-") == TEXT


def test_the_text_files_of_a_zip_archive_are_read_and_the_others_named(tmp_path):
    members = {"b.txt": b"two", "a": b"one", "c/d.gz": gzip.compress(TEXT), "e.csv": b"no"}
    hidden = {"__MACOSX/a.txt": b"no", "c/._d.txt": b"no"}
    path = zipped(tmp_path / "x.zip", members | hidden)
    files = find_sources([path])
    assert b"".join(read_blocks(files)) == b"one\ntwo\n" + TEXT
    assert [each.name for each in files.left_out] == [f"{path}/e.csv"]
    assert text_of(zipped(tmp_path / "one.zip", {"wiki.train.raw": TEXT})) == TEXT


@pytest.mark.parametrize(
    ("name", "members", "message"),
    [
        ("essay.docx", {"word/document.xml": b"<w/>"}, "a Microsoft Office document, not text"),
        ("book.epub", {"mimetype": b"", "a.txt": b""}, "an OpenDocument or EPUB document"),
        ("x.zip", {"a.csv": b"", "b.csv": b""}, "contains no .txt, .gz, .bz2, .xz file"),
    ],
)
def test_archives_without_text_are_named_before_anything_is_read(tmp_path, name, members, message):
    with pytest.raises(InputError, match=message):
        find_sources([zipped(tmp_path / name, members)])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"%PDF-1.5\n", "a PDF document, not text: save its text"),
        (b"\x28\xb5\x2f\xfd\0\0", "a Zstandard archive, not text: unpack it first"),
        (b"{\\rtf1}", "an RTF document"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (tarred(TEXT), "a tar archive"),
    ],
)
@pytest.mark.parametrize("name", ["x", "x.txt"])
def test_what_is_no_text_is_named_for_what_it_is(tmp_path, name, content, message):
    (tmp_path / "good.txt").write_bytes(TEXT)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name}: {message}"):
        find_sources([tmp_path / "good.txt", tmp_path / name])


def test_a_packed_archive_is_named_when_it_is_read(tmp_path):
    (tmp_path / "x.tar.gz").write_bytes(gzip.compress(tarred(TEXT)))
    with pytest.raises(InputError, match=r"x\.tar\.gz: a tar archive"):
        text_of(tmp_path / "x.tar.gz")


def test_a_damaged_zip_archive_is_named(tmp_path):
    path = zipped(tmp_path / "x.zip", {"a.txt": TEXT})
    content = path.read_bytes()
    path.write_bytes(content[:-9])
    with pytest.raises(InputError, match=r"x\.zip: damaged"):
        find_sources([path])
    path.write_bytes(content.replace(b"three", b"threE"))
    with pytest.raises(InputError, match=r"x\.zip: damaged"):
        text_of(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, None]),
    places=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=3),
    cut=st.none() | st.integers(1, 400),
)
def test_damaged_archives_are_read_or_refused_in_one_line(tmp_path, method, places, cut):
    path = tmp_path / "x"
    if method is None:
        content = bytearray(gzip.compress(TEXT))
    else:
        with zipfile.ZipFile(path, "w", method) as archive:
            for name in ("a.txt", "b/é.txt", "c.md"):
                archive.writestr(name, TEXT)
        content = bytearray(path.read_bytes())
    for place, byte in places:
        content[place % len(content)] = byte
    path.write_bytes(content[:cut])
    try:
        text_of(path).decode()
    except InputError as error:
        assert "\n" not in str(error)


def test_an_archive_with_a_password_is_refused(tmp_path):
    path = zipped(tmp_path / "x.zip", {"a.txt": TEXT})
    content = bytearray(path.read_bytes())
    content[6] |= 1  # of the file, encrypted
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the same in the table of contents
    path.write_bytes(content)
    with pytest.raises(InputError, match="password"):
        text_of(path)

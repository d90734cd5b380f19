import errno
import hashlib
import json
import os
from pathlib import Path

import pytest

from jaxtext.base import files
from jaxtext.base.errors import InputError, WriteError


def test_an_error_of_another_file_keeps_its_name(tmp_path):
    with pytest.raises(FileNotFoundError, match="elsewhere"), files.replacing(tmp_path / "a"):
        (tmp_path / "elsewhere").read_bytes()
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_named_with_the_file_that_was_meant(tmp_path):
    message = "vectors.txt: cannot be written: No space left"
    with pytest.raises(WriteError, match=message), files.replacing(tmp_path / "vectors.txt"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert not list(tmp_path.iterdir())


def test_a_file_of_the_cache_is_whole_or_not_there(tmp_path):
    def blocks():
        yield b"half"
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        files.kept(tmp_path / "new" / "corpus.txt", blocks())
    assert not list((tmp_path / "new").iterdir())


def test_a_cache_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="corpus.txt cannot be kept there .*XDG_CACHE_HOME"):
        files.kept(tmp_path / "file" / "corpus.txt", [b"text"])


def test_without_a_home_one_line_says_where_to_keep_files(monkeypatch):
    monkeypatch.setattr("pooch.os_cache", lambda name: Path("~/.cache") / name)
    with pytest.raises(InputError, match="set XDG_CACHE_HOME"):
        files.cache_folder()


def test_the_cache_is_in_the_folder_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert files.cache_folder() == tmp_path / "jaxtext"


def test_json_lines_are_one_object_a_line_and_broken_ones_are_left_out(tmp_path):
    path = tmp_path / "lines.jsonl"
    assert files.read_json_lines(path) == []
    files.append_json_line(path, {"loss": 1.5, "name": "a"})
    files.append_json_line(path, {"loss": float("nan")})
    with path.open("ab") as file:
        file.write(b'[3]\n{"done": \xff}\n' + b"[" * 200_000 + b'\n{"lo')
    assert files.read_json_lines(path) == [{"loss": 1.5, "name": "a"}, {"loss": None}]


def test_json_that_other_programs_cannot_read_is_not_written(tmp_path):
    files.write_json(tmp_path / "a.json", {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(tmp_path / "a.json", {"a": float("inf")})
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_hashes_are_those_of_the_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"some bytes")
    expected = hashlib.sha256(b"some bytes").hexdigest()
    assert files.sha256(tmp_path / "a") == files.sha256_of([b"some ", b"bytes"]) == expected


def test_a_link_to_a_pipe_is_written_to_as_the_pipe(tmp_path):
    """As /dev/stdout is one in `jaxtext export RUN /dev/stdout | head`."""
    reader, writer = os.pipe()
    link = tmp_path / "link"
    link.symlink_to(f"/dev/fd/{writer}")
    files.write_text(link, "content")
    os.close(writer)
    assert os.read(reader, 99) == b"content" and link.is_symlink()
    os.close(reader)

import os

import pytest

from jaxtext.base.errors import InputError
from jaxtext.text import find_sources, read_blocks
from jaxtext.text.folders import LeftOut, not_read, text_files


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "texts"
    for name in ("b.txt", "A.TXT", "a/c.txt", ".x.txt", ".git/y.txt", "._b.txt", "d", "e.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name} text\n")
    (folder / "empty.txt").touch()
    return folder


def test_names_that_cannot_be_printed_are_shown_all_the_same():
    odd = LeftOut(os.fsdecode(b"Icon\r\xff"), "hidden")
    assert not_read([odd]) == "1 file was not read, Icon\ufffd\ufffd (hidden)"


def found(folder):
    files, left_out = text_files(str(folder))
    return [os.path.relpath(file, folder) for file in files], {
        each.name: each.reason for each in left_out
    }


def test_a_folder_stands_for_its_text_files_and_the_others_are_named(folder):
    files, left_out = found(folder)
    assert files == ["A.TXT", "a/c.txt", "b.txt"]
    ending = "none of .txt, .gz, .bz2, .xz"
    hidden = dict.fromkeys((".git", "._b.txt", ".x.txt"), "hidden")
    assert left_out == {**hidden, "d": ending, "e.md": ending, "empty.txt": "empty"}
    assert found(folder / ".git") == (["y.txt"], {})  # given by name


def test_links_are_followed_once(folder, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "z.txt").write_text("elsewhere\n")
    (folder / "a" / "loop").symlink_to(folder)
    (folder / "c.txt").symlink_to("b.txt")
    (folder / "d.txt").hardlink_to(folder / "b.txt")
    (folder / "f.txt").symlink_to("nowhere")
    (folder / "g.txt").symlink_to("g.txt")
    (folder / "h").symlink_to(tmp_path / "other")
    (folder / "i").symlink_to(tmp_path / "other")
    files, left_out = found(folder)
    assert files == ["A.TXT", "a/c.txt", "b.txt", "h/z.txt"]
    assert {
        name: left_out[name] for name in ("a/loop", "c.txt", "d.txt", "f.txt", "g.txt", "i")
    } == {
        "a/loop": "the same as .",
        "c.txt": "the same as b.txt",
        "d.txt": "the same as b.txt",
        "f.txt": "a broken link",
        "g.txt": "a broken link",
        "i": "the same as h",
    }
    content = b"".join(read_blocks(find_sources([folder])))
    assert content == b"A.TXT text\na/c.txt text\nb.txt text\nelsewhere\n"


def test_a_pipe_in_a_folder_is_not_waited_for(folder):
    os.mkfifo(folder / "pipe.txt")
    assert found(folder)[1]["pipe.txt"] == "not a file"


def test_what_was_left_out_is_told_in_a_line_with_the_first_names(folder):
    for number in range(9):
        (folder / f"m{number}.md").touch()
    told = not_read(text_files(str(folder))[1])
    assert told.startswith(
        "15 files were not read, ._b.txt, .git, .x.txt (hidden); d, e.md, m0.md "
    )
    assert "m0.md and 8 more (none of .txt" in told and "give a file by name" in told


def test_a_folder_without_text_says_what_it_contains(tmp_path):
    (tmp_path / "a.csv").write_text("a\n")
    with pytest.raises(InputError, match=r"contains no \.txt, .*; 1 file was not read, a\.csv \("):
        find_sources([tmp_path])

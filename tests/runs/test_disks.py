"""Disks that are full or read-only: one line, and nothing lost or half-written."""

import errno
import os
import subprocess
from pathlib import Path

import pytest

from jaxtext import cli, runs
from jaxtext.runs import checkpoints, execute

OPTIONS = ["--dim=64", "--epochs=4", "--min-count=1"]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 512 kB; skips where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    try:
        subprocess.run(["mount", *options], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def train(topic_file, out, *options, status):
    assert cli.run(["train", str(topic_file), "--out", str(out), *OPTIONS, *options]) == status


def one_line(capsys):
    error = capsys.readouterr().err
    assert error.startswith("jaxtext: ") and error.count("\n") == 1
    return error


def test_a_full_disk_when_the_text_is_encoded(small_disk, topic_file, capsys):
    (small_disk / "other").write_bytes(bytes(400_000))
    train(topic_file, small_disk / "run", status=2)
    error = one_line(capsys)
    assert "No space left on device; nothing was written" in error
    assert [path.name for path in small_disk.iterdir()] == ["other"]


def test_a_full_disk_keeps_the_earlier_checkpoint(small_disk, topic_file, tmp_path, capsys):
    train(topic_file, tmp_path / "whole", "--dim=400", status=0)
    out = small_disk / "run"
    train(topic_file, out, "--dim=400", "--checkpoint-every=0", status=2)  # three do not fit
    error = one_line(capsys)
    assert "No space left on device" in error
    assert error.endswith(f"; resume with: jaxtext train --resume --out {out}\n")
    kept = checkpoints.files(out)
    assert kept and all(checkpoints.read(path) for path in kept)
    assert not list((out / runs.CHECKPOINTS).glob(".*"))
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    assert cli.run(["train", "--resume", "--out", str(out)]) == 0
    assert "resumed" in capsys.readouterr().out
    same = [runs.Run(each).read_json(runs.MANIFEST) for each in (out, tmp_path / "whole")]
    assert same[0]["vectors_sha256"] == same[1]["vectors_sha256"]


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("name", [*runs.FILES, runs.CHECKPOINTS])
def test_no_file_of_a_run_is_half_written(name, topic_file, tmp_path, capsys, monkeypatch):
    """Without a mount: the rename of each file fails, or its writing where it has none."""
    replace, out = os.replace, tmp_path / "run"

    def fails(source, target):
        if name in (Path(target).name, Path(target).parent.name):
            raise FULL
        replace(source, target)

    monkeypatch.setattr(os, "replace", fails)
    train(topic_file, out, "--checkpoint-every=0", status=2)
    assert "No space left on device" in one_line(capsys)
    # The vectors are finished before they are compared with their optimum.
    assert (out / runs.MANIFEST).exists() == (name == runs.GAP)
    if not out.exists():
        return
    assert checkpoints.files(out) and not [path for path in out.iterdir() if path.name[0] == "."]
    monkeypatch.setattr(os, "replace", replace)
    assert cli.run(["train", "--resume", "--out", str(out)]) == 0


def test_a_folder_that_cannot_be_written(topic_file, tmp_path, capsys, monkeypatch):
    def refuses(*arguments, **named):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "mkdir", refuses)
    train(topic_file, tmp_path / "new" / "run", status=2)
    assert f"--out {tmp_path / 'new' / 'run'}: cannot be written: Permission" in one_line(capsys)
    assert not list(tmp_path.iterdir())


def test_a_read_only_file_system(small_disk, topic_file, capsys):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    train(topic_file, small_disk / "run", status=2)
    assert "run: cannot be written: Read-only file system" in one_line(capsys)


def test_a_finished_run_on_a_full_disk_stays_as_it_is(topic_file, tmp_path, capsys, monkeypatch):
    out = tmp_path / "run"
    train(topic_file, out, status=0)
    before = {path: path.read_bytes() for path in out.iterdir()}
    monkeypatch.setattr(execute, "fit", lambda *arguments: pytest.fail("trained"))
    for options, status in (([], 2), (["--resume"], 0)):
        train(topic_file, out, *options, status=status)
    assert {path: path.read_bytes() for path in out.iterdir()} == before

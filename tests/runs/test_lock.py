import subprocess
import sys
from pathlib import Path

import pytest

from jaxtext import cli, runs
from jaxtext.base.errors import InputError, WriteError
from jaxtext.runs import lock

OPTIONS = ["--dim", "8", "--epochs", "3"]


@pytest.fixture
def run(tmp_path):
    """A folder with the files of a finished run."""
    made = runs.Run(tmp_path / "run")
    made.folder.mkdir()
    for name in runs.FILES:
        (made.folder / name).write_text("{}")
    return made


def test_a_run_is_never_overwritten_and_a_free_name_is_named(run):
    with pytest.raises(InputError, match="already contains a run.*such as .*run-2"):
        lock.check_free(run.folder)


def test_only_an_empty_folder_becomes_a_run(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").touch()
    (tmp_path / "empty").mkdir()
    for name in ("file", "full"):
        with pytest.raises(InputError, match="is a file|contains other files"):
            lock.check_free(tmp_path / name)
    for name in ("empty", "new"):
        lock.check_free(tmp_path / name)


def test_cleaning_removes_what_a_killed_process_left_and_nothing_else(run):
    folder = run.folder
    left = [folder / runs.IDS, folder / ".vectors.safetensors.x1", folder / ".config.json.x2"]
    left.append(folder / runs.CHECKPOINTS / ".000000000007.safetensors.x3")
    others = [folder / ".git", folder / ".notes.txt.d", folder / runs.CHECKPOINTS / "mine"]
    for path in [*left, *others]:
        path.mkdir(parents=True)
        (path / "file").touch()
    lock.clean(folder)
    assert not any(path.exists() for path in left)
    assert all((path / "file").exists() for path in others)
    assert (folder / runs.VECTORS).exists()


def test_what_a_killed_process_left_goes_whatever_it_is(tmp_path):
    (tmp_path / runs.IDS).write_text("a file")
    lock.clean(tmp_path)
    assert not list(tmp_path.iterdir())


def test_two_runs_at_once_into_one_folder(topic_file, tmp_path, capsys):
    out = tmp_path / "run"
    for options in ([], ["--resume"]):
        with lock.locked(out):
            command = ["train", str(topic_file), *OPTIONS, *options, "--out", str(out)]
            assert cli.run(command) == 2
        error = capsys.readouterr().err
        assert f"--out {out}: another process is training there" in error
        assert error.count("\n") == 1 and not out.exists()


def test_a_lock_is_held_against_other_processes_and_leaves_nothing(tmp_path):
    out = tmp_path / "deep" / "run"
    code = "import sys; from pathlib import Path; from jaxtext.runs import lock\n"
    code += "with lock.locked(Path(sys.argv[1])): print('locked')"
    command = [sys.executable, "-c", code, str(out)]
    with lock.locked(out) as held:
        assert held == runs.Run(out) and (out / runs.LOCK).exists()
        with pytest.raises(InputError, match="^out='.*run': another process is training there"):
            lock.locked(out).__enter__()
        other = subprocess.run(command, capture_output=True, text=True)
        assert other.returncode == 1 and "another process is training there" in other.stderr
    assert list(tmp_path.iterdir()) == []
    assert subprocess.run(command, capture_output=True, text=True).stdout == "locked\n"


def test_a_lock_that_ends_with_an_error_is_released_and_what_was_written_stays(tmp_path):
    out = tmp_path / "run"
    with pytest.raises(KeyError), lock.locked(out):
        (out / "file").touch()
        raise KeyError
    assert [path.name for path in out.iterdir()] == ["file"]
    with lock.locked(out):
        pass


def test_a_file_or_a_place_below_one_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="^out='.*file': is a file: choose another name"):
        lock.locked(tmp_path / "file").__enter__()
    with pytest.raises(WriteError, match="^out='.*': cannot be written"):
        lock.locked(tmp_path / "file" / "run").__enter__()


def test_an_unfinished_run_says_what_can_be_resumed(run):
    (run.folder / runs.MANIFEST).unlink()
    run.folder.with_name("run-2").mkdir()
    with pytest.raises(lock.Unfinished, match="contains an unfinished run.*run-3$") as caught:
        lock.check_free(run.folder)
    assert caught.value.resumable == run.folder and caught.value.parameter == "out"


def test_removing_a_run_leaves_other_files(run):
    (run.folder / runs.CHECKPOINTS).mkdir()
    (run.folder / "notes.txt").touch()
    lock.remove(run)
    assert [path.name for path in Path(run.folder).iterdir()] == ["notes.txt"]

"""Let one process at a time write to a run folder, and remove what a killed process left."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jaxtext.base.errors import InputError, WriteError
from jaxtext.runs.folder import CHECKPOINTS, FILES, IDS, LOCK, MANIFEST, Run, is_run


class Unfinished(InputError):
    """The folder contains a run that was stopped before its end; `resumable` is the folder."""

    def __init__(self, folder: Path, free: Path):
        super().__init__(
            f"contains an unfinished run: resume it, or write to another folder, such as {free}",
            "out",
            str(folder),
        )
        self.resumable = folder


@contextmanager
def locked(folder: Path) -> Iterator[Run]:
    """Make the folder if it is missing, and yield it while no other process may write to it.

    Folders that were made and are still empty afterwards are removed.

    Raises `InputError` at once if another process is training there, and `WriteError` if the folder
    cannot be written to.
    """
    import filelock

    check_folder(folder)
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / LOCK)
        lock.acquire(blocking=False)
    except filelock.Timeout:
        raise InputError(
            "another process is training there: choose another folder, or wait", "out", str(folder)
        ) from None
    except OSError as error:
        _remove_empty(made)
        raise WriteError(f"cannot be written: {error.strerror}", "out", str(folder)) from error
    try:
        yield Run(folder)
    finally:
        (folder / LOCK).unlink(missing_ok=True)
        lock.release()
        _remove_empty(made)


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        if folder.exists() and not any(folder.iterdir()):
            folder.rmdir()


def clean(folder: Path) -> None:
    """Remove what a killed process has left: ids, and files with temporary names."""
    shutil.rmtree(folder / IDS, ignore_errors=True)
    if (folder / IDS).is_file():
        (folder / IDS).unlink()
    for path in [*folder.glob(".*.*"), *(folder / CHECKPOINTS).glob(".*.safetensors.*")]:
        if _temporary(path) or path.parent != folder:
            shutil.rmtree(path, ignore_errors=True)


def _temporary(path: Path) -> bool:
    """Tell whether `replacing` has made a path in a run folder for one of the run's files."""
    return any(path.name.startswith(f".{name}.") for name in FILES)


def check_folder(folder: Path) -> None:
    """Raise `InputError` if `folder` is a file."""
    if folder.exists() and not folder.is_dir():
        raise InputError("is a file: choose another name", "out", str(folder))


def check_free(folder: Path) -> None:
    """Raise `InputError` if `folder` contains a run or other files; nothing is ever overwritten."""
    check_folder(folder)
    if not folder.exists():
        return
    if is_run(folder):
        free = next(
            name
            for n in range(2, 10**6)
            if not (name := folder.with_name(f"{folder.name}-{n}")).exists()
        )
        if not (folder / MANIFEST).exists():
            raise Unfinished(folder, free)
        raise InputError(
            f"already contains a run, which is never overwritten: write to another folder, such "
            f"as {free}",
            "out",
            str(folder),
        )
    if any(path.name not in (LOCK, IDS) and not _temporary(path) for path in folder.iterdir()):
        raise InputError(
            "contains other files: choose an empty or a new folder", "out", str(folder)
        )


def remove(run: Run) -> None:
    """Remove the files of a run; other files stay."""
    clean(run.folder)
    for name in FILES:
        (run.folder / name).unlink(missing_ok=True)
    _remove_empty([run.folder / CHECKPOINTS])

"""What remains of a run that ends early: files that can be resumed from, or nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from jaxtext.base.errors import OutOfMemory, WriteError
from jaxtext.base.team import ALONE, Parted, Team
from jaxtext.runs import checkpoints, lock
from jaxtext.runs.folder import MANIFEST, Onlooker, Run
from jaxtext.runs.stopping import Stopped


@contextmanager
def cleaned(run: Run, resumed: bool, team: Team = ALONE) -> Iterator[None]:
    """Remove leftovers before and after the block; add to errors whether the run can be resumed."""
    if isinstance(run, Onlooker):
        with _informed(run, team):
            yield
        return
    lock.clean(run.folder)
    try:
        yield
    except BaseException as error:
        then, resumable = _left(run, resumed)
        if isinstance(error, Parted):
            raise _parted(error, then, resumable) from error
        if isinstance(error, Stopped):
            raise Stopped(error.number, then, resumable) from error
        if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
            _raise_out_of_memory(error, then, resumable)
        if isinstance(error, OSError):
            error = WriteError(f"{error.filename or run.folder}: {error.strerror or error}")
        if isinstance(error, WriteError):
            full = WriteError(f"{error}; {then}")
            full.resumable = resumable
            raise full from error
        raise
    finally:
        lock.clean(run.folder)


@contextmanager
def _informed(run: Run, team: Team) -> Iterator[None]:
    """Add to the failure of another process whether the run can be resumed."""
    try:
        try:
            yield
        except OSError:  # the process that has failed may have removed a file
            team.check()
            raise
    except Parted as error:
        saved = checkpoints.files(run.folder)
        then = f"the run in {run.folder} can be resumed" if saved else "nothing was written"
        raise _parted(error, then, run.folder if saved else None) from error


def _parted(error: Parted, then: str, resumable: Path | None) -> Parted:
    full = Parted(f"{error}; {then}")
    full.resumable = resumable
    return full


def _raise_out_of_memory(error: BaseException, then: str, resumable: Path | None) -> NoReturn:
    reason = str(error).strip().partition("\n")[0]
    full = OutOfMemory(f"not enough memory{reason and ': '}{reason}; {then}")
    if resumable is not None:
        full.resumable = resumable
    raise full from error


def _left(run: Run, resumed: bool) -> tuple[str, Path | None]:
    """Return what remains of a stopped run, in words, and its folder if it can be resumed.

    A run of which nothing can be used is removed.
    """
    if (run.folder / MANIFEST).exists():
        return f"the run in {run.folder} is finished", None
    if resumed or checkpoints.files(run.folder):
        return f"the run in {run.folder} can be resumed", run.folder
    lock.remove(run)
    return "nothing was written", None

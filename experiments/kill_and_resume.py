"""Runs that are killed and resumed end with the bits of one that was not: thirty trials, a tally.

    python experiments/kill_and_resume.py [CORPUS ...]

Each trial starts `jaxtext train` with a checkpoint every second, ends it with SIGKILL at a random
moment between its start and the time that a whole run takes (every third one as soon as a
checkpoint is seen being written), resumes it, and compares the SHA-256 of the vectors with that of
a run that nothing stopped. The files in the folder show what the process was doing.

Expect every trial to end with the same hash; the status is 1 if one does not. A trial takes about
twice as long as a run.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from tyro.conf import Positional, arg

from jaxtext import runs
from jaxtext.base.errors import InputError
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables

POLL_SECONDS = 0.001


@dataclass(frozen=True)
class Config:
    """What is trained, and how often it is killed."""

    corpus: Annotated[Positional[tuple[str, ...]], arg(metavar="[CORPUS ...]")] = ()
    trials: int = 30
    dim: int = 100
    epochs: int = 2
    min_count: int = 5
    every: float = 1.0
    """Seconds between checkpoints."""
    seed: int = 0
    """Seed of the moments at which runs are killed."""


def start(config: Config, out: Path, *, resume: bool) -> subprocess.Popen:
    """Start a training in a process of its own, or resume it with the same options."""
    options = ["--dim", config.dim, "--epochs", config.epochs, "--min-count", config.min_count]
    options += ["--checkpoint-every", config.every, "--out", out]
    command = [sys.executable, "-m", "jaxtext", "train", *config.corpus, *options]
    return subprocess.Popen(
        [*map(str, command), *(["--resume"] if resume else [])],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(process: subprocess.Popen) -> None:
    """Wait for a training that nothing stops, which must succeed."""
    _, error = process.communicate()
    if process.returncode:
        raise InputError(f"jaxtext train ended with status {process.returncode}: {error.strip()}")


def sha256(out: Path) -> str:
    """Return the SHA-256 of the vectors of a finished run."""
    return runs.Run(out).read_json(runs.MANIFEST)["vectors_sha256"]


def kill_when(process: subprocess.Popen, now: Callable[[], bool]) -> None:
    """Send SIGKILL as soon as `now()` is true, unless the process ends before."""
    while process.poll() is None and not now():
        time.sleep(POLL_SECONDS)
    process.kill()
    process.communicate()


def writing(out: Path) -> bool:
    """Return whether a checkpoint is being written, or was when the process ended."""
    folder = out / runs.CHECKPOINTS
    return folder.exists() and any(name.startswith(".") for name in os.listdir(folder))


def stage(out: Path) -> str:
    """Return what a process was doing when it left these files."""
    if (out / runs.MANIFEST).exists():
        return "after the run was finished"
    if (out / runs.VECTORS).exists():
        return "comparing with the optimum"
    if writing(out):
        return "writing a checkpoint"
    if any((out / runs.CHECKPOINTS).glob("*.safetensors")):
        return "training"
    if (out / runs.VOCAB).exists():
        return "before the first checkpoint"
    return "reading" if (out / runs.CONFIG).exists() else "starting"


def trial(config: Config, out: Path, moment: float | None) -> str:
    """Kill a run after `moment` seconds or while it writes a checkpoint, and resume it.

    Returns the stage at which it was killed.
    """
    process = start(config, out, resume=False)
    end = time.monotonic() + (moment or 0)
    kill_when(process, lambda: writing(out) if moment is None else time.monotonic() >= end)
    assert process.returncode in (0, -signal.SIGKILL), process.returncode
    killed = stage(out)
    finish(start(config, out, resume=out.exists()))
    return killed


def main(config: Config) -> int:
    """Run the trials and print the tally; return the exit status."""
    rng = np.random.default_rng(config.seed)
    with tempfile.TemporaryDirectory() as folder:
        begin = time.monotonic()
        finish(start(config, Path(folder) / "whole", resume=False))
        seconds = time.monotonic() - begin
        expected = sha256(Path(folder) / "whole")
        print(f"a whole run: {seconds:.0f} s, vectors SHA-256 {expected}")
        tally: Counter[str] = Counter()
        same: Counter[str] = Counter()
        for number in range(config.trials):
            out = Path(folder) / f"run-{number}"
            killed = trial(config, out, None if number % 3 == 2 else rng.uniform(0, seconds))
            tally[killed] += 1
            same[killed] += sha256(out) == expected
            print(f"{number + 1}: killed {killed}, {same.total()} the same", flush=True)
    rows = [[name, str(count), str(same[name])] for name, count in tally.most_common()]
    rows.append(["all", str(tally.total()), str(same.total())])
    print_tables(Table("Killed and resumed", ["killed", "trials", "same bits"], rows))
    return 0 if same.total() == config.trials else 1


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

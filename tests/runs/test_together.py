"""Several processes, on the loopback address, train the same vectors as one, or end with a line."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from jaxtext import runs
from jaxtext.runs import checkpoints

# On a small text, several groups of rows, and frequent words that are not all.
RUN = """
import os, signal, sys
import jaxtext
from jaxtext.training import starts
from jaxtext.training.counts import blocks
blocks.BUFFER_CELLS, starts.FREQUENT = 128 * 100, 150
METHODS = (
    jaxtext.Exact(dim=8, epochs=2), jaxtext.Exact(dim=8, epochs=2, columns=100),
    jaxtext.Softmax(dim=8, epochs=1), jaxtext.Softmax(dim=8, epochs=1, columns=100),
    jaxtext.Svd(dim=8), jaxtext.Sgns(dim=8, epochs=2, streams=4),
)
text, out, address, processes, process = sys.argv[1:6]
with jaxtext.devices.join(address, int(processes), int(process), timeout=60) as team:
    for number, method in enumerate(METHODS):
        outcome = jaxtext.run(
            f"{out}/{number}", text, method, min_count=2, checkpoint_every=0, team=team
        )
        assert len(outcome.sha256) == 64
"""
ALWAYS = {"PJRT_NPROC": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    """Some thousand sentences of 500 words, whose frequencies follow Zipf's law."""
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp("text")
    ids = rng.zipf(1.3, 60_000) % 500
    lines = np.split(ids, np.sort(rng.integers(0, len(ids), 4_000)))
    content = "\n".join(" ".join(f"w{word}" for word in line) for line in lines)
    (folder / "text.txt").write_text(content, encoding="utf-8")
    return folder / "text.txt"


def free_address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def started(command, **how):
    environment = {**os.environ, **ALWAYS}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True, **how)


def train(processes, *options, address=None, out, which=None, **how):
    """Start `jaxtext train` in so many processes, or in those that are named."""
    address = free_address() if address is None else address
    common = [sys.executable, "-m", "jaxtext", "train", "--out", str(out), *map(str, options)]
    if processes == 1:
        return [started(common, **how)]
    joining = ["--coordinator", address, "--processes", str(processes), "--process"]
    which = range(processes) if which is None else which
    return [started([*common, *joining, str(process)], **how) for process in which]


def ended(processes, seconds=200):
    """Wait for processes; return their exit statuses and what they wrote to standard error."""
    found = []
    for process in processes:
        try:
            _, error = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        found.append((process.returncode, error))
    return found


def check_lines(found, *parts):
    """Every process has ended with status 2 and one line, which contains all of the parts."""
    for status, error in found:
        assert status == 2, error
        assert error.startswith("jaxtext: ") and error.count("\n") == 1, error
        assert all(part in error for part in parts), error


def hashes(out):
    manifests = [json.loads(path.read_text()) for path in sorted(out.glob("*/manifest.json"))]
    return [[each["vectors_sha256"], each["corpus"], each["gap"]] for each in manifests]


def test_the_vectors_do_not_depend_on_the_number_of_processes(text, tmp_path):
    script = tmp_path / "run.py"
    script.write_text(RUN)
    expected = None
    for processes in (1, 2, 4):
        out, address = tmp_path / str(processes), free_address()
        arguments = [sys.executable, "-W", "ignore", str(script), str(text), str(out), address]
        running = [started([*arguments, str(processes), str(i)]) for i in range(processes)]
        for status, error in ended(running):
            assert status == 0, error
        found = hashes(out)
        assert len(found) == 6 and len({sha256 for sha256, *_ in found}) == 6
        expected = expected or found
        for number, (mine, others) in enumerate(zip(found, expected, strict=True)):
            assert mine[:2] == others[:2], number
            assert mine[2] == others[2], number
        assert {path.name for path in (out / "0").iterdir()} == {*runs.FILES, runs.CHECKPOINTS}


OPTIONS = ("--dim", 8, "--epochs", 40, "--min-count", 2, "--checkpoint-every", 0, "--no-gap")


@pytest.mark.parametrize("method", ["exact", "sgns"])
@pytest.mark.parametrize("victim", [0, 1])
def test_a_run_whose_process_is_killed_is_resumed_by_another_number(text, tmp_path, method, victim):
    options = [text, *OPTIONS, "--method", method]
    options += ["--streams", 4] if method == "sgns" else []
    assert [status for status, _ in ended(train(1, *options, out=tmp_path / "whole"))] == [0]
    out = tmp_path / "run"
    running = train(2, *options, out=out)
    until = time.monotonic() + 60
    while len(checkpoints.files(out)) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    running[victim].send_signal(signal.SIGKILL)
    found = ended(running)
    assert found[victim][0] == -signal.SIGKILL
    check_lines([found[1 - victim]], f"resume with: jaxtext train --resume --out {out}")
    assert not (out / runs.MANIFEST).exists()
    again = train(4, "--resume", "--timeout", 60, out=out)
    assert [status for status, _ in ended(again)] == [0] * 4
    first, second = (
        json.loads((each / runs.MANIFEST).read_text()) for each in (tmp_path / "whole", out)
    )
    assert first["vectors_sha256"] == second["vectors_sha256"]


@pytest.mark.parametrize("victim", [0, 1])
def test_a_process_that_does_not_answer_ends_the_others(text, tmp_path, victim):
    out = tmp_path / "run"
    running = train(2, text, *OPTIONS, "--method", "exact", "--timeout", 8, out=out)
    until = time.monotonic() + 60
    while len(checkpoints.files(out)) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    running[victim].send_signal(signal.SIGSTOP)
    line = f"process {victim} has not answered for 8 seconds"
    try:
        check_lines(ended([running[1 - victim]]), line, "resume with:")
    finally:
        running[victim].send_signal(signal.SIGKILL)
        ended([running[victim]])


def test_a_late_process_is_waited_for(text, tmp_path):
    address, out = free_address(), tmp_path / "run"
    options = [text, *OPTIONS, "--method", "svd"]
    options = [each for each in options if each not in ("--epochs", 40)]
    late = train(2, *options, out=out, address=address, which=[1])
    time.sleep(3)
    first = train(2, *options, out=out, address=address, which=[0])
    assert [status for status, _ in ended(first + late)] == [0, 0]


def test_processes_that_do_not_fit_end_with_a_line_each(text, tmp_path):
    address = free_address()
    common = [text, "--method", "exact", "--dim", 8]
    first = train(2, *common, "--seed", 1, out=tmp_path / "run", address=address, which=[0])
    second = train(2, *common, "--seed", 2, out=tmp_path / "run", address=address, which=[1])
    check_lines(ended(first + second), "the seed of process 1 is 2, and that of process 0 is 1")
    assert not (tmp_path / "run").exists()


def test_another_text_and_another_folder_are_named(text, tmp_path):
    content, options = text.read_text(), ["text.txt", "--method", "exact", "--dim", 8]
    for name, words in (("one", content), ("two", "w8 ".join(content.rsplit("w7 ", 1)))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "text.txt").write_text(words)
    for out, line in (
        (tmp_path / "run", "process 1 has read a different text from process 0"),
        ("run", "process 1 does not see what process 0 writes there"),
    ):
        address = free_address()
        running = [
            *train(2, *options, out=out, address=address, which=[0], cwd=tmp_path / "one"),
            *train(2, *options, out=out, address=address, which=[1], cwd=tmp_path / "two"),
        ]
        check_lines(ended(running), line)
        assert not (tmp_path / "one" / out).exists()


def test_an_address_that_cannot_be_used_is_named(text, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        found = ended(train(2, text, out=tmp_path / "run", address=address, which=[0]))
        check_lines(found, f"--coordinator {address}: the port cannot be used here")
    nobody = train(2, text, "--timeout", 1, out=tmp_path / "run", which=[1])
    check_lines(ended(nobody), "no answer within 1 s", "start process 0 there")
    alone = train(2, text, "--timeout", 2, out=tmp_path / "run", which=[0])
    check_lines(ended(alone), "after 2 seconds, not all processes at 127.0.0.1:", "had come")
    assert not (tmp_path / "run").exists()

"""Runs that are stopped by a signal, killed, and resumed: they end with the same bits."""

import json
import os
import shlex
import signal
import subprocess
import sys
import types
from contextlib import suppress

import numpy as np
import pytest

from jaxtext import cli, runs
from jaxtext.base.errors import InputError
from jaxtext.reports import progress
from jaxtext.runs import checkpoints, circumstances, lock
from jaxtext.runs import gap as run_gap
from jaxtext.text import Vocab
from jaxtext.training.counts import newton
from jaxtext.training.stream import loop

IDENTITY = {"text": "a", "options": "b"}
OPTIONS = ["--dim", "8", "--epochs", "3"]
ALWAYS = ["--checkpoint-every", "0"]


@pytest.fixture
def stopped(topic_file, tmp_path, monkeypatch):
    """Train until a signal arrives while a checkpoint is written; the run and the exit status."""
    save, saved = checkpoints.save, []

    def train(number, *options, at=5):
        def then(*arguments):
            save(*arguments)
            saved.append(arguments)
            if len(saved) == at:
                os.kill(os.getpid(), number)

        monkeypatch.setattr(checkpoints, "save", then)
        out = tmp_path / "it is stopped"
        command = ["train", str(topic_file), "--out", str(out), *OPTIONS, *ALWAYS, *options]
        status = cli.run(command)
        monkeypatch.setattr(checkpoints, "save", save)
        return out, status

    return train


@pytest.fixture(scope="module")
def whole(topic_file, tmp_path_factory):
    """SHA-256 of the vectors by method, where nothing stops the training."""
    found = {}

    def train(method):
        if method not in found:
            out = tmp_path_factory.mktemp("whole") / "run"
            options = [*OPTIONS, "--method", method, "--out", str(out)]
            assert cli.run(["train", str(topic_file), *options]) == 0
            found[method] = sha256(out)
        return found[method]

    return train


def sha256(out):
    return runs.Run(out).read_json(runs.MANIFEST)["vectors_sha256"]


@pytest.mark.parametrize(
    ("method", "number", "status", "at"),
    [
        ("sgns", signal.SIGINT, 130, 5),
        ("sgns", signal.SIGTERM, 143, 5),
        ("exact", signal.SIGINT, 130, 2),
    ],
)
def test_a_stopped_run_is_resumed_to_the_same_bits(
    stopped, whole, method, number, status, at, capsys
):
    before = signal.getsignal(number)
    out, found = stopped(number, "--method", method, at=at)
    with pytest.raises(InputError, match="contains an unfinished run"):
        lock.check_free(out)
    assert found == status and signal.getsignal(number) is before
    name = signal.Signals(number).name
    error, _, command = capsys.readouterr().err.partition("resume with: jaxtext ")
    assert error.startswith(
        f"jaxtext: stopped by {name}: the run in {out} can"
    ) and command.endswith(f" --out '{out}'\n")
    assert not (out / runs.MANIFEST).exists() and len(checkpoints.files(out)) == 2
    assert not {runs.LOCK, runs.IDS} & {path.name for path in out.iterdir()}
    assert cli.run(shlex.split(command)) == 0
    shown = capsys.readouterr().out
    assert "resumed" in shown and "a new one is started" not in shown
    assert sha256(out) == whole(method)
    done = [json.loads(line)["done"] for line in (out / runs.METRICS).read_text().splitlines()]
    assert done == sorted(done) and done[-1] == 1
    if method == "exact":
        assert len(done) == len(set(done)) == 4
    assert cli.run(["train", "--resume", "--out", str(out)]) == 0
    assert "finished already: nothing to do" in capsys.readouterr().out
    assert sha256(out) == whole(method)


def test_a_signal_within_a_pass_saves_the_one_before(
    topic_file, whole, tmp_path, capsys, monkeypatch
):
    improve, calls = newton.improve, []

    def interrupted(*arguments):
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        calls.append(0)
        return improve(*arguments)

    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(newton, "improve", interrupted)
        options = ["--out", str(out), "--method", "exact", *OPTIONS]
        assert cli.run(["train", str(topic_file), *options]) == 143
    assert "resume with" in capsys.readouterr().err
    assert [path.name for path in checkpoints.files(out)] == ["000000000002.safetensors"]
    assert cli.run(["train", "--resume", "--out", str(out)]) == 0
    assert "resumed after 67%" in capsys.readouterr().out
    assert sha256(out) == whole("exact")


def kill_in(monkeypatch, owner, name, number=signal.SIGTERM):
    """A signal arrives when a function of the package is called."""
    function = getattr(owner, name)

    def then(*arguments, **named):
        os.kill(os.getpid(), number)
        return function(*arguments, **named)

    monkeypatch.setattr(owner, name, then)


def test_a_signal_while_the_text_is_read_leaves_nothing(topic_file, tmp_path, capsys, monkeypatch):
    from jaxtext.runs import execute

    kill_in(monkeypatch, execute, "encode_files")
    out = tmp_path / "deep" / "run"
    assert cli.run(["train", str(topic_file), "--out", str(out)]) == 143
    assert capsys.readouterr().err == "jaxtext: stopped by SIGTERM: nothing was written\n"
    assert not list(tmp_path.iterdir())


def test_a_signal_after_the_training_leaves_a_finished_run(
    topic_file, whole, tmp_path, capsys, monkeypatch
):
    expected_sha256 = whole("sgns")
    kill_in(monkeypatch, run_gap, "measure", signal.SIGINT)
    out = tmp_path / "run"
    assert cli.run(["train", str(topic_file), "--out", str(out), *OPTIONS]) == 130
    expected = f"jaxtext: stopped by SIGINT: the run in {out} is finished\n"
    assert capsys.readouterr().err == expected
    manifest = runs.Run(out).read_json(runs.MANIFEST)
    assert (manifest["status"], manifest["gap"]) == ("complete", None)
    assert sha256(out) == expected_sha256


def test_a_signal_between_the_training_and_the_writing_waits(
    topic_file, whole, tmp_path, capsys, monkeypatch
):
    for method, owner, name in (
        ("sgns", loop, "_trimmed"),
        ("exact", runs.Run, "write_vectors"),
    ):
        out = tmp_path / method
        with monkeypatch.context() as patch:
            kill_in(patch, owner, name)
            command = ["train", str(topic_file), "--out", str(out), "--method", method, *OPTIONS]
            assert cli.run(command) == 143
        assert capsys.readouterr().err.endswith(f"the run in {out} is finished\n")
        assert sha256(out) == whole(method)


def test_a_signal_among_the_imports_is_not_lost(topic_file, tmp_path, capsys, monkeypatch):
    class Imported(types.ModuleType):
        def __getattr__(self, name):
            with suppress(BaseException):  # as within a callback of the runtime
                os.kill(os.getpid(), signal.SIGINT)
            return getattr(progress, name)

    monkeypatch.setitem(sys.modules, "jaxtext.reports.progress", Imported("progress"))
    assert cli.run(["train", str(topic_file), "--out", str(tmp_path / "run"), *OPTIONS]) == 130
    assert capsys.readouterr().err == "jaxtext: stopped by SIGINT: nothing was written\n"
    assert not list(tmp_path.iterdir())


def test_a_signal_between_two_chunks_waits_for_a_checkpoint(
    topic_file, whole, tmp_path, capsys, monkeypatch
):
    append, reports = runs.Run.append_metrics, []

    def then(run, report):
        append(run, report)
        reports.append(report)
        if len(reports) == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(loop, "REPORT_SECONDS", 0.0)
        patch.setattr(runs.Run, "append_metrics", then)
        assert cli.run(["train", str(topic_file), "--out", str(out), *OPTIONS]) == 143
    assert len(reports) == 3 and len(checkpoints.files(out)) == 1
    assert cli.run(["train", "--resume", "--out", str(out)]) == 0
    assert "resumed" in capsys.readouterr().out
    assert sha256(out) == whole("sgns")


def test_a_damaged_checkpoint_gives_way_to_the_one_before(stopped, whole, capsys, monkeypatch):
    monkeypatch.setattr(loop, "REPORT_SECONDS", 0.0)
    out, _ = stopped(signal.SIGTERM)
    newest, _ = checkpoints.files(out)
    newest.write_bytes(newest.read_bytes()[:-3])
    (out / runs.VOCAB).unlink()  # is written again
    assert cli.run(["train", "--resume", "--out", str(out)]) == 0
    assert f"{newest} is damaged: the previous checkpoint is used" in capsys.readouterr().out
    assert sha256(out) == whole("sgns")
    assert runs.load(out).vocab.counts.sum() == 36_000
    done = [json.loads(line)["done"] for line in (out / runs.METRICS).read_text().splitlines()]
    assert len(done) > 5 and done == sorted(set(done))


def test_a_run_is_resumed_with_its_own_text_and_options_only(
    stopped, whole, topic_file, tmp_path, capsys, monkeypatch
):
    out, _ = stopped(signal.SIGTERM)
    resume = ["--resume", "--out", str(out)]

    def refused(*arguments):
        capsys.readouterr()
        assert cli.run(["train", *arguments]) == 2
        error = capsys.readouterr().err
        assert error.startswith("jaxtext: --") and error.count("\n") == 1
        return error

    other = tmp_path / "other.txt"
    content = topic_file.read_text()
    other.write_text(content.replace("t0w0", "t0w1", 1))
    assert "--dim 9: was 8 in the run in" in refused(
        str(topic_file), "--dim", "9", "--epochs", "3", *resume
    )
    assert "--dim 100: was 8 in the run in" in refused(
        "--dim", "100", *resume
    )  # its default, but given
    assert "--no-lowercase: was True in the run in" in refused("--no-lowercase", *resume)
    assert "the text (SHA-256) was" in refused(str(other), *OPTIONS, *resume)
    assert "contains no run" in refused("--resume", "--out", str(tmp_path / "nothing"))
    assert not (tmp_path / "nothing").exists()
    with monkeypatch.context() as patch:
        patch.setattr("jaxtext.__version__", "9.9")
        assert "version of jaxtext" in refused(*resume)
    identity = Vocab.sha256
    with monkeypatch.context() as patch:
        patch.setattr(Vocab, "sha256", lambda vocab: "x" + identity(vocab))
        assert "the vocabulary (SHA-256) was" in refused(*resume)
    assert len(checkpoints.files(out)) == 2
    config = (out / runs.CONFIG).read_text()
    (out / runs.CONFIG).write_text(config.replace('"window": 5', '"window": 4'))
    error = refused(*resume)
    assert "the window was 5 when " in error and " was written, and is 4 now" in error
    (out / runs.CONFIG).write_text(config)
    other.write_text(content)  # the same text at another place
    assert cli.run(["train", str(other), "--dim", "8", *resume]) == 0
    assert sha256(out) == whole("sgns")
    config = runs.Run(out).read_json(runs.CONFIG)
    assert config["dim"] == 8


def test_other_circumstances_are_told_and_recorded(stopped, whole, capsys, monkeypatch):
    for name in circumstances.circumstances()["environment"]:  # of this machine
        monkeypatch.delenv(name)
    out, _ = stopped(signal.SIGTERM, "--checkpoint-every=0")
    monkeypatch.setenv("XLA_SOMETHING", "1")
    resume = ["train", "--resume", "--out", str(out)]
    with monkeypatch.context() as patch:
        kill_in(patch, loop, "compiled_probe")
        assert cli.run(resume) == 143  # and saves under the circumstances that are now
    told = 'the environment was {}, and is {"XLA_SOMETHING": "1"} now: the bits may differ'
    assert told in capsys.readouterr().out
    assert cli.run(resume) == 0
    shown = capsys.readouterr().out
    assert "resumed" in shown and "the bits may differ" not in shown
    manifest = runs.Run(out).read_json(runs.MANIFEST)
    assert manifest["earlier"] == [{"environment": "{}"}]
    assert manifest["options"]["checkpoint_every"] == 0  # as it was begun with
    found = circumstances.differences(manifest | {"earlier": []}, manifest)
    assert found == [("circumstances before it was resumed", [], [{"environment": "{}"}])]


def test_a_run_that_repeats_one_which_is_gone_is_resumed(
    stopped, whole, topic_file, tmp_path, capsys, monkeypatch
):
    first = tmp_path / "first"
    assert cli.run(["train", str(topic_file), "--out", str(first), *OPTIONS]) == 0
    manifest = tmp_path / "manifest.json"
    (first / runs.MANIFEST).rename(manifest)
    out = tmp_path / "again"
    with monkeypatch.context() as patch:
        kill_in(patch, loop, "compiled_probe")
        command = ["train", "--from-manifest", str(manifest), "--out", str(out), *ALWAYS]
        assert cli.run(command) == 143
    manifest.unlink()
    capsys.readouterr()
    assert cli.run(["train", "--resume", "--out", str(out)]) == 0
    assert "no such file: the vectors will not be compared" in capsys.readouterr().out
    assert sha256(out) == whole("sgns")


def test_a_run_that_diverged_is_not_resumed(stopped, capsys):
    out, _ = stopped(signal.SIGTERM)
    runs.Run(out).write_json(runs.MANIFEST, {"status": "diverged"})
    assert cli.run(["train", "--resume", "--out", str(out)]) == 1
    assert "diverged: train again with a lower learning rate" in capsys.readouterr().err


def test_a_run_without_a_checkpoint_begins_anew(stopped, whole, topic_file, tmp_path, capsys):
    out, _ = stopped(signal.SIGTERM)
    for path in checkpoints.files(out):
        path.unlink()
    assert cli.run(["train", "--resume", "--out", str(out)]) == 0
    assert "there is no checkpoint to resume from: training starts over" in capsys.readouterr().out
    assert sha256(out) == whole("sgns")
    new = tmp_path / "new"  # killed before it made its folder
    assert cli.run(["train", str(topic_file), *OPTIONS, "--resume", "--out", str(new)]) == 0
    assert "contains no run yet: a new one is started" in capsys.readouterr().out
    assert sha256(new) == whole("sgns")


# Processes that are killed -----------------------------------------------------------------------

KILLED = """
import os, signal, sys, threading, time
from safetensors.numpy import save as as_bytes
from jaxtext import cli
from jaxtext.runs import checkpoints, execute, folder
from jaxtext.runs import gap as run_gap
from jaxtext.training import stream

moment, *arguments = sys.argv[1:]
kill = lambda: os.kill(os.getpid(), signal.SIGKILL)
save, save_file, fit, calls = checkpoints.save, checkpoints.save_file, stream.fit, []

def half(arrays, path, content):  # while a checkpoint is written
    calls.append(0)
    if len(calls) == 3:
        everything = as_bytes(arrays, content)
        path.write_bytes(everything[: len(everything) // 2])
        kill()
    save_file(arrays, path, content)

def timed(*arguments, **named):  # at any moment of training, at the latest at its end
    threading.Timer(float(moment), kill).start()
    fit(*arguments, **named)
    kill()

if moment == "written":
    checkpoints.save_file = half
elif moment == "vectors":  # these are written, and the manifest is not
    write_json = folder.Run.write_json
    folder.Run.write_json = lambda run, name, content: (
        kill() if name == folder.MANIFEST else write_json(run, name, content)
    )
elif moment == "gap":  # the run is finished
    run_gap.measure = lambda *arguments: kill()
elif moment == "reading":
    execute.fit = lambda *arguments, **named: kill()
elif moment != "never":
    stream.fit = timed
sys.exit(cli.run(arguments))
"""


@pytest.mark.slow
def test_a_run_killed_at_five_moments_ends_as_one_that_was_not(topic_file, tmp_path, rng):
    script, out = tmp_path / "killed.py", tmp_path / "run"
    script.write_text(KILLED)

    def train(moment, *options, out=out):
        command = [sys.executable, str(script), str(moment), "train", "--out", str(out), *ALWAYS]
        return subprocess.run([*command, *options], capture_output=True, text=True)

    # In a process of its own too: these tests' own has float64, which gives other bits.
    process = train("never", str(topic_file), *OPTIONS, out=tmp_path / "whole")
    assert process.returncode == 0, process.stderr

    moments = ["reading", "written", *rng.uniform(0.3, 1.2, 2).tolist(), "vectors"]
    start = [str(topic_file), *OPTIONS]
    for moment in moments:
        process = train(moment, *start)
        assert process.returncode == -signal.SIGKILL, (moment, process.stderr)
        assert not (out / runs.MANIFEST).exists()
        start = ["--resume"]
    process = train("gap", "--resume")
    assert process.returncode == -signal.SIGKILL, process.stderr
    assert "resumed" in process.stdout
    assert sha256(out) == sha256(tmp_path / "whole")
    process = train("never", "--resume")
    assert process.returncode == 0, process.stderr
    assert "finished already" in process.stdout + process.stderr
    names = {path.name for path in out.iterdir()}
    assert names == {*runs.FILES, runs.CHECKPOINTS} - {runs.GAP}  # killed while it was measured
    assert len(list((out / runs.CHECKPOINTS).iterdir())) == checkpoints.KEPT


@pytest.mark.parametrize(
    "absurd",
    [
        lambda state: state._replace(scalars=state.scalars | {"total": 5}),
        lambda state: state._replace(scalars=state.scalars | {"places": [-1]}),
        lambda state: state._replace(scalars=state.scalars | {"places": "many"}),
        lambda state: state._replace(scalars=state.scalars | {"places": [10**12]}),
        lambda state: state._replace(scalars=state.scalars | {"places": [0, 0]}),
        lambda state: state._replace(
            scalars={name: value for name, value in state.scalars.items() if name != "places"}
        ),
        lambda state: state._replace(
            arrays=state.arrays | {"center": np.zeros((3, 3), np.float32)}
        ),
    ],
)
def test_a_checkpoint_with_absurd_numbers_gives_way_to_the_one_before(
    stopped, whole, capsys, absurd
):
    out, _ = stopped(signal.SIGTERM)
    newest = checkpoints.files(out)[0]
    snapshot, identity = checkpoints.read(newest)
    checkpoints.save(out, absurd(snapshot), identity)
    capsys.readouterr()
    assert cli.run(["train", "--resume", "--out", str(out)]) == 0
    assert f"{newest} is damaged: the previous checkpoint is used" in capsys.readouterr().out
    assert sha256(out) == whole("sgns")


def test_a_resumed_run_that_diverges_keeps_the_last_good_vectors(topic_file, tmp_path, capsys):
    save, saved, out = checkpoints.save, [], tmp_path / "run"

    def then(*arguments):
        save(*arguments)
        saved.append(arguments)
        if len(saved) == 1:
            os.kill(os.getpid(), signal.SIGTERM)

    options = ["--dim=8", "--learning-rate=100", "--epochs=20", "--checkpoint-every=0"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "save", then)
        assert cli.run(["train", str(topic_file), "--out", str(out), *options]) == 143
    assert cli.run(["train", "--resume", "--out", str(out)]) == 1
    assert "the last good vectors are in" in capsys.readouterr().err
    vectors = runs.load(out)
    assert np.isfinite(vectors.center).all() and np.isfinite(vectors.context).all()
    assert runs.Run(out).read_json(runs.MANIFEST)["status"] == "diverged"

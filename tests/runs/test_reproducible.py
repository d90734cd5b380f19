"""Same text, options, seed and machine: the same vectors to the bit; and runs that repeat a run."""

import json
import os
import signal

import pytest

from jaxtext import cli, runs
from jaxtext.text import renumbering, sources
from jaxtext.training import METHODS
from jaxtext.training.counts import newton
from jaxtext.training.stream import loop

OPTIONS = ["--dim=8", "--min-count=1"]


def train(text, out, *options):
    epochs = [] if "svd" in options else ["--epochs=3"]
    assert cli.run(["train", str(text), "--out", str(out), *OPTIONS, *epochs, *options]) == 0
    return runs.Run(out).read_json(runs.MANIFEST)["vectors_sha256"]


@pytest.fixture(scope="module")
def first(topic_file, tmp_path_factory):
    """A run of each method."""
    folder = tmp_path_factory.mktemp("first")
    for method in METHODS:
        train(topic_file, folder / method, "--method", method)
    return folder


def sha256(out):
    return runs.Run(out).read_json(runs.MANIFEST)["vectors_sha256"]


@pytest.mark.parametrize("method", METHODS)
def test_a_second_run_has_the_same_bytes(method, first, topic_file, tmp_path):
    assert train(topic_file, tmp_path / "run", "--method", method) == sha256(first / method)
    one, other = ((out / runs.VECTORS).read_bytes() for out in (first / method, tmp_path / "run"))
    assert one == other


@pytest.mark.parametrize("method", METHODS)
def test_intervals_and_chunks_on_disk_change_no_bit(
    method, first, topic_file, tmp_path, monkeypatch
):
    monkeypatch.setattr(loop, "REPORT_SECONDS", 0.0)
    monkeypatch.setattr(renumbering, "CHUNK", 1000)
    monkeypatch.setattr(sources, "BLOCK_BYTES", 4096)
    options = ["--method", method, "--checkpoint-every=0"]
    assert train(topic_file, tmp_path / "run", *options) == sha256(first / method)
    lines = (tmp_path / "run" / runs.METRICS).read_text().splitlines()
    before = (first / method / runs.METRICS).read_text().splitlines()
    assert len(lines) > len(before) or method != "sgns"


@pytest.mark.parametrize("method", ["sgns", "exact"])
def test_another_seed_has_other_bytes(method, first, topic_file, tmp_path):
    sha = train(topic_file, tmp_path / "run", "--method", method, "--seed=1")
    assert sha != sha256(first / method)


def test_a_manifest_repeats_its_run(first, tmp_path, capsys):
    manifest = first / "sgns" / runs.MANIFEST
    out = tmp_path / "again"
    assert cli.run(["train", "--from-manifest", str(manifest), "--out", str(out)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"vectors SHA-256 {sha256(out)}: the same as in {manifest}" in shown
    assert "Circumstances" not in shown


def repeat(manifest, change, tmp_path, capsys, *options):
    """Repeat from a changed manifest: status and what is shown."""
    content = json.loads(manifest.read_text())
    change(content)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(content))
    capsys.readouterr()
    status = cli.run(
        ["train", "--from-manifest", str(path), "--out", str(tmp_path / "x"), *options]
    )
    shown = capsys.readouterr()
    return status, " ".join((shown.out + shown.err).split())


def test_what_differs_is_named(first, topic_file, tmp_path, capsys):
    manifest = first / "svd" / runs.MANIFEST

    def others(content):
        content["versions"]["numpy"] = "1.0"
        content["device"]["processor"] = "abacus"
        content["environment"]["XLA_FLAGS"] = "--fast"
        content["vectors_sha256"] = "0"

    status, shown = repeat(manifest, others, tmp_path, capsys)
    assert status == 1
    for name in ("versions: numpy", "device: processor", "environment: XLA_FLAGS", "abacus"):
        assert name in shown
    assert (tmp_path / "x" / runs.VECTORS).exists() and "corpus:" not in shown


def test_another_text_is_named(first, topic_file, tmp_path, capsys):
    other = tmp_path / "other.txt"
    other.write_text(topic_file.read_text() + "t0w0 t0w1\n")
    manifest = first / "sgns" / runs.MANIFEST
    status, shown = repeat(manifest, lambda content: None, tmp_path, capsys, str(other))
    assert status == 1
    assert "the text is not that of" in shown and "corpus: sha256" in shown


def test_a_difference_without_a_cause_is_said(first, tmp_path, capsys):
    def other(content):
        content["vectors_sha256"] = "0"

    status, shown = repeat(first / "svd" / runs.MANIFEST, other, tmp_path, capsys)
    assert status == 1 and "no recorded circumstance differs" in shown


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.pop("options"), "is not the manifest of a run"),
        (lambda m: m.update(corpus=3), "is not the manifest of a run"),
        (lambda m: m["options"].update(dim="8"), "damaged: dim='8': must be a whole number"),
        (lambda m: m["options"].update(learning_rate=10**400), "damaged: learning_rate=1"),
        (lambda m: m["options"].update(dim=True), "damaged: dim=True: must be a whole number"),
        (lambda m: m["options"].update(shell="rm"), "damaged: shell: no such option"),
        (lambda m: m["options"].update(method="magic"), "damaged: method='magic': must be one of"),
        (lambda m: m["options"].pop("paths"), "the options of a run are missing"),
        (lambda m: m["options"].update(dim=10**9), "damaged: dim=1000000000: must be"),
        (lambda m: m["options"].update(paths=["nowhere"]), "nowhere"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_one_line(
    unchecked, first, change, message, tmp_path, capsys
):
    status, shown = repeat(first / "sgns" / runs.MANIFEST, change, tmp_path, capsys)
    assert status == 2 and message in shown
    assert not (tmp_path / "x").exists()


def test_options_beside_a_manifest_are_refused(first, tmp_path, capsys):
    manifest = first / "sgns" / runs.MANIFEST
    status, shown = repeat(manifest, lambda content: None, tmp_path, capsys, "--dim=100")
    assert status == 2 and "--dim: all options come from the manifest" in shown
    for path in (first, tmp_path / "none.json", first / "sgns" / runs.VECTORS):
        assert cli.run(["train", "--from-manifest", str(path), "--out", str(tmp_path / "y")]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_repeated_run_that_diverges_again_is_compared(topic_file, tmp_path, capsys):
    options = ["--learning-rate=100", "--epochs=20", *OPTIONS]
    assert cli.run(["train", str(topic_file), "--out", str(tmp_path / "a"), *options]) == 1
    manifest = tmp_path / "a" / runs.MANIFEST
    capsys.readouterr()
    again = ["train", "--from-manifest", str(manifest), "--out", str(tmp_path / "b")]
    assert cli.run(again) == 1
    shown = capsys.readouterr()
    assert f"{sha256(tmp_path / 'b')}: the same as in {manifest}" in " ".join(shown.out.split())
    assert "diverged" in shown.err


def test_a_repeated_run_is_compared_also_when_it_was_stopped_and_resumed(
    first, tmp_path, capsys, monkeypatch
):
    improve, calls = newton.improve, []

    def interrupted(*arguments):
        calls.append(0)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return improve(*arguments)

    manifest, out = first / "exact" / runs.MANIFEST, tmp_path / "again"
    with monkeypatch.context() as patch:
        patch.setattr(newton, "improve", interrupted)
        begun = ["train", "--from-manifest", str(manifest), "--out", str(out)]
        assert cli.run(begun) == 143
    capsys.readouterr()
    assert cli.run(["train", "--resume", "--out", str(out)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"vectors SHA-256 {sha256(out)}: the same as in {manifest}" in shown

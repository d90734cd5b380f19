"""A run from its first file to its manifest, without the command line."""

import json

import numpy as np
import pytest
from jax.errors import JaxRuntimeError

from jaxtext import cli, runs
from jaxtext.base import memory
from jaxtext.base.errors import InputError
from jaxtext.runs import checkpoints
from jaxtext.runs import gap as run_gap
from jaxtext.runs.execute import execute
from jaxtext.runs.record import Place
from jaxtext.runs.watch import Watch
from jaxtext.training import METHODS, Diverged
from jaxtext.training.counts import newton


@pytest.fixture
def text(topics, tmp_path):
    path = tmp_path / "topics.txt"
    path.write_text("\n".join(topics[:300]) + "\n")
    return path


def options(text, **others):
    return {"paths": [str(text)], "dim": 6, "min_count": 1, "subsample": 0.0, **others}


def watching(told):
    """A watch that notes the name of every callback, and what it was told."""
    return Watch(*(lambda *what, name=name: told.append((name, *what)) for name in Watch._fields))


@pytest.mark.parametrize("method", METHODS)
def test_a_run_tells_what_it_does_in_order(method, text, tmp_path):
    told = []
    outcome = execute(Place(tmp_path / "run"), options(text, method=method), watching(told))
    stages = [what for name, *rest in told if name == "on_stage" for what in rest]
    counting = ["counting pairs"] if method != "sgns" else []
    assert stages == ["reading", *counting, "training", "comparing with the optimum"]
    names = [name for name, *_ in told]
    order = ["on_tokens", "on_corpus", "on_report", "on_compared", "on_gap"]
    assert [names.index(name) for name in order] == sorted(names.index(name) for name in order)
    assert "on_bytes" not in names
    notes = [rest[0] for name, *rest in told if name == "on_note"]
    passes = "50 passes over the counts"
    chosen = {"sgns": "100 epochs", "exact": passes, "softmax": passes, "svd": None}[method]
    assert notes == ([] if chosen is None else [f"{chosen}, chosen by the size of the text"])
    (corpus,) = (rest[0] for name, *rest in told if name == "on_corpus")
    assert corpus.tokens == 3_600
    reports = [rest[0] for name, *rest in told if name == "on_report"]
    lines = (outcome.folder / runs.METRICS).read_text().splitlines()
    assert [json.loads(line)["done"] for line in lines] == [report.done for report in reports]


def test_an_outcome_is_what_the_folder_contains(text, tmp_path):
    outcome = execute(Place(tmp_path / "run"), options(text))
    assert (outcome.folder, outcome.differences, outcome.new) == (tmp_path / "run", (), True)
    loaded = runs.load(outcome.folder)
    np.testing.assert_array_equal(loaded.center, outcome.vectors.center)
    np.testing.assert_array_equal(loaded.context, outcome.vectors.context)
    run = runs.Run(outcome.folder)
    manifest = run.read_json(runs.MANIFEST)
    assert (manifest["vectors_sha256"], manifest["status"]) == (outcome.sha256, "complete")
    assert set(manifest["seconds"]) == {"read", "train", "write", "gap"}
    peaks = manifest["peak_bytes"]
    assert 50e6 < peaks["read"] <= peaks["train"] <= peaks["gap"] < 20e9
    assert manifest["options"] == run.read_json(runs.CONFIG)
    assert manifest["corpus"]["tokens"] == manifest["corpus"]["kept_tokens"] == 3_600
    assert {path.name for path in outcome.folder.iterdir()} == set(runs.FILES)


def test_a_repeated_run_names_what_differs(text, tmp_path):
    first = execute(Place(tmp_path / "run"), options(text, method="svd"))
    manifest = first.folder / runs.MANIFEST
    again = execute(Place(tmp_path / "again", from_manifest=manifest), {})
    assert (again.sha256, again.differences) == (first.sha256, ())
    text.write_text(text.read_text() + "t0w0 t0w1\n")
    notes = []
    other = execute(
        Place(tmp_path / "other", from_manifest=manifest), {}, Watch(on_note=notes.append)
    )
    names = [difference.name for difference in other.differences]
    assert names[0] == "vectors_sha256" and "corpus: sha256" in names
    assert notes == [f"the text is not that of {manifest}"]


def test_a_finished_run_is_returned_as_it_is(text, tmp_path):
    first = execute(Place(tmp_path / "run"), options(text))
    notes = []
    again = execute(Place(tmp_path / "run", resume=True), {}, Watch(on_note=notes.append))
    assert (again.sha256, again.new) == (first.sha256, False)
    np.testing.assert_array_equal(again.vectors.center, first.vectors.center)
    assert notes == [f"{first.folder} is finished already: nothing to do"]


def test_a_run_that_is_begun_with_resume_says_so(text, tmp_path):
    notes = []
    watch = Watch(on_note=notes.append)
    execute(Place(tmp_path / "run", resume=True), options(text, method="svd"), watch)
    assert len(notes) == 1 and "contains no run yet" in notes[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "svd", "learning_rate": 0.1}, "^learning_rate: svd has no learning rate"),
        ({"method": "svd", "dim": 51}, "^dim=51: svd has at most as many dimensions as words, 50"),
        ({"subsample": 1e-30}, "^subsample=1e-30: leaves no pair"),
        ({"paths": ["nowhere.txt"]}, "nowhere.txt: no such file"),
        ({"min_count": 10**6}, "the most frequent"),
    ],
)
def test_what_cannot_be_used_leaves_nothing(text, tmp_path, change, message):
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match=message):
        execute(Place(tmp_path / "deep" / "run"), options(text, **change))
    assert sorted(tmp_path.iterdir()) == before


def test_divergence_keeps_the_last_good_vectors_in_a_finished_run(text, tmp_path):
    with pytest.raises(Diverged, match="; the last good vectors are in .*run$") as caught:
        execute(Place(tmp_path / "run"), options(text, learning_rate=100.0, epochs=20))
    outcome = caught.value.outcome
    assert runs.Run(outcome.folder).read_json(runs.MANIFEST)["status"] == "diverged"
    loaded = runs.load(outcome.folder)
    assert loaded.center.tobytes() == caught.value.vectors.center.tobytes()
    assert np.isfinite(loaded.center).all()
    with pytest.raises(Diverged, match="train again with a lower learning rate"):
        execute(Place(tmp_path / "run", resume=True), {})


@pytest.mark.parametrize("method", ["sgns", "exact"])
def test_an_error_within_training_leaves_a_run_that_ends_with_the_same_bits(
    method, text, tmp_path, monkeypatch
):
    given = options(text, method=method, epochs=3)
    whole = execute(Place(tmp_path / "whole"), given)
    save, saved = checkpoints.save, []

    def failing(*arguments):
        if len(saved) == 2:
            raise OSError(28, "No space left on device")
        saved.append(save(*arguments))

    place = Place(tmp_path / "run", checkpoint_every=0)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "save", failing)
        with pytest.raises(InputError, match="No space left on device; the run in .* can be") as e:
            execute(place, given)
    assert e.value.resumable == place.out
    notes = []
    outcome = execute(Place(place.out, resume=True), {}, Watch(on_note=notes.append))
    assert outcome.sha256 == whole.sha256
    assert notes[0].startswith("resumed after ")


def test_a_watch_tells_nobody_by_default():
    for name, callback in Watch()._asdict().items():
        assert callback(*[None] * (3 if name == "on_bytes" else 1)) is None


def test_vectors_that_are_not_trained_yet_are_told(text, tmp_path, monkeypatch):
    monkeypatch.setattr("jaxtext.runs.execute.UNTRAINED", 1.0)
    notes = []
    watch = Watch(on_note=notes.append)
    execute(Place(tmp_path / "run"), options(text, epochs=2), watch)
    (told,) = notes
    assert told.startswith("the scores hardly follow the counts yet (correlation ")
    assert told.endswith("train for more than 2 epochs, or on more text")


def test_without_the_gap_nothing_is_compared(text, tmp_path):
    told = []
    execute(Place(tmp_path / "run", gap=False), options(text, epochs=2), watching(told))
    assert not {"on_gap", "on_compared"} & {name for name, *_ in told}
    manifest = runs.Run(tmp_path / "run").read_json(runs.MANIFEST)
    assert manifest["gap"] is None and "gap" not in manifest["seconds"]


@pytest.mark.parametrize("error", [MemoryError("1 TB"), JaxRuntimeError("RESOURCE_EXHAUSTED: 9\n")])
def test_a_gap_that_fails_does_not_cost_the_run(text, tmp_path, monkeypatch, error):
    def failing(*_, **__):
        raise error

    monkeypatch.setattr(run_gap, "measure", failing)
    notes = []
    place, watch = Place(tmp_path / "run"), Watch(on_note=notes.append)
    outcome = execute(place, options(text, epochs=2), watch)
    assert notes == [f"not compared with the optimum: {str(error).strip()}"]
    assert runs.load(outcome.folder).words == outcome.vectors.words
    assert runs.Run(tmp_path / "run").read_json(runs.MANIFEST)["status"] == "complete"


def test_a_gap_that_breaks_leaves_a_finished_run(text, tmp_path, monkeypatch):
    monkeypatch.setattr(run_gap, "measure", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        execute(Place(tmp_path / "run"), options(text, epochs=2))
    assert runs.Run(tmp_path / "run").read_json(runs.MANIFEST)["status"] == "complete"


@pytest.mark.parametrize("method", METHODS)
def test_tables_that_need_more_memory_than_is_free_are_refused(text, tmp_path, monkeypatch, method):
    monkeypatch.setattr(memory, "free", lambda: 5_000)
    with pytest.raises(InputError, match="for 50 words needs 0.0 MB of memory, and"):
        execute(Place(tmp_path / "run"), options(text, method=method))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("method", [name for name in METHODS if name != "sgns"])
def test_counts_that_need_more_memory_than_is_free_are_refused(text, tmp_path, monkeypatch, method):
    monkeypatch.setattr(memory, "free", lambda: 12_000)  # enough for the tables of 50 words
    message = rf"^{method} with \d+ different pairs of words needs 0.0 MB of memory, and 0.0 MB are"
    with pytest.raises(InputError, match=message):
        execute(Place(tmp_path / "run"), options(text, method=method))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("begun", [True, False])
def test_too_little_memory_in_training_is_one_line_and_keeps_the_last_checkpoint(
    text, tmp_path, monkeypatch, capsys, begun
):
    improve, calls = newton.improve, []

    def failing(*arguments):
        calls.append(0)
        if len(calls) > 3 * begun:
            raise JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes.\n more")
        return improve(*arguments)

    out = tmp_path / "run"
    small = ["--method=exact", "--dim=6", "--min-count=1", "--checkpoint-every=0"]
    with monkeypatch.context() as patch:
        patch.setattr(newton, "improve", failing)
        assert cli.run(["train", str(text), "--out", str(out), *small]) == (1 if begun else 2)
    error = capsys.readouterr().err
    assert error.startswith("jaxtext: not enough memory: RESOURCE_EXHAUSTED: Out of memory alloc")
    assert error.count("\n") == 1
    if not begun:
        assert "nothing was written" in error and not out.exists()
        return
    assert f"can be resumed; resume with: jaxtext train --resume --out {out}" in error
    assert cli.run(["train", "--resume", "--out", str(out)]) == 0

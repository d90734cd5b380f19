from pathlib import Path

import numpy as np
import pytest

from jaxtext.base.errors import InputError
from jaxtext.runs import CONFIG, MANIFEST, Run, record, repeating
from jaxtext.runs.circumstances import circumstances
from jaxtext.runs.record import Place, Record
from jaxtext.text import Corpus, Encoded, Reading, Source, Vocab
from jaxtext.training import Exact, Sgns, Svd

MADE = Record(Source(("a.txt",)), Reading(), Exact(dim=8), 0)


@pytest.fixture
def run(tmp_path):
    run = Run(tmp_path / "run")
    place = Place(run.folder, False, 7.0)
    run.write_json(CONFIG, record.as_json(MADE, place))
    return run


def resumed(run, **given):
    return repeating.resumed(Place(run.folder, True), given)


def test_a_run_is_resumed_with_its_own_options_given_or_not(run):
    assert repeating.record_of(run) == MADE
    for given in ({}, {"dim": 8, "epochs": None, "method": "exact", "paths": ("a.txt",)}):
        made, place = resumed(run, **given)
        assert made == MADE
        assert (place.out, place.resume, place.seconds) == (run.folder, True, 7.0)
    _, place = repeating.resumed(Place(run.folder, True, 1.0), {})
    assert place.seconds == 1.0


def test_a_text_may_lie_elsewhere(run):
    made, _ = resumed(run, paths=("b.txt",))
    assert made == MADE._replace(source=Source(("b.txt",)))
    made, _ = resumed(run, corpus="text8")
    assert made.source == Source(corpus="text8")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"dim": 9}, "^dim=9: was 8 in the run in .*: resume it with its own options"),
        ({"method": "sgns"}, "^method='sgns': was exact in the run"),
        ({"epochs": 4}, "^epochs=4: was not given in the run"),
        ({"max_vocab": 4}, "^max_vocab=4: was not given in the run"),
        ({"tokens": "whitespace"}, "^tokens='whitespace': was words in the run"),
        ({"language": "tr"}, "^language='tr': was not given in the run"),
        ({"sentences": "paragraphs"}, "^sentences='paragraphs': was lines in the run"),
        ({"encoding": "cp1252"}, "^encoding='cp1252': was utf-8 in the run"),
        ({"errors": "replace"}, "^errors='replace': was strict in the run"),
        ({"phrases": 2}, "^phrases=2: was 0 in the run"),
        ({"learning_rate": 0.1}, "^learning_rate: exact has no learning rate"),
        ({"size": 1}, "^size: no such option"),
    ],
)
def test_other_options_are_refused(run, given, message):
    with pytest.raises(InputError, match=message):
        resumed(run, **given)


def test_without_a_run_one_is_begun_if_there_is_a_text(tmp_path):
    place = Place(tmp_path / "new", True)
    assert repeating.resumed(place, {"paths": ("a",)}) is None
    with pytest.raises(InputError, match="^resume: .*new contains no run that could be resumed"):
        repeating.resumed(place, {"dim": 8})


def test_a_run_that_repeats_a_manifest_does_so_when_it_is_resumed(run):
    run.write_json(CONFIG, record.as_json(MADE, Place(run.folder, from_manifest=Path("m.json"))))
    assert resumed(run)[1].from_manifest == Path("m.json")


def manifest(run, **change):
    parts = {"corpus": {}, **circumstances(), "vectors_sha256": "0"}
    content = {"options": record.as_json(MADE), **parts, **change}
    run.write_json(MANIFEST, content)
    return content


def test_a_manifest_gives_all_options_but_the_text_if_it_has_moved(run):
    path = run.folder / MANIFEST
    content = manifest(run)
    assert repeating.recorded(path) == content
    assert repeating.repeated(path, content, {}) == MADE
    moved = repeating.repeated(path, content, {"paths": ("b.txt",)})
    assert moved == MADE._replace(source=Source(("b.txt",)))
    with pytest.raises(InputError, match="^dim: all options come from the manifest"):
        repeating.repeated(path, content, {"dim": 8})


def test_options_that_came_later_have_what_older_runs_did(run):
    options = record.as_json(MADE)
    older = {name: value for name, value in options.items() if name not in record.LATER}
    assert len(older) < len(options)
    manifest(run, options=older)
    assert repeating.recorded(run.folder / MANIFEST)["options"] == options
    identity = repeating.identity(MADE, CORPUS, circumstances())
    later = {"tokens", "language", "sentences", "encoding", "errors", "phrases", "phrase score"}
    assert not later & set(identity)


def test_words_outside_ascii_have_another_spelling_than_in_older_runs():
    greek = CORPUS._replace(vocab=Vocab(("ἄλφα",), np.array([2])))
    assert repeating.identity(MADE, greek, circumstances())["spelling of words"] == "NFC"
    assert "spelling of words" not in repeating.identity(MADE, CORPUS, circumstances())


def test_what_is_no_manifest_is_named(run):
    with pytest.raises(InputError, match="^from_manifest: .* is a folder: give .*manifest.json"):
        repeating.recorded(run.folder)
    with pytest.raises(InputError, match="^from_manifest: .*nothing: no such file"):
        repeating.recorded(run.folder / "nothing")
    with pytest.raises(InputError, match="config.json is not the manifest of a run"):
        repeating.recorded(run.folder / CONFIG)
    manifest(run, device=3)
    with pytest.raises(InputError, match="is not the manifest of a run"):
        repeating.recorded(run.folder / MANIFEST)


CORPUS = Corpus(Vocab(("a",), np.array([2])), Encoded(np.zeros(2, np.int32), np.array([2])), 2, "x")


@pytest.mark.parametrize(
    "change",
    [
        {"corpus": CORPUS._replace(sha256="y")},
        {"corpus": CORPUS._replace(vocab=Vocab(("b",), np.array([2])))},
        {"record": MADE._replace(seed=1)},
        {"record": MADE._replace(reading=Reading(lowercase=False))},
        {"record": MADE._replace(reading=Reading(tokens="whitespace", lowercase=True))},
        {"record": MADE._replace(reading=Reading(language="tr"))},
        {"record": MADE._replace(reading=Reading(sentences="paragraphs"))},
        {"record": MADE._replace(reading=Reading(encoding="cp1252"))},
        {"record": MADE._replace(reading=Reading(errors="replace"))},
        {"record": MADE._replace(reading=Reading(phrases=1))},
        {"record": MADE._replace(method=Exact(dim=9))},
        {"record": MADE._replace(method=Sgns(dim=8))},
        {"versions": "9.9"},
        {"environment": {"XLA_FLAGS": "1"}},
    ],
)
def test_identity_has_all_that_the_state_of_a_training_depends_on(change):
    now = circumstances()
    before = repeating.identity(MADE, CORPUS, now)
    if "versions" in change:
        now = now | {"versions": now["versions"] | {"jax": change["versions"]}}
    now = now | {name: change[name] for name in ("environment",) if name in change}
    after = repeating.identity(change.get("record", MADE), change.get("corpus", CORPUS), now)
    differing = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert differing and all(isinstance(value, str) for value in after.values())


def test_identity_does_not_depend_on_where_the_text_lies():
    now = circumstances()
    moved = MADE._replace(source=Source(("elsewhere",)))
    assert repeating.identity(moved, CORPUS, now) == repeating.identity(MADE, CORPUS, now)
    assert "learning rate" not in repeating.identity(MADE._replace(method=Svd()), CORPUS, now)

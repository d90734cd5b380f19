import json
from pathlib import Path

import pytest

from jaxtext.base.errors import InputError
from jaxtext.runs import record
from jaxtext.runs.record import Place, Record
from jaxtext.text import Reading, Source
from jaxtext.training import METHODS, Exact, Sgns, Svd
from jaxtext.training.settings import settled

RECORDS = [
    Record(Source(("a.txt", "b")), Reading(2, 100, False), Sgns(dim=7, epochs=2), 3),
    Record(Source(corpus="text8"), Reading(), Exact(), 0),
    Record(Source(), Reading(), Svd(negatives=2), 2**32 - 1),
    Record(
        Source(),
        Reading(
            tokens="whitespace",
            lowercase=True,
            language="tr",
            encoding="cp1252",
            sentences="paragraphs",
            errors="replace",
            phrases=2,
            phrase_score="word2vec",
            phrase_separator="+",
        ),
        Sgns(),
        0,
    ),
]


@pytest.mark.parametrize("made", RECORDS)
def test_a_record_is_the_same_after_json_and_being_cut(made):
    flat = json.loads(json.dumps(record.as_json(made)))
    assert not any(isinstance(value, dict) for value in flat.values())
    assert record.cut(flat) == made
    assert record.read(flat, Path("config.json")) == (made, {})


def test_json_of_a_place_has_what_is_kept_of_it():
    place = Place(Path("runs/x"), True, 5, Path("m.json"))
    flat = record.as_json(RECORDS[0], place)
    assert (flat["out"], flat["checkpoint_every"], flat["from_manifest"]) == ("runs/x", 5, "m.json")
    assert "resume" not in flat
    made, kept = record.read(flat, Path("config.json"))
    assert made == RECORDS[0]
    kept_of_it = {"checkpoint_every": 5, "from_manifest": "m.json", "gap": True}
    assert kept == {"out": "runs/x", **kept_of_it}
    assert record.as_json(RECORDS[0], Place(Path("x")))["checkpoint_every"] == 60


def test_options_that_an_older_run_lacks_are_what_it_did():
    flat = record.as_json(RECORDS[1])
    assert record.LATER.items() <= flat.items()
    older = {name: value for name, value in flat.items() if name not in record.LATER}
    assert record.read(older, Path("config.json"))[0] == RECORDS[1]


def test_an_older_exact_run_summed_all_columns():
    options = record.as_json(Record(Source(("a.txt",)), Reading(), Exact(), 0))
    assert options.pop("columns") is None
    method = record.read(options, Path("config.json"))[0].method
    assert settled(method, 100_000, 10**6).columns == 100_000
    assert record.read(options | {"columns": None}, Path("config.json"))[0].method == Exact()


def test_missing_options_have_the_defaults_of_their_method():
    assert record.cut({}) == Record(Source(), Reading(), Sgns(), 0)
    for name, method in METHODS.items():
        assert record.cut({"method": name, "dim": None, "epochs": None}).method == method()


@pytest.mark.parametrize(
    ("options", "parameter", "message"),
    [
        ({"method": "svd", "learning_rate": 0.1}, "learning_rate", "svd has no learning rate"),
        ({"method": "svd", "epochs": 3}, "epochs", "svd has no epochs"),
        ({"method": "exact", "learning_rate": 0.1}, "learning_rate", "exact has no learning rate"),
        ({"size": 3}, "size", "no such option"),
        ({"out": "x"}, "out", "no such option"),
        ({"method": "magic"}, "method", "must be one of sgns, exact, softmax, svd"),
        ({"method": ["svd"]}, "method", "must be one of sgns, exact, softmax, svd"),
        ({"dim": 0}, "dim", "must be from 1 to 10000"),
        ({"dim": True}, "dim", "must be a whole number"),
        ({"seed": -1}, "seed", "must be from 0 to 4294967295"),
        ({"seed": 2**32}, "seed", "must be from 0 to 4294967295"),
        ({"seed": 0.5}, "seed", "must be a whole number"),
        ({"min_count": 0}, "min_count", "must be at least 1"),
        ({"lowercase": "no"}, "lowercase", "must be True or False"),
        ({"corpus": "text9"}, "corpus", "no such corpus"),
        ({"corpus": "text8", "paths": ["a"]}, "corpus", "give either a corpus by name or files"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(unchecked, options, parameter, message):
    with pytest.raises(InputError) as caught:
        record.cut(options)
    assert caught.value.parameter == parameter
    assert caught.value.message.startswith(message)


def test_reading_passes_over_options_of_other_methods_only():
    flat = record.as_json(RECORDS[2]) | {"learning_rate": 0.1, "epochs": None}
    assert record.read(flat, Path("config.json"))[0] == RECORDS[2]
    with pytest.raises(InputError, match="^config.json: damaged: size: no such option"):
        record.read(flat | {"size": 3}, Path("config.json"))


@pytest.mark.parametrize(
    "content", [None, [], {}, {"method": "sgns"}, {"paths": "a", "method": "sgns"},
                {"paths": [1], "method": "sgns"}, {"paths": [], "method": 3}],
)  # fmt: skip
def test_other_content_is_damaged(content):
    with pytest.raises(InputError, match="^config.json: damaged: "):
        record.read(content, Path("config.json"))


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), "5"])
def test_a_place_has_a_number_of_seconds(unchecked, seconds):
    with pytest.raises(InputError, match="^checkpoint_every=.*must be"):
        Place("x", checkpoint_every=seconds)
    assert (Place("x").seconds, Place("x", checkpoint_every=0).seconds) == (60, 0)
    assert Place("x").out == Path("x")

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

import jaxtext
from jaxtext.base.errors import InputError
from jaxtext.runs import MANIFEST, Run

SMALL = {"dim": 8, "subsample": 0.0}
METHODS = [
    jaxtext.Sgns(**SMALL, epochs=1),
    jaxtext.Exact(**SMALL, epochs=2),
    jaxtext.Svd(**SMALL),
]


def key():
    return jax.random.key(0)


@pytest.fixture(scope="module")
def sentences(topics):
    return [line.split() for line in topics[:600]]


@pytest.fixture(scope="module")
def corpus(sentences):
    return jaxtext.read(sentences, min_count=1)


@pytest.fixture(scope="module")
def vectors(corpus):
    return jaxtext.train(key(), corpus, jaxtext.Sgns(dim=12, subsample=0.0))


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_training_returns_a_row_per_word_and_prints_and_writes_nothing(
    method, corpus, capfd, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    vectors = jaxtext.train(key(), corpus, method)
    assert vectors.words == corpus.vocab.words
    assert vectors.center.shape == vectors.context.shape == (50, 8)
    assert vectors.center.dtype == vectors.context.dtype == np.float32
    again = jaxtext.train(key(), corpus, method)
    assert again.center.tobytes() == vectors.center.tobytes()
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_run_on_disk_has_the_bits_of_training_in_memory(method, topic_file, tmp_path, capfd):
    outcome = jaxtext.run(tmp_path / "run", topic_file, method, min_count=1, seed=7)
    corpus = jaxtext.read(topic_file, min_count=1)
    vectors = jaxtext.train(jax.random.key(7), corpus, method)
    for table in ("center", "context"):
        assert getattr(vectors, table).tobytes() == getattr(outcome.vectors, table).tobytes()
        loaded = getattr(jaxtext.load(outcome.folder), table)
        assert loaded.tobytes() == getattr(vectors, table).tobytes()
    manifest = Run(outcome.folder).read_json(MANIFEST)
    assert (manifest["vectors_sha256"], outcome.differences) == (outcome.sha256, ())
    assert capfd.readouterr() == ("", "")


def test_a_run_is_resumed_or_begun_and_never_overwritten(topic_file, tmp_path):
    out, notes = str(tmp_path / "run"), []
    method = METHODS[0]
    first = jaxtext.run(out, str(topic_file), method, min_count=1, resume=True)
    with pytest.raises(InputError, match=r"^out='.*run': already contains a run"):
        jaxtext.run(out, topic_file, method)
    again = jaxtext.run(out, topic_file, method, min_count=1, resume=True, on_note=notes.append)
    assert again.sha256 == first.sha256
    assert notes == [f"{out} is finished already: nothing to do"]
    with pytest.raises(InputError, match=r"^dim=9: was 8 in the run in"):
        jaxtext.run(out, topic_file, jaxtext.Sgns(dim=9), min_count=1, resume=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"key": 0}, "^key: must be a key such as jax.random.key"),
        ({"key": np.zeros(2, np.uint32)}, "^key: must be a key"),
        ({"corpus": [["a", "b"]]}, "^corpus: must be what jaxtext.read returns, found list"),
        ({"method": "svd"}, r"^method='svd': must be one of Sgns\(...\), Exact"),
        ({"method": jaxtext.Sgns}, "^method=.*must be one of"),
        ({"method": jaxtext.Exact(dim=51)}, "^dim=51: exact has at most as many dimensions"),
        ({"method": jaxtext.Sgns(subsample=1e-30)}, "^subsample=1e-30: leaves no pair"),
    ],
)
def test_arguments_that_cannot_be_used_are_named(unchecked, corpus, arguments, message):
    given = {"key": key(), "corpus": corpus, "method": METHODS[0], **arguments}
    with pytest.raises(InputError, match=message):
        jaxtext.train(given["key"], given["corpus"], given["method"])


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ([["the", "cat"]], "^paths: must be files and folders"),
        (iter(["a.txt"]), "^paths: must be files and folders"),
        ("missing.txt", "missing.txt: no such file"),
    ],
)
def test_a_run_needs_files(unchecked, tmp_path, paths, message):
    with pytest.raises(InputError, match=message):
        jaxtext.run(tmp_path / "run", paths)
    with pytest.raises(InputError, match="^name='text9': no such corpus"):
        jaxtext.run(tmp_path / "run", name="text9")
    assert list(tmp_path.iterdir()) == []


def test_a_start_loses_no_step(corpus, vectors):
    """With a rate of almost nothing, training ends at the vectors that it was given."""
    still = jaxtext.Sgns(dim=12, subsample=0.0, learning_rate=1e-12)
    again = jaxtext.train(jax.random.key(5), corpus, still, start=vectors)
    np.testing.assert_allclose(again.center, vectors.center, rtol=0, atol=1e-6)
    np.testing.assert_allclose(again.context, vectors.context, rtol=0, atol=1e-6)
    reports = []
    jaxtext.train(
        jax.random.key(5), corpus, still, start=vectors, on_report=lambda r: reports.append(r.loss)
    )
    fresh = []
    jaxtext.train(jax.random.key(5), corpus, still, on_report=lambda r: fresh.append(r.loss))
    assert reports[0] < fresh[0] - 0.5


def test_a_start_gives_known_words_their_vectors_and_new_words_the_usual_ones(corpus, vectors):
    more = jaxtext.read([["t0w1", "new", "t0w2", "word"]] * 9, min_count=1)
    still = jaxtext.Sgns(dim=12, subsample=0.0, learning_rate=1e-12)
    one, other = (jaxtext.train(key(), more, still, start=start) for start in (vectors, None))
    assert one.words == more.vocab.words and one.counts.tolist() == [9, 9, 9, 9]
    for word in ("t0w1", "t0w2"):
        np.testing.assert_allclose(one[word], vectors[word], rtol=0, atol=1e-6)
    for word in ("new", "word"):
        np.testing.assert_array_equal(one[word], other[word])


def test_a_start_without_contexts_or_from_a_file_is_enough(corpus, vectors, tmp_path):
    jaxtext.save(vectors, tmp_path / "v.bin")
    loaded = jaxtext.load(tmp_path / "v.bin")
    assert loaded.context is None
    for method in (jaxtext.Sgns(dim=12), jaxtext.Exact(dim=12, epochs=2)):
        trained = jaxtext.train(key(), corpus, method, start=loaded)
        assert np.isfinite(trained.center).all() and trained.context.any()


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (jaxtext.Sgns(dim=5), "^start: has 12 dimensions and the method 5: use dim=12"),
        (jaxtext.Svd(dim=12), "^start: svd has no start"),
    ],
)
def test_a_start_that_does_not_fit_is_named(corpus, vectors, method, message):
    with pytest.raises(InputError, match=message):
        jaxtext.train(key(), corpus, method, start=vectors)
    strange = jaxtext.read([["x", "y"]] * 9, min_count=1)
    with pytest.raises(InputError, match="^start: has none of the words of this text"):
        jaxtext.train(key(), strange, jaxtext.Sgns(dim=12), start=vectors)


def test_divergence_carries_the_last_good_vectors(corpus, topic_file, tmp_path):
    with pytest.raises(jaxtext.Diverged, match="^learning_rate=100.0: training div") as caught:
        jaxtext.train(key(), corpus, jaxtext.Sgns(dim=10, learning_rate=100.0))
    assert caught.value.vectors.words == corpus.vocab.words
    assert np.isfinite(caught.value.vectors.center).all()
    with pytest.raises(jaxtext.Diverged) as caught:
        method = jaxtext.Sgns(dim=10, learning_rate=100.0)
        jaxtext.run(tmp_path / "run", topic_file, method, min_count=1)
    loaded = jaxtext.load(tmp_path / "run")
    assert loaded.center.tobytes() == caught.value.vectors.center.tobytes()


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.bin", "word2vec-binary"),
        ("a.txt", "word2vec-text"),
        ("a.vec", "fasttext"),
        ("a.safetensors", "safetensors"),
        ("a", "safetensors"),
    ],
)
def test_the_ending_of_a_name_chooses_the_format(vectors, tmp_path, name, form):
    jaxtext.save(vectors, tmp_path / name)
    jaxtext.save(vectors, tmp_path / "same", format=form)
    assert (tmp_path / name).read_bytes() == (tmp_path / "same").read_bytes()
    loaded = jaxtext.load(str(tmp_path / name))
    np.testing.assert_array_equal(loaded.center, vectors.center)
    lossless = form == "safetensors"
    assert (loaded.context is not None, loaded.counts.any()) == (lossless, lossless)
    if lossless:
        np.testing.assert_array_equal(loaded.context, vectors.context)
        np.testing.assert_array_equal(loaded.counts, vectors.counts)


def test_progress_goes_to_standard_error_alone(sentences, capfd):
    corpus = jaxtext.read(sentences, min_count=1, progress=True)
    jaxtext.train(key(), corpus, METHODS[0], progress=True)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "reading" in shown.err and "training" in shown.err and "loss" in shown.err


def test_reports_tell_what_is_done(corpus):
    for method in METHODS:
        reports = []
        jaxtext.train(key(), corpus, method, on_report=reports.append)
        done = [report.done for report in reports]
        assert done == sorted(done) and done[-1] == 1


def test_every_public_name_is_there_and_comes_when_it_is_used():
    code = (
        "import sys, jaxtext\n"
        "assert 'numpy' not in sys.modules and 'jax' not in sys.modules\n"
        "for name in jaxtext.__all__: getattr(jaxtext, name)\n"
        "from jaxtext import text, mlp, skipgram, sgns, pmi, factorization, sampling, training\n"
        "from jaxtext import embeddings, query, evaluation, export, verification, runs, gap\n"
        "from jaxtext import plots, types\n"
        "from jaxtext.training import stream, exact\n"
        "print(sorted(set(jaxtext.__all__) - set(dir(jaxtext))))"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (process.stdout, process.returncode) == ("[]\n", 0), process.stderr
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        jaxtext.nonsense  # noqa: B018


def test_editors_and_type_checkers_see_every_public_name():
    tree = ast.parse(Path(jaxtext.__file__).read_text(encoding="utf-8"))
    listed = {
        each.asname: f"{node.module}.{each.name}"
        for block in tree.body if isinstance(block, ast.If)
        for node in block.body if isinstance(node, ast.ImportFrom)
        for each in node.names
    }  # fmt: skip
    names = {name: f"{place}.{name}" for name, place in jaxtext._NAMES.items()}
    assert listed == names | jaxtext._MODULES
    assert (Path(jaxtext.__file__).parent / "py.typed").exists()


def test_errors_in_python_have_no_flags(corpus, vectors, tmp_path):
    calls = [
        lambda: jaxtext.read([["a"]], min_count=5),
        lambda: jaxtext.read(name="nothing"),
        lambda: jaxtext.train(key(), corpus, jaxtext.Svd(dim=300)),
        lambda: jaxtext.neighbors(vectors, "t0w1", top=0),
        lambda: jaxtext.neighbors(vectors, "unknown"),
        lambda: jaxtext.save(vectors, tmp_path / "a", format="nothing"),
        lambda: jaxtext.load(tmp_path / "nothing"),
        lambda: jaxtext.Sgns(learning_rate=-1.0),
    ]
    for call in calls:
        with pytest.raises(InputError) as caught:
            call()
        assert not re.search(r"(^|\s)--[a-z]", str(caught.value)), caught.value
        assert "\n" not in str(caught.value)


def test_json_of_a_run_is_flat(topic_file, tmp_path):
    outcome = jaxtext.run(tmp_path / "run", topic_file, METHODS[2], min_count=1)
    config = json.loads((outcome.folder / "config.json").read_text())
    assert (config["method"], config["dim"], config["min_count"], config["seed"]) == (
        "svd",
        8,
        1,
        0,
    )
    assert "learning_rate" not in config and "epochs" not in config


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"corpus": "one.txt"}, "^corpus: must be what jaxtext.read returns, found str"),
        ({"keys": 0}, "^keys: must be a key or several"),
        ({"keys": None}, "^keys: must be a key or several"),
        ({"top": "3"}, "^top='3'"),
        ({"top": 0}, "^top=0"),
        ({"words": 2.5}, "^words=2.5"),
        ({"words": -5}, "^words=-5"),
        ({"words": True}, "^words=True"),
        ({"words": "aa"}, "^words='aa': must be a list of words"),
        ({"words": []}, "must be words, or a number"),
        ({"pairs": 5}, "^pairs: must be a list of pairs"),
        ({"pairs": [("t0w0",)]}, "^pairs: must be a list of pairs"),
        ({"pairs": ("t0w0", "t0w1")}, "^pairs: must be a list of pairs"),
        ({"words": ["t0w0", "zz"]}, "^words: 'zz' is not among the 50 words"),
        ({"pairs": [("t0w0", "zz")]}, "^pairs: 'zz' is not among the 50 words"),
        ({"bootstrap": "3"}, "^bootstrap='3'"),
        ({"bootstrap": 1}, "^bootstrap=1"),
        ({"bootstrap": None, "passes": 2}, "^bootstrap: is missing, to which start, passes"),
        ({"bootstrap": None, "documents": "files"}, "^bootstrap: is missing"),
        ({"start": "x"}, "^start: must be Embeddings, found str"),
        ({"passes": 0}, "^passes=0"),
        ({"documents": "books"}, "^documents='books': must be one of sentences, files"),
        ({"documents": "files"}, "^documents='files': must be sentences"),
    ],
)
def test_what_stability_cannot_use_is_named(topics, wrong, message):
    corpus = jaxtext.read([line.split() for line in topics[:40]], min_count=1)
    keys = jax.random.split(jax.random.key(0), 2) if "bootstrap" in wrong else jax.random.key(0)
    given = {"corpus": corpus, "method": jaxtext.Exact(dim=2, epochs=1), "keys": keys}
    if wrong.get("bootstrap", 2) is not None and "keys" not in wrong:
        given["keys"] = jax.random.key(0)
    with pytest.raises(InputError, match=message):
        jaxtext.stability(**{"bootstrap": 2, **given, **wrong})


@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be_compared_or_drawn_is_named(topics):
    key, method = jax.random.key(0), jaxtext.Exact(dim=2, epochs=1)
    corpus = jaxtext.read([line.split() for line in topics[:40]], min_count=1)
    with pytest.raises(InputError, match="^first: must be what"):
        jaxtext.compare(key, "one.txt", corpus, method)
    with pytest.raises(InputError, match="^second: must be what"):
        jaxtext.compare(key, corpus, None, method)
    for wrong, message in (
        ({"max_vocab": 0}, "^max_vocab=0"),
        ({"max_vocab": -1}, "^max_vocab=-1"),
        ({"words": None}, "^words"),
        ({"words": "t0w0"}, "must be a list of words"),
        ({"method": jaxtext.Exact(dim=60)}, "50 words in common, which are too few for vectors of"),
    ):
        with pytest.raises(InputError, match=message):
            jaxtext.compare(key, corpus, corpus, **{"method": method, **wrong})
    with pytest.raises(InputError, match="^count=-1"):
        jaxtext.replicates(key, corpus, method, -1)
    other = jaxtext.train(
        key, jaxtext.read([["a", "b"]], min_count=1), jaxtext.Exact(dim=1, subsample=0)
    )
    with pytest.raises(InputError, match="^start: must have the words of the corpus"):
        jaxtext.replicates(key, corpus, method, 2, other)
    with pytest.raises(InputError, match="^documents='sentences': must be two or more"):
        jaxtext.replicates(key, jaxtext.read([["a", "b"]], min_count=1), method, 2)
    apart = [jaxtext.read([["a", "x"], ["b", "x"]], min_count=1),
             jaxtext.read([["a", "y"], ["b", "y"]], min_count=1)]  # fmt: skip
    with pytest.raises(InputError, match="no sentence has two words of the vocabulary"):
        jaxtext.compare(key, *apart, jaxtext.Exact(dim=2, subsample=0))
    found = jaxtext.compare(key, corpus, corpus, method, words=["t0w1", "t0w1"])
    assert len(found) == 1

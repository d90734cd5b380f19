import hashlib
import io
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from jaxtext import export, runs
from jaxtext.base.errors import InputError, WriteError
from jaxtext.cli.main import resuming
from jaxtext.text import Vocab
from jaxtext.vectors.embeddings import Embeddings

VOCAB = Vocab(("a", "b"), np.array([5, 3]))


def tables(table):
    return save({"center": table, "context": table})


@pytest.fixture
def run(tmp_path, rng):
    made = runs.Run(tmp_path / "run")
    made.folder.mkdir()
    made.write_json(runs.CONFIG, {"dim": 3})
    made.write_json(runs.MANIFEST, {})
    made.write_vocab(VOCAB)
    made.write_vectors(*rng.normal(size=(2, 2, 3)))
    return made


def test_a_run_loads_with_both_tables_and_counts(run, rng):
    loaded = runs.load(run.folder)
    assert loaded.vocab.words == VOCAB.words
    assert loaded.vocab.counts.tolist() == [5, 3]
    expected = np.random.default_rng(7).normal(size=(2, 2, 3)).astype(np.float32)
    np.testing.assert_array_equal(loaded.center, expected[0])
    np.testing.assert_array_equal(loaded.context, expected[1])


def test_the_hash_is_that_of_the_file(run):
    sha256 = run.write_vectors(np.zeros((2, 3)), np.ones((2, 3)))
    assert sha256 == hashlib.sha256((run.folder / runs.VECTORS).read_bytes()).hexdigest()


def test_metrics_are_one_object_a_line_and_valid_json(run):
    run.append_metrics({"loss": 1.5})
    run.append_metrics({"loss": float("nan")})
    lines = (run.folder / runs.METRICS).read_text().splitlines()
    assert [json.loads(line) for line in lines] == [{"loss": 1.5}, {"loss": None}]


def test_a_vector_file_loads_as_a_run_does(run, tmp_path):
    export.write(runs.load(run.folder), tmp_path / "file.txt", "word2vec-text")
    np.testing.assert_array_equal(
        runs.load(tmp_path / "file.txt").center, runs.load(run.folder).center
    )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (runs.VOCAB, b"a\t5\nb\n", "line 2 is not 'word TAB count'"),
        (runs.VOCAB, b"a\t5\n", "for 1 words"),
        (runs.VOCAB, b"a\t5\na\t3\n", "'a' occurs twice"),
        (runs.VOCAB, b"a\t5\nb\t" + b"9" * 5000 + b"\n", "line 2 is not 'word TAB count'"),
        (runs.VOCAB, b"a\t5\nb\xff\t3\n", "cannot be read"),
        (runs.VECTORS, b"\0" * 40, "damaged"),
        (runs.VECTORS, tables(np.zeros((2, 3))), "F64 and F64 numbers, not F32"),
        (runs.VECTORS, tables(np.full((2, 3), np.nan, np.float32)), "not finite"),
        (runs.VECTORS, tables(np.zeros(2, np.float32)), "for 2 words"),
        (runs.VECTORS, tables(np.zeros((2, 3), np.float32))[:-1], "damaged"),
        (runs.VECTORS, pickle.dumps(np.zeros((2, 3), np.float32)), "damaged"),
        (runs.VECTORS, None, "not finished"),
    ],
)
def test_damaged_runs_are_named_with_what_is_wrong(run, name, content, message):
    if content is None:
        (run.folder / name).unlink()
    else:
        (run.folder / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        runs.load(run.folder)


def test_a_missing_path_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no such run or vector file"):
        runs.load(tmp_path / "nowhere")


def test_embeddings_of_a_file_without_counts_have_zero_counts(tmp_path):
    export.write(Embeddings(VOCAB, np.ones((2, 2))), tmp_path / "v", "glove")
    assert runs.load(tmp_path / "v").vocab.counts.tolist() == [0, 0]


def test_nothing_is_unpickled(run, tmp_path, capsys):
    """Files that would run code if they were unpickled, in the place of every file that is read."""
    from jaxtext import cli
    from jaxtext.runs import checkpoints

    flag = tmp_path / "flag"

    class Evil:
        def __reduce__(self):
            return Path.touch, (flag,)

    pickled = [pickle.dumps(Evil(), protocol) for protocol in range(6)]
    array = io.BytesIO()
    np.save(array, np.array([Evil()], dtype=object), allow_pickle=True)
    archive = io.BytesIO()
    np.savez(archive, vectors=np.array([Evil()], dtype=object))
    for content in [*pickled, array.getvalue(), archive.getvalue()]:
        alone = tmp_path / "alone"
        alone.write_bytes(content)
        checkpoint = run.folder / runs.CHECKPOINTS / "000000000001.safetensors"
        checkpoint.parent.mkdir(exist_ok=True)
        checkpoint.write_bytes(content)
        assert checkpoints.read(checkpoint) is None
        for name in (runs.CONFIG, runs.VOCAB, runs.VECTORS, runs.MANIFEST):
            before = (run.folder / name).read_bytes()
            (run.folder / name).write_bytes(content)
            cli.run(["info", str(run.folder)])
            cli.run(["neighbors", str(run.folder), "a"])
            manifest = str(run.folder / runs.MANIFEST)
            assert (
                cli.run(["train", "--from-manifest", manifest, "--out", str(tmp_path / "o")]) == 2
            )
            (run.folder / name).write_bytes(before)
        for command in (
            ["neighbors", str(alone), "a"],
            ["evaluate", str(run.folder), "--similarity", str(alone)],
            ["evaluate", str(run.folder), "--analogy", str(alone)],
            ["train", str(alone), "--out", str(tmp_path / "o"), "--min-count=99"],
        ):
            assert cli.run(command) == 2, command
        assert "Traceback" not in capsys.readouterr().err
    assert not flag.exists()
    pickle.loads(pickled[0])
    assert flag.exists()  # they do what they are made for


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "missing: the run was not finished"),
        (b"[1]", "is not an object"),
        (b"[" * 100_000, "cannot be read"),
        (b"{", "cannot be read"),
        (b"\xff", "cannot be read"),
    ],
)
def test_a_manifest_that_is_damaged_is_one_line(run, content, message, capsys):
    from jaxtext import cli

    path = run.folder / runs.MANIFEST
    path.unlink() if content is None else path.write_bytes(content)
    assert cli.run(["info", str(run.folder)]) == 2
    error = capsys.readouterr().err
    assert f"{path}: " in error and message in error and error.count("\n") == 1


def test_reports_behind_a_checkpoint_and_broken_ones_are_cut(run):
    lines = ['{"done": 0.0}', '{"done": 0.3}', '{"loss": 1}', "[3]", '{"done": 0.5}', '{"do']
    (run.folder / runs.METRICS).write_text("\n".join(lines))
    run.cut_metrics(0.5)
    assert (run.folder / runs.METRICS).read_text().splitlines() == lines[:2]


def test_a_place_below_a_file_cannot_be_written(run):
    with pytest.raises(WriteError, match="cannot be written: (Not a|File)"):
        run_below = runs.Run(run.folder / runs.VOCAB)
        run_below.write_json(runs.CONFIG, {})


def test_vectors_that_are_not_those_of_the_manifest_are_damaged(run):
    sha256 = hashlib.sha256((run.folder / runs.VECTORS).read_bytes()).hexdigest()
    run.write_json(runs.MANIFEST, {"vectors_sha256": sha256})
    content = bytearray((run.folder / runs.VECTORS).read_bytes())
    runs.load(run.folder)
    content[-6] ^= 1
    (run.folder / runs.VECTORS).write_bytes(content)
    with pytest.raises(InputError, match="damaged: its SHA-256 is not that of manifest.json"):
        runs.load(run.folder)


def test_damaged_metrics_are_cut_as_broken_lines(run):
    good = b'{"done": 0.1}\n'
    (run.folder / runs.METRICS).write_bytes(b'{"done": \xff}\n' + b"[" * 200_000 + b"\n" + good)
    run.cut_metrics(0.5)
    assert (run.folder / runs.METRICS).read_bytes() == good


def test_a_folder_like_an_option_is_shown_as_a_path():
    assert resuming(Path("-x")) == "jaxtext train --resume --out ./-x"
    assert resuming(Path("my run's")).endswith("""--out 'my run'"'"'s'""")

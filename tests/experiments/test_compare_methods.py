import dataclasses
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

SCRIPT = Path(__file__).parents[2] / "experiments" / "compare_methods.py"


@pytest.fixture(scope="module")
def script():
    """The experiment as a module."""
    spec = importlib.util.spec_from_file_location("compare_methods", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for types
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    """Words of a topic are alike, those of two are not; two words are unknown."""
    folder = tmp_path_factory.mktemp("eval")
    (folder / "similarity").mkdir()
    (folder / "analogy").mkdir()
    rows = [f"T{a}w{b}\tt{c}w{b + 1}\t{9.0 if a == c else 1.0}" for a, b, c in np.ndindex(5, 9, 5)]
    rows += ["t0w0\tunknown\t5", "never\tt1w1\t3"]
    (folder / "similarity" / "topics.tsv").write_text("\n".join(rows) + "\n")
    questions = [": topics", "t0w0 t1w0 t0w1 t1w1", "t0w0 t1w0 t0w1 never"]
    (folder / "analogy" / "questions-words.txt").write_text("\n".join(questions) + "\n")
    return folder


@pytest.fixture
def config(script, topic_file, sets, tmp_path):
    """A grid of 15 configurations."""
    return script.Config(
        topic_file, sets, tmp_path / "out", windows=(2,), exponents=(0.75,), negatives=(1,),
        powers=(0.0, 0.5), dim=5, epochs=1, passes=1, subsample=0.0,
    )  # fmt: skip


def test_a_grid_is_finished_shown_and_taken_up_where_it_ended(script, config, capsys):
    assert script.main(config) == 0
    printed = capsys.readouterr().out
    assert "15 of 15 configurations to do" in printed
    assert "sgns best" in printed and "ppmi best" in printed
    path = config.out / "results.jsonl"
    written = path.read_bytes()
    results = [json.loads(line) for line in written.splitlines()]
    assert [len([r for r in results if r["settings"]["method"] == m]) for m in script.ORDER] == [
        1, 4, 4, 6,
    ]  # fmt: skip
    for result in results:
        assert result["coverage"] == {"topics": 225 / 227, "questions-words": 0.5}
        assert set(result["seconds"]) == {"count", "train", "factorize"}
        if result["settings"]["method"] != "sgns":
            assert result["mean"] == result["scores"]["topics"] > 0.6
    table = (config.out / "table.md").read_text()
    assert "| exact best | 2 | 0.75 | 1 |" in table and "| topics | 99% |" in table
    assert (config.out / "figure.png").read_bytes().startswith(b"\x89PNG")

    assert script.main(config) == 0
    printed = capsys.readouterr().out
    assert "0 of 15 configurations to do" in printed and "1 of" not in printed
    assert path.read_bytes() == written

    lines = written.splitlines(keepends=True)
    for left in (b"".join(lines[:-1]), written[: -len(lines[-1]) // 2]):
        path.write_bytes(left)
        assert script.main(config) == 0
        printed = capsys.readouterr().out
        assert "1 of 15 configurations to do" in printed and "1 of 1: sgns" in printed
        again = path.read_bytes().splitlines(keepends=True)
        assert again[:-1] == lines[:-1]
        redone, before = json.loads(again[-1]), results[-1]
        for name in ("corpus", "settings", "scores", "mean", "analogy"):
            assert redone[name] == before[name]


def test_settings_that_a_method_does_not_use_do_not_train_it_again(script, config, capsys):
    config = dataclasses.replace(config, methods=("ppmi", "svd"))
    assert script.main(config) == 0
    for changed, missing in (
        ({"epochs": 2, "seed": 1}, 0),
        ({"dim": 4}, 4),
        ({"windows": (3,)}, 5),
    ):
        capsys.readouterr()
        assert script.main(dataclasses.replace(config, **changed)) == 0
        assert f"{missing} of 5 configurations to do" in capsys.readouterr().out


def test_what_cannot_be_trained_is_skipped_and_told(script, config, capsys):
    """Five topics make a PMI of ln 5: little of it is left for 6 negatives, and nothing for 99."""
    config = dataclasses.replace(config, methods=("svd",), negatives=(1, 6, 99), dim=45)
    assert script.main(config) == 1
    printed = capsys.readouterr().out
    assert "k 6: FAILED: dim: found 45, a matrix of rank" in printed
    assert "k 99: FAILED: no pair has a PMI above ln 99" in printed
    assert "2 trainings FAILED" in printed
    assert len((config.out / "results.jsonl").read_text().splitlines()) == 4


def test_results_of_another_corpus_or_other_sets_are_refused(script, config, tmp_path):
    config = dataclasses.replace(config, methods=("ppmi",))
    assert script.main(config) == 0
    path = config.out / "results.jsonl"
    written = path.read_bytes()
    other = tmp_path / "other.txt"
    other.write_text("another text\n")
    command = [sys.executable, SCRIPT, other, "--eval", config.eval, "--out", config.out]
    process = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert process.returncode == 2
    expected = f"compare_methods: {path} holds results of another corpus: give another --out\n"
    assert (process.stdout, process.stderr) == ("", expected)
    folder = tmp_path / "sets" / "similarity"
    folder.mkdir(parents=True)
    (folder / "topics.tsv").write_text("t0w0\tt0w1\t5\n")
    assert script.main(dataclasses.replace(config, eval=folder.parent)) == 2
    assert path.read_bytes() == written


def test_the_default_is_that_of_the_command(script, config):
    """The default configuration of each method is the one that has the command's own settings."""
    config = dataclasses.replace(
        config, windows=(2, 5), exponents=(1.0, 0.75), negatives=(1, 5), powers=(0.0, 0.25)
    )
    results = [
        {"settings": script.settings(config, training, variant), "mean": 0.1}
        for training, kinds in script.grid(config)
        for variant in kinds
    ]
    found = {
        method: tuple(script.of_method(results, method)["default"]["settings"].values())[1:6]
        for method in script.ORDER
    }
    assert found == {
        "ppmi": (5, 1.0, 1, None, "w"),
        "svd": (5, 1.0, 1, 0.0, "w"),
        "exact": (5, 0.75, 5, 0.25, "w"),
        "sgns": (5, 0.75, 5, None, "w"),
    }


def test_sparse_and_dense_vectors_have_the_same_scores(script, rng):
    dense = rng.normal(size=(40, 30)) * (rng.random((40, 30)) < 0.4)
    dense[7] = 0
    questions = rng.permuted(np.tile(np.arange(40), (300, 1)), axis=1)[:, :4]
    sets = script.Sets({"random": (questions[:50, :2], rng.normal(size=50))}, questions, {})
    table = script.unit_rows(dense)
    found = script.evaluate(table, sets)
    of_sparse = script.evaluate(script.unit_rows(sparse.csr_array(dense)), sets)
    assert of_sparse["mean"] == pytest.approx(found["mean"])
    assert of_sparse["analogy"] == found["analogy"]
    right = 0
    for a, b, c, d in questions:
        similar = table @ (table[b] - table[a] + table[c])
        similar[[a, b, c]] = -np.inf
        right += similar.argmax() == d
    assert found["analogy"] == right / 300

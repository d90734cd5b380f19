"""The experiments on the exact objective, each at a tiny setting."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def start(name, *options):
    command = [sys.executable, str(EXPERIMENTS / f"{name}.py"), *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("out")


def test_sgns_converges_to_pmi(out):
    options = ["--words", 30, "--epochs", 1, 2, "--floor-rates", 0.02, "--floor-epochs", 1]
    process = start("sgns_converges_to_pmi", *options, "--out", out / "pmi")
    assert process.returncode == 0, process.stdout + process.stderr
    results = json.loads((out / "pmi" / "results.json").read_text())
    assert results["exact"][-1]["largest"] < 1e-6
    assert 0.001 < results["sampled"][-1]["rms"] < results["sampled"][0]["rms"] < 2
    assert 0.001 < results["floors"][-1]["rms"] < 2
    assert (out / "pmi" / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_an_error_that_stays_above_the_target_is_status_one(out):
    options = ["--words", 30, "--epochs", 1, "--floor-epochs", 1, "--passes", 2]
    process = start("sgns_converges_to_pmi", *options, "--out", out / "short")
    assert process.returncode == 1, process.stdout + process.stderr


GAP = ["--methods", "sppmi", "svd", "exact", "sgns", "--negatives", 1, 5, "--dims", 5]
GAP += ["--min-count", 1, "--epochs", 1]


def test_factorization_gap_goes_on_where_it_was_stopped(out, topic_file):
    where = ["--out", out / "gap"]
    process = start("factorization_gap", topic_file, *GAP, *where)
    assert process.returncode == 0, process.stdout + process.stderr
    file = out / "gap" / "results.jsonl"
    lines = file.read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 8
    for row in rows:
        assert 0 <= row["observed"] <= row["all"] + 1e-9
    by_cell = {(row["method"], row["negatives"]): row for row in rows}
    assert by_cell["exact", 5]["all"] < by_cell["svd", 5]["all"]
    file.write_text("\n".join(lines[:-1]) + "\n" + lines[-1][:20])  # stopped while writing
    process = start("factorization_gap", topic_file, *GAP, *where)
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout.count("observed") - process.stdout.count("observed,") == 1
    assert file.read_text().splitlines() == lines
    assert (out / "gap" / "table.md").read_text().count("\n") == 6
    process = start("factorization_gap", topic_file, *GAP, *where, "--window", 3)
    assert process.returncode == 2
    assert "another text or setting" in process.stderr


@pytest.mark.bench
def test_vectors_of_gensim_are_near_ours(out, topic_file):
    pytest.importorskip("gensim")
    options = ["--methods", "sgns", "gensim", "--negatives", 5, "--dims", 5, "--min-count", 1]
    options += ["--gensim-workers", 1]  # two race for the few words: .4 to .8 more in one of four
    process = start("factorization_gap", topic_file, *options, "--out", out / "gensim")
    assert process.returncode == 0, process.stdout + process.stderr
    ours, theirs = map(json.loads, (out / "gensim" / "results.jsonl").read_text().splitlines())
    assert abs(ours["all"] - theirs["all"]) < 0.5 * ours["all"]


def test_exact_optimizers(out, topic_file):
    options = ["--seconds", 0.01, "--dim", 5, "--epochs", 1, "--own"]
    process = start("exact_optimizers", topic_file, *options, "--out", out / "optimizers")
    assert process.returncode == 0, process.stdout + process.stderr
    results = json.loads((out / "optimizers" / "results.json").read_text())
    loss = {row["optimizer"]: row["loss"] for row in results["optimizers"]}
    assert {"shared", "own", "majorizer", "lbfgs", "adagrad", "sampled"} <= set(loss)
    assert 1 < loss["shared"] < loss["start"]
    once, twice = results["doubled"]
    assert twice["tokens"] == 2 * once["tokens"]
    assert (out / "optimizers" / "figure.png").exists()

"""Commands that load vectors: odd files, limits, and where results go."""

import csv
import io
import json
import subprocess
import sys

import numpy as np
import pytest

from jaxtext import cli, export
from jaxtext.text import Vocab
from jaxtext.vectors.embeddings import Embeddings

ROWS = {"cat": [1, 0.1], "dog": [1, 0.2], "fish": [0, 1], "bird": [-1, 0.5], "tree": [0.3, 1]}
ODD = "6 2\ncat 1 0.1\ncat 5 5\ndog 1 0.2\nfish 0 1\nlake 0 0\ntree 0.3 1\n"
NOTE = "1 row left out: line 3: the word 'cat' is on line 2 already"


@pytest.fixture
def vectors(tmp_path):
    table = np.array(list(ROWS.values()), np.float32)
    path = tmp_path / "v.safetensors"
    export.write(Embeddings(Vocab(tuple(ROWS), np.ones(5, int)), table), path, "safetensors")
    return path


@pytest.fixture
def odd(tmp_path):
    path = tmp_path / "odd.vec"
    path.write_text(ODD)
    return path


def run(capsys, *arguments):
    status = cli.run([str(each) for each in arguments])
    shown = capsys.readouterr()
    return status, shown.out, shown.err


def test_info_of_a_file_tells_its_size_zero_vectors_and_what_was_left_out(odd, vectors, capsys):
    status, out, err = run(capsys, "info", odd)
    assert (status, err) == (0, f"jaxtext: {odd}: {NOTE}\n")
    assert out.splitlines() == [
        f"{odd}: 5 words, 2 dimensions",
        "zero vectors, which have no neighbors: lake",
        NOTE,
    ]
    assert run(capsys, "info", vectors) == (0, f"{vectors}: 5 words, 2 dimensions\n", "")
    assert run(capsys, "info", odd, "--limit=2")[1].startswith(f"{odd}: 2 words, 2")


@pytest.mark.parametrize(
    "command",
    [["info"], ["neighbors", "dog"], ["analogy", "dog", "cat", "fish"], ["export", "{new}/out"]],
    ids=lambda command: command[0],
)
def test_strict_refuses_an_odd_file_and_writes_nothing(odd, tmp_path, capsys, command):
    name, *rest = (each.format(new=tmp_path / "new") for each in command)
    status, out, err = run(capsys, name, odd, *rest)
    assert status == 0 and out and err.count(NOTE) == 1
    before = sorted(tmp_path.rglob("*"))
    status, out, err = run(capsys, name, odd, *rest, "--strict")
    line = NOTE.removeprefix("1 row left out: ")
    assert (status, out, err) == (2, "", f"jaxtext: {odd}: {line}\n")
    assert sorted(tmp_path.rglob("*")) == before
    status, _, err = run(capsys, name, odd, *rest, "--limit=0")
    assert (status, err) == (2, "jaxtext: --limit 0: must be at least 1\n")


def test_a_zero_vector_has_no_neighbors_and_it_is_said(odd, capsys):
    status, out, err = run(capsys, "neighbors", odd, "lake")
    assert (status, out) == (2, "")
    assert err.endswith("the vector of 'lake' is zero: it has no direction and no neighbors\n")
    status, out, err = run(capsys, "neighbors", odd, "dog")
    assert status == 0 and "tree" in out and "lake" not in out
    assert err.endswith("jaxtext: no neighbors, because of a zero vector: 'lake'\n")


def test_neighbors_as_json_and_tab_separated(vectors, tmp_path, capsys):
    asked = ["neighbors", vectors, "cat", "fish", "--top=2"]
    status, out, err = run(capsys, *asked, "--json=-")
    content = json.loads(out)
    assert (status, err, content["run"]) == (0, "", str(vectors))
    assert [query["word"] for query in content["queries"]] == ["cat", "fish"]
    first = content["queries"][0]["neighbors"]
    assert [answer["word"] for answer in first] == ["dog", "tree"]
    cosine = np.dot([1, 0.1], [1, 0.2]) / np.hypot(1, 0.1) / np.hypot(1, 0.2)
    assert first[0]["cosine"] == pytest.approx(cosine, abs=1e-6)
    status, out, err = run(capsys, *asked, "--tsv=-")
    assert (status, err) == (0, "")
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[:2] for row in rows] == [
        ["cat", "dog"], ["cat", "tree"], ["fish", "tree"], ["fish", "bird"],
    ]  # fmt: skip
    assert float(rows[0][2]) == pytest.approx(cosine, abs=1e-6)
    both = [f"--json={tmp_path}/a/b.json", f"--tsv={tmp_path}/a/b.tsv"]
    status, table, _ = run(capsys, *asked, *both)
    assert status == 0 and "Nearest to cat" in table
    assert json.loads((tmp_path / "a/b.json").read_text()) == content
    assert (tmp_path / "a/b.tsv").read_text() == out
    status, out, err = run(capsys, *asked, "--json=-", "--tsv=-")
    assert (status, out) == (2, "") and "only one result can be written to standard" in err


def test_analogies_as_json_and_tab_separated(vectors, capsys):
    asked = ["analogy", vectors, "cat", "dog", "fish", "--top=1"]
    content = json.loads(run(capsys, *asked, "--json=-")[1])
    assert {name: content[name] for name in "abc"} == {"a": "cat", "b": "dog", "c": "fish"}
    assert [answer["word"] for answer in content["answers"]] == ["tree"]
    assert run(capsys, *asked, "--tsv=-")[1].startswith("cat\tdog\tfish\ttree\t0.9")


def test_control_characters_do_not_break_a_tab_separated_line(tmp_path, capsys):
    table = Embeddings(Vocab(("a", "b\tc\nd\x1b"), np.ones(2, int)), np.ones((2, 2), np.float32))
    export.write(table, tmp_path / "v", "safetensors")
    assert run(capsys, "neighbors", tmp_path / "v", "a", "--tsv=-")[1] == (
        "a\tb\\tc\\nd\\x1b\t1.000000\n"
    )


@pytest.mark.parametrize("form", ["word2vec-text", "word2vec-binary", "glove", "safetensors"])
def test_export_to_standard_output_writes_the_bytes_of_the_file_alone(vectors, tmp_path, form):
    command = [sys.executable, "-m", "jaxtext", "export", str(vectors), "-", "--format", form]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stderr == b""
    assert cli.run(["export", str(vectors), str(tmp_path / "file"), "--format", form]) == 0
    assert done.stdout == (tmp_path / "file").read_bytes()
    (tmp_path / "copy").write_bytes(done.stdout)
    assert export.read(tmp_path / "copy").words == tuple(ROWS)


def test_a_folder_is_not_written_to_standard_output(vectors, capsys):
    status, out, err = run(capsys, "export", vectors, "-", "--format=projector")
    assert (status, out) == (2, "") and "--format projector: is a folder of several files" in err


def test_export_replaces_a_file_and_makes_missing_folders(vectors, odd, tmp_path, capsys):
    path = tmp_path / "new" / "folder" / "v.txt"
    for source, size in ((vectors, 5), (odd, 5), (vectors, 5)):
        assert run(capsys, "export", source, path)[:2] == (0, f"written: {path}\n")
        assert len(export.read(path)) == size
    assert run(capsys, "export", path, path, "--format=glove", "--limit=3")[0] == 0
    assert len(export.read(path)) == 3
    status, _, err = run(capsys, "export", vectors, path.parent)
    assert status == 2 and "folder: is a folder, which is not replaced" in err


@pytest.mark.parametrize("command", ["neighbors", "analogy"])
def test_help_describes_words_as_words(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit):
        cli.run([command, "--help"])
    shown = capsys.readouterr().out
    assert shown.count("Run folder or vector file.") == 1
    assert ("RUN WORD [WORD ...]" if command == "neighbors" else "RUN A B C") in shown
    expected = ["Words to find the neighbors of."] if command == "neighbors" else [
        "First word of the question", "Second word", "Third word",
    ]  # fmt: skip
    assert all(each in shown for each in expected)


def rows_of(text):
    return list(csv.reader(io.StringIO(text)))


def test_tables_are_written_as_csv_and_markdown_too(vectors, tmp_path, capsys):
    out = tmp_path / "n.csv"
    assert run(capsys, "neighbors", vectors, "cat", "fish", "--top=2", "--csv", out)[0] == 0
    header, *rows = rows_of(out.read_text(encoding="utf-8"))
    assert header == ["table", "word", "cosine"] and len(rows) == 4
    assert rows[0][:2] == ["Nearest to cat", "dog"]
    status, printed, _ = run(capsys, "analogy", vectors, "cat", "dog", "fish", "--csv=-")
    assert status == 0 and rows_of(printed)[0] == ["word", "cosine"]
    _, printed, _ = run(capsys, "neighbors", vectors, "cat", "--markdown=-")
    assert printed.startswith("**Nearest to cat**\n\n| word | cosine |\n| --- | ---: |\n| dog |")
    _, printed, _ = run(capsys, "info", vectors, "--csv=-")
    assert rows_of(printed)[1] == ["words", "5"]
    assert json.loads(run(capsys, "info", vectors, "--json=-")[1])["dim"] == 2
    status, _, err = run(capsys, "info", vectors, "--json=-", "--csv=-")
    assert status == 2 and "only one result" in err


@pytest.fixture
def seeds(tmp_path):
    """Three files with other vectors of the same words, and a set of similarity."""
    paths = []
    for seed in range(3):
        table = np.random.default_rng(seed).normal(size=(5, 4)).astype(np.float32)
        paths.append(tmp_path / f"{seed}.safetensors")
        words = Vocab(tuple(ROWS), np.ones(5, int))
        export.write(Embeddings(words, table), paths[-1], "safetensors")
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("cat\tdog\t9\ncat\tfish\t3\nbird\ttree\t2\ndog\ttree\t1\nfish\tbird\t5\n")
    return paths, pairs


def test_of_several_runs_the_means_and_deviations_are_given(seeds, tmp_path, capsys):
    paths, pairs = seeds
    single = [
        json.loads(run(capsys, "evaluate", path, "--similarity", pairs, "--json=-")[1])
        for path in paths
    ]
    scores = [each["similarity"]["pairs"]["spearman"] for each in single]
    out = tmp_path / "all.json"
    status, printed, _ = run(
        capsys,
        "evaluate",
        *paths,
        "--similarity",
        pairs,
        "--json",
        out,
        "--csv",
        tmp_path / "t.csv",
    )
    content = json.loads(out.read_text())
    assert status == 0 and [each["run"] for each in content["runs"]] == list(map(str, paths))
    found = content["over_runs"]["pairs"]
    assert found["scores"] == scores and found["mean"] == pytest.approx(np.mean(scores))
    assert found["deviation"] == pytest.approx(np.std(scores, ddof=1))
    assert f"{np.mean(scores):.3f}" in printed and "Scores of 3 runs" in printed
    header, row = rows_of((tmp_path / "t.csv").read_text())
    assert header == ["set", *map(str, paths), "mean", "standard deviation"]
    assert row[1:] == [f"{x:.3f}" for x in (*scores, found["mean"], found["deviation"])]

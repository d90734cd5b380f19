"""`jaxtext evaluate` from the command line."""

import json

import pytest

from jaxtext import cli


@pytest.fixture(scope="module")
def folder(topic_file, tmp_path_factory):
    """Two runs, of 20 and of two dimensions, and a set of each kind about their topics."""
    folder = tmp_path_factory.mktemp("evaluate")
    words = [f"t{topic}w{word}" for topic in range(5) for word in range(10)]
    for name, dim in (("first", 20), ("second", 2)):
        options = [f"--dim={dim}", "--min-count=1", "--subsample=0", "--epochs=2"]
        assert cli.run(["train", str(topic_file), "--out", str(folder / name), *options]) == 0
    pairs = [(a, b, 9 if a[:2] == b[:2] else 1) for a in words[::3] for b in words[1::3]]
    (folder / "pairs.tsv").write_text("".join(f"{a}\t{b}\t{score}\n" for a, b, score in pairs))
    (folder / "asked.txt").write_text(": topics\nt1w1 t1w2 t2w1 t2w2\nt1w1 t1w2 t3w1 nothing\n")
    (folder / "kinds.tsv").write_text("".join(f"{word[:2]}\t{word}\n" for word in words))
    return folder


def arguments(folder):
    return [
        "--similarity", str(folder / "pairs.tsv"), "--analogy", str(folder / "asked.txt"),
        "--categorization", str(folder / "kinds.tsv"),
    ]  # fmt: skip


def test_one_run_has_the_json_of_the_contract(folder, tmp_path, capsys):
    file = tmp_path / "scores.json"
    status = cli.run(["evaluate", str(folder / "first"), *arguments(folder), "--json", str(file)])
    assert status == 0
    shown = capsys.readouterr().out
    for expected in ("pairs", "asked", "kinds", "1 of 2", "50 of 50"):
        assert expected in shown
    found = json.loads(file.read_text())
    assert set(found) == {"similarity", "analogy", "categorization"}
    similarity = found["similarity"]["pairs"]
    assert set(similarity) == {"spearman", "ci95", "items", "covered", "spearman_all"}
    assert similarity["spearman"] > 0.5
    analogy = found["analogy"]["asked"]
    assert set(analogy) == {"accuracy", "ci95", "items", "covered", "accuracy_all", "sections"}
    assert (analogy["items"], analogy["covered"]) == (2, 1)
    assert analogy["accuracy_all"] == analogy["accuracy"] / 2
    kinds = found["categorization"]["kinds"]
    assert kinds["purity"] > 0.9 > 0.5 > kinds["chance"]


def test_two_runs_are_compared(folder, tmp_path, capsys):
    file = tmp_path / "scores.json"
    runs = [str(folder / "first"), str(folder / "second")]
    assert cli.run(["evaluate", *runs, *arguments(folder), "--json", str(file)]) == 0
    assert "Second minus first" in capsys.readouterr().out
    found = json.loads(file.read_text())
    first, second = (found[run]["similarity"]["pairs"]["spearman"] for run in ("first", "second"))
    difference = found["difference"]["similarity"]["pairs"]
    assert difference["difference"] == pytest.approx(second - first)
    low, high = difference["ci95"]
    assert low < difference["difference"] < high
    assert difference["significant"] == (not low <= 0 <= high)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ([], "give at least one set"),
        (["--similarity", "absent.tsv"], "absent.tsv: cannot be read: No such file"),
        (["--similarity", "pairs.tsv", "sub/pairs.tsv"], "a set called 'pairs' was given already"),
        (["--similarity", "unknown.tsv"], "unknown: none of 1 pairs is known"),
        (["--analogy", "asked.txt", "--restrict", "0"], "--restrict 0: must be at least 1"),
    ],
)
def test_sets_that_cannot_be_used_leave_nothing(folder, capsys, monkeypatch, extra, message):
    monkeypatch.chdir(folder)
    (folder / "sub").mkdir(exist_ok=True)
    (folder / "sub" / "pairs.tsv").write_text("a\tb\t1\n")
    (folder / "unknown.tsv").write_text("no\tway\t1\n")
    assert cli.run(["evaluate", "first", *extra, "--json", "scores.json"]) == 2
    assert capsys.readouterr().err.startswith("jaxtext: ")
    assert not (folder / "scores.json").exists()
    cli.run(["evaluate", "first", *extra])
    assert message in capsys.readouterr().err


def test_scores_side_by_side_are_of_the_items_that_both_know(tmp_path, capsys):
    for name, rows in (
        ("a", "a 1 0\nb 1 .1\nc 1 1\nd 0 1\ne -1 .2\n"),
        ("b", "a 1 0\nb 1 .1\nc 1 1\nd 0 1\n"),
    ):
        (tmp_path / name).write_text(rows)
    (tmp_path / "pairs").write_text("a b 10\na c 8\na d 3\na e 5\n")
    options = ["--similarity", str(tmp_path / "pairs"), "--json", str(tmp_path / "json")]
    assert cli.run(["evaluate", str(tmp_path / "a"), str(tmp_path / "b"), *options]) == 0
    found = json.loads((tmp_path / "json").read_text())
    assert found["first"]["similarity"]["pairs"]["spearman"] == pytest.approx(0.8)
    difference = found["difference"]["similarity"]["pairs"]
    assert [difference[name] for name in ("first", "second", "difference")] == [1, 1, 0]
    assert capsys.readouterr().out.splitlines()[-1].split()[:4] == [
        "pairs",
        "1.000",
        "1.000",
        "+0.000",
    ]


def test_the_run_that_knows_nothing_of_a_set_is_named(tmp_path, capsys):
    (tmp_path / "a").write_text("a 1 0\nb 1 .1\n")
    (tmp_path / "b").write_text("c 1 0\nd 1 .1\n")
    (tmp_path / "pairs").write_text("a b 10\n")
    runs = [str(tmp_path / "a"), str(tmp_path / "b")]
    assert cli.run(["evaluate", *runs, "--similarity", str(tmp_path / "pairs")]) == 2
    assert capsys.readouterr().err.startswith(f"jaxtext: {tmp_path / 'b'}: pairs: none of 1 pairs")
    for seed in ("-1", str(2**32)):
        command = ["evaluate", runs[0], "--similarity", str(tmp_path / "pairs"), "--seed", seed]
        assert cli.run(command) == 2
        assert f"--seed {seed}: must be from 0" in capsys.readouterr().err


def test_json_on_standard_output_is_alone_there(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert cli.run(["evaluate", "first", "--similarity", "pairs.tsv", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["similarity"]["pairs"]["items"] > 0


def test_a_set_of_which_nothing_is_known_costs_no_other_set(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "none.tsv").write_text("no\tway\t1\nnever\tever\t2\n")
    (folder / "none.txt").write_text("no way never ever\n")
    options = ["--similarity", "pairs.tsv", "none.tsv", "--analogy", "none.txt"]
    assert cli.run(["evaluate", "first", "second", *options, "--json", "both.json"]) == 0
    found = json.loads((folder / "both.json").read_text())
    unknown = found["first"]["similarity"]["none"]
    assert (unknown["spearman"], unknown["items"], unknown["covered"]) == (None, 2, 0)
    assert found["first"]["similarity"]["pairs"]["covered"] > 0
    assert found["first"]["analogy"]["none"]["accuracy"] is None
    assert found["difference"]["similarity"]["none"]["difference"] is None
    assert "0 of 2" in capsys.readouterr().out


def test_columns_and_zero_vectors_are_told(tmp_path, capsys):
    (tmp_path / "v").write_text("a 1 0\nb 1 .1\nc 0 0\nd 1 1\n")
    (tmp_path / "set").write_text("1\ta\tb\t3\n2\tb\tc\t1\n3\ta\td\t2\n4\tb\td\t2\n")
    assert cli.run(["evaluate", str(tmp_path / "v"), "--similarity", str(tmp_path / "set")]) == 0
    shown = capsys.readouterr()
    assert "set: words in columns 2 and 3, scores in column 4" in shown.err
    assert "1 word has a zero vector and covers no item" in shown.err
    assert "3 of 4" in shown.out
    options = ["--similarity", str(tmp_path / "set"), "--columns", "2,3"]
    assert cli.run(["evaluate", str(tmp_path / "v"), *options]) == 2
    assert "--columns 2,3: must be the columns" in capsys.readouterr().err

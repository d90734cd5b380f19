"""`jaxtext evaluate` from the command line."""

import json
import sys

import pytest

from jaxtext import cli, evaluation, load
from jaxtext.base.errors import InputError


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
    assert set(similarity) == {"spearman", "ci95", "items", "covered", "spearman_all", "columns"}
    assert similarity["columns"] == [1, 2, 3]
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


ROWS = "cat 1 0 .1\ndog .9 .2 0\nsun 0 1 .3\nmoon .1 .8 .1\nlake 0 0 0\n"


@pytest.fixture
def vectors(tmp_path):
    (tmp_path / "vectors.txt").write_text(ROWS)
    (tmp_path / "known.tsv").write_text("cat\tdog\t9\ncat\tsun\t1\nsun\tmoon\t8\n")
    (tmp_path / "unknown.tsv").write_text("no\tway\t1\n")
    (tmp_path / "zero.tsv").write_text("cat\tdog\t9\nlake\tsun\t1\nsun\tmoon\t8\n")
    (tmp_path / "asked.txt").write_text("cat dog sun moon\n")
    (tmp_path / "kinds.tsv").write_text("animal\tcat\nanimal\tdog\nsky\tsun\nsky\tmoon\n")
    return tmp_path / "vectors.txt"


def test_a_set_that_covers_nothing_does_not_cost_the_others(vectors, tmp_path, capsys):
    files = [str(tmp_path / name) for name in ("unknown.tsv", "known.tsv")]
    out = tmp_path / "scores.json"
    assert cli.run(["evaluate", str(vectors), "--similarity", *files, "--json", str(out)]) == 0
    shown = capsys.readouterr().out
    rows = {line.split()[0]: line.split() for line in shown.splitlines() if line}
    assert rows["unknown"][1:] == ["-", "-", "0", "of", "1", "-"]
    assert "unknown: none of 1 pairs is known, for example 'no' and 'way'" in shown
    found = json.loads(out.read_text())["similarity"]
    assert found["unknown"]["spearman"] is None and found["unknown"]["covered"] == 0
    assert found["known"]["spearman"] == pytest.approx(float(rows["known"][1]), abs=1e-3)


def test_zero_vectors_are_reported_once(vectors, tmp_path, capsys):
    files = [str(tmp_path / name) for name in ("known.tsv", "zero.tsv")]
    assert cli.run(["evaluate", str(vectors), "--similarity", *files]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "2 of 3" in shown and shown.count("the vector of 'lake' is zero") == 1
    assert cli.run(["evaluate", str(vectors), "--similarity", files[0]]) == 0
    assert "zero" not in capsys.readouterr().out


def test_columns_are_named_where_they_cannot_be_known(vectors, tmp_path, capsys):
    file = tmp_path / "open.tsv"
    file.write_text("pet\tcat\tdog\t9\t3\nday\tcat\tsun\t1\t4\nsky\tsun\tmoon\t8\t1\n")
    command = ["evaluate", str(vectors), "--similarity", str(file)]
    assert cli.run(command) == 2
    error = capsys.readouterr().err
    assert error.startswith("jaxtext: --columns: have to be given for ")
    assert "'pet | cat | dog | 9 | 3'" in error and error.count("\n") == 1
    assert cli.run([*command, "--columns", "2,3,4"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "open: words in columns 2 and 3, score in column 4" in shown and "1.000" in shown
    assert cli.run([*command, "--columns", "2,3"]) == 2
    assert "--columns 2,3: must be different numbers" in capsys.readouterr().err
    asked = ["evaluate", str(vectors), "--analogy", str(tmp_path / "asked.txt")]
    assert cli.run([*asked, "--columns", "2,3,4"]) == 2
    assert "--columns: names columns of --similarity" in capsys.readouterr().err


def test_a_missing_scikit_learn_is_named_before_anything_is_computed(
    vectors, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setattr(evaluation.similarity, "evaluate", lambda *_: pytest.fail("was computed"))
    sets = evaluation.read([tmp_path / "known.tsv"], [], [tmp_path / "kinds.tsv"])
    with pytest.raises(InputError, match="categorization needs scikit-learn"):
        evaluation.evaluate(load(vectors), sets)


def test_without_scikit_learn_the_other_sets_are_evaluated(vectors, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    kinds = ["--categorization", str(tmp_path / "kinds.tsv")]
    out = tmp_path / "scores.json"
    pairs = ["--similarity", str(tmp_path / "known.tsv"), "--json", str(out)]
    assert cli.run(["evaluate", str(vectors), *pairs, *kinds]) == 2
    shown = capsys.readouterr()
    assert "pip install -e '.[eval]'" in shown.err and "3 of 3" in shown.out
    assert json.loads(out.read_text())["similarity"]["known"]["covered"] == 3
    # It is said before anything is read.
    assert cli.run(["evaluate", str(tmp_path / "absent"), *kinds]) == 2
    error = capsys.readouterr().err
    assert error.startswith("jaxtext: categorization needs scikit-learn") and "absent" not in error


def test_a_folder_of_relations_is_one_set(vectors, tmp_path, capsys):
    folder = tmp_path / "BATS_3.0" / "1_Nature"
    folder.mkdir(parents=True)
    (folder / "N01 [animals].txt").write_text("cat\tdog/cats\nsun\tmoon\n")
    (folder / "N02 [lights].txt").write_text("sun\tmoon\nlake\twater\n")
    out = tmp_path / "scores.json"
    command = ["evaluate", str(vectors), "--analogy", str(folder.parent), "--json", str(out)]
    assert cli.run(command) == 0
    assert "BATS_3.0: accuracy by section" in capsys.readouterr().out
    found = json.loads(out.read_text())["analogy"]["BATS_3.0"]
    assert list(found["sections"]) == ["N01 [animals]", "N02 [lights]"]
    assert (found["items"], found["covered"]) == (4, 2)


TESTS = ("odd_one_out", "topk")


def test_categories_make_two_tests(folder, tmp_path, capsys):
    out = tmp_path / "scores.json"
    command = ["evaluate", str(folder / "first"), "--categories", str(folder / "kinds.tsv")]
    assert cli.run([*command, "--json", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "Odd one out of 5 words: accuracy (0.200 by chance)" in shown
    assert "The 10 nearest words: part that is of the same category" in shown
    found = json.loads(out.read_text())
    for test in TESTS:
        scores = found[test]["kinds"]
        assert set(scores) == {"accuracy", "ci95", "items", "covered", "accuracy_all"}
        assert (scores["items"], scores["covered"]) == (50, 50)
        assert scores["accuracy"] == scores["accuracy_all"] > 0.9
    assert found["similarity"] == found["analogy"] == found["categorization"] == {}
    sets = evaluation.read(categories=[folder / "kinds.tsv"])
    report = evaluation.evaluate(load(folder / "first"), sets)
    assert report.topk["kinds"].accuracy == found["topk"]["kinds"]["accuracy"]
    assert cli.run([*command, "--restrict=6", "--csv=-"]) == 0  # two of the six are of one topic
    assert "The 10 nearest words" in (shown := capsys.readouterr().out) and "50 of 50" not in shown


def test_runs_are_compared_by_the_tests_made_from_categories(folder, tmp_path, capsys):
    out = tmp_path / "scores.json"
    kinds = ["--categories", str(folder / "kinds.tsv"), "--json", str(out)]
    runs = [str(folder / name) for name in ("first", "second")]
    assert cli.run(["evaluate", *runs, *kinds]) == 0
    shown = capsys.readouterr().out
    assert "kinds (odd one out)" in shown and "kinds (top k)" in shown
    found = json.loads(out.read_text())
    for test in TESTS:
        first, second = (found[run][test]["kinds"]["accuracy"] for run in ("first", "second"))
        difference = found["difference"][test]["kinds"]
        assert difference["difference"] == pytest.approx(second - first)
        assert difference["covered"] == 50
    assert cli.run(["evaluate", *runs, runs[0], *kinds]) == 0
    over = json.loads(out.read_text())["over_runs"]
    assert set(over) == {"kinds (odd one out)", "kinds (top k)"}
    assert len(over["kinds (top k)"]["scores"]) == 3


def test_categories_of_unknown_words_are_named(vectors, tmp_path, capsys):
    (tmp_path / "others.tsv").write_text("tree\toak\ntree\telm\n")
    command = ["evaluate", str(vectors), "--categories", str(tmp_path / "others.tsv")]
    assert cli.run(command) == 2
    error = capsys.readouterr().err
    assert error.startswith("jaxtext: others: no odd one out of 2 words") and error.count("\n") == 1
    # Of two small categories, the nearest words can be told.
    assert cli.run([*command, str(tmp_path / "kinds.tsv")]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "others: no nearest words of 2 words" in shown and "4 of 4" in shown


def test_one_path_in_place_of_a_list_is_named(tmp_path, unchecked):
    with pytest.raises(InputError, match="^similarities=.*give a list of paths"):
        evaluation.read(str(tmp_path / "pairs.tsv"))


def test_json_on_standard_output_is_alone_there(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert cli.run(["evaluate", "first", "--similarity", "pairs.tsv", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["similarity"]["pairs"]["items"] > 0

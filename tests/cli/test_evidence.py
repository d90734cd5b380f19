"""Commands with uncertainty: neighbors with intervals, comparisons of texts, association tests."""

import json

import pytest

import jaxtext
from jaxtext import cli

TRAIN = ["--method", "exact", "--dim", "4", "--min-count", "1", "--window", "3", "--no-gap"]
LISTS = "one: t0w1, t0w2, t0w3\ntwo: t1w1 t1w2 t1w3\nthis: t0w4 t0w5\nthat: t1w4 t1w5 gone\n"


@pytest.fixture(scope="module")
def pair(topics, tmp_path_factory):
    """Runs on the halves of one text, of 300 lines each."""
    folder = tmp_path_factory.mktemp("pair")
    for name, lines in (("a", topics[:300]), ("b", topics[300:600])):
        (folder / f"{name}.txt").write_text("\n".join(lines), encoding="utf-8")
        text, out = str(folder / f"{name}.txt"), str(folder / name)
        assert cli.run(["train", text, "--out", out, *TRAIN]) == 0
    (folder / "lists.txt").write_text(LISTS, encoding="utf-8")
    return folder


def run(capsys, *arguments, status=0):
    capsys.readouterr()
    assert cli.run([str(each) for each in arguments]) == status
    return capsys.readouterr()


def test_neighbors_with_intervals_are_the_neighbors_of_the_run(pair, capsys):
    out = run(capsys, "neighbors", pair / "a", "t0w1", "t2w2", "--top", 4, "--bootstrap", 3,
              "--json", "-").out  # fmt: skip
    found = json.loads(out)
    vectors = jaxtext.load(pair / "a")
    for query in found["queries"]:
        expected = jaxtext.neighbors(vectors, query["word"], top=4)
        assert [each["word"] for each in query["neighbors"]] == [word for word, _ in expected]
        for each, (_, cosine) in zip(query["neighbors"], expected, strict=True):
            low, high = each["ci95"]
            assert each["cosine"] == pytest.approx(cosine)
            assert low < high and low <= cosine <= high and 0 <= each["listed"] <= 1
    again = json.loads(
        run(capsys, "neighbors", pair / "a", "t0w1", "t2w2", "--top", 4, "--bootstrap", 3,
            "--json", "-").out
    )  # fmt: skip
    assert again == found
    table = run(capsys, "neighbors", pair / "a", "t0w1", "--top", 2, "--bootstrap", 2).out
    assert "95%" in table and "listed" in table


def test_texts_of_two_runs_are_compared(pair, capsys, tmp_path):
    file = tmp_path / "words.json"
    out = run(capsys, "compare", pair / "a", pair / "b", "--top", 3, "--json", file).out
    words = json.loads(file.read_text())["words"]
    assert len(words) == 50 and f"{words[0]['word']} " in out and f"{words[3]['word']} " not in out
    assert {"cosine", "ci95", "p", "q", "documents"} < set(words[0])
    some = run(capsys, "compare", pair / "a", pair / "b", "t3w3", "t1w1", "--csv", "-").out
    assert "t3w3" in some and "t1w1" in some and len(some.splitlines()) == 3


def test_documents_may_be_files(pair, capsys, tmp_path):
    """Two folders of ten files each are texts of ten documents."""
    for name in ("a", "b"):
        lines = (pair / f"{name}.txt").read_text().splitlines()
        (tmp_path / f"{name}s").mkdir()
        for number in range(10):
            part = "\n".join(lines[30 * number : 30 * number + 30])
            (tmp_path / f"{name}s" / f"{number}.txt").write_text(part)
        run(capsys, "train", tmp_path / f"{name}s", "--out", tmp_path / name, *TRAIN)
    files, pairs = ("--documents", "files"), (tmp_path / "a", tmp_path / "b")
    found = json.loads(run(capsys, "compare", *pairs, "t0w1", *files, "--json", "-").out)["words"]
    assert all(5 < number <= 10 for number in found[0]["documents"])
    by_line = json.loads(run(capsys, "compare", *pairs, "t0w1", "--json", "-").out)["words"]
    assert by_line[0]["documents"][0] > 10
    asked = ("neighbors", tmp_path / "a", "t0w1", "--bootstrap", 2, "--json", "-")
    answers = [json.loads(run(capsys, *asked, *more).out)["queries"] for more in ((), files)]
    cosines = [[each["cosine"] for each in one[0]["neighbors"]] for one in answers]
    assert cosines[0] == cosines[1] and answers[0] != answers[1]
    lists = "association", tmp_path / "a", pair / "lists.txt", "--bootstrap", 3, "--json", "-"
    assert run(capsys, *lists).out != run(capsys, *lists, *files).out


def test_vectors_are_turned_onto_each_other(pair, capsys):
    out = run(capsys, "compare", pair / "a", pair / "a", "--procrustes", "--json", "-").out
    words = json.loads(out)["words"]
    assert len(words) == 50 and min(each["cosine"] for each in words) == pytest.approx(1, abs=1e-5)


def test_association_tests_have_an_interval_if_asked(pair, capsys):
    out = run(capsys, "association", pair / "a", pair / "lists.txt", "--json", "-").out
    (result,) = json.loads(out)["tests"]
    assert result["effect"] > 1 and result["p"] == pytest.approx(1 / 20) and result["exact"]
    assert (result["items"], result["covered"], result["ci95"]) == (11, 10, None)
    out = run(capsys, "association", pair / "a", pair / "lists.txt", "--bootstrap", 3,
              "--json", "-").out  # fmt: skip
    (result,) = json.loads(out)["tests"]
    assert result["ci95"][0] <= result["effect"] <= result["ci95"][1]
    assert "one/two, this/that" in run(capsys, "association", pair / "a", pair / "lists.txt").out


def test_words_that_are_missing_from_resamples_have_no_interval(capsys, tmp_path, monkeypatch):
    """A word in one document of two hundred is missing from a third of the resamples."""
    lines = ["a b c a", "b c d", "d e a b"] * 66 + ["rare a b"]
    (tmp_path / "text.txt").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    run(capsys, "train", "text.txt", "--out", "run", *TRAIN, "--subsample", 0)
    asked = ("neighbors", "run", "rare", "--top", 2, "--bootstrap", 4)
    shown = run(capsys, *asked, "--json", "found.json", "--tsv", "found.tsv")
    assert "nan" not in shown.out + (tmp_path / "found.tsv").read_text()
    assert shown.err.count("\n") == 1 and "missing from resamples" in shown.err
    near = json.loads((tmp_path / "found.json").read_text())["queries"][0]["neighbors"]
    assert all(each["resamples"] < 4 for each in near)
    (tmp_path / "lists.txt").write_text("x: rare\ny: b e\nu: c\nv: d\n")
    out = run(capsys, "association", "run", "lists.txt", "--bootstrap", 4, "--json", "-").out
    assert json.loads(out)["tests"][0]["test"] == "x/y, u/v"
    (tmp_path / "text.txt").write_text("\n".join(sorted(lines)))  # with the same counts
    for command in (asked, ("compare", "run", "run"), ("gap", "run")):
        assert "text of run has been changed since the run" in run(capsys, *command, status=2).err


@pytest.mark.parametrize(
    "arguments, line",
    [
        (["neighbors", "a", "t0w1", "--bootstrap", "1"], "--bootstrap 1: must be at least 2"),
        (["neighbors", "lists.txt", "t0w1", "--bootstrap", "2"], "not a vector file"),
        (["neighbors", "a", "t0w1", "--bootstrap", "2", "--limit", "9"], "--limit 9: cannot"),
        (["compare", "a", "b", "--top", "0"], "--top 0: must be at least 1"),
        (["compare", "a", "b", "zz"], "'zz' is not among the 50 words"),
        (["compare", "a", "lists.txt"], "is not a run folder"),
        (["compare", "a", "b", "--documents", "files"], "--documents files: must be more than one"),
        (["compare", "a", "b", "--documents", "files", "--procrustes"], "cannot be used with"),
        (["neighbors", "a", "t0w1", "--documents", "files"], "matters to bootstrap alone"),
        (
            ["neighbors", "a", "t0w1", "--documents", "files", "--bootstrap", "2"],
            "must be two or more",
        ),
        (["association", "a", "lists.txt", "--documents", "files"], "matters to bootstrap alone"),
        (["compare", "a", "b", "--procrustes", "--restrict", "4"], "4 words in common are too few"),
        (["compare", "a", "b", "zz", "--procrustes"], "'zz' is not among the 50 words"),
        (["association", "a"], "give at least one file"),
        (["association", "a", "a.txt"], "line 1: must be a name, a colon and words"),
        (["association", "a", "lists.txt", "--bootstrap", "0"], "--bootstrap 0: must be at least"),
    ],
)
def test_what_cannot_be_asked_ends_with_one_line(pair, capsys, monkeypatch, arguments, line):
    monkeypatch.chdir(pair)
    error = run(capsys, *arguments, status=2).err
    assert line in error and error.startswith("jaxtext: ") and error.count("\n") == 1

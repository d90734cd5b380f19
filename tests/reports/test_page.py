"""The page about runs: what is in it, that nothing in it is markup, and what is refused."""

import base64
import json
import shutil
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

import jaxtext
from jaxtext import cli
from jaxtext.base.errors import InputError
from jaxtext.base.html import visible
from jaxtext.evaluation.gap import EDGES
from jaxtext.reports import charts, page
from jaxtext.text.vocab import Vocab
from jaxtext.vectors.embeddings import Embeddings

from .conftest import HOSTILE


class Elements(HTMLParser):
    """The elements of a page: scripts with their content, other tags, and all text."""

    def __init__(self, content):
        super().__init__()
        self.tags, self.scripts, self.text, self.attributes = [], [], [], []
        self.feed(content)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data):
        if self.tags[-1:] == ["script"]:
            self.scripts[-1] += data
        self.text.append(data)


def data_of(content):
    return json.loads(Elements(content).scripts[1])


def test_words_and_names_are_text_wherever_they_stand(hostile):
    run = page.Shown("<b>name</b>", hostile, gap=None)
    content = page.page([run], title="<i>title</i>")
    found = Elements(content)
    assert len(found.scripts) == 3 and "b" not in found.tags and "i" not in found.tags
    assert not any("alert" in each for each in found.scripts[::2])
    data = json.loads(found.scripts[1])
    assert data["runs"][0]["words"][: len(HOSTILE)] == [visible(word) for word in HOSTILE]
    assert data["runs"][0]["name"] == "<b>name</b>" and "<i>title</i>" in found.text
    assert "\x1b" not in content
    mapped = {row["word"] for row in data["maps"]["map-0"]["PCA"]["data"][0]["values"]}
    assert {visible(word) for word in HOSTILE[2:]} <= mapped


def test_nothing_is_loaded_from_elsewhere(run, other):
    found = Elements(page.page([page.shown(run), page.shown(other)]))
    for name, value in found.attributes:
        assert name not in ("src", "srcset", "integrity")
        assert name != "href" or value.startswith(("#", "data:"))
    assert "link" in found.tags and found.tags.count("script") == 3


def test_a_page_has_all_that_is_known_of_its_runs(run, other):
    content = page.page([page.shown(run), page.shown(other)])
    data = data_of(content)
    assert set(data["charts"]) == {
        "loss", "words_per_second", "bands-0", "bands-1", "density-0", "density-1",
    }  # fmt: skip
    assert [each["name"] for each in data["runs"]] == ["first", "second"]
    losses = data["charts"]["loss"]["data"]["values"]
    manifest = json.loads((run / "manifest.json").read_text())
    assert {row["run"] for row in losses} == {"first", "second"}
    for expected in (manifest["vectors_sha256"], manifest["corpus"]["sha256"], "What differs"):
        assert expected in content
    above = manifest["gap"]["all_cells"]["percent"]
    assert f"{above:.1f}% above the optimum" in content


def test_what_differs_is_what_has_other_values(run, other):
    table = page.differences([page.shown(run), page.shown(other)])
    rows = {name: values for name, *values in table.rows}
    assert rows["method"] == ["sgns", "exact"] and rows["learning rate"] == ["0.025", "-"]
    assert "dim" not in rows and "corpus sha256" not in rows and "out" not in rows
    assert all(len(value) < 40 for values in rows.values() for value in values)


def test_rounded_vectors_keep_the_cosines(run):
    shown = page.shown(run)
    found = page.searched(shown, 10**6)
    rows = np.frombuffer(base64.b64decode(found["vectors"]), np.int8).reshape(-1, found["dim"])
    assert len(rows) == len(found["words"]) == len(shown.vectors)
    one, two = (
        each / np.linalg.norm(each, axis=1, keepdims=True)
        for each in (rows.astype(float), shown.vectors.center.astype(float))
    )
    np.testing.assert_allclose(one @ one.T, two @ two.T, rtol=0, atol=0.02)


def test_a_page_about_100_000_words_has_at_most_5_megabytes(rng, monkeypatch):
    size, dim = 100_000, 300
    words = tuple(f"a-rather-long-word-{i}" for i in range(size))
    table = rng.normal(size=(size, dim)).astype(np.float32)
    vectors = Embeddings(Vocab(words, np.arange(size, 0, -1)), table)
    monkeypatch.setattr(page.plane, "tsne", lambda table, seed: page.plane.pca(table))
    runs = [page.Shown(name, vectors) for name in ("one", "two")]
    content = page.page(runs)
    assert len(content.encode()) < 5e6
    assert all(len(each["words"]) > 2_000 for each in data_of(content)["runs"])


def test_vectors_without_counts_neighbors_or_a_run_have_a_page_too(tmp_path):
    table = np.zeros((3, 2), np.float32)
    path = tmp_path / "few.txt"
    jaxtext.save(Embeddings(Vocab(("a", "b", "c"), np.zeros(3, int)), table), path)
    content = page.page([page.shown(path)])
    assert data_of(content)["maps"] == {} and "Map of words" not in content


def test_bands_and_density_are_those_of_the_gap(run):
    gap = page.shown(run).gap
    assert gap is not None
    cells = charts.bands(gap)["data"]["values"]
    assert [cell["percent"] for cell in cells] == [
        band["all_cells"]["percent"] for band in gap["bands"]
    ]
    step = charts.COARSE * (EDGES[1] - EDGES[0])
    drawn = charts.density(gap["density"])["data"]["values"]
    pairs = sum(number for _, _, number in gap["density"]["bins"])
    assert 0.99 * pairs <= sum(cell["n"] for cell in drawn) <= pairs + 1
    i, j, _ = max(gap["density"]["bins"], key=lambda each: each[2])
    largest = max(drawn, key=lambda cell: cell["n"])
    assert abs(largest["x"] - EDGES[i]) <= 2 * step and abs(largest["y"] - EDGES[j]) <= 2 * step


@pytest.fixture
def similarity(tmp_path):
    path = tmp_path / "pairs.tsv"
    pairs = [(f"t{t}w{i}", f"t{u}w{i + 1}", 10 if t == u else 1)
             for t in range(5) for u in range(5) for i in range(3)]  # fmt: skip
    path.write_text("".join(f"{a}\t{b}\t{score}\n" for a, b, score in pairs))
    return path


def command(capsys, *arguments):
    status = cli.run([str(each) for each in arguments])
    shown = capsys.readouterr()
    return status, shown.out, shown.err


def test_the_command_writes_one_file(run, other, similarity, topic_file, tmp_path, capsys):
    out = tmp_path / "new" / "page.html"
    status, printed, error = command(
        capsys, "report", run, other, "--similarity", similarity, "--out", out, "--map", 20,
        "--text", topic_file, "--title", "Two methods",
    )  # fmt: skip
    assert (status, error) == (0, "") and printed.startswith(f"{out}: ")
    data = data_of(out.read_text(encoding="utf-8"))
    scores = data["charts"]["scores"]["layer"][1]
    assert scores["mark"]["type"] == "point"
    rows = data["charts"]["scores"]["data"]["values"]
    assert [(row["run"], row["set"]) for row in rows] == [("first", "pairs"), ("second", "pairs")]
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)
    assert len(data["maps"]["map-0"]["t-SNE"]["data"][0]["values"]) == 20


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["{run}", "{run}"], "report: a run was given twice"),
        (["{run}/nothing"], "no such run or vector file"),
        (["{run}", "--out", "{run}"], "is a folder: give the name of a file"),
        (["{run}", "--out", "{run}/vectors.safetensors"], "is a file that is read here"),
        (["{run}", "--map", "-1"], "--map -1: must be"),
        (["{run}", "--similarity", "{run}/config.json"], "config.json"),
        (["{run}", "--text", "{run}/nothing.txt"], "nothing.txt"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_leaves_no_page(
    run, tmp_path, capsys, monkeypatch, arguments, line
):
    monkeypatch.chdir(tmp_path)
    status, _, error = command(capsys, "report", *(each.format(run=run) for each in arguments))
    assert status == 2 and line in error and error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("gap.json", '{"x": 1}'),
        ("gap.json", "{"),
        ("manifest.json", '{"corpus": 3, "versions": [], "seconds": null}'),
        ("manifest.json", "[1]"),
        ("manifest.json", "{}"),
        ("manifest.json", lambda old: old | {"corpus": old["corpus"] | {"sha256": 5}}),
        ("config.json", "{}"),
        ("gap.json", lambda old: old | {"correlation": None, "weighted_correlation": "high"}),
        ("gap.json", lambda old: old | {"density": {"edges": [0, 1], "bins": "none"}}),
        (
            "gap.json",
            lambda old: (
                old | {"bands": [old["bands"][0] | {"all_cells": {"percent": float("nan")}}]}
            ),
        ),
    ],
)
def test_a_damaged_run_is_named_and_the_page_that_was_there_stays(
    run, tmp_path, capsys, file, content
):
    damaged, out = tmp_path / "run", tmp_path / "page.html"
    shutil.copytree(run, damaged)
    if callable(content):
        content = json.dumps(content(json.loads((damaged / file).read_text())))
    (damaged / file).write_text(content)
    out.write_text("before")
    status, _, error = command(capsys, "report", damaged, "--out", out)
    assert status == 2 and f"{damaged / file}: " in error and error.count("\n") == 1
    assert out.read_text() == "before"


def test_reports_that_are_damaged_are_left_out(run, tmp_path):
    damaged = tmp_path / "run"
    shutil.copytree(run, damaged)
    losses = ("null", '"x"', "NaN", "1" + "0" * 400)
    odd = [f'{{"done": 0.5, "seconds": 2, "loss": {loss}}}' for loss in losses]
    odd = "\n".join([*odd, '{"done": 1, "seconds": null, "loss": 1}', "{"])
    (damaged / "metrics.jsonl").write_text(odd)
    assert "loss" not in data_of(page.page([page.shown(damaged)]))["charts"]


def test_sets_without_the_words_of_one_run_of_several_are_a_note(run, similarity, tmp_path, capsys):
    few = tmp_path / "few.txt"
    few.write_text("2 2\na 1 0\nb 0 1\n")
    out = tmp_path / "page.html"
    arguments = ["--similarity", similarity, "--out", out]
    status, _, error = command(capsys, "report", run, few, *arguments)
    assert status == 0 and error.startswith(f"jaxtext: {few}: ")
    assert {
        row["run"] for row in data_of(out.read_text())["charts"]["scores"]["data"]["values"]
    } == {"first"}
    assert command(capsys, "report", few, *arguments)[0] == 2


def test_a_density_without_pairs_is_not_drawn(run):
    gap = page.shown(run).gap
    assert gap is not None
    for bins in ([], [[1, 2, 0]]):
        assert charts.density(gap["density"] | {"bins": bins}) is None


def test_a_run_that_diverged_says_so(run, tmp_path):
    odd = tmp_path / "run"
    shutil.copytree(run, odd)
    manifest = json.loads((odd / "manifest.json").read_text())
    (odd / "manifest.json").write_text(json.dumps(manifest | {"status": "diverged"}))
    assert page.DIVERGED in page.page([page.shown(odd)])
    assert page.DIVERGED not in page.page([page.shown(run)])


def test_names_and_titles_that_are_no_text_are_written_as_escapes(hostile, tmp_path, capsys):
    odd, out = tmp_path / "n\udcff\x1b", tmp_path / "page.html"
    jaxtext.save(hostile, odd, "safetensors")
    assert command(capsys, "report", odd, "--out", out)[0] == 0
    assert r"n\udcff\x1b" in out.read_text(encoding="utf-8")
    assert command(capsys, "report", odd, "--out", out, "--title", "a\udcff\x1b")[0] == 0
    assert r"<h1>a\udcff\x1b</h1>" in out.read_text(encoding="utf-8")


def test_a_page_is_never_written_over_what_it_is_made_from(hostile, tmp_path, capsys):
    file = tmp_path / "vectors.safetensors"
    jaxtext.save(hostile, file)
    before = file.read_bytes()
    status, _, error = command(capsys, "report", file, "--out", file)
    assert status == 2 and "is a file that is read here" in error
    assert file.read_bytes() == before


def test_rows_that_are_left_out_are_one_line(tmp_path, capsys):
    odd = tmp_path / "odd.vec"
    odd.write_text("3 2\na 1 0\nb nan 1\nc 0 1\n")
    status, _, error = command(capsys, "report", odd, "--out", tmp_path / "page.html")
    assert (
        status == 0
        and error.startswith(f"jaxtext: {odd}: 1 row left out")
        and error.count("\n") == 1
    )


def test_pages_go_to_standard_output_too(hostile, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    jaxtext.save(hostile, tmp_path / "v.safetensors")
    status, printed, _ = command(capsys, "report", "v.safetensors", "--out", "-")
    assert status == 0 and printed.startswith("<!doctype html>")
    printed = command(capsys, "verify", "--only", "backprop.b", "--html", "-")[1]
    assert printed.startswith("<!doctype html>") and printed.rstrip().endswith("</html>")
    same = ["verify", "--only", "backprop.b", "--html", "x", "--json", "x"]
    status, _, error = command(capsys, *same)
    assert status == 2 and "only one result can be written to x" in error
    assert [path.name for path in tmp_path.iterdir()] == ["v.safetensors"]


@pytest.mark.parametrize(
    ("option", "line"),
    [(["--text", "no.txt"], "only vector files are given"), (["--restrict", "9"], "are not given")],
)
def test_options_that_would_do_nothing_are_refused(hostile, tmp_path, capsys, option, line):
    file = tmp_path / "v.safetensors"
    jaxtext.save(hostile, file)
    status, _, error = command(capsys, "report", file, *option, "--out", tmp_path / "page.html")
    assert status == 2 and line in error and not (tmp_path / "page.html").exists()


def test_without_the_extra_it_says_what_to_install(run, capsys, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    status, _, error = command(capsys, "report", run, "--out", tmp_path / "page.html")
    assert status == 2 and "pip install -e '.[report]'" in error


def test_without_scikit_learn_the_map_is_the_other_one(hostile, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    assert list(page.word_maps(page.Shown("", hostile), 20, 0)) == ["PCA"]
    with pytest.raises(InputError, match="scikit-learn is not installed"):
        page.plane.tsne(hostile.center)


def test_the_certificate_is_written_as_a_page(tmp_path, capsys):
    out = tmp_path / "new" / "certificate.html"
    status, printed, _ = command(capsys, "verify", "--only", "backprop.b", "--html", out)
    assert status == 0 and "3 checks" in printed
    content = out.read_text(encoding="utf-8")
    assert content.count("<tr class=") == 3 and "<mi>σ</mi>" in content
    status, _, error = command(capsys, "verify", "--only", "nothing", "--html", out)
    assert status == 2 and error.count("\n") == 1
    assert out.read_text(encoding="utf-8") == content


def test_the_tables_of_a_gap_are_written_too(run, tmp_path, capsys):
    status, printed, _ = command(capsys, "gap", run, "--centers", 10, "--csv", "-")
    assert status == 0 and printed.startswith("table,cells,summed,w.c,optimum,above it,center,")
    out = tmp_path / "gap.md"
    status, printed, _ = command(capsys, "gap", run, "--centers", 10, "--markdown", out)
    assert status == 0 and "Loss per pair" in printed
    assert out.read_text(encoding="utf-8").count("| --- |") == 4

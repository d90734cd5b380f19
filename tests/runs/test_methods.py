import json

import numpy as np
import pytest

from jaxtext import cli, runs
from jaxtext.training import METHODS

SMALL = ["--dim=8", "--min-count=1"]


def test_exact_finds_the_topics_and_repeats_to_the_bit(trained, topic_file, tmp_path, capsys):
    options = [*SMALL, "--method=exact", "--out", str(tmp_path / "again")]
    assert cli.run(["train", str(topic_file), *options]) == 0
    hashes = [
        json.loads((folder / runs.MANIFEST).read_text())["vectors_sha256"]
        for folder in (trained / "exact", tmp_path / "again")
    ]
    assert hashes[0] == hashes[1]
    config = json.loads((trained / "exact" / runs.CONFIG).read_text())
    assert (config["epochs"], config["negatives"], config["noise_exponent"]) == (50, 5, 0.75)
    capsys.readouterr()
    assert cli.run(["neighbors", str(trained / "exact"), "t3w1", "--top", "9"]) == 0
    assert capsys.readouterr().out.count("t3w") == 10  # the title's, and all nine others
    lines = (trained / "exact" / runs.METRICS).read_text().splitlines()
    losses = [json.loads(line)["loss"] for line in lines]
    assert len(losses) == 51
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize(
    ("method", "case"),
    [
        ("exact", "dim"),
        ("svd", "dim"),
        ("svd", "rank"),
        ("svd", "chance"),
    ],
)
def test_counts_that_cannot_be_used_leave_nothing(tmp_path, capsys, method, case):
    file, dim = tmp_path / "text.txt", "--dim=2"
    lines = ["a b c a b c"] * 9
    if case == "dim":
        dim, message = "--dim=4", f"--dim 4: {method} has at most as many dimensions as words, 3"
    elif case == "rank":
        lines, dim, message = ["x a", "x b"], "--dim=3", "--dim 3: a matrix of rank 2"
    else:
        lines, dim, message = ["a a a"], "--dim=1", "no words occur together more often than by"
    file.write_text("\n".join(lines) + "\n")
    options = ["--method", method, dim, "--min-count=1", "--subsample=0", "--window=9"]
    assert cli.run(["train", str(file), *options, "--out", str(tmp_path / "run")]) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["text.txt"]


@pytest.mark.parametrize("method", METHODS)
def test_words_without_a_neighbor_are_told_and_have_no_vector(tmp_path, capsys, method):
    file, out = tmp_path / "text.txt", tmp_path / "run"
    file.write_text("\n".join(["a b c a b c x y"] * 9 + ["d", "d", "e"]) + "\n")
    options = ["--method", method, "--dim=2", "--min-count=1", "--subsample=0"]
    assert cli.run(["train", str(file), *options, "--out", str(out)]) == 0
    told = "2 words never have a neighbor (for example 'd')"
    assert capsys.readouterr().out.count(told) == (method != "sgns")
    vectors = runs.load(out)
    if method != "sgns":
        assert not vectors["d"].any() and not vectors["e"].any()
    assert np.isfinite(vectors.context).all() and vectors["a"].any()
    assert cli.run(["gap", str(out)]) == 0
    assert capsys.readouterr().err.count(told) == 1


def test_text_doubled_leaves_the_fit_as_it_is(topics, tmp_path):
    """Counts double, and nothing else: the vectors are the same up to rounding."""
    found = []
    for times in (1, 2):
        file, out = tmp_path / f"{times}.txt", tmp_path / f"run{times}"
        file.write_text("\n".join(topics * times) + "\n")
        options = [*SMALL, "--method=exact", "--subsample=0", "--out", str(out)]
        assert cli.run(["train", str(file), *options]) == 0
        found.append(runs.load(out))
    assert found[0].vocab.words == found[1].vocab.words
    scores = [np.asarray(each.center @ each.context.T) for each in found]
    np.testing.assert_allclose(scores[1], scores[0], atol=1e-3)

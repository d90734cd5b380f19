import dataclasses
import json

import numpy as np
import pytest

from jaxtext.base.errors import InputError


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
def config(experiment, topic_file, sets, tmp_path):
    """A grid of 17 configurations."""
    return experiment.Config(
        topic_file, sets, tmp_path / "out", windows=(2,), exponents=(0.75,), negatives=(1,),
        powers=(0.0, 0.5), dim=5, epochs=1, passes=1, glove_passes=2, subsample=0.0,
    )  # fmt: skip


def test_a_grid_is_finished_shown_and_taken_up_where_it_ended(experiment, config, capsys):
    assert experiment.main(config) == 0
    printed = capsys.readouterr().out
    assert "17 of 17 configurations to do" in printed
    assert "sgns best" in printed and "ppmi best" in printed
    path = config.out / "results.jsonl"
    written = path.read_bytes()
    results = [json.loads(line) for line in written.splitlines()]
    methods = [result["settings"]["method"] for result in results]
    assert [methods.count(name) for name in experiment.NAMES] == [1, 4, 4, 6, 2]
    for result in results:
        assert result["coverage"] == {"topics": 225 / 227, "questions-words": 0.5}
        assert set(result["seconds"]) == {"count", "train", "factorize"}
        if result["settings"]["method"] not in ("sgns", "glove"):
            assert result["mean"] == result["scores"]["topics"] > 0.6
    table = (config.out / "table.md").read_text()
    assert "| exact best | 2 | 0.75 | 1 |" in table and "| topics | 99% |" in table

    assert experiment.main(config) == 0
    printed = capsys.readouterr().out
    assert "0 of 17 configurations to do" in printed and "1 of" not in printed
    assert path.read_bytes() == written

    lines = written.splitlines(keepends=True)
    for left in (b"".join(lines[:-1]), written[: -len(lines[-1]) // 2]):
        path.write_bytes(left)
        assert experiment.main(config) == 0
        printed = capsys.readouterr().out
        assert "1 of 17 configurations to do" in printed and "1 of 1: glove" in printed
        again = path.read_bytes().splitlines(keepends=True)
        assert again[:-1] == lines[:-1]
        redone, before = json.loads(again[-1]), results[-1]
        for name in ("corpus", "settings", "scores", "mean", "analogy"):
            assert redone[name] == before[name]


def test_settings_that_a_method_does_not_use_do_not_train_it_again(experiment, config, capsys):
    config = dataclasses.replace(config, methods=("ppmi", "svd"))
    assert experiment.main(config) == 0
    for changed, missing in (
        ({"epochs": 2, "seed": 1}, 0),
        ({"dim": 4}, 4),
        ({"windows": (3,)}, 5),
    ):
        capsys.readouterr()
        assert experiment.main(dataclasses.replace(config, **changed)) == 0
        assert f"{missing} of 5 configurations to do" in capsys.readouterr().out


def test_what_cannot_be_trained_is_skipped_and_told(experiment, config, capsys):
    """Five topics make a PMI of ln 5: little of it is left for 6 negatives, and nothing for 99."""
    config = dataclasses.replace(config, methods=("svd",), negatives=(1, 6, 99), dim=45)
    assert experiment.main(config) == 1
    printed = capsys.readouterr().out
    assert "k 6: FAILED: dim=45: a matrix of rank" in printed
    assert "k 99: FAILED: no words occur together more often than by chance" in printed
    assert "2 trainings FAILED" in printed
    assert len((config.out / "results.jsonl").read_text().splitlines()) == 4


def test_results_of_another_corpus_or_other_sets_are_refused(experiment, config, tmp_path):
    config = dataclasses.replace(config, methods=("ppmi",))
    assert experiment.main(config) == 0
    path = config.out / "results.jsonl"
    written = path.read_bytes()
    other = tmp_path / "other.txt"
    other.write_text("another text\n")
    with pytest.raises(InputError, match=f"{path}: contains results of another corpus"):
        experiment.main(dataclasses.replace(config, corpus=other))
    folder = tmp_path / "sets" / "similarity"
    folder.mkdir(parents=True)
    (folder / "topics.tsv").write_text("t0w0\tt0w1\t5\n")
    with pytest.raises(InputError, match="contains results of another evaluation"):
        experiment.main(dataclasses.replace(config, eval=folder.parent))
    assert path.read_bytes() == written


def test_what_cannot_be_used_is_one_line_and_status_two(start, sets, tmp_path):
    process = start("hyperparameters", tmp_path / "absent.txt", "--eval", sets, "--out", tmp_path)
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr == f"hyperparameters: {tmp_path / 'absent.txt'}: no such file\n"


def test_sets_without_enough_known_words_are_left_out(experiment, config, tmp_path):
    folder = tmp_path / "sets" / "similarity"
    folder.mkdir(parents=True)
    (folder / "few.tsv").write_text("t0w0\tt0w1\t5\nt0w0\tt0w2\t4\nno\tway\t1\n")
    config = dataclasses.replace(config, methods=("ppmi",), eval=folder.parent)
    with pytest.raises(InputError, match="no set has 3 pairs of known words"):
        experiment.main(config)
    rows = [f"t{a}w{b}\tt{a}w{b + 1}\t{b}" for a, b in np.ndindex(5, 9)]
    (folder / "more.tsv").write_text("\n".join(rows) + "\n")
    assert experiment.main(config) == 0
    result = json.loads((config.out / "results.jsonl").read_text())
    assert list(result["scores"]) == ["more"] and result["analogy"] is None


def test_the_default_is_that_of_the_command(experiment, config):
    """The default configuration of each method has the settings of its record."""
    config = dataclasses.replace(
        config, windows=(2, 5, 10), exponents=(1.0, 0.75), negatives=(1, 5), powers=(0.0, 0.25)
    )
    rows = [{"settings": settings, "mean": 0.1} for _, _, settings in experiment.grid(config)]
    names = ("window", "noise_exponent", "negatives", "power", "vectors")
    found = {
        method: tuple(each["default"]["settings"].get(name) for name in names)
        for method, each in experiment.chosen(rows).items()
    }
    assert found == {
        "ppmi": (5, 1.0, 1, None, "w"),
        "svd": (5, 1.0, 1, 0.0, "w"),
        "exact": (5, 0.75, 5, 0.25, "w"),
        "sgns": (5, 0.75, 5, None, "w"),
        "glove": (10, None, None, None, "w"),
    }


def test_equal_counts_are_made_once(experiment, config, monkeypatch):
    config = dataclasses.replace(
        config, methods=("ppmi", "svd", "exact"), exponents=(1.0, 0.75), negatives=(1, 2)
    )
    objective, counted = experiment.counting.objective, []

    def count(key, vocab, ids, method):
        counted.append(method.name)
        return objective(key, vocab, ids, method)

    monkeypatch.setattr(experiment.counting, "objective", count)
    assert experiment.main(config) == 0
    assert counted == ["svd", "exact"]


def test_settings_are_chosen_on_the_other_half(experiment):
    """The best on the first half is the second row, and the best on the second half the first."""
    rows = [{"a": [0.1, 0.9]}, {"a": [0.8, 0.3]}, {"a": [0.99, None]}, {}]
    assert experiment.held_out(rows, "a") == pytest.approx((0.1 + 0.3) / 2)
    assert experiment.held_out(rows, "b") is None


def test_halves_of_a_set_are_every_other_item(experiment, config, tmp_path):
    """The pairs of the first half are judged by whether they share a topic, the others reversed."""
    folder = tmp_path / "sets" / "similarity"
    folder.mkdir(parents=True)
    rows = [(a, i, 9 if a == 0 else 1) for i in range(1, 9) for a in (0, 1)]
    lines = [f"t0w0\tt{a}w{i}\t{c}\nt0w0\tt{a}w{i}\t{-c}\n" for a, i, c in rows]
    (folder / "ws353-sim.tsv").write_text("".join(lines))
    config = dataclasses.replace(config, methods=("svd",), eval=folder.parent)
    assert experiment.main(config) == 0
    results = (config.out / "results.jsonl").read_text().splitlines()
    for first, second in (json.loads(line)["halves"]["ws353-sim"] for line in results):
        assert first == pytest.approx(-second) and first > 0.5
    assert "000 / 0.772 |" in (config.out / "table.md").read_text()  # the mean of both halves

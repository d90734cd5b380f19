import json

import numpy as np
import pytest


@pytest.mark.slow
def test_the_mlp_beats_the_most_frequent_package_at_a_tiny_setting(start, tmp_path):
    options = ["--names", "masked", "--files", 60, "--dim", 16, "--min-count", 3, "--epochs", 30]
    process = start("text_classification", *options, "--resamples", 200, "--out", tmp_path)
    assert process.returncode == 0, process.stdout + process.stderr
    assert (tmp_path / "confusion.png").read_bytes().startswith(b"\x89PNG")
    report = json.loads((tmp_path / "results.json").read_text())
    assert report["config"]["seed"] == 0 and report["config"]["files"] == 60
    held_out = report["parts"]["held out"]["docstrings"]
    assert list(held_out) == list(report["packages"]) == ["jax", "numpy", "scipy", "optax"]
    results = {result["model"]: result for result in report["results"]}
    difference = results.pop("mlp - logistic")
    assert list(results) == ["majority", "logistic", "mlp"]
    for result in results.values():
        counts = np.array(result["confusion"])
        assert counts.sum(1).tolist() == list(held_out.values())
        assert result["accuracy"] == pytest.approx(counts.trace() / counts.sum())
        assert result["ci95"][0] < result["accuracy"] < result["ci95"][1]
    accuracy = {model: result["accuracy"] for model, result in results.items()}
    assert difference["accuracy"] == pytest.approx(accuracy["mlp"] - accuracy["logistic"])
    assert accuracy["mlp"] > max(accuracy["majority"], 0.25) + 0.05
    assert "Answers of the mlp, names masked" in process.stdout


def test_texts_count_once_and_those_of_two_packages_or_of_tests_do_not(
    experiment, tmp_path, monkeypatch, rng
):
    sources = {
        "jax/a.py": ["One of the texts of jax.", "A text that two packages share."],
        "jax/b.py": ["One of the texts of JAX!", "Too short, jax jax jnp jax."],
        "jax/a_test.py": ["A text about testing all of this."],
        "numpy/a.py": ["A text that two packages share."],
        "scipy/a.py": ["Special functions of scipy and numpy, sorted."],
    }
    for name, texts in sources.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        functions = [f'def f{i}():\n    """{text}"""\n' for i, text in enumerate(texts)]
        (tmp_path / name).write_text("".join(functions))
    monkeypatch.setattr(
        experiment.builtin, "package_files", lambda name: sorted((tmp_path / name).glob("*.py"))
    )
    examples = experiment.read_examples(rng, experiment.Config(min_words=4))
    masked = experiment.mask_names({"all": examples})["all"]
    assert [(example.package, example.sentences) for example in masked] == [
        (0, [["one", "of", "the", "texts", "of"]]),
        (2, [["special", "functions", "of", "and", "sorted"]]),
    ]


def test_no_file_is_in_two_parts(experiment, rng):
    examples = [
        experiment.Example(file % 4, file, [["word"]]) for file in range(80) for _ in range(3)
    ]
    parts = experiment.split(rng, examples, experiment.Config())
    files = {part: {example.file for example in inside} for part, inside in parts.items()}
    assert [len(inside) for inside in files.values()] == [56, 8, 16]
    assert len(set().union(*files.values())) == 80
    assert sum(map(len, parts.values())) == len(examples)


def test_intervals_are_of_files_not_of_docstrings(experiment, rng):
    """Copies of a file's docstrings tell nothing new, so they must not narrow the interval."""
    files, right = np.arange(50), np.arange(50)[None] % 2
    widths = []
    for copies in (1, 20):
        examples = [experiment.Example(0, int(file), []) for file in np.repeat(files, copies)]
        draws = experiment.resampled_accuracy(rng, examples, np.repeat(right, copies, axis=1), 4000)
        assert draws.shape == (4000, 1)
        assert draws.mean() == pytest.approx(0.5, abs=0.01)
        low, high = experiment.interval(draws[:, 0].tolist())
        widths.append(high - low)
    assert widths == pytest.approx([2 * 1.96 * 0.5 / 50**0.5] * 2, rel=0.1)

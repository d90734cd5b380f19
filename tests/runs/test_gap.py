import json
import shutil
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext import cli, gap, runs, text
from jaxtext.base.types import EmbeddingParams
from jaxtext.models import sgns
from jaxtext.models.objective import Objective
from jaxtext.runs import gap as run_gap
from jaxtext.runs import repeating
from jaxtext.training import METHODS, counting
from jaxtext.training.sampling import keep_probability, noise_distribution

SMALL = ["--dim=8", "--min-count=1"]


def encoded(topic_file, vocab):
    return text.encode_sentences(text.sentences(topic_file.read_text().splitlines()), vocab)


def gap_of(run, tmp_path, *options):
    file = tmp_path / f"{run.name}.json"
    assert cli.run(["gap", str(run), "--json", str(file), *map(str, options)]) == 0
    return json.loads(file.read_text())


def test_the_gap_of_a_run_is_that_of_its_own_objective(trained, topic_file, tmp_path):
    """Counts of one thinned reading, noise by words, k = 5: computed here from the definition."""
    run = runs.Run(trained / "sgns")
    loaded = run.embeddings()
    ids = encoded(topic_file, loaded.vocab)
    keep = keep_probability(loaded.vocab.counts, 1e-3)
    ids = text.thinned(ids, keep, np.random.default_rng([0, counting.THINNING]))
    counts = text.cooccurrence(ids, 50, 5, dynamic=True)
    noise = noise_distribution(loaded.vocab.counts, 0.75)
    params = EmbeddingParams(
        *(jnp.asarray(t, jnp.float64) for t in (loaded.center, loaded.context))
    )
    expected = sgns.expected_loss(params, counts.toarray(), noise, 5)
    found = gap_of(run.folder, tmp_path)
    assert found["all_cells"]["objective"] == pytest.approx(float(expected), rel=1e-12)
    assert found["pairs"] == pytest.approx(counts.sum())
    assert (found["method"], found["negatives"], found["noise_exponent"]) == ("sgns", 5, 0.75)
    assert found["centers"] == 50


def test_the_gap_of_svd_has_the_noise_of_pairs_and_expected_weights(trained, topic_file, tmp_path):
    loaded = runs.load(trained / "svd")
    keep = keep_probability(loaded.vocab.counts, 1e-3)
    ids = encoded(topic_file, loaded.vocab)
    counts = text.cooccurrence(ids, 50, 5, dynamic=True, keep=keep).toarray()
    params = EmbeddingParams(
        *(jnp.asarray(t, jnp.float64) for t in (loaded.center, loaded.context))
    )
    expected = sgns.expected_loss(params, counts, counts.sum(0) / counts.sum(), 1)
    found = gap_of(trained / "svd", tmp_path)
    assert found["all_cells"]["objective"] == pytest.approx(float(expected), rel=1e-12)


def test_exact_is_nearer_to_the_optimum_than_sampling(trained, tmp_path):
    exact, sampled = (gap_of(trained / name, tmp_path) for name in ("exact", "sgns"))
    assert exact["all_cells"]["optimum"] == sampled["all_cells"]["optimum"]
    assert exact["all_cells"]["percent"] < sampled["all_cells"]["percent"]
    assert exact["correlation"] > sampled["correlation"]


def test_training_ends_with_the_gap_of_the_manifest(trained, tmp_path):
    for method in METHODS:
        manifest = json.loads((trained / method / runs.MANIFEST).read_text())
        found = gap_of(trained / method, tmp_path)
        assert manifest["gap"] == {name: found[name] for name in manifest["gap"]}
        assert manifest["gap"]["all_cells"]["percent"] > 0


def test_gap_prints_tables_and_draws_a_figure(trained, tmp_path, capsys):
    figure = tmp_path / "figure.png"
    assert cli.run(["gap", str(trained / "sgns"), "--figure", str(figure), "--centers", "20"]) == 0
    assert figure.read_bytes().startswith(b"\x89PNG")
    shown = capsys.readouterr().out
    for words in ("estimated from 20 of 50 centers", "observed", "correlation", "farthest", "t3w1"):
        assert words in shown


@pytest.mark.parametrize("where", ["other text", "vectors only", "missing", "damaged", "centers"])
def test_a_gap_that_cannot_be_computed_is_one_line_and_nothing_written(
    trained, tmp_path, capsys, where
):
    run, options = trained / "sgns", []
    if where == "other text":
        options = [tmp_path / "other.txt"]
        options[0].write_text("some other words stand here\n" * 9)
        message = "the vocabulary of this text (5 words) is not that of"
    elif where == "vectors only":
        run, message = run / runs.VECTORS, "is not a run folder"
    elif where == "missing":
        run, message = tmp_path / "nothing", "no such run"
    elif where == "damaged":
        run, message = shutil.copytree(run, tmp_path / "run"), "config.json: damaged"
        (run / runs.CONFIG).write_text('{"dim": 8, "size": 9, "paths": [], "out": "x"}')
    else:
        options, message = ["--centers", "0"], "--centers 0: must be at least 1"
    before = sorted(path.name for path in tmp_path.iterdir())
    file = tmp_path / "gap.json"
    assert cli.run(["gap", str(run), *map(str, options), "--json", str(file)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_sample_of_a_text_is_used_where_it_is_long(trained, topic_file):
    run = runs.Run(trained / "sgns")
    record, loaded = repeating.record_of(run), run.embeddings()
    ids = encoded(topic_file, loaded.vocab)
    corpus = text.Corpus(loaded.vocab, ids, len(ids.ids), "")
    tables = loaded.center, loaded.context
    some = run_gap.measure(record, corpus, tables, 30, len(ids.ids) // 4)
    whole = run_gap.measure(record, corpus, tables, 30)
    assert 0.2 < some.pairs / whole.pairs < 0.3


def test_enabling_float64_for_the_gap_leaves_the_setting_as_it_was(trained):
    before = jax.config.jax_enable_x64
    params = EmbeddingParams(jnp.ones((2, 1)), jnp.ones((2, 1)))
    gap.measure(params, Objective(np.ones((2, 2)), np.full(2, 0.5), 1))
    assert jax.config.jax_enable_x64 == before


@pytest.mark.parametrize(
    ("suffix", "message"),
    [("doc", "figure.doc: the name must end in one of ."), ("png", "matplotlib")],
)
def test_a_figure_that_cannot_be_drawn_is_one_line(
    trained, tmp_path, capsys, monkeypatch, suffix, message
):
    if suffix == "png":
        monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    figure = tmp_path / f"figure.{suffix}"
    options = ["--centers", "20", "--figure", str(figure)]
    assert cli.run(["gap", str(trained / "sgns"), *options]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not list(tmp_path.iterdir())

import dataclasses
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import typing
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from jaxtext import cli, runs, text
from jaxtext.cli.train import Train, cut
from jaxtext.models import pmi
from jaxtext.text import reading
from jaxtext.training import METHODS, settings
from jaxtext.training.stream import loop, plan

SMALL = ["--dim=8", "--epochs=2", "--min-count=1", "--subsample=0"]
SVD = ["--min-count=1", "--subsample=0", "--method=svd"]


@pytest.fixture(scope="module")
def run_folder(topic_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    assert cli.run(["train", str(topic_file), "--out", str(folder), *SMALL]) == 0
    return folder


def test_train_writes_the_files_of_the_contract(run_folder, topic_file):
    names = sorted(path.name for path in run_folder.iterdir())
    assert names == sorted(runs.FILES) and len(names) == 6
    manifest = json.loads((run_folder / runs.MANIFEST).read_text())
    content = topic_file.read_bytes()
    assert manifest["corpus"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["corpus"]["tokens"] == len(content.split())
    assert manifest["status"] == "complete"
    vectors = (run_folder / runs.VECTORS).read_bytes()
    assert manifest["vectors_sha256"] == hashlib.sha256(vectors).hexdigest()
    assert {"jaxtext", "jax", "jaxlib", "numpy", "python"} <= set(manifest["versions"])
    config = json.loads((run_folder / runs.CONFIG).read_text())
    assert (config["dim"], config["window"], config["noise_exponent"]) == (8, 5, 0.75)
    metrics = [json.loads(line) for line in (run_folder / runs.METRICS).read_text().splitlines()]
    assert metrics[-1]["done"] == 1
    assert metrics[-1]["loss"] < metrics[0]["loss"]
    assert [path.name for path in run_folder.parent.iterdir()] == ["run"]


def test_how_a_text_is_read_is_chosen_recorded_and_repeated(tmp_path, capsys):
    folder = tmp_path / "texts"
    folder.mkdir()
    lines = "kr_1 I-3 caf\xe9\n\nI-3\nkr_1 caf\xe9\n\n" * 20
    (folder / "a.txt").write_bytes(lines.encode("latin-1"))
    (folder / "b.md").write_text("left out\n")
    chosen = {
        "tokens": "whitespace", "language": "tr", "sentences": "paragraphs", "encoding": "latin-1",
        "errors": "replace",
    }  # fmt: skip
    options = [f"--{name}={value}" for name, value in chosen.items()]
    small = ["--dim=4", "--epochs=1", "--subsample=0", "--lowercase"]
    out = tmp_path / "run"
    assert cli.run(["train", str(folder), *options, *small, "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "120 words in 40 sentences of 1 file; 3 different words" in shown
    assert "1 file was not read, b.md (none of" in shown
    config = json.loads((out / runs.CONFIG).read_text())
    assert chosen.items() <= config.items()
    assert runs.load(out).vocab.words == ("café", "kr_1", "ı-3")
    manifest, again = str(out / runs.MANIFEST), str(tmp_path / "again")
    assert cli.run(["train", "--from-manifest", manifest, "--out", again]) == 0
    assert "the same as in" in capsys.readouterr().out
    resume = ["train", "--resume", "--out", str(out)]
    assert cli.run([*resume, "--tokens", "words"]) == 2
    assert "--tokens words: was whitespace in the run" in capsys.readouterr().err


def test_phrases_are_words_of_a_run_and_are_found_again(tmp_path, capsys):
    text, out = tmp_path / "a.txt", tmp_path / "run"
    cities = [
        f"{word} new york city {word}\n{word} city {word} new {word}\n" for word in "abcdefghi"
    ]
    text.write_text("".join(cities * 2))
    options = ["--phrases=2", "--phrase-separator=+", "--dim=4", "--epochs=1", "--subsample=0"]
    assert cli.run(["train", str(text), *options, "--min-count=1", "--out", str(out)]) == 0
    assert "12 different words, 1 phrase among them" in capsys.readouterr().out
    assert "new+york+city" in runs.load(out)
    config = json.loads((out / runs.CONFIG).read_text())
    assert (config["phrases"], config["phrase_score"], config["phrase_min_count"]) == (2, "npmi", 5)
    manifest, again = str(out / runs.MANIFEST), str(tmp_path / "again")
    assert cli.run(["train", "--from-manifest", manifest, "--out", again]) == 0
    assert "the same as in" in capsys.readouterr().out
    assert cli.run(["gap", str(out)]) == 0
    capsys.readouterr()
    assert cli.run(["train", str(text), "--phrase-score=npmi", "--out", again + "2"]) == 2
    assert "--phrase-score npmi: matters to phrases alone" in capsys.readouterr().err


def test_trained_tables_have_a_row_a_word_in_float32(run_folder):
    loaded = runs.load(run_folder)
    assert loaded.center.shape == loaded.context.shape == (50, 8)
    assert loaded.center.dtype == np.float32
    assert loaded.vocab.counts.sum() == 36_000


def test_the_same_seed_gives_the_same_file_from_any_form_of_the_text(run_folder, topics, tmp_path):
    import lzma

    half = len(topics) // 2
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "a.txt").write_text("\n".join(topics[:half]))
    (folder / "b.xz").write_bytes(lzma.compress(("\n".join(topics[half:]) + "\n").encode()))
    assert cli.run(["train", str(folder), "--out", str(tmp_path / "run"), *SMALL]) == 0
    again = (tmp_path / "run" / runs.VECTORS).read_bytes()
    assert again == (run_folder / runs.VECTORS).read_bytes()


def test_svd_of_the_counts_finds_the_topics_and_repeats_to_the_bit(topic_file, tmp_path, capsys):
    hashes = []
    for name in ("a", "b"):
        folder = tmp_path / name
        options = [*SVD, "--dim=5", "--out", str(folder)]
        assert cli.run(["train", str(topic_file), *options]) == 0
        hashes.append(json.loads((folder / runs.MANIFEST).read_text())["vectors_sha256"])
    assert hashes[0] == hashes[1]
    config = json.loads((folder / runs.CONFIG).read_text())
    assert (config["method"], config["negatives"], config["noise_exponent"]) == ("svd", 1, 1.0)
    capsys.readouterr()
    assert cli.run(["neighbors", str(folder), "t3w1", "--top", "9"]) == 0
    assert capsys.readouterr().out.count("t3w") == 10  # the title's, and all nine others


def test_scores_of_an_svd_run_approximate_its_positive_pmi(topic_file, tmp_path):
    folder = tmp_path / "run"
    options = [*SVD, "--dim=50", "--out", str(folder)]
    assert cli.run(["train", str(topic_file), *options]) == 0
    loaded = runs.load(folder)
    sentences = text.sentences(topic_file.read_text().splitlines())
    encoded = text.encode_sentences(sentences, loaded.vocab)
    counts = text.cooccurrence(encoded, 50, 5, dynamic=True)
    expected = pmi.positive(pmi.pmi(counts)).toarray()
    np.testing.assert_allclose(loaded.center @ loaded.context.T, expected, atol=1e-5)


def test_svd_with_more_dimensions_than_words_leaves_nothing(topic_file, tmp_path, capsys):
    options = ["--method=svd", "--dim=51", "--out", str(tmp_path / "new" / "run")]
    assert cli.run(["train", str(topic_file), *options]) == 2
    assert "--dim 51: svd has at most as many dimensions as words, 50" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_without_a_path_the_built_in_corpus_is_used(tmp_path, topic_file, monkeypatch, capsys):
    monkeypatch.setattr(reading, "builtin_corpus", lambda: topic_file)
    assert cli.run(["train", "--out", str(tmp_path / "run"), *SMALL]) == 0
    manifest = json.loads((tmp_path / "run" / runs.MANIFEST).read_text())
    assert manifest["corpus"]["sources"] == ["built-in"]
    shown = capsys.readouterr().out
    assert "Nearest words by cosine" in shown
    assert "vectors.safetensors" in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--dim=0"], "--dim 0: must be from 1 to 10000"),
        (["--window=0"], "--window 0: must be from 1"),
        (["--negatives=0"], "--negatives 0: must be from 1"),
        (["--epochs=-1"], "--epochs -1: must be from 1"),
        (["--min-count=0"], "--min-count 0: must be at least 1"),
        (["--max-vocab=0"], "--max-vocab 0: must be at least 1"),
        (["--subsample=-1"], "--subsample -1.0: must be from 0 to 1"),
        (["--checkpoint-every=nan"], "--checkpoint-every nan: must be"),
        (["--checkpoint-every=-1"], "--checkpoint-every -1.0: must be"),
        (["--subsample=nan"], "--subsample nan: must be"),
        (["--noise-exponent=nan"], "--noise-exponent nan: must be from -2 to 2"),
        (["--learning-rate=-0.1"], "--learning-rate -0.1: must be from 1e-12 to 1000000"),
        (["--learning-rate=nan"], "--learning-rate nan: must be from"),
        (["--learning-rate=1e300"], "--learning-rate 1e+300: must be from"),
        (["--seed=-1"], "--seed -1: must be from 0"),
        (["--subsample=1e-30"], "--subsample 1e-30: leaves no pair of words"),
        (["--min-count=1000000"], "the most frequent, 't"),
    ],
)
def test_options_without_sense_are_refused_and_nothing_is_written(
    topic_file, tmp_path, capsys, options, message
):
    out = tmp_path / "deep" / "run"
    assert cli.run(["train", str(topic_file), "--out", str(out), *options]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.txt", None, "missing.txt: no such file or folder"),
        ("empty.txt", b"", "empty.txt: the file is empty"),
        ("empty.gz", gzip.compress(b"", mtime=0), "empty.gz: empty: there are no words"),
        ("blank.txt", b"\n ... \n", "blank.txt: empty: there are no words"),
        ("image.txt", b"\x89PNG\r\n\x1a\n\0", "image.txt: a picture, not text"),
        ("lone.txt", b"a\na\na\na\na\n", "no sentence has two words"),
    ],
)
def test_text_that_cannot_be_used_is_refused_and_nothing_is_written(
    tmp_path, capsys, name, content, message
):
    path, out = tmp_path / name, tmp_path / "out" / "run"
    if content is not None:
        path.write_bytes(content)
    before = sorted(tmp_path.iterdir())
    assert cli.run(["train", str(path), "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_an_interrupted_run_leaves_nothing(topic_file, tmp_path, capsys, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "compiled_probe", lambda *args: interrupt)
    assert cli.run(["train", str(topic_file), "--out", str(tmp_path / "a" / "run")]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_existing_run_stays_as_it_is(run_folder, topic_file, capsys):
    before = {path: path.read_bytes() for path in run_folder.iterdir()}
    assert cli.run(["train", str(topic_file), "--out", str(run_folder)]) == 2
    assert "already contains a run" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in run_folder.iterdir()} == before


def test_unknown_options_and_types_exit_with_two(topic_file, tmp_path):
    for options in (["--nonsense=1"], ["--dim=many"], ["--method=magic"]):
        with pytest.raises(SystemExit) as caught:
            cli.run(["train", str(topic_file), "--out", str(tmp_path / "run"), *options])
        assert caught.value.code == 2


def test_divergence_keeps_the_last_good_vectors_and_says_what_to_change(
    topic_file, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(plan, "MAX_ROW_STEP", 1e9)
    monkeypatch.setattr(plan, "MIN_MEAN_DAMPING", 0.0)
    monkeypatch.setattr(plan, "MAX_BURST_STEP", 1e9)
    out = tmp_path / "run"
    options = [*SMALL, "--dim=10", "--learning-rate=1e4", "--epochs=20"]
    assert cli.run(["train", str(topic_file), "--out", str(out), *options]) == 1
    error = capsys.readouterr().err
    assert "--learning-rate 10000.0: training diverged" in error
    assert "last good vectors" in error
    assert json.loads((out / runs.MANIFEST).read_text())["status"] == "diverged"
    assert runs.load(out).center.shape == (50, 10)
    assert np.isfinite(runs.load(out).center).all()


@pytest.mark.parametrize("text", ["topics", "one"])
def test_a_learning_rate_of_100_ends_with_finite_vectors_and_status_one(
    text, topic_file, tmp_path, capsys
):
    path = topic_file
    if text == "one":
        path = tmp_path / "one.txt"
        path.write_text("word " * 20_000)
    out = tmp_path / "run"
    assert cli.run(["train", str(path), "--out", str(out), "--dim=10", "--learning-rate=100"]) == 1
    error = capsys.readouterr().err
    assert "this rate is too large for this text: try 0.025" in error
    assert error.count("\n") == 1
    assert json.loads((out / runs.MANIFEST).read_text())["status"] == "diverged"
    loaded = runs.load(out)
    assert np.isfinite(loaded.center).all() and np.isfinite(loaded.context).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_text_of_one_word_ends_at_the_optimum_or_says_why_not(method, tmp_path, capsys):
    (tmp_path / "one.txt").write_text("word word word word\n" * 5000)
    out = tmp_path / "run"
    options = ["--dim=1", "--subsample=0", "--method", method]
    options += ["--learning-rate=0.1", "--epochs=20"] if method == "sgns" else []
    status = cli.run(["train", str(tmp_path / "one.txt"), "--out", str(out), *options])
    shown = capsys.readouterr()
    assert "'word' is the only word" in shown.out
    if method == "svd":
        assert status == 2 and not out.exists()
        assert "nothing to factorize" in shown.err
        return
    assert status == 0
    loaded = runs.load(out)
    if method == "softmax":
        assert json.loads((out / runs.MANIFEST).read_text())["gap"]["all_cells"]["objective"] == 0
        return  # any score will do
    score = float(loaded.center[0] @ loaded.context[0])
    assert abs(score + np.log(5)) < 0.1  # PMI 0, shifted by ln k


def test_neighbors_prints_the_words_of_the_topic(run_folder, capsys):
    assert cli.run(["neighbors", str(run_folder), "t1w3", "--top", "4"]) == 0
    shown = capsys.readouterr().out
    assert "Nearest to t1w3" in shown
    assert shown.count("t1w") == 1 + 4


def test_an_unknown_word_gets_close_spellings_and_status_two(run_folder, capsys):
    assert cli.run(["neighbors", str(run_folder), "t1w33"]) == 2
    assert "did you mean t1w3" in capsys.readouterr().err


def test_an_unknown_word_gets_a_vector_from_sentences_that_contain_it(topic_file, tmp_path, capsys):
    text, folder = tmp_path / "new.txt", tmp_path / "run"
    small = ["--method=exact", "--dim=6", "--epochs=4", "--no-gap"]
    assert cli.run(["train", str(topic_file), *small, "--out", str(folder)]) == 0
    capsys.readouterr()
    text.write_text("t3w1 t3w4 Zebra t3w2\nt1w1 t2w2\nzebra t3w7 t3w8\n" * 5)
    ask = ["neighbors", str(folder), "zebra", "t1w3", "--top=4"]
    assert cli.run([*ask, "--contexts", str(text)]) == 0
    shown = capsys.readouterr().out
    first, second = shown.split("Nearest to t1w3")
    assert "Nearest to zebra" in first and first.count("t3w") == 4
    assert second.count("t1w") == 4
    assert cli.run([*ask[:3], "quagga", "--contexts", str(text)]) == 2
    assert "'quagga' is in none of the sentences" in capsys.readouterr().err
    vectors = tmp_path / "v.vec"
    assert cli.run(["export", str(folder), str(vectors)]) == 0
    capsys.readouterr()
    assert cli.run(["neighbors", str(vectors), "zebra", "--contexts", str(text)]) == 2
    assert "--contexts: " in (shown := capsys.readouterr().err) and "is not a run folder" in shown


def test_analogy_prints_answers(run_folder, capsys):
    assert cli.run(["analogy", str(run_folder), "t1w1", "t1w2", "t2w1", "--top", "3"]) == 0
    shown = capsys.readouterr().out
    assert "t1w1 is to t1w2 as t2w1 is to" in shown


@pytest.mark.parametrize("form", ["word2vec-text", "word2vec-binary", "safetensors", "projector"])
def test_export_then_neighbors_of_the_file_are_those_of_the_run(run_folder, tmp_path, capsys, form):
    path = tmp_path / "vectors"
    assert cli.run(["export", str(run_folder), str(path), "--format", form]) == 0
    capsys.readouterr()
    shown = []
    for source in (run_folder, path):
        assert cli.run(["neighbors", str(source), "t1w3"]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]


def test_info_shows_corpus_options_versions_and_hash(run_folder, tmp_path, capsys):
    assert cli.run(["info", str(run_folder)]) == 0
    shown = capsys.readouterr().out
    manifest = json.loads((run_folder / runs.MANIFEST).read_text())
    for expected in ("noise_exponent", "versions jax", "36000", manifest["vectors_sha256"][:20]):
        assert expected in shown
    assert cli.run(["info", str(tmp_path / "nothing")]) == 2


def test_help_fills_its_lines(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as error:
        cli.run(["train", "--help"])
    assert error.value.code == 0
    lines = [line.strip("│ ") for line in capsys.readouterr().out.splitlines()]
    assert any("files, also in gzip, bzip2, xz" in line for line in lines)


def test_help_answers_without_heavy_imports():
    code = (
        "import sys\nfrom jaxtext.cli import run\n"
        "try:\n    run(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'jax', 'numpy', 'scipy'} & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert "subcommands" in shown
    assert shown.endswith("[]\n")


def test_python_m_jaxtext_reads_standard_input(topics, tmp_path):
    process = subprocess.run(
        [sys.executable, "-m", "jaxtext", "train", "-", "--out", "run", *SMALL],
        input="\n".join(topics[:200]).encode(),
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "JAX_PLATFORMS": "cpu"},
    )
    assert process.returncode == 0, process.stderr
    assert runs.load(tmp_path / "run").center.shape == (50, 8)


def test_help_states_the_defaults_of_the_records():
    """The record of each method has the defaults; help repeats them as text."""
    defaults = {
        each.name: {method.name: getattr(method(), each.name) for method in METHODS.values()
                    if each.name in settings.settings_of(method)}
        for each in dataclasses.fields(settings.Sgns)
    }  # fmt: skip
    texts = {
        field.name: next(
            each.help_behavior_hint
            for each in typing.get_args(
                typing.get_type_hints(Train, include_extras=True)[field.name]
            )
            if hasattr(each, "help_behavior_hint")
        )
        for field in dataclasses.fields(Train)
        if field.name in defaults
    }
    for name, by_method in defaults.items():
        common = "by size of the text" if by_method["sgns"] is None else by_method["sgns"]
        assert f"(default: {common}" in texts[name]
        for method, value in by_method.items():
            if value not in (by_method["sgns"], None):
                assert f"{method}: {value:g}" in texts[name]


@pytest.mark.parametrize(
    ("method", "option", "name"),
    [
        ("svd", "--learning-rate=0.1", "learning rate"),
        ("svd", "--epochs=2", "epochs"),
        ("exact", "--learning-rate=0.1", "learning rate"),
    ],
)
def test_an_option_that_the_method_does_not_have_is_refused(
    topic_file, tmp_path, capsys, method, option, name
):
    command = ["train", str(topic_file), "--method", method, option]
    assert cli.run([*command, "--out", str(tmp_path / "run")]) == 2
    flag = option.partition("=")[0]
    assert capsys.readouterr().err == f"jaxtext: {flag}: {method} has no {name}\n"
    assert not list(tmp_path.iterdir())


def test_only_what_is_given_is_cut_out_of_the_flat_options():
    place, given = cut(Train(("a.txt",), dim=0, no_lowercase=True, seed=0, resume=True))
    assert given == {"paths": ("a.txt",), "dim": 0, "seed": 0, "lowercase": False}
    assert (place.resume, place.checkpoint_every, place.seconds) == (True, None, 60.0)


def piped(*arguments, lines=0):
    """Status and standard error of a process whose output is read for so many lines."""
    command = [sys.executable, "-m", "jaxtext", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        for _ in range(lines):
            process.stdout.readline()
        process.stdout.close()
        error = process.stderr.read().decode()
    return process.returncode, error


def test_a_run_that_no_reader_listens_to_is_finished(topic_file, tmp_path):
    for lines in (0, 1):
        out = tmp_path / f"run{lines}"
        command = ["train", topic_file, "--out", out, *SMALL]
        assert piped(*command, lines=lines) == (0, "")
        assert json.loads((out / runs.MANIFEST).read_text())["status"] == "complete"


def test_a_full_or_closed_output_costs_no_run(topic_file, tmp_path):
    for number, redirected in enumerate((">/dev/full", ">&-")):
        out = tmp_path / str(number)
        command = [sys.executable, "-m", "jaxtext", "train", str(topic_file), "--out", str(out)]
        process = subprocess.run(
            ["sh", "-c", f'"$@" {redirected}', "sh", *command, *SMALL],
            stderr=subprocess.PIPE,
            text=True,
        )
        assert (process.returncode, process.stderr) == (0, "")
        assert runs.load(out).center.shape == (50, 8)


def test_tables_whose_reader_has_seen_enough_end_quietly(run_folder, tmp_path):
    assert piped("info", run_folder, lines=3) == (0, "")
    (tmp_path / "pairs").write_text("t1w1 t1w2 3\nt1w1 t2w2 1\n")
    scores = tmp_path / "scores.json"
    command = ["evaluate", run_folder, "--similarity", tmp_path / "pairs", "--json", scores]
    assert piped(*command) == (0, "")
    assert json.loads(scores.read_text())["similarity"]["pairs"]["covered"] == 2


def test_words_are_shown_as_they_are(tmp_path, capsys):
    (tmp_path / "v").write_text(":smile: 1 2\n[b] 2 1\n\x1b[31m 1 1\n")
    assert cli.run(["neighbors", str(tmp_path / "v"), ":smile:"]) == 0
    shown = capsys.readouterr().out
    assert "Nearest to :smile:" in shown and "[b]" in shown and "\\x1b[31m" in shown
    assert "\x1b" not in shown


def test_a_text_that_thinning_empties_after_the_training_is_a_run_without_a_distance(
    topic_file, tmp_path, capsys
):
    out = tmp_path / "run"
    options = ["--max-vocab=1", "--dim=4", "--subsample=0.01", "--epochs=40", "--seed=1"]
    (tmp_path / "text").write_text("a a\n" * 12)
    assert cli.run(["train", str(tmp_path / "text"), "--out", str(out), *options]) == 0
    assert "subsampling leaves no pair" in capsys.readouterr().out
    manifest = json.loads((out / runs.MANIFEST).read_text())
    assert (manifest["status"], manifest["gap"]) == ("complete", None)


def test_a_damaged_config_is_one_line(run_folder, topic_file, tmp_path, capsys):
    folder = shutil.copytree(run_folder, tmp_path / "run")
    config = json.loads((folder / runs.CONFIG).read_text())
    for name in ("window", "negatives"):
        (folder / runs.CONFIG).write_text(json.dumps(config | {name: 0}))
        assert cli.run(["gap", str(folder)]) == 2
        assert f"config.json: damaged: {name}=0: must be" in capsys.readouterr().err
    (folder / runs.CONFIG).write_text(json.dumps(config | {"paths": [1, 2]}))
    assert cli.run(["info", str(folder)]) == 0
    assert "1, 2" in capsys.readouterr().out


def test_a_signal_is_left_to_others_outside_of_the_main_thread(topic_file, tmp_path):
    command = ["train", str(topic_file), "--out", str(tmp_path / "run"), *SMALL]
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(cli.run, command).result() == 0


@pytest.mark.parametrize(
    ("function", "error", "status", "message"),
    [
        ("load", KeyboardInterrupt(), 130, "interrupted"),
        ("load", PermissionError(13, "Permission denied", "some.txt"), 2, "some.txt: Permission"),
        ("load", OSError("strange"), 2, "input or output: strange"),
    ],
)
def test_other_errors_are_one_line(function, error, status, message, capsys, monkeypatch):
    def fails(*arguments):
        raise error

    monkeypatch.setattr(runs, function, fails)
    assert cli.run(["neighbors", "run", "word"]) == status
    shown = capsys.readouterr().err
    assert message in shown and shown.count("\n") == 1


def test_options_come_from_a_file_and_the_command_line_goes_before(topic_file, tmp_path, capsys):
    file = tmp_path / "options.toml"
    file.write_text(
        f'paths = "{topic_file}"\nmethod = "sgns"\ndim = 6\nmin-count = 1\nepochs = 1\n'
        f'subsample = 0\nlowercase = false\nout = "{tmp_path / "run"}"\nno_gap = true\n'
    )
    assert cli.run(["train", "--config", str(file), "--epochs=2"]) == 0
    config = json.loads((tmp_path / "run" / runs.CONFIG).read_text())
    expected = {"dim": 6, "min_count": 1, "epochs": 2, "lowercase": False, "gap": False}
    assert {name: config[name] for name in expected} == expected
    other = tmp_path / "other"
    arguments = [str(topic_file), "--dim=6", "--min-count=1", "--epochs=2", "--subsample=0"]
    assert cli.run(["train", *arguments, "--no-lowercase", "--out", str(other)]) == 0
    same = [(each / runs.VECTORS).read_bytes() for each in (tmp_path / "run", other)]
    assert same[0] == same[1]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("dimm = 5", "no such option: dimm: did you mean dim?"),
        ("dim = ", "cannot be read: "),
        ("[dim]\nx = 1", "dim must be one value"),
        ('dim = "many"', "dim must be a whole number, found 'many'"),
        ("dim = 5.5", "dim must be a whole number, found 5.5"),
        ("dim = -1", "--dim -1: must be"),
        ("no_gap = 1", "no_gap must be true or false, found 1"),
        ("paths = 3", "paths must be a path, or a list of paths, found 3"),
        ("paths = [1]", "paths must be"),
        ("out = 3", "out must be a path, found 3"),
        (
            'method = "word2vec"',
            "method must be one of sgns, exact, softmax, svd, found 'word2vec'",
        ),
        ("resume = true", "no such option: resume"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(tmp_path, capsys, monkeypatch, content, line):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "options.toml"
    if content is not None:
        file.write_text(content)
    assert cli.run(["train", "--config", str(file)]) == 2
    shown = capsys.readouterr()
    assert line in shown.err and shown.err.count("\n") == 1
    assert not (tmp_path / "runs").exists()

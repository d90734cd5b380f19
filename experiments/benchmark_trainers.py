"""jaxtext and its peers on the same text, settings and machine, in turn: speed, memory, quality.

    pip install -e '.[bench]'
    python experiments/benchmark_trainers.py CORPUS --eval EVAL --out runs/benchmark

CORPUS is a plain text file; EVAL is a folder with similarity/ws353.tsv, similarity/simlex999.tsv
and analogy/questions-words.txt. Each tool runs in a process of its own, with two workers or cores:
jaxtext from raw text to vectors on disk, its peers from the tokens of this text, one sentence a
line, which are written before and not part of their time. Memory is the largest resident set of the
process or of one that it starts. Training speed counts every word of the text, subsampled or not.
For jaxtext it includes compilation, and counting for the methods that count; for word2vec and
fasttext, which read the text in the same call, it includes the counting of words. --tools chooses
among gensim, jaxtext, word2vec and fasttext. fastText takes no seed; it is told of subwords longer
than any word, with a table for them that its memory includes, since without one (maxn = 0) it
leaves a part of its first vectors unset and ends in NaN. Takes five to seven minutes per seed on 2
cores for 16 million words, and seventeen more for word2vec and fasttext; nothing else should run.
Expect jaxtext to train at 6 to 8 times the speed of gensim, 8 times that of word2vec and 11 times
that of fasttext, with no worse a mean score.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from statistics import mean, median
from typing import Annotated, Literal, cast

import numpy as np
import tyro
from tyro.conf import Positional, arg

from jaxtext.base.errors import InputError
from jaxtext.base.files import write_json, write_text
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables

SIMILARITY = ("ws353", "simlex999")
ANALOGY = "questions-words"
ANALOGY_WORDS = 30_000  # answers and questions are among the most frequent words
SETS = (*SIMILARITY, ANALOGY)
FORMS: dict[str, Callable[[float], str]] = {
    "words/s": lambda value: f"{value / 1e6:.2f} M",
    "end to end s": lambda value: f"{value:.0f}",
    "peak MB": lambda value: f"{value:.0f}",
}
Measured = dict[str, float]
Tool = Literal["gensim", "jaxtext", "word2vec", "fasttext"]
WORKERS = 2
LONGER = 10_000  # characters: longer than any word


@dataclass(frozen=True)
class Config:
    """Settings that all tools get."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    eval: Path | None = None
    out: Path = Path("runs/benchmark")
    seeds: tuple[int, ...] = (0, 1, 2)
    dim: int = 100
    window: int = 5
    negatives: int = 5
    epochs: int = 5
    min_count: int = 5
    subsample: float = 1e-3
    tools: tuple[Tool, ...] = ("gensim", "jaxtext")
    worker: str = ""
    """Internal: train with this tool in this process, with the first seed, into the folder out."""


def tokenized(corpus: Path, lines: Path) -> int:
    """Write the tokens of a text as jaxtext reads it, a sentence a line; return their number."""
    import jaxtext

    read = jaxtext.read(corpus, min_count=1)
    words, first = np.array(read.vocab.words, object), 0
    with open(lines, "w", encoding="utf-8") as file:
        for last in read.text.ends.tolist():
            file.write(" ".join(words[read.text.ids[first:last]]) + "\n")
            first = last
    return read.tokens


def train_gensim(config: Config) -> Measured:
    """Train from tokens to a word2vec file; return the seconds of training alone."""
    from gensim.models import Word2Vec

    model = Word2Vec(
        vector_size=config.dim, window=config.window, negative=config.negatives,
        min_count=config.min_count, sample=config.subsample, sg=1, workers=WORKERS,
        seed=config.seeds[0] + 1,
    )  # fmt: skip
    model.build_vocab(corpus_file=str(config.corpus))
    begin = time.perf_counter()
    model.train(
        corpus_file=str(config.corpus),
        total_examples=model.corpus_count,
        total_words=model.corpus_total_words,
        epochs=config.epochs,
    )
    seconds = time.perf_counter() - begin
    model.wv.save_word2vec_format(str(config.out / "vectors.bin"), binary=True)
    return {"train": seconds}


def train_jaxtext(config: Config) -> Measured:
    """Train from raw text to a run folder; return the seconds of counting and training."""
    import jaxtext
    from jaxtext.runs import MANIFEST, Run

    names = ("dim", "window", "negatives", "epochs", "subsample")
    method = jaxtext.Sgns(**{name: getattr(config, name) for name in names})
    jaxtext.run(config.out, config.corpus, method, min_count=config.min_count, seed=config.seeds[0])
    manifest = Run(config.out).read_json(MANIFEST)
    seconds = manifest["seconds"]
    train = seconds.get("count", 0.0) + seconds["train"]
    return {"train": train}


def train_word2vec(config: Config) -> Measured:
    """Train with the program of Mikolov et al., from tokens to a word2vec file."""
    import word2vec

    # The package starts the program by name; it lies beside this Python.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    begin = time.perf_counter()
    word2vec.word2vec(
        str(config.corpus), str(config.out / "vectors.bin"), size=config.dim, window=config.window,
        sample=f"{config.subsample:g}", hs=0, negative=config.negatives, threads=WORKERS,
        iter_=config.epochs, min_count=config.min_count, alpha=0.025, binary=True, cbow=0,
        debug=0,  # the package does not read what the program prints, which would stop it at 64 kB
    )  # fmt: skip
    seconds = time.perf_counter() - begin
    return {"train": seconds}


def train_fasttext(config: Config) -> Measured:
    """Train fastText without subwords, from tokens to a word2vec file."""
    import fasttext

    import jaxtext
    from jaxtext.text import Vocab

    begin = time.perf_counter()
    model = fasttext.train_unsupervised(
        str(config.corpus), "skipgram", dim=config.dim, ws=config.window, t=config.subsample,
        loss="ns", neg=config.negatives, thread=WORKERS, epoch=config.epochs,
        minCount=config.min_count,
        lr=0.025, minn=LONGER, maxn=LONGER, verbose=0,
    )  # fmt: skip
    seconds = time.perf_counter() - begin
    names, counts = model.get_words(include_freq=True)
    vectors = model.get_input_matrix()[: len(names)]
    vectors = jaxtext.Embeddings(Vocab(tuple(names), np.asarray(counts)), vectors)
    jaxtext.save(vectors, config.out / "vectors.bin")
    return {"train": seconds}


TOOLS: dict[Tool, Callable[[Config], Measured]] = {
    "gensim": train_gensim,
    "jaxtext": train_jaxtext,
    "word2vec": train_word2vec,
    "fasttext": train_fasttext,
}


def measure(config: Config, tool: Tool, seed: int, lines: Path, words: int) -> Measured:
    """Run one tool in a process of its own; return its speed, seconds, memory and scores."""
    folder = config.out / f"{tool}-{seed}"
    options = scripts.settings(config) | {"out": str(folder), "seeds": seed, "worker": tool}
    options.pop("tools")
    corpus, _ = options.pop("corpus"), options.pop("eval")
    corpus = corpus if tool == "jaxtext" else str(lines)
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, __file__, corpus, *flags],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "TQDM_DISABLE": "1", "JAX_NUM_CPU_DEVICES": str(WORKERS)},
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise InputError(f"{tool} failed with status {process.returncode}")
    timed = json.loads(times_file(folder).read_text(encoding="utf-8"))
    return {
        "words/s": words * config.epochs / timed["train"],
        "end to end s": seconds,
        "peak MB": usage.ru_maxrss / 1024,
        **(evaluate(folder, config.eval) if config.eval else {}),
    }


def times_file(folder: Path) -> Path:
    """Return where a worker leaves its times, beside its folder."""
    return folder.with_name(folder.name + "-times.json")


def evaluate(folder: Path, sets: Path) -> Measured:
    """Return Spearman's rho of the similarity sets and accuracy (3CosAdd) of the analogies."""
    import jaxtext
    from jaxtext import evaluation

    file = folder / "vectors.bin"
    vectors = jaxtext.load(file if file.exists() else folder)
    similarity = [sets / "similarity" / f"{name}.tsv" for name in SIMILARITY]
    content = evaluation.read(similarity, [sets / "analogy" / f"{ANALOGY}.txt"])
    report = evaluation.evaluate(vectors, content, restrict=ANALOGY_WORDS, samples=0)
    scores = {name: result.spearman for name, result in report.similarity.items()}
    scores[ANALOGY] = report.analogy[ANALOGY].accuracy
    return {name: nan if score is None else score for name, score in scores.items()}


def table(results: dict[str, list[Measured]], seeds: Sequence[int]) -> Table:
    """Return a table of all runs, their medians (times, memory) and means (scores), and ratios."""
    names = list(next(iter(results.values()))[0])
    sets = [name for name in names if name in SETS]
    rows, summaries = [], {}
    for tool, runs in results.items():
        rows += [
            [tool, str(seed), *cells(run, sets)] for seed, run in zip(seeds, runs, strict=True)
        ]
        summaries[tool] = {
            name: (mean if name in sets else median)(run[name] for run in runs) for name in names
        }
        rows.append([tool, "median, mean", *cells(summaries[tool], sets)])
    if {"gensim", "jaxtext"} <= summaries.keys():
        compared = against(summaries["jaxtext"], summaries["gensim"], sets)
        rows.append(["jaxtext against gensim", "", *compared])
    return Table("", ["tool", "seed", *names, *(["mean"] if sets else [])], rows)


def against(ours: Measured, gensim: Measured, sets: Sequence[str]) -> list[str]:
    """Return ratios of speeds, times and memory, and gains in the scores."""
    ratios = [
        ours["words/s"] / gensim["words/s"],
        gensim["end to end s"] / ours["end to end s"],
        ours["peak MB"] / gensim["peak MB"],
    ]
    gains = [ours[name] - gensim[name] for name in sets]
    gains += [mean(gains)] if sets else []
    return [*(f"{ratio:.2f} x" for ratio in ratios), *(f"{gain:+.3f}" for gain in gains)]


def cells(run: Measured, sets: Sequence[str]) -> list[str]:
    """Return the numbers of a run, and the mean of its scores if it has any."""
    shown = [*(form(run[name]) for name, form in FORMS.items())]
    scores = [run[name] for name in sets]
    return shown + [f"{score:.3f}" for score in [*scores, *([mean(scores)] if scores else [])]]


def main(config: Config) -> None:
    """Measure all tools in turn for each seed, or be the process that is measured."""
    if config.worker:
        config.out.parent.mkdir(parents=True, exist_ok=True)
        if config.worker != "jaxtext":
            config.out.mkdir()
        write_json(times_file(config.out), TOOLS[cast(Tool, config.worker)](config))
        return
    if not config.corpus.is_file():
        raise InputError(f"{config.corpus}: no such file")
    if config.out.exists():
        raise InputError(f"{config.out}: exists already: choose another folder", "out")
    config.out.mkdir(parents=True)
    lines = config.out / "lines.txt"
    words = tokenized(config.corpus, lines)
    results: dict[str, list[Measured]] = {tool: [] for tool in config.tools}
    for seed in config.seeds:
        for tool in config.tools:
            results[tool].append(measure(config, tool, seed, lines, words))
            print(tool, seed, results[tool][-1], flush=True)
    lines.unlink()
    compared = table(results, config.seeds)
    print_tables(compared)
    write_text(config.out / "table.md", compared.markdown() + "\n")
    content = {"config": scripts.settings(config), "words": words, "results": results}
    write_json(config.out / "results.json", content)


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

"""jaxtext and gensim on the same text, settings and machine, in turn: speed, memory, quality.

    pip install -e '.[bench]'
    python experiments/benchmark_trainers.py CORPUS --eval EVAL --out runs/benchmark

CORPUS is a plain text file; EVAL a folder that holds similarity/ws353.tsv, similarity/simlex999.tsv
and analogy/questions-words.txt. Each tool runs in a process of its own, from raw text to vectors on
disk, with two workers for gensim; memory is the largest resident set of that process. Training
speed counts every word of the text, subsampled or not, and for jaxtext includes compilation.
The tokens are the same: gensim is given the text as `jaxtext.text.tokenize` cuts it.
Takes about five minutes a seed on 2 cores for 16 million words; nothing else should run.
Expect jaxtext at four times gensim's speed and no worse a mean score.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import nan
from pathlib import Path
from statistics import mean, median
from typing import Annotated

import tyro
from rich.console import Console
from rich.table import Table
from tyro.conf import Positional, arg

SIMILARITY = ("ws353", "simlex999")
ANALOGY = "questions-words"
ANALOGY_WORDS = 30_000  # answers and questions are among the most frequent words


@dataclass(frozen=True)
class Config:
    """Settings that both tools get."""

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
    worker: str = ""
    """Internal: train with this tool in this process, seed and folder in `seeds` and `out`."""


def train_gensim(config: Config, seed: int, folder: Path) -> dict[str, float]:
    """From raw text to a word2vec file; seconds of training alone."""
    from gensim.models import Word2Vec

    from jaxtext.text import tokenize

    folder.mkdir(parents=True)
    tokens = folder / "tokens.txt"
    words = 0
    with open(config.corpus, encoding="utf-8") as raw, open(tokens, "w", encoding="utf-8") as file:
        for line in raw:
            found = tokenize(line)
            words += len(found)
            file.write(" ".join(found) + "\n")
    model = Word2Vec(
        vector_size=config.dim,
        window=config.window,
        negative=config.negatives,
        min_count=config.min_count,
        sample=config.subsample,
        sg=1,
        workers=2,
        seed=seed + 1,
    )
    model.build_vocab(corpus_file=str(tokens))
    begin = time.perf_counter()
    model.train(
        corpus_file=str(tokens),
        total_examples=model.corpus_count,
        total_words=model.corpus_total_words,
        epochs=config.epochs,
    )
    seconds = time.perf_counter() - begin
    model.wv.save_word2vec_format(str(folder / "vectors.bin"), binary=True)
    tokens.unlink()
    return {"words": words, "train": seconds}


def train_jaxtext(config: Config, seed: int, folder: Path) -> dict[str, float]:
    """From raw text to a run directory; seconds of training alone."""
    from jaxtext import cli, pipeline

    names = ("dim", "window", "negatives", "epochs", "min_count", "subsample")
    options = {name: getattr(config, name) for name in names}
    pipeline.train(cli.Train(paths=(str(config.corpus),), out=folder, seed=seed, **options))
    manifest = json.loads((folder / "manifest.json").read_text())
    return {"words": manifest["corpus"]["tokens"], "train": manifest["seconds"]["train"]}


TOOLS: dict[str, Callable[[Config, int, Path], dict[str, float]]] = {
    "gensim": train_gensim,
    "jaxtext": train_jaxtext,
}


def measure(config: Config, tool: str, seed: int) -> dict[str, float]:
    """Run one tool in a process of its own; its speed, seconds, memory and scores."""
    folder = config.out / f"{tool}-{seed}"
    options = {
        k: v for k, v in asdict(config).items() if k not in ("corpus", "eval", "seeds", "out")
    }
    options |= {"seeds": seed, "out": folder, "worker": tool}
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, __file__, str(config.corpus), *flags],
        stdout=subprocess.DEVNULL,
        env={**os.environ, "TQDM_DISABLE": "1"},
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    if status:
        raise SystemExit(f"{tool} failed with status {status}")
    timed = json.loads(result_file(folder).read_text())
    scores = evaluate(folder, config.eval) if config.eval else {}
    return {
        "words/s": timed["words"] * config.epochs / timed["train"],
        "end to end s": seconds,
        "peak MB": usage.ru_maxrss / 1024,
        **scores,
    }


def result_file(folder: Path) -> Path:
    """Where a worker leaves its times, beside its folder."""
    return folder.with_name(folder.name + "-times.json")


def evaluate(folder: Path, sets: Path) -> dict[str, float]:
    """Spearman's rho of the similarity sets and accuracy (3CosAdd) of the Google analogies."""
    from jaxtext import evaluation, runs

    file = folder / "vectors.bin"
    vectors = runs.load(file if file.exists() else folder)
    similarity = [sets / "similarity" / f"{name}.tsv" for name in SIMILARITY]
    read = evaluation.read(similarity, [sets / "analogy" / f"{ANALOGY}.txt"])
    report = evaluation.evaluate(vectors, read, restrict=ANALOGY_WORDS)
    scores = {
        name: nan if result.spearman is None else result.spearman
        for name, result in report.similarity.items()
    }
    return scores | {ANALOGY: report.analogy[ANALOGY].accuracy}


def show(results: dict[str, list[dict[str, float]]], seeds: tuple[int, ...]) -> str:
    """One table of all runs and the ratios, printed; the same as Markdown is returned."""
    measures = list(results["gensim"][0])
    sets = [name for name in measures if name in (*SIMILARITY, ANALOGY)]
    header = ["tool", "seed", *measures, *(["mean"] if sets else [])]
    rows = []
    for tool, runs in results.items():
        for seed, run in zip(seeds, runs, strict=True):
            rows.append([tool, str(seed), *_cells(run, sets)])
        rows.append([tool, "median, mean", *_cells(summary(runs, sets), sets)])
    gensim, jaxtext = (summary(results[tool], sets) for tool in ("gensim", "jaxtext"))
    compared = {
        "words/s": f"{jaxtext['words/s'] / gensim['words/s']:.2f} x",
        "end to end s": f"{gensim['end to end s'] / jaxtext['end to end s']:.2f} x",
        "peak MB": f"{jaxtext['peak MB'] / gensim['peak MB']:.2f} x",
        **{name: f"{jaxtext[name] - gensim[name]:+.3f}" for name in sets},
    }
    if sets:
        difference = mean(jaxtext[name] - gensim[name] for name in sets)
        compared["mean"] = f"{difference:+.3f}"
    rows.append(["jaxtext against gensim", "", *compared.values()])
    table = Table(*header)
    for row in rows:
        table.add_row(*row)
    Console(width=120).print(table)
    lines = [header, ["---", "---", *["---:"] * (len(header) - 2)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def summary(runs: list[dict[str, float]], sets: list[str]) -> dict[str, float]:
    """Median of times and memory, mean of scores."""
    return {name: (mean if name in sets else median)(run[name] for run in runs) for name in runs[0]}


def _cells(run: dict[str, float], sets: list[str]) -> list[str]:
    shown = {
        "words/s": f"{run['words/s'] / 1e6:.2f} M",
        "end to end s": f"{run['end to end s']:.0f}",
        "peak MB": f"{run['peak MB']:.0f}",
        **{name: f"{run[name]:.3f}" for name in sets},
    }
    if sets:
        shown["mean"] = f"{mean(run[name] for name in sets):.3f}"
    return list(shown.values())


def main(config: Config) -> None:
    """Measure both tools in turn for each seed, or be the process that is measured."""
    if config.worker:
        timed = TOOLS[config.worker](config, config.seeds[0], config.out)
        result_file(config.out).write_text(json.dumps(timed))
        return
    config.out.mkdir(parents=True)
    results: dict[str, list[dict[str, float]]] = {tool: [] for tool in TOOLS}
    for seed in config.seeds:
        for tool in TOOLS:
            results[tool].append(measure(config, tool, seed))
            print(tool, seed, results[tool][-1], flush=True)
    table = show(results, config.seeds)
    (config.out / "table.md").write_text(table)
    settings = {name: str(value) for name, value in asdict(config).items()}
    (config.out / "results.json").write_text(
        json.dumps({"config": settings, "results": results}, indent=2)
    )


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))

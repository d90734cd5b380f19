"""How many streams, and how often to combine them: loss and scores against both, and the seconds.

    pip install -e '.[eval]'
    python experiments/streams.py CORPUS --eval EVAL --out runs/streams

CORPUS is a text file; EVAL is a folder with similarity/ws353.tsv, similarity/simlex999.tsv and
analogy/questions-words.txt. Trains with each number of streams and each length of a round, in
chunks of 65,536 tokens of the stream, and prints the loss per pair at the end, Spearman's rho, the
accuracy of 3CosAdd among the 30,000 most frequent words, and how much of the time combining took.
One stream needs no combination; its rounds only say how often the numbers are checked.

The rules in `jaxtext.training.settings.streams_of` and `jaxtext.training.stream.plan` are read off
these tables. Every finished training is a line of results.jsonl; a second start measures only what
is missing. Also writes table.md. A training of 16 million words takes half a minute on 2 cores.
"""

import itertools
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Annotated, Any

os.environ.setdefault("JAX_NUM_CPU_DEVICES", str(os.cpu_count()))

import jax
import numpy as np
import tyro
from tyro.conf import Positional, arg

import jaxtext
from jaxtext import Corpus, Embeddings, Sgns, evaluation
from jaxtext.base.files import sha256, write_text
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables
from jaxtext.runs.results import open_results
from jaxtext.training import stream
from jaxtext.training.stream.plan import plan

SIMILARITY = ("ws353", "simlex999")
ANALOGY = "questions-words"
ANALOGY_WORDS = 30_000  # answers and questions are among the most frequent words
SETS = (*SIMILARITY, ANALOGY)


@dataclass(frozen=True)
class Config:
    """What is trained."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    eval: Path | None = None
    out: Path = Path("runs/streams")
    streams: tuple[int, ...] = (1, 2, 4, 8)
    chunks: tuple[int, ...] = (1, 4, 16, 64)
    """Lengths of a round, in chunks of each stream."""
    seeds: tuple[int, ...] = (0,)
    epochs: int | None = None
    """With None, they follow from the size of the text."""
    min_count: int = 5


def trained(corpus: Corpus, streams: int, chunks: int, config: Config, seed: int) -> dict[str, Any]:
    """Train once; return the settings that were used, the seconds, the loss and the scores."""
    method, counts = Sgns(streams=streams, epochs=config.epochs), corpus.vocab.counts
    planned = plan(method, counts, corpus.text)._replace(chunks=chunks)
    reports: list[stream.Report] = []
    begin = time.perf_counter()
    tables = stream.fit(
        jax.random.key(seed), corpus.text, counts, method, reports.append, planned=planned
    )
    seconds = time.perf_counter() - begin
    vectors = Embeddings(corpus.vocab, np.asarray(tables.center), np.asarray(tables.context))
    last = reports[-1]
    return {
        "seconds": seconds, "combining": last.combining, "loss": last.loss,
        **(scores(vectors, config.eval) if config.eval else {}),
    }  # fmt: skip


def scores(vectors: Embeddings, sets: Path) -> dict[str, float | None]:
    """Return Spearman's rho of the similarity sets and accuracy (3CosAdd) of the analogies."""
    similarity = [sets / "similarity" / f"{name}.tsv" for name in SIMILARITY]
    content = evaluation.read(similarity, [sets / "analogy" / f"{ANALOGY}.txt"])
    report = evaluation.evaluate(vectors, content, restrict=ANALOGY_WORDS, samples=0)
    found = {name: result.spearman for name, result in report.similarity.items()}
    return found | {ANALOGY: report.analogy[ANALOGY].accuracy}


def measured(config: Config) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield settings and measurements of all trainings; each is on disk when it is yielded."""
    corpus = jaxtext.read(config.corpus, min_count=config.min_count)
    shared = {"corpus": sha256(config.corpus), "epochs": config.epochs}
    results = open_results(config.out / "results.jsonl", shared)
    pairs = [
        (streams, max(config.chunks) if streams == 1 else chunks)
        for streams, chunks in itertools.product(config.streams, config.chunks)
    ]
    for (streams, chunks), seed in itertools.product(dict.fromkeys(pairs), config.seeds):
        settings = {"streams": streams, "chunks": chunks, "seed": seed}
        if results.get(settings) is None:
            results.add(settings, trained(corpus, streams, chunks, config, seed))
        row = results.get(settings)
        assert row is not None
        yield settings, row


def table(rows: list[tuple[dict[str, Any], dict[str, Any]]]) -> Table:
    """Return a line for each number of streams and length of a round, means over the seeds."""
    groups: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for settings, row in rows:
        groups.setdefault((settings["streams"], settings["chunks"]), []).append(row)
    sets = [name for name in SETS if name in rows[0][1]]
    lines = []
    for (streams, chunks), found in groups.items():
        means = {
            name: mean(row[name] if row[name] is not None else np.nan for row in found)
            for name in ("seconds", "combining", "loss", *sets)
        }
        line = [str(streams), "-" if streams == 1 else str(chunks), f"{means['seconds']:.1f}"]
        line += [f"{means['combining']:.1%}", f"{means['loss']:.3f}"]
        line += [f"{means[name]:.3f}" for name in sets]
        lines.append(line + ([f"{mean(means[name] for name in sets):.3f}"] if sets else []))
    header = ["streams", "chunks", "seconds", "combining", "loss", *sets]
    return Table("", header + (["mean"] if sets else []), lines)


def main(config: Config) -> None:
    """Measure what is missing, print the table and write it."""
    rows = list(measured(config))
    print_tables(table(rows))
    write_text(config.out / "table.md", table(rows).markdown() + "\n")


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

"""How many columns `exact` has to sum: loss, scores and seconds against columns and passes.

    pip install -e '.[eval]'
    python experiments/columns.py CORPUS --eval EVAL --out runs/columns

CORPUS is a text file; EVAL is a folder with similarity/ws353.tsv, similarity/simlex999.tsv and
analogy/questions-words.txt. Counts once and trains with each number of columns and of passes. The
loss is that of a thousand words with all contexts, so that all trainings are measured alike,
whatever their columns; it is given in percent above its optimum for free scores. Scores are
Spearman's rho, and the accuracy of 3CosAdd among the 30,000 most frequent words. Seconds are those
of training, without counting; the first of a number of columns contains compilation.

The default in `jaxtext.training.settings.columns_of` is read off this table. Every finished
training is a line of results.jsonl; a second start measures only what is missing. Also writes
table.md. Three passes over 73,000 words take about a minute on 2 cores.
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
from streams import SETS, scores
from tyro.conf import Positional, arg

import jaxtext
from jaxtext import Corpus, Embeddings, Exact
from jaxtext.base.files import sha256, write_text
from jaxtext.evaluation import gap
from jaxtext.models.objective import Objective
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables
from jaxtext.runs.results import open_results
from jaxtext.training import counting, fit

CENTERS = 1_000  # words whose loss is measured
Row = dict[str, Any]


@dataclass(frozen=True)
class Config:
    """What is trained."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    eval: Path | None = None
    out: Path = Path("runs/columns")
    columns: tuple[int, ...] = (1_024, 2_048, 4_096, 8_192)
    passes: tuple[int, ...] = (2, 3)
    dim: int = 100
    min_count: int = 5
    seed: int = 0


def trained(config: Config, corpus: Corpus, objective: Objective, method: Exact) -> Row:
    """Train once; return the seconds, the distance from the optimum and the scores."""
    begin = time.perf_counter()
    params = fit(jax.random.key(config.seed), corpus, method, objective=objective)
    seconds = time.perf_counter() - begin
    pairs = np.asarray(objective.counts.sum(axis=1))
    sample = gap.draw_centers(pairs, CENTERS, np.random.default_rng(config.seed))
    percent = gap.measure(params, objective, sample).all.percent
    vectors = Embeddings(corpus.vocab, np.asarray(params.center), np.asarray(params.context))
    found = {"seconds": seconds, "percent": percent}
    return found | (scores(vectors, config.eval) if config.eval else {})


def measured(config: Config) -> Iterator[tuple[Row, Row]]:
    """Yield settings and measurements of all trainings; each is on disk when it is yielded."""
    corpus = jaxtext.read(config.corpus, min_count=config.min_count)
    key = jax.random.key(config.seed)
    objective = counting.objective(key, corpus.vocab, corpus.text, Exact())
    shared = {"corpus": sha256(config.corpus), "dim": config.dim}
    results = open_results(config.out / "results.jsonl", shared)
    for columns, passes in itertools.product(config.columns, config.passes):
        settings = {"columns": columns, "passes": passes, "seed": config.seed}
        if results.get(settings) is None:
            method = Exact(dim=config.dim, epochs=passes, columns=columns)
            results.add(settings, trained(config, corpus, objective, method))
        row = results.get(settings)
        assert row is not None
        yield settings, row


def table(rows: list[tuple[Row, Row]]) -> Table:
    """Return a line for each number of columns and of passes."""
    sets = [name for name in SETS if name in rows[0][1]]
    lines = []
    for settings, row in rows:
        line = [f"{settings['columns']:,}", str(settings["passes"]), f"{row['seconds']:.1f}"]
        line.append(f"{row['percent']:.1f}%")
        found = [np.nan if row[name] is None else row[name] for name in sets]
        line += [f"{value:.3f}" for value in [*found, *([mean(found)] if sets else [])]]
        lines.append(line)
    header = ["columns", "passes", "seconds", "above the optimum", *sets]
    return Table("", header + (["mean"] if sets else []), lines)


def main(config: Config) -> None:
    """Measure what is missing, print the table and write it."""
    rows = list(measured(config))
    print_tables(table(rows))
    write_text(config.out / "table.md", table(rows).markdown() + "\n")


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

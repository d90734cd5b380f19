"""Percent above the optimum of negative sampling: the table of Levy and Goldberg (2014).

    pip install -e '.[bench]'
    python experiments/factorization_gap.py CORPUS --out runs/factorization_gap

For k = 1, 5, 15 negatives and 100 and 500 dimensions, how far the objective is above its value at
w.c = PMI - ln k: for the positive shifted PMI matrix itself (sppmi), its truncated singular value
decomposition (svd), and skip-gram with negative sampling by this package's sampled trainer (sgns),
its exact one (exact) and gensim's (gensim, both of its tables). All have the same text, words that
occur at least 100 times, windows of two, noise exponent 1 and no subsampling. Windows shrink at
random, which enters the counts as expected weights. The paper (section 5.1, table 1) sums over
observed pairs; the column "all" sums over all cells, where a pair that never occurs costs what its
score costs.

Every row is written to results.jsonl as soon as it is measured: the script can be stopped and
started again. On 2 cores and 16 million words it takes about an hour, half of it for gensim; times
do not enter the table. Expect sppmi and svd to move away from the optimum with k, the trainers to
move towards it, and the exact one to be nearest everywhere: over observed pairs 6.0, 5.6, 5.0
percent with 100 dimensions and 2.3, 2.2, 2.0 with 500.
"""

import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import tyro
from scipy import sparse
from tyro.conf import Positional, arg

import jaxtext
from jaxtext import Corpus, EmbeddingParams, Exact, Sgns, Svd, gap
from jaxtext.base.files import write_json, write_text
from jaxtext.models.objective import Objective, cell_loss, optimum, optimum_loss
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables
from jaxtext.runs.results import open_results
from jaxtext.training import Method, counting, fit

Name = Literal["sppmi", "svd", "exact", "sgns", "gensim"]
FREE = "sppmi"  # a matrix, which has no number of dimensions
PARTS = ("observed", "all")


@dataclass(frozen=True)
class Config:
    """What is compared."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    out: Path = Path("runs/factorization_gap")
    methods: tuple[Name, ...] = (FREE, "svd", "exact", "sgns", "gensim")
    negatives: tuple[int, ...] = (1, 5, 15)
    dims: tuple[int, ...] = (100, 500)
    min_count: int = 100
    window: int = 2
    epochs: int = 5
    """Epochs of sgns and gensim."""
    passes: int = 5
    """Passes of exact."""
    learning_rate: float = 0.025
    seed: int = 0
    gensim_workers: int = 2
    """With a single worker, gensim's vectors are the same each time."""


class Cell(NamedTuple):
    """One row of the table."""

    method: Name
    negatives: int
    dim: int


def cells(config: Config) -> Iterator[Cell]:
    """Yield the rows of the table, those of fewer dimensions first."""
    for dim in config.dims:
        for method in config.methods:
            if method != FREE:
                yield from (Cell(method, k, dim) for k in config.negatives)
            elif dim == config.dims[0]:
                yield from (Cell(method, k, 0) for k in config.negatives)


def method_of(config: Config, cell: Cell) -> Method:
    """Return the record of this package's method with the settings of a cell."""
    shared: dict[str, Any] = {"dim": cell.dim, "window": config.window}
    shared |= {"negatives": cell.negatives, "subsample": 0.0, "noise_exponent": 1.0}
    if cell.method == "svd":
        return Svd(**shared)
    if cell.method == "exact":
        return Exact(epochs=config.passes, **shared)
    return Sgns(epochs=config.epochs, learning_rate=config.learning_rate, **shared)


def gensim(config: Config, cell: Cell, corpus: Corpus) -> EmbeddingParams:
    """Train gensim's skip-gram with the same settings; its output layer is the context table."""
    from gensim.models import Word2Vec

    words = np.array(corpus.vocab.words)
    starts = np.concatenate([[0], corpus.text.ends[:-1]])
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        for start, end in zip(starts.tolist(), corpus.text.ends.tolist(), strict=True):
            file.write(" ".join(words[corpus.text.ids[start:end]]) + "\n")
        file.flush()
        model = Word2Vec(
            corpus_file=file.name, vector_size=cell.dim, window=config.window,
            negative=cell.negatives, min_count=1, sample=0, sg=1, ns_exponent=1.0,
            workers=config.gensim_workers, epochs=config.epochs, alpha=config.learning_rate,
            seed=config.seed + 1,
        )  # fmt: skip
    index: dict[str, int] = model.wv.key_to_index  # pyright: ignore[reportAssignmentType]
    rows = [index[word] for word in words]
    return EmbeddingParams(jnp.asarray(model.wv.vectors[rows]), jnp.asarray(model.syn1neg[rows]))


def positive_scores(objective: Objective) -> dict[str, float]:
    """Percent above the optimum where scores are the positive shifted PMI, zero if never seen."""
    best = optimum(objective)
    n = np.asarray(sparse.csr_array(objective.counts).data, np.float64)
    e = n / np.exp(best.data)
    least = optimum_loss(objective)
    observed = float(cell_loss(n, e, np.maximum(best.data, 0)).sum())
    unseen = math.log(2) * (objective.negatives * float(n.sum()) - float(e.sum()))
    return {
        "observed": 100 * (observed / least - 1),
        "all": 100 * ((observed + unseen) / least - 1),
    }


def measure(
    config: Config, cell: Cell, corpus: Corpus, objective: Objective
) -> Mapping[str, float]:
    """Train, and measure percent above the optimum, over observed pairs and over all cells."""
    if cell.method == FREE:
        return positive_scores(objective)
    if cell.method == "gensim":
        params = gensim(config, cell, corpus)
    else:
        key = jax.random.key(config.seed)
        params = fit(key, corpus, method_of(config, cell), objective=objective)
    distance = gap.measure(params, objective)
    return {
        "observed": distance.observed.percent,
        "all": distance.all.percent,
        "correlation": distance.correlation,
        "weighted_correlation": distance.weighted_correlation,
    }


def table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return a line for each method and number of dimensions: observed and all for every k."""
    by_cell = {Cell(**row["settings"]): row for row in rows}
    negatives = sorted({cell.negatives for cell in by_cell})
    columns = list(product(PARTS, negatives))
    lines = []
    for line in dict.fromkeys(cell._replace(negatives=0) for cell in by_cell):
        of_k = [(part, by_cell.get(line._replace(negatives=k))) for part, k in columns]
        percents = [f"{row[part]:.1f}%" if row else "" for part, row in of_k]
        lines.append([line.method, str(line.dim or ""), *percents])
    header = ["method", "dim", *(f"{part}, k = {k}" for part, k in columns)]
    return Table("Percent above the optimum", header, lines)


def main(config: Config) -> None:
    """Measure the rows that are missing and print the table."""
    corpus = jaxtext.read(config.corpus, min_count=config.min_count)
    names = ("min_count", "window", "epochs", "passes", "learning_rate", "seed")
    shared = {"corpus": corpus.sha256, **{name: getattr(config, name) for name in names}}
    results = open_results(config.out / "results.jsonl", shared)
    some_cell = Cell("exact", 1, 1)  # counts and noise are those of all
    key = jax.random.key(config.seed)
    objective = counting.objective(key, corpus.vocab, corpus.text, method_of(config, some_cell))
    counts = sparse.csr_array(objective.counts)
    print(f"{len(corpus.vocab):,} words, {counts.sum():,.0f} pairs, {counts.nnz:,} different")
    for cell in cells(config):
        if results.get(cell._asdict()) is None:
            row = measure(config, cell, corpus, objective._replace(negatives=cell.negatives))
            results.add(cell._asdict(), row)
            print(*cell, f"observed {row['observed']:.2f}%, all {row['all']:.2f}%", flush=True)
    percents = table(list(results.rows.values()))
    print_tables(percents)
    write_text(config.out / "table.md", percents.markdown() + "\n")
    write_json(config.out / "config.json", scripts.settings(config))


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

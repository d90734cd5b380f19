"""Percent above the optimum of negative sampling: the table of Levy and Goldberg (2014).

    pip install -e '.[bench]'
    python experiments/factorization_gap.py CORPUS --out runs/factorization_gap

For k = 1, 5, 15 negatives and 100 and 500 dimensions, how far the objective is above its value at
w.c = PMI - ln k: for the positive shifted PMI matrix itself (sppmi), its truncated singular value
decomposition (svd), and skip-gram with negative sampling by this package's sampled trainer (sgns),
its exact one (exact) and gensim's (gensim, both of its tables). All have the same text, words that
occur 100 times, windows of two, noise exponent 1, no subsampling, and windows that shrink at
random, which enter the counts as expected weights. The paper (section 5.1, table 1) sums over
observed pairs; the column "all" sums over all cells, where a pair that never occurs costs what its
score costs.

A row that is done is in results.jsonl and is not computed again: the script can be stopped and
started. On 2 cores and 16 million words it takes about an hour, half of it for gensim; times do not
enter the table. Expect sppmi and svd to move away from the optimum with k, the trainers to move
towards it, and the exact one to be nearest everywhere: over observed pairs 6.0, 5.6, 5.0 percent
with 100 dimensions and 2.3, 2.2, 2.0 with 500.
"""

import json
import math
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import tyro
from tyro.conf import Positional, arg

from jaxtext import factorization, gap, pmi, text
from jaxtext.base.types import EmbeddingParams
from jaxtext.models.objective import Objective, optimum, optimum_loss
from jaxtext.reports.tables import print_table
from jaxtext.training import exact, stream
from jaxtext.training.sampling import noise_distribution

FREE = "sppmi"  # a matrix, which has no number of dimensions


@dataclass(frozen=True)
class Config:
    """What is compared."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    out: Path = Path("runs/factorization_gap")
    methods: tuple[str, ...] = (FREE, "svd", "exact", "sgns", "gensim")
    negatives: tuple[int, ...] = (1, 5, 15)
    dims: tuple[int, ...] = (100, 500)
    min_count: int = 100
    window: int = 2
    epochs: int = 5
    passes: int = 5
    learning_rate: float = 0.025
    seed: int = 0
    gensim_workers: int = 2  # with one, its vectors are the same each time


class Cell(NamedTuple):
    """One row of the table."""

    method: str
    negatives: int
    dim: int


class Data(NamedTuple):
    """The text as ids, its counts, and where the text lies as lines of tokens."""

    corpus: text.EncodedCorpus
    counts: Any  # sparse [V, V]
    lines: Path


def load(config: Config, folder: Path) -> Data:
    """Encode and count the text; write it as lines of tokens for gensim."""
    with config.corpus.open("rb") as file:
        if not file.read(1):
            raise SystemExit(f"{config.corpus}: is empty")
    blocks = text.read_blocks(text.find_sources([str(config.corpus)]))
    corpus = text.encode_corpus(blocks, folder, min_count=config.min_count)
    counts = text.cooccurrence(corpus.text, len(corpus.vocab), config.window, dynamic=True)
    lines = folder / "lines.txt"
    words = np.array(corpus.vocab.words)
    with lines.open("w", encoding="utf-8") as file:
        starts = np.concatenate([[0], corpus.text.ends[:-1]])
        for start, end in zip(starts.tolist(), corpus.text.ends.tolist(), strict=True):
            file.write(" ".join(words[corpus.text.ids[start:end]]) + "\n")
    return Data(corpus, counts, lines)


def svd(config: Config, cell: Cell, data: Data) -> EmbeddingParams:
    """Singular vectors of the positive shifted PMI, singular values split evenly."""
    matrix = pmi.positive(pmi.shifted_pmi(data.counts, cell.negatives)).astype(np.float32)
    return factorization.vectors(factorization.truncated_svd(matrix, cell.dim))


def exactly(config: Config, cell: Cell, data: Data) -> EmbeddingParams:
    """The objective itself, minimised over the counts."""
    noise = noise_distribution(data.corpus.vocab.counts, 1.0)
    return exact.fit(data.counts, noise, cell.negatives, cell.dim, config.passes)


def sampled(config: Config, cell: Cell, data: Data) -> EmbeddingParams:
    """The fast path over the text."""
    settings = stream.StreamConfig(
        dim=cell.dim, window=config.window, negatives=cell.negatives, epochs=config.epochs,
        subsample=0.0, noise_exponent=1.0, learning_rate=config.learning_rate,
    )  # fmt: skip
    key = jax.random.key(config.seed)
    return stream.fit(key, data.corpus.text, data.corpus.vocab.counts, settings)


def gensim(config: Config, cell: Cell, data: Data) -> EmbeddingParams:
    """gensim's skip-gram with the same settings; its output layer is the context table."""
    from gensim.models import Word2Vec

    model = Word2Vec(
        corpus_file=str(data.lines), vector_size=cell.dim, window=config.window,
        negative=cell.negatives, min_count=1, sample=0, sg=1, ns_exponent=1.0,
        workers=config.gensim_workers, epochs=config.epochs, alpha=config.learning_rate,
        seed=config.seed + 1,
    )  # fmt: skip
    index: dict[str, int] = model.wv.key_to_index  # pyright: ignore[reportAssignmentType]
    rows = [index[word] for word in data.corpus.vocab.words]
    return EmbeddingParams(jnp.asarray(model.wv.vectors[rows]), jnp.asarray(model.syn1neg[rows]))


METHODS: dict[str, Callable[[Config, Cell, Data], EmbeddingParams]] = {
    "svd": svd,
    "exact": exactly,
    "sgns": sampled,
    "gensim": gensim,
}


def positive_scores(objective: Objective, counts: Any) -> dict[str, float]:
    """Percent above the optimum where scores are the positive shifted PMI, zero if never seen."""
    best = optimum(objective)
    n = counts.data.astype(np.float64)
    e = n / np.exp(best.data)
    s = np.maximum(best.data, 0)
    least = optimum_loss(objective)
    observed = float((n * np.logaddexp(0, -s) + e * np.logaddexp(0, s)).sum())
    unseen = math.log(2) * (objective.negatives * float(counts.sum()) - float(e.sum()))
    return {
        "observed": 100 * (observed / least - 1),
        "all": 100 * ((observed + unseen) / least - 1),
    }


def measure(config: Config, cell: Cell, data: Data) -> dict[str, float]:
    """Percent above the optimum, over observed pairs and over all cells."""
    noise = noise_distribution(data.corpus.vocab.counts, 1.0)
    objective = Objective(data.counts, noise, cell.negatives)
    if cell.method == FREE:
        return positive_scores(objective, data.counts)
    found = gap.measure(METHODS[cell.method](config, cell, data), objective)
    return {
        "observed": found.observed.percent,
        "all": found.all.percent,
        "correlation": found.correlation,
        "weighted_correlation": found.weighted_correlation,
    }


def cells(config: Config) -> Iterator[Cell]:
    """The rows of the table; of fewer dimensions first."""
    for dim, method, k in product(config.dims, config.methods, config.negatives):
        if method != FREE:
            yield Cell(method, k, dim)
        elif dim == config.dims[0]:
            yield Cell(method, k, 0)


def read(file: Path) -> list[dict]:
    """Rows that are done; a last line that was cut off is not."""
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1]]


def settings(config: Config, corpus: text.EncodedCorpus) -> dict:
    """What rows of one table have in common."""
    names = ("min_count", "window", "epochs", "passes", "learning_rate", "seed")
    return {"corpus": corpus.sha256, **{name: getattr(config, name) for name in names}}


def table(rows: list[dict]) -> list[list[str]]:
    """A line for each method and number of dimensions: observed and all for every k."""
    negatives = sorted({row["negatives"] for row in rows})
    found = {(row["method"], row["dim"], row["negatives"]): row for row in rows}
    lines = []
    for method, dim in dict.fromkeys((row["method"], row["dim"]) for row in rows):
        line = [method, str(dim or "")]
        for part in ("observed", "all"):
            for k in negatives:
                row = found.get((method, dim, k))
                line.append(f"{row[part]:.1f}%" if row else "")
        lines.append(line)
    header = [
        "method",
        "dim",
        *(f"{part}, k = {k}" for part in ("observed", "all") for k in negatives),
    ]
    return [header, *lines]


def main(config: Config) -> None:
    """Compute the rows that are missing and print the table."""
    config.out.mkdir(parents=True, exist_ok=True)
    file = config.out / "results.jsonl"
    with tempfile.TemporaryDirectory() as folder:
        data = load(config, Path(folder))
        same = settings(config, data.corpus)
        rows = read(file)
        if any({name: row[name] for name in same} != same for row in rows):
            print(f"{file}: holds rows of another text or setting: choose another --out",
                  file=sys.stderr)  # fmt: skip
            raise SystemExit(2)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        done = {Cell(row["method"], row["negatives"], row["dim"]) for row in rows}
        words = len(data.corpus.vocab)
        print(f"{words:,} words, {data.counts.sum():,.0f} pairs, {data.counts.nnz:,} different")
        for cell in cells(config):
            if cell in done:
                continue
            row = cell._asdict() | measure(config, cell, data) | same
            with file.open("a", encoding="utf-8") as results:
                results.write(json.dumps(row) + "\n")
                results.flush()
                os.fsync(results.fileno())
            print(*cell, f"observed {row['observed']:.2f}%, all {row['all']:.2f}%", flush=True)
    lines = table(read(file))
    print_table("Percent above the optimum", lines[0], lines[1:])
    rule = ["---", "---", *["---:"] * (len(lines[0]) - 2)]
    markdown = "\n".join(f"| {' | '.join(line)} |" for line in [lines[0], rule, *lines[1:]])
    (config.out / "table.md").write_text(markdown + "\n", encoding="utf-8")
    config_file = {name: str(value) for name, value in asdict(config).items()}
    (config.out / "config.json").write_text(json.dumps(config_file, indent=2) + "\n")


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))

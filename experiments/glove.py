"""GloVe by its own objective, minimised by the package's trainer, beside skip-gram.

    pip install -e '.[eval]'
    python experiments/glove.py CORPUS --eval EVAL --out runs/glove

The objective is that of Pennington, Socher and Manning (2014), with their settings: neighbors up to
10 words apart count 1/d, no word is left out at random, x_max = 100 and alpha = 3/4. A center has a
bias of its own, as does a context. The trainer is that of `--method exact` with another cell loss
(`models.cells.weighted_squares`), in place of AdaGrad over shuffled cells.

GloVe is no method of `jaxtext train`, for two reasons: it counts pairs in its own way, and the gap
that closes a training has no meaning for it, since its optimum for free scores is zero and its
biases are not part of the vectors.

The loss is that which the authors' program prints, half the weighted square per observed cell.
EVAL is as for `hyperparameters.py`, which compares it over three windows. The vectors are those of
centers, and the sum of both tables, which the authors recommend; beside them stands
`--method exact` on the same words. Also writes table.md and results.json.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import jax
import numpy as np
import tyro
from scipy import sparse
from tyro.conf import Positional, arg

import jaxtext
from jaxtext import Corpus, EmbeddingParams, Embeddings, Exact, evaluation
from jaxtext.base.files import write_json, write_text
from jaxtext.models.cells import ALPHA, X_MAX, weighted_squares
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables
from jaxtext.text import Encoded, cooccurrence
from jaxtext.training import counts, fit

ANALOGY_WORDS = 30_000  # answers and questions are among the most frequent words


@dataclass(frozen=True)
class Glove:
    """The settings of GloVe, by default those that were published, with passes for AdaGrad."""

    dim: int = 100
    window: int = 10
    epochs: int = 10
    """Passes over the counts."""
    x_max: float = X_MAX
    alpha: float = ALPHA


@dataclass(frozen=True)
class Config:
    """What is trained, and on what it is evaluated."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    eval: Path
    out: Path = Path("runs/glove")
    max_vocab: int = 20_000
    min_count: int = 5
    glove: Glove = Glove()
    seed: int = 0


def harmonic(ids: Encoded, vocab_size: int, window: int) -> sparse.csr_array:
    """Count pairs, each 1/d times, where d is its distance: a sum over windows of all sizes."""
    total = cooccurrence(ids, vocab_size, window) / window
    for size in range(1, window):
        total = total + cooccurrence(ids, vocab_size, size) * (1 / size - 1 / (size + 1))
    return sparse.csr_array(total)


def train(corpus: Corpus, method: Glove) -> tuple[EmbeddingParams, list[float]]:
    """Minimise GloVe's objective; return both tables and its loss per cell, pass by pass."""
    size = len(corpus.vocab)
    pairs = harmonic(corpus.text, size, method.window)
    losses: list[float] = []

    def report(report: counts.Report) -> None:
        losses.append(report.loss * float(pairs.sum()) / pairs.nnz)
        print(f"pass {len(losses) - 1}: {losses[-1]:.5f}, {report.seconds:.0f} s", flush=True)

    params = counts.fit(
        pairs, np.full(size, 1 / size), 1, method.dim, method.epochs, on_report=report,
        cell=weighted_squares(method.x_max, method.alpha),
    )  # fmt: skip
    return params, losses


def scores(corpus: Corpus, params: EmbeddingParams, sets: evaluation.Sets) -> Iterator[list[str]]:
    """Yield the scores of centers and of the sum of both tables."""
    center, context = (np.asarray(table, np.float32) for table in params)
    vectors = Embeddings(corpus.vocab, center, context)
    for kind, name in (("center", "w"), ("sum", "w+c")):
        report = evaluation.evaluate(vectors, sets, kind, restrict=ANALOGY_WORDS, samples=0)
        values = [result.spearman for result in report.similarity.values()]
        values += [result.accuracy for result in report.analogy.values()]
        yield [name, *("-" if value is None else f"{value:.3f}" for value in values)]


def main(config: Config) -> None:
    """Train both, print the table, and write it."""
    corpus = jaxtext.read(config.corpus, min_count=config.min_count, max_vocab=config.max_vocab)
    similarity = sorted((config.eval / "similarity").glob("*.tsv"))
    analogy = [path for path in [config.eval / "analogy" / "questions-words.txt"] if path.exists()]
    sets = evaluation.read(similarity, analogy)
    glove, losses = train(corpus, config.glove)
    exact = fit(jax.random.key(config.seed), corpus, Exact(dim=config.glove.dim))
    rows = [
        [name, *row]
        for name, params in (("glove", glove), ("exact", exact))
        for row in scores(corpus, params, sets)
    ]
    title = f"{len(corpus.vocab):,} words; loss per cell of glove {losses[-1]:.4f}"
    table = Table(title, ["method", "vectors", *sets.similarity, *sets.analogy], rows)
    print_tables(table)
    write_text(config.out / "table.md", table.markdown() + "\n")
    content: dict[str, Any] = {"config": scripts.settings(config), "losses": losses, "rows": rows}
    write_json(config.out / "results.json", content)


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

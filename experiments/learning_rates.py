"""Stability: at four times the default learning rate the loss falls and no row's length explodes.

    python experiments/learning_rates.py [CORPUS ...] --out runs/learning_rates

Trains on the built-in corpus, on a text of 50 different words, on a text that repeats each of its
words forty times in a row, and on the files given, with 25 and 300 dimensions, at the default
learning rate and at four times that. Prints loss and largest row length; exits with 1 if a loss
does not fall or a row grows beyond 20. Takes two minutes on 2 cores with a file of 16 million
words; expect every row below 16.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
import tyro
from tyro.conf import Positional

import jaxtext
from jaxtext import Corpus, Sgns
from jaxtext.base.files import write_json
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables

LONGEST = 20.0
HEADER = ["text", "words", "dim", "learning rate", "first loss", "last loss", "longest row"]
Row = dict[str, Any]


@dataclass(frozen=True)
class Config:
    """What is trained, and how long."""

    corpora: Positional[tuple[Path, ...]] = ()
    out: Path = Path("runs/learning_rates")
    dims: tuple[int, ...] = (25, 300)
    factors: tuple[float, ...] = (1.0, 4.0)
    """Multiples of the default learning rate."""
    epochs: int = 1
    generated_lines: int = 20_000
    builtin: bool = True
    seed: int = 0


def fifty_words(lines: int, seed: int) -> list[list[str]]:
    """Draw lines of 20 words from a vocabulary of 50, frequencies falling as one over the rank."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, 51)
    words = np.array([f"w{rank}" for rank in range(50)])
    return rng.choice(words, (lines, 20), p=share / share.sum()).tolist()


def bursts(lines: int) -> list[list[str]]:
    """Make lines of one word forty times."""
    return [[f"w{line % 200}"] * 40 for line in range(lines)]


def read(config: Config) -> Iterator[tuple[str, Corpus]]:
    """Read all texts, one after the other."""
    for path in config.corpora:
        yield path.stem, jaxtext.read(path)
    if config.builtin:
        yield "built-in", jaxtext.read()
    yield "50 words", jaxtext.read(fifty_words(config.generated_lines, config.seed))
    yield "bursts", jaxtext.read(bursts(config.generated_lines // 4))


def measure(name: str, corpus: Corpus, dim: int, rate: float, config: Config) -> Row:
    """Train, and return the loss at the beginning and the end, and the longest row."""
    reports = []
    method = Sgns(dim=dim, epochs=config.epochs, learning_rate=rate)
    key = jax.random.key(config.seed)
    vectors = jaxtext.train(key, corpus, method, on_report=reports.append)
    tables = vectors.center, vectors.vectors("context")
    return {
        "text": name, "words": len(corpus.vocab), "dim": dim, "learning_rate": rate,
        "first_loss": reports[0].loss, "last_loss": reports[-1].loss,
        "longest": max(float(np.linalg.norm(table, axis=1).max()) for table in tables),
    }  # fmt: skip


def table(rows: Sequence[Row]) -> Table:
    """Return a line for each setting."""
    lines = [
        [r["text"], f"{r['words']:,}", str(r["dim"]), f"{r['learning_rate']:g}",
         f"{r['first_loss']:.3f}", f"{r['last_loss']:.3f}", f"{r['longest']:.1f}"]
        for r in rows
    ]  # fmt: skip
    return Table("Loss per pair, and row lengths", HEADER, lines)


def main(config: Config) -> int:
    """Measure every text; return the exit status."""
    rows = [
        measure(name, corpus, dim, factor * Sgns.learning_rate, config)
        for name, corpus in read(config)
        for dim in config.dims
        for factor in config.factors
    ]
    print_tables(table(rows))
    results = {"config": scripts.settings(config), "results": rows}
    write_json(config.out / "results.json", results)
    fine = all(r["last_loss"] < r["first_loss"] and r["longest"] < LONGEST for r in rows)
    print("no divergence" if fine else "DIVERGED")
    return 0 if fine else 1


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

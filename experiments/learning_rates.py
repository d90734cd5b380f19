"""Stability: at four times the default learning rate the loss falls and no row's length explodes.

    python experiments/learning_rates.py [CORPUS ...] --out runs/learning_rates

Trains on the built-in corpus, on a text of 50 different words, on a text that repeats each of its
words forty times in a row, and on the files given, with 25 and 300 dimensions, at once and at four
times the default learning rate. Prints loss and largest row length; exits with 1 if a loss does not
fall or a row grows beyond 20. Takes two minutes on 2 cores with a file of 16 million words; expect
every row below 16.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
import tyro
from tyro.conf import Positional

from jaxtext import text
from jaxtext.reports.tables import print_table
from jaxtext.training import stream

LONGEST = 20.0


@dataclass(frozen=True)
class Config:
    """What is trained, and how long."""

    corpora: Positional[tuple[Path, ...]] = ()
    out: Path = Path("runs/learning_rates")
    dims: tuple[int, ...] = (25, 300)
    factors: tuple[float, ...] = (1.0, 4.0)
    epochs: int = 1
    generated_lines: int = 20_000
    builtin: bool = True


def fifty_words(lines: int, seed: int = 0) -> Iterator[bytes]:
    """Lines of 20 words of a vocabulary of 50, frequencies falling as one over the rank."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, 51)
    for row in rng.choice(50, (lines, 20), p=share / share.sum()):
        yield (" ".join(f"w{i}" for i in row) + "\n").encode()


def bursts(lines: int) -> Iterator[bytes]:
    """Lines of one word forty times."""
    return (f"w{i % 200} ".encode() * 40 + b"\n" for i in range(lines))


def measure(corpus: text.EncodedCorpus, name: str, config: Config) -> list[dict]:
    """Loss at the beginning and the end, and the longest row, for each setting."""
    results = []
    for dim in config.dims:
        for factor in config.factors:
            rate = factor * stream.StreamConfig().learning_rate
            settings = stream.StreamConfig(dim=dim, epochs=config.epochs, learning_rate=rate)
            reports: list[stream.Report] = []
            params = stream.fit(
                jax.random.key(0), corpus.text, corpus.vocab.counts, settings, reports.append
            )
            longest = max(float(np.linalg.norm(table, axis=1).max()) for table in params)
            results.append({
                "text": name, "words": len(corpus.vocab), "dim": dim, "learning_rate": rate,
                "first_loss": reports[0].loss, "last_loss": reports[-1].loss, "longest": longest,
            })  # fmt: skip
    return results


def main(config: Config) -> int:
    """Measure every text; the exit status."""
    sources = {path.stem: text.read_blocks([str(path)]) for path in config.corpora}
    if config.builtin:
        sources["built-in"] = text.read_blocks([str(text.builtin_corpus())])
    sources["50 words"] = fifty_words(config.generated_lines)
    sources["bursts"] = bursts(config.generated_lines // 4)
    results = []
    for name, blocks in sources.items():
        with tempfile.TemporaryDirectory() as folder:
            corpus = text.encode_corpus(blocks, Path(folder))
            results += measure(corpus, name, config)
    show(results)
    config.out.mkdir(parents=True, exist_ok=True)
    (config.out / "results.json").write_text(json.dumps(results, indent=2))
    fine = all(r["last_loss"] < r["first_loss"] and r["longest"] < LONGEST for r in results)
    print("no divergence" if fine else "DIVERGED")
    return 0 if fine else 1


def show(results: Sequence[dict]) -> None:
    """Print a line a setting."""
    header = ["text", "words", "dim", "learning rate", "first loss", "last loss", "longest row"]
    rows = [
        [r["text"], f"{r['words']:,}", str(r["dim"]), f"{r['learning_rate']:g}",
         f"{r['first_loss']:.3f}", f"{r['last_loss']:.3f}", f"{r['longest']:.1f}"]
        for r in results
    ]  # fmt: skip
    print_table("Loss a pair and row lengths", header, rows)


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Config, description=__doc__)))

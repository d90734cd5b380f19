"""On real text, skip-gram with negative sampling converges to PMI - ln k.

    pip install -e '.[eval]'
    python experiments/sgns_converges_to_pmi.py --out runs/sgns_converges_to_pmi

The most frequent words of the built-in corpus, as many dimensions as words, noise exponent 1, no
subsampling. The exact trainer minimises the objective over counts in float64, each row by its own
curvature, until the largest error of w.c over observed pairs is below 1e-6. The sampled trainer
reads the same text: once from the beginning, with a learning rate that falls to zero over the given
epochs, and once from the optimum, at constant rates, where the error that stays is the noise of its
steps. Its negatives are drawn by how often words occur, which at the ends of sentences is not quite
how often they are contexts: it is compared with its own optimum, ln(n / e).

Writes results.json and figure.png; exits with 1 unless the error falls below 1e-6. Takes three
minutes on 2 cores. Expect the largest error of the exact trainer to be below 1e-6 after ten passes
and below 1e-10 after fifteen, and the root mean square error of the sampled one at about 0.66 after
one epoch and 0.33 after 32, with a floor of 1.1 at the constant rate 0.025.
"""

import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import tyro

from jaxtext import pmi, text
from jaxtext.base.types import EmbeddingParams
from jaxtext.models.objective import Objective, optimum
from jaxtext.reports.tables import print_table
from jaxtext.training import exact, feed, stream
from jaxtext.training.sampling import noise_cdf, noise_distribution

TARGET, ENOUGH = 1e-6, 1e-10


@dataclass(frozen=True)
class Config:
    """What is trained, and how long."""

    out: Path = Path("runs/sgns_converges_to_pmi")
    words: int = 300
    window: int = 5
    negatives: int = 5
    passes: int = 30
    """At most, of the exact trainer."""
    epochs: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    """Of the sampled trainer, each from the beginning."""
    floor_rates: tuple[float, ...] = (0.025, 0.0125, 0.00625)
    """Learning rates at which it goes on from the optimum."""
    floor_epochs: int = 8
    seed: int = 0


def errors(params: EmbeddingParams, best: np.ndarray, counts: np.ndarray) -> dict[str, float]:
    """Error of w.c over observed pairs: the largest, and the root mean square over the text."""
    center, context = (np.asarray(table, np.float64) for table in params)
    seen = counts > 0
    error = np.abs(center @ context.T - np.where(seen, best, 0))[seen]
    mean = np.average(error**2, weights=counts[seen])
    return {"largest": float(error.max()), "rms": float(np.sqrt(mean))}


def converge(config: Config, counts: np.ndarray) -> tuple[list[dict], EmbeddingParams]:
    """The exact trainer from zero centers and orthogonal contexts; errors after each pass."""
    noise = noise_distribution(counts.sum(axis=0), 1.0)
    best = pmi.shifted_pmi(counts, config.negatives)
    problem = exact.problem(counts, noise, config.negatives, np.float64)
    rng = np.random.default_rng(config.seed)
    context = np.linalg.qr(rng.normal(size=(config.words, config.words))).Q
    params = EmbeddingParams(jnp.zeros_like(context), jnp.asarray(context))
    found, begin = [], time.perf_counter()
    for number in range(1, config.passes + 1):
        params, _ = exact.improve(params, problem, own_curvature=True)
        now = errors(params, best, counts)
        found.append({"pass": number, "seconds": time.perf_counter() - begin, **now})
        print(f"pass {number}: largest error {now['largest']:.2e}", flush=True)
        if now["largest"] < ENOUGH:
            break
    return found, params


def sample(config: Config, corpus: text.EncodedCorpus, counts: np.ndarray) -> list[dict]:
    """The sampled trainer, for each number of epochs from the beginning."""
    found = []
    best = own_optimum(config, corpus, counts)
    for epochs in config.epochs:
        params = stream.fit(
            jax.random.key(config.seed), corpus.text, corpus.vocab.counts, settings(config, epochs)
        )
        found.append({"epochs": epochs, **errors(params, best, counts)})
        print(f"{epochs} epochs: root mean square error {found[-1]['rms']:.3f}", flush=True)
    return found


def settings(config: Config, epochs: int, rate: float = 0.025) -> stream.StreamConfig:
    """The sampled trainer's: no subsampling, plain noise, as many dimensions as words."""
    return stream.StreamConfig(
        dim=config.words, window=config.window, negatives=config.negatives, epochs=epochs,
        subsample=0.0, noise_exponent=1.0, learning_rate=rate,
    )  # fmt: skip


def own_optimum(config: Config, corpus: text.EncodedCorpus, counts: np.ndarray) -> np.ndarray:
    """ln(n / e) with the noise that the sampled trainer draws."""
    noise = noise_distribution(corpus.vocab.counts, 1.0)
    return optimum(Objective(counts, noise, config.negatives)).toarray()


def floors(
    config: Config, corpus: text.EncodedCorpus, counts: np.ndarray, optimum: EmbeddingParams
) -> list[dict]:
    """From the optimum at constant rates: the error to which the noise of the steps leads."""
    best = own_optimum(config, corpus, counts)
    # The optimum of the sampled trainer's own noise: rows of the exact one's, shifted by context.
    noise, pairs = (
        noise_distribution(each, 1.0) for each in (corpus.vocab.counts, counts.sum(axis=0))
    )
    scores = np.asarray(optimum.center @ optimum.context.T) + np.log(pairs / noise)
    left, values, right = np.linalg.svd(scores)
    start = EmbeddingParams(
        jnp.asarray(left * np.sqrt(values), jnp.float32),
        jnp.asarray(right.T * np.sqrt(values), jnp.float32),
    )
    found = []
    for rate in config.floor_rates:
        chosen = settings(config, 1, rate)
        sizes = feed.plan(chosen, corpus.vocab.counts, corpus.text)
        advance = stream.make_advance(chosen, sizes)
        cdf = jnp.asarray(noise_cdf(noise))
        keep = np.ones(config.words, np.float32)
        key, params = jax.random.key(config.seed), jax.tree.map(jnp.copy, start)
        for epoch in range(1, config.floor_epochs + 1):
            chunks = feed.chunks(corpus.text, keep, chosen, sizes, (config.seed, epoch))
            for number, (chunk, _) in enumerate(feed.prefetch(chunks)):
                chunk = chunk._replace(progress=np.zeros_like(chunk.progress))  # constant rate
                drawn = jax.random.fold_in(jax.random.fold_in(key, epoch), number)
                params = advance(params, drawn, cdf, chunk)
            found.append({"rate": rate, "epoch": epoch, **errors(params, best, counts)})
        print(f"rate {rate:g}: stays at {found[-1]['rms']:.3f}", flush=True)
    return found


def draw(results: dict, path: Path) -> None:
    """Errors of the exact trainer by passes, and of the sampled one by epochs."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    passes = [row["pass"] for row in results["exact"]]
    left.semilogy(passes, [row["largest"] for row in results["exact"]], label="largest")
    left.semilogy(passes, [row["rms"] for row in results["exact"]], label="root mean square")
    left.axhline(TARGET, color="0.5", linewidth=0.8, linestyle=":")
    left.set(xlabel="passes", ylabel="error of w.c over observed pairs", title="exact, float64")
    left.legend(frameon=False)
    epochs = [row["epochs"] for row in results["sampled"]]
    rms = [row["rms"] for row in results["sampled"]]
    right.loglog(epochs, rms, "o-", label="from the beginning, rate falling to zero")
    for rate in dict.fromkeys(row["rate"] for row in results["floors"]):
        rows = [row for row in results["floors"] if row["rate"] == rate]
        label = f"from the optimum, constant rate {rate:g}"
        right.loglog([r["epoch"] for r in rows], [r["rms"] for r in rows], "--", label=label)
    right.set(xlabel="epochs", ylabel="root mean square error", title="sampled")
    right.set_xticks(epochs, [str(each) for each in epochs])
    right.minorticks_off()
    right.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=150)


def main(config: Config) -> int:
    """Train both ways and compare; the exit status."""
    jax.config.update("jax_enable_x64", True)
    config.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        blocks = text.read_blocks([str(text.builtin_corpus())])
        corpus = text.encode_corpus(blocks, Path(folder), max_vocab=config.words)
        counts = text.cooccurrence(corpus.text, config.words, config.window, dynamic=True).toarray()
        print(f"{counts.sum():,.0f} pairs, {(counts > 0).mean():.0%} of all cells observed")
        found, params = converge(config, counts)
        results = {
            "exact": found,
            "sampled": sample(config, corpus, counts),
            "floors": floors(config, corpus, counts, params),
        }
    (config.out / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    draw(results, config.out / "figure.png")
    last = {row["rate"]: row for row in results["floors"]}
    rows = [["exact", f"{len(found)} passes", *_cells(found[-1])]]
    rows += [["sampled", f"{row['epochs']} epochs", *_cells(row)] for row in results["sampled"]]
    rows += [["noise floor", f"rate {rate:g}", *_cells(row)] for rate, row in last.items()]
    print_table("Error of w.c over observed pairs", ["trainer", "", "largest", "rms"], rows)
    return 0 if found[-1]["largest"] < TARGET else 1


def _cells(row: dict) -> list[str]:
    return [f"{row['largest']:.2g}", f"{row['rms']:.2g}"]


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Config, description=__doc__)))

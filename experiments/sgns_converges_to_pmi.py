"""On real text, skip-gram with negative sampling converges to PMI - ln k.

    pip install -e '.[eval]'
    python experiments/sgns_converges_to_pmi.py --out runs/sgns_converges_to_pmi

The most frequent words of the built-in corpus, as many dimensions as words, noise exponent 1, no
subsampling. The exact trainer minimises the objective over counts in float64, each row by its own
curvature, until the largest error of w.c over observed pairs is below 1e-6. The sampled trainer
reads the same text: once from the beginning, with a learning rate that falls to zero over the given
epochs, and once from the optimum, at constant rates, where the error that remains is the noise of
its steps. Its negatives are drawn by how often words occur, which at the ends of sentences is not
quite how often they are contexts: it is compared with its own optimum, ln(n / e).

Writes results.json and figure.png; exits with 1 unless the error falls below 1e-6. Takes three to
five minutes on 2 cores. Expect the largest error of the exact trainer to be below 1e-6 after ten
passes and below 1e-10 after fifteen, and the root mean square error of the sampled one at about
0.66 after one epoch and 0.33 after 32. At the constant rate 0.025 expect a floor of 1.3, averaged
over the text: it differs from place to place, and was 1.1 at the ends of epochs.
"""

import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import tyro
from matplotlib.figure import Figure
from scipy import sparse

import jaxtext
from jaxtext import Corpus, EmbeddingParams, Embeddings, Exact, Sgns, pmi
from jaxtext.base.files import write_json
from jaxtext.models.objective import Objective, optimum
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables
from jaxtext.training import counting, counts, fit
from jaxtext.training.sampling import noise_distribution
from jaxtext.training.stream import State

TARGET, ENOUGH = 1e-6, 1e-10
ENDLESS = 100_000  # epochs, in the first few of which the falling learning rate is constant
Row = dict[str, Any]


@dataclass(frozen=True)
class Config:
    """What is trained, and how long."""

    out: Path = Path("runs/sgns_converges_to_pmi")
    words: int = 300
    window: int = 5
    negatives: int = 5
    passes: int = 30
    """Passes of the exact trainer, at most."""
    epochs: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    """Epochs of the sampled trainer, each time from the beginning."""
    floor_rates: tuple[float, ...] = (0.025, 0.0125, 0.00625)
    """Constant learning rates at which it continues from the optimum."""
    floor_epochs: int = 8
    seed: int = 0


def errors(params: EmbeddingParams, best: np.ndarray, pairs: np.ndarray) -> dict[str, float]:
    """Error of w.c over observed pairs: the largest, and the root mean square over the text."""
    center, context = (np.asarray(table, np.float64) for table in params)
    seen = pairs > 0
    error = np.abs(center @ context.T - np.where(seen, best, 0))[seen]
    square = np.average(error**2, weights=pairs[seen])
    return {"largest": float(error.max()), "rms": float(np.sqrt(square))}


def converge(config: Config, pairs: np.ndarray) -> tuple[list[Row], EmbeddingParams]:
    """Run the exact trainer from zero centers and orthogonal contexts; errors after each pass."""
    noise = noise_distribution(pairs.sum(axis=0), 1.0)
    best = pmi.shifted_pmi(pairs, config.negatives)
    problem = counts.problem(pairs, noise, config.negatives, np.float64)
    rng = np.random.default_rng(config.seed)
    context = np.linalg.qr(rng.normal(size=pairs.shape)).Q
    params = EmbeddingParams(jnp.zeros_like(context), jnp.asarray(context))
    rows, begin = [], time.perf_counter()
    for number in range(1, config.passes + 1):
        params, _ = counts.improve(params, problem, own_curvature=True)
        now = errors(params, best, pairs)
        rows.append({"pass": number, "seconds": time.perf_counter() - begin, **now})
        print(f"pass {number}: largest error {now['largest']:.2e}", flush=True)
        if now["largest"] < ENOUGH:
            break
    return rows, params


def method(config: Config, epochs: int, rate: float = 0.025) -> Sgns:
    """Sampled training without subsampling, as many dimensions as words, plain noise."""
    return Sgns(
        dim=config.words, window=config.window, negatives=config.negatives, epochs=epochs,
        subsample=0.0, noise_exponent=1.0, learning_rate=rate, streams=1,
    )  # fmt: skip


def sample(config: Config, corpus: Corpus, best: np.ndarray, pairs: np.ndarray) -> list[Row]:
    """Run the sampled trainer for each number of epochs from the beginning."""
    rows = []
    for epochs in config.epochs:
        params = fit(jax.random.key(config.seed), corpus, method(config, epochs))
        rows.append({"epochs": epochs, **errors(params, best, pairs)})
        print(f"{epochs} epochs: root mean square error {rows[-1]['rms']:.3f}", flush=True)
    return rows


class Enough(Exception):
    """Raised by a callback to end a training."""


def floor(
    config: Config,
    corpus: Corpus,
    start: Embeddings,
    best: np.ndarray,
    pairs: np.ndarray,
    rate: float,
) -> list[Row]:
    """Continue from the optimum at a constant rate: the error that the noise of the steps causes.

    It differs from place to place in the text: an epoch has the largest and the root mean square.
    """
    found: list[list[dict[str, float]]] = [[] for _ in range(config.floor_epochs)]

    def on_state(state: Callable[[], State]) -> None:
        now = state()
        epoch = int(now.done * ENDLESS)
        if epoch >= config.floor_epochs:
            raise Enough
        found[epoch].append(errors(now.params, best, pairs))

    key, endless = jax.random.key(config.seed), method(config, ENDLESS, rate)
    with suppress(Enough):
        fit(key, corpus, endless, start=start, on_state=on_state)
    rows = []
    for epoch, measured in enumerate(found, 1):
        if not measured:  # the text is shorter than the tokens between two states
            continue
        rms = math.sqrt(mean(each["rms"] ** 2 for each in measured))
        largest = max(each["largest"] for each in measured)
        rows.append({"rate": rate, "epoch": epoch, "largest": largest, "rms": rms})
    print(f"rate {rate:g}: remains at {rows[-1]['rms']:.3f}", flush=True)
    return rows


def own_start(
    corpus: Corpus, params: EmbeddingParams, objective: Objective, pairs: np.ndarray
) -> Embeddings:
    """The optimum of the sampled trainer's own noise: scores of the exact one, moved by context."""
    shares = noise_distribution(pairs.sum(axis=0), 1.0)
    center, context = (np.asarray(table) for table in params)
    scores = center @ context.T + np.log(shares / objective.noise)
    left, values, right = np.linalg.svd(scores)
    center, context = ((side * np.sqrt(values)).astype(np.float32) for side in (left, right.T))
    return Embeddings(corpus.vocab, center, context)


def draw(results: dict[str, list[Row]], path: Path) -> None:
    """Draw errors of the exact trainer by passes, and of the sampled one by epochs."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
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
    """Train both ways and compare; return the exit status."""
    corpus = jaxtext.read(max_vocab=config.words)
    settings = Exact(
        window=config.window, negatives=config.negatives, subsample=0.0, noise_exponent=1.0
    )
    key = jax.random.key(config.seed)
    objective = counting.objective(key, corpus.vocab, corpus.text, settings)
    pairs = sparse.csr_array(objective.counts).toarray()
    print(f"{pairs.sum():,.0f} pairs, {(pairs > 0).mean():.0%} of all cells observed")
    with jax.enable_x64(True):
        exact, params = converge(config, pairs)
    best = optimum(objective).toarray()  # with the noise that the sampled trainer draws
    start = own_start(corpus, params, objective, pairs)
    results = {
        "exact": exact,
        "sampled": sample(config, corpus, best, pairs),
        "floors": [
            row
            for rate in config.floor_rates
            for row in floor(config, corpus, start, best, pairs, rate)
        ],
    }
    write_json(config.out / "results.json", {"config": scripts.settings(config), **results})
    draw(results, config.out / "figure.png")
    lines = [["exact", f"{len(exact)} passes", *_cells(exact[-1])]]
    lines += [["sampled", f"{row['epochs']} epochs", *_cells(row)] for row in results["sampled"]]
    last = {row["rate"]: row for row in results["floors"]}
    lines += [["noise floor", f"rate {rate:g}", *_cells(row)] for rate, row in last.items()]
    header = ["trainer", "", "largest", "rms"]
    print_tables(Table("Error of w.c over observed pairs", header, lines))
    return 0 if exact[-1]["largest"] < TARGET else 1


def _cells(row: Row) -> list[str]:
    return [f"{row['largest']:.2g}", f"{row['rms']:.2g}"]


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

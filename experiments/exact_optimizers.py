"""How to minimise the exact objective: four optimizers on the same counts, against the sampler.

    pip install -e '.[eval]'
    python experiments/exact_optimizers.py CORPUS --out runs/exact_optimizers

All minimise `sgns.expected_loss` over the counts of one text, as `jaxtext train --method exact`
does, for so many seconds each:

- shared: `exact.improve`, whose rows share a curvature and have each their own step length; from
  singular vectors, and from random tables;
- own, with --own: the same with a matrix of its own for each row, Newton's method;
- majorizer: as shared, with the bound 1/4 for the variance of a label (Boehning 1992), at which
  neither direction nor length depends on the scores;
- lbfgs: L-BFGS of SciPy, all entries of both tables at once;
- adagrad: of optax.

The loss is divided by its optimum for free scores. Seconds do not include that measurement. The
sampled trainer reads the text for its five epochs, and its vectors are measured on the same counts.
Then the text is doubled: counting takes two to three times as long, the passes take the same.

Takes eight minutes on 2 cores of an AMD EPYC (AVX2) for 16 million words; nothing else should run.
Expect after 40 seconds about 1.19 for shared, 1.195 for majorizer, 1.20 for adagrad, whose loss
rises now and then, and 1.29 for lbfgs; and about 1.20 for the sampler after 75 seconds.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro
from tyro.conf import Positional, arg

from jaxtext import cli, methods, text
from jaxtext.base.types import EmbeddingParams
from jaxtext.models.objective import Objective, optimum_loss
from jaxtext.reports.tables import print_table
from jaxtext.text.encoded import Encoded
from jaxtext.training import exact, stream

Steps = Iterator[EmbeddingParams]


@dataclass(frozen=True)
class Config:
    """What is minimised, and for how long."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    out: Path = Path("runs/exact_optimizers")
    max_vocab: int = 20_000
    dim: int = 100
    seconds: float = 40.0
    adagrad_rate: float = 0.1
    epochs: int = 5
    """Of the sampled trainer."""
    own: bool = False
    """Also Newton's method: minutes a pass at 20,000 words."""
    seed: int = 0


def newton(problem: exact.Problem, params: EmbeddingParams, own: bool = False) -> Steps:
    """The steps of the package."""
    while True:
        params, _ = exact.improve(params, problem, own)
        yield params


def majorizer(problem: exact.Problem, params: EmbeddingParams) -> Steps:
    """The same, where every variance is at its largest."""
    original = exact._sigmoid

    def bounded(scores: jax.Array) -> tuple[jax.Array, jax.Array]:
        return original(scores)[0], jnp.full_like(scores, 0.25)

    exact._sigmoid = bounded
    jax.clear_caches()
    try:
        yield from newton(problem, params)
    finally:
        exact._sigmoid = original
        jax.clear_caches()


def lbfgs(problem: exact.Problem, params: EmbeddingParams) -> Steps:
    """L-BFGS with a memory of ten steps; each value is a loss and a gradient."""
    from scipy.optimize import minimize

    shape = params.center.shape
    size = params.center.size

    def tables(flat: np.ndarray) -> EmbeddingParams:
        return EmbeddingParams(
            *(jnp.asarray(part.reshape(shape), jnp.float32) for part in (flat[:size], flat[size:]))
        )

    def flat(tree: EmbeddingParams) -> np.ndarray:
        return np.concatenate([np.asarray(part, np.float64).ravel() for part in tree])

    def value(point: np.ndarray) -> tuple[float, np.ndarray]:
        at = tables(point)
        return exact.loss(at, problem), flat(exact.gradient(at, problem))

    point = flat(params)
    while True:  # a few iterations at a time; the memory begins anew
        found = minimize(value, point, jac=True, method="L-BFGS-B", options={"maxiter": 8})
        point = found.x
        yield tables(point)


def adagrad(problem: exact.Problem, params: EmbeddingParams, rate: float) -> Steps:
    """Steps along the gradient, scaled entry by entry."""
    optimizer = optax.adagrad(rate)
    state: Any = optimizer.init(params)
    while True:
        updates, state = optimizer.update(exact.gradient(params, problem), state)
        params = optax.apply_updates(params, updates)  # pyright: ignore[reportAssignmentType]
        yield params


def follow(name: str, steps: Steps, problem: exact.Problem, best: float, limit: float) -> list:
    """Seconds and loss after each step, until the seconds are over."""
    rows, spent = [], 0.0
    while spent < limit:
        begin = time.perf_counter()
        params = jax.block_until_ready(next(steps))
        spent += time.perf_counter() - begin
        rows.append(
            {"optimizer": name, "seconds": spent, "loss": exact.loss(params, problem) / best}
        )
        print(f"{name}: {spent:.1f} s, {rows[-1]['loss']:.4f}", flush=True)
    steps.close()  # pyright: ignore[reportAttributeAccessIssue]
    return rows


def compare(config: Config, goal: Objective, best: float) -> list[dict]:
    """All optimizers, from the same start."""
    problem = exact.problem(*goal)
    begin = time.perf_counter()
    start = exact.svd_start(goal.counts, goal.negatives, config.dim)
    print(f"singular vectors: {time.perf_counter() - begin:.1f} s")
    key = jax.random.key(config.seed)
    random = exact.random_start(key, goal.counts.shape[0], config.dim)
    runs: dict[str, Callable[[], Steps]] = {
        "shared": lambda: newton(problem, start),
        "shared, from random": lambda: newton(problem, random),
        "majorizer": lambda: majorizer(problem, start),
        "lbfgs": lambda: lbfgs(problem, start),
        "adagrad": lambda: adagrad(problem, start, config.adagrad_rate),
    }
    if config.own:
        runs["own"] = lambda: newton(problem, start, own=True)
    rows = [{"optimizer": "start", "seconds": 0.0, "loss": exact.loss(start, problem) / best}]
    for name, run in runs.items():
        next(run())  # compiles
        rows += follow(name, run(), problem, best, config.seconds)
    return rows


def sample(config: Config, corpus: text.EncodedCorpus, goal: Objective, best: float) -> dict:
    """The sampled trainer on the text."""
    begin = time.perf_counter()
    settings = stream.StreamConfig(dim=config.dim, epochs=config.epochs)
    key = jax.random.key(config.seed)
    params = stream.fit(key, corpus.text, corpus.vocab.counts, settings)
    seconds = time.perf_counter() - begin
    loss = exact.loss(params, exact.problem(*goal)) / best
    return {"optimizer": "sampled", "seconds": seconds, "loss": loss}


def double(config: Config, corpus: text.EncodedCorpus, options: cli.Train) -> list[dict]:
    """Seconds of counting and of three passes, for the text and for the text twice."""
    rows = []
    ids, ends = corpus.text
    twice = Encoded(np.concatenate([ids, ids]), np.concatenate([ends, ends + len(ids)]))
    for name, read in (("once", corpus.text), ("twice", twice)):
        begin = time.perf_counter()
        goal = methods.objective(options, corpus.vocab, read)
        counted = time.perf_counter() - begin
        problem = exact.problem(*goal)
        params = exact.random_start(jax.random.key(config.seed), goal.counts.shape[0], config.dim)
        begin = time.perf_counter()
        for _ in range(3):
            params, _ = exact.improve(params, problem)
        passes = time.perf_counter() - begin
        rows.append({"text": name, "tokens": len(read.ids), "count": counted, "passes": passes})
    return rows


def draw(rows: list[dict], path: Path) -> None:
    """Loss against seconds."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
    start = rows[0]
    for name in dict.fromkeys(row["optimizer"] for row in rows[1:]):
        some = [row for row in rows if row["optimizer"] == name]
        if name == "sampled":
            ax.plot(some[0]["seconds"], some[0]["loss"], "k*", markersize=12, label=name)
            continue
        first = [] if "random" in name else [start]
        ax.plot(
            [row["seconds"] for row in first + some], [row["loss"] for row in first + some],
            ".-", label=name,
        )  # fmt: skip
    ax.set(xlabel="seconds", ylabel="loss / optimum of free scores")
    ax.set_ylim(top=start["loss"] + 0.02)
    ax.legend(frameon=False)
    figure.savefig(path, dpi=150)


def main(config: Config) -> None:
    """Minimise, compare, print and draw."""
    config.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        blocks = text.read_blocks(text.find_sources([str(config.corpus)]))
        corpus = text.encode_corpus(blocks, Path(folder), max_vocab=config.max_vocab)
        options = methods.resolved(cli.Train(method="exact", seed=config.seed), len(corpus.vocab))
        goal = methods.objective(options, corpus.vocab, corpus.text)
        best = optimum_loss(goal)
        rows = compare(config, goal, best)
        rows.append(sample(config, corpus, goal, best))
        doubled = double(config, corpus, options)
    results = {"optimizers": rows, "doubled": doubled}
    (config.out / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    draw(rows, config.out / "figure.png")
    shown = []
    for name in dict.fromkeys(row["optimizer"] for row in rows):
        last = [row for row in rows if row["optimizer"] == name][-1]
        shown.append([name, f"{last['seconds']:.0f}", f"{last['loss']:.4f}"])
    print_table("Loss by optimum of free scores", ["optimizer", "seconds", "loss"], shown)
    shown = [
        [row["text"], f"{row['tokens']:,}", f"{row['count']:.1f}", f"{row['passes']:.1f}"]
        for row in doubled
    ]
    print_table("A text and the same twice", ["text", "tokens", "counting s", "passes s"], shown)


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))

"""How to minimise the exact objective: several optimizers on the same counts, against the sampler.

    pip install -e '.[eval]'
    python experiments/exact_optimizers.py CORPUS --out runs/exact_optimizers

All minimise `sgns.expected_loss` over the counts of one text, as `jaxtext train --method exact`
does, for the same number of seconds:

- shared: `counts.improve`, whose rows share a curvature and each have their own step length; from
  singular vectors, and from random tables;
- own, with --own: the same with a curvature matrix for each row, which is Newton's method;
- majorizer: as shared, with the bound 1/4 for the variance of a label (Boehning 1992), for which
  neither direction nor length depends on the scores;
- lbfgs: L-BFGS of SciPy, all entries of both tables at once;
- adagrad: of optax.

The loss is divided by its optimum for free scores; measuring it is not part of the seconds. The
sampled trainer reads the text for its five epochs, and its vectors are measured on the same counts.
Then the text is doubled: counting takes two to three times as long, the passes take the same time.

Takes eight minutes on 2 cores of an AMD EPYC (AVX2) for 16 million words; nothing else should run.
Expect after 40 seconds about 1.19 for shared, 1.195 for majorizer, 1.20 for adagrad, whose loss
rises now and then, and 1.29 for lbfgs; and about 1.20 for the sampler after 75 seconds.
"""

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
from jaxtyping import Array
from matplotlib.figure import Figure
from tyro.conf import Positional, arg

import jaxtext
from jaxtext import Corpus, EmbeddingParams, Exact, Sgns
from jaxtext.base.files import write_json
from jaxtext.models.objective import Objective, optimum_loss
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables
from jaxtext.text import Encoded
from jaxtext.training import counting, counts, fit, starts

Steps = Iterator[EmbeddingParams]
Row = dict[str, Any]
PASSES = 3  # that are timed on the text and on its double


@dataclass(frozen=True)
class Config:
    """What is minimised, and for how long."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    out: Path = Path("runs/exact_optimizers")
    max_vocab: int = 20_000
    dim: int = 100
    seconds: float = 40.0
    """Time for each optimizer."""
    adagrad_rate: float = 0.1
    epochs: int = 5
    """Epochs of the sampled trainer."""
    own: bool = False
    """Also run Newton's method, which takes minutes per pass at 20,000 words."""
    seed: int = 0


def passes(problem: counts.Problem, params: EmbeddingParams, **how: Any) -> Steps:
    """Take the steps of the package."""
    while True:
        params, _ = counts.improve(params, problem, **how)
        yield params


def largest_curvature(scores: Array, pairs: Array, expected: Array) -> Array:
    """Return the largest curvature that a cell can have at any score."""
    return jnp.full_like(scores, 0.25) * (pairs + expected)


def lbfgs(problem: counts.Problem, params: EmbeddingParams) -> Steps:
    """Run L-BFGS with a memory of ten steps, a few iterations at a time; memory starts empty."""
    from scipy.optimize import minimize

    shape, size = params.center.shape, params.center.size

    def tables(flat: np.ndarray) -> EmbeddingParams:
        halves = (jnp.asarray(part.reshape(shape), jnp.float32) for part in np.split(flat, [size]))
        return EmbeddingParams(*halves)

    def flat(tree: EmbeddingParams) -> np.ndarray:
        return np.concatenate([np.asarray(part, np.float64).ravel() for part in tree])

    def value(point: np.ndarray) -> tuple[float, np.ndarray]:
        at = tables(point)
        return counts.loss(at, problem), flat(counts.gradient(at, problem))

    point = flat(params)
    while True:
        point = minimize(value, point, jac=True, method="L-BFGS-B", options={"maxiter": 8}).x
        yield tables(point)


def adagrad(problem: counts.Problem, params: EmbeddingParams, rate: float) -> Steps:
    """Take steps along the gradient, scaled entry by entry."""
    optimizer = optax.adagrad(rate)
    state: Any = optimizer.init(params)
    while True:
        updates, state = optimizer.update(counts.gradient(params, problem), state)
        params = optax.apply_updates(params, updates)  # pyright: ignore[reportAssignmentType]
        yield params


def follow(
    name: str, steps: Steps, problem: counts.Problem, best: float, limit: float
) -> list[Row]:
    """Return seconds and loss after each step, until the time is over."""
    rows, spent = [], 0.0
    while spent < limit:
        begin = time.perf_counter()
        params = jax.block_until_ready(next(steps))
        spent += time.perf_counter() - begin
        loss = counts.loss(params, problem) / best
        rows.append({"optimizer": name, "seconds": spent, "loss": loss})
        print(f"{name}: {spent:.1f} s, {loss:.4f}", flush=True)
    return rows


def compare(config: Config, objective: Objective, best: float) -> list[Row]:
    """Run all optimizers from the same start."""
    problem = counts.problem(*objective)
    majorized = problem._replace(cell=problem.cell._replace(curvature=largest_curvature))
    begin = time.perf_counter()
    start = starts.singular_vectors(objective.counts, objective.negatives, config.dim)
    print(f"singular vectors: {time.perf_counter() - begin:.1f} s")
    key = jax.random.key(config.seed)
    random = starts.random(key, len(objective.noise), config.dim)
    optimizers: dict[str, Callable[[], Steps]] = {
        "shared": lambda: passes(problem, start),
        "shared, from random": lambda: passes(problem, random),
        "majorizer": lambda: passes(majorized, start),
        "lbfgs": lambda: lbfgs(problem, start),
        "adagrad": lambda: adagrad(problem, start, config.adagrad_rate),
    }
    if config.own:
        optimizers["own"] = lambda: passes(problem, start, own_curvature=True)
    rows = [{"optimizer": "start", "seconds": 0.0, "loss": counts.loss(start, problem) / best}]
    for name, steps in optimizers.items():
        next(steps())  # compiles
        rows += follow(name, steps(), problem, best, config.seconds)
    return rows


def sample(config: Config, corpus: Corpus, objective: Objective, best: float) -> Row:
    """Run the sampled trainer on the text, and measure its vectors on the counts."""
    begin = time.perf_counter()
    method = Sgns(dim=config.dim, epochs=config.epochs)
    params = jax.block_until_ready(fit(jax.random.key(config.seed), corpus, method))
    seconds = time.perf_counter() - begin
    loss = counts.loss(params, counts.problem(*objective)) / best
    return {"optimizer": "sampled", "seconds": seconds, "loss": loss}


def double(config: Config, corpus: Corpus) -> list[Row]:
    """Return seconds of counting and of passes, for the text and for the same text twice."""
    rows, key = [], jax.random.key(config.seed)
    ids, ends = corpus.text
    twice = Encoded(np.concatenate([ids, ids]), np.concatenate([ends, ends + len(ids)]))
    for name, text in (("once", corpus.text), ("twice", twice)):
        begin = time.perf_counter()
        objective = counting.objective(key, corpus.vocab, text, Exact())
        counted = time.perf_counter() - begin
        steps = passes(
            counts.problem(*objective),
            starts.random(jax.random.clone(key), len(corpus.vocab), config.dim),
        )
        begin = time.perf_counter()
        for _ in range(PASSES):
            jax.block_until_ready(next(steps))
        spent = time.perf_counter() - begin
        rows.append({"text": name, "tokens": len(text.ids), "count": counted, "passes": spent})
    return rows


def draw(rows: list[Row], path: Path) -> None:
    """Draw loss against seconds."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    ax = figure.subplots()
    start = rows[0]
    for name in dict.fromkeys(row["optimizer"] for row in rows[1:]):
        own = [row for row in rows if row["optimizer"] == name]
        if name == "sampled":
            ax.plot(own[0]["seconds"], own[0]["loss"], "k*", markersize=12, label=name)
            continue
        points = own if "random" in name else [start, *own]
        seconds, losses = ([row[each] for row in points] for each in ("seconds", "loss"))
        ax.plot(seconds, losses, ".-", label=name)
    ax.set(xlabel="seconds", ylabel="loss / optimum of free scores")
    ax.set_ylim(top=start["loss"] + 0.02)
    ax.legend(frameon=False)
    figure.savefig(path, dpi=150)


def main(config: Config) -> None:
    """Minimise, compare, print and draw."""
    corpus = jaxtext.read(config.corpus, max_vocab=config.max_vocab)
    key = jax.random.key(config.seed)
    objective = counting.objective(key, corpus.vocab, corpus.text, Exact())
    best = optimum_loss(objective)
    rows = compare(config, objective, best)
    rows.append(sample(config, corpus, objective, best))
    doubled = double(config, corpus)
    content = {"config": scripts.settings(config), "optimizers": rows, "doubled": doubled}
    write_json(config.out / "results.json", content)
    draw(rows, config.out / "figure.png")
    last = {row["optimizer"]: row for row in rows}.values()
    losses = [[row["optimizer"], f"{row['seconds']:.0f}", f"{row['loss']:.4f}"] for row in last]
    times = [
        [row["text"], f"{row['tokens']:,}", f"{row['count']:.1f}", f"{row['passes']:.1f}"]
        for row in doubled
    ]
    print_tables(
        Table("Loss by optimum of free scores", ["optimizer", "seconds", "loss"], losses),
        Table(
            "A text and the same text twice", ["text", "tokens", "counting s", "passes s"], times
        ),
    )


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

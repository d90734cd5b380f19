"""How well negative sampling approximates the full softmax on real text, against the number k.

    pip install -e '.[eval]'
    python experiments/softmax_and_sampling.py CORPUS --out runs/softmax_and_sampling

Skip-gram with the full softmax and negative sampling with several k are trained on the same counts,
with as many passes. At its optimum, negative sampling has w.c = ln P(c | w) - ln(k P(c)): its
scores are log-probabilities only after ln P(c) has been added. The table has the negative
log-likelihood per pair (NLL, in nats) of three readings of its vectors:

- softmax of w.c + ln P(c), with P the distribution of the negatives;
- exp(w.c + ln(k P(c))) as it is, as noise-contrastive estimation takes it (Gutmann and Hyvarinen
  2010), together with the mean of ln Z, the logarithm of what these numbers sum to over contexts;
- softmax of w.c alone.

Beside it stand the full softmax with its own vectors, the entropy of contexts given centers, below
which no vectors get, and the entropy of contexts alone, which needs none. The distribution of the
negatives is that of contexts (exponent 1). Also writes table.md, results.json and figure.png.
Expect the first reading to approach the softmax as k grows.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
import tyro
from scipy import sparse
from tyro.conf import Positional, arg

import jaxtext
from jaxtext import EmbeddingParams, Exact, Softmax
from jaxtext.base.files import write_json, write_text
from jaxtext.models.cells import EXPONENTIAL
from jaxtext.models.objective import Objective
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables
from jaxtext.training import counting, counts, fit

Row = dict[str, Any]
CELLS = 1 << 16  # whose scores are computed at a time


@dataclass(frozen=True)
class Config:
    """What is trained."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    out: Path = Path("runs/softmax_and_sampling")
    max_vocab: int = 20_000
    min_count: int = 5
    dim: int = 100
    epochs: int = 6
    """Passes of each training."""
    negatives: tuple[int, ...] = (1, 5, 15, 50)
    seed: int = 0


def likelihood(params: EmbeddingParams, log_prior: np.ndarray, pairs: Objective) -> float:
    """Return the NLL per pair of the softmax of w.c + `log_prior`."""
    ones = jnp.ones((len(params.center), 1), params.center.dtype)
    prior = jnp.asarray(log_prior, params.center.dtype)[:, None]
    tables = EmbeddingParams(
        jnp.concatenate([params.center, ones], 1), jnp.concatenate([params.context, prior], 1)
    )
    problem = counts.problem(*pairs, cell=EXPONENTIAL)
    total = counts.loss(counts.with_biases(tables, EXPONENTIAL), problem)
    return total / float(pairs.counts.sum())


def mean_score(params: EmbeddingParams, pairs: Objective) -> float:
    """Return the mean of w.c over all pairs of the text."""
    cells, (center, context) = sparse.coo_array(pairs.counts), map(np.asarray, params)
    total = 0.0
    for first in range(0, cells.nnz, CELLS):
        some = slice(first, first + CELLS)
        rows, columns = (each[some] for each in cells.coords)
        total += float(cells.data[some] @ (center[rows] * context[columns]).sum(axis=1))
    return total / float(pairs.counts.sum())


def entropies(pairs: Objective) -> tuple[float, float]:
    """Return the entropy of contexts given centers, and that of contexts alone."""
    cells: Any = sparse.coo_array(pairs.counts)
    total, shares = cells.sum(), np.asarray(cells.sum(axis=0)) / cells.sum()
    given = cells.data @ np.log(np.asarray(cells.sum(axis=1))[cells.coords[0]] / cells.data)
    seen = shares[shares > 0]
    return float(given / total), float(-seen @ np.log(seen))


def main(config: Config) -> None:
    """Train, print the table, and write it with the figure."""
    corpus = jaxtext.read(config.corpus, min_count=config.min_count, max_vocab=config.max_vocab)
    key = jax.random.key(config.seed)
    shared: dict[str, Any] = {"dim": config.dim, "epochs": config.epochs}
    softmax = Softmax(**shared)
    pairs = counting.objective(key, corpus.vocab, corpus.text, softmax)
    given, alone = entropies(pairs)
    own = likelihood(fit(key, corpus, softmax, objective=pairs), np.zeros(len(corpus.vocab)), pairs)
    rows: list[Row] = []
    for k in config.negatives:
        method = Exact(negatives=k, noise_exponent=1, **shared)
        objective = pairs._replace(negatives=k)
        params = fit(key, corpus, method, objective=objective)
        prior = np.log(objective.noise)
        with_prior = likelihood(params, prior, pairs)
        mean_prior = float(np.asarray(pairs.counts.sum(axis=0)) @ prior / pairs.counts.sum())
        unnormalised = -float(mean_score(params, pairs) + mean_prior + np.log(k))
        rows.append({
            "k": k, "with P(c)": with_prior, "as NCE": unnormalised,
            "ln Z": with_prior - unnormalised, "w.c alone": likelihood(params, 0 * prior, pairs),
        })  # fmt: skip
        print(rows[-1], flush=True)
    references = {"entropy given centers": given, "full softmax": own, "entropy of contexts": alone}
    print_tables(*tables(rows, references))
    write_text(config.out / "table.md", "\n\n".join(t.markdown() for t in tables(rows, references)))
    content = {"config": scripts.settings(config), "rows": rows, **references}
    write_json(config.out / "results.json", content)
    draw(rows, references, config.out / "figure.png")


def tables(rows: list[Row], references: dict[str, float]) -> list[Table]:
    """Return the table of the references, and that of negative sampling by k."""
    first = [[name, f"{value:.3f}", f"{np.exp(value):,.0f}"] for name, value in references.items()]
    names = list(rows[0])
    lines = [[str(row["k"]), *(f"{row[name]:.3f}" for name in names[1:])] for row in rows]
    return [
        Table("What negative sampling is compared with", ["", "NLL", "perplexity"], first),
        Table("NLL per pair of negative sampling, and its mean ln Z", names, lines),
    ]


def draw(rows: list[Row], references: dict[str, float], path: Path) -> None:
    """Draw the NLL against k."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    for (name, value), style in zip(references.items(), (":", "-", "--"), strict=True):
        axes.axhline(value, color="#333333", linestyle=style, label=name)
    ks = [row["k"] for row in rows]
    colors = {"with P(c)": "#2166ac", "as NCE": "#5aae61", "w.c alone": "#b35806"}
    for name, color in colors.items():
        axes.plot(ks, [row[name] for row in rows], "o-", color=color, label=name)
    axes.set(xscale="log", xlabel="negatives k", ylabel="NLL per pair, nats", xticks=ks)
    axes.set_xticklabels(map(str, ks))
    axes.minorticks_off()
    axes.legend(fontsize="small")
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

"""What a GPU, or whatever device JAX has, makes of each method: speed, scores, bits, scatter.

    pip install -e '.[eval,cuda]'
    XLA_FLAGS=--xla_gpu_deterministic_ops=true python experiments/gpu.py CORPUS --eval EVAL

CORPUS is a text file; EVAL is a folder as in streams.py. Trains `exact`, `softmax` and `sgns` with
each number of streams twice, and gives the time of the second, which compiles nothing: seconds of a
pass, or words per second. Whether both have the same bits is in a column of its own. With several
streams, those of one GPU train at once. `JAX_PLATFORMS=cpu` gives the figures of the CPU of the
same machine.

The second table times the ways to add the rows of a step to a table: JAX's scatter, which adds row
after row on a CPU, and in any order on a GPU, and the product that adds up repeated words before.

Also writes table.md, with the device and the versions. Takes about four minutes on 2 cores for a
million words, with all of these methods.
"""

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any

os.environ.setdefault("JAX_NUM_CPU_DEVICES", str(os.cpu_count()))

import jax
import jax.numpy as jnp
import numpy as np
import tyro
from streams import SETS, scores
from tyro.conf import Positional, arg

import jaxtext
from jaxtext import Corpus, Embeddings
from jaxtext.base.files import write_text
from jaxtext.models.objective import Objective
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables
from jaxtext.runs.circumstances import circumstances
from jaxtext.training import accelerators, counting, fit

TIMES = 5  # of which the median is taken
STEP = 350  # rows that a step of sgns adds to the context vectors


@dataclass(frozen=True)
class Config:
    """What is trained."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    eval: Path | None = None
    out: Path = Path("runs/gpu")
    dim: int = 100
    passes: int = 2
    epochs: int = 1
    streams: tuple[int, ...] = (1, 4, 16)
    min_count: int = 5
    seed: int = 0


def trained(config: Config, corpus: Corpus, method: Any, objective: Objective | None) -> list[str]:
    """Train twice; return a line of the table."""
    seconds, tables = 0.0, []
    for _ in range(2):
        begin = time.perf_counter()
        found = fit(jax.random.key(config.seed), corpus, method, objective=objective)
        tables.append([np.asarray(table) for table in found])
        seconds = time.perf_counter() - begin
    one, two = (hashlib.sha256(b"".join(map(np.ndarray.tobytes, each))) for each in tables)
    if objective is None:
        name, speed = f"sgns, {method.streams} streams", f"{corpus.tokens / seconds:,.0f} words/s"
    else:
        name, speed = method.name, f"{seconds / (config.passes + 1):.2f} s a pass"
    line = [name, speed, "yes" if one.digest() == two.digest() else "NO"]
    if config.eval is not None:
        vectors = Embeddings(corpus.vocab, *tables[0])
        line += [f"{value or np.nan:.3f}" for value in scores(vectors, config.eval).values()]
    return line


def scatter(config: Config, words: int) -> Table:
    """Time the ways to add the rows of a step, of which a share have the same word."""
    rng = np.random.default_rng(config.seed)
    table = jnp.zeros((words, config.dim), jnp.float32)
    rows = jnp.ones((STEP, config.dim), jnp.float32)
    lines = []
    for share in (0.0, 0.5, 1.0):
        ids = rng.choice(words, STEP, replace=words < STEP).astype(np.int32)
        ids[: int(share * STEP)] = 0
        line = [f"{share:.0%}"]
        for add in (accelerators.added, accelerators.added_once):
            times = []
            compiled = jax.jit(lambda table, ids, add=add: jax.lax.fori_loop(
                0, 100, lambda _, table: add(table, ids, rows), table
            ))  # fmt: skip
            for _ in range(TIMES + 1):
                begin = time.perf_counter()
                jax.block_until_ready(compiled(table, jnp.asarray(ids)))
                times.append((time.perf_counter() - begin) / 100)
            line.append(f"{1e6 * median(times[1:]):.0f}")
        lines.append(line)
    header = ["rows of one word", "scatter µs", "added up before µs"]
    return Table(f"{STEP} rows of {config.dim} numbers, to one of {words:,}", header, lines)


def main(config: Config) -> None:
    """Train with each method, time the ways to add, and write both tables."""
    config.out.mkdir(parents=True, exist_ok=True)
    corpus = jaxtext.read(config.corpus, min_count=config.min_count)
    key = jax.random.key(config.seed)
    lines = []
    for kind in (jaxtext.Exact, jaxtext.Softmax):
        method = kind(dim=config.dim, epochs=config.passes)
        objective = counting.objective(key, corpus.vocab, corpus.text, method)
        lines.append(trained(config, corpus, method, objective))
    for streams in config.streams:
        method = jaxtext.Sgns(dim=config.dim, epochs=config.epochs, streams=streams)
        lines.append(trained(config, corpus, method, None))
    now: Any = circumstances()
    device, versions = now["device"], now["versions"]
    where = f"{device['kind']} ({device['processor']}, {device['cores']} cores)"
    title = f"{where}, jax {versions['jax']}, jaxlib {versions['jaxlib']}"
    header = ["method", "speed", "same bits", *(SETS if config.eval else [])]
    tables = Table(title, header, lines), scatter(config, len(corpus.vocab))
    print_tables(*tables)
    write_text(config.out / "table.md", "\n".join(each.markdown() for each in tables))


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

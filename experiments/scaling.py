"""How far training on several machines goes: measured on this one, computed for many.

    pip install -e '.[eval]'
    python experiments/scaling.py CORPUS --out runs/scaling

CORPUS is a text file. Trains `exact` and `sgns` in 1, 2 and 4 processes on this machine, each on a
core of its own as long as there are so many, and measures what a process sends in half a pass or a
round, how long that takes, and how long the whole takes. The vectors are the same each time, which
is checked.

From one process, with all columns and with half of them, it separates what a pass costs for each
row (the dense columns), for each observed pair, and for each word on every machine (orthogonal
tables). From half of the text and all of it, it takes how the number of different pairs grows. With
stated network speeds, it then computes the seconds of a pass and of a round for larger texts and
more machines. The second table is computed, not measured: it assumes machines like this core, pairs
that go on growing at the same rate, and an exchange at the full speed of the network.

Also writes table.md and results.json. Takes about six minutes on 2 cores for 16 million words.
"""

import json
import math
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from tyro.conf import Positional, arg

from jaxtext.base.cores import cores
from jaxtext.base.errors import InputError
from jaxtext.base.files import write_json, write_text
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables

WORDS = (1e9, 1e10, 1e11)
MACHINES = (8, 64)
VOCABULARY = 1_000_000
NETWORKS = {"10 Gb/s": 10e9 / 8, "100 Gb/s": 100e9 / 8}  # bytes per second
FLOAT = 4  # bytes
Measured = dict[str, Any]


@dataclass(frozen=True)
class Config:
    """What is trained."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    out: Path = Path("runs/scaling")
    processes: tuple[int, ...] = (1, 2, 4)
    dim: int = 100
    columns: int = 4_096
    passes: int = 3
    epochs: int = 1
    streams: int = 4
    min_count: int = 5
    worker: str = ""
    """Internal: train as this JSON says, as one of several processes."""


def method_of(config: Config, name: str, columns: int) -> Any:
    """Return the record of a method."""
    import jaxtext

    if name == "exact":
        return jaxtext.Exact(dim=config.dim, epochs=config.passes, columns=columns)
    return jaxtext.Sgns(dim=config.dim, epochs=config.epochs, streams=config.streams)


def work(config: Config) -> None:
    """Train as one process; process 0 writes what was measured."""
    import jaxtext

    job = json.loads(config.worker)
    name, processes, process, out = (job[key] for key in ("name", "processes", "process", "out"))
    sent, spent, marks = [0], [0.0], []
    with jaxtext.devices.join(job["address"], processes, process) as team:

        def timed(name: str) -> Any:
            def function(mine: Any) -> Any:
                begin = time.perf_counter()
                found = getattr(team, name)(mine)
                spent[0] += time.perf_counter() - begin
                sent[0] += mine.nbytes * (processes - 1) // (processes if name == "swap" else 1)
                return found

            return function

        def mark(report: Any) -> None:
            marks.append([report.seconds, sent[0], spent[0], report.done])

        method = method_of(config, name, job["columns"])
        outcome = jaxtext.run(
            out, config.corpus, method, min_count=config.min_count, checkpoint_every=1e6,
            team=team._replace(**{name: timed(name) for name in ("gather", "swap")}),
            on_report=mark,
        )  # fmt: skip
        if team.leads:
            manifest = json.loads((Path(out) / "manifest.json").read_text(encoding="utf-8"))
            write_json(Path(job["result"]), {
                "marks": marks, "sha256": outcome.sha256, "seconds": manifest["seconds"],
                "corpus": manifest["corpus"], "peak": manifest["peak_bytes"]["train"],
            })  # fmt: skip


def trained(config: Config, name: str, processes: int, columns: int) -> Measured:
    """Train once in so many processes; return what was measured."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    here = config.out / f"{name}-{processes}-{columns}"
    shutil.rmtree(here, ignore_errors=True)  # of an earlier start
    running = []
    for process in range(processes):
        job = {
            "name": name, "processes": processes, "process": process, "columns": columns,
            "address": address, "out": str(here), "result": str(here) + ".json",
        }  # fmt: skip
        flags = [f"--{key.replace('_', '-')}={getattr(config, key)}" for key in (
            "out", "dim", "columns", "passes", "epochs", "streams", "min_count"
        )]  # fmt: skip
        command = [sys.executable, __file__, str(config.corpus), *flags, "--worker"]
        if hasattr(os, "sched_setaffinity"):
            core = sorted(os.sched_getaffinity(0))[process % cores()]
            command = ["taskset", "-c", str(core), *command]
        one = {"PJRT_NPROC": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        environment = os.environ | one | {"JAX_NUM_CPU_DEVICES": "1"}
        running.append(
            subprocess.Popen(
                [*command, json.dumps(job)], env=environment, stdout=subprocess.DEVNULL
            )
        )
    if any([process.wait() for process in running]):
        raise InputError(f"{name} in {processes} processes failed")
    return json.loads(Path(f"{here}.json").read_text(encoding="utf-8"))


def per_pass(found: Measured) -> tuple[float, float, float]:
    """Return seconds, bytes and seconds of exchange of a pass; `exact` reports after each."""
    (begin, sent, spent, _), *between, _ = found["marks"]
    end, sent_after, spent_after, _ = between[-1]
    passes = len(between)
    return (end - begin) / passes, (sent_after - sent) / passes, (spent_after - spent) / passes


def in_all(found: Measured) -> tuple[float, float, float]:
    """Return the same of all rounds of `sgns`."""
    (begin, *_), *_, (end, sent, spent, _) = found["marks"]
    return end - begin, sent, spent


def pairs(config: Config) -> list[tuple[int, int]]:
    """Return the words, and the different pairs, of half of the text and of all of it."""
    import jax

    import jaxtext
    from jaxtext.text import Encoded
    from jaxtext.training import counting

    corpus = jaxtext.read(config.corpus, min_count=config.min_count)
    ends, found = corpus.text.ends, []
    for some in (ends[: len(ends) // 2], ends):
        ids = Encoded(corpus.text.ids[: some[-1]], some)
        method = method_of(config, "exact", config.columns)
        counts = counting.objective(jax.random.key(0), corpus.vocab, ids, method).counts
        size: Any = counts
        found.append((int(corpus.tokens * some[-1] / ends[-1]), int(size.nnz)))
    return found


def costs(config: Config, whole: Measured, half: Measured, two: Measured, cells: int) -> Measured:
    """Return the seconds of a pass on one core: per row, per pair, and per word everywhere."""
    words = whole["corpus"]["vocabulary"]
    one, fewer = (per_pass(each)[0] for each in (whole, half))
    halved, _, exchange = per_pass(two)
    parallel = min(max(2 * (one - halved + exchange), 0.0), one)
    dense = min(max(2 * (one - fewer), 0.0), parallel)
    return {
        "row": dense / words, "pair": (parallel - dense) / cells, "word": (one - parallel) / words,
    }  # fmt: skip


def computed(config: Config, cost: Measured, seen: list[tuple[int, int]]) -> Table:
    """Return the seconds of a pass and of a round for larger texts and more machines."""
    (half, few), (whole, many) = seen
    growth = math.log(many / few) / math.log(whole / half)
    lines = []
    for words in WORDS:
        cells = min(many * (words / whole) ** growth, VOCABULARY**2)
        for machines in MACHINES:
            own = cost["row"] * VOCABULARY + cost["pair"] * cells
            busy = own / machines + cost["word"] * VOCABULARY
            table = VOCABULARY * config.dim * FLOAT
            lines.append([
                f"{words / 1e9:.0f} billion", str(machines), f"{cells / 1e9:.1f} billion",
                f"{12 * cells / machines / 2**30:.1f}", f"{busy:.0f}",
                *(f"{2 * table / speed:.1f}" for speed in NETWORKS.values()),
                *(f"{4 * table / speed:.1f}" for speed in NETWORKS.values()),
            ])  # fmt: skip
    header = ["words", "machines", "different pairs", "GiB of counts each", "a pass s"]
    header += [f"its exchange s, {name}" for name in NETWORKS]
    header += [f"exchange of a round s, {name}" for name in NETWORKS]
    return Table(f"Computed: {VOCABULARY:,} words, pairs as words^{growth:.2f}", header, lines)


def main(config: Config) -> None:
    """Measure, compute, and write both tables."""
    if config.worker:
        work(config)
        return
    config.out.mkdir(parents=True, exist_ok=True)
    lines, every = [], {}
    for name in ("exact", "sgns"):
        for processes in config.processes:
            found = every[name, processes] = trained(config, name, processes, config.columns)
            if found["sha256"] != every[name, config.processes[0]]["sha256"]:
                raise InputError(f"{name}: other vectors in {processes} processes than in one")
            seconds, sent, exchange = (per_pass if name == "exact" else in_all)(found)
            times = found["seconds"]
            lines.append([
                name, str(processes), f"{times['read']:.1f}", f"{times.get('count', 0):.1f}",
                f"{seconds:.2f}", f"{sent / 2**20:.1f}", f"{exchange:.2f}",
                f"{times['train']:.1f}", f"{found['peak'] / 2**20:.0f}",
            ])  # fmt: skip
            print(*lines[-1], flush=True)
    fewer = trained(config, "exact", 1, config.columns // 2)
    seen = pairs(config)
    first, two = every["exact", 1], every["exact", config.processes[1]]
    cost = costs(config, first, fewer, two, seen[1][1])
    header = [
        "method", "processes", "read s", "count s", "a pass, all rounds s", "sent MiB",
        "exchange s", "train s", "peak MiB",
    ]  # fmt: skip
    tables = Table("Measured", header, lines), computed(config, cost, seen)
    print_tables(*tables)
    results = {"costs": cost, "pairs": seen, "vectors": first["sha256"]}
    write_json(config.out / "results.json", results | {
        f"{name}-{processes}": found for (name, processes), found in every.items()
    })  # fmt: skip
    write_text(config.out / "table.md", "\n".join(each.markdown() for each in tables))


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

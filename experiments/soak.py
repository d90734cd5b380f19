"""Twenty minutes of training on generated text: does memory grow, does throughput fall?

    pip install -e '.[eval]'
    python experiments/soak.py --out runs/soak

Writes a text whose words follow Zipf's law (in Mandelbrot's form: the share of rank r is
proportional to 1 / (r + 2.7)^1.05), trains on it with `jaxtext train`, checkpoints included, and
ends the training with SIGTERM after the given number of minutes. Once a second the memory of the
process (its resident set) is read; throughput comes from the run's metrics. Prints both minute by
minute, and writes them to results.json and figure.png. Nothing else should run.

Expect medians of memory within 2% of the second minute's, and medians of throughput not below 90%
of it; the status is 1 otherwise. Other work on the machine can only slow the training down: where
the medians fall but the fastest tenth of each minute's reports does not, that is the reason.
"""

import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
import tyro
from matplotlib.figure import Figure

from jaxtext import runs
from jaxtext.base.errors import InputError
from jaxtext.base.files import finite, read_json_lines, write_json
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables

OFFSET, EXPONENT = 2.7, 1.05  # in the law
SENTENCE, PIECE = 20, 1_000_000  # words
GROWTH, FALL = 1.02, 0.9  # limits for the last quarter against the second minute
EPOCHS = 100_000  # more than there is time for


@dataclass(frozen=True)
class Config:
    """What is trained, and for how long."""

    out: Path = Path("runs/soak")
    minutes: int = 20
    minute: float = 60.0
    """Seconds in a minute, fewer for a test."""
    words: int = 20_000_000
    vocabulary: int = 100_000
    dim: int = 100
    seed: int = 0


def write_text(config: Config, path: Path) -> None:
    """Write sentences of words drawn by Zipf's law."""
    rng = np.random.default_rng(config.seed)
    names = np.array([f"w{rank}" for rank in range(config.vocabulary)])
    cdf = np.cumsum(1 / (np.arange(config.vocabulary) + OFFSET) ** EXPONENT)
    with path.open("w", encoding="utf-8") as file:
        for start in range(0, config.words, PIECE):
            draws = rng.random(min(PIECE, config.words - start)) * cdf[-1]
            words = names[np.searchsorted(cdf, draws)]
            for first in range(0, len(words), SENTENCE):
                file.write(" ".join(words[first : first + SENTENCE]) + "\n")


def resident(pid: int) -> float:
    """Return the resident set of a process in MB; Linux only."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1000


def reports(run: Path) -> list[tuple[float, float]]:
    """Return seconds and the share of the training done, for each report."""
    return [(line["seconds"], line["done"]) for line in read_json_lines(run / runs.METRICS)]


def soak(config: Config, text: Path, run: Path) -> list[tuple[float, float]]:
    """Train until the time is over; return the memory at each second from the first report on."""
    options = ["--epochs", EPOCHS, "--dim", config.dim, "--min-count", 1, "--out", run]
    options += ["--checkpoint-every", config.minute]
    command = [sys.executable, "-m", "jaxtext", "train", text, *options]
    process = subprocess.Popen([*map(str, command)], stdout=subprocess.DEVNULL)
    while not reports(run):
        if process.poll() is not None:
            raise InputError(f"jaxtext train ended with status {process.returncode}")
        time.sleep(0.05)
    begin, memory = time.monotonic(), []
    while (now := time.monotonic() - begin) < config.minutes * config.minute:
        if process.poll() is not None:
            raise InputError(f"jaxtext train ended with status {process.returncode}")
        memory.append((now, resident(process.pid)))
        time.sleep(min(1.0, config.minute / 10))
    process.send_signal(signal.SIGTERM)
    if process.wait() != 128 + signal.SIGTERM:
        raise InputError(f"SIGTERM ended it with status {process.returncode}, not 143")
    return memory


def by_minute(points: list[tuple[float, float]], config: Config, rank: float = 0.5) -> list[float]:
    """Return a quantile, by default the median, of the values of each minute; NaN without any."""
    groups: list[list[float]] = [[] for _ in range(config.minutes)]
    for seconds, value in points:
        groups[min(int(seconds / config.minute), config.minutes - 1)].append(value)
    return [float(np.quantile(group, rank)) if group else float("nan") for group in groups]


def draw(memory: list[tuple[float, float]], speed: list[tuple[float, float]], path: Path) -> None:
    """Draw throughput and memory against time."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    above, below = figure.subplots(2, sharex=True)
    above.plot(*zip(*speed, strict=True), lw=1)
    above.set(ylabel="million words per second", ylim=(0, None))
    below.plot(*zip(*memory, strict=True), lw=1)
    below.set(ylabel="resident MB", xlabel="seconds of training", ylim=(0, None))
    figure.savefig(path, dpi=150)


def main(config: Config) -> int:
    """Soak, and report what grew and what fell; return the exit status."""
    if config.out.exists():
        raise InputError(f"{config.out}: exists already: choose another folder", "out")
    config.out.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        write_text(config, text)
        memory = soak(config, text, config.out / "run")
    done = reports(config.out / "run")
    scale = EPOCHS * config.words / 1e6
    speed = [(b, scale * (y - x) / (b - a)) for (a, x), (b, y) in pairwise(done)]
    megabytes, rates = by_minute(memory, config), by_minute(speed, config)
    fastest = by_minute(speed, config, 0.9)
    rows = [
        [str(number + 1), f"{rate:.2f}", f"{best:.2f}", f"{size:.0f}"]
        for number, (rate, best, size) in enumerate(zip(rates, fastest, megabytes, strict=True))
    ]
    header = ["minute", "M words/s", "fastest tenth", "MB"]
    print_tables(Table("Each minute: medians, and the fastest tenth", header, rows))
    last = -max(config.minutes // 4, 1)
    growth = median(megabytes[last:]) / megabytes[1]
    fall, best = (median(each[last:]) / each[1] for each in (rates, fastest))
    peak = max(size for seconds, size in memory if seconds >= config.minute)
    print(
        f"\nlast quarter against the second minute: memory {growth:.3f}, throughput {fall:.3f} "
        f"(its fastest tenth {best:.3f}); largest memory after the first minute {peak:.0f} MB"
    )
    content = {"config": scripts.settings(config)}
    minutes = {"megabytes": megabytes, "million_words_per_second": rates, "fastest": fastest}
    content |= {name: list(map(finite, values)) for name, values in minutes.items()}
    content |= {"memory_growth": finite(growth), "throughput": finite(fall), "peak": peak}
    write_json(config.out / "results.json", content)
    draw(memory, speed, config.out / "figure.png")
    return 1 if growth > GROWTH or fall < FALL else 0


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

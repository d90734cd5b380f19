"""How time and memory grow with the length of the text and the number of dimensions, beside gensim.

    pip install -e '.[bench]'
    python experiments/growth.py CORPUS --out runs/growth

CORPUS is a plain text file. Its first 1/8, 1/4, 1/2 and the whole of it are trained with --dim
dimensions, and the first of these parts with 50 to 300, each by a process of its own, which
`benchmark_trainers.py` starts: seconds of reading, training, writing and the closing gap, and the
largest resident set until the end of each. gensim trains on the tokens of the same parts. Every
finished measurement is a line of results.jsonl; a second start measures only what is missing. Also
writes table.md and growth.png. gensim takes most of the time; nothing else should run. Expect
seconds to be linear in the text.
"""

import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from tyro.conf import Positional, arg

from jaxtext.base.errors import InputError
from jaxtext.base.files import sha256, write_text
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables
from jaxtext.runs.results import open_results

BENCHMARK = Path(__file__).with_name("benchmark_trainers.py")
STAGES = ("read", "train", "write", "gap")
PEAKS = ("read", "train", "gap")
COLORS = {"gensim": "#b35806", "jaxtext": "#2166ac"}


@dataclass(frozen=True)
class Config:
    """What is trained."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    out: Path = Path("runs/growth")
    parts: tuple[int, ...] = (8, 4, 2, 1)
    """Parts of the text: 8 means its first eighth."""
    dim: int = 100
    dims: tuple[int, ...] = (50, 200, 300)
    """Further dimensions, with the first part."""
    epochs: int = 5
    min_count: int = 5
    tools: tuple[str, ...] = ("gensim", "jaxtext")


def first_part(corpus: Path, part: int, path: Path) -> None:
    """Write the lines of a text up to `1 / part` of its bytes to a file."""
    left = corpus.stat().st_size // part
    with open(corpus, "rb") as text, open(path, "wb") as file:
        for line in text:
            file.write(line)
            left -= len(line)
            if left <= 0:
                break


def trained(config: Config, tool: str, part: int, dim: int) -> dict[str, Any]:
    """Train once; return words, speed, seconds by stage and peaks in MB."""
    scratch = config.out / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    text, out = scratch / "text.txt", scratch / "benchmark"
    first_part(config.corpus, part, text)
    flags = [
        f"--{name.replace('_', '-')}={getattr(config, name)}" for name in ("epochs", "min_count")
    ]
    command = [sys.executable, str(BENCHMARK), str(text), f"--out={out}", f"--dim={dim}", *flags]
    done = subprocess.run(
        [*command, "--seeds", "0", "--tools", tool], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise InputError(f"{tool} failed: {done.stderr.strip()[-500:]}")
    content = json.loads((out / "results.json").read_text(encoding="utf-8"))
    measured = content["results"][tool][0]
    times = json.loads((out / f"{tool}-0-times.json").read_text(encoding="utf-8"))
    found = {
        "words": content["words"], "total": measured["end to end s"], "peak": measured["peak MB"],
    }  # fmt: skip
    manifest = out / f"{tool}-0" / "manifest.json"
    if manifest.exists():
        content = json.loads(manifest.read_text(encoding="utf-8"))
        found |= content["seconds"] | {"vocabulary": content["corpus"]["vocabulary"]}
        found["peaks"] = {name: peak / 2**20 for name, peak in content["peak_bytes"].items()}
    else:
        found["train"] = times["train"]
    shutil.rmtree(scratch)
    return found


def measured(config: Config) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield settings and measurements of all trainings; each is on disk when it is yielded."""
    shared = {"corpus": sha256(config.corpus), "epochs": config.epochs}
    results = open_results(config.out / "results.jsonl", shared)
    sizes = [(part, config.dim) for part in config.parts]
    sizes += [(config.parts[0], dim) for dim in config.dims]
    for (part, dim), tool in itertools.product(sizes, config.tools):
        settings = {"tool": tool, "part": part, "dim": dim}
        if results.get(settings) is None:
            results.add(settings, trained(config, tool, part, dim))
        row = results.get(settings)
        assert row is not None
        print(tool, part, dim, f"{row['total']:.1f} s", flush=True)
        yield settings, row


def table(rows: list[tuple[dict[str, Any], dict[str, Any]]]) -> Table:
    """Return a line for each training: its size, seconds by stage and peaks in MB."""
    lines = []
    for settings, row in rows:
        peaks = row.get("peaks", {})
        lines.append([
            settings["tool"], f"{row['words'] / 1e6:.1f} M", str(settings["dim"]),
            *(f"{row[stage]:.1f}" if stage in row else "" for stage in STAGES),
            f"{row['total']:.1f}",
            *(f"{peaks[name]:.0f}" if name in peaks else "" for name in PEAKS),
            f"{row['peak']:.0f}",
        ])  # fmt: skip
    header = ["tool", "words", "dim", *(f"{stage} s" for stage in STAGES), "end to end s"]
    header += [f"MB until {name}" for name in PEAKS]
    return Table("", [*header, "peak MB"], lines)


def draw(rows: list[tuple[dict[str, Any], dict[str, Any]]], config: Config, path: Path) -> None:
    """Draw seconds and peak memory against words and against dimensions."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    def points(tool: str, name: str, words: bool) -> list[tuple[float, float]]:
        fixed, value = ("dim", config.dim) if words else ("part", config.parts[0])
        chosen = [(s, row) for s, row in rows if s["tool"] == tool and s[fixed] == value]
        return sorted((row["words"] / 1e6 if words else s["dim"], row[name]) for s, row in chosen)

    figure, axes = plt.subplots(2, 2, figsize=(9, 6.5), layout="constrained")
    for row, (name, unit) in enumerate((("total", "seconds, end to end"), ("peak", "peak MB"))):
        for column, label in enumerate(("million words", "dimensions")):
            ax = axes[row, column]
            for tool in config.tools:
                xs, ys = zip(*points(tool, name, column == 0), strict=True)
                ax.plot(xs, ys, "o-", color=COLORS.get(tool), label=tool)
            ax.set(xlabel=label, ylabel=unit, xlim=(0, None), ylim=(0, None))
            ax.grid(alpha=0.3)
    axes[0, 0].legend()
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main(config: Config) -> None:
    """Measure what is missing, print the table, and write it and the figure."""
    if not config.corpus.is_file():
        raise InputError(f"{config.corpus}: no such file")
    rows = list(measured(config))
    print_tables(table(rows))
    write_text(config.out / "table.md", table(rows).markdown() + "\n")
    draw(rows, config, config.out / "growth.png")


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

"""Ten thousand generated inputs: is there a traceback, a hang, or a file left half-written?

    pip install -e '.[eval]'
    python experiments/fuzz.py --out runs/fuzz

Each input is made from a valid one by random damage: bytes changed, pieces removed, repeated or put
elsewhere, numbers made absurd, odd characters inserted. It is given to the command that reads it,
in this process: texts to `train`, vector files to `info`, `neighbors` and `export`, evaluation sets
to `evaluate`, manifests and checkpoints to `train --from-manifest` and `train --resume`, and
damaged command lines to `jaxtext` itself. An input passes if the command ends within the seconds
allowed with status 0, 1 or 2, says in one line why it failed, and leaves no temporary file. Those
that do not pass are kept in the folder `failed`. The seed decides every input, so that each can be
made again.

Takes about fifteen minutes on 2 cores. Expect no input that does not pass; the status is 1
otherwise.
"""

import bz2
import contextlib
import gzip
import io
import lzma
import random
import runpy
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import tyro

import jaxtext
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables

COMMANDS = (
    "train", "neighbors", "analogy", "evaluate", "export", "gap", "info", "verify", "trian", "",
    "--version", "-h",
)  # fmt: skip
WORDS = (
    "the", "cat", "sat", "on", "a", "mat", "and", "dog", "ran", "to", "big", "red", "house", "with",
    "small", "café", "naïve", "Straße", "İzmir",
)  # fmt: skip
PIECES = (
    b"\0", b"\xff", b"\xc3", b"\r", b"\n", b"\n\n", b"\t", b" ", b",", b";", b":", b'"', b"#", b"/",
    b"\xef\xbb\xbf", "\u00ad".encode(), "\u2028".encode(), "a\u0301".encode(), b"nan", b"inf",
    b"-1", b"1e999", b"9" * 30, b"0", b"0x1", b"<unk>", b"\x1b[2J", b"{", b"}", b"[", b"null",
    b"PK\x03\x04", b"%PDF-", b"\x1f\x8b", b"../..", b"x" * 3000,
)  # fmt: skip
OPTIONS = (
    "--dim", "--window", "--negatives", "--epochs", "--min-count", "--max-vocab", "--subsample",
    "--noise-exponent", "--learning-rate", "--seed", "--method", "--out", "--resume", "--top",
    "--format", "--vectors", "--json", "--columns", "--restrict", "--similarity", "--analogy",
    "--limit", "--strict", "--tokens", "--language", "--encoding", "--errors", "--sentences",
    "--lowercase", "--no-gap", "--only", "--centers", "--figure", "-dim", "--help", "--", "-",
)  # fmt: skip
VALUES = (
    "0", "1", "-1", "2.5", "1e999", "nan", "sgns", "exact", "svd", "none", "", " ", "é", "\ud800",
    "words", "whitespace", "utf-16", "tr", "center", "glove", "1,2,3", "the", "/nowhere", ".",
)  # fmt: skip


PACKERS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


@dataclass(frozen=True)
class Config:
    """How many inputs, and where those that do not pass are kept."""

    out: Path = Path("runs/fuzz")
    inputs: int = 10_000
    seconds: float = 10.0
    """Allowed for an input."""
    seed: int = 0


class Case(NamedTuple):
    """A command, and the files that it reads."""

    command: list[str]
    files: dict[str, bytes]


class Ended(NamedTuple):
    """How a command ended: its status, or what went wrong."""

    status: int | None
    wrong: str


Make = Callable[[random.Random, "Valid"], Case]


class Valid(NamedTuple):
    """What the damaged inputs are made from."""

    text: bytes
    vectors: dict[str, bytes]  # by format
    run: Path  # a finished run
    stopped: Path  # one that can be resumed


def damaged(draw: random.Random, content: bytes) -> bytes:
    """Damage some bytes one to four times, mostly once."""
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        at, size = draw.randint(0, len(content)), draw.choice((1, 1, 4, 30, 500))
        piece = content[at : at + size]
        inserted = draw.choice(
            (b"", piece * 2, draw.choice(PIECES), draw.randbytes(draw.randint(1, 8)))
        )
        content = content[:at] + inserted + content[at + size :]
        if draw.random() < 0.05:
            content = content[: draw.randint(0, len(content))]
    return content


def text_case(draw: random.Random, valid: Valid) -> Case:
    """Train on a damaged text; by counts, which needs no compilation, but for a few."""
    method = "sgns" if draw.random() < 0.02 else "svd"
    name = draw.choice(("t.txt", "t.txt", "t", "t.gz", "t.xz", "t.bz2", "t.zip"))
    options = ["--method", method, "--dim", "1", "--min-count", "1", "--no-gap", "--subsample=0"]
    for flag, values in (
        ("--tokens", ("words", "whitespace")),
        ("--encoding", ("utf-8", "cp1252", "utf-16", "ascii")),
        ("--errors", ("replace",)),
        ("--sentences", ("paragraphs",)),
        ("--language", ("tr",)),
    ):
        if draw.random() < 0.15:
            options += [flag, draw.choice(values)]
    pack = PACKERS.get(Path(name).suffix, bytes)
    content = valid.text if draw.random() < 0.2 else damaged(draw, valid.text)
    content = damaged(draw, pack(content)) if draw.random() < 0.3 else pack(content)
    return Case(["train", name, "--out", "run", *options], {name: content})


def vector_case(draw: random.Random, valid: Valid) -> Case:
    """Read a damaged vector file."""
    form = draw.choice(list(valid.vectors))
    suffix = {"word2vec-binary": ".bin", "safetensors": ".safetensors"}.get(form, ".txt")
    name = draw.choice((f"v{suffix}", f"v{suffix}", "v", "v.vec"))
    command = draw.choice(
        (["info", name], ["neighbors", name, "cat"], ["export", name, "w.txt"], ["analogy", name,
         "cat", "dog", "mat"], ["info", name, "--strict"], ["info", name, "--limit", "2"])
    )  # fmt: skip
    return Case(command, {name: damaged(draw, valid.vectors[form])})


def set_case(draw: random.Random, valid: Valid) -> Case:
    """Evaluate on a damaged set."""
    kind = draw.choice(("similarity", "analogy"))
    mark = draw.choice("\t ,;" if kind == "similarity" else "\t ")
    rows = [[draw.choice(WORDS), draw.choice(WORDS), str(draw.randint(0, 10))] for _ in range(6)]
    if kind == "analogy":
        rows = [[draw.choice(WORDS) for _ in range(4)] for _ in range(6)]
    if draw.random() < 0.3:
        rows = [[str(number), *row, draw.choice("nv"), "2"] for number, row in enumerate(rows)]
    content = "\n".join(mark.join(row) for row in rows).encode()
    content = content if draw.random() < 0.2 else damaged(draw, content)
    vectors = valid.vectors["safetensors"]
    return Case(
        ["evaluate", "v.safetensors", f"--{kind}", "set.txt", "--json", "scores.json"],
        {"set.txt": content, "v.safetensors": vectors},
    )


def manifest_case(draw: random.Random, valid: Valid) -> Case:
    """Repeat a damaged manifest, or show a damaged run."""
    name = draw.choice(("manifest.json", "manifest.json", "config.json", "vocab.tsv"))
    files = {path.name: path.read_bytes() for path in valid.run.iterdir() if path.is_file()}
    files = {f"r/{each}": content for each, content in files.items()}
    files[f"r/{name}"] = damaged(draw, files[f"r/{name}"])
    if name == "manifest.json":
        again = ["train", "t.txt", "--from-manifest", "r/manifest.json", "--out", "run", "--no-gap"]
        return Case(draw.choice((again, ["info", "r"])), {**files, "t.txt": valid.text})
    return Case(draw.choice((["info", "r"], ["neighbors", "r", "cat"])), files)


def checkpoint_case(draw: random.Random, valid: Valid) -> Case:
    """Resume a run with damaged files."""
    files = {
        f"r/{path.relative_to(valid.stopped)}": path.read_bytes()
        for path in valid.stopped.rglob("*")
        if path.is_file()
    }
    names = [name for name in files if "checkpoints" in name or name.endswith((".json", ".jsonl"))]
    for name in draw.sample(sorted(names), draw.randint(1, 2)):
        files[name] = damaged(draw, files[name])
    return Case(["train", "t.txt", "--resume", "--out", "r"], {**files, "t.txt": valid.text})


def command_case(draw: random.Random, valid: Valid) -> Case:
    """Give a command line of parts that need not fit together."""
    command = [draw.choice(COMMANDS)]
    for _ in range(draw.randint(0, 5)):
        command.append(draw.choice((*OPTIONS, *VALUES, "v.txt", "set.txt")))
    if command[0] in ("train", "verify", "examples", "gap"):  # nothing that takes its time
        command += ["--only", "zzz"] if command[0] == "verify" else ["--no-such-option"]
    return Case(command, {"v.txt": valid.vectors["glove"], "set.txt": b"cat\tdog\t3\n"})


KINDS: dict[str, tuple[Make, float]] = {  # and the share of the inputs
    "texts": (text_case, 0.22),
    "vector files": (vector_case, 0.3),
    "sets": (set_case, 0.2),
    "manifests": (manifest_case, 0.08),
    "checkpoints": (checkpoint_case, 0.05),
    "command lines": (command_case, 0.15),
}


@contextlib.contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise `TimeoutError` in the block after some seconds."""

    def ring(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def run(command: list[str]) -> int:
    """Run `python -m jaxtext` with these arguments, in this process; return its status."""
    before = sys.argv
    sys.argv = ["jaxtext", *command]
    try:
        runpy.run_module("jaxtext", run_name="__main__")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.argv = before
    return 0


def ended(case: Case, folder: Path, seconds: float) -> Ended:
    """Run a command in a folder with its files; return how it ended."""
    for name, content in case.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    error = io.StringIO()
    try:
        with (
            contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(error), alarm(seconds), warnings.catch_warnings(),
        ):  # fmt: skip
            warnings.simplefilter("error")
            status = run(case.command)
    except TimeoutError:
        return Ended(None, f"hang over {seconds:g} s")
    except BaseException:
        return Ended(None, traceback.format_exc())
    said = error.getvalue()
    if status not in (0, 1, 2) or (status and not said.strip()):
        return Ended(status, f"status {status}, said {said!r:.200}")
    return Ended(status, left_behind(folder))


def left_behind(folder: Path) -> str:
    """Return the temporary files that are left; nothing if there are none."""
    hidden = [str(path.relative_to(folder)) for path in folder.rglob(".*")]
    return f"left {', '.join(sorted(hidden))}" if hidden else ""


def valid_inputs(folder: Path) -> Valid:
    """Train a little, to have valid files of each kind."""
    draw = random.Random(0)
    lines = [" ".join(draw.choices(WORDS, k=8)) for _ in range(60)]
    text = "\n".join(lines).encode()
    (folder / "t.txt").write_bytes(text)
    train = ["train", str(folder / "t.txt"), "--min-count=1", "--method=exact", "--dim=3"]
    vectors = {}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        run([*train, "--out", str(folder / "run"), "--epochs=2"])
        for form in ("word2vec-text", "word2vec-binary", "glove", "fasttext", "safetensors"):
            path = folder / form
            run(["export", str(folder / "run"), str(path), "--format", form])
            vectors[form] = path.read_bytes()
    method, options = jaxtext.Exact(dim=3, epochs=3), {"min_count": 1, "checkpoint_every": 0.0}
    with contextlib.suppress(StopIteration):
        jaxtext.run(
            folder / "stopped", folder / "t.txt", method, **options, on_report=stopping(2.0 / 3)
        )
    return Valid(text, vectors, folder / "run", folder / "stopped")


def stopping(done: float) -> Callable[[Any], None]:
    """Return a callback that ends a training when so much is done, as a signal would."""

    def on_report(report: Any) -> None:
        if report.done >= done:
            raise StopIteration

    return on_report


def keep(case: Case, wrong: str, folder: Path) -> None:
    """Keep an input that did not pass."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in case.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    said = f"{case.command!r}\n\n{wrong}\n"
    (folder / "command.txt").write_text(said, encoding="utf-8", errors="backslashreplace")


def main(config: Config) -> int:
    """Try all inputs and print the tally; return 1 if one did not pass."""
    tallies: dict[str, Counter[str]] = {name: Counter() for name in KINDS}
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as base:
        valid = valid_inputs(Path(base))
        for name, (make, share) in KINDS.items():
            for number in range(round(share * config.inputs)):
                case = make(random.Random(f"{config.seed} {name} {number}"), valid)
                with tempfile.TemporaryDirectory() as folder:
                    status, wrong = ended(case, Path(folder), config.seconds)
                if wrong:
                    keep(case, wrong, config.out / "failed" / f"{name} {number}")
                    print(f"{name} {number}: {wrong.strip().splitlines()[-1]}", flush=True)
                tallies[name]["failed" if wrong else f"{status}"] += 1
    header = ["inputs", "all", "status 0", "status 1", "status 2", "did not pass"]
    rows = [
        [name, f"{tally.total():,}", *(f"{tally[key]:,}" for key in ("0", "1", "2", "failed"))]
        for name, tally in tallies.items()
    ]
    print_tables(Table(f"Generated inputs, seed {config.seed}", header, rows))
    print(f"{time.perf_counter() - begin:.0f} s")
    return int(any(tally["failed"] for tally in tallies.values()))


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

"""The command line: one dataclass and one function a subcommand.

Imports that take time are made inside the functions, so that `--help` answers at once.
"""

import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro
from tyro.conf import OmitArgPrefixes, Positional, arg, subcommand

from jaxtext.errors import InputError

if TYPE_CHECKING:
    from rich.progress import Progress

    from jaxtext.embeddings import Embeddings
    from jaxtext.training.stream import Report

Kind = Literal["center", "context", "sum", "average", "concat"]
Format = Literal["word2vec-text", "word2vec-binary", "safetensors", "projector"]
RunPath = Annotated[Path, arg(metavar="RUN")]


@dataclass(frozen=True)
class Train:
    """Train word vectors on text."""

    paths: Annotated[Positional[tuple[str, ...]], arg(metavar="[PATH ...]")] = ()
    """Text: .txt, .gz, .bz2 or .xz files, folders of them, or - for standard input. UTF-8, one
    sentence or paragraph a line. Without any: the documentation of the installed packages."""
    out: Path = Path("runs/first")
    """Folder for the run. A folder that holds something is never written to."""
    method: Literal["sgns"] = "sgns"
    """sgns: skip-gram with negative sampling. The fixed point of a score w.c is PMI - ln k with
    --noise-exponent 1 and --subsample 0; every other setting has its own."""
    dim: int = 100
    """Numbers in a vector."""
    window: int = 5
    """Neighbors on either side that count as context; each center draws its own window from 1 to
    this, so nearer neighbors weigh more in the counts that the fixed point is made of."""
    negatives: int = 5
    """Negatives a pair, k; the fixed point is shifted by -ln k."""
    epochs: int = 5
    """Times that the text is read."""
    min_count: int = 5
    """Words that occur less often are left out before windows are formed."""
    max_vocab: int | None = None
    """Keep only this many words, the most frequent."""
    subsample: float = 1e-3
    """Tokens of words with a larger share of the text are left out at random; 0 keeps all. The
    fixed point is that of the thinned counts."""
    noise_exponent: float = 0.75
    """Negatives are drawn by count to this power; the fixed point is
    ln(P(w,c) / (P(w) P_noise(c))) - ln k, which is PMI - ln k only with 1."""
    learning_rate: float = 0.025
    """Step size at the beginning; it falls linearly to almost nothing. It does not move the fixed
    point, only the noise around it."""
    seed: int = 0
    """Everything random follows from it."""
    lowercase: bool = True
    """Whether 'The' and 'the' are one word."""


@dataclass(frozen=True)
class Neighbors:
    """The nearest words by cosine similarity."""

    run: Positional[RunPath]
    """Run folder or vector file."""
    words: Annotated[Positional[tuple[str, ...]], arg(metavar="WORD [WORD ...]")]
    top: int = 10
    """How many."""


@dataclass(frozen=True)
class Analogy:
    """A is to B as C is to ?"""

    run: Positional[RunPath]
    """Run folder or vector file."""
    a: Positional[str]
    b: Positional[str]
    c: Positional[str]
    top: int = 5
    """How many."""


@dataclass(frozen=True)
class Export:
    """Write the vectors to a file that other tools read."""

    run: Positional[RunPath]
    """Run folder or vector file."""
    path: Positional[Path]
    """File to write (projector: a folder)."""
    format: Format = "word2vec-text"
    """File format."""
    vectors: Kind = "center"
    """Which of the two tables, or how they are combined."""


@dataclass(frozen=True)
class Info:
    """What a run is: corpus, settings, versions, hash of the vectors."""

    run: Positional[RunPath]
    """Run folder or vector file."""


Command = (
    Annotated[Train, subcommand("train")]
    | Annotated[Neighbors, subcommand("neighbors")]
    | Annotated[Analogy, subcommand("analogy")]
    | Annotated[Export, subcommand("export")]
    | Annotated[Info, subcommand("info")]
)


def run(arguments: Sequence[str]) -> int:
    """Run one command; the exit status: 0, or 2 for input that cannot be used, 1 for a stop."""
    if list(arguments) == ["--version"]:
        from jaxtext import __version__

        print(f"jaxtext {__version__}")
        return 0
    command = tyro.cli(
        OmitArgPrefixes[Command],  # pyright: ignore[reportInvalidTypeArguments]
        prog="jaxtext",
        description="Word vectors in JAX: skip-gram with negative sampling, from raw text.",
        args=arguments,
    )
    functions = {
        Train: train, Neighbors: neighbors, Analogy: analogy, Export: export, Info: info,
    }  # fmt: skip
    try:
        functions[type(command)](command)
    except InputError as error:
        return _fail(error, 2)
    except FloatingPointError as error:
        return _fail(error, 1)
    return 0


def _fail(error: Exception, status: int) -> int:
    print(f"jaxtext: {error}", file=sys.stderr)
    return status


# train ------------------------------------------------------------------------------------------

_RANGES: dict[str, tuple[float, float]] = {
    "dim": (1, 10_000),
    "window": (1, 1_000),
    "negatives": (1, 1_000),
    "epochs": (1, 100_000),
    "min_count": (1, math.inf),
    "max_vocab": (1, math.inf),
    "subsample": (0, 1),
    "noise_exponent": (-2, 2),
    "seed": (0, 2**32 - 1),
}


def check(options: Train) -> None:
    """Raise `InputError` for a value outside of what makes sense."""
    for name, (low, high) in _RANGES.items():
        value = getattr(options, name)
        if value is not None and not low <= value <= high:  # also true for NaN
            bound = f"at least {low}" if high == math.inf else f"from {low} to {high}"
            raise InputError(f"--{name.replace('_', '-')} {value}: must be {bound}")
    if not 0 < options.learning_rate < math.inf:
        raise InputError(f"--learning-rate {options.learning_rate}: must be a number above 0")


def train(options: Train) -> None:
    """Text -> ids -> vectors -> a run directory, with progress on the terminal."""
    import shutil
    import tempfile

    from rich.console import Console

    from jaxtext import runs, text

    check(options)
    runs.check_free(options.out)
    sources = text.find_sources(options.paths)
    console = Console()
    begin = time.perf_counter()
    # Ids go beside the run-to-be, since they may be too large for the system's temporary folder.
    parent = next(folder for folder in options.out.absolute().parents if folder.exists())
    try:
        scratch = Path(tempfile.mkdtemp(prefix=f".{options.out.name}.", dir=parent))
    except OSError as error:
        raise InputError(f"--out {options.out}: cannot be written: {error.strerror}") from error
    try:
        corpus = _encode(options, sources, scratch, console)
        read_seconds = time.perf_counter() - begin
        run = runs.create(options.out)
        run.write_json(runs.CONFIG, _config(options))
        run.write_vocab(corpus.vocab)
        _train(options, sources, corpus, run, read_seconds, console)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _config(options: Train) -> dict:
    config = {field.name: getattr(options, field.name) for field in fields(options)}
    return config | {"paths": list(options.paths), "out": str(options.out)}


def _encode(options: Train, sources: list[str], scratch: Path, console):
    import numpy as np

    from jaxtext import text

    with _progress(console, "{task.fields[tokens]:>6.1f} M words") as progress:
        task = progress.add_task("reading", total=None, tokens=0.0)
        if not sources:
            progress.update(task, description="collecting the built-in corpus")
            sources = [str(text.builtin_corpus())]
            progress.update(task, description="reading")
        try:
            corpus = text.encode_corpus(
                text.read_blocks(sources),
                scratch,
                min_count=options.min_count,
                max_vocab=options.max_vocab,
                lowercase=options.lowercase,
                on_tokens=lambda tokens: progress.update(task, tokens=tokens / 1e6),
            )
        except InputError as error:
            if "no words" not in str(error):
                raise
            raise InputError(f"{', '.join(sources)}: {error}") from None
        progress.update(task, tokens=corpus.tokens / 1e6, total=1, completed=1)
    if np.diff(corpus.text.ends, prepend=0).max() < 2:
        raise InputError("no sentence has two words of the vocabulary, so there are no pairs")
    console.print(
        f"{corpus.tokens:,} words in {len(corpus.text.ends):,} sentences; vocabulary of "
        f"{len(corpus.vocab):,} words that occur {options.min_count} times or more"
    )
    return corpus


def _train(options: Train, sources, corpus, run, read_seconds: float, console) -> None:
    import jax
    import numpy as np

    from jaxtext import runs
    from jaxtext.training import stream

    names = {field.name for field in fields(stream.StreamConfig)}
    config = stream.StreamConfig(**{name: getattr(options, name) for name in names})
    begin = time.perf_counter()
    status, failure = "complete", None
    columns = "{task.fields[speed]:>5.2f} M words/s  loss {task.fields[loss]:.3f}"
    with _progress(console, columns) as progress:
        task = progress.add_task("training", total=1.0, speed=0.0, loss=math.nan)
        scale = corpus.tokens / len(corpus.text.ids)  # words of the text to words in it kept

        def on_report(report: "Report") -> None:
            speed = report.words_per_second * scale
            progress.update(task, completed=report.done, speed=speed / 1e6, loss=report.loss)
            run.append_metrics(asdict_report(report, speed))

        try:
            params = stream.fit(
                jax.random.key(options.seed), corpus.text, corpus.vocab.counts, config, on_report
            )
        except stream.Diverged as error:
            params, status, failure = error.params, "diverged", error
    center, context = (np.asarray(table)[:, : options.dim] for table in params)
    train_seconds = time.perf_counter() - begin
    begin = time.perf_counter()
    sha256 = run.write_vectors(center, context)
    run.write_json(
        runs.MANIFEST,
        {
            "status": status,
            "corpus": {
                "sources": sources or ["built-in"],
                "sha256": corpus.sha256,
                "tokens": corpus.tokens,
                "kept_tokens": len(corpus.text.ids),
                "sentences": len(corpus.text.ends),
                "vocabulary": len(corpus.vocab),
            },
            "seed": options.seed,
            "vectors_sha256": sha256,
            "seconds": {
                "read": round(read_seconds, 3),
                "train": round(train_seconds, 3),
                "write": round(time.perf_counter() - begin, 3),
            },
            **runs.circumstances(),
        },
    )
    if failure is not None:
        raise FloatingPointError(f"{failure}; the last good vectors are in {run.folder}")
    _summary(run, console)


def asdict_report(report: "Report", speed: float) -> dict:
    """A report as a line of metrics; numbers that JSON cannot hold become null."""
    numbers = report._asdict() | {"words_per_second": speed}
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}


def _progress(console, text: str) -> "Progress":
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn(text),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    )


def _summary(run, console) -> None:
    """Neighbors of some frequent content words, and what was written where."""
    from jaxtext import query

    embeddings = run.embeddings()
    words = content_words(embeddings)
    if words and len(embeddings.vocab) > 1:
        rows = query.neighbors(embeddings, words, top=6)
        _print_table(console, "nearest words", ["word", "nearest by cosine"], [
            [word, ", ".join(f"{near} {score:.2f}" for near, score in row)]
            for word, row in zip(words, rows, strict=True)
        ])  # fmt: skip
    files = sorted(path for path in run.folder.iterdir() if path.is_file())
    _print_table(console, f"written to {run.folder}", ["file", "size"], [
        [path.name, f"{path.stat().st_size:,} bytes"] for path in files
    ])  # fmt: skip
    if words:
        console.print(f"next: jaxtext neighbors {run.folder} {words[0]}", soft_wrap=True)


def content_words(embeddings: "Embeddings", how_many: int = 8) -> list[str]:
    """Frequent words that are not among the most frequent hundredth, which are function words."""
    vocab = embeddings.vocab
    skip = min(100, len(vocab) // 10)
    long = [word for word in vocab.words[skip : skip + 400] if len(word) > 4 and word.isalpha()]
    step = max(len(long) // (4 * how_many), 1)
    return (long or list(vocab.words))[::step][:how_many]


def _print_table(console, title: str, header: list[str], rows: list[list[str]]) -> None:
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


# The other commands -----------------------------------------------------------------------------


def neighbors(options: Neighbors) -> None:
    """Print a table of neighbors for each word."""
    from rich.console import Console

    from jaxtext import query, runs

    if not options.words:
        raise InputError("neighbors: give at least one word")
    answers = query.neighbors(runs.load(options.run), options.words, options.top)
    for word, rows in zip(options.words, answers, strict=True):
        _print_answers(Console(), f"nearest to {word}", rows)


def analogy(options: Analogy) -> None:
    """Print the answers to an analogy."""
    from rich.console import Console

    from jaxtext import query, runs

    rows = query.analogy(runs.load(options.run), options.a, options.b, options.c, options.top)
    _print_answers(Console(), f"{options.a} is to {options.b} as {options.c} is to", rows)


def _print_answers(console, title: str, answers: list[tuple[str, float]]) -> None:
    rows = [[word, f"{score:.4f}"] for word, score in answers]
    _print_table(console, title, ["word", "cosine"], rows)


def export(options: Export) -> None:
    """Write the vectors of a run to a file."""
    from jaxtext import export as files
    from jaxtext import runs

    files.write(runs.load(options.run), options.path, options.format, options.vectors)
    print(f"written: {options.path}")


def info(options: Info) -> None:
    """Print what a run or a vector file is."""
    from rich.console import Console

    from jaxtext import runs

    if not runs.is_run(options.run):
        vectors = runs.load(options.run).center
        print(f"{options.run}: {vectors.shape[0]:,} words, {vectors.shape[1]} dimensions")
        return
    run = runs.Run(options.run)
    manifest, config = run.read_json(runs.MANIFEST), run.read_json(runs.CONFIG)
    for title, content in (("settings", config), ("run", manifest)):
        _print_table(Console(), title, ["name", "value"], _rows(content))


def _rows(content: dict, prefix: str = "") -> list[list[str]]:
    rows = []
    for name, value in content.items():
        if isinstance(value, dict):
            rows += _rows(value, f"{prefix}{name} ")
        else:
            rows.append(
                [f"{prefix}{name}", ", ".join(value) if isinstance(value, list) else str(value)]
            )
    return rows

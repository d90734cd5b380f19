"""The command line: one dataclass and one function a subcommand; comments are the help of options.

Imports that take time are made inside the functions, so that `--help` answers at once.
"""

import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro
from tyro.conf import OmitArgPrefixes, Positional, arg, subcommand

from jaxtext.base.errors import InputError
from jaxtext.stopping import Stopped, Stops

Kind = Literal["center", "context", "sum", "average", "concat"]
Format = Literal[
    "word2vec-text", "word2vec-binary", "glove", "fasttext", "safetensors", "projector"
]
RunPath = Annotated[Path, arg(metavar="RUN")]


@dataclass(frozen=True)
class Train:
    """Train word vectors on text."""

    # Text: .txt, .gz, .bz2 or .xz files, folders of them, or - for standard input. UTF-8, one
    # sentence or paragraph a line. Without any: the documentation of the installed packages.
    paths: Annotated[Positional[tuple[str, ...]], arg(metavar="[PATH ...]")] = ()

    # A corpus by name instead, downloaded on first use and kept: text8 (17 million words of
    # Wikipedia, 31 MB to download), fil9 (124 million, 323 MB) or WikiText-103 (103 million
    # tokens, 192 MB).
    corpus: Annotated[
        Literal["text8", "fil9", "wikitext-103"] | None,
        arg(metavar="{text8,fil9,wikitext-103}", help_behavior_hint="(default: none)"),
    ] = None

    # Folder for the run. A folder that holds something is never written to.
    out: Path = Path("runs/first")

    # sgns: skip-gram with negative sampling. The fixed point of a score w.c is PMI - ln k
    # with --noise-exponent 1 and --subsample 0; every other setting has its own. exact: the same
    # objective, summed over the counts of all pairs instead of sampled; its time grows with the
    # square of the vocabulary and not with the text, and --learning-rate does not matter. svd:
    # truncated singular value decomposition of the positive part of that fixed
    # point; --epochs, --learning-rate and --seed do not matter.
    method: Literal["sgns", "exact", "svd"] = "sgns"

    # Numbers in a vector.
    dim: int = 100

    # Neighbors on either side that count as context; each center draws its own window from 1 to
    # this, so nearer neighbors weigh more in the counts that the fixed point is made of.
    window: int = 5

    # Negatives a pair, k; the fixed point is shifted by -ln k. Beyond 400 / (window + 1) of them
    # the learning rate shrinks in proportion, since a center hears from all at once.
    negatives: Annotated[
        int | None, arg(metavar="INT", help_behavior_hint="(default: 5, with svd 1)")
    ] = None

    # Times that the text is trained on; with exact, passes over both tables, of which vocabularies
    # below 20,000 words get more by default.
    epochs: Annotated[
        int | None, arg(metavar="INT", help_behavior_hint="(default: 5, with exact 3)")
    ] = None

    # Words that occur less often are left out before windows are formed.
    min_count: int = 5

    # Keep only this many words, the most frequent.
    max_vocab: int | None = None

    # Tokens of words with a larger share of the text are left out at random; 0 keeps all. The fixed
    # point is that of the thinned counts.
    subsample: float = 1e-3

    # Negatives are drawn by count to this power; the fixed point is ln(P(w,c) / (P(w)
    # P_noise(c))) - ln k, which is PMI - ln k only with 1.
    noise_exponent: Annotated[
        float | None, arg(metavar="FLOAT", help_behavior_hint="(default: 0.75, with svd 1)")
    ] = None

    # Step size at the beginning; it falls linearly to almost nothing. It does not move the fixed
    # point, only the noise around it.
    learning_rate: float = 0.025

    # Everything random follows from it.
    seed: int = 0

    # Whether 'The' and 'the' are one word.
    lowercase: bool = True

    # Go on with the run in the folder --out, which was stopped; it ends as if it had not been.
    # Give the same text and options again, or none of them. svd, which has no checkpoints, begins
    # anew, as does a run that was stopped before the first one.
    resume: bool = False

    # Seconds between checkpoints, from which a run is resumed; the last two are kept. exact can
    # have one behind each pass.
    checkpoint_every: float = 60.0

    # Repeat the run with this manifest, with its options, and say whether the vectors are the same
    # to the bit; status 1 if not. Give only --out, and the text if it has moved.
    from_manifest: Annotated[Path | None, arg(metavar="FILE")] = None


@dataclass(frozen=True)
class Neighbors:
    """The nearest words by cosine similarity."""

    # Run folder or vector file.
    run: Positional[RunPath]
    words: Annotated[Positional[tuple[str, ...]], arg(metavar="WORD [WORD ...]")]

    # How many.
    top: int = 10


@dataclass(frozen=True)
class Analogy:
    """A is to B as C is to ?"""

    # Run folder or vector file.
    run: Positional[RunPath]
    a: Positional[str]
    b: Positional[str]
    c: Positional[str]

    # How many.
    top: int = 5


@dataclass(frozen=True)
class Evaluate:
    """Scores on sets of word similarity, analogies and categories; of two runs, also whether they
    differ."""

    # Run folder or vector file.
    run: Positional[RunPath]

    # Another one, to be compared with the first.
    other: Annotated[Positional[Path | None], arg(metavar="[RUN]")] = None

    # Files of two words and a score a line, cut at tabs, commas or spaces.
    similarity: Annotated[tuple[Path, ...], arg(metavar="FILE [FILE ...]")] = ()

    # Files in the layout of questions-words.txt or of BATS.
    analogy: Annotated[tuple[Path, ...], arg(metavar="FILE [FILE ...]")] = ()

    # Files of a category, or several levels of them, and a word a line; needs scikit-learn.
    categorization: Annotated[tuple[Path, ...], arg(metavar="FILE [FILE ...]")] = ()

    # Which of the two tables, or how they are combined.
    vectors: Kind = "center"

    # Ask and answer analogies among this many most frequent words only.
    restrict: Annotated[int | None, arg(metavar="INT", help_behavior_hint="(default: all)")] = None

    # How analogies are answered: the word nearest to b - a + c, or the product of cosines.
    method: Literal["3cosadd", "3cosmul"] = "3cosadd"

    # Write the scores to this file.
    json: Annotated[Path | None, arg(metavar="FILE")] = None

    # Of the bootstrap intervals, and of the clusters' starts.
    seed: int = 0


@dataclass(frozen=True)
class Export:
    """Write the vectors to a file that other tools read."""

    # Run folder or vector file.
    run: Positional[RunPath]

    # File to write (projector: a folder).
    path: Positional[Path]

    # File format.
    format: Format = "word2vec-text"

    # Which of the two tables, or how they are combined.
    vectors: Kind = "center"


@dataclass(frozen=True)
class Info:
    """What a run is: corpus, settings, versions, hash of the vectors."""

    # Run folder or vector file.
    run: Positional[RunPath]


@dataclass(frozen=True)
class Verify:
    """Check every formula, gradient and number of the exercise sheet; status 1 if one fails."""

    # Write the certificate to this file.
    json: Annotated[Path | None, arg(metavar="FILE")] = None

    # Only the checks whose id begins so, as in backprop.c or gradients.stream.
    only: Annotated[str, arg(metavar="ID-PREFIX")] = ""


@dataclass(frozen=True)
class Gap:
    """How far a run is from the optimum of its own objective on its text."""

    # Run folder.
    run: Positional[RunPath]

    # The text of the run; where the run found it, unless given.
    paths: Annotated[Positional[tuple[str, ...]], arg(metavar="[PATH ...]")] = ()

    # So many words, drawn at random, stand for all.
    centers: Annotated[int | None, arg(metavar="INT", help_behavior_hint="(default: all)")] = None

    # Write the numbers to this file.
    json: Annotated[Path | None, arg(metavar="FILE")] = None

    # Draw the density of observed pairs by optimum and score w.c into this file (.png, .pdf).
    figure: Annotated[Path | None, arg(metavar="FILE")] = None


Command = (
    Annotated[Train, subcommand("train")]
    | Annotated[Neighbors, subcommand("neighbors")]
    | Annotated[Analogy, subcommand("analogy")]
    | Annotated[Evaluate, subcommand("evaluate")]
    | Annotated[Export, subcommand("export")]
    | Annotated[Gap, subcommand("gap")]
    | Annotated[Info, subcommand("info")]
    | Annotated[Verify, subcommand("verify")]
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
        Train: lambda options: train(options, _given(arguments)),
        Neighbors: neighbors, Analogy: analogy, Evaluate: evaluate, Export: export, Gap: gap,
        Info: info, Verify: verify,
    }  # fmt: skip
    try:
        status = functions[type(command)](command) or 0
        if sys.stdout is not None:
            sys.stdout.flush()
    except InputError as error:
        return _fail(error, 2)
    except FloatingPointError as error:
        return _fail(error, 1)
    except Stopped as stopped:
        return _fail(stopped, stopped.status)
    except KeyboardInterrupt:
        return _fail("interrupted: nothing was written", 130)
    except BrokenPipeError:  # the reader of a pipe has seen enough, as in `| head`
        from jaxtext.reports.terminal import silence

        silence(sys.stdout)
        return 0
    except OSError as error:
        return _fail(f"{error.filename or 'input or output'}: {error.strerror or error}", 2)
    return status


def _fail(error: BaseException | str, status: int) -> int:
    print(f"jaxtext: {error}", file=sys.stderr)
    return status


def _given(arguments: Sequence[str]) -> set[str]:
    """Names of the options among arguments that tyro has parsed, whatever their values."""
    flags = {each.partition("=")[0][2:] for each in arguments if each.startswith("--")}
    return {flag.removeprefix("no-").replace("-", "_") for flag in flags}


def train(options: Train, given: Collection[str]) -> int:
    """Text -> ids -> vectors -> a run directory, with progress on the terminal."""
    stops = Stops()
    with stops.listening():
        with stops.held():  # an interrupt can get lost among imports
            from jaxtext import pipeline
        stops.raise_pending("nothing was written")
        return pipeline.train(options, given, stops)


def neighbors(options: Neighbors) -> None:
    """Print a table of neighbors for each word."""
    from jaxtext import query, runs

    if not options.words:
        raise InputError("neighbors: give at least one word")
    answers = query.neighbors(runs.load(options.run), options.words, options.top)
    for word, rows in zip(options.words, answers, strict=True):
        _print_answers(f"Nearest to {word}", rows)


def analogy(options: Analogy) -> None:
    """Print the answers to an analogy."""
    from jaxtext import query, runs

    rows = query.analogy(runs.load(options.run), options.a, options.b, options.c, options.top)
    _print_answers(f"{options.a} is to {options.b} as {options.c} is to", rows)


def _print_answers(title: str, answers: list[tuple[str, float]]) -> None:
    from jaxtext.reports.tables import print_table

    print_table(title, ["word", "cosine"], [[word, f"{score:.4f}"] for word, score in answers])


def evaluate(options: Evaluate) -> None:
    """Print scores of one run, or of two and their differences."""
    import json
    from contextlib import nullcontext

    from jaxtext import evaluation, runs
    from jaxtext.base.files import replacing
    from jaxtext.reports import evaluation as scores
    from jaxtext.reports.tables import print_tables

    if not (options.similarity or options.analogy or options.categorization):
        raise InputError("evaluate: give at least one set: --similarity, --analogy, ...")
    if options.restrict is not None and options.restrict < 1:
        raise InputError(f"--restrict {options.restrict}: must be at least 1")
    if not 0 <= options.seed < 2**32:
        raise InputError(f"--seed {options.seed}: must be from 0 to {2**32 - 1}")
    sets = evaluation.read(options.similarity, options.analogy, options.categorization)
    paths = [options.run] if options.other is None else [options.run, options.other]
    vectors = [runs.load(path) for path in paths]
    how = options.vectors, options.restrict, options.method, options.seed
    with nullcontext() if options.json is None else replacing(options.json) as file:
        reports = []
        for path, each in zip(paths, vectors, strict=True):
            try:
                reports.append(evaluation.evaluate(each, sets, *how))
            except InputError as error:
                raise InputError(f"{path}: {error}" if options.other else str(error)) from None
        found = None
        if len(reports) == 2:
            found = evaluation.compare(reports[0], reports[1], sets, options.seed)
        if file is not None:
            content = reports[0].as_json()
            if found is not None:
                content = {
                    "first": content, "second": reports[1].as_json(), "difference": found.as_json()
                }  # fmt: skip
            text = json.dumps(content, indent=2, allow_nan=False)
            file.write_text(text + "\n", encoding="utf-8")
    for path, report in zip(paths, reports, strict=True):
        if found is not None:
            print(f"\n{path}")
        print_tables(*scores.tables(report))
    if found is not None:
        print_tables(scores.comparison_table(found))


def export(options: Export) -> None:
    """Write the vectors of a run to a file."""
    from jaxtext import export as files
    from jaxtext import runs

    files.write(runs.load(options.run), options.path, options.format, options.vectors)
    print(f"written: {options.path}")


def gap(options: Gap) -> None:
    """Print how far a run is from its optimum."""
    from jaxtext import distance

    distance.measure_run(options)


def info(options: Info) -> None:
    """Print what a run or a vector file is."""
    from jaxtext import runs
    from jaxtext.reports.run import info_tables
    from jaxtext.reports.tables import print_tables

    if options.run.exists() and not runs.is_run(options.run):
        vectors = runs.load(options.run).center
        print(f"{options.run}: {vectors.shape[0]:,} words, {vectors.shape[1]} dimensions")
        return
    run = runs.Run(options.run)
    manifest, config = run.read_json(runs.MANIFEST), run.read_json(runs.CONFIG)
    print_tables(*info_tables(config, manifest))


def verify(options: Verify) -> int:
    """Print the certificate; 1 if a check fails."""
    import json
    from contextlib import nullcontext

    from jaxtext.base.files import replacing
    from jaxtext.reports.certificate import print_certificate
    from jaxtext.verification import certificate

    # Opened first, so that a place that cannot be written is named before the work is done.
    with nullcontext() if options.json is None else replacing(options.json) as file:
        checks = certificate.certify(options.only)
        if file is not None:
            content = json.dumps(certificate.report(checks), indent=2, allow_nan=False)
            file.write_text(content + "\n", encoding="utf-8")
    print_certificate(checks)
    return 1 if certificate.failed(checks) else 0

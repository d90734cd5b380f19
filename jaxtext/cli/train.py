"""`jaxtext train`: train word vectors on text."""

import os
import shlex
import sys
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from tyro.conf import FlagCreatePairsOff, Positional, arg

if TYPE_CHECKING:
    from jaxtext.base.team import Team
    from jaxtext.runs.execute import Outcome
    from jaxtext.runs.record import Place
    from jaxtext.text import Corpus


def open_(metavar: str, default: str) -> Any:
    """Describe an option without a fixed default: its metavar and its default in the help."""
    return arg(metavar=metavar, help_behavior_hint=f"(default: {default})")


JOINING = "coordinator", "processes", "process", "timeout"
KINDS = {
    int: "a whole number", float: "a number", bool: "true or false", str: "a text", Path: "a path",
}  # fmt: skip
# Options of one command, which a file does not have.
ELSEWHERE = ("config", "resume", "from_manifest", *JOINING)
SWITCH = arg(help_behavior_hint="")


@dataclass(frozen=True)
class Train:
    """Train word vectors on text."""

    # Text with one sentence or paragraph per line: files, also in gzip, bzip2, xz or zip archives;
    # folders, of which .txt, .gz, .bz2 and .xz files are read; or - for standard input. Without a
    # path, the text is the documentation of the installed packages.
    paths: Annotated[
        Positional[tuple[str, ...]], arg(metavar="[PATH ...]", help_behavior_hint="")
    ] = ()

    # Train on a named corpus instead of files. It is downloaded on first use and kept: text8 (17
    # million words of Wikipedia, 31 MB to download), fil9 (124 million, 323 MB) or
    # WikiText-103 (103 million tokens, 192 MB).
    corpus: Annotated[
        Literal["text8", "fil9", "wikitext-103"] | None,
        arg(metavar="{text8,fil9,wikitext-103}", help_behavior_hint="(default: none)"),
    ] = None

    # Take options from this TOML file, with their names as here or with underscores, such as
    # min_count = 5. Options of the command line go before those of the file.
    config: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None

    # Folder for the run. Existing files are never overwritten.
    out: Path = Path("runs/first")

    # Training method. sgns: skip-gram with negative sampling. exact: the same objective, summed
    # over the counts of all pairs instead of sampled; its time grows with the different pairs, not
    # with the length of the text. softmax: skip-gram with the full softmax, over the same counts.
    # svd: truncated singular value decomposition of the positive PMI, shifted by ln k. With
    # --noise-exponent 1 and --subsample 0, the fixed point of a score w.c is PMI - ln k in sgns and
    # exact; other settings have other fixed points.
    method: Annotated[
        Literal["sgns", "exact", "softmax", "svd"] | None,
        open_("{sgns,exact,softmax,svd}", "sgns"),
    ] = None

    # Dimensions of a vector.
    dim: Annotated[int | None, open_("INT", "100")] = None

    # Largest distance at which neighbors on either side count as context. Each center draws its
    # own window from 1 to this number, so nearer neighbors have more weight in the counts that
    # determine the fixed point.
    window: Annotated[int | None, open_("INT", "5")] = None

    # Negative samples per pair (k); the fixed point is shifted by -ln k. If there are more
    # than 400 / (window + 1), the learning rate shrinks in proportion, because every update of a
    # center sums over all of them.
    negatives: Annotated[int | None, open_("INT", "5; svd: 1")] = None

    # Training epochs: by default 5 for 16 million words or more, 20 for one million, at most 100.
    # For exact and softmax, passes over both tables: 3, or up to 50 for less than 20,000 words.
    epochs: Annotated[int | None, open_("INT", "by size of the text")] = None

    # Leave out words that occur less often, before windows are formed.
    min_count: Annotated[int | None, open_("INT", "5")] = None

    # Keep only this many of the most frequent words.
    max_vocab: Annotated[int | None, open_("INT", "all")] = None

    # Leave out tokens at random if their word has a larger share of the text; 0 keeps all tokens.
    # The fixed point is that of the counts after subsampling.
    subsample: Annotated[float | None, open_("FLOAT", "0.001")] = None

    # Draw negatives in proportion to word counts raised to this power. The fixed point is
    # ln(P(w,c) / (P(w) P_noise(c))) - ln k, which is PMI - ln k only for 1.
    noise_exponent: Annotated[float | None, open_("FLOAT", "0.75; svd: 1")] = None

    # Initial step size of sgns, which falls linearly to almost zero. It does not change the fixed
    # point, only the noise around it.
    learning_rate: Annotated[float | None, open_("FLOAT", "0.025")] = None

    # Streams of sgns that train side by side, on a core each if there are as many, and are combined
    # after every round. By default 2 for 20 million words over all epochs or more, 1 for less. The
    # vectors depend on this number, not on the cores.
    streams: Annotated[int | None, open_("INT", "by size of the text")] = None

    # Columns of the table of all pairs in which exact and softmax sum pairs that do not occur: half
    # of them the most frequent words, the others drawn anew for each half of a pass. By default all
    # up to 20,000 words, and 4,096 beyond.
    columns: Annotated[int | None, open_("INT", "by size of the vocabulary")] = None

    # Seed of every random draw.
    seed: Annotated[int | None, open_("INT", "0")] = None

    # words: runs of letters and digits of any script, each word in one spelling. whitespace: what
    # stands between spaces, for ids, phrases and text that was segmented beforehand.
    tokens: Annotated[
        Literal["words", "whitespace"] | None, open_("{words,whitespace}", "words")
    ] = None

    # Treat 'The' and 'the' as one word (the default for words).
    lowercase: FlagCreatePairsOff[Annotated[bool, SWITCH]] = False

    # Treat 'The' and 'the' as two words (the default for whitespace).
    no_lowercase: FlagCreatePairsOff[Annotated[bool, SWITCH]] = False

    # Lower-case as in Azeri or Turkish, where I and i are different letters.
    language: Annotated[Literal["az", "tr"] | None, open_("{az,tr}", "none")] = None

    # What a sentence is, which windows do not cross: a line, or a paragraph that empty lines end.
    sentences: Annotated[
        Literal["lines", "paragraphs"] | None, open_("{lines,paragraphs}", "lines")
    ] = None

    # Encoding of the text, such as cp1252. UTF-16 with a byte order mark is recognised.
    encoding: Annotated[str | None, open_("NAME", "utf-8")] = None

    # What to do with bytes that are not text in this encoding: strict stops, replace puts U+FFFD in
    # their place.
    errors: Annotated[Literal["strict", "replace"] | None, open_("{strict,replace}", "strict")] = (
        None
    )

    # Join neighbors that occur together far more often than by chance to one word (new_york), in
    # this number of passes; the second joins phrases of three or four words.
    phrases: Annotated[int | None, open_("N", "0")] = None

    # What makes a phrase. npmi: normalized PMI, from -1 to 1. word2vec: how many times as often as
    # by chance, which depends on the size of the text.
    phrase_score: Annotated[
        Literal["npmi", "word2vec"] | None, open_("{npmi,word2vec}", "npmi")
    ] = None

    # Smallest score of a phrase.
    phrase_threshold: Annotated[float | None, open_("FLOAT", "0.5; word2vec: 100")] = None

    # Join no phrase that occurs less often.
    phrase_min_count: Annotated[int | None, open_("INT", "5, or --min-count if more")] = None

    # What stands between the words of a phrase. A word of the text that is spelled like a phrase is
    # the same word.
    phrase_separator: Annotated[str | None, open_("TEXT", "_")] = None

    # Resume the interrupted run in --out; the result is identical to that of an uninterrupted one.
    # Give the same text and options again, or none of them. A run without a checkpoint starts over;
    # svd never has one.
    resume: FlagCreatePairsOff[Annotated[bool, SWITCH]] = False

    # Seconds between checkpoints, from which a run can be resumed; the last two are kept. exact
    # and softmax write checkpoints only between passes.
    checkpoint_every: Annotated[float | None, open_("FLOAT", "60")] = None

    # Train with other processes, on this machine or on others: the address of process 0. All
    # processes get the same options and see the same --out; the vectors do not depend on their
    # number. Without it, processes that Slurm or Open MPI has started find each other.
    coordinator: Annotated[str | None, arg(metavar="HOST:PORT", help_behavior_hint="")] = None

    # How many processes there are. For sgns, a divisor of --streams.
    processes: Annotated[int | None, arg(metavar="N", help_behavior_hint="")] = None

    # Which of them this is, from 0 to N - 1.
    process: Annotated[int | None, arg(metavar="I", help_behavior_hint="")] = None

    # Seconds after which a process that has not come, or does not answer, ends the others.
    timeout: Annotated[float | None, open_("FLOAT", "60")] = None

    # Do not compare the vectors with the optimum of their objective at the end.
    no_gap: FlagCreatePairsOff[Annotated[bool, SWITCH]] = False

    # Repeat the run of this manifest with its options, and report whether the vectors are identical
    # to the bit; if not, the exit status is 1. Give only --out, and the text if it has moved.
    from_manifest: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None


def with_file(options: Train) -> Train:
    """Add the options of a file to those of the command line.

    Raises `InputError` for a file that cannot be read and for names that are not options.
    """
    import tomllib

    from jaxtext.base.errors import InputError

    path = options.config
    if path is None:
        return options
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot be read: {reason}", "config", str(path)) from None
    known = {each.name: each.default for each in fields(options) if each.name not in ELSEWHERE}
    hints, added = get_type_hints(Train), {}
    for written, value in content.items():
        name = written.replace("-", "_")
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f": did you mean {close[0]}?" if close else ""
            raise InputError(f"no such option: {written}{hint}", "config", str(path))
        if isinstance(value, dict):
            raise InputError(f"{written} must be one value, not a table", "config", str(path))
        if name == "lowercase" and value is False:
            name, value = "no_lowercase", True
        if getattr(options, name) == known[name]:
            added[name] = _of_kind(name, value, hints[name], path)
    if options.lowercase or options.no_lowercase:
        added = {name: value for name, value in added.items() if "lowercase" not in name}
    return replace(options, **added)


def _of_kind(name: str, value: Any, hint: Any, path: Path) -> Any:
    """Return a value of a file as the command line would have it."""
    from jaxtext.base.errors import InputError

    kinds = [each for each in get_args(hint) or (hint,) if each is not type(None)]
    choices = get_args(kinds[0]) if get_origin(kinds[0]) is Literal else ()
    if name == "paths":
        value = (value,) if isinstance(value, str) else value
        if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
            return tuple(value)
        wanted = "a path, or a list of paths"
    elif choices:
        if value in choices:
            return value
        wanted = f"one of {', '.join(choices)}"
    elif kinds[0] is float and type(value) in (int, float):
        return float(value)
    elif kinds[0] is Path and isinstance(value, str):
        return Path(value)
    elif type(value) is kinds[0]:
        return value
    else:
        wanted = KINDS[kinds[0]]
    raise InputError(f"{name} must be {wanted}, found {value!r}", "config", str(path))


def cut(options: Train) -> "tuple[Place, dict[str, Any]]":
    """Cut the options into the place of the run and the flat options that were given.

    `runs.record.cut`, which knows the defaults and ranges of each method, turns the given options
    into records.

    Raises `InputError` for values that cannot be used.
    """
    from jaxtext.base.errors import InputError
    from jaxtext.runs.record import PLACE, Place

    if options.lowercase and options.no_lowercase:
        raise InputError("give either this or its opposite, not both", "lowercase")
    place = {name: getattr(options, name) for name in PLACE if name != "gap"}
    place["gap"] = not options.no_gap
    elsewhere = *PLACE, *ELSEWHERE, "no_gap"
    values = {each.name: getattr(options, each.name) for each in fields(options)}
    given = {
        name: value
        for name, value in values.items()
        if name not in elsewhere and value is not None and value is not False and value != ()
    }
    if given.pop("no_lowercase", False):
        given["lowercase"] = False
    return Place(**place), given


def train(options: Train) -> int:
    """Train into a run folder, with progress on standard error; return the exit status.

    Closing the output, as in `jaxtext train | head`, does not stop training.
    """
    from jaxtext.runs.stopping import Stops

    stops = Stops()
    with stops.listening():
        with stops.deferred():  # a signal can get lost during imports
            from jaxtext.cli.terminal import Lasting
            from jaxtext.reports.progress import Bars
            from jaxtext.runs.execute import execute
            from jaxtext.runs.watch import Watch
        stops.raise_pending("nothing was written")
        options = with_file(options)
        place, given = cut(options)
        with ExitStack() as inside:
            team = _team(options, inside)
            if sys.stdout is not None:
                inside.enter_context(redirect_stdout(cast(Any, Lasting(sys.stdout))))
            if sys.stderr is not None:
                inside.enter_context(redirect_stderr(cast(Any, Lasting(sys.stderr))))
            bars = inside.enter_context(Bars(only_terminals=True))
            told: dict[str, Any] = {"on_corpus": _print_corpus, "on_gap": _print_gap}
            watch = bars.watch(on_note=print, **told) if team.leads else Watch()
            try:
                outcome = execute(place, given, watch, stops, team)
            except FloatingPointError as diverged:
                _compare(getattr(diverged, "outcome", None))
                raise
            if not team.leads:
                return 0
            return _print_outcome(outcome) if outcome.new else 0


def _team(options: Train, inside: ExitStack) -> "Team":
    """Join the other processes, if there are any, and keep what JAX prints from the terminal."""
    from jaxtext.cli.shared import resuming
    from jaxtext.cli.terminal import quiet
    from jaxtext.runs.folder import is_run
    from jaxtext.training import joining

    given = options.coordinator, options.processes, options.process
    if given == (None, None, None) and not joining.launched():
        return joining.ALONE
    screen = inside.enter_context(quiet())

    def lost(reason: str) -> None:
        then = "nothing was written"
        if begun and is_run(options.out):
            then = f"resume with: {resuming(options.out)}"
        os.write(screen, f"jaxtext: {reason}; {then}\n".encode())
        os._exit(2)

    begun: list[bool] = []  # whether the folder is that of this run
    timeout = joining.TIMEOUT if options.timeout is None else options.timeout
    team = inside.enter_context(joining.join(*given, timeout, lost))
    begun.append(True)
    return team


def _print_corpus(corpus: "Corpus") -> None:
    from jaxtext.text.folders import not_read

    vocab = corpus.vocab

    def number(of: int, what: str) -> str:
        return f"{of:,} {what}{'' if of == 1 else 's'}"

    sentences, files = number(corpus.sentences, "sentence"), number(corpus.files, "file")
    others = f"; {not_read(corpus.left_out)}" if corpus.left_out else ""
    phrases = f", {number(corpus.phrases, 'phrase')} among them" if corpus.phrases else ""
    print(
        f"{corpus.tokens:,} words in {sentences} of {files}; "
        f"{len(vocab):,} different words{phrases}, the rarest of which occurs "
        f"{vocab.counts[-1]:,} times{others}"
    )
    for hint in corpus.hints:
        print(hint)
    if len(vocab) == 1:
        print(f"{vocab.words[0]!r} is the only word, so there is nothing to tell it apart from")


def _print_gap(gap: Any) -> None:
    from jaxtext.reports.gap import summary

    if gap is not None:
        print(summary(gap))


def _print_outcome(outcome: "Outcome") -> int:
    from jaxtext.cli.shared import shell_path
    from jaxtext.reports.run import content_words, summary_tables
    from jaxtext.reports.tables import print_tables
    from jaxtext.runs import FILES

    files = [name for name in FILES if (outcome.folder / name).exists()]
    print_tables(*summary_tables(outcome.vectors, outcome.folder, files))
    word = [*content_words(outcome.vectors), *outcome.vectors.words][0]
    print(f"\nnext: {shlex.join(['jaxtext', 'neighbors', shell_path(outcome.folder), word])}")
    return _compare(outcome)


def _compare(outcome: "Outcome | None") -> int:
    """Print whether a run that repeats a manifest gave its vectors; return the exit status."""
    from jaxtext.reports.tables import Table, print_tables

    if outcome is None or outcome.repeated is None:
        return 0
    same = all(each.name != "vectors_sha256" for each in outcome.differences)
    verdict = "the same as in" if same else "not those of"
    print(f"\nvectors SHA-256 {outcome.sha256}: {verdict} {outcome.repeated}")
    if outcome.differences:
        rows = [[name, str(then), str(now)] for name, then, now in outcome.differences]
        print_tables(Table("Circumstances that differ", ["circumstance", "then", "now"], rows))
    if not same and len(outcome.differences) == 1:
        print("no recorded circumstance differs")
    return 0 if same else 1

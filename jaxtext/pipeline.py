"""Text -> ids -> vectors -> a run directory, with progress: `jaxtext train`; and `jaxtext gap`."""

import json
import shlex
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from contextlib import ExitStack, redirect_stdout
from math import inf
from pathlib import Path
from typing import Any, cast

import jax.numpy as jnp
import numpy as np

from jaxtext import gap, query, repeating, runs, text
from jaxtext.cli import Gap, Train
from jaxtext.embeddings import Embeddings
from jaxtext.errors import InputError, WriteError
from jaxtext.export import replacing
from jaxtext.methods import METHODS, Trained, done_of, objective, resolved
from jaxtext.sampling import keep_probability
from jaxtext.stopping import Stopped, Stops
from jaxtext.terminal import Lasting, print_table, progress
from jaxtext.text.encoded import Encoded, EncodedCorpus
from jaxtext.training import checkpoints
from jaxtext.types import EmbeddingParams

BUILTIN = "built-in"
GAP_CENTERS = 1_000  # that stand for all at the end of training
GAP_TOKENS = 30_000_000  # of the text, that are counted for it
RANGES: dict[str, tuple[float, float]] = {
    "dim": (1, 10_000),
    "window": (1, 100),
    "negatives": (1, 1_000),
    "epochs": (1, 100_000),
    "min_count": (1, inf),
    "max_vocab": (1, inf),
    "subsample": (0, 1),
    "noise_exponent": (-2, 2),
    "learning_rate": (1e-12, 1e6),
    "seed": (0, 2**32 - 1),
}


def check(options: Train) -> None:
    """Raise `InputError` for a value outside of what makes sense."""
    for name, (low, high) in RANGES.items():
        value = getattr(options, name)
        if value is not None and not low <= value <= high:  # also true for NaN
            bound = f"at least {low}" if high == inf else f"from {low} to {high}"
            raise InputError(f"--{name.replace('_', '-')} {value}: must be {bound}")
    if not 0 <= options.checkpoint_every < inf:
        raise InputError(f"--checkpoint-every {options.checkpoint_every}: must be at least 0")
    if options.corpus is not None and options.paths:
        raise InputError(
            f"--corpus {options.corpus} and {options.paths[0]}: give one of the two, a corpus by "
            "name or files"
        )


def train(options: Train, given: Collection[str] | None = None, stops: Stops | None = None) -> int:
    """Train as the options say and write the run; 1 for one that repeats another with other bits.

    `given` names the options that must agree with a run that is resumed; by default those that are
    not at their defaults. What cannot be printed, since standard output is gone, is left out.
    Raises `InputError` for options and text that cannot be used, leaving nothing behind, `Stopped`
    after Ctrl-C, SIGTERM or SIGHUP, and `FloatingPointError` when training left the finite numbers:
    the run holds the last good state.
    """
    given = repeating.changed(options) if given is None else given
    stops = stops or Stops()
    with ExitStack() as inside:
        if sys.stdout is not None:
            inside.enter_context(redirect_stdout(cast(Any, Lasting(sys.stdout))))
        inside.enter_context(stops.listening())
        manifest = None
        if options.from_manifest is not None:
            manifest = repeating.recorded(options.from_manifest)
            options = repeating.repeated(options, manifest, given)
        if options.resume:
            options = repeating.resumed(options, given)
        check(options)
        run = inside.enter_context(runs.locked(options.out))
        if not options.resume:
            runs.check_free(options.out)
        elif (options.out / runs.MANIFEST).exists():
            return _finished(run)
        runs.clean(options.out)
        try:
            return _train(options, run, stops, manifest)
        except BaseException as error:
            left = _left(options, run, error)
            if left is error:
                raise
            raise left from error
        finally:
            runs.clean(options.out)


def _finished(run: runs.Run) -> int:
    """Say that there is nothing to resume; the exit status."""
    if run.read_json(runs.MANIFEST).get("status") == "diverged":
        raise FloatingPointError(
            f"{run.folder} has left the finite numbers: train anew with a lower --learning-rate"
        )
    print(f"{run.folder} is finished already: nothing to do")
    return 0


def _left(options: Train, run: runs.Run, error: BaseException) -> BaseException:
    """Remove a run of which nothing can be used; the error, with what can be done about it."""
    if (run.folder / runs.MANIFEST).exists():
        then = f"the run in {run.folder} is finished"
    elif options.resume or checkpoints.files(run.folder):
        then = f"go on with: {runs.resuming(run.folder)}"
    else:
        then = "nothing was written"
        run.remove()
    if isinstance(error, Stopped):
        return Stopped(error.number, then)
    if isinstance(error, OSError):
        error = WriteError(f"{error.filename or run.folder}: {error.strerror or error}")
    return WriteError(f"{error}; {then}") if isinstance(error, WriteError) else error


def _train(options: Train, run: runs.Run, stops: Stops, then: dict[str, Any] | None = None) -> int:
    """Read, train, write and compare, in the folder of the run alone; `then` is repeated."""
    if not options.resume:
        run.write_json(runs.CONFIG, repeating.as_json(options))
    elif options.from_manifest is not None and then is None:
        then = _recorded_before(options.from_manifest)
    sources = _sources(options.paths, options.corpus)
    circumstances = runs.circumstances()
    begin = time.perf_counter()
    scratch = run.folder / runs.IDS  # may be too large for the system's temporary folder
    scratch.mkdir()
    corpus = _encode(options, sources, scratch)
    if then and then["corpus"].get("sha256") != corpus.sha256:
        print(f"the text is not that of {options.from_manifest}")
    seconds = {"read": time.perf_counter() - begin}
    options = resolved(options, len(corpus.vocab))
    identity = repeating.identity(options, corpus, circumstances)
    start, earlier = _start(options, corpus, run, identity)
    identity = {**identity, repeating.EARLIER: json.dumps(earlier)}
    keeper = checkpoints.Keeper(run.folder, identity, options.checkpoint_every, stops, start)
    with stops.held():  # but where a method lets them pass
        trained = METHODS[options.method](options, corpus, run, keeper)
        begin = time.perf_counter()
        sha256 = run.write_vectors(trained.center, trained.context)
    seconds |= {"train": trained.seconds, "write": time.perf_counter() - begin}
    begin, distance = time.perf_counter(), None
    try:
        stops.raise_pending()
        distance = _show_gap(options, corpus, trained)
    except Stopped:
        pass  # the vectors are there, so that the run can be finished
    seconds["gap"] = time.perf_counter() - begin
    manifest = {
        "status": "diverged" if trained.failure else "complete",
        "corpus": _describe(options, sources, corpus),
        "seed": options.seed,
        "vectors_sha256": sha256,
        "gap": distance,
        "seconds": {stage: round(spent, 3) for stage, spent in seconds.items()},
        **circumstances,
        repeating.EARLIER: earlier,
        "options": repeating.as_json(options),
    }
    with stops.held():
        run.write_json(runs.MANIFEST, manifest)
    if trained.failure:
        if then is not None:
            _compare(then, manifest, options)
        raise FloatingPointError(f"{trained.failure}; the last good vectors are in {run.folder}")
    stops.raise_pending()
    _summary(run)
    return 0 if then is None else _compare(then, manifest, options)


def _recorded_before(path: Path) -> dict[str, Any] | None:
    """The manifest that a run, now resumed, repeats; None where it has gone since."""
    try:
        return repeating.recorded(path)
    except InputError as error:
        print(f"{error}: the vectors will not be compared")
        return None


def _compare(then: dict[str, Any], now: dict[str, Any], options: Train) -> int:
    """Say whether a run has the vectors of the one that it repeats; the exit status."""
    ours, theirs = now["vectors_sha256"], then["vectors_sha256"]
    same, found = ours == theirs, repeating.differences(then, now)
    of = options.from_manifest
    then_is = f"the same as in {of}" if same else f"not that of {of}, which is {theirs}"
    print(f"\nvectors SHA-256 {ours}: {then_is}")
    if found:
        rows = [[name, str(before), str(after)] for name, before, after in found]
        print_table("Circumstances that differ", ["circumstance", "then", "now"], rows)
    elif not same:
        print("no circumstance that is recorded differs")
    return 0 if same else 1


def _start(
    options: Train, corpus: EncodedCorpus, run: runs.Run, identity: dict[str, str]
) -> tuple[checkpoints.Snapshot | None, list[dict[str, str]]]:
    """Write what comes first; the newest checkpoint that is whole, if a run is resumed from one,
    and under which other circumstances the way to it was made.

    Raises `InputError` for a checkpoint of something else, naming the difference.
    """
    for path in checkpoints.files(run.folder) if options.resume else []:
        found = checkpoints.read(path)
        if found is None:
            print(f"{path}: damaged, the one before is used")
            continue
        state, saved = found
        earlier = json.loads(saved.get(repeating.EARLIER, "[]"))
        for name, value in identity.items():
            if saved.get(name) == value:
                continue
            if name not in repeating.TOLERATED:
                raise InputError(
                    f"--resume: the {name} of {path} is {saved.get(name)}, and now is {value}"
                )
            earlier.append({name: saved.get(name)})
            print(
                f"the {name} was {saved.get(name)}, and now is {value}: the bits may differ from "
                "those of a run that was not stopped"
            )
        done = done_of(options, corpus, state)
        run.write_vocab(corpus.vocab)
        run.cut_metrics(done)
        print(f"resumed {done:.0%} of the way")
        return state, earlier
    if options.resume:
        print("no checkpoint to go on from: begun anew")
    run.write_json(runs.CONFIG, repeating.as_json(options))
    run.write_vocab(corpus.vocab)
    run.cut_metrics(0.0)
    return None, []


def _describe(options: Train, sources: list[str], corpus: EncodedCorpus) -> dict[str, Any]:
    return {
        "sources": [options.corpus] if options.corpus else sources or [BUILTIN],
        "sha256": corpus.sha256,
        "tokens": corpus.tokens,
        "kept_tokens": len(corpus.text.ids),
        "sentences": len(corpus.text.ends),
        "vocabulary": len(corpus.vocab),
        "vocabulary_sha256": corpus.vocab.sha256(),
    }


def _encode(options: Train, sources: list[str], scratch: Path) -> EncodedCorpus:
    """Read the text once; ids go to files in `scratch`."""
    with progress("{task.fields[tokens]:.1f} M words") as bar:
        task = bar.add_task("reading", total=None, tokens=0.0)
        if not sources:
            bar.update(task, description="collecting the built-in corpus")
            sources = [str(text.builtin_corpus())]
            bar.update(task, description="reading")
        try:
            corpus = text.encode_corpus(
                text.read_blocks(sources),
                scratch,
                min_count=options.min_count,
                max_vocab=options.max_vocab,
                lowercase=options.lowercase,
                on_tokens=lambda tokens: bar.update(task, tokens=tokens / 1e6),
            )
        except text.NoWords as error:
            raise InputError(f"{', '.join(sources)}: {error}") from None
        bar.update(task, tokens=corpus.tokens / 1e6, total=1, completed=1)
    if np.diff(corpus.text.ends, prepend=0).max() < 2:
        raise InputError("no sentence has two words of the vocabulary, so there are no pairs")
    print(
        f"{corpus.tokens:,} words in {len(corpus.text.ends):,} sentences; {len(corpus.vocab):,} "
        f"different words occur {options.min_count} times or more"
    )
    if len(corpus.vocab) == 1:
        print(f"{corpus.vocab.words[0]!r} is the only word: there is none to tell it apart from")
    return corpus


def _sources(paths: Sequence[str], corpus: str | None) -> list[str]:
    """The files to read: those of the paths or else the named corpus; none for the built-in one."""
    if paths or corpus is None:
        return text.find_sources(paths)
    with progress("{task.fields[size]} MB") as bar:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(f"{what} {corpus}", size="")
            size = f"{done / 1e6:.0f} of {of / 1e6:.0f}"
            bar.update(tasks[what], completed=done, total=of, size=size)

        return [str(text.named_corpus(corpus, on_bytes=show))]


def measure_gap(options: Gap) -> None:
    """Compare a run with the optimum of its own objective, and print and write what is found.

    Raises `InputError` for a run without its options, and for a text with another vocabulary.
    """
    if options.centers is not None and options.centers < 1:
        raise InputError(f"--centers {options.centers}: must be at least 1")
    if options.run.exists() and not runs.is_run(options.run):
        raise InputError(
            f"{options.run}: is no run folder: vectors alone do not say what they were trained for"
        )
    run = runs.Run(options.run)
    trained = repeating.options_of(run)
    try:
        check(trained)
    except InputError as error:
        raise InputError(f"{run.folder / runs.CONFIG}: damaged: {error}") from None
    figure = None if options.figure is None else _figure(options.figure)
    embeddings = run.embeddings()
    sources = _sources(options.paths or trained.paths, trained.corpus)
    places = [path for path in (options.json, options.figure) if path is not None]
    with ExitStack() as files, tempfile.TemporaryDirectory(prefix="jaxtext.") as scratch:
        # Opened first, so that a place that cannot be written is named before the work is done.
        opened = {path: files.enter_context(replacing(path)) for path in places}
        corpus = _encode(trained, sources, Path(scratch))
        if corpus.vocab.sha256() != embeddings.vocab.sha256():
            raise InputError(
                f"the vocabulary of this text ({len(corpus.vocab):,} words) is not that of "
                f"{options.run} ({len(embeddings.vocab):,} words): give the text that it was "
                "trained on"
            )
        vectors = Trained(embeddings.center, embeddings.vectors("context"), 0.0)
        found = _gap(trained, corpus, vectors, options.centers)
        if options.json is not None:
            content = {"run": str(options.run), **_objective_of(trained)}
            content |= gap.as_json(found, corpus.vocab.words)
            opened[options.json].write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        if options.figure is not None and figure is not None:
            from jaxtext import plots

            plots.draw_density(found.density, gap.EDGES, figure.subplots())
            figure.savefig(opened[options.figure], format=options.figure.suffix[1:], dpi=150)
    print_gap(found, corpus.vocab)


def _objective_of(options: Train) -> dict[str, Any]:
    """The options that say what is minimised."""
    names = ("method", "window", "negatives", "noise_exponent", "subsample")
    return {name: getattr(options, name) for name in names}


def _gap(
    options: Train,
    corpus: EncodedCorpus,
    trained: Trained,
    how_many: int | None,
    most: int | None = None,
) -> gap.Gap:
    """Measure with the run's own objective, by some centers or all, on `most` tokens of the text.

    Counts that training has made serve again, and are those of the whole text.
    Where only some stand for all, those without a pair in so much of the text are left out.
    """
    ids, vocab = corpus.text, corpus.vocab
    if most is not None and len(ids.ids) > most:
        ends = ids.ends[: max(int(np.searchsorted(ids.ends, most)), 1)]
        ids = Encoded(ids.ids[: ends[-1]], ends)
    sample = None
    if how_many is not None:
        sizes = vocab.counts * keep_probability(vocab.counts, options.subsample)
        sample = gap.draw_centers(sizes, how_many, np.random.default_rng(options.seed))
    goal = trained.goal
    if goal is None:
        goal = objective(options, vocab, ids, None if sample is None else sample.centers)
    if sample is not None:
        paired = goal.counts[sample.centers].sum(axis=1) > 0
        sample = gap.Sample(*(part[paired] for part in sample))
    params = EmbeddingParams(jnp.asarray(trained.center), jnp.asarray(trained.context))
    with progress() as bar:
        task = bar.add_task("comparing with the optimum", total=1.0)
        return gap.measure(params, goal, sample, lambda done: bar.update(task, completed=done))


def print_gap(found: gap.Gap, vocab: text.Vocab) -> None:
    """Tables of the sums, of the bands and of the farthest words."""
    rows = [
        [name, *(f"{total / found.pairs:.4f}" for total in sums), f"{sums.percent:.1f}%"]
        for name, sums in (("all", found.all), ("observed", found.observed))
    ]
    of = len(vocab)
    print_table(
        f"Loss a pair, over {found.pairs:,.0f} pairs"
        + ("" if found.centers == of else f", estimated from {found.centers:,} of {of:,} centers"),
        ["cells", "w.c", "optimum", "above it"],
        rows,
    )
    ranges = list(dict.fromkeys(band.contexts for band in found.bands))
    names = [f"{first:,}-{last:,}" for first, last in ranges]
    cells = {(band.centers, band.contexts): band.all.percent for band in found.bands}
    rows = [
        [name, *(f"{cells[centers, contexts]:.1f}%" for contexts in ranges)]
        for name, centers in zip(names, ranges, strict=True)
    ]
    print_table("Above the optimum, all cells, by rank in frequency", ["center", *names], rows)
    print(
        f"\ncorrelation of w.c with its optimum, over observed pairs: {found.correlation:.3f}; "
        f"each as often as it occurs: {found.weighted_correlation:.3f}"
    )
    rows = [
        [vocab.words[far.id], f"{vocab.counts[far.id]:,}", f"{far.excess:.3f}"]
        for far in found.farthest
    ]
    print_table("Centers farthest from their optimum", ["word", "count", "nats a pair"], rows)


def _figure(path: Path) -> Any:
    """An empty figure that can be saved under this name. Raises `InputError` for other names."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("--figure needs matplotlib: pip install 'jaxtext[eval]'") from None
    figure = Figure(figsize=(5, 4.2), layout="constrained")
    kinds = sorted(figure.canvas.get_supported_filetypes())
    if path.suffix.lower()[1:] not in kinds:
        raise InputError(f"--figure {path}: the name must end in one of .{', .'.join(kinds)}")
    return figure


def _show_gap(options: Train, corpus: EncodedCorpus, trained: Trained) -> dict[str, Any] | None:
    """Print how far the vectors are from their optimum, by a sample of centers; the numbers.

    None where thinning, of which this is a draw of its own, leaves no pair.
    """
    found = _gap(options, corpus, trained, GAP_CENTERS, GAP_TOKENS)
    if not found.pairs:
        print("thinning leaves no pair to compare the vectors with their optimum")
        return None
    print(
        f"loss {found.all.objective / found.pairs:.4f} a pair, {found.all.percent:.1f}% above the "
        f"optimum of free scores; correlation of w.c with it {found.weighted_correlation:.2f}"
    )
    numbers = gap.as_json(found, corpus.vocab.words)
    return {name: value for name, value in numbers.items() if name not in ("bands", "farthest")}


def _summary(run: runs.Run) -> None:
    """Neighbors of some frequent content words, and what was written where."""
    embeddings = run.embeddings()
    words = content_words(embeddings)
    answers = query.neighbors(embeddings, words, top=6)
    rows = [
        [word, ", ".join(f"{near} {score:.2f}" for near, score in row)]
        for word, row in zip(words, answers, strict=True)
    ]
    print_table("Nearest words by cosine", ["word", "nearest"], rows)
    files = [run.folder / name for name in sorted(runs.FILES)]
    rows = [[path.name, f"{path.stat().st_size:,} bytes"] for path in files]
    print_table(f"Written to {run.folder}", ["file", "size"], rows)
    print(f"\nnext: {shlex.join(['jaxtext', 'neighbors', runs.argument(run.folder), words[0]])}")


def content_words(embeddings: Embeddings, how_many: int = 8) -> list[str]:
    """Some frequent words that are not among the most frequent hundred, mostly function words."""
    words = embeddings.vocab.words
    skip = min(100, len(words) // 10)
    long = [word for word in words[skip : skip + 400] if len(word) > 4 and word.isalpha()]
    step = max(len(long) // (4 * how_many), 1)
    return (long or list(words))[::step][:how_many]

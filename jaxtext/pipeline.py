"""Text -> ids -> vectors -> a run directory, with progress: `jaxtext train`; and `jaxtext gap`."""

import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import fields, replace
from math import inf
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxtext import gap, query, runs, text
from jaxtext.cli import Gap, Train
from jaxtext.embeddings import Embeddings
from jaxtext.errors import InputError
from jaxtext.export import replacing
from jaxtext.methods import METHODS, Trained, given, objective, resolved, stream_text
from jaxtext.sampling import keep_probability
from jaxtext.terminal import print_table, progress
from jaxtext.text.encoded import Encoded, EncodedCorpus
from jaxtext.training import checkpoints
from jaxtext.training.stream import State
from jaxtext.types import EmbeddingParams

BUILTIN = "built-in"
FREE = ("out", "resume", "checkpoint_every")  # options that change nothing in the vectors
METHOD_DEFAULTS = ("negatives", "epochs", "noise_exponent")  # what `resolved` fills in
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
    if not 0 < options.learning_rate < inf:
        raise InputError(f"--learning-rate {options.learning_rate}: must be a number above 0")
    if options.corpus is not None and options.paths:
        raise InputError(
            f"--corpus {options.corpus} and {options.paths[0]}: give one of the two, a corpus by "
            "name or files"
        )


def train(options: Train) -> None:
    """Train as the options say and write the run.

    Raises `InputError` for options and text that cannot be used, leaving nothing behind, and
    `FloatingPointError` when training left the finite numbers: the run holds the last good state.
    """
    if options.resume:
        options = resumable(options)
    check(options)
    if not options.resume:
        runs.check_free(options.out)
    sources = _sources(options.paths, options.corpus)
    circumstances = runs.circumstances()
    made = [folder for folder in (options.out, *options.out.parents) if not folder.exists()]
    # Ids go beside the run-to-be, since they may be too large for the system's temporary folder.
    parent = next(folder for folder in options.out.absolute().parents if folder.exists())
    try:
        scratch = Path(tempfile.mkdtemp(prefix=f".{options.out.name}.", dir=parent))
    except OSError as error:
        raise InputError(f"--out {options.out}: cannot be written: {error.strerror}") from error
    try:
        begin = time.perf_counter()
        corpus = _encode(options, sources, scratch)
        seconds = {"read": time.perf_counter() - begin}
        options = resolved(options, len(corpus.vocab))
        identity = _identity(options, corpus, circumstances)
        run, start = _begin(options, corpus, identity)
        if options.method == "sgns":
            keeper = checkpoints.Keeper(run.folder, identity, options.checkpoint_every)
            trained = stream_text(options, corpus, run, keeper, start)
        else:
            trained = METHODS[options.method](options, corpus, run)
        begin = time.perf_counter()
        sha256 = run.write_vectors(trained.center, trained.context)
        seconds |= {"train": trained.seconds, "write": time.perf_counter() - begin}
        begin = time.perf_counter()
        distance = _show_gap(options, corpus, trained)
        seconds["gap"] = time.perf_counter() - begin
    except BaseException:
        if not (options.resume or checkpoints.files(options.out)):
            _remove(options.out, made)
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    manifest = {
        "status": "diverged" if trained.failure else "complete",
        "corpus": _describe(options, sources, corpus),
        "seed": options.seed,
        "vectors_sha256": sha256,
        "gap": distance,
        "seconds": {stage: round(spent, 3) for stage, spent in seconds.items()},
        **circumstances,
    }
    run.write_json(runs.MANIFEST, manifest)
    if trained.failure:
        raise FloatingPointError(f"{trained.failure}; the last good vectors are in {run.folder}")
    _summary(run)


def resumable(options: Train) -> Train:
    """The options of the run that is to be resumed, which are those given if any are.

    Raises `InputError` for a folder without a run, a finished run, and options that differ.
    """
    run = runs.Run(options.out)
    if not (options.out / runs.CONFIG).exists():
        raise InputError(f"--resume: {options.out} holds no run that was stopped")
    if (options.out / runs.MANIFEST).exists():
        raise InputError(f"--resume: {options.out} is finished already")
    saved = replace(options_of(run), **{name: getattr(options, name) for name in FREE})
    if options == replace(Train(), **{name: getattr(options, name) for name in FREE}):
        return saved
    for field in fields(options):
        then, now = getattr(saved, field.name), getattr(options, field.name)
        if then != now and not (now is None and field.name in METHOD_DEFAULTS):
            name = f"--{field.name.replace('_', '-')}" if field.name != "paths" else "the text"
            raise InputError(f"--resume: {name} was {then} in {options.out}, and now is {now}")
    return saved


def _identity(
    options: Train, corpus: EncodedCorpus, circumstances: dict[str, Any]
) -> dict[str, str]:
    """What must be the same when a run is resumed."""
    versions = {f"version of {name}": number for name, number in circumstances["versions"].items()}
    config = {name: value for name, value in _config(options).items() if name not in FREE}
    text_of = {"paths": None, "corpus": None}
    return {
        "text (SHA-256)": corpus.sha256,
        "vocabulary (SHA-256)": corpus.vocab.sha256(),
        "options": json.dumps(config | text_of, sort_keys=True),
        **versions,
    }


def _begin(
    options: Train, corpus: EncodedCorpus, identity: dict[str, str]
) -> tuple[runs.Run, State | None]:
    """A new run, or the one that is resumed with the state of its newest checkpoint that is whole.

    Raises `InputError` for a checkpoint of something else, naming the difference.
    """
    if not options.resume:
        run = runs.create(options.out)
        run.write_json(runs.CONFIG, _config(options))
        run.write_vocab(corpus.vocab)
        return run, None
    run = runs.Run(options.out)
    for path in checkpoints.files(run.folder):
        found = checkpoints.read(path)
        if found is None:
            print(f"{path}: damaged, the one before is used")
            continue
        state, saved = found
        for name, value in identity.items():
            if saved.get(name) != value:
                raise InputError(
                    f"--resume: the {name} of {path} is {saved.get(name)}, and now is {value}"
                )
        done = float(state.position.place[0]) / (len(corpus.text.ids) * given(options.epochs))
        run.cut_metrics(done)
        print(f"resumed {done:.0%} of the way")
        return run, state
    run.write_vocab(corpus.vocab)
    run.cut_metrics(0.0)
    print("no checkpoint yet: begun anew")
    return run, None


def _remove(folder: Path, made: list[Path]) -> None:
    """Undo a run that has no vectors yet: its files, and the folders that were made for it."""
    for name in runs.FILES:
        (folder / name).unlink(missing_ok=True)
    for empty in made:
        if empty.exists():
            empty.rmdir()


def _config(options: Train) -> dict[str, Any]:
    config = {field.name: getattr(options, field.name) for field in fields(options)}
    return config | {"paths": list(options.paths), "out": str(options.out)}


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
    trained = options_of(run)
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
        print_gap(found, corpus.vocab)
        if options.json is not None:
            content = {"run": str(options.run), **_objective_of(trained)}
            content |= gap.as_json(found, corpus.vocab.words)
            opened[options.json].write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        if options.figure is not None:
            _draw(found, opened[options.figure], options.figure.suffix)


def options_of(run: runs.Run) -> Train:
    """The options that a run was made with. Raises `InputError` when they cannot be read."""
    config = run.read_json(runs.CONFIG)
    try:
        config |= {"paths": tuple(config["paths"]), "out": Path(config["out"])}
        return Train(**config)
    except (KeyError, TypeError) as error:
        raise InputError(f"{run.folder / runs.CONFIG}: damaged: {error}") from None


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


def _draw(found: gap.Gap, path: Path, suffix: str) -> None:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("--figure needs matplotlib: pip install 'jaxtext[eval]'") from None
    from jaxtext import plots

    figure = Figure(figsize=(5, 4.2), layout="constrained")
    plots.draw_density(found.density, gap.EDGES, figure.subplots())
    try:
        figure.savefig(path, format=suffix.lstrip(".") or "png", dpi=150)
    except ValueError as error:
        raise InputError(f"--figure: {error}") from None


def _show_gap(options: Train, corpus: EncodedCorpus, trained: Trained) -> dict[str, Any]:
    """Print how far the vectors are from their optimum, by a sample of centers; the numbers."""
    found = _gap(options, corpus, trained, GAP_CENTERS, GAP_TOKENS)
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
    files = sorted(path for path in run.folder.iterdir() if path.is_file())
    rows = [[path.name, f"{path.stat().st_size:,} bytes"] for path in files]
    print_table(f"Written to {run.folder}", ["file", "size"], rows)
    print(f"\nnext: jaxtext neighbors {run.folder} {words[0]}")


def content_words(embeddings: Embeddings, how_many: int = 8) -> list[str]:
    """Some frequent words that are not among the most frequent hundred, mostly function words."""
    words = embeddings.vocab.words
    skip = min(100, len(words) // 10)
    long = [word for word in words[skip : skip + 400] if len(word) > 4 and word.isalpha()]
    step = max(len(long) // (4 * how_many), 1)
    return (long or list(words))[::step][:how_many]

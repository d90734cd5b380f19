"""Text -> ids -> vectors -> a run directory, with progress on the terminal: `jaxtext train`."""

import math
import shutil
import tempfile
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import jax
import numpy as np

from jaxtext import query, runs, text
from jaxtext.cli import Train
from jaxtext.embeddings import Embeddings
from jaxtext.errors import InputError
from jaxtext.models import factorization, pmi
from jaxtext.sampling import keep_probability
from jaxtext.terminal import print_table, progress
from jaxtext.text.encoded import EncodedCorpus
from jaxtext.training import stream

T = TypeVar("T")
BUILTIN = "built-in"
# Where methods differ in what is best; Levy, Goldberg and Dagan (2015) for svd.
DEFAULTS: dict[str, dict[str, Any]] = {
    "sgns": {"negatives": 5, "noise_exponent": 0.75},
    "svd": {"negatives": 1, "noise_exponent": 1.0},
}
RANGES: dict[str, tuple[float, float]] = {
    "dim": (1, 10_000),
    "window": (1, 100),
    "negatives": (1, 1_000),
    "epochs": (1, 100_000),
    "min_count": (1, math.inf),
    "max_vocab": (1, math.inf),
    "subsample": (0, 1),
    "noise_exponent": (-2, 2),
    "seed": (0, 2**32 - 1),
}


@dataclass(frozen=True)
class Trained:
    """What training leaves: both tables, seconds, and what stopped it, if something did."""

    center: np.ndarray
    context: np.ndarray
    seconds: float
    failure: stream.Diverged | None


def resolved(options: Train) -> Train:
    """The options with the method's own defaults where none was given."""
    defaults = DEFAULTS[options.method]
    missing = {name: value for name, value in defaults.items() if getattr(options, name) is None}
    return replace(options, **missing)


def check(options: Train) -> None:
    """Raise `InputError` for a value outside of what makes sense."""
    for name, (low, high) in RANGES.items():
        value = getattr(options, name)
        if value is not None and not low <= value <= high:  # also true for NaN
            bound = f"at least {low}" if high == math.inf else f"from {low} to {high}"
            raise InputError(f"--{name.replace('_', '-')} {value}: must be {bound}")
    if not 0 < options.learning_rate < math.inf:
        raise InputError(f"--learning-rate {options.learning_rate}: must be a number above 0")


def train(options: Train) -> None:
    """Train as the options say and write the run.

    Raises `InputError` for options and text that cannot be used, leaving nothing behind, and
    `FloatingPointError` when training left the finite numbers: the run holds the last good state.
    """
    options = resolved(options)
    check(options)
    runs.check_free(options.out)
    sources = text.find_sources(options.paths)
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
        run = runs.create(options.out)
        run.write_json(runs.CONFIG, _config(options))
        run.write_vocab(corpus.vocab)
        trained = (_factorize if options.method == "svd" else _train)(options, corpus, run)
        begin = time.perf_counter()
        sha256 = run.write_vectors(trained.center, trained.context)
        seconds |= {"train": trained.seconds, "write": time.perf_counter() - begin}
    except BaseException:
        _remove(options.out, made)
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    manifest = {
        "status": "diverged" if trained.failure else "complete",
        "corpus": _describe(sources, corpus),
        "seed": options.seed,
        "vectors_sha256": sha256,
        "seconds": {stage: round(spent, 3) for stage, spent in seconds.items()},
        **circumstances,
    }
    run.write_json(runs.MANIFEST, manifest)
    if trained.failure:
        raise FloatingPointError(f"{trained.failure}; the last good vectors are in {run.folder}")
    _summary(run)


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


def _describe(sources: list[str], corpus: EncodedCorpus) -> dict[str, Any]:
    return {
        "sources": sources or [BUILTIN],
        "sha256": corpus.sha256,
        "tokens": corpus.tokens,
        "kept_tokens": len(corpus.text.ids),
        "sentences": len(corpus.text.ends),
        "vocabulary": len(corpus.vocab),
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


def _train(options: Train, corpus: EncodedCorpus, run: runs.Run) -> Trained:
    """Train with a progress bar and a line of metrics a report."""
    names = [field.name for field in fields(stream.StreamConfig)]
    config = stream.StreamConfig(**{name: getattr(options, name) for name in names})
    per_id = corpus.tokens / len(corpus.text.ids)  # words of the text for one of the vocabulary
    failure = None
    begin = time.perf_counter()
    texts = "{task.fields[speed]:.2f} M words/s", "loss {task.fields[loss]:.3f}"
    with progress(*texts) as bar:
        task = bar.add_task("training", total=1.0, speed=0.0, loss=math.nan)

        def on_report(report: stream.Report) -> None:
            speed = report.words_per_second * per_id
            bar.update(task, completed=report.done, speed=speed / 1e6, loss=report.loss)
            run.append_metrics(report._asdict() | {"words_per_second": speed})

        try:
            key = jax.random.key(options.seed)
            params = stream.fit(key, corpus.text, corpus.vocab.counts, config, on_report)
        except stream.Diverged as error:
            params, failure = error.params, error
        center, context = map(np.asarray, params)
    return Trained(center, context, time.perf_counter() - begin, failure)


def _factorize(options: Train, corpus: EncodedCorpus, run: runs.Run) -> Trained:
    """Counts -> positive shifted PMI -> singular vectors."""
    begin = time.perf_counter()
    size = len(corpus.vocab)
    if options.dim > size:
        raise InputError(f"--dim {options.dim}: svd has at most as many as words, {size}")
    with progress() as bar:
        task = bar.add_task("counting pairs", total=None)
        keep = keep_probability(corpus.vocab.counts, options.subsample)
        counts = text.cooccurrence(corpus.text, size, options.window, dynamic=True, keep=keep)
        counted = {"pairs": float(counts.nnz), "count_seconds": time.perf_counter() - begin}
        bar.update(task, description="factorizing")
        shifted = pmi.shifted_pmi(counts, _given(options.negatives), _given(options.noise_exponent))
        svd = factorization.truncated_svd(pmi.positive(shifted).astype(np.float32), options.dim)
        largest, smallest = map(float, svd.values[[0, -1]])
        run.append_metrics(
            counted
            | {"largest_singular_value": largest, "smallest_singular_value": smallest}
            | {"done": 1.0, "seconds": time.perf_counter() - begin}
        )
        bar.update(task, description="factorized", total=1, completed=1)
    center, context = map(np.asarray, factorization.vectors(svd, power=0.0))
    return Trained(center, context, time.perf_counter() - begin, None)


def _given(value: T | None) -> T:
    """What `resolved` has filled in."""
    assert value is not None
    return value


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

"""How each method makes vectors from ids, with progress: --method sgns, exact and svd."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from jaxtext import runs, text
from jaxtext.base.errors import InputError
from jaxtext.base.types import EmbeddingParams
from jaxtext.cli import Train
from jaxtext.evaluation import gap
from jaxtext.models import factorization, pmi
from jaxtext.reports.terminal import progress
from jaxtext.stopping import Stopped
from jaxtext.text.encoded import Encoded, EncodedCorpus
from jaxtext.training import exact, stream
from jaxtext.training.checkpoints import Keeper, Snapshot
from jaxtext.training.sampling import keep_probability, noise_distribution

RANGES: dict[str, tuple[float, float]] = {
    "dim": (1, 10_000),
    "window": (1, 100),
    "negatives": (1, 1_000),
    "epochs": (1, 100_000),
    "min_count": (1, math.inf),
    "max_vocab": (1, math.inf),
    "subsample": (0, 1),
    "noise_exponent": (-2, 2),
    "learning_rate": (1e-12, 1e6),
    "seed": (0, 2**32 - 1),
}
T = TypeVar("T")
# Where methods differ in what is best; Levy, Goldberg and Dagan (2015) for svd.
DEFAULTS: dict[str, dict[str, Any]] = {
    "sgns": {"negatives": 5, "noise_exponent": 0.75, "epochs": 5},
    "exact": {"negatives": 5, "noise_exponent": 0.75},
    "svd": {"negatives": 1, "noise_exponent": 1.0, "epochs": 1},
}
EXACT_PASSES, EXACT_WORDS = 3, 60_000  # passes at least, and words that they visit together
EXACT_POWER = 0.25  # of the singular values, for centers; contexts get the rest
THINNING = 1  # beside the seed of a run: the draw of subsampling that stands for all


@dataclass(frozen=True)
class Trained:
    """What training leaves: both tables, seconds, what stopped it, and the counts it was made of.

    The last two are None where nothing stopped it and where nothing was counted.
    """

    center: np.ndarray
    context: np.ndarray
    seconds: float
    failure: stream.Diverged | None = None
    goal: gap.Objective | None = None


def check(options: Train) -> None:
    """Raise `InputError` for a value outside of what makes sense."""
    for name, (low, high) in RANGES.items():
        value = getattr(options, name)
        if value is not None and not low <= value <= high:  # also true for NaN
            bound = f"at least {low}" if high == math.inf else f"from {low} to {high}"
            raise InputError(f"--{name.replace('_', '-')} {value}: must be {bound}")
    if not 0 <= options.checkpoint_every < math.inf:
        raise InputError(f"--checkpoint-every {options.checkpoint_every}: must be at least 0")
    if options.corpus is not None and options.paths:
        raise InputError(
            f"--corpus {options.corpus} and {options.paths[0]}: give one of the two, a corpus by "
            "name or files"
        )


def resolved(options: Train, vocab_size: int) -> Train:
    """The options with the method's own defaults where none was given.

    Passes of the exact method cost little where the vocabulary is small: there it gets more.
    """
    defaults = dict(DEFAULTS[options.method])
    defaults.setdefault("epochs", min(max(EXACT_PASSES, EXACT_WORDS // vocab_size), 50))
    missing = {name: value for name, value in defaults.items() if getattr(options, name) is None}
    return replace(options, **missing)


def given(value: T | None) -> T:
    """What `resolved` has filled in."""
    assert value is not None
    return value


def objective(
    options: Train, vocab: text.Vocab, ids: Encoded, centers: np.ndarray | None = None
) -> gap.Objective:
    """What a run with these options minimises over the ids of its text.

    Subsampling is dirty, one draw of it, and expected weights for svd; windows are dynamic, as
    expected weights. The noise is made of how often words occur, for svd in pairs. With `centers`,
    counts of these alone.
    """
    negatives, exponent = given(options.negatives), given(options.noise_exponent)
    keep = keep_probability(vocab.counts, options.subsample)
    count = partial(text.cooccurrence, vocab_size=len(vocab), window=options.window, dynamic=True)
    if options.method == "svd":
        counts = count(ids, keep=keep)
        noise = noise_distribution(counts.sum(axis=0), exponent)
    else:
        if options.subsample:
            ids = text.thinned(ids, keep, np.random.default_rng([options.seed, THINNING]))
        counts = count(ids, centers=centers)
        noise = noise_distribution(vocab.counts, exponent)
    if centers is None:
        _check_pairs(counts, vocab)
    return gap.Objective(counts, noise, negatives)


def _check_pairs(counts: Any, vocab: text.Vocab) -> None:
    """Raise `InputError` naming a word that has no pair, and hence no optimum."""
    alone = np.flatnonzero(counts.sum(axis=1) == 0)
    if alone.size:
        raise InputError(
            f"{alone.size:,} words never have a neighbor, {vocab.words[alone[0]]!r} for one, so "
            "that counts say nothing about them: raise --min-count, join lines, or use "
            "--method sgns"
        )


def done_of(options: Train, corpus: EncodedCorpus, state: Snapshot) -> float:
    """How much of the training is done in a state, in [0, 1]."""
    place = state.arrays.get("place")  # in the text of all epochs; exact has none
    if place is None:
        return state.number / given(options.epochs)
    return float(place[0]) / (len(corpus.text.ids) * given(options.epochs))


def stream_text(
    options: Train,
    corpus: EncodedCorpus,
    run: runs.Run,
    keeper: Keeper,
) -> Trained:
    """Train with a progress bar, a line of metrics a report, and checkpoints."""
    start = None if keeper.start is None else stream.State.of(*keeper.start)
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

        def on_state(state: Callable[[], stream.State]) -> None:
            keeper(lambda: Snapshot(*state().parts()))

        try:
            arguments = jax.random.key(options.seed), corpus.text, corpus.vocab.counts, config
            params = stream.fit(*arguments, on_report, on_state, start)
        except stream.Diverged as error:
            params, failure = error.params, error
        center, context = map(np.asarray, params)
    return Trained(center, context, time.perf_counter() - begin, failure)


def minimise(options: Train, corpus: EncodedCorpus, run: runs.Run, keeper: Keeper) -> Trained:
    """Counts -> the exact objective, minimised -> both tables, by singular values of the scores.

    A checkpoint is the state behind a pass.
    """
    begin = time.perf_counter()
    _check_dim(options, len(corpus.vocab))
    with progress("{task.fields[loss]}") as bar:
        task = bar.add_task("counting pairs", total=None, loss="")
        with keeper.stops.passing():
            goal = objective(options, corpus.vocab, corpus.text)
        counted = {"entries": float(goal.counts.nnz), "pairs": float(goal.counts.sum())}
        counted["count_seconds"] = time.perf_counter() - begin
        bar.update(task, description="factorizing, to begin with")

        def on_report(report: exact.Report) -> None:
            description = f"pass {round(report.done * passes) + 1} of {passes}"
            bar.update(task, description=description, total=1, completed=report.done)
            bar.update(task, loss=f"loss {report.loss:.4f}")
            now = {"seconds": time.perf_counter() - begin}
            run.append_metrics(report._asdict() | now | (counted if not report.done else {}))

        def on_state(state: exact.State) -> None:
            keeper(lambda: Snapshot(*state.parts()))

        passes, start, done = given(options.epochs), None, 0
        if keeper.start is not None:
            done, arrays, _ = keeper.start
            start = EmbeddingParams(jnp.asarray(arrays["center"]), jnp.asarray(arrays["context"]))
        try:
            with keeper.stops.passing():
                params = exact.fit(
                    *goal, options.dim, passes, start,
                    on_report=on_report, on_state=on_state, done=done,
                )  # fmt: skip
        except Stopped:
            keeper.save()
            raise
        svd = factorization.product_svd(params)
        bar.update(task, description="minimised", completed=1)
    center, context = _float32(factorization.vectors(svd, EXACT_POWER))
    return Trained(center, context, time.perf_counter() - begin, goal=goal)


def factorize(options: Train, corpus: EncodedCorpus, run: runs.Run, keeper: Keeper) -> Trained:
    """Counts -> positive shifted PMI -> singular vectors; too short for checkpoints."""
    begin = time.perf_counter()
    _check_dim(options, len(corpus.vocab))
    with keeper.stops.passing(), progress() as bar:
        task = bar.add_task("counting pairs", total=None)
        goal = objective(options, corpus.vocab, corpus.text)
        counts, _, negatives = goal
        counted = {"entries": float(counts.nnz), "pairs": float(counts.sum())}
        counted["count_seconds"] = time.perf_counter() - begin
        bar.update(task, description="factorizing")
        shifted = pmi.positive(pmi.shifted_pmi(counts, negatives, given(options.noise_exponent)))
        if not shifted.data.any():
            raise InputError(
                "no words occur together more often than by chance: there is nothing to "
                "factorize; lower --negatives, or use --method sgns"
            )
        try:
            svd = factorization.truncated_svd(shifted.astype(np.float32), options.dim)
        except ValueError as error:  # the rank
            raise InputError(f"--{error}") from None
        largest, smallest = map(float, svd.values[[0, -1]])
        run.append_metrics(
            counted
            | {"largest_singular_value": largest, "smallest_singular_value": smallest}
            | {"done": 1.0, "seconds": time.perf_counter() - begin}
        )
        bar.update(task, description="factorized", total=1, completed=1)
    center, context = _float32(factorization.vectors(svd, power=0.0))
    return Trained(center, context, time.perf_counter() - begin, goal=goal)


def _float32(params: EmbeddingParams) -> list[np.ndarray]:
    return [np.asarray(table, np.float32) for table in params]


def _check_dim(options: Train, size: int) -> None:
    if options.dim > size:
        raise InputError(
            f"--dim {options.dim}: {options.method} has at most as many as words, {size}"
        )


METHODS: dict[str, Callable[[Train, EncodedCorpus, runs.Run, Keeper], Trained]] = {
    "sgns": stream_text,
    "exact": minimise,
    "svd": factorize,
}

"""How far a run is from the optimum of its own objective: `jaxtext gap`, and after training."""

import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxtext import repeating, runs
from jaxtext.base.errors import InputError
from jaxtext.base.files import replacing
from jaxtext.base.types import EmbeddingParams
from jaxtext.cli import Gap, Train
from jaxtext.corpus import encode, sources_of
from jaxtext.evaluation import gap
from jaxtext.methods import Trained, check, objective
from jaxtext.reports import gap as reports
from jaxtext.reports.tables import print_tables
from jaxtext.reports.terminal import progress
from jaxtext.text.encoded import Encoded, EncodedCorpus
from jaxtext.training.sampling import keep_probability

CENTERS = 1_000  # that stand for all at the end of training
TOKENS = 30_000_000  # of the text, that are counted for it


class NoPairs(InputError):
    """A draw of the thinned text has no pair, so that there is no optimum."""


def measure_run(options: Gap) -> None:
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
    figure = None if options.figure is None else reports.figure(options.figure)
    embeddings = run.embeddings()
    sources = sources_of(options.paths or trained.paths, trained.corpus)
    places = [path for path in (options.json, options.figure) if path is not None]
    with ExitStack() as files, tempfile.TemporaryDirectory(prefix="jaxtext.") as scratch:
        # Opened first, so that a place that cannot be written is named before the work is done.
        opened = {path: files.enter_context(replacing(path)) for path in places}
        corpus = encode(trained, sources, Path(scratch))
        if corpus.vocab.sha256() != embeddings.vocab.sha256():
            raise InputError(
                f"the vocabulary of this text ({len(corpus.vocab):,} words) is not that of "
                f"{options.run} ({len(embeddings.vocab):,} words): give the text that it was "
                "trained on"
            )
        vectors = Trained(embeddings.center, embeddings.vectors("context"), 0.0)
        found = measure(trained, corpus, vectors, options.centers)
        if options.json is not None:
            content = {"run": str(options.run), **_objective_of(trained)}
            content |= gap.as_json(found, corpus.vocab.words)
            opened[options.json].write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        if options.figure is not None and figure is not None:
            reports.draw(found, figure)
            reports.save_figure(figure, opened[options.figure], options.figure)
    print_tables(*reports.tables(found, corpus.vocab))


def _objective_of(options: Train) -> dict[str, Any]:
    """The options that say what is minimised."""
    names = ("method", "window", "negatives", "noise_exponent", "subsample")
    return {name: getattr(options, name) for name in names}


def measure(
    options: Train,
    corpus: EncodedCorpus,
    trained: Trained,
    how_many: int | None,
    most: int | None = None,
) -> gap.Gap:
    """Measure with the run's own objective, by some centers or all, on `most` tokens of the text.

    Counts that training has made serve again, and are those of the whole text.
    Where only some stand for all, those without a pair in so much of the text are left out.
    Raises `NoPairs` where none has.
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
        if not paired.any():
            raise NoPairs("thinning leaves no pair to compare the vectors with their optimum")
    params = EmbeddingParams(jnp.asarray(trained.center), jnp.asarray(trained.context))
    with progress() as bar:
        task = bar.add_task("comparing with the optimum", total=1.0)
        return gap.measure(params, goal, sample, lambda done: bar.update(task, completed=done))


def show(options: Train, corpus: EncodedCorpus, trained: Trained) -> dict[str, Any] | None:
    """Print how far the vectors are from their optimum, by a sample of centers; the numbers.

    None where thinning, of which this is a draw of its own, leaves no pair.
    """
    try:
        found = measure(options, corpus, trained, CENTERS, TOKENS)
    except NoPairs as error:
        print(error)
        return None
    print(reports.summary(found))
    numbers = gap.as_json(found, corpus.vocab.words)
    return {name: value for name, value in numbers.items() if name not in ("bands", "farthest")}

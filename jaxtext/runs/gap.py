"""Measure how far a run is from the optimum of its own objective on its text."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Int
from scipy import sparse

from jaxtext import text
from jaxtext.base import memory
from jaxtext.base.errors import InputError
from jaxtext.base.team import ALONE, Rows
from jaxtext.base.types import EmbeddingParams
from jaxtext.evaluation import gap
from jaxtext.evaluation.gap import Gap
from jaxtext.models.cells import LOGISTIC
from jaxtext.models.objective import Objective
from jaxtext.runs.record import Record
from jaxtext.runs.texts import text_of
from jaxtext.runs.watch import Watch, ignore
from jaxtext.text.encoded import Corpus, Encoded
from jaxtext.text.joint import joint
from jaxtext.training import counting, counts
from jaxtext.training.sampling import keep_probability
from jaxtext.training.settings import Counted, settled

# The estimate at the end of training: centers in the sample, cells of their rows, and tokens that
# are counted, at most.
CENTERS, CELLS, TOKENS = 1_000, 1 << 27, 30_000_000
MEMORY = 128 << 20  # bytes for counting the rows of a sample


class NoPairs(InputError):
    """No pair is left after subsampling, so that there is no optimum."""


class Measured(NamedTuple):
    """The gap of a run, its vocabulary, and the settings of the run."""

    gap: Gap
    vocab: text.Vocab
    record: Record

    def as_json(self) -> dict[str, Any]:
        """Return the numbers for JSON, with the settings that define the objective."""
        method = self.record.method
        names = ("window", "negatives", "noise_exponent", "subsample")
        settings = {name: getattr(method, name) for name in names if hasattr(method, name)}
        return {"method": method.name, **settings} | gap.as_json(self.gap, self.vocab.words)


def measure_run(
    folder: str | Path,
    paths: Sequence[str] = (),
    centers: int | None = None,
    watch: Watch = Watch(),  # noqa: B008
) -> Measured:
    """Compare a run with the optimum of its own objective, on `centers` random words or on all.

    The text is read again, from `paths` or, by default, from where the run found it.

    Raises `InputError` for a folder that contains no run, for fewer than one center, and for a text
    with another vocabulary.
    """
    if centers is not None and centers < 1:
        raise InputError("must be at least 1", "centers", centers)
    with text_of(folder, paths, watch) as (record, embeddings, corpus):
        tables = embeddings.center, embeddings.vectors("context")
        sizes = len(corpus.vocab), len(corpus.text.ids)
        record = record._replace(method=settled(record.method, *sizes))
        watch.on_stage("comparing with the optimum")
        objective = None
        if centers is None:
            key = jax.random.key(record.seed)
            objective = counting.objective(key, corpus.vocab, corpus.text, record.method)
            if alone := counting.without_pairs(
                np.asarray(objective.counts.sum(axis=1)), corpus.vocab
            ):
                watch.on_note(f"{alone}: left out")
        measured = measure(record, corpus, tables, centers, None, objective, watch.on_compared)
    return Measured(measured, embeddings.vocab, record)


def measure(
    record: Record,
    corpus: Corpus,
    params: Any,  # center and context vectors [V, D], of NumPy or JAX
    centers: int | None = None,
    tokens: int | None = None,
    objective: Objective | None = None,
    on_done: Any = ignore,
) -> Gap:
    """Measure the gap to the optimum of the run's own objective.

    The gap is that of all words or, with `centers`, an estimate from that number of random ones.
    With `tokens`, about as many tokens from the beginning of the text are counted. `objective`
    reuses the counts made by training, which cover the whole text. Centers without a pair in the
    counted tokens are left out. `on_done` is called with the share that is done.

    Raises `NoPairs` if no center of the estimate has a pair.
    """
    share, vocab = corpus.share, corpus.vocab
    team = ALONE if share is None else share.team
    ids = corpus.text if tokens is None else _beginning(corpus, tokens)
    sample = None
    if centers is not None:
        needed = 8 * (len(vocab) * record.method.dim + 4 * gap.BLOCK_CELLS)
        memory.check(needed, f"{len(vocab):,} words", "free some, or compare fewer words")
        frequencies = vocab.counts * keep_probability(vocab.counts, record.method.subsample)
        sample = gap.draw_centers(frequencies, centers, np.random.default_rng(record.seed))
    measured = np.arange(len(vocab)) if sample is None else sample.centers

    def deal(lengths: Int[np.ndarray, " V"]) -> Rows:
        return gap.dealt(team, len(lengths), measured)

    if objective is None:
        key = jax.random.key(record.seed)
        some = None if sample is None else sample.centers
        budget = None if sample is None else MEMORY
        objective, _ = counting.shared(key, vocab, ids, record.method, some, budget, share, deal)
        memory.give_back()
    elif share is not None:  # from the rows that training had to those that are measured here
        dealt, _ = joint(_only(objective.counts, measured), share, deal)
        objective = objective._replace(counts=dealt)
    if sample is not None and not any(team.tell(float(objective.counts[sample.centers].sum()))):
        raise NoPairs("subsampling leaves no pair, so the vectors have no optimum to compare with")
    cell = counts.cell_of(record.method) if isinstance(record.method, Counted) else LOGISTIC
    return gap.measure(EmbeddingParams(*params), objective, sample, on_done, cell, team)


def _only(counts: Any, words: Int[np.ndarray, " n"]) -> sparse.csr_array:
    """Return a matrix without the entries of all but some rows."""
    keep = np.zeros(counts.shape[0], bool)
    keep[words] = True
    entries = np.repeat(keep, np.diff(counts.indptr))
    indptr = np.cumsum(np.append(0, np.diff(counts.indptr) * keep))
    parts = counts.data[entries], counts.indices[entries], indptr
    return sparse.csr_array(parts, shape=counts.shape)


def _beginning(corpus: Corpus, tokens: int) -> Encoded:
    """Return about so many tokens from the beginning of a text, or what the share has of them."""
    ids, start = corpus.text, 0 if corpus.share is None else corpus.share.start
    if corpus.kept <= tokens:
        return ids
    ends = ids.ends[: max(int(np.searchsorted(ids.ends, tokens - start)), int(not start))]
    return Encoded(ids.ids[: ends[-1] if len(ends) else 0], ends)

"""`fit` trains with any method: it prepares what the trainer of the method needs and runs it."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key
from scipy import sparse

from jaxtext.base import memory
from jaxtext.base.errors import InputError
from jaxtext.base.team import Rows
from jaxtext.base.types import EmbeddingParams
from jaxtext.models import factorization
from jaxtext.models.objective import Objective
from jaxtext.text.encoded import Corpus
from jaxtext.training import counting, counts, starts, stream, svd
from jaxtext.training.settings import (
    Counted,
    Exact,
    Method,
    Sgns,
    Softmax,
    Svd,
    check_method,
    settled,
)
from jaxtext.vectors.embeddings import Embeddings

COLUMNS, CONTEXTS = 2, 3  # join the key in the draws of columns: of passes, of first contexts
COPIES = 3  # of both tables that training keeps in memory at a time, at least
CELL_BYTES = 40  # that methods on counts need for each pair that occurs, beside its count, at least
POWER = (
    0.25  # of the singular values in the centers of methods on counts; contexts get the other 0.75
)

Report = stream.Report | counts.Report | svd.Report
State = stream.State | counts.State
Start = Embeddings | State
STATES: dict[type[Method], type[State]] = {
    Sgns: stream.State, Exact: counts.State, Softmax: counts.State,
}  # fmt: skip


def fit(
    key: Key[Array, ""],
    corpus: Corpus,
    method: Method,
    *,
    start: Start | None = None,
    objective: Objective | None = None,
    rows: Rows | None = None,
    on_report: Callable[[Any], None] = lambda report: None,
    on_state: Callable[[Callable[[], Any]], None] = lambda state: None,
) -> EmbeddingParams:
    """Train center and context vectors [V, D], float32, on a corpus; every draw follows from `key`.

    `start` is one of two things. Vectors are a new beginning: known words start at their vectors,
    new words as usual. A state, as passed to `on_state`, resumes a training: with the same other
    arguments, the result has the same bits as without the interruption. `Svd` has neither.

    `objective`, the result of `counting.objective` with the same arguments, spares a method on
    counts the counting. If several processes have read the corpus, all of them call this with the
    same arguments, and get the same tables; `objective` and `rows` are of `counting.shared`.
    `on_report` is called with reports of the progress, which have at least
    the fields `done`, in [0, 1], and `seconds`. `on_state` is called whenever training could be
    resumed, with a function that returns the state. Neither callback changes the result.

    Raises `Diverged` when a loss or a vector becomes NaN or infinite. Raises `InputError` for a
    `method` that is not a record of settings, for more dimensions than words where the method works
    on counts, for more memory than there is, and for a text or a start that cannot be used.
    """
    check_method(method)
    _check_start(start, method)
    method = settled(method, len(corpus.vocab), corpus.kept)
    check_memory(method, len(corpus.vocab))
    if isinstance(method, Sgns):
        return _stream(key, corpus, method, start, on_report, on_state)
    check_dim(method, len(corpus.vocab))
    if objective is None:
        read = corpus.vocab, corpus.text
        objective, rows = counting.shared(key, *read, method, share=corpus.share)
    check_pairs(method, objective)
    if isinstance(method, Svd):
        return _float32(svd.fit(objective, method.dim, method.noise_exponent, on_report, rows))
    return _counts(key, corpus, method, objective, rows, start, on_report, on_state)


def check_memory(method: Method, vocab_size: int) -> None:
    """Raise `InputError` if both tables, and what training keeps beside them, need too much memory.

    For the counts of a text, which are not known before they are made, see `check_pairs`.
    """
    needed = COPIES * 8 * vocab_size * method.dim  # bytes
    what = f"{method.name} with {method.dim:,} dimensions for {vocab_size:,} words"
    memory.check(needed, what, "use fewer dimensions or a smaller vocabulary")


def check_pairs(method: Method, objective: Objective) -> None:
    """Raise `InputError` if what a method makes of the counts needs too much memory."""
    pairs = sparse.csr_array(objective.counts).nnz
    what = f"{method.name} with {pairs:,} different pairs of words"
    memory.check(CELL_BYTES * pairs, what, "use a smaller vocabulary, a smaller window or sgns")


def _check_start(start: Any, method: Method) -> None:
    if start is None:
        return
    if isinstance(method, Svd):
        raise InputError("svd has no start: it computes its vectors from the counts alone", "start")
    if not isinstance(start, Embeddings | STATES[type(method)]):
        kind = f"{type(start).__module__}.{type(start).__name__}"
        raise InputError(
            f"must be Embeddings or a state of {method.name} as passed to on_state, found {kind}",
            "start",
        )


def check_dim(method: Method, vocab_size: int) -> None:
    """Raise `InputError` if a method on counts has more dimensions than there are words."""
    if not isinstance(method, Sgns) and method.dim > vocab_size:
        raise InputError(
            f"{method.name} has at most as many dimensions as words, {vocab_size}",
            "dim",
            method.dim,
        )


def _stream(
    key: Key[Array, ""],
    corpus: Corpus,
    method: Sgns,
    start: Any,  # Embeddings, or a state of the method
    on_report: Callable[[Any], None],
    on_state: Callable[[Callable[[], Any]], None],
) -> EmbeddingParams:
    begin: Any = start
    if isinstance(start, Embeddings):
        usual = stream.initial(key, len(corpus.vocab), method)
        begin = starts.given(start, corpus.vocab, usual)
    text_and_counts = corpus.text, corpus.vocab.counts
    told = on_report, on_state
    return stream.fit(key, *text_and_counts, method, *told, begin, share=corpus.share)


def _counts(
    key: Key[Array, ""],
    corpus: Corpus,
    method: Counted,
    objective: Objective,
    rows: Rows | None,
    start: Any,  # Embeddings, or a state of the method
    on_report: Callable[[Any], None],
    on_state: Callable[[Callable[[], Any]], None],
) -> EmbeddingParams:
    assert method.epochs is not None
    begin: Any = start
    if isinstance(start, Embeddings):
        begin = _tables(jax.random.fold_in(key, CONTEXTS), start, corpus, objective, rows, method)
    params = counts.fit(
        *objective, method.dim, method.epochs, begin, on_report=on_report, on_state=on_state,
        cell=counts.cell_of(method), columns=method.columns, key=jax.random.fold_in(key, COLUMNS),
        rows=rows,
    )  # fmt: skip
    return _float32(factorization.vectors(factorization.product_svd(params), POWER))


def _tables(
    key: Key[Array, ""],
    start: Embeddings,
    corpus: Corpus,
    objective: Objective,
    rows: Rows | None,
    method: Counted,
) -> EmbeddingParams:
    """Turn vectors into tables to start from, with zero rows for new words.

    If there are no context vectors, a step of every context is made first.
    """
    zeros = jnp.zeros((len(corpus.vocab), method.dim), jnp.float32)
    params = starts.given(start, corpus.vocab, EmbeddingParams(zeros, zeros))
    if start.context is not None:
        return params
    cell = counts.cell_of(method)
    return counts.first_contexts(params, objective, cell, method.columns, key, rows)


def _float32(params: EmbeddingParams) -> EmbeddingParams:
    return EmbeddingParams(*(jnp.asarray(table, jnp.float32) for table in params))

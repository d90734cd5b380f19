"""Minimise the objective over counts, pass after pass, and report progress and state."""

import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from jaxtext.base.checks import check_at_least
from jaxtext.base.team import Rows
from jaxtext.base.types import Counts, EmbeddingParams
from jaxtext.models import factorization
from jaxtext.models.cells import EXPONENTIAL, LOGISTIC, Cell
from jaxtext.models.objective import Objective, check
from jaxtext.training import starts
from jaxtext.training.accelerators import full_precision
from jaxtext.training.counts import drawn, newton
from jaxtext.training.counts.halves import Problem, problem, with_biases, without_biases
from jaxtext.training.settings import Counted, Softmax

KEYLESS = "key: none is given, and columns are drawn"


def cell_of(method: Counted) -> Cell:
    """Return the cell loss that a method minimises."""
    return EXPONENTIAL if isinstance(method, Softmax) else LOGISTIC


class State(NamedTuple):
    """All that determines the rest of a training, apart from the objective."""

    params: EmbeddingParams
    number: int  # of the next pass, counted from 0
    passes: int  # in all

    @property
    def done(self) -> float:
        """Return the share of the training that is done, in [0, 1]."""
        return self.number / max(self.passes, 1)

    def parts(self) -> tuple[int, dict[str, np.ndarray], dict[str, Any]]:
        """Take the state apart into its number, its arrays, and the values that fit into JSON."""
        arrays = {name: np.array(table) for name, table in self.params._asdict().items()}
        return self.number, arrays, {"passes": self.passes}

    @classmethod
    def of(cls, number: int, arrays: dict[str, np.ndarray], scalars: dict[str, Any]) -> "State":
        """Rebuild a state from its `parts`."""
        tables = (jnp.asarray(arrays[name]) for name in EmbeddingParams._fields)
        return cls(EmbeddingParams(*tables), number, scalars["passes"])

    def fits(self, vocab_size: int, config: Counted, words: int) -> bool:
        """Whether a training can have this state; the length of the text does not matter."""
        del words
        width = config.dim + cell_of(config).biases
        return (
            all(table.shape == (vocab_size, width) for table in self.params)
            and all(bool(jnp.isfinite(table).all()) for table in self.params)
            and 0 <= self.number <= self.passes == config.epochs
        )


class Report(NamedTuple):
    """The progress of training: share of the passes done, seconds, and loss per pair in nats.

    Where columns are drawn, the loss is an estimate.
    """

    done: float  # in [0, 1]
    seconds: float
    loss: float


class LikelihoodReport(Report):
    """The progress of training by the negative log-likelihood."""

    @property
    def perplexity(self) -> float:
        """The exponential of the loss per pair."""
        return math.exp(self.loss)


@full_precision()
def fit(
    counts: Counts,
    noise: Float[np.ndarray, " V"],
    negatives: int,
    dim: int,
    passes: int = 3,
    start: EmbeddingParams | State | None = None,
    own_curvature: bool = False,
    on_report: Callable[[Report], None] = lambda report: None,
    on_state: Callable[[Callable[[], State]], None] = lambda state: None,
    *,
    cell: Cell = LOGISTIC,
    columns: int | None = None,
    key: Key[Array, ""] | None = None,
    rows: Rows | None = None,
) -> EmbeddingParams:
    """Minimise an objective over counts and return both tables [V, D].

    The objective is the sum of `cell` over all cells, by default `sgns.expected_loss`. With fewer
    `columns` than words, the sum over unobserved cells is estimated from that number of columns,
    which `key` draws for each half of each pass.

    Training begins at the tables `start`, by default `starts.singular_vectors`, and works in their
    precision, by default float32. If `start` is a `State` and the other arguments are the same,
    the result has the same bits as that of the training from which the state was taken. For
    `own_curvature`, see `improve`. `on_report` is called with the loss before the first pass and
    after each pass. After each pass, `on_state` is called with a function that returns the state.
    In a team, the counts have but some `rows` (see `problem`); all processes return the same.

    Raises `ValueError` as `problem` does, for more dimensions than words, for fewer than one
    dimension or column, and for a negative number of passes.
    """
    check_at_least("dim", dim, 1)
    check_at_least("passes", passes, 0)
    shape: Any = counts.shape
    size = shape[0]
    if dim > size:
        raise ValueError(f"dim: found {dim}, must be at most the number of words, {size}")
    rows = Rows.all(size) if rows is None else rows
    if rows.team.processes == 1 or counts.nnz:  # pyright: ignore[reportAttributeAccessIssue]
        check(Objective(counts, noise, negatives))
    params, first = (start.params, start.number) if isinstance(start, State) else (start, 0)
    begin = time.perf_counter()
    of_contexts = rows.column_sums(counts)
    pairs = float(of_contexts.sum())
    if params is None:  # before the counts are prepared, which takes as much memory
        levels = np.log(np.maximum(of_contexts, 0.5)) if cell is EXPONENTIAL else None
        words = None if columns is None or columns >= size else starts.FREQUENT
        params = starts.singular_vectors(counts, negatives, dim, levels, words, rows)
    prepared = problem(counts, noise, negatives, params.center.dtype, cell, rows)
    improve, loss = _passes(prepared, columns, key, own_curvature)
    del prepared  # of which a part is needed no more, if columns are drawn
    if not isinstance(start, State):
        params = with_biases(params, cell)
    kind = LikelihoodReport if cell is EXPONENTIAL else Report

    def report(done: int, total: float) -> None:
        on_report(kind(done / max(passes, 1), time.perf_counter() - begin, total / pairs))

    for number in range(first, passes):
        params, before = improve(params, number)
        report(number, before)
        after = State(params, number + 1, passes)
        on_state(lambda after=after: after)
    report(passes, loss(params, passes))
    params = without_biases(params, cell)
    halves = factorization.vectors(factorization.product_svd(params))
    return EmbeddingParams(*(table.astype(params.center.dtype) for table in halves))


@full_precision()
def first_contexts(
    params: EmbeddingParams,
    objective: Objective,
    cell: Cell,
    columns: int | None = None,
    key: Key[Array, ""] | None = None,
    rows: Rows | None = None,
) -> EmbeddingParams:
    """Make a step of every context, for centers whose contexts are not known.

    `columns`, `key` and `rows` are as in `fit`.
    """
    prepared, begun = problem(*objective, cell=cell, rows=rows), with_biases(params, cell)
    if columns is None or columns >= len(objective.noise):
        return without_biases(newton.improve_contexts(begun, prepared), cell)
    if key is None:
        raise ValueError(KEYLESS)
    estimate = drawn.Estimate.of(prepared, columns)
    moved, _ = drawn.improve_half(begun, estimate, 1, drawn.offset_of(key, 1))
    return without_biases(moved, cell)


def _passes(
    problem: Problem, columns: int | None, key: Key[Array, ""] | None, own_curvature: bool
) -> tuple[Callable[..., Any], Callable[..., float]]:
    """Return a function that makes a pass, given its number, and one that returns the loss."""
    size = len(problem.noise)
    if columns is None or columns >= size:
        return (
            lambda params, number: newton.improve(params, problem, own_curvature),
            lambda params, number: newton.loss(params, problem),
        )
    check_at_least("columns", columns, 1)
    if key is None:
        raise ValueError(KEYLESS)
    estimate = drawn.Estimate.of(problem, columns)

    def keyed(number: int) -> Key[Array, ""]:
        return jax.random.fold_in(key, number)

    return (
        lambda params, number: drawn.improve(params, estimate, keyed(number)),
        lambda params, number: drawn.loss(params, estimate, drawn.offset_of(keyed(number), 0)),
    )

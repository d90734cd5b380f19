"""Minimise the objective over counts, pass after pass; report, and hand out the state."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from jaxtext.base.checks import check_at_least
from jaxtext.base.types import Counts, EmbeddingParams
from jaxtext.models import factorization
from jaxtext.training import starts
from jaxtext.training.counts.newton import improve, loss, problem


class State(NamedTuple):
    """All that the rest of a training follows from, besides the objective."""

    params: EmbeddingParams
    number: int  # of the pass that comes next
    passes: int

    @property
    def done(self) -> float:
        """The share of the training that is done, in [0, 1]."""
        return self.number / max(self.passes, 1)

    def parts(self) -> tuple[int, dict[str, np.ndarray], dict[str, Any]]:
        """Take the state apart: number, arrays, and what else JSON can hold."""
        arrays = {name: np.array(table) for name, table in self.params._asdict().items()}
        return self.number, arrays, {"passes": self.passes}

    @classmethod
    def of(cls, number: int, arrays: dict[str, np.ndarray], scalars: dict[str, Any]) -> "State":
        """Put the state with these `parts` together."""
        tables = (jnp.asarray(arrays[name]) for name in EmbeddingParams._fields)
        return cls(EmbeddingParams(*tables), number, scalars["passes"])


class Report(NamedTuple):
    """The progress of training: share of the passes done, and loss per pair."""

    done: float  # in [0, 1]
    seconds: float
    loss: float


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
) -> EmbeddingParams:
    """Minimise `sgns.expected_loss` and return both tables [V, D].

    Training begins at `start`, or else at `starts.singular_vectors`; from a `State`, and with the
    same other arguments, it ends with the same bits as the training that the state was taken from.
    It works in the precision of `start`, by default float32. `own_curvature` is that of `improve`.
    `on_report` is told the loss before the first pass and after each; `on_state` is given a
    function that returns the state after each pass.

    Raises `ValueError` as `problem` does, and for more dimensions than words.
    """
    check_at_least("dim", dim, 1)
    check_at_least("passes", passes, 0)
    params, first = (start.params, start.number) if isinstance(start, State) else (start, 0)
    precision = np.dtype(np.float32) if params is None else params.center.dtype
    objective = problem(counts, noise, negatives, precision)
    size = len(objective.center_weight)
    if dim > size:
        raise ValueError(f"dim: found {dim}, scores of {size} words have no such rank")
    begin = time.perf_counter()
    if params is None:
        params = starts.singular_vectors(counts, negatives, dim)
    pairs = float(counts.sum())

    def report(done: int, total: float) -> None:
        on_report(Report(done / max(passes, 1), time.perf_counter() - begin, total / pairs))

    for number in range(first, passes):
        params, before = improve(params, objective, own_curvature)
        report(number, before)
        after = State(params, number + 1, passes)
        on_state(lambda after=after: after)
    report(passes, loss(params, objective))
    halves = factorization.vectors(factorization.product_svd(params))
    return EmbeddingParams(*(table.astype(params.center.dtype) for table in halves))

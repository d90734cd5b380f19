"""What training on the stream reports: its progress, its state, and its failure."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxtext.base.errors import Named
from jaxtext.base.types import EmbeddingParams
from jaxtext.training.settings import Sgns
from jaxtext.training.stream.feed import Position


class Report(NamedTuple):
    """The progress of training; the loss is that per pair, in nats, on the text that comes next."""

    done: float  # share of all epochs, in [0, 1]
    seconds: float
    words_per_second: float  # tokens of the text, before subsampling
    loss: float
    learning_rate: float
    combining: float  # share of the time in which streams were combined


class State(NamedTuple):
    """All that determines the rest of a training, apart from the text, the key and the settings."""

    params: EmbeddingParams  # with padding columns
    number: int  # of the next chunk, counted from 0
    paired: bool  # whether any chunk so far had pairs
    position: Position  # where that chunk begins
    total: int  # tokens of all epochs

    @property
    def done(self) -> float:
        """Return the share of the training that is done, in [0, 1]."""
        return float(self.position.place[0]) / self.total if len(self.position.place) else 1.0

    def parts(self) -> tuple[int, dict[str, np.ndarray], dict[str, Any]]:
        """Take the state apart into its number, its arrays, and the values that fit into JSON."""
        arrays = {**self.params._asdict(), **self.position._asdict()}
        spans = arrays.pop("spans")
        return self.number, arrays, {"paired": self.paired, "spans": spans, "total": self.total}

    @classmethod
    def of(cls, number: int, arrays: dict[str, np.ndarray], scalars: dict[str, Any]) -> "State":
        """Rebuild a state from its `parts`."""
        params = EmbeddingParams(jnp.asarray(arrays["center"]), jnp.asarray(arrays["context"]))
        position = Position(scalars["spans"], *(arrays[name] for name in Position._fields[1:]))
        return cls(params, number, scalars["paired"], position, scalars["total"])

    def fits(self, vocab_size: int, config: Sgns, words: int) -> bool:
        """Whether a training of this many words over all epochs can have this state."""
        size, (spans, ids, left, right, place) = config.dim + -config.dim % 8, self.position
        return (
            all(table.shape == (vocab_size, size) for table in self.params)
            and all(bool(jnp.isfinite(table).all()) for table in self.params)
            and self.number >= 0 <= spans
            and self.total == words
            and len(ids) - config.window == len(left) == len(right) == len(place)
            and bool(((ids >= 0) & (ids < vocab_size)).all())
            and bool(((place >= 0) & (place < words)).all())
            and bool((np.abs([left, right]) <= config.window).all())
        )


OnState = Callable[[Callable[[], State]], None]


class Diverged(Named, FloatingPointError):
    """Training diverged: the loss or a vector became NaN or infinite.

    `params` are the last finite tables. The functions of `jaxtext.api` also set `vectors`, the
    `Embeddings` of these tables, and, for a run, its `outcome`.
    """

    def __init__(
        self,
        message: str,
        params: EmbeddingParams | None,
        parameter: str | None = None,
        value: Any = None,
    ):
        super().__init__(message, parameter, value)
        self.params = params
        self.vectors: Any = None
        self.outcome: Any = None

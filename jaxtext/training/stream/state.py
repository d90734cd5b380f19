"""What training on the stream reports: its progress, its state, and its failure."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxtext.base.errors import Named
from jaxtext.base.types import EmbeddingParams
from jaxtext.training.settings import Sgns


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
    number: int  # of the next chunk of each stream, counted from 0
    paired: bool  # whether any chunk so far had pairs
    places: tuple[int, ...]  # where this chunk begins in the text of all epochs, for each stream
    total: int  # tokens of all epochs and streams

    @property
    def done(self) -> float:
        """Return the share of the training that is done, in [0, 1]."""
        return sum(self.places) / self.total

    def parts(self) -> tuple[int, dict[str, np.ndarray], dict[str, Any]]:
        """Take the state apart into its number, its arrays, and the values that fit into JSON."""
        scalars = {"paired": self.paired, "places": list(self.places), "total": self.total}
        return self.number, dict(self.params._asdict()), scalars

    @classmethod
    def of(cls, number: int, arrays: dict[str, np.ndarray], scalars: dict[str, Any]) -> "State":
        """Rebuild a state from its `parts`."""
        params = EmbeddingParams(jnp.asarray(arrays["center"]), jnp.asarray(arrays["context"]))
        places = tuple(int(place) for place in scalars["places"])
        return cls(params, number, scalars["paired"], places, scalars["total"])

    def fits(self, vocab_size: int, config: Sgns, words: int) -> bool:
        """Whether a training of this many words over all epochs can have this state."""
        size = config.dim + -config.dim % 8
        return (
            all(table.shape == (vocab_size, size) for table in self.params)
            and all(bool(jnp.isfinite(table).all()) for table in self.params)
            and self.number >= 0
            and self.total == words
            and len(self.places) == config.streams
            and min(self.places) >= 0
            and sum(self.places) <= words
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

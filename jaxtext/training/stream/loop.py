"""Train on the stream, chunk after chunk, check the numbers, and report progress and state."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key, UInt

from jaxtext.base.errors import InputError, Named
from jaxtext.base.types import EmbeddingParams
from jaxtext.models import sgns
from jaxtext.text.encoded import Encoded
from jaxtext.training.prefetch import prefetch
from jaxtext.training.sampling import (
    keep_probability,
    noise_cdf,
    noise_distribution,
    sample_negatives,
)
from jaxtext.training.settings import Sgns, epochs_of
from jaxtext.training.stream.block import Block, RowScale, add_rows, block_gradient, block_loss
from jaxtext.training.stream.feed import Chunk, Position, chunks
from jaxtext.training.stream.plan import Plan, damping, plan

REPORT_SECONDS = 2.0
REPORT_BLOCKS = 32
CHECKED = 32  # chunks after which the numbers are checked; finite tables are kept as the last good
FINAL_RATE = 1e-4  # the least share of the learning rate, as in word2vec
AHEAD = 4  # chunks that may be dispatched before the loop waits for one


class Report(NamedTuple):
    """The progress of training; the loss is that per pair, in nats, on the text that comes next."""

    done: float  # share of all epochs, in [0, 1]
    seconds: float
    words_per_second: float  # tokens of the text, before subsampling
    loss: float
    learning_rate: float


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


def initial(key: Key[Array, ""], vocab_size: int, config: Sgns) -> EmbeddingParams:
    """Draw the tables that `fit` begins with if it gets the same key."""
    first_key, _, _ = _keys(jax.random.clone(key))  # so that `fit` can be given the same key
    return sgns.init(first_key, vocab_size, config.dim)


def _keys(key: Key[Array, ""]) -> Key[Array, " 3"]:
    """Split a key into those of the first tables, the negatives, and subsampling with windows."""
    return jax.random.split(key, 3)


def _blocks(key: Key[Array, ""], cdf: UInt[Array, " V"], chunk: Chunk, shared: int) -> Block:
    """Stack the blocks of a chunk and draw the negatives of all."""
    negatives = sample_negatives(key, cdf, (len(chunk.ids), shared))
    # Inside the body of the loop, XLA would compute the random bits once for each of their uses.
    ids, left, right = map(jnp.asarray, chunk[:3])
    block = Block(ids, left, right, negatives)
    return jax.lax.optimization_barrier(block)


def make_advance(config: Sgns, planned: Plan) -> Callable[..., EmbeddingParams]:
    """Compile a function that trains on one chunk: (params, key, cdf, chunk) -> params.

    It donates `params`, which cannot be used afterwards.
    """

    @partial(jax.jit, donate_argnums=0)
    def advance(
        params: EmbeddingParams, key: Key[Array, ""], cdf: UInt[Array, " V"], chunk: Chunk
    ) -> EmbeddingParams:
        dtype = params.center.dtype
        left = jnp.maximum(1 - jnp.asarray(chunk.progress, dtype), FINAL_RATE)
        rates = planned.rate * left  # [steps]

        def step(params: EmbeddingParams, item: tuple) -> tuple[EmbeddingParams, None]:
            block, repeats, rate = item
            context = damping(repeats.astype(dtype), rate, config.window)
            rows = RowScale(context[config.window : -config.window], context)
            return add_rows(
                params, block_gradient(params, block, config.negatives, -rate, rows)
            ), None

        blocks = _blocks(key, cdf, chunk, planned.shared)
        return jax.lax.scan(step, params, (blocks, chunk.repeats, rates))[0]

    return advance


def make_probe(config: Sgns, planned: Plan) -> Callable[..., tuple[Array, Array]]:
    """Compile a function that estimates the loss on the first blocks of a chunk.

    It maps (params, key, cdf, chunk) to the loss per pair and whether all parameters are finite.
    """

    @jax.jit
    def probe(
        params: EmbeddingParams, key: Key[Array, ""], cdf: UInt[Array, " V"], chunk: Chunk
    ) -> tuple[Array, Array]:
        some = jax.tree.map(lambda x: x[:REPORT_BLOCKS], _blocks(key, cdf, chunk, planned.shared))
        loss, pairs = jax.lax.map(lambda b: block_loss(params, b, config.negatives), some)
        finite = jnp.isfinite(params.center).all() & jnp.isfinite(params.context).all()
        return loss.sum() / jnp.maximum(pairs.sum(), 1), finite

    return probe


def fit(
    key: Key[Array, ""],
    text: Encoded,
    counts: Int[np.ndarray, " V"],
    config: Sgns,
    on_report: Callable[[Report], None] = lambda report: None,
    on_state: OnState = lambda state: None,
    start: State | EmbeddingParams | None = None,
) -> EmbeddingParams:
    """Train center and context vectors [V, D] on a text; every draw follows from `key`.

    `counts` contains the number of occurrences of each word. `on_report` is called at the
    beginning, about every two seconds, and at the end. Before each chunk, `on_state` is called with
    a function that copies the state. Neither callback changes the result.

    If `start` is a state and the other arguments are the same, the result has the same bits as that
    of an uninterrupted training. If `start` is two tables, training begins with them instead of
    random ones.

    Raises `Diverged` when the loss or a vector becomes NaN or infinite, and `InputError` when
    subsampling leaves no pair.
    """
    planned = plan(config, counts, text)
    first_key, noise_key, text_key = _keys(key)
    keep = keep_probability(counts, config.subsample).astype(np.float32)
    cdf = jnp.asarray(noise_cdf(noise_distribution(counts, config.noise_exponent)))
    seed = tuple(np.asarray(jax.random.key_data(text_key)).ravel().tolist())
    words = len(text.ids) * epochs_of(config, len(counts), len(text.ids))
    if isinstance(start, State):
        params, first, paired, position, _ = start
        params = jax.tree.map(jnp.array, params)
    else:
        params = sgns.init(first_key, len(counts), config.dim) if start is None else start
        params = _padded(params)
        first, paired, position = 0, False, None
    advance, probe = make_advance(config, planned), make_probe(config, planned)
    begin = reported = time.perf_counter()
    good = jax.tree.map(jnp.copy, params)
    chunk = chunk_key = None
    stream = prefetch(chunks(text, keep, config, planned, seed, position))
    for number, (chunk, position) in enumerate(stream, first):
        chunk_key = jax.random.fold_in(noise_key, number)
        on_state(partial(_state, params, number, paired, position, words))
        paired = paired or bool(chunk.left.any() or chunk.right.any())
        now = time.perf_counter()
        due, checked = number == first or now - reported > REPORT_SECONDS, number % CHECKED == 0
        if due or checked:
            # The negatives that the chunk is about to be trained with.
            probed = probe(params, jax.random.clone(chunk_key), cdf, chunk)
            report = _report(probed, chunk, planned.rate, words, now - begin)
            if checked:
                _check(report, good, config)
                good = jax.tree.map(jnp.copy, params)
            if due:
                reported = now
                on_report(report)
        params = advance(params, chunk_key, cdf, chunk)
        if number % AHEAD == AHEAD - 1:
            jax.block_until_ready(params)  # so that the queue of dispatched chunks stays short
    if chunk is None or not paired:
        raise InputError(
            "leaves no pair of words in so small a text: use 0", "subsample", config.subsample
        )
    last = chunk._replace(progress=np.ones_like(chunk.progress))
    seconds = time.perf_counter() - begin
    probed = probe(params, jax.random.clone(chunk_key), cdf, last)
    report = _report(probed, last, planned.rate, words, seconds)
    _check(report, good, config)
    on_report(report)
    return _trimmed(params, config.dim)


def _state(
    params: EmbeddingParams, number: int, paired: bool, position: Position, total: int
) -> State:
    # Copied, since the tables are donated to the next chunk and the position views larger arrays.
    tables = jax.tree.map(np.array, params)
    parts = (part.copy() for part in position[1:])
    return State(tables, number, paired, Position(position.spans, *parts), total)


def _padded(params: EmbeddingParams) -> EmbeddingParams:
    """Convert to float32 and pad D with zero columns, which stay zero, to a multiple of 8.

    The rows then fill whole vector registers.
    """
    columns = (0, 0), (0, -params.center.shape[1] % 8)
    return jax.tree.map(lambda table: jnp.pad(table.astype(jnp.float32), columns), params)


def _trimmed(params: EmbeddingParams, dim: int) -> EmbeddingParams:
    """Remove the columns that `_padded` added."""
    return jax.tree.map(lambda table: table[:, :dim], params)


def _report(
    probed: tuple[Array, Array], chunk: Chunk, rate: float, words: int, seconds: float
) -> Report:
    loss, finite = probed
    done = float(chunk.progress[0])
    value = float(loss) if bool(finite) else float("nan")
    speed = done * words / seconds if seconds else 0.0
    return Report(done, seconds, speed, value, rate * max(1 - done, FINAL_RATE))


def _check(report: Report, good: EmbeddingParams, config: Sgns) -> None:
    if not np.isfinite(report.loss):
        rate, default = config.learning_rate, Sgns.learning_rate
        better = default if rate > default else rate / 10
        raise Diverged(
            f"training diverged after {report.done:.0%}: the loss became NaN or infinite; this "
            f"rate is too large for this text: try {better:g}",
            _trimmed(good, config.dim),
            "learning_rate",
            rate,
        )

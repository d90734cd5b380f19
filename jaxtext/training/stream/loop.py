"""Train on the stream, round after round, check the numbers, and report progress and state."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from jaxtext.base.errors import InputError
from jaxtext.base.types import EmbeddingParams
from jaxtext.models import sgns
from jaxtext.text.encoded import Encoded
from jaxtext.training import devices
from jaxtext.training.prefetch import prefetch
from jaxtext.training.sampling import keep_probability, noise_cdf, noise_distribution
from jaxtext.training.settings import Sgns, epochs_of
from jaxtext.training.stream import rounds
from jaxtext.training.stream.feed import Chunk, Position, chunks
from jaxtext.training.stream.plan import Plan, plan
from jaxtext.training.stream.state import Diverged, OnState, Report, State
from jaxtext.training.stream.steps import FINAL_RATE, compiled_advance, compiled_probe

REPORT_SECONDS = 2.0
AHEAD = 2  # chunks of each stream that may be dispatched before the loop waits for one


def initial(key: Key[Array, ""], vocab_size: int, config: Sgns) -> EmbeddingParams:
    """Draw the tables that `fit` begins with if it gets the same key."""
    first_key, _, _ = _keys(jax.random.clone(key))  # so that `fit` can be given the same key
    return sgns.init(first_key, vocab_size, config.dim)


def _keys(key: Key[Array, ""]) -> Key[Array, " 3"]:
    """Split a key into those of the first tables, the negatives, and subsampling with windows."""
    return jax.random.split(key, 3)


def fit(
    key: Key[Array, ""],
    text: Encoded,
    counts: Int[np.ndarray, " V"],
    config: Sgns,
    on_report: Callable[[Report], None] = lambda report: None,
    on_state: OnState = lambda state: None,
    start: State | EmbeddingParams | None = None,
    planned: Plan | None = None,
) -> EmbeddingParams:
    """Train center and context vectors [V, D] on a text; every draw follows from `key`.

    `counts` contains the number of occurrences of each word. `on_report` is called at the
    beginning, about every two seconds, and at the end. Before each round, `on_state` is called with
    a function that copies the state. Neither callback changes the result.

    The streams of a round train side by side if there is a device for each, and take turns
    otherwise; the result does not depend on that. `planned` replaces the sizes that follow from the
    text and the settings.

    If `start` is a state and the other arguments are the same, the result has the same bits as that
    of an uninterrupted training. If `start` is two tables, training begins with them instead of
    random ones.

    Raises `Diverged` when the loss or a vector becomes NaN or infinite, and `InputError` when
    subsampling leaves no pair.
    """
    planned = plan(config, counts, text) if planned is None else planned
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
        params, first, paired, position = _padded(params), 0, False, None
    advance, probe = compiled_advance(config, planned), compiled_probe(config, planned)
    places = devices.of_streams(planned.streams)
    noise = [jax.device_put((noise_key, cdf), place) for place in places]
    params = jax.device_put(params, places[0])
    clock = _Clock()
    chunk, number = None, first
    tables: list[EmbeddingParams] = []
    under_way: deque[Array] = deque()
    stream = prefetch(chunks(text, keep, config, planned, seed, position))
    for number, (chunk, position) in enumerate(stream, first):
        which = number % planned.streams
        item = *noise[which], np.int32(number), chunk  # negatives and text of the chunk
        begins = number % planned.round == 0
        due = which == 0 and clock.due(number == first)
        before = params
        if begins:
            params = clock.combined(params, tables, places)
            on_state(partial(_state, params, number, paired, position, words))
        paired = paired or bool(chunk.left.any() or chunk.right.any())
        if begins or due:
            probed = probe(params if begins else tables[which], *item)
            report = clock.report(probed, chunk, planned.rate, words)
            if begins:
                _check(report, before, config)
            if due:
                on_report(report)
        if begins:
            spare = tables if planned.streams > 1 else [before] if number > first else []
            tables = rounds.spread(params, places, spare)
        tables[which], mark = advance(tables[which], *item)
        under_way.append(mark)
        if len(under_way) > AHEAD * planned.streams:
            jax.block_until_ready(under_way.popleft())
    if chunk is None or not paired:
        raise InputError(
            "leaves no pair of words in so small a text: use 0", "subsample", config.subsample
        )
    before, params = params, clock.combined(params, tables, places)
    last = chunk._replace(progress=np.ones_like(chunk.progress))
    report = clock.report(
        probe(params, *noise[0], np.int32(number), last), last, planned.rate, words
    )
    _check(report, before, config)
    on_report(report)
    return _trimmed(params, config.dim)


def _state(
    params: EmbeddingParams, number: int, paired: bool, position: Position, total: int
) -> State:
    # Copied, since the tables' memory is used again and the position views larger arrays.
    tables = jax.tree.map(np.array, params)
    parts = (part.copy() for part in position[1:])
    return State(tables, number, paired, Position(position.spans, *parts), total)


def _padded(params: EmbeddingParams) -> EmbeddingParams:
    """Convert to float32 and pad D with zero columns, which stay zero, to a multiple of 8.

    The rows then fill whole vector registers.
    """
    columns = (0, 0), (0, -params.center.shape[1] % 8)
    padded = jax.tree.map(lambda table: jnp.pad(table.astype(jnp.float32), columns), params)
    return jax.tree.map(jnp.copy, padded)  # their memory will be used again


def _trimmed(params: EmbeddingParams, dim: int) -> EmbeddingParams:
    """Remove the columns that `_padded` added."""
    return jax.tree.map(lambda table: table[:, :dim], params)


class _Clock:
    """Measures the time: in total, since the last report, and spent on combining streams."""

    def __init__(self) -> None:
        self.begin = self.reported = time.perf_counter()
        self.combining = 0.0

    def combined(
        self,
        params: EmbeddingParams,
        tables: Sequence[EmbeddingParams],
        places: Sequence[jax.Device],
    ) -> EmbeddingParams:
        """Return what the tables of a round are combined to, if there are any."""
        if not tables:
            return params
        jax.block_until_ready(tables)
        begin = time.perf_counter()
        params = jax.block_until_ready(rounds.joined(params, tables, places))
        self.combining += time.perf_counter() - begin
        return params

    def due(self, first: bool) -> bool:
        """Whether it is time for a report."""
        now = time.perf_counter()
        if not first and now - self.reported <= REPORT_SECONDS:
            return False
        self.reported = now
        return True

    def report(self, probed: tuple[Array, Array], chunk: Chunk, rate: float, words: int) -> Report:
        """Return the progress at the beginning of a chunk."""
        loss, finite = probed
        value = float(loss) if bool(finite) else float("nan")
        seconds = time.perf_counter() - self.begin
        done = float(chunk.progress[0])
        speed = done * words / seconds if seconds else 0.0
        rate *= max(1 - done, FINAL_RATE)
        return Report(done, seconds, speed, value, rate, self.combining / seconds)


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

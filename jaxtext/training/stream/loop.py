"""Train on the stream, round after round, check the numbers, and report progress and state."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain, count
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from jaxtext.base.errors import InputError
from jaxtext.base.team import ALONE, Team
from jaxtext.base.types import EmbeddingParams
from jaxtext.models import sgns
from jaxtext.text.encoded import Encoded, Share
from jaxtext.text.whole import Whole
from jaxtext.training import accelerators, devices
from jaxtext.training.accelerators import full_precision
from jaxtext.training.prefetch import prefetch
from jaxtext.training.sampling import keep_probability, noise_cdf, noise_distribution
from jaxtext.training.settings import Sgns, epochs_of, settled
from jaxtext.training.stream import rounds
from jaxtext.training.stream.feed import Chunk, Part, chunks
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


@full_precision()
def fit(
    key: Key[Array, ""],
    text: Encoded,
    counts: Int[np.ndarray, " V"],
    config: Sgns,
    on_report: Callable[[Report], None] = lambda report: None,
    on_state: OnState = lambda state: None,
    start: State | EmbeddingParams | None = None,
    planned: Plan | None = None,
    share: Share | None = None,
) -> EmbeddingParams:
    """Train center and context vectors [V, D] on a text; every draw follows from `key`.

    `counts` contains the number of occurrences of each word. `on_report` is called at the
    beginning, about every two seconds, and at the end. Before each round, `on_state` is called with
    a function that copies the state. Neither callback changes the result.

    The spans of the text are dealt out to the streams. Streams train side by side if there is a
    device for each, and take turns otherwise; on CPUs, the result does not depend on that. Streams
    that share a GPU train at once. If `text` is a `share` of a text that several processes have
    read, each of them trains some of the streams, and all return the same tables. `planned`
    replaces the sizes that follow from the text and the settings.

    If `start` is a state and the other arguments are the same, the result has the same bits as that
    of an uninterrupted training. If `start` is two tables, training begins with them instead of
    random ones.

    Raises `Diverged` when the loss or a vector becomes NaN or infinite, and `InputError` when
    subsampling leaves no pair, and for streams that the processes cannot share evenly.
    """
    team = ALONE if share is None else share.team
    whole = Whole.of(text, share)
    config = cast(Sgns, settled(config, len(counts), len(whole)))
    _check_streams(config, team)
    planned = plan(config, counts, whole) if planned is None else planned
    first_key, noise_key, text_key = _keys(key)
    keep = keep_probability(counts, config.subsample).astype(np.float32)
    cdf = jnp.asarray(noise_cdf(noise_distribution(counts, config.noise_exponent)))
    if isinstance(start, State):
        params, first, paired, begun, _ = start
        params = jax.tree.map(jnp.array, params)
    else:
        params = sgns.init(first_key, len(counts), config.dim) if start is None else start
        params, first, paired, begun = _padded(params), 0, False, (0,) * planned.streams
    each = planned.streams // team.processes
    mine = range(team.process * each, (team.process + 1) * each)
    parts = [Part.of(whole, stream, planned.streams) for stream in mine]
    feeds = [
        prefetch(chunks(part, keep, config, planned, _seed(text_key, stream), begun[stream]))
        for stream, part in zip(mine, parts, strict=True)
    ]
    places = devices.of_streams(each)
    advance = compiled_advance(config, planned, accelerators.adding(places[0]))
    probe, sides = compiled_probe(config, planned), _at_once(places)
    noise = [jax.device_put((noise_key, cdf), place) for place in places]
    params = jax.device_put(params, places[0])
    epochs = epochs_of(config, len(counts), len(whole))
    clock = _Clock(len(whole) * epochs)
    before, tables, last = params, [], None
    under_way: deque[Array] = deque()
    for turn in count(first):
        found = [next(feed, None) for feed in feeds]
        items = {  # numbers, which draw the negatives, and text of the chunks
            which: (np.int32(turn * planned.streams + stream), some[0])
            for which, (stream, some) in enumerate(zip(mine, found, strict=True))
            if some is not None
        }
        begins = turn % planned.chunks == 0
        if begins:
            before, params = params, clock.combined(params, tables, places, team)
            more, paired, at = _of_all(team, parts, found, epochs, paired)
            if not more:
                break
            on_state(partial(_state, params, turn, paired, at, clock.words))
        paired = paired or any(_has_pairs(item[-1]) for item in items.values())
        due = clock.due(turn == first) and team.leads
        report, which = None, min(items, default=0)
        if items and (due or begins):
            some = jax.device_put(params, places[which]) if begins else tables[which]
            report = clock.report(
                probe(some, *noise[which], *items[which]), items[which][-1], planned.rate
            )
        if begins:
            _check(team.tell(report), before, config)
            spare = tables if planned.streams > 1 else [before] if turn > first else []
            tables = rounds.spread(params, places, spare)
        if due and report is not None:
            on_report(report)
        for side in sides:
            some = [which for which in side if which in items]
            if not some:
                continue
            moved = advance([tables[i] for i in some], *noise[some[0]], [items[i] for i in some])
            for which, (table, mark) in zip(some, moved, strict=True):
                last, tables[which] = (which, items[which]), table
                under_way.append(mark)
        while len(under_way) > AHEAD * each:
            jax.block_until_ready(under_way.popleft())
    if not any(team.tell(paired)):
        raise InputError(
            "leaves no pair of words in so small a text: use 0", "subsample", config.subsample
        )
    report = None
    if last is not None:
        which, (number, chunk) = last
        ended = chunk._replace(progress=np.ones_like(chunk.progress))
        some = jax.device_put(params, places[which])
        report = clock.report(probe(some, *noise[which], number, ended), ended, planned.rate)
    _check(team.tell(report), before, config)
    if report is not None and team.leads:
        on_report(report)
    return _trimmed(params, config.dim)


def _at_once(places: Sequence[jax.Device]) -> list[list[int]]:
    """Return which streams train in one call: those of a GPU, which has room for all."""
    sides: dict[Any, list[int]] = {}
    for which, place in enumerate(places):
        sides.setdefault(place if accelerators.accelerates(place) else which, []).append(which)
    return list(sides.values())


def _check_streams(config: Sgns, team: Team) -> None:
    if config.streams is not None and config.streams % team.processes:
        raise InputError(
            f"must be a multiple of the {team.processes} processes, which share them evenly",
            "streams",
            config.streams,
        )


def _of_all(
    team: Team,
    parts: Sequence[Part],
    found: Sequence[tuple[Chunk, int] | None],
    epochs: int,
    paired: bool,
) -> tuple[bool, bool, tuple[int, ...]]:
    """Tell whether any stream has a chunk, any had pairs, and where the chunk of each begins."""
    at = [
        len(part) * epochs if some is None else some[1]
        for part, some in zip(parts, found, strict=True)
    ]
    told = team.tell([any(some is not None for some in found), paired, at])
    more, every_paired, places = zip(*told, strict=True)
    return any(more), any(every_paired), tuple(chain.from_iterable(places))


def _seed(key: Key[Array, ""], stream: int) -> tuple[int, ...]:
    """Return the seed of what a stream draws from its text."""
    key = jax.random.fold_in(key, stream) if stream else key
    return tuple(np.asarray(jax.random.key_data(key)).ravel().tolist())


def _state(
    params: EmbeddingParams, turn: int, paired: bool, places: tuple[int, ...], total: int
) -> State:
    tables = jax.tree.map(np.array, params)  # copied, since their memory is used again
    return State(tables, turn, paired, places, total)


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

    def __init__(self, words: int) -> None:
        self.words = words
        self.begin = self.reported = time.perf_counter()
        self.combining = 0.0

    def combined(
        self,
        params: EmbeddingParams,
        tables: Sequence[EmbeddingParams],
        places: Sequence[jax.Device],
        team: Team,
    ) -> EmbeddingParams:
        """Return what the tables of a round, those of all processes, are combined to."""
        if not tables:
            return params
        jax.block_until_ready(tables)
        begin = time.perf_counter()
        params = jax.block_until_ready(rounds.joined(params, tables, places, team))
        self.combining += time.perf_counter() - begin
        return params

    def due(self, first: bool) -> bool:
        """Whether it is time for a report."""
        now = time.perf_counter()
        if not first and now - self.reported <= REPORT_SECONDS:
            return False
        self.reported = now
        return True

    def report(self, probed: tuple[Array, Array], chunk: Chunk, rate: float) -> Report:
        """Return the progress at the beginning of a chunk."""
        loss, finite = probed
        value = float(loss) if bool(finite) else float("nan")
        seconds = time.perf_counter() - self.begin
        done = float(chunk.progress[0])
        speed = done * self.words / seconds if seconds else 0.0
        rate *= max(1 - done, FINAL_RATE)
        return Report(done, seconds, speed, value, rate, self.combining / seconds)


def _has_pairs(chunk: Chunk) -> bool:
    return bool(chunk.left.any() or chunk.right.any())


def _check(told: Sequence[list[float] | None], good: EmbeddingParams, config: Sgns) -> None:
    """Raise `Diverged` if the fields of a report, of any process that has one, say so."""
    reports = [Report(*each) for each in told if each is not None]
    report = next((each for each in reports if not np.isfinite(each.loss)), None)
    if report is not None:
        rate, default = config.learning_rate, Sgns.learning_rate
        better = default if rate > default else rate / 10
        raise Diverged(
            f"training diverged after {report.done:.0%}: the loss became NaN or infinite; this "
            f"rate is too large for this text: try {better:g}",
            _trimmed(good, config.dim),
            "learning_rate",
            rate,
        )

"""The token stream in chunks of one shape, made while the previous chunk is used for training.

`chunks` subsamples the text, draws the windows, cuts the stream into blocks, one per step, and
counts the words that are repeated so often in their block that their rows are damped.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from jaxtext.text.whole import Whole
from jaxtext.text.windows import Stream, subsampled_stream
from jaxtext.training.settings import Sgns
from jaxtext.training.stream.plan import Plan, occurrences, undamped

SPAN_TOKENS = 1 << 17  # subsampled at a time; another number gives another result per seed
SPANS, LEAST_TOKENS = 16, 1 << 10  # of a stream among several, at least; tokens of a span


class Chunk(NamedTuple):
    """The blocks of some steps, without negatives, and the share of all text before each block."""

    ids: Int[np.ndarray, "steps H"]
    left: Int[np.ndarray, "steps T"]
    right: Int[np.ndarray, "steps T"]
    repeats: Int[np.ndarray, "steps H"]  # occurrences of each id in its block, 1 if none matters
    progress: Float[np.ndarray, " steps"]


class Part(NamedTuple):
    """The part of a text that a stream trains on: every so many spans of the text."""

    whole: Whole
    spans: list[tuple[int, int]]
    starts: Int[np.ndarray, " S1"]  # tokens of the part before each span, and in all

    @classmethod
    def of(cls, whole: Whole, stream: int = 0, streams: int = 1) -> "Part":
        """Deal the spans of a text out to streams, and return those of one.

        Of a short text they are shorter, so that all streams have about as many tokens.
        """
        size = SPAN_TOKENS
        if streams > 1:
            size = min(max(len(whole) // (streams * SPANS), LEAST_TOKENS), size)
        spans = list(whole.spans(size))[stream::streams]
        return cls(whole, spans, np.cumsum([0, *(stop - start for start, stop in spans)]))

    def __len__(self) -> int:
        return int(self.starts[-1])


def chunks(
    part: Part,
    keep: Float[np.ndarray, " V"],
    config: Sgns,
    planned: Plan,
    seed: tuple[int, ...],
    start: int = 0,
) -> Iterator[tuple[Chunk, int]]:
    """Yield the stream of all epochs in chunks, each with its place.

    That is the offset of its first token in the part of the text, over all epochs. From a `start`
    that is such a place, the stream resumes with its chunk. The last chunk is padded with tokens
    without pairs. The epochs of `config` must be given.
    """
    if not len(part):
        return
    assert config.epochs is not None
    size, window, epochs = planned.tokens * planned.steps, config.window, config.epochs
    total, number_of_spans = len(part) * epochs, len(part.spans)

    def drawn(number: int) -> Stream:
        epoch, which = divmod(number, number_of_spans)
        # Each span has its own random generator, so that any span can be drawn again.
        rng = np.random.default_rng([*seed, epoch, which])
        text = part.whole.taken(*part.spans[which])
        stream = subsampled_stream(text, (0, len(text.ids)), keep, window, rng)
        return stream._replace(place=epoch * len(part) + part.starts[which] + stream.place)

    def halo(number: int) -> Int[np.ndarray, " W"]:
        """Return the tokens before a span, after blanks if it is one of the first."""
        ids = np.zeros(0, np.int32)
        while number and len(ids) < window:
            number -= 1
            ids = np.append(drawn(number).ids, ids)
        return np.append(np.zeros(window, np.int32), ids)[-window:]

    def cut(some: Stream) -> tuple[Chunk, int]:
        shape = (planned.steps, planned.tokens)
        blocks = np.lib.stride_tricks.sliding_window_view(some.ids, planned.tokens + 2 * window)
        blocks = blocks[: size : planned.tokens]
        sides = some.left[:size].reshape(shape), some.right[:size].reshape(shape)
        repeats = occurrences(blocks, 1 + undamped(planned.rate, window))
        progress = some.place[: size : planned.tokens] / total
        return Chunk(np.ascontiguousarray(blocks), *sides, repeats, progress), int(some.place[0])

    epoch, offset = divmod(start, len(part))
    first = epoch * number_of_spans + int(np.searchsorted(part.starts, offset, "right")) - 1
    none = np.zeros(0, np.int16)
    # Tokens that are drawn and not yet cut; the ids begin `window` tokens before the rest.
    some = Stream(halo(first), none, none, np.zeros(0, np.int64))
    for number in range(first, epochs * number_of_spans):
        stream = drawn(number)
        before = int(np.searchsorted(stream.place, start))
        some = _without(Stream(*map(np.append, some, stream)), before)
        while len(some.ids) >= size + 2 * window:
            yield cut(some)
            some = _without(some, size)
    while len(some.left):
        short = -len(some.left) % size
        ids, *sides, place = some
        left, right = (np.pad(side, (0, short)) for side in sides)
        place = np.pad(place, (0, short), constant_values=total)
        yield cut(Stream(np.pad(ids, (0, short + window)), left, right, place))
        some = _without(some, size)


def _without(stream: Stream, size: int) -> Stream:
    """Return what follows the first `size` tokens."""
    return Stream(*(part[size:] for part in stream))

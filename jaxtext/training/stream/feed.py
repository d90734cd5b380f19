"""The token stream in chunks of one shape, made while the previous chunk is used for training.

`chunks` subsamples the text, draws the windows, cuts the stream into blocks, one per step, and
counts the words that are repeated so often in their block that their rows are damped.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from jaxtext.text.encoded import Encoded
from jaxtext.text.windows import Stream, spans, subsampled_stream
from jaxtext.training.settings import Sgns, epochs_of
from jaxtext.training.stream.plan import Plan, occurrences, undamped

SPAN_TOKENS = 1 << 17  # subsampled at a time; another number gives another result per seed


class Chunk(NamedTuple):
    """The blocks of some steps, without negatives, and the share of all text before each block."""

    ids: Int[np.ndarray, "steps H"]
    left: Int[np.ndarray, "steps T"]
    right: Int[np.ndarray, "steps T"]
    repeats: Int[np.ndarray, "steps H"]  # occurrences of each id in its block, 1 if none matters
    progress: Float[np.ndarray, " steps"]


class Position(NamedTuple):
    """Where in the stream of all epochs a chunk begins: spans drawn, and tokens left of them."""

    spans: int
    ids: Int[np.ndarray, " n+W"]  # begins with the halo before the next chunk
    left: Int[np.ndarray, " n"]
    right: Int[np.ndarray, " n"]
    place: Int[np.ndarray, " n"]

    @classmethod
    def first(cls, window: int) -> "Position":
        """Return the position before any span is drawn."""
        none = np.zeros(0, np.int16)
        return cls(0, np.zeros(window, np.int32), none, none, np.zeros(0, np.int64))

    def joined(self, stream: Stream, start: int) -> "Position":
        """Append the next span, whose first token has the place `start` in all epochs."""
        return Position(
            self.spans + 1,
            np.concatenate([self.ids, stream.ids]),
            np.concatenate([self.left, stream.left]),
            np.concatenate([self.right, stream.right]),
            np.concatenate([self.place, start + stream.place]),
        )

    def without(self, size: int) -> "Position":
        """Return the position after a chunk of `size` tokens."""
        return Position(self.spans, *(part[size:] for part in self[1:]))


def chunks(
    text: Encoded,
    keep: Float[np.ndarray, " V"],
    config: Sgns,
    planned: Plan,
    seed: tuple[int, ...],
    start: Position | None = None,
) -> Iterator[tuple[Chunk, Position]]:
    """Yield the stream of all epochs in chunks, each with the position at which it begins.

    `start` is such a position; the stream then resumes with its chunk. The last chunk is padded
    with tokens without pairs.
    """
    size = planned.tokens * planned.steps
    epochs = epochs_of(config, len(keep), len(text.ids))
    total = len(text.ids) * epochs
    window = config.window
    every = list(spans(text.ends, SPAN_TOKENS))
    at = Position.first(window) if start is None else start

    def cut() -> Chunk:
        shape = (planned.steps, planned.tokens)
        blocks = np.lib.stride_tricks.sliding_window_view(at.ids, planned.tokens + 2 * window)
        blocks = blocks[: size : planned.tokens]
        sides = at.left[:size].reshape(shape), at.right[:size].reshape(shape)
        repeats = occurrences(blocks, 1 + undamped(planned.rate, window))
        progress = at.place[: size : planned.tokens] / total
        return Chunk(np.ascontiguousarray(blocks), *sides, repeats, progress)

    while True:
        while len(at.ids) >= size + 2 * window:
            yield cut(), at
            at = at.without(size)
        epoch, number = divmod(at.spans, len(every))
        if epoch == epochs:
            break
        # Each span has its own random generator, so that any span can be drawn again.
        rng = np.random.default_rng([*seed, epoch, number])
        stream = subsampled_stream(text, every[number], keep, window, rng)
        at = at.joined(stream, epoch * len(text.ids) + every[number][0])
    short = -len(at.left) % size
    ids = np.pad(at.ids, (0, short + window))
    left, right = np.pad(at.left, (0, short)), np.pad(at.right, (0, short))
    place = np.pad(at.place, (0, short), constant_values=total)
    end = at
    at = Position(at.spans, ids, left, right, place)
    while len(at.left):
        yield cut(), end
        at, end = at.without(size), end.without(size)

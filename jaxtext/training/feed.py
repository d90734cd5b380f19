"""The token stream in chunks of one shape, made while the chunk before is trained on.

`plan` chooses how many tokens a step takes; `chunks` subsamples the text, draws the windows, cuts
the stream into the blocks of many steps and counts how often each block repeats a word.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Num

from jaxtext.text.encoded import Encoded
from jaxtext.text.windows import Stream, spans, subsampled_stream
from jaxtext.training.sampling import keep_probability, noise_distribution

SPAN_TOKENS = 1 << 17  # tokens subsampled at a time; part of what a seed means
CHUNK_TOKENS = 1 << 16  # tokens of the stream that one compiled call trains on
MAX_STEP_TOKENS = 128
MAX_ROW_STEP = 3.0  # units of gradient that a row may expect to move in a step
MAX_BURST_STEP = 1.0  # and that the occurrences of its word in the step may move it
MIN_MEAN_DAMPING = 0.9
MAX_CENTER_NEGATIVES = 400  # k p: more than 25 negatives with a window of 15
SAMPLES, SAMPLE_TOKENS = 16, 1 << 13


@dataclass(frozen=True)
class StreamConfig:
    """Settings of skip-gram with negative sampling, with the defaults of word2vec."""

    dim: int = 100
    window: int = 5
    negatives: int = 5
    epochs: int = 5
    subsample: float = 1e-3
    noise_exponent: float = 0.75
    learning_rate: float = 0.025


class Plan(NamedTuple):
    """Tokens T of a step, negatives K that they share, steps of a chunk, first learning rate."""

    tokens: int
    shared: int
    steps: int
    rate: float


def plan(config: StreamConfig, counts: Int[np.ndarray, " V"], text: Encoded) -> Plan:
    """Sizes that keep every row's movement in a step below `MAX_ROW_STEP` units of gradient.

    Two movements grow with the tokens T of a step. The row of a shared negative hears from all T
    centers with weight k p / K at once; and a word with share q of the noise, and share f of the
    stream, is negative or context T p (k q + f) times in expectation. Both times the learning rate.
    In a text that repeats words close by, T shrinks further until damping takes little.
    The row of a center hears from k p negatives even alone; beyond `MAX_CENTER_NEGATIVES` of them
    the learning rate shrinks in proportion.
    """
    keep = keep_probability(counts, config.subsample)
    stream = counts * keep / (counts * keep).sum()
    noise = noise_distribution(counts, config.noise_exponent)
    pairs = config.window + 1  # of a center, on average over the windows 1 ... window
    shared = 8 * max(1, round(0.8 * config.negatives))
    one_negative = config.negatives * pairs / shared
    one_word = pairs * float((config.negatives * noise + stream).max())
    rate = config.learning_rate * min(1.0, MAX_CENTER_NEGATIVES / (config.negatives * pairs))
    tokens = MAX_ROW_STEP / (rate * max(one_negative, one_word))
    tokens = 2 ** int(np.clip(np.floor(np.log2(tokens)), 0, np.log2(MAX_STEP_TOKENS)))
    sample = _sample(text, keep)
    while tokens > 1 and _mean_damping(sample, tokens, rate, config.window) < MIN_MEAN_DAMPING:
        tokens //= 2
    expected = float((counts * keep).sum()) * config.epochs
    steps = min(CHUNK_TOKENS, 2 ** int(np.ceil(np.log2(max(expected / 16, tokens))))) // tokens
    return Plan(tokens, shared, max(steps, 1), rate)


def _sample(text: Encoded, keep: Float[np.ndarray, " V"]) -> Int[np.ndarray, " n"]:
    """Subsampled tokens from places all over the text."""
    rng = np.random.default_rng(0)  # its draws only choose sizes
    places = list(spans(text.ends, SAMPLE_TOKENS))
    places = places[:: -(-len(places) // SAMPLES)]
    return np.concatenate([subsampled_stream(text, at, keep, 1, rng).ids for at in places])


def _mean_damping(ids: Int[np.ndarray, " n"], tokens: int, rate: float, window: int) -> float:
    whole = len(ids) // tokens * tokens
    if not whole:
        return 1.0
    counts = occurrences(ids[:whole].reshape(-1, tokens))
    return float(damping(counts.astype(np.float32), rate, window).mean())


def occurrences(ids: Int[np.ndarray, "steps n"]) -> Int[np.ndarray, "steps n"]:
    """How often each id occurs in its own row.

    >>> occurrences(np.array([[3, 5, 3], [5, 5, 5]])).tolist()
    [[2, 1, 2], [3, 3, 3]]
    """
    steps = len(ids)
    key = ids + np.arange(steps, dtype=np.int64)[:, None] * (int(ids.max()) + 1)
    _, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
    return counts[inverse].reshape(ids.shape).astype(np.int32)


def damping(
    counts: Num[Array | np.ndarray, "..."], rate: float | Float[Array, ""], window: int
) -> Float[Array, "..."]:
    """Factor that keeps what `counts` occurrences of a word do to its row within bounds.

    An occurrence has window + 1 pairs on average, each moving the row by at most `rate` units.
    """
    return jnp.minimum(1.0, MAX_BURST_STEP / (rate * (window + 1) * counts))


class Chunk(NamedTuple):
    """The blocks of some steps, without negatives, and how much of all text comes before each."""

    ids: Int[np.ndarray, "steps H"]
    left: Int[np.ndarray, "steps T"]
    right: Int[np.ndarray, "steps T"]
    repeats: Int[np.ndarray, "steps H"]  # occurrences of each id in its block
    progress: Float[np.ndarray, " steps"]


class Position(NamedTuple):
    """Where in the stream of all epochs a chunk begins: spans drawn, and what is left of them."""

    spans: int
    ids: Int[np.ndarray, " n+W"]  # begins with the halo before the next chunk
    left: Int[np.ndarray, " n"]
    right: Int[np.ndarray, " n"]
    place: Int[np.ndarray, " n"]

    @classmethod
    def first(cls, window: int) -> "Position":
        """Before any span."""
        none = np.zeros(0, np.int16)
        return cls(0, np.zeros(window, np.int32), none, none, np.zeros(0, np.int64))

    def joined(self, stream: Stream, start: int) -> "Position":
        """With the next span, whose first token has the place `start`."""
        return Position(
            self.spans + 1,
            np.concatenate([self.ids, stream.ids]),
            np.concatenate([self.left, stream.left]),
            np.concatenate([self.right, stream.right]),
            np.concatenate([self.place, start + stream.place]),
        )

    def without(self, size: int) -> "Position":
        """After a chunk of so many tokens."""
        return Position(self.spans, *(part[size:] for part in self[1:]))


def chunks(
    text: Encoded,
    keep: Float[np.ndarray, " V"],
    config: StreamConfig,
    sizes: Plan,
    seed: tuple[int, ...],
    start: Position | None = None,
) -> Iterator[tuple[Chunk, Position]]:
    """The stream of all epochs in chunks, each with its own position, from which it can be resumed.

    The last is filled up with tokens without pairs.
    """
    size = sizes.tokens * sizes.steps
    total = len(text.ids) * config.epochs
    window = config.window
    every = list(spans(text.ends, SPAN_TOKENS))
    at = Position.first(window) if start is None else start

    def cut() -> Chunk:
        shape = (sizes.steps, sizes.tokens)
        blocks = np.lib.stride_tricks.sliding_window_view(at.ids, sizes.tokens + 2 * window)
        blocks = blocks[: size : sizes.tokens]
        sides = at.left[:size].reshape(shape), at.right[:size].reshape(shape)
        progress = at.place[: size : sizes.tokens] / total
        return Chunk(np.ascontiguousarray(blocks), *sides, occurrences(blocks), progress)

    while True:
        while len(at.ids) >= size + 2 * window:
            yield cut(), at
            at = at.without(size)
        epoch, number = divmod(at.spans, len(every))
        if epoch == config.epochs:
            break
        # Each span has its own generator, so that any can be drawn again.
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


Item = TypeVar("Item")


def prefetch(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, each computed in a second thread while the one before is in use."""
    end = object()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(next, items, end)
        while (item := future.result()) is not end:
            future = pool.submit(next, items, end)
            yield item  # pyright: ignore[reportReturnType]

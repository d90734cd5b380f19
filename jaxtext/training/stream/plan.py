"""The plan of a training: how many tokens a step takes, so that no row moves far in it."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Num

from jaxtext.text.encoded import Encoded
from jaxtext.text.whole import Whole
from jaxtext.text.windows import subsampled_stream
from jaxtext.training.sampling import keep_probability, noise_distribution
from jaxtext.training.settings import Sgns, epochs_of, streams_of

CHUNK_TOKENS = 1 << 16  # tokens of the stream that one compiled call trains on
MAX_STEP_TOKENS = 128
MAX_ROW_STEP = 1.5  # units of gradient that a row is expected to move in a step, at most
MAX_BURST_STEP = 1.0  # units that all occurrences of its word in one step move it, at most
MIN_MEAN_DAMPING = 0.9
MAX_CENTER_NEGATIVES = 400  # k p, as with 25 negatives and a window of 15
ROUNDS = 30  # at least, of a long training
ROUND_CHUNKS = 16  # of a stream in a round, at most
SAMPLES, SAMPLE_TOKENS = 16, 1 << 13


class Plan(NamedTuple):
    """The sizes of a training, from the smallest to the largest, and its initial learning rate."""

    tokens: int  # T of a step
    shared: int  # negatives K that they share
    steps: int  # of a chunk
    rate: float
    streams: int = 1  # that train side by side from the same tables
    chunks: int = 1  # of each stream, after which they are combined

    @property
    def round(self) -> int:
        """Chunks of all streams between two combinations."""
        return self.streams * self.chunks


def plan(config: Sgns, counts: Int[np.ndarray, " V"], text: Encoded | Whole) -> Plan:
    """Choose sizes that keep the movement of every row in a step below `MAX_ROW_STEP` units.

    A unit is the gradient of a pair whose derivative in the score is one, the largest possible.
    Every movement is multiplied by the learning rate.

    Two movements grow with the tokens T of a step, where p is the mean number of pairs per center.
    The row of a shared negative is moved by all T centers at once, each with weight k p / K. The
    row of a word with share q of the noise and share f of the stream is moved, as negative or
    context, T p (k q + f) times in expectation.

    In a text that repeats words close by, T is reduced further until the mean of `damping` is at
    least `MIN_MEAN_DAMPING`. The row of a center is moved by k p negatives even if its word occurs
    once in the step; if k p exceeds `MAX_CENTER_NEGATIVES`, the learning rate is reduced in
    proportion.
    """
    whole = text if isinstance(text, Whole) else Whole.of(text)
    size = len(whole)
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
    sample = _sample(whole, keep)
    while tokens > 1 and _mean_damping(sample, tokens, rate, config.window) < MIN_MEAN_DAMPING:
        tokens //= 2
    expected = float((counts * keep).sum()) * epochs_of(config, len(counts), size)
    steps = min(CHUNK_TOKENS, 2 ** int(np.ceil(np.log2(max(expected / 16, tokens))))) // tokens
    steps = max(steps, 1)
    streams = streams_of(config, len(counts), size)
    total = expected / (tokens * steps)  # chunks
    each = int(np.clip(total / (streams * ROUNDS), 1, ROUND_CHUNKS))
    return Plan(tokens, shared, steps, rate, streams, each)


def _sample(text: Whole, keep: Float[np.ndarray, " V"]) -> Int[np.ndarray, " n"]:
    """Sample subsampled tokens from spans that are spread evenly over the text."""
    rng = np.random.default_rng(0)  # its draws only choose sizes
    places = list(text.spans(SAMPLE_TOKENS))
    some = [text.taken(*place) for place in places[:: -(-len(places) // SAMPLES)]]
    drawn = [subsampled_stream(each, (0, len(each.ids)), keep, 1, rng) for each in some]
    return np.concatenate([each.ids for each in drawn])


def _mean_damping(ids: Int[np.ndarray, " n"], tokens: int, rate: float, window: int) -> float:
    whole = len(ids) // tokens * tokens
    if not whole:
        return 1.0
    counts = occurrences(ids[:whole].reshape(-1, tokens))
    return float(damping(counts.astype(np.float32), rate, window).mean())


def occurrences(ids: Int[np.ndarray, "steps n"], least: int = 2) -> Int[np.ndarray, "steps n"]:
    """Count how often each id occurs in its own row; all ones where none occurs `least` times.

    >>> occurrences(np.array([[3, 5, 3], [5, 5, 5]])).tolist()
    [[2, 1, 2], [3, 3, 3]]
    >>> occurrences(np.array([[3, 5, 3], [5, 5, 5]]), least=3).tolist()
    [[1, 1, 1], [3, 3, 3]]
    """
    found = np.ones(ids.shape, np.int32)
    if least > ids.shape[1]:
        return found
    in_order = np.sort(ids, axis=1)
    repeat = in_order[:, least - 1 :] == in_order[:, : ids.shape[1] - least + 1]
    rows = np.flatnonzero(repeat.any(1))
    if len(rows):
        key = ids[rows] + np.arange(len(rows), dtype=np.int64)[:, None] * (int(ids.max()) + 1)
        _, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
        found[rows] = counts[inverse].reshape(key.shape)
    return found


def undamped(rate: float, window: int) -> int:
    """Return the most occurrences in a step that `damping` leaves alone, at least 1."""
    return max(int(MAX_BURST_STEP / (rate * (window + 1)) * (1 - 1e-6)), 1)


def damping(
    counts: Num[Array | np.ndarray, "..."], rate: float | Float[Array, ""], window: int
) -> Float[Array, "..."]:
    """Return the factor that bounds how far `counts` occurrences of a word move its row.

    An occurrence has window + 1 pairs on average, and each pair moves the row by at most `rate`
    units of gradient. The factor, in (0, 1], keeps their sum at or below `MAX_BURST_STEP`.
    """
    return jnp.minimum(1.0, MAX_BURST_STEP / (rate * (window + 1) * counts))

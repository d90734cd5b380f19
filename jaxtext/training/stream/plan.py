"""How many tokens a step takes, so that no row of the tables moves far in it."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Num

from jaxtext.text.encoded import Encoded
from jaxtext.text.windows import spans, subsampled_stream
from jaxtext.training.sampling import keep_probability, noise_distribution
from jaxtext.training.settings import Sgns

CHUNK_TOKENS = 1 << 16  # tokens of the stream that one compiled call trains on
MAX_STEP_TOKENS = 128
MAX_ROW_STEP = 3.0  # units of gradient that a row may expect to move in a step
MAX_BURST_STEP = 1.0  # and that the occurrences of its word in the step may move it
MIN_MEAN_DAMPING = 0.9
MAX_CENTER_NEGATIVES = 400  # k p: more than 25 negatives with a window of 15
SAMPLES, SAMPLE_TOKENS = 16, 1 << 13


class Plan(NamedTuple):
    """Tokens T of a step, negatives K that they share, steps of a chunk, first learning rate."""

    tokens: int
    shared: int
    steps: int
    rate: float


def plan(config: Sgns, counts: Int[np.ndarray, " V"], text: Encoded) -> Plan:
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

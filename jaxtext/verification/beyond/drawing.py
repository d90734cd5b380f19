"""What training draws from a text: windows, subsampling, negatives, and the first tables.

Draws have fixed seeds. A share of n draws may be five standard errors off: a right sampler exceeds
them once in two million seeds.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from jaxtext import text as text_package
from jaxtext.base.types import EmbeddingParams
from jaxtext.models import mlp, sgns
from jaxtext.text import windows
from jaxtext.text.encoded import Encoded
from jaxtext.text.vocab import Vocab
from jaxtext.text.whole import Whole
from jaxtext.training import counting, sampling, starts
from jaxtext.training.settings import Exact, Sgns, Svd, epochs_of
from jaxtext.training.stream import feed
from jaxtext.training.stream.plan import Plan
from jaxtext.vectors.embeddings import Embeddings
from jaxtext.verification.findings import Finding, Numbers, Section, equal, largest
from jaxtext.verification.oracles import compiled

SECTION = Section("trainers")
claim = SECTION.claim
ERRORS = 5  # standard errors
WINDOW = 5


def too_far(shares: Numbers, chances: Numbers, draws: int | float) -> float:
    """Return how far shares among the draws are outside five standard errors of their chances."""
    shares, chances = np.asarray(shares), np.asarray(chances)
    bound = ERRORS * np.sqrt(chances * (1 - chances) / draws)
    return largest(np.maximum(np.abs(shares - chances) - bound, 0))


def sentences(lengths: list[int], ids: Int[np.ndarray, " T"] | None = None) -> Encoded:
    """Return a text of sentences with these lengths, by default with another word at each place."""
    total = sum(lengths)
    return Encoded(np.arange(total, dtype=np.int32) if ids is None else ids, np.cumsum(lengths))


# Windows ----------------------------------------------------------------------------------------


@claim("windows.sentences", "No window leaves its sentence, or the span of text that is read")
def windows_in_sentences() -> Finding:
    wrong = 0
    text = sentences([1, 7, 2, 30, 1, 12])
    keep = np.ones(len(text.ids))
    for span in ((0, 53), (0, 10), (10, 53), (12, 25), (41, 53)):
        stream = windows.subsampled_stream(text, span, keep, WINDOW, np.random.default_rng(1))
        wrong += stream.ids.tolist() != list(range(*span))
        for t, left, right in zip(stream.ids, stream.left, stream.right, strict=True):
            i = int(np.searchsorted(text.ends, t, "right"))
            begin, end = ([0, *text.ends][i], text.ends[i])
            before, after = t - max(begin, span[0]), min(end, span[1]) - 1 - t
            sizes = [(min(before, r), min(after, r)) for r in range(1, WINDOW + 1)]
            wrong += (left, right) not in sizes
    return Finding("sentences of 1 to 30 words, spans that end inside of some", wrong)


@claim(
    "windows.size", "The size of a window is drawn uniformly from 1 to L, for both sides at once"
)
def window_sizes() -> Finding:
    excess, shown = 0.0, ""
    text = sentences([20_000], np.zeros(20_000, np.int32))
    for most in (1, 2, WINDOW):
        rng = np.random.default_rng(2)
        stream = windows.subsampled_stream(text, (0, 20_000), np.ones(1), most, rng)
        left, right = (side[most:-most] for side in (stream.left, stream.right))
        shares = np.bincount(left, minlength=most + 1)[1:] / len(left)
        shown = f"L = {most}: shares {np.round(shares, 3).tolist()}"
        excess += too_far(shares, np.full(most, 1 / most), len(left)) + largest(left, right)
        excess += largest(shares.sum(), 1.0)  # no window of zero
        if most > 1:  # one after the other is drawn independently
            twice = np.mean(left[1:] == left[:-1])
            excess += too_far(twice, 1 / most, len(left))
    return Finding(shown, excess)


@claim("windows.spans", "A text is read in spans that cover it once and end with a sentence")
def spans() -> Finding:
    wrong, ends = 0, np.array([3, 4, 9, 21, 24, 25])
    for size in (1, 4, 5, 10, 25, 99):
        cut = list(windows.spans(ends, size))
        wrong += [i for a, b in cut for i in range(a, b)] != list(range(25))
        for start, stop in cut:
            inside = [end for end in ends if start < end <= start + size]
            # The last end of a sentence in reach; a longer sentence is split.
            wrong += stop != (inside[-1] if inside else start + size)
    return Finding("sentences of 1 to 12 words, spans of at most 1 to 99", wrong)


@claim("windows.chunks", "The trainer sees each pair of the text once in each epoch, and no other")
def chunks() -> Finding:
    lengths = [1, 6, 2, 9, 4]
    part = feed.Part.of(Whole.of(sentences(lengths)))
    keep = np.ones(22, np.float32)
    # So large a rate that words which occur twice in a block are damped.
    config, planned = Sgns(window=1, epochs=3), Plan(4, 8, 2, 0.5)
    seen = np.zeros((22, 22))
    wrong, places = 0.0, []
    for chunk, _ in feed.chunks(part, keep, config, planned, (0,)):
        for ids, left, right, times, done in zip(*chunk, strict=True):
            places.append(done * 66)
            wrong += largest(times, [list(ids).count(i) for i in ids])
            for t in range(4):
                for u in range(t + 1 - int(left[t]), t + 2 + int(right[t])):
                    if u != t + 1:
                        seen[ids[t + 1], ids[u]] += 1
    expected = np.zeros((22, 22))
    for first, length in zip(np.cumsum([0, *lengths]), lengths, strict=False):
        for i in range(first, first + length - 1):
            expected[i, i + 1] = expected[i + 1, i] = 3
    # The blocks begin at every fourth token; behind the last there is padding.
    progress = [min(4 * i, 66) for i in range(len(places))]
    return Finding("3 epochs of 22 words", largest(seen, expected) + wrong + largest(
        np.array(places), np.array(progress)))  # fmt: skip


@claim("windows.epochs", "Every epoch draws its windows and its tokens again")
def epochs_differ() -> Finding:
    part = feed.Part.of(Whole.of(sentences([500], np.zeros(500, np.int32))))
    config, planned = Sgns(window=WINDOW, epochs=3), Plan(100, 8, 1, 0.1)
    draws = []
    for keep in (1.0, 0.5):
        parts = feed.chunks(part, np.full(1, keep, np.float32), config, planned, (3,))
        chunks = [chunk for chunk, _ in parts]
        draws.append(np.concatenate([chunk.left.ravel() for chunk in chunks]))
    epochs = draws[0].reshape(3, 500)[:, WINDOW:-WINDOW].astype(np.int64)
    alike = np.array([np.mean(epochs[i] == epochs[j]) for i, j in ((0, 1), (0, 2), (1, 2))])
    kept = np.array((draws[1] > 0).sum() / 1500)
    excess = too_far(alike, np.full(3, 1 / WINDOW), 490) + too_far(kept, 0.5, 1500)
    return Finding(f"equal sizes: {np.round(alike, 2).tolist()}", excess)


@claim(
    "windows.passes",
    "Where they are not given, epochs of the stream are 20 for a million words and as the root of "
    "the length, 5 to 100; passes over counts are 60,000 words' worth, 3 to 50",
)
def passes() -> Finding:
    texts = (1e3, 39_000, 40_000, 1e6, 4e6, 16e6, 1e9)
    epochs = [epochs_of(Sgns(), 1, int(tokens)) for tokens in texts]
    over_counts = [epochs_of(Exact(), words, 1) for words in (10, 2_000, 10_000, 20_000, 10**6)]
    given = [epochs_of(method(epochs=7), 10, 10) for method in (Sgns, Exact)]
    expected = [100, 100, 100, 20, 10, 5, 5], [50, 30, 6, 3, 3], [7, 7]
    return equal("1,000 to 10^9 words", *zip((epochs, over_counts, given), expected, strict=True))


# Subsampling ------------------------------------------------------------------------------------


@claim("subsampling.keep", "A word with the share f is kept with chance min(1, sqrt(t/f) + t/f)")
def keep_probability() -> Finding:
    counts, errors = [6000, 2500, 1000, 400, 90, 9, 1], []
    for t in (1e-3, 1e-2, 0.3):
        train = t * sum(counts)  # as written in word2vec.c
        expected = [min(1.0, (math.sqrt(n / train) + 1) * train / n) for n in counts]
        errors.append(largest(sampling.keep_probability(np.array(counts), t), expected))
    errors.append(largest(sampling.keep_probability(np.array(counts), 0.0), np.ones(7)))
    return Finding("t = 0.001, 0.01, 0.3; t = 0 keeps all", max(errors))


@claim("subsampling.draw", "Tokens are left out with this chance, before the windows are formed")
def subsampled() -> Finding:
    ids = np.random.default_rng(3).integers(0, 3, 30_000, dtype=np.int32)
    text, keep = sentences([30_000], ids), np.array([1.0, 0.4, 0.1])
    stream = windows.subsampled_stream(text, (0, 30_000), keep, 2, np.random.default_rng(4))
    thin = _thinned(text, keep, 5)
    excess = 0.0
    for word, chance in enumerate(keep):
        for kept in (stream.ids, thin.ids):
            size = int((ids == word).sum())
            excess += too_far((kept == word).sum() / size, chance, size)
    excess += largest(stream.ids, ids[stream.place])
    # Left out for certain: every second word. Windows then reach over the gap, in the sentence.
    text = sentences([8, 2, 1, 6])
    alternating = (np.arange(17) % 2).astype(float)
    gaps = windows.subsampled_stream(text, (0, 17), alternating, 1, np.random.default_rng(6))
    thin = _thinned(text, alternating, 7)
    pairs = windows.stream_pairs(gaps).tolist()
    own = [[1, 3, 5, 7], [9], [11, 13, 15]]
    right = [p for some in own for p in _neighbors(some)]
    wrong = pairs != right or thin.ids.tolist() != sum(own, []) or thin.ends.tolist() != [4, 5, 8]
    return Finding("chances 1, 0.4 and 0.1 of 10,000 each; every second word", excess + wrong)


def _thinned(text: Encoded, keep: Float[np.ndarray, " V"], seed: int) -> Encoded:
    return text_package.thinned(text, keep, np.random.default_rng(seed))


def _neighbors(words: list[int]) -> list[list[int]]:
    return [
        [words[i], words[j]]
        for i in range(len(words))
        for j in (i - 1, i + 1)
        if 0 <= j < len(words)
    ]


# Negatives --------------------------------------------------------------------------------------


_drawn = compiled(lambda key, cdf: sampling.sample_negatives(key, cdf, (6000, 3)))


@claim("sampler.noise", "The noise is the count to the exponent, normalised, for every exponent")
def noise() -> Finding:
    counts, pairs = np.array([81, 16, 1, 0]), []
    for exponent in (0.25, 0.5, 0.75, 1.0, 1.5):
        weights = [n**exponent for n in counts.tolist()]
        expected = [weight / sum(weights) for weight in weights]
        pairs.append((sampling.noise_distribution(counts, exponent), expected))
    uniform = sampling.noise_distribution(counts[:3], 0.0), np.full(3, 1 / 3)
    inverse = sampling.noise_distribution(counts[[1, 2]], -0.5), [0.2, 0.8]
    return equal("-0.5, 0, 0.25, 0.5, 0.75, 1, 1.5", *pairs, uniform, inverse)


@claim("sampler.cdf", "No word is drawn more or less often than its noise says, to one in 2^32")
def cumulative() -> Finding:
    noise = np.array([0.0, 0.5, 0.0, 1e-8, 0.25, 0.25 - 1e-8, 0.0])
    cdf = sampling.noise_cdf(noise)
    shares = np.diff(cdf.astype(np.float64), prepend=0.0)
    never = noise[np.asarray(_drawn(jax.random.key(1), cdf))].min() == 0
    return Finding("0.5, 0.25 and 1e-8", max(largest(shares, noise * 2.0**32) - 2, 0) + never)


@claim(
    "sampler.negatives",
    "The k negatives of a pair are separate draws, and those of other pairs too",
)
def separate_draws() -> Finding:
    noise = np.array([0.4, 0.0, 0.3, 0.0, 0.2, 0.1, 0.0])
    cdf = sampling.noise_cdf(noise)
    drawn, other = (np.asarray(_drawn(jax.random.key(seed), cdf)) for seed in (2, 3))
    follows, joint = np.outer(noise, noise).ravel(), []
    for a, b in (
        (drawn[:, 0], drawn[:, 1]), (drawn[:, 1], drawn[:, 2]), (drawn[:, 0], drawn[:, 2]),
        (drawn[1:, 0], drawn[:-1, 0]), (drawn[:, 0], other[:, 0]),
    ):  # fmt: skip
        joint.append(too_far(np.bincount(7 * a + b, minlength=49) / len(a), follows, len(a)))
    return Finding(f"pairs of {len(drawn):,} draws, in five ways", max(joint))


# What is minimised ------------------------------------------------------------------------------


@claim(
    "objective",
    "Methods on counts minimise the objective of dynamic windows with the noise of their exponent",
)
def objectives() -> Finding:
    ids = np.random.default_rng(8).choice(4, 60, p=[0.4, 0.3, 0.2, 0.1]).astype(np.int32)
    text, frequencies = sentences([20, 1, 25, 14], ids), np.bincount(ids)
    vocab = Vocab(("a", "b", "c", "d"), frequencies)
    weights = weighted_pairs(text, 4, 3)
    plain = counting.objective(
        jax.random.key(5), vocab, text, Exact(2, 3, 4, subsample=0, noise_exponent=0.5)
    )
    keep = sampling.keep_probability(frequencies, 0.05)
    svd = counting.objective(
        jax.random.key(5), vocab, text, Svd(2, 3, 4, subsample=0.05, noise_exponent=0.5)
    )
    kept = weights * np.outer(keep, keep)
    roots, of_contexts = np.sqrt(frequencies), np.sqrt(kept.sum(0))
    # With dirty subsampling the counts are those of the text that is left.
    dirty = counting.objective(jax.random.key(5), vocab, text, Exact(2, 3, 4, subsample=0.05))
    lost = 1 - dirty.counts.sum() / weights.sum()
    return equal(
        f"window 3, noise exponent 0.5; {lost:.0%} of the pairs subsampled",
        (_dense(plain.counts), weights),
        (plain.noise, roots / roots.sum()),
        (_dense(svd.counts), kept),
        (svd.noise, of_contexts / of_contexts.sum()),
        ([plain.negatives, svd.negatives], [4, 4]),
        (0.2 < lost < 0.95, True),
    )


def _dense(counts: Any) -> Float[np.ndarray, "V V"]:
    return np.asarray(counts.toarray(), np.float64)


def weighted_pairs(text: Encoded, vocab_size: int, window: int) -> Float[np.ndarray, "V V"]:
    """Count pairs sentence by sentence, one at distance d as (L - d + 1) / L."""
    counts = np.zeros((vocab_size, vocab_size))
    for start, stop in zip([0, *text.ends], text.ends, strict=False):
        for t in range(start, stop):
            for u in range(start, stop):
                if 0 < abs(t - u) <= window:
                    near = (window - abs(t - u) + 1) / window
                    counts[text.ids[t], text.ids[u]] += near
    return counts


# First tables -----------------------------------------------------------------------------------


def _uniform(values: np.ndarray, bound: int | float) -> float:
    """Return how far values are from being uniform between -bound and bound, by tenths."""
    if not np.abs(values).max() <= bound * (1 + 1e-6):
        return np.inf
    tenths = np.clip(((values / bound + 1) * 5).astype(int), 0, 9).ravel()
    return too_far(np.bincount(tenths, minlength=10) / len(tenths), np.full(10, 0.1), len(tenths))


@claim("init.tables", "The first centers are uniform in +-1/(2D), the first contexts zero")
def first_tables() -> Finding:
    init = compiled(lambda key: sgns.init(key, 500, 8))
    center, context = map(np.asarray, init(jax.random.key(6)))
    excess = _uniform(center, 1 / 16) + largest(context, np.zeros((500, 8)))
    return Finding("D = 8, tenths of the range", excess)


@claim("init.network", "First weights are uniform in +-sqrt(6 / (I + O)), biases zero")
def first_network() -> Finding:
    widths = [40, 60, 10]
    layers = compiled(lambda key: mlp.init(key, widths, bias=True))(jax.random.key(7))
    excess = 0.0
    for layer, inputs, outputs in zip(layers, widths[:-1], widths[1:], strict=True):
        weight, bias = np.asarray(layer.weight), np.asarray(layer.bias)
        excess += _uniform(weight, math.sqrt(6 / (inputs + outputs))) + largest(bias)
        excess += np.inf if weight.shape != (outputs, inputs) or len(bias) != outputs else 0
    first, second = (np.asarray(layer.weight).ravel()[:600] for layer in layers)
    correlation = abs(np.corrcoef(first, second)[0, 1])
    return Finding("40-60-10", excess + max(correlation - ERRORS / math.sqrt(600), 0))


@claim("init.counts", "Random tables for the methods on counts are normal with variance 1/D")
def random_tables() -> Finding:
    dim, size = 16, 400
    draw = compiled(lambda key: starts.random(key, size, dim))
    center, context = map(np.asarray, draw(jax.random.key(8)))
    error, draws = 0.0, size * dim
    for table in (center, context):
        squares = math.sqrt(2 / draws) / dim  # standard error of the mean square
        error += max(abs(np.mean(table**2) - 1 / dim) - ERRORS * squares, 0)
        error += max(abs(np.mean(table)) - ERRORS / math.sqrt(draws * dim), 0)
        inside = np.mean(np.abs(table) < 1 / math.sqrt(dim))
        error += too_far(inside, math.erf(math.sqrt(0.5)), draws)
    correlation = abs(np.corrcoef(center.ravel(), context.ravel())[0, 1])
    error += max(correlation - ERRORS / math.sqrt(draws), 0)
    return Finding(f"D = {dim}, {draws:,} entries each", error)


@claim("init.given", "Given vectors replace the rows of the words that they contain")
def given_vectors() -> Finding:
    rng = np.random.default_rng(9)
    center, context, usual_w, usual_c = rng.normal(size=(4, 3, 2))
    old = Embeddings(Vocab(("b", "x", "a"), np.array([3, 2, 1])), center, context)
    new = Vocab(("a", "b", "c"), np.array([3, 2, 1]))
    usual = EmbeddingParams(jnp.asarray(usual_w), jnp.asarray(usual_c))
    both = starts.given(old, new, usual)
    one = starts.given(Embeddings(old.vocab, center), new, usual)
    return equal(
        "two of three words known",
        (both.center, [center[2], center[0], usual_w[2]]),
        (both.context, [context[2], context[0], usual_c[2]]),
        (one.center, both.center),
        (one.context, usual_c),
    )

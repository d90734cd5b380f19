"""One objective in several forms: sampled, expected, over a corpus, over a stream."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from jaxtext import text
from jaxtext.models import sgns, skipgram
from jaxtext.training import stream
from jaxtext.training.sampling import noise_cdf, noise_distribution, sample_negatives
from jaxtext.verification import references, suites
from jaxtext.verification.findings import Finding, Section, equal
from jaxtext.verification.oracles import compiled
from jaxtext.verification.sheet import examples

SECTION = Section("definitions")
claim = SECTION.claim
_expected = compiled(lambda *args: sgns.expected_pair_loss(*args), static_argnums=4)
V = 5
COUNTS, UNIGRAM = examples.small_counts()
PAIRS = COUNTS.sum()
SMOOTHED = noise_distribution(COUNTS.sum(0), 0.75)
DRAWS = 20_000


@claim("pairs", "Pairs of a text: every two tokens at most a window apart")
def pairs() -> Finding:
    errors = 0
    for size, window in ((1, 2), (2, 1), (9, 2), (9, 20)):
        ids = np.random.default_rng(size).integers(0, V, size)
        listed = text.pairs(ids, window).tolist()
        errors += listed != [list(p) for p in references.pairs(ids.tolist(), window)]
    return Finding("windows of 1, 2 and 20 over 1 to 9 tokens", errors)


@claim("expected-pair", "The expected loss of a pair is the mean over all its draws")
def enumeration() -> Finding:
    params = examples.random_tables(20)
    tables = tuple(map(np.asarray, params))
    expected, loops = [], []
    for context, k in ((1, 1), (0, 2), (1, 3)):
        expected.append(_expected(params, 0, context, SMOOTHED, k))
        loss = partial(references.sampled_pair_loss, tables, 0, context)
        loops.append(references.mean_over_draws(loss, SMOOTHED.tolist(), k))
    return equal("all 5, 25 and 125 draws of 1, 2 and 3 negatives", (expected, loops))


@claim("sampled-mean", "The mean of sampled losses is the expected one, within 5 standard errors")
def statistics() -> Finding:
    params = examples.random_tables(21)
    cdf = noise_cdf(SMOOTHED)
    negatives = compiled(lambda key: sample_negatives(key, cdf, (DRAWS, 3)))(jax.random.key(3))
    losses = compiled(jax.vmap(lambda n: sgns.pair_loss(params, 0, 1, n)))(negatives)
    losses = np.asarray(losses)
    expected = _expected(params, 0, 1, SMOOTHED, 3)
    standard_error = float(losses.std()) / DRAWS**0.5
    off = abs(float(losses.mean() - expected))
    # Five standard errors: a right sampler exceeds them once in two million keys.
    return Finding(
        f"{DRAWS:,} draws: {off / standard_error:.2f} standard errors off", off, 5 * standard_error
    )


@claim("corpus", "The corpus objective is the sum of the expected losses of its pairs")
def corpus() -> Finding:
    params = examples.random_tables(22)
    listed = examples.small_pairs()
    losses = jax.vmap(lambda w, c: sgns.expected_pair_loss(params, w, c, UNIGRAM, 2))
    total = np.asarray(compiled(losses)(listed[:, 0], listed[:, 1])).sum()
    whole = compiled(lambda p: sgns.expected_loss(p, COUNTS, UNIGRAM, 2))(params)
    tables = tuple(map(np.asarray, params))
    loop = references.corpus_loss(tables, COUNTS, UNIGRAM.tolist(), 2)
    return equal(f"{PAIRS:g} pairs", (whole / PAIRS, total / PAIRS), (whole / PAIRS, loop / PAIRS))


@claim("batch", "A batch's loss is the mean of its examples, their negatives summed")
def batch() -> Finding:
    params = examples.random_tables(23)
    tables = tuple(map(np.asarray, params))
    centers, contexts, negatives = [0, 1, 1], [2, 1, 4], [[3, 3], [1, 0], [2, 4]]
    mean_loss = compiled(sgns.batch_loss)(params, *map(jnp.array, (centers, contexts, negatives)))
    softmax = compiled(skipgram.batch_loss)(params, *map(jnp.array, (centers, contexts)))
    loops = [
        (references.sampled_pair_loss(tables, w, c, n), references.softmax_pair_loss(tables, w, c))
        for w, c, n in zip(centers, contexts, negatives, strict=True)
    ]
    return equal("sampled and full softmax", ([mean_loss, softmax], np.mean(loops, axis=0)))


@claim("noise", "Noise is in proportion to counts to a power; draws follow it")
def noise() -> Finding:
    counts = np.array([16, 1, 81])
    exact = [n**0.75 / (16**0.75 + 1 + 81**0.75) for n in counts]
    noise = noise_distribution(counts, 0.75)
    draw = compiled(lambda key: sample_negatives(key, noise_cdf(noise), (DRAWS,)))
    drawn = np.bincount(np.asarray(draw(jax.random.key(4))), minlength=3)
    bound = 5 * np.sqrt(noise * (1 - noise) / DRAWS)
    excess = np.maximum(np.abs(drawn / DRAWS - noise) - bound, 0).max()
    return equal("8, 1, 27 of 36", (noise, exact), (excess, 0.0))


@claim(
    "stream", "The fast path's loss is the sum of the losses of its pairs, negatives weighing k/K"
)
def stream_loss() -> Finding:
    suite = suites.stream_suite()
    losses, loops = [], []
    for case in suite.cases[:2]:
        tables, (block,) = tuple(map(np.asarray, case.params)), case.args
        value, count = compiled(lambda p, b: stream.block_loss(p, b, 4))(case.params, block)
        ids, left, right, negatives = map(np.asarray, block)
        total, listed = 0.0, 0
        for t in range(len(left)):
            place = t + (len(ids) - len(left)) // 2
            for u in range(place - left[t], place + right[t] + 1):
                if u != place:
                    with_one = references.sampled_pair_loss(tables, ids[place], ids[u], negatives)
                    alone = references.sampled_pair_loss(tables, ids[place], ids[u], [])
                    total += alone + 4 / len(negatives) * (with_one - alone)
                    listed += 1
        losses += [value / listed, count]
        loops += [total / listed, listed]
    return equal("windows cut at sentence ends, repeated negatives", (losses, loops))


@claim(
    "stream-scale",
    "The fast path's step is its gradient times the rate, and rows times their damping",
)
def stream_scale() -> Finding:
    case = suites.stream_suite().cases[0]
    (block,) = case.args
    rng = np.random.default_rng(25)
    rows = stream.RowScale(
        *(jnp.asarray(rng.uniform(size=len(ids))) for ids in (block.left, block.ids))
    )
    plain = compiled(lambda p, b: stream.block_gradient(p, b, 4))(case.params, block)
    scaled = compiled(lambda p, b, r: stream.block_gradient(p, b, 4, -0.5, r))(
        case.params, block, rows
    )
    plain = jax.tree.map(np.asarray, plain)
    all_context = np.concatenate([rows.context, np.ones(len(block.negatives))])  # undamped
    return equal(
        "-0.5 and a factor for each row; shared negatives have none",
        (scaled.center, -0.5 * rows.center[:, None] * plain.center),
        (scaled.context, -0.5 * all_context[:, None] * plain.context),
    )

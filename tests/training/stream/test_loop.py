from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext.base.errors import InputError
from jaxtext.base.types import EmbeddingParams
from jaxtext.models import sgns
from jaxtext.text import Encoded, Stream, Vocab, encode_sentences, sentences, stream_pairs
from jaxtext.training import feed, stream

K = 5


gradient = jax.jit(stream.block_gradient, static_argnums=2)


def make_block(rng, vocab, tokens, window, shared, negatives=None):
    """A block from a stream with random sentence ends, its pairs listed by the clear generator."""
    halo = tokens + 2 * window
    ids = rng.integers(0, vocab, halo).astype(np.int32)
    sentence = np.cumsum(rng.random(halo) < 0.2)
    reach = rng.integers(1, window + 1, tokens)
    left, right = np.zeros((2, tokens), np.int16)
    for t in range(tokens):
        place = t + window
        for side, step in ((left, -1), (right, 1)):
            while side[t] < reach[t] and sentence[place + step * (side[t] + 1)] == sentence[place]:
                side[t] += 1
    if negatives is None:
        negatives = rng.integers(0, vocab, shared)
    whole = (np.pad(side, window) for side in (left, right))
    pairs = stream_pairs(Stream(ids, *whole, np.arange(halo)))
    block = stream.Block(*map(jnp.asarray, (ids, left, right, np.asarray(negatives, np.int32))))
    return block, jnp.asarray(pairs)


def clear_loss(params, pairs, negatives):
    """The definition: `sgns.pair_loss` of every pair, with negatives that stand for K each."""
    weight = K / len(negatives)
    losses = jax.vmap(sgns.pair_loss, in_axes=(None, 0, 0, None, None))
    return losses(params, pairs[:, 0], pairs[:, 1], negatives, weight).sum()


CASES = {
    "plain": {"vocab": 40, "tokens": 16, "window": 5, "shared": 8},
    "one token": {"vocab": 11, "tokens": 1, "window": 2, "shared": 8},
    "window of one": {"vocab": 11, "tokens": 9, "window": 1, "shared": 3},
    "window beyond the block": {"vocab": 11, "tokens": 2, "window": 7, "shared": 4},
    "one word": {"vocab": 1, "tokens": 8, "window": 3, "shared": 4},
    "repeated negatives": {
        "vocab": 11, "tokens": 8, "window": 3, "shared": 4, "negatives": [2, 2, 2, 7],
    },
    "full size": {"vocab": 200, "tokens": 128, "window": 5, "shared": 32},
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("scale", [1.0, 30.0], ids=["usual", "saturated"])
def test_fast_gradient_equals_autodiff_of_the_clear_loss(rng, case, scale):
    block, pairs = make_block(rng, **case)
    center, context = scale * rng.normal(size=(2, case["vocab"], 6))
    params = EmbeddingParams(jnp.asarray(center), jnp.asarray(context))
    expected = jax.jit(jax.grad(clear_loss))(params, pairs, block.negatives)
    zeros = jax.tree.map(jnp.zeros_like, params)
    found = stream.add_rows(zeros, gradient(params, block, K))
    for table, reference in zip(found, expected, strict=True):
        bound = 1e-12 * max(1.0, float(jnp.abs(reference).max()))
        np.testing.assert_allclose(table, reference, rtol=0, atol=bound)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_block_loss_equals_the_sum_of_pair_losses(rng, case):
    block, pairs = make_block(rng, **case)
    params = sgns.init(jax.random.key(0), case["vocab"], 6)
    params = params._replace(context=params.center[::-1] * 7)
    loss, count = jax.jit(stream.block_loss, static_argnums=2)(params, block, K)
    np.testing.assert_allclose(loss, clear_loss(params, pairs, block.negatives), rtol=1e-12)
    assert int(count) == len(pairs)


def test_fast_gradient_in_float32_is_close_to_float64(rng):
    block, _ = make_block(rng, **CASES["full size"])
    params = EmbeddingParams(*jnp.asarray(rng.normal(size=(2, 200, 20))))
    single = jax.tree.map(lambda table: table.astype(jnp.float32), params)
    exact, rough = gradient(params, block, K), gradient(single, block, K)
    for a, b in ((exact.center, rough.center), (exact.context, rough.context)):
        assert b.dtype == jnp.float32
        np.testing.assert_allclose(a, b, atol=1e-5 * float(jnp.abs(a).max()))


def test_row_factors_scale_the_rows_they_belong_to(rng):
    block, _ = make_block(rng, **CASES["plain"])
    params = EmbeddingParams(*jnp.asarray(rng.normal(size=(2, 40, 6))))
    factors = stream.RowScale(jnp.asarray(rng.random(16)), jnp.asarray(rng.random(26)))
    plain, scaled = gradient(params, block, K), gradient(params, block, K, -0.5, factors)
    np.testing.assert_allclose(scaled.center, -0.5 * factors.center[:, None] * plain.center)
    np.testing.assert_allclose(
        scaled.context[:26], -0.5 * factors.context[:, None] * plain.context[:26], atol=1e-14
    )
    np.testing.assert_allclose(scaled.context[26:], -0.5 * plain.context[26:])


def encoded(lines):
    found = list(sentences(lines))
    vocab = Vocab.build(found, min_count=1)
    return vocab, encode_sentences(found, vocab)


def fit(vocab, text, seed=0, **options):
    reports = []
    config = stream.StreamConfig(**options)
    params = stream.fit(jax.random.key(seed), text, vocab.counts, config, reports.append)
    return params, reports


def test_training_finds_the_topics(topics):
    vocab, text = encoded(topics)
    params, reports = fit(vocab, text, dim=12, epochs=5, subsample=0.0)
    assert reports[-1].loss < reports[0].loss - 1
    assert reports[-1].done == 1
    unit = np.asarray(params.center) / np.linalg.norm(params.center, axis=1, keepdims=True)
    np.fill_diagonal(cosines := unit @ unit.T, -1)
    topic = np.array([word[:2] for word in vocab.words])
    assert (topic[cosines.argmax(1)] == topic).all()


def test_the_same_key_gives_the_same_bits_and_another_key_other_vectors(topics):
    vocab, text = encoded(topics[:300])
    first, again, other = (fit(vocab, text, seed, dim=8, epochs=1)[0] for seed in (0, 0, 1))
    assert first.center.tobytes() == again.center.tobytes()
    assert first.context.tobytes() == again.context.tobytes()
    assert first.center.tobytes() != other.center.tobytes()


def test_the_result_does_not_depend_on_when_reports_are_made(topics, monkeypatch):
    vocab, text = encoded(topics[:300])
    quiet, few = fit(vocab, text, dim=8, epochs=3)
    monkeypatch.setattr(stream, "REPORT_SECONDS", 0.0)
    chatty, many = fit(vocab, text, dim=8, epochs=3)
    assert len(many) > len(few)
    assert quiet.center.tobytes() == chatty.center.tobytes()


def test_training_resumed_from_any_state_ends_with_the_same_bits(topics):
    vocab, text = encoded(topics)
    config = stream.StreamConfig(dim=9, epochs=3)
    states = []
    run = partial(stream.fit, jax.random.key(5), text, vocab.counts, config)
    whole = run(on_state=lambda state: states.append(state()))
    assert len(states) > 8 and [state.number for state in states] == list(range(len(states)))
    for state in (states[0], states[1], states[len(states) // 2], states[-1]):
        for one, other in zip(run(start=state), whole, strict=True):
            np.testing.assert_array_equal(one, other)
    changed = states[4]._replace(number=3)
    assert not np.array_equal(run(start=changed).center, whole.center)


def test_a_learning_rate_of_zero_moves_nothing_and_the_rate_falls_linearly(topics):
    vocab, text = encoded(topics[:300])
    params, reports = fit(vocab, text, dim=8, epochs=1, learning_rate=1e-30)
    start = sgns.init(jax.random.split(jax.random.key(0))[0], len(vocab), 8)
    np.testing.assert_array_equal(params.center, start.center.astype(jnp.float32))
    assert reports[-1].learning_rate == pytest.approx(1e-30 * stream.FINAL_RATE)


TEXTS = {
    "50 words": lambda rng: [" ".join(f"w{i}" for i in rng.zipf(1.3, 20) % 50) for _ in range(900)],
    "2 words": lambda rng: [" ".join(rng.choice(["yes", "no"], 20)) for _ in range(300)],
    "1 word": lambda rng: ["word " * 20 for _ in range(300)],
    "one long line": lambda rng: [" ".join(f"w{i}" for i in rng.zipf(1.3, 20_000) % 500)],
    "bursts": lambda rng: [f"w{i % 60} " * 40 for i in range(600)],
    "topics": lambda rng: [
        " ".join(f"t{t}w{i}" for i in rng.integers(10, size=20)) for t in rng.integers(5, size=900)
    ],
}


@pytest.mark.parametrize("dim", [25, 300])
@pytest.mark.parametrize("make", TEXTS.values(), ids=TEXTS)
def test_four_times_the_learning_rate_does_not_diverge(make, dim):
    vocab, text = encoded(make(np.random.default_rng(1)))
    params, reports = fit(vocab, text, dim=dim, learning_rate=0.1, epochs=5)
    assert reports[-1].loss < reports[0].loss
    lengths = [np.linalg.norm(table, axis=1).max() for table in params]
    assert max(lengths) < 20


@pytest.mark.parametrize("options", [{"negatives": 500}, {"negatives": 66}, {"window": 40}])
def test_many_negatives_for_few_words_and_wide_windows_do_not_diverge(topics, options):
    vocab, text = encoded(topics[:1000])
    params, reports = fit(vocab, text, dim=10, epochs=2, **options)
    assert reports[-1].loss < 0.9 * reports[0].loss
    assert max(np.linalg.norm(table, axis=1).max() for table in params) < 20


def test_divergence_is_an_error_that_keeps_the_last_good_state(topics, monkeypatch):
    vocab, text = encoded(topics[:300])
    monkeypatch.setattr(feed, "MAX_ROW_STEP", 1e9)
    monkeypatch.setattr(feed, "MIN_MEAN_DAMPING", 0.0)
    monkeypatch.setattr(feed, "MAX_BURST_STEP", 1e9)
    with pytest.raises(stream.Diverged, match="--learning-rate 10000 is too large") as caught:
        fit(vocab, text, dim=10, epochs=20, learning_rate=1e4)
    assert caught.value.params.center.shape == (len(vocab), 10)
    assert all(np.isfinite(table).all() for table in caught.value.params)


def test_the_last_good_state_does_not_depend_on_time(topics, monkeypatch):
    vocab, text = encoded(topics[:300])
    make, monkey = stream.make_advance, monkeypatch.setattr

    def broken(*arguments):
        advance, calls = make(*arguments), []

        def then(params, *rest):
            calls.append(0)
            params = advance(params, *rest)
            return jax.tree.map(lambda table: table * np.nan, params) if len(calls) > 5 else params

        return then

    monkey(stream, "make_advance", broken)
    monkey(stream, "CHECKED", 2)
    found = []
    for seconds in (0, 1e9):
        monkey(stream, "REPORT_SECONDS", seconds)
        with pytest.raises(stream.Diverged) as caught:
            fit(vocab, text, dim=10, epochs=200)
        found.append(caught.value.params)
    assert np.any(found[0].context)  # which begins at zero
    np.testing.assert_array_equal(found[0].context, found[1].context)


@pytest.mark.parametrize("length", [1, 100], ids=["no pair", "no token"])
def test_a_text_that_subsampling_empties_is_an_error(length):
    text = Encoded(np.zeros(100, np.int32), np.arange(length, 101, length))
    config = stream.StreamConfig(subsample=1e-30 if length == 100 else 1.0)
    with pytest.raises(InputError, match="leaves no pair"):
        stream.fit(jax.random.key(0), text, np.array([100]), config)


def test_all_chunks_are_one_trace(topics, monkeypatch):
    vocab, text = encoded(topics)
    traces = []
    original = stream.block_gradient

    def counted(*args):
        traces.append(1)
        return original(*args)

    monkeypatch.setattr(stream, "block_gradient", counted)
    fit(vocab, text, dim=8, epochs=4)
    assert len(traces) == 1

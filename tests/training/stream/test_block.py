import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import sgns
from jaxtext.text import Stream, stream_pairs
from jaxtext.training import stream

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

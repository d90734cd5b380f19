import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxtext import sampling
from jaxtext.models import sgns
from jaxtext.text import Vocab, pairs, sentences
from jaxtext.training import loop


def test_fit_of_plain_sgd_is_repeated_subtraction_of_the_gradient(random_params, rng):
    batches = [
        (jnp.asarray(rng.integers(11, size=4)), jnp.asarray(rng.integers(11, size=4)),
         jnp.asarray(rng.integers(11, size=(4, 2))))
        for _ in range(3)
    ]  # fmt: skip
    params = random_params
    for batch in batches:
        gradient = jax.grad(sgns.batch_loss)(params, *batch)
        params = jax.tree.map(lambda p, g: p - 0.3 * g, params, gradient)
    state, infos = loop.fit(random_params, sgns.batch_loss, batches, optax.sgd(0.3))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-13), state.params, params)
    assert int(state.step) == len(infos) == 3


def test_five_updates_are_one_trace(random_params):
    traces = []

    def loss(params, *batch):
        traces.append(1)
        return sgns.batch_loss(params, *batch)

    batch = (jnp.zeros(4, int), jnp.ones(4, int), jnp.full((4, 2), 2))
    loop.fit(random_params, loss, [batch] * 5, optax.adagrad(0.1))
    assert len(traces) == 1


@pytest.mark.parametrize("optimizer", [optax.sgd(5.0), optax.adam(0.05), optax.adagrad(2.0)])
def test_any_optimizer_learns_which_words_keep_company(topics, optimizer):
    found = list(sentences(topics[:150]))
    vocab = Vocab.build(found, min_count=1)
    examples = np.concatenate([pairs(vocab.encode(sentence), 3) for sentence in found])
    cdf = sampling.noise_cdf(sampling.noise_distribution(vocab.counts, 0.75))
    key, init_key = jax.random.split(jax.random.key(0))
    batches = sampling.pair_batches(key, examples, cdf, batch_size=256, negatives=3, epochs=4)
    params = sgns.init(init_key, len(vocab), 8)
    with jax.numpy_dtype_promotion("standard"):  # optax mixes types on purpose
        state, infos = loop.fit(params, sgns.batch_loss, batches, optimizer)
    assert infos[-1].loss < infos[0].loss - 0.5
    scores = np.asarray(state.params.center @ state.params.context.T)
    topic = np.array([word[:2] for word in vocab.words])
    same = topic[:, None] == topic[None]
    assert scores[same].mean() > scores[~same].mean() + 1

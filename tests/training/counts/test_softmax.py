"""The trainer of the full softmax against the clear path: the same gradient, the same optimum."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxtext import text
from jaxtext.base.types import EmbeddingParams
from jaxtext.models import skipgram
from jaxtext.models.cells import EXPONENTIAL
from jaxtext.text.encoded import Encoded
from jaxtext.training import counts, loop
from jaxtext.training.counts import newton

SIZE, WINDOW = 6, 2


@pytest.fixture
def ids(rng):
    return rng.integers(0, SIZE, 400)


@pytest.fixture
def seen(ids):
    """The pairs of the text."""
    return text.cooccurrence(Encoded(ids.astype(np.int32), np.array([len(ids)])), SIZE, WINDOW)


def start(rng, dim):
    return EmbeddingParams(*jnp.asarray(rng.normal(size=(2, SIZE, dim))))


def test_the_gradient_is_autodiffs_of_the_loss_of_the_text(rng, ids, seen):
    params = start(rng, 3)
    problem = counts.problem(seen, np.full(SIZE, 1 / SIZE), 1, np.float64, EXPONENTIAL)
    biased = counts.with_biases(params, EXPONENTIAL)
    best = -jax.nn.logsumexp(params.center @ params.context.T, axis=1)
    biased = biased._replace(center=biased.center.at[:, 3].set(best))

    def loss(params):
        return len(ids) * skipgram.negative_log_likelihood(params, ids, WINDOW)

    assert counts.loss(biased, problem) == pytest.approx(float(loss(params)), rel=1e-12)
    found = newton.gradient(biased, problem)
    np.testing.assert_allclose(found.center[:, 3], 0, atol=1e-10)  # biases are at their best
    for mine, expected in zip(found, jax.grad(loss)(params), strict=True):
        np.testing.assert_allclose(mine[:, :3], expected, atol=1e-10)


@pytest.mark.parametrize("dim", [1, SIZE])
def test_both_paths_reach_the_same_optimum(rng, seen, dim):
    begin, n = start(rng, dim), jnp.asarray(seen.toarray(), jnp.float64)

    def loss(params):
        return -(n * jax.nn.log_softmax(params.center @ params.context.T)).sum() / n.sum()

    state, _ = loop.fit(begin, loss, [()] * 6_000, optax.sgd(1.0, 0.98, nesterov=True))
    noise, reports = np.full(SIZE, 1 / SIZE), []
    found = counts.fit(seen, noise, 1, dim, 400, begin, True, reports.append, cell=EXPONENTIAL)
    assert reports[-1].loss == pytest.approx(float(loss(state.params)), abs=1e-8)
    by_loop, by_passes = (
        jax.nn.log_softmax(each.center @ each.context.T) for each in (state.params, found)
    )
    np.testing.assert_allclose(by_passes, by_loop, atol=1e-8)
    if dim == SIZE:  # the optimum of free scores
        np.testing.assert_allclose(by_passes, jnp.log(n / n.sum(1, keepdims=True)), atol=1e-8)

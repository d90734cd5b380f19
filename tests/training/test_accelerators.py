"""What runs on a GPU, on the CPU of the tests: the same sums, in a fixed order."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import sparse

import jaxtext
from jaxtext.models.cells import EXPONENTIAL, LOGISTIC
from jaxtext.training import accelerators, counts, devices
from jaxtext.training.counts import blocks, observed
from jaxtext.training.stream import loop


@pytest.fixture
def accelerating(monkeypatch):
    """Return a function that says whether the devices of the tests count as GPUs."""
    return lambda does: monkeypatch.setattr(accelerators, "accelerates", lambda device: does)


def precise(report):
    """Check that products have full precision while a method trains."""
    assert jax.config.jax_default_matmul_precision == "highest"


@pytest.mark.parametrize("shape", [(), (3,)], ids=["numbers", "rows"])
def test_rows_of_the_same_word_are_added_up_before(rng, shape):
    table = jnp.asarray(rng.normal(size=(9, *shape)))
    for ids in ([4], [4, 4, 4], [8, 0, 8, 3, 0, 8], list(rng.integers(0, 9, 40))):
        ids = jnp.asarray(ids, jnp.int32)
        rows = jnp.asarray(rng.normal(size=(len(ids), *shape)))
        found, expected = (
            add(table, ids, rows) for add in (accelerators.added_once, accelerators.added)
        )
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
        # Without this promise, XLA for a GPU adds with atomic operations, in any order.
        code = str(jax.make_jaxpr(accelerators.added_once)(table, ids, rows))
        assert code.count("scatter-add") == 1 and "unique_indices=True" in code


def test_the_promise_that_no_place_repeats_is_kept(rng):
    """JAX does not check it, and a CPU does not need it."""
    ids = jnp.asarray(rng.integers(0, 5, 30), jnp.int32)
    code = jax.make_jaxpr(accelerators.added_once)(jnp.zeros(5), ids, jnp.ones(30)).jaxpr
    (scatter,) = (each for each in code.eqns if each.primitive.name == "scatter-add")
    code = code.replace(eqns=code.eqns[: code.eqns.index(scatter)], outvars=[scatter.invars[1]])
    (places,) = jax.core.eval_jaxpr(code, [], jnp.zeros(5), ids, jnp.ones(30))
    places = np.asarray(places).ravel().tolist()
    assert len(set(places)) == 30 and {x for x in places if x < 5} == set(ids.tolist())


@pytest.mark.parametrize("rows", [1, 130, 900])
def test_counts_are_made_dense_on_the_device(rng, rows, accelerating, monkeypatch):
    monkeypatch.setattr(blocks, "BUFFER_CELLS", 1)  # blocks of ROWS rows
    counts_ = sparse.random_array((rows, 30), density=0.2, format="csr", rng=rng)
    counts_.data[:] += 1
    empty = sparse.csr_array((rows, 30))
    accelerating(True)
    for some in (counts_, empty):
        found = blocks.by_blocks(
            lambda: lambda rows, columns, dense, *factors: dense,
            *(jnp.zeros((rows, 1)), jnp.zeros((30, 1)), some, np.zeros(rows), np.zeros(30)),
        )
        np.testing.assert_array_equal(blocks.joined(found, rows), some.toarray())


@pytest.mark.parametrize("columns", [None, 60])
@pytest.mark.parametrize("cell", [LOGISTIC, EXPONENTIAL], ids=["exact", "softmax"])
def test_passes_are_those_of_a_cpu(rng, accelerating, cell, columns):
    size = 300
    pairs = rng.poisson(np.outer(*rng.gamma(0.5, 1.5, (2, size))))
    noise = pairs.sum(0) / pairs.sum()
    start = jaxtext.EmbeddingParams(*map(jnp.asarray, rng.normal(0, 0.1, (2, size, 8))))
    tables = []
    for does in (False, True):
        accelerating(does)
        tables.append(
            counts.fit(
                sparse.csr_array(pairs.astype(float)), noise, 2, 8, 2, start,
                cell=cell, columns=columns, key=jax.random.key(3), on_report=precise,
            )
        )  # fmt: skip
    scores = [np.asarray(each.center @ each.context.T) for each in tables]
    np.testing.assert_allclose(*scores, rtol=0, atol=1e-8)


def test_all_tiles_of_a_call_are_taken_at_once(accelerating):
    (device,) = jax.devices()[:1]
    accelerating(True)
    assert observed._way(device, 500) == {"add": accelerators.added_once, "together": 500}
    accelerating(False)
    assert observed._way(device, 500)["together"] == observed.TOGETHER


@pytest.mark.parametrize("streams", [1, 3])
def test_streams_train_at_once_as_they_do_in_turn(streams, accelerating):
    text = [[f"t{t % 5}w{(7 * t + i * i) % 23}" for i in range(12)] for t in range(900)]
    corpus = jaxtext.read(text, min_count=1)
    method = jaxtext.Sgns(dim=10, epochs=1, streams=streams, subsample=0.02)
    tables = []
    for does in (False, True):
        accelerating(does)
        vectors = jaxtext.train(jax.random.key(0), corpus, method, on_report=precise)
        tables.append(np.stack([vectors.center, vectors.context]))
    difference = np.abs(tables[0] - tables[1]).max()
    assert difference < 1e-4 * np.abs(tables[0]).max()


def test_streams_of_one_gpu_train_at_once(accelerating):
    one = jax.devices()[0]
    accelerating(True)
    assert loop._at_once([one, one, one]) == [[0, 1, 2]]
    accelerating(False)
    assert loop._at_once([one, one, one]) == [[0], [1], [2]]


def test_products_have_full_precision_in_all_threads():
    def product():
        some = jax.ShapeDtypeStruct((4, 4), np.float32)
        return jax.jit(jnp.matmul).lower(some, some).as_text()

    assert "HIGHEST" not in product()
    with accelerators.full_precision(), devices.threads(2) as pool:
        assert "HIGHEST" in product()
        assert "HIGHEST" in pool.submit(product).result()

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import sparse

from jaxtext.training.counts import blocks


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(blocks, "BUFFER_CELLS", 1)  # blocks of ROWS rows


def by_blocks(functions, rng, together=1):
    counts = sparse.random_array((900, 30), density=0.2, format="csr", rng=rng)
    table, weight = jnp.asarray(rng.normal(size=(900, 4))), np.arange(900.0)
    columns = jnp.asarray(rng.normal(size=(30, 4)))
    found = blocks.by_blocks(functions, table, columns, counts, weight, np.ones(30), together)
    return found, counts.toarray() * weight[:, None], table @ columns.T


@pytest.mark.parametrize("together", [1, 3, 20])
def test_blocks_cover_all_rows_in_order_and_groups_share_a_function(rng, together):
    made = []

    def functions():
        made.append(1)

        def function(rows, columns, counts, weight, factor):
            return jnp.asarray(counts) * weight[:, None] * factor[None, :], rows @ columns.T

        return function

    found, counts, scores = by_blocks(functions, rng, together)
    assert len(found) == 8 and len(made) == -(-8 // together)
    for joined, expected in zip(blocks.joined(found, 900), (counts, scores), strict=True):
        np.testing.assert_allclose(joined, expected, atol=1e-12)


def test_a_block_that_fails_ends_all_with_its_error(rng):
    def functions():
        def function(*block):
            raise MemoryError("too large")

        return function

    with pytest.raises(MemoryError, match="too large"):
        by_blocks(functions, rng)

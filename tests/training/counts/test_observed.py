import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import sparse

from jaxtext.models.cells import LOGISTIC, weighted_squares
from jaxtext.training.counts import observed


@pytest.fixture(params=[1, 5, 40])
def rows(request, rng):
    """Counts of rows with no cell, one, some, and more than a tile has."""
    counts = rng.poisson(0.3, (request.param, 90)).astype(float)
    counts[request.param // 2] = rng.integers(0, 3, 90)
    if request.param > 2:
        counts[[0, -1]] = 0
    counts[0, 3] = 1
    return sparse.csr_array(counts)


def test_tiles_contain_every_cell_once(rows):
    parts = observed.tiles_of(rows, np.float64)
    assert [part.first for part in parts] == [0, *np.cumsum([part.rows for part in parts])[:-1]]
    assert sum(part.rows for part in parts) == rows.shape[0]
    found = np.zeros(rows.shape)
    for part in parts:
        row = np.repeat(part.first + part.row, observed.TILE)
        np.add.at(found, (row, part.columns.ravel()), part.counts.ravel())
    np.testing.assert_array_equal(found, rows.toarray())


@pytest.mark.parametrize("cell", [LOGISTIC, weighted_squares(2.0)], ids=["logistic", "glove"])
@pytest.mark.parametrize("with_offset", [False, True])
def test_sums_are_those_of_the_dense_matrix(rng, rows, cell, with_offset):
    size, width = rows.shape
    mine, directions = map(jnp.asarray, rng.normal(size=(2, size, 6)))
    columns = jnp.asarray(rng.normal(size=(width, 6)))
    offset = jnp.asarray(rng.normal(size=width)) if with_offset else None
    dense = jnp.asarray(rows.toarray())

    def total(table):
        scores = table @ columns.T + (0 if offset is None else offset[None, :])
        return cell.value(scores, dense, jnp.zeros_like(dense)).sum(1)

    parts = observed.tiles_of(rows, np.float64)
    slope, losses = observed.slopes(parts, mine, columns, offset, cell)
    np.testing.assert_allclose(losses, total(mine), atol=1e-10)
    np.testing.assert_allclose(slope, jax.grad(lambda t: total(t).sum())(mine), atol=1e-10)
    bend, reach = observed.bends(parts, mine, directions, columns, offset, cell)
    along = lambda t: total(mine + t * directions)  # noqa: E731
    np.testing.assert_allclose(bend, jax.jacfwd(jax.jacfwd(along))(0.0), atol=1e-9)
    change = np.where(dense > 0, np.abs(directions @ columns.T), 0)
    np.testing.assert_allclose(reach, change.max(axis=1), atol=1e-12)

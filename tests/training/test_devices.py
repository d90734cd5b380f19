import jax
import jax.numpy as jnp
import pytest

from jaxtext.training import devices


@pytest.mark.parametrize("wide", [False, True])
def test_threads_compute_in_the_precision_of_their_caller(wide):
    with jax.enable_x64(wide), devices.threads(2) as pool:
        found = list(pool.map(lambda _: jnp.zeros(()).dtype, range(6)))
    assert {str(dtype) for dtype in found} == {"float64" if wide else "float32"}

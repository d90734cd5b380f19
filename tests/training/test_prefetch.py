import pytest

from jaxtext.training.prefetch import prefetch


def test_prefetch_gives_the_items_in_order_and_passes_errors_on():
    assert list(prefetch(iter(range(5)))) == list(range(5))

    def broken():
        yield 1
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        list(prefetch(broken()))

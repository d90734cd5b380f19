from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest

from jaxtext.base.errors import InputError
from jaxtext.training.settings import (
    METHODS,
    Exact,
    Sgns,
    Softmax,
    Svd,
    check_method,
    settings_of,
    settled,
)

NUMBERS = [
    (method, each.name, each.metadata["low"], each.metadata["high"])
    for method in METHODS.values()
    for each in fields(method)
]


def test_defaults_are_those_of_word2vec_and_for_svd_those_of_levy_and_goldberg():
    assert Sgns() == Sgns(100, 5, 5, None, 1e-3, 0.75, 0.025)
    assert Exact() == Exact(100, 5, 5, None, 1e-3, 0.75)
    assert Svd() == Svd(100, 5, 1, 1e-3, 1.0)


def test_a_method_has_its_own_settings_only():
    common = {"dim", "window", "negatives", "subsample", "noise_exponent"}
    assert set(settings_of(Sgns)) == common | {"epochs", "learning_rate", "streams"}
    assert set(settings_of(Exact())) == common | {"epochs", "columns"}
    softmax = common - {"negatives", "noise_exponent"}
    assert set(settings_of(Softmax())) == softmax | {"epochs", "columns"}
    assert set(settings_of(Svd)) == common
    for method, missing in ((Exact, "learning_rate"), (Svd, "learning_rate"), (Svd, "epochs")):
        with pytest.raises(TypeError, match=missing):
            method(**{missing: 1})


RANGES = {
    "dim": (1, 10_000),
    "window": (1, 100),
    "negatives": (1, 1_000),
    "epochs": (1, 100_000),
    "subsample": (0, 1),
    "noise_exponent": (-2, 2),
    "learning_rate": (1e-12, 1e6),
    "streams": (1, 64),
    "columns": (1, 10_000_000),
}


def test_all_methods_have_the_same_ranges():
    for _, name, low, high in NUMBERS:
        assert (low, high) == RANGES[name]


@pytest.mark.parametrize(("method", "name", "low", "high"), NUMBERS)
def test_a_setting_beyond_its_range_is_named(unchecked, method, name, low, high):
    for value in (low, high):
        assert getattr(method(**{name: value}), name) == value
    step = 1 if isinstance(low, int) and isinstance(high, int) else 0.5 * (low or 1)
    for value in (low - step, high + max(step, 1), "5", True, float("nan"), [5]):
        with pytest.raises(InputError, match=f"^{name}=.*: must be ") as caught:
            method(**{name: value})
        assert caught.value.parameter == name


def test_numbers_of_numpy_become_those_of_python(unchecked):
    method = Sgns(dim=np.int64(7), subsample=np.float32(0.5), learning_rate=1)
    assert [type(value) for value in (method.dim, method.subsample, method.learning_rate)] == [
        int, float, float,
    ]  # fmt: skip
    assert method == Sgns(dim=7, subsample=0.5, learning_rate=1.0)
    with pytest.raises(InputError, match="^dim=7.5: must be a whole number"):
        Sgns(dim=7.5)


def test_a_record_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Sgns().dim = 7


@pytest.mark.parametrize(
    ("size", "passes"), [(2, 50), (1_200, 50), (10_000, 6), (20_000, 3), (10**6, 3)]
)
def test_passes_of_exact_are_settled_by_the_vocabulary(size, passes):
    columns = min(size, 4_096) if size > 20_000 else size
    assert settled(Exact(), size, 10**6) == Exact(epochs=passes, columns=columns)
    assert settled(Softmax(), size, 10**6) == Softmax(epochs=passes, columns=columns)
    for method in (Exact(epochs=7, columns=2), Sgns(epochs=7, streams=3), Svd()):
        assert settled(method, size, 10**6) == method


@pytest.mark.parametrize(
    ("tokens", "epochs"),
    [(2, 100), (123_350, 57), (10**6, 20), (2 * 10**6, 14), (16 * 10**6, 5), (10**9, 5)],
)
def test_epochs_of_sgns_are_settled_by_the_text(tokens, epochs):
    streams = settled(Sgns(), 10**4, tokens).streams
    assert settled(Sgns(), 10**4, tokens) == Sgns(epochs=epochs, streams=streams)


@pytest.mark.parametrize(
    ("tokens", "epochs", "streams"),
    [(2, None, 1), (5 * 10**5, None, 1), (10**6, 50, 2), (10**9, 1, 2)],
)
def test_streams_of_sgns_are_settled_by_the_tokens_of_all_epochs(tokens, epochs, streams):
    assert settled(Sgns(epochs=epochs), 10**4, tokens).streams == streams
    assert settled(Sgns(epochs=epochs, streams=5), 10**4, tokens).streams == 5


@pytest.mark.parametrize("other", ["sgns", Sgns, None, {"dim": 5}, 3])
def test_only_a_record_is_a_method(unchecked, other):
    for method in METHODS.values():
        check_method(method())
    with pytest.raises(
        InputError, match=r"must be one of Sgns\(...\), Exact\(...\), Softmax"
    ) as caught:
        check_method(other)
    assert caught.value.parameter == "method"

"""Signals are handled as in a terminal, however the tests are started."""

import signal
from collections.abc import Iterator

import pytest

HANDLERS = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
    signal.SIGHUP: signal.SIG_DFL,
}


@pytest.fixture(autouse=True)
def terminal_signals() -> Iterator[None]:
    """Set the handlers that the tests need: in the background or under nohup they are ignored."""
    before = {number: signal.signal(number, handler) for number, handler in HANDLERS.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)

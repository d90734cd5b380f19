"""A run of each method; signals are handled as in a terminal, however the tests are started."""

import signal
from collections.abc import Iterator

import pytest

from jaxtext import cli
from jaxtext.training import METHODS

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


@pytest.fixture(scope="session")
def trained(topic_file, tmp_path_factory):
    """A run of each method on the same text."""
    folder = tmp_path_factory.mktemp("runs")
    for method in METHODS:
        options = ["--dim=8", "--min-count=1", "--method", method, "--out", str(folder / method)]
        assert cli.run(["train", str(topic_file), *options]) == 0
    return folder

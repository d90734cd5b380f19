"""Output that may get lost: pipes without a reader, full disks, closed streams."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Lasting:
    """A text stream that ignores output once it cannot be written, so that the work continues.

    It is meant for `contextlib.redirect_stdout` and `redirect_stderr`.
    """

    def __init__(self, stream: Any):
        self._stream = stream

    def write(self, text: str) -> int:
        """Write to the stream; ignore the text if that fails."""
        self._unless_lost(self._stream.write, text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream; ignore its contents if that fails."""
        self._unless_lost(self._stream.flush)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _unless_lost(self, function: Callable[..., Any], *arguments: str) -> None:
        try:
            function(*arguments)
        except OSError:
            silence(self._stream)


def silence(stream: Any) -> None:
    """Discard what is left in the buffer of a stream, and everything written to it later."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


@contextmanager
def quiet() -> Iterator[int]:
    """Keep what libraries in C print from the terminal; yield a descriptor of standard error.

    What Python prints is still seen. After an error nothing is changed back, since the libraries
    complain until the process ends.
    """
    before = sys.stdout, sys.stderr
    kept = [os.dup(number) for number in (1, 2)]
    for stream in before:
        if stream is not None:
            stream.flush()
    sys.stdout, sys.stderr = (
        stream and _like(stream, number) for stream, number in zip(before, kept, strict=True)
    )
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)
    yield kept[1]
    for number, descriptor in zip((1, 2), kept, strict=True):
        os.dup2(descriptor, number)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.close()
    sys.stdout, sys.stderr = before


def _like(stream: Any, descriptor: int) -> Any:
    how = {"encoding": stream.encoding, "errors": stream.errors, "buffering": 1}
    return open(descriptor, "w", **how)

"""Output that may be lost: pipes without a reader, full disks, closed streams."""

import os
from collections.abc import Callable
from typing import Any


class Lasting:
    """A text stream that falls silent when it cannot be written any more: work goes on.

    For `contextlib.redirect_stdout` and `redirect_stderr`.
    """

    def __init__(self, stream: Any):
        self._stream = stream

    def write(self, text: str) -> int:
        """Write to the stream, unless it is lost."""
        self._unless_lost(self._stream.write, text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream, unless it is lost."""
        self._unless_lost(self._stream.flush)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _unless_lost(self, function: Callable[..., Any], *arguments: str) -> None:
        try:
            function(*arguments)
        except OSError:
            silence(self._stream)


def silence(stream: Any) -> None:
    """Send what a stream still holds, and all that follows, to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)

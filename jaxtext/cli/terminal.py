"""Output that may get lost: pipes without a reader, full disks, closed streams."""

import os
from collections.abc import Callable
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

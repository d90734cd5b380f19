"""What the commands show: tables and progress bars."""

import os
from collections.abc import Callable
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from jaxtext.reports.tables import PlainConsole, print_table, print_text

__all__ = ["Lasting", "print_table", "print_text", "progress", "silence"]


class Lasting:
    """A text stream that falls silent when it cannot be written any more: work need not end then.

    For `contextlib.redirect_stdout`.
    """

    def __init__(self, stream: Any):
        self._stream = stream

    def write(self, text: str) -> int:
        """As of the stream."""
        self._unless_lost(self._stream.write, text)
        return len(text)

    def flush(self) -> None:
        """As of the stream."""
        self._unless_lost(self._stream.flush)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _unless_lost(self, function: Callable[..., Any], *arguments: str) -> None:
        try:
            function(*arguments)
        except OSError:
            silence(self._stream)


def silence(stream: Any) -> None:
    """Send what a stream still holds, and what comes, to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def progress(*texts: str) -> Progress:
    """A progress bar with the given texts, time elapsed and time left, on standard output."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        *map(TextColumn, texts),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(compact=True),
        console=PlainConsole(),
    )

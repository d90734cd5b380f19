"""What the commands show: tables and progress bars."""

import os
import re
from collections.abc import Callable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class _Console(Console):
    """Plain text; rich by itself would end the process where a pipe has no reader any more."""

    def __init__(self) -> None:
        super().__init__(markup=False, highlight=False, emoji=False)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


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


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table to standard output."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(_visible, row))
    console = _Console()
    console.print(f"\n{_visible(title)}\n", soft_wrap=True)
    console.print(table)


def print_text(text: str) -> None:
    """Print a paragraph to standard output, wrapped at words to the terminal's width."""
    _Console().print(text)


def _visible(text: str) -> str:
    """Control characters, which words may hold, as escapes."""
    return CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


def progress(*texts: str) -> Progress:
    """A progress bar with the given texts, time elapsed and time left, on standard output."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        *map(TextColumn, texts),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(compact=True),
        console=_Console(),
    )

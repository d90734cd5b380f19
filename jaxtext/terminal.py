"""What the commands show: tables and progress bars."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table to standard output."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console(markup=False, highlight=False)
    console.print(f"\n{title}\n", soft_wrap=True)
    console.print(table)


def print_text(text: str) -> None:
    """Print a paragraph to standard output, wrapped at words to the terminal's width."""
    Console(markup=False, highlight=False).print(text)


def progress(*texts: str) -> Progress:
    """A progress bar with the given texts, time elapsed and time left, on standard output."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        *map(TextColumn, texts),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(compact=True),
    )

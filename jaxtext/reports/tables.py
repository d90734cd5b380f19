"""Tables that can be printed, written as Markdown, or shown in a notebook as HTML.

Everything that is reported about a run, an evaluation or the certificate is a `Table` first; where
it appears is decided later. The functions that print go to standard output by rich.
"""

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

import rich.table
from rich import box
from rich.console import Console

from jaxtext.base.html import html_table, indented, visible

NUMBER = re.compile(r"[-+\[]?\d|-?$")  # how the cells of a column of numbers begin; or a dash


class Table(NamedTuple):
    """A titled table whose cells are text; every row has as many cells as the header.

    >>> print(Table("Scores", ["set", "rho"], [["men", "0.71"]]).markdown())
    **Scores**
    <BLANKLINE>
    | set | rho |
    | --- | ---: |
    | men | 0.71 |
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Return the table in GitHub's Markdown; all columns but the first are right-aligned."""
        ruler = ["---", *["---:"] * (len(self.header) - 1)]
        lines = [_line(self.header, _markdown_cell), _line(ruler, str)]
        lines += [_line(row, _markdown_cell) for row in self.rows]
        title = [f"**{_markdown_cell(self.title)}**", ""] if self.title else []
        return "\n".join([*title, *lines])

    def html(self) -> str:
        """Return the table as an HTML element; every text in it is escaped."""
        return html_table(self.title, self.header, self.rows)

    def _repr_html_(self) -> str:
        """Return what notebooks show for a table."""
        return self.html()


class PlainConsole(Console):
    """A console that prints text as it is and raises `BrokenPipeError` when a pipe is closed.

    By itself, rich reads markup in the text, and ends the process when a pipe is closed.
    """

    def __init__(self) -> None:
        super().__init__(markup=False, highlight=False, emoji=False)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def print_tables(*tables: Table) -> None:
    """Print tables to standard output, each after its title."""
    for table in tables:
        _print(table)


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print one table, given by its parts, to standard output."""
    _print(Table(title, header, rows))


def print_text(text: str) -> None:
    """Print a paragraph to standard output, wrapped at words to the width of the terminal."""
    PlainConsole().print(text)


def _print(table: Table) -> None:
    printed = rich.table.Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for place, name in enumerate(table.header):
        numeric = place > 0 and all(NUMBER.match(row[place]) for row in table.rows)
        side = "right" if numeric else "left"
        printed.add_column(visible(name), overflow="fold", justify=side)
    for row in table.rows:
        printed.add_row(*map(visible, row))
    console = PlainConsole()
    if table.title:
        console.print(f"\n{visible(table.title)}\n", soft_wrap=True)
    console.print(printed)


def _line(cells: Sequence[str], form: Callable[[str], str]) -> str:
    return f"| {' | '.join(map(form, cells))} |"


def _markdown_cell(text: str) -> str:
    """Escape what would end the cell, and what Markdown would read as markup or HTML."""
    one_line = " ".join(visible(text).splitlines())
    return indented(re.sub(r"([\\|`*_\[])", r"\\\1", escape(one_line, quote=False)))

"""Tables that can be printed, written as Markdown, or shown in a notebook as HTML.

Everything that is reported about a run, an evaluation or the certificate is a `Table` first; where
it appears is decided later. The functions that print go to standard output by rich.
"""

import csv
import io
import re
import textwrap
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

import rich.table
from rich import box
from rich.console import Console

from jaxtext.base.html import html_table, indented, visible

# A number with its sign, unit or bound, an interval, "9 of 10", or a dash for none.
NUMBER = re.compile(r"[<>~]?[+\-\u2212]?\d[\d,.]*(e[+-]?\d+)?( ?%| ?[a-zA-Z]{1,2})?|-|\[.*\d\]")
THOUSANDS = re.compile(r"[+\-\u2212]?\d{1,3}(,\d{3})+(\.\d+)?%?")
COUNT = re.compile(r"\d[\d,]* of \d[\d,]*")


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

    def numeric(self) -> list[bool]:
        """Return for each column but the first whether it contains numbers, to be right-aligned.

        >>> Table("", ["set", "rho"], [["men", "0.71"], ["rg", "-"]]).numeric()
        [False, True]
        """
        columns = zip(*self.rows, strict=True) if self.rows else ((),) * len(self.header)
        return [place > 0 and _is_numeric(column) for place, column in enumerate(columns)]

    def markdown(self) -> str:
        """Return the table in GitHub's Markdown; columns of numbers are right-aligned."""
        ruler = ["---:" if numeric else "---" for numeric in self.numeric()]
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


def csv_text(tables: Sequence[Table]) -> str:
    """Return tables as comma-separated values, of several with their titles in a first column.

    Rows of different tables have the columns of all, which are empty where a table does not have
    them. Numbers have no separators of thousands.

    >>> print(csv_text([Table("", ["set", "pairs"], [["men", "3,000"]])]), end="")
    set,pairs
    men,3000
    """
    named = ["table"] if len(tables) > 1 else []
    columns = list(dict.fromkeys(name for table in tables for name in table.header))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*named, *columns])
    for table in tables:
        for row in table.rows:
            cells = dict(zip(table.header, map(_csv_cell, row), strict=True))
            writer.writerow([*[table.title][: len(named)], *(cells.get(c, "") for c in columns)])
    return text.getvalue()


def markdown_text(tables: Sequence[Table]) -> str:
    """Return tables in GitHub's Markdown, with an empty line between two."""
    return "\n\n".join(table.markdown() for table in tables) + "\n"


def _csv_cell(cell: str) -> str:
    bare = visible(cell).strip()
    return bare.replace(",", "") if THOUSANDS.fullmatch(bare) else bare


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


def print_notes(notes: Sequence[str]) -> None:
    """Print paragraphs to standard output, after an empty line, wrapped at words."""
    console = PlainConsole()
    for place, note in enumerate(notes):
        start = "" if place else "\n"
        console.print(start + _wrapped(note, console.width), soft_wrap=True)


def _print(table: Table) -> None:
    console = PlainConsole()
    printed = rich.table.Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    numeric = table.numeric()
    widths = [max(map(len, column)) for column in zip(table.header, *table.rows, strict=True)]
    # Numbers are kept on one line where the terminal is wide enough for them.
    of_numbers = sum(width for width, right in zip(widths, numeric, strict=True) if right)
    is_wide = of_numbers + 8 * len(widths) <= console.width
    for name, right in zip(table.header, numeric, strict=True):
        justify = "right" if right else "left"
        no_wrap = right and is_wide
        printed.add_column(visible(name), overflow="fold", justify=justify, no_wrap=no_wrap)
    for row in table.rows:
        printed.add_row(*map(visible, row))
    if table.title:
        title = _wrapped(visible(table.title), console.width)
        console.print(f"\n{title}\n", soft_wrap=True)
    console.print(printed)


def _wrapped(text: str, width: int) -> str:
    """Wrap a paragraph at words; a longer word, such as a path, stays whole."""
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


def _is_numeric(cells: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip() not in ("", "-")]
    return bool(filled) and all(NUMBER.fullmatch(c) or COUNT.fullmatch(c) for c in filled)


def _line(cells: Sequence[str], form: Callable[[str], str]) -> str:
    return f"| {' | '.join(map(form, cells))} |"


def _markdown_cell(text: str) -> str:
    """Escape what would end the cell, and what Markdown would read as markup or HTML."""
    one_line = " ".join(visible(text).splitlines())
    return indented(re.sub(r"([\\|`*_\[])", r"\\\1", escape(one_line, quote=False)))

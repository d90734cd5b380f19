"""Tables as HTML, with everything in them escaped; for notebooks and pages."""

import re
from collections.abc import Sequence
from html import escape

# Control characters, and halves of characters, which no file of text can contain.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def visible(text: str) -> str:
    r"""Return the text with its control characters, which words and names may contain, as escapes.

    >>> visible("a\x1b[2J")
    'a\\x1b[2J'
    """
    return CONTROL.sub(lambda match: repr(match[0])[1:-1], text)


def indented(escaped: str) -> str:
    """Keep leading spaces, which HTML and Markdown would drop.

    >>> indented("  a b")
    '&nbsp;&nbsp;a b'
    """
    bare = escaped.lstrip(" ")
    return "&nbsp;" * (len(escaped) - len(bare)) + bare


def html_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as an HTML element, without a caption if the title is empty.

    >>> print(html_table("<t>", ["a"], [["1"]]))
    <table>
    <caption>&lt;t&gt;</caption>
    <thead>
    <tr><th>a</th></tr>
    </thead>
    <tbody>
    <tr><td>1</td></tr>
    </tbody>
    </table>
    """
    caption = [f"<caption>{_cell(title)}</caption>"] if title else []
    head, body = _row(header, "th"), [_row(cells, "td") for cells in rows]
    lines = ["<table>", *caption, "<thead>", head, "</thead>", "<tbody>", *body, "</tbody>"]
    return "\n".join([*lines, "</table>"])


def _row(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{_cell(cell)}</{tag}>' for cell in cells)}</tr>"


def _cell(text: str) -> str:
    return indented(escape(visible(text)))

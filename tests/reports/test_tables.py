import os
import sys
from xml.etree import ElementTree

import pytest

from jaxtext.reports.tables import Table, print_notes, print_table, print_tables, print_text

SCORES = Table("Scores", ["set", "rho", "items"], [["men", "0.710", "3,000"], ["rw", "-", "0"]])
HOSTILE = Table(
    "<b>a & b</b>",
    ["word|", "nearest\x1b[2J"],
    [["<script>alert('x')</script>", 'say "hi" | *no* _x_ `y`'], ["two\nlines", "back\\slash"]],
)


def parsed(table):
    return ElementTree.fromstring(table.html())


def test_markdown_aligns_columns_of_numbers_to_the_right():
    assert SCORES.markdown().splitlines() == [
        "**Scores**",
        "",
        "| set | rho | items |",
        "| --- | ---: | ---: |",
        "| men | 0.710 | 3,000 |",
        "| rw | - | 0 |",
    ]


@pytest.mark.parametrize(
    ("cells", "right"),
    [
        (["0.710", "-", ""], True),
        (["+0.05", "-1,234.5", "1e-12", "99%", "< 3"], False),
        (["+0.05", "\u22121,234.5", "1e-12", "99%", "12 s", "<3"], True),
        (["[0.690, 0.735]", "[-1.000, +1.000]", "-"], True),
        (["2,998 of 3,000", "0 of 4"], True),
        (["0.71", "men"], False),
        (["-", ""], False),
        (["c3po", "r2d2"], False),
    ],
)
def test_columns_of_numbers_are_known_by_their_cells(cells, right):
    rows = [[str(number), cell] for number, cell in enumerate(cells)]
    assert Table("", ["353", "x"], rows).numeric() == [False, right]


def test_the_terminal_aligns_numbers_to_the_right_and_keeps_them_on_one_line(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    rows = [["a name of many words, which is wrapped", "[0.690, 0.735]", "9 of 1,000"]]
    print_table("", ["set", "interval", "n"], [*rows, ["b", "-", "3,000 of 3,000"]])
    shown = capsys.readouterr().out.splitlines()
    assert max(map(len, shown)) <= 60
    header, _, first, *_, last = (line for line in shown if line.strip())
    assert "[0.690, 0.735]" in first and first.endswith("   9 of 1,000")
    assert last.endswith(" 3,000 of 3,000") and header.rstrip().endswith(" n")
    assert header.index("interval") + len("interval") == first.index("]") + 1 == last.index("-") + 1


def test_no_digit_is_lost_where_the_terminal_is_narrow(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "12")
    print_table("", ["set", "interval"], [["men", "[0.690, 0.735]"], ["rg65", "[0.500, 0.999]"]])
    shown = "".join(capsys.readouterr().out.split())
    assert all(number in shown for number in ("0.690", "0.735", "0.500", "0.999"))


def test_titles_and_notes_are_wrapped_at_words(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    path = "/a/" + "long/" * 10 + "path"
    print_table(f"some words before the path {path} and after", ["a"], [["b"]])
    print_notes(["one two three four five six seven", "eight"])
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert path in lines and "some words before the path" in lines
    assert lines[-4:] == ["", "one two three four five six", "seven", "eight"]


def test_markdown_has_as_many_cells_a_row_whatever_the_text():
    lines = HOSTILE.markdown().splitlines()
    assert lines[0] == "**&lt;b&gt;a &amp; b&lt;/b&gt;**"
    assert lines[2] == r"| word\| | nearest\\x1b\[2J |"
    assert lines[4].count(" | ") == 1
    assert r'say "hi" \| \*no\* \_x\_ \`y\`' in lines[4]
    assert lines[5] == r"| two lines | back\\slash |"
    assert len(lines) == 6


def test_html_shows_every_text_as_it_is():
    page = parsed(HOSTILE)
    assert page.tag == "table"
    assert page.find("caption").text == HOSTILE.title
    assert [cell.text for cell in page.iter("th")] == ["word|", r"nearest\x1b[2J"]
    assert [cell.text for cell in page.iter("td")] == [cell for row in HOSTILE.rows for cell in row]
    assert "<script>" not in HOSTILE.html()
    assert HOSTILE._repr_html_() == HOSTILE.html()


def test_indented_cells_stay_indented():
    table = Table("", ["set"], [["  level 2"]])
    assert "<td>&nbsp;&nbsp;level 2</td>" in table.html()
    assert table.markdown().splitlines()[-1] == "| &nbsp;&nbsp;level 2 |"


def test_a_table_without_a_title_has_no_caption():
    bare = SCORES._replace(title="")
    assert parsed(bare).find("caption") is None
    assert bare.markdown().startswith("| set |")


def test_the_terminal_shows_titles_headers_and_cells_in_order(capsys):
    print_tables(SCORES, SCORES._replace(title="Again"))
    shown = capsys.readouterr().out
    rows = [line.split() for line in shown.splitlines() if line.strip()]
    ruled = [row for row in rows if not set("".join(row)) <= {"─", "━", "-"} or len(row) > 1]
    assert ruled[:2] == [["Scores"], ["set", "rho", "items"]]
    assert ["men", "0.710", "3,000"] in ruled and ["Again"] in ruled
    print_table(*SCORES)
    assert capsys.readouterr().out == shown[: shown.index("\nAgain")]


def test_the_terminal_gets_no_control_characters_and_no_markup(capsys):
    print_table("[bold]t\x07[/bold]", ["a\x1b[2J"], [["x\x9by"], [":smile: [red]z[/red]"]])
    shown = capsys.readouterr().out
    assert not set(shown) & {"\x07", "\x1b", "\x9b"}
    for expected in (r"[bold]t\x07[/bold]", r"a\x1b[2J", r"x\x9by", ":smile: [red]z[/red]"):
        assert expected in shown


def test_text_is_wrapped_at_words(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    print_text("one two three four five six")
    assert capsys.readouterr().out.split("\n") == ["one two three four ", "five six", ""]


@pytest.mark.skipif(os.name != "posix", reason="pipes of another kind")
def test_a_closed_pipe_is_an_error_and_not_the_end_of_the_process(monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        with pytest.raises(BrokenPipeError):
            print_tables(SCORES)
        monkeypatch.undo()
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

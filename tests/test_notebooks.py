"""What the notebooks promise to their readers, read from the files; nbmake executes them."""

import ast
import base64
import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
INTRODUCTION = (
    "Exercise 02 of the course Advanced Methods in Text Analytics "
    "(University of Mannheim, FSS 2025)"
)
DECIMAL = re.compile(r"(?<![\w.,])\d+\.\d+(?![\w.]*\d)")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.name[:2])
def notebook(request):
    """A notebook as a dictionary, with its path."""
    return json.loads(request.param.read_text(encoding="utf-8")) | {"path": request.param}


def prose(notebook) -> list[str]:
    """The texts of its Markdown cells."""
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "markdown"]


def outputs(notebook) -> list[dict]:
    return [output for cell in notebook["cells"] for output in cell.get("outputs", [])]


def printed(notebook) -> str:
    """Everything that its cells print, and the values that they end in."""
    texts = []
    for output in outputs(notebook):
        texts += output.get("text", []), output.get("data", {}).get("text/plain", [])
    return "\n".join("".join(text) for text in texts)


def test_all_cells_were_executed_in_order(notebook):
    code = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    assert [c["execution_count"] for c in code] == list(range(1, len(code) + 1))
    assert not [o for o in outputs(notebook) if o["output_type"] == "error"]


def test_the_text_twin_has_the_same_cells(notebook):
    twin = notebook["path"].with_suffix(".py").read_text(encoding="utf-8")
    _, *parts = re.split(r"^# %%(?: \[markdown\])?\n", twin, flags=re.MULTILINE)
    assert len(parts) == len(notebook["cells"])
    for part, cell in zip(parts, notebook["cells"], strict=True):
        if cell["cell_type"] == "markdown":
            part = re.sub(r"^# ?", "", part, flags=re.MULTILINE)
        assert part.strip() == "".join(cell["source"]).strip()


def test_the_sheet_is_introduced_where_it_is_first_named(notebook):
    text = " ".join(" ".join(prose(notebook)).split())
    introduced = text.index(INTRODUCTION)
    assert not re.search(r"\bsheet('s)?\b", text[:introduced])
    assert re.match(r"[^.]*, which we call \*the sheet\*", text[introduced + len(INTRODUCTION) :])


def test_it_ends_with_a_conclusion_and_things_to_try(notebook):
    last = notebook["cells"][-1]
    assert last["cell_type"] == "markdown"
    headings = re.findall(r"^## (.*)$", "\n".join(prose(notebook)), flags=re.MULTILINE)
    assert headings[-2:] == ["Conclusion", "Things to try"]
    ending = "".join(last["source"]).split("## Conclusion")[1]
    assert ending.count("\n- ") >= 6


def test_figures_are_sharp_and_have_alternative_text(notebook):
    pictures = [output for output in outputs(notebook) if "image/png" in output.get("data", {})]
    assert len(pictures) >= 3
    for output in pictures:
        alt = output["metadata"]["image/png"]["alt"]
        assert len(alt.split()) >= 10
        assert "".join(output["data"]["text/plain"]) == alt
        with Image.open(io.BytesIO(base64.b64decode(output["data"]["image/png"]))) as picture:
            assert picture.info["dpi"] == pytest.approx((150, 150), abs=0.1)
            assert picture.width <= 9 * 150  # wider ones are scaled down, with their labels


def test_labels_are_not_made_small(notebook):
    code = "\n".join("".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code")
    assert "plt.rcParams.update(plots.STYLE)" in code
    assert not re.search(r"(fontsize|labelsize|font\.size)\W+\d", code)
    assert "plt.show" not in code  # which has no alternative text


def test_outputs_do_not_depend_on_the_speed_of_the_machine(notebook):
    assert not re.search(r"\d+:\d\d|words/s|\d ?(m?s|seconds?)\b|━", printed(notebook))


def bound(source: str) -> set[str]:
    """The names that a cell binds."""
    found = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        else:
            names = (each for each in ast.walk(node) if isinstance(each, ast.Name))
            found |= {each.id for each in names if isinstance(each.ctx, ast.Store)}
    return found


def read(function: str, sources: list[str]) -> set[str]:
    """The names of the notebook that a function reads, and those it calls."""
    nodes = (node for source in sources for node in ast.parse(source).body)
    functions = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}
    todo, found = [function], {function}
    while todo:
        inside = list(ast.walk(functions[todo.pop()]))
        names = [node for node in inside if isinstance(node, ast.Name)]
        own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        own |= {node.arg for node in inside if isinstance(node, ast.arg)}
        used = {node.id for node in names} - own - found
        found |= used
        todo += used & set(functions)
    return found


def shifting(sources: list[str]) -> set[str]:
    """Names that drawings with controls read, and that later cells bind again."""
    found = set()
    for place, source in enumerate(sources):
        later = set().union(*map(bound, sources[place + 1 :]))
        for function in re.findall(r"interactive\.show\(\s*(\w+)", source):
            found |= read(function, sources[: place + 1]) & later
    return found


def test_what_a_drawing_with_controls_reads_does_not_change_after_it(notebook):
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    assert shifting(cells) == set()
    drawing = "x = 1\ndef f(a=1):\n    return g(a)\ndef g(a):\n    return a + x\n"
    assert shifting([drawing, "interactive.show(f, {})", "x = 2"]) == {"x"}


def test_every_picture_is_stored_without_controls(notebook):
    drawn = [c for c in notebook["cells"] if "interactive.show(" in "".join(c["source"])]
    assert drawn
    for cell in drawn:
        types = [set(output["data"]) for output in cell["outputs"] if "data" in output]
        assert {"image/png", "text/plain"} in types
    assert "widget" not in json.dumps([outputs(notebook), notebook["metadata"]])


def test_outputs_are_small(notebook):
    assert notebook["path"].stat().st_size < 500_000


def test_decimals_in_the_prose_are_among_the_outputs(notebook):
    told = {number for text in prose(notebook) for number in DECIMAL.findall(text)}
    assert told <= set(DECIMAL.findall(printed(notebook)))

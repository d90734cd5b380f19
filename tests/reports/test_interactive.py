"""Drawings with controls: with ipywidgets, without it, and where nobody is present."""

import base64
import subprocess
import sys
from types import SimpleNamespace

import pytest
from matplotlib import pyplot as plt

from jaxtext.reports import interactive

ALT = "A line whose slope is k."
CHOICES = {"k": [1, 2.5, 5], "mark": ["o", "<s>"]}
VIEW = "application/vnd.jupyter.widget-view+json"


class Widget:
    """What the panel needs of a widget, for machines without ipywidgets."""

    def __init__(self, options=(), value="", description="", style=None):
        self.options, self.value, self.description = options, value, description
        self.observers = []

    @property
    def label(self):
        return next(label for label, value in self.options if value == self.value)

    def observe(self, function, names):
        assert names == "value"
        self.observers.append(function)


class Box:
    def __init__(self, children):
        self.children = children

    def _repr_mimebundle_(self):
        return {VIEW: {}, "text/plain": "VBox(...)"}


@pytest.fixture(params=["fake", "real"])
def widgets(request, monkeypatch):
    """ipywidgets, or what takes its place; returns how a user moves a control."""
    if request.param == "real":
        pytest.importorskip("ipywidgets")

        def move(control, value):
            control.value = value

        return move
    kinds = {name: type(name, (Widget,), {}) for name in ("Dropdown", "SelectionSlider", "HTML")}
    monkeypatch.setitem(sys.modules, "ipywidgets", SimpleNamespace(VBox=Box, **kinds))

    def move(control, value):
        control.value = value
        for function in control.observers:
            function({"new": value})

    return move


@pytest.fixture
def draw():
    """A drawing that remembers its settings."""

    def drawing(k=2.5, mark="o"):
        drawing.calls.append((k, mark))
        return plt.figure(figsize=(1, 1))

    drawing.calls = []
    return drawing


@pytest.fixture
def displayed(monkeypatch):
    """What has been displayed: data and metadata."""
    shown = []
    monkeypatch.setattr(
        "IPython.display.display", lambda data, raw, metadata: shown.append((data, metadata))
    )
    return shown


def set_live(monkeypatch, live: bool) -> None:
    monkeypatch.setattr(interactive, "is_live", lambda: live)


def test_a_control_calls_the_drawing_with_its_value(widgets, draw):
    slider, texts, picture = interactive.panel(draw, CHOICES, {"k": "slope"}).children
    assert (slider.description, texts.description) == ("slope", "mark")
    assert (type(slider).__name__, type(texts).__name__) == ("SelectionSlider", "Dropdown")
    before = picture.value
    widgets(slider, 5)
    widgets(texts, "<s>")
    assert draw.calls == [(2.5, "o"), (5, "o"), (5, "<s>")]
    assert 'alt="slope = 2.5, mark = o"' in before
    assert 'alt="slope = 5, mark = &lt;s&gt;"' in picture.value
    source = picture.value.split("base64,")[1].split('"')[0]
    assert base64.b64decode(source).startswith(b"\x89PNG")
    assert not plt.get_fignums()


def test_controls_are_shown_with_the_still_picture(widgets, draw, displayed, monkeypatch):
    set_live(monkeypatch, True)
    interactive.show(draw, CHOICES, plt.figure(), ALT)
    ((data, metadata),) = displayed
    assert set(data) == {"image/png", "text/plain", VIEW}
    assert data["text/plain"] == metadata["image/png"]["alt"] == ALT
    assert len(draw.calls) == 1 and not plt.get_fignums()


def test_without_ipywidgets_the_still_picture_is_shown(draw, displayed, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)  # an import of it fails
    set_live(monkeypatch, True)
    interactive.show(draw, CHOICES, plt.figure(), ALT)
    ((data, _),) = displayed
    assert set(data) == {"image/png", "text/plain"} and not draw.calls
    assert "pip install ipywidgets" in capsys.readouterr().out


def test_where_nobody_is_present_nothing_but_the_still_picture_is_stored(
    widgets, draw, displayed, monkeypatch, capsys
):
    set_live(monkeypatch, False)
    interactive.show(draw, CHOICES, plt.figure(), ALT)
    ((data, _),) = displayed
    assert set(data) == {"image/png", "text/plain"} and not draw.calls
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    ("shell", "live"),
    [
        (None, False),
        (SimpleNamespace(), False),  # IPython in a terminal
        (SimpleNamespace(kernel=object()), True),
        ({"allow_stdin": True}, True),
        ({"allow_stdin": False}, False),
        ({}, False),
    ],
)
def test_somebody_is_present_if_a_kernel_may_ask(shell, live, monkeypatch):
    if isinstance(shell, dict):
        request = {"content": shell}
        shell = SimpleNamespace(kernel=SimpleNamespace(get_parent=lambda channel: request))
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: shell)
    assert interactive.is_live() is live


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"k": [2.5]}, r"choices: found \['k'\], draw has \['k', 'mark'\]"),
        ({**CHOICES, "color": ["red"]}, "draw has"),
        ({**CHOICES, "k": [1, 2]}, "k has the default 2.5, must be one of"),
        ({**CHOICES, "mark": []}, "mark has the default 'o'"),
    ],
)
def test_choices_that_are_not_those_of_the_drawing_are_refused(draw, displayed, choices, message):
    with pytest.raises(ValueError, match=message):
        interactive.show(draw, choices, plt.figure(), ALT)
    plt.close("all")
    assert not displayed


def test_an_argument_without_a_default_is_refused():
    with pytest.raises(ValueError, match="k has no default"):
        interactive.starts(lambda k: None, {"k": [1]})


def test_neither_matplotlib_nor_ipywidgets_is_imported_before_something_is_drawn():
    code = "import sys, jaxtext.reports.interactive as i; "
    code += "sys.exit(bool({'matplotlib', 'ipywidgets', 'IPython'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

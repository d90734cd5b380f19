"""Drawings that are redrawn as their settings change, for notebooks; a still picture elsewhere.

A drawing is a function of its settings alone, `draw(k=5, dim=2)`, and returns a figure; controls
only call it. ipywidgets is optional (`pip install -e '.[notebooks]'`).
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from jaxtext.reports import plots

Draw = Callable[..., plots.Figure]
Choices = Mapping[str, Sequence[Any]]
Widget = Any  # ipywidgets.Widget, by a name that needs no ipywidgets
NEEDS = "To change the settings, install ipywidgets and run this cell again: pip install ipywidgets"


def show(
    draw: Draw,
    choices: Choices,
    still: plots.Figure,
    alt: str,
    names: Mapping[str, str] | None = None,
) -> None:
    """Show a drawing below the cell of a notebook, with a control for each of its settings.

    `choices` has the values of each argument of `draw`, which starts at its default. Numbers get a
    slider, texts a list; `names` are labels in place of the arguments' names.

    `still` is a picture for readers without controls, and `alt` says in words what it shows. Both
    are saved with the notebook. They are all there is if nobody is present (`is_live`) or
    ipywidgets is not installed; otherwise a notebook shows them when it is read without a kernel.

    Raises `ValueError` for choices that are not the arguments of `draw`, or lack a default.
    """
    starts(draw, choices)
    data, metadata = plots.bundle(still, alt)
    from IPython.display import display  # pyright: ignore[reportMissingImports]

    if is_live():
        try:
            data = {**panel(draw, choices, names)._repr_mimebundle_(), **data}
        except ImportError:
            print(NEEDS)
    display(data, raw=True, metadata=metadata)


def panel(draw: Draw, choices: Choices, names: Mapping[str, str] | None = None) -> Widget:
    """Return the controls and, below them, the drawing at the values that they have.

    Raises `ImportError` without ipywidgets, and `ValueError` as `show` does.
    """
    import ipywidgets  # pyright: ignore[reportMissingImports]

    controls = {
        name: _control(ipywidgets, (names or {}).get(name, name), choices[name], start)
        for name, start in starts(draw, choices).items()
    }
    picture = ipywidgets.HTML()

    def redraw(_: Any = None) -> None:
        picture.value = _image(
            draw(**{name: control.value for name, control in controls.items()}),
            ", ".join(f"{each.description} = {each.label}" for each in controls.values()),
        )

    for control in controls.values():
        control.observe(redraw, names="value")
    redraw()
    return ipywidgets.VBox([*controls.values(), picture])


def starts(draw: Draw, choices: Choices) -> dict[str, Any]:
    """Return the default of each argument of a drawing.

    Raises `ValueError` unless the choices are those of its arguments and contain the defaults.

    >>> starts(lambda k=5, dim=2: None, {"k": [1, 5], "dim": [2, 7]})
    {'k': 5, 'dim': 2}
    """
    arguments = inspect.signature(draw).parameters
    if set(choices) != set(arguments):
        raise ValueError(f"choices: found {list(choices)}, draw has {list(arguments)}")
    found = {name: argument.default for name, argument in arguments.items()}
    for name, start in found.items():
        if start not in list(choices[name]):
            given = "no default" if start is inspect.Parameter.empty else f"the default {start!r}"
            raise ValueError(f"choices: {name} has {given}, must be one of {list(choices[name])}")
    return found


def is_live() -> bool:
    """Return whether somebody is present who could move a slider.

    Programs that execute notebooks say that nobody can be asked for input.
    """
    from IPython.core.getipython import get_ipython  # pyright: ignore[reportMissingImports]

    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return False
    if not hasattr(kernel, "get_parent"):
        return True  # another kernel, such as one in the browser
    return bool(kernel.get_parent("shell").get("content", {}).get("allow_stdin", False))


def _control(ipywidgets: Any, name: str, values: Sequence[Any], start: Any) -> Widget:
    is_text = any(isinstance(value, str) for value in values)
    kind = ipywidgets.Dropdown if is_text else ipywidgets.SelectionSlider
    options = [(value if is_text else f"{value:g}", value) for value in values]
    style = {"description_width": "9em"}
    return kind(options=options, value=start, description=name, style=style)


def _image(figure: plots.Figure, alt: str) -> str:
    """Return a figure as an HTML element."""
    source = f"data:image/png;base64,{plots.base64_png(figure)}"
    return f'<img src="{source}" alt="{escape(alt)}" style="max-width: 100%">'

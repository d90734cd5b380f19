"""Pages from the templates in `templates`: one HTML file each, that needs no network."""

import importlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jaxtext.base.errors import InputError

TEMPLATES = Path(__file__).parent / "templates"
LIBRARY = "window.vegaEmbed = vegaEmbed;"


def require(*packages: str) -> None:
    """Raise `InputError` if one of the packages that a page is made with is not installed."""
    for package in packages:
        try:
            importlib.import_module(package)
        except ImportError:
            raise InputError(
                f"pages need {package}, which is not installed: pip install -e '.[report]'"
            ) from None


def rendered(template: str, title: str, data: Any = None, **content: Any) -> str:
    """Fill a template, with the style of all pages.

    With `data`, the page also gets the library of charts, the data, and the template's script.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    if data is not None:
        content |= {
            "library": _library(),
            "data": embedded(data),
            "script": _file(f"{template}.js"),
        }
    return environment.get_template(f"{template}.html").render(
        title=title, version=version("jaxtext"), css=_file("page.css"), **content
    )


def _file(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _library() -> str:
    """Return the library of charts as a script that does not end its element before it ends."""
    import vl_convert

    return vl_convert.javascript_bundle(LIBRARY).replace("</script", r"<\/script")


def embedded(data: Any) -> str:
    r"""Return JSON that can stand inside an element of HTML, whatever words it contains.

    >>> embedded(["</script>"])
    '["\\u003c/script\\u003e"]'
    """
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")

"""Pages from the templates in `templates`: one HTML file each, that needs no network."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jaxtext.base.errors import InputError

TEMPLATES = Path(__file__).parent / "templates"
LIBRARY = "window.vegaEmbed = vegaEmbed;"


def require() -> None:
    """Raise `InputError` if what a page is made with is not installed."""
    try:
        import jinja2  # noqa: F401
        import vl_convert  # noqa: F401
    except ImportError as error:
        raise InputError(
            f"pages need {error.name}, which is not installed: pip install -e '.[report]'"
        ) from None


def rendered(template: str, title: str, data: Any = None, **content: Any) -> str:
    """Fill a template, with the style of all pages, the library of charts, and a script."""
    import jinja2
    import vl_convert

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    script = TEMPLATES / f"{template}.js"
    return environment.get_template(f"{template}.html").render(
        title=title,
        version=version("jaxtext"),
        css=(TEMPLATES / "page.css").read_text(encoding="utf-8"),
        library="" if data is None else _closed(vl_convert.javascript_bundle(LIBRARY)),
        script=script.read_text(encoding="utf-8") if script.exists() else "",
        data=embedded(data),
        **content,
    )


def _closed(script: str) -> str:
    """Return a script that does not end its element before it ends."""
    return script.replace("</script", r"<\/script")


def embedded(data: Any) -> str:
    r"""Return JSON that can stand inside an element of HTML, whatever words it contains.

    >>> embedded(["</script>"])
    '["\\u003c/script\\u003e"]'
    """
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")

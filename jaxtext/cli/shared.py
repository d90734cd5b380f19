"""Options and functions that several subcommands share."""

from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import arg

Kind = Literal["center", "context", "sum", "average", "concat"]
RunPath = Annotated[Path, arg(metavar="RUN")]
JsonFile = Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")]


def shell_path(path: Path) -> str:
    """Return a path as an argument that no command mistakes for an option."""
    return f"./{path}" if str(path).startswith("-") else str(path)

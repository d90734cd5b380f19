"""Options and functions that several subcommands share."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import FlagCreatePairsOff, arg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jaxtext.reports.tables import Table
    from jaxtext.vectors.embeddings import Embeddings

Kind = Literal["center", "context", "sum", "average", "concat"]
RunPath = Annotated[Path, arg(metavar="RUN")]
JsonFile = Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")]
Documents = Literal["sentences", "files"]
Strict = FlagCreatePairsOff[Annotated[bool, arg(help_behavior_hint="")]]
Limit = Annotated[int | None, arg(metavar="INT", help_behavior_hint="(default: all)")]
STANDARD_OUTPUT = Path("-")


def check_documents(options: Any) -> None:
    """Raise `InputError` for documents where none are drawn."""
    from jaxtext.base.errors import InputError

    if options.bootstrap is None and options.documents != "sentences":
        raise InputError("matters to bootstrap alone", "documents", options.documents)


def check_sets(names: "Sequence[str]") -> None:
    """Raise `InputError` for a name that no set has; a path is named as what it is."""
    from jaxtext.base.errors import InputError
    from jaxtext.evaluation.named import SETS, check_names

    for name in names:
        if name not in SETS and Path(name).exists():
            raise InputError(
                "is a file or folder: give runs before --sets, and sets of your own with "
                "--similarity, --analogy or --categories",
                "sets",
                name,
            )
    check_names(names)


def shell_path(path: Path) -> str:
    """Return a path as an argument that no command mistakes for an option."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def load(path: Path, limit: int | None = None, strict: bool = False) -> "Embeddings":
    """Load a run or vector file; rows that are left out are reported in one line."""
    import warnings

    from jaxtext import runs
    from jaxtext.vectors.export import LeftOut

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeftOut)
        vectors = runs.load(path, limit, strict)
    if vectors.note:
        note(f"{path}: {vectors.note}")
    return vectors


def note(text: str) -> None:
    """Write one line to standard error, which may be closed."""
    if sys.stderr is not None:
        print(f"jaxtext: {text}", file=sys.stderr)


def write_result(path: Path, content: str) -> None:
    """Write a text to standard output for the path -, otherwise to a file, which it replaces."""
    from jaxtext.base.files import write_text

    if path == STANDARD_OUTPUT:
        sys.stdout.write(content)
    else:
        write_text(path, content)


def write_tables(options: Any, tables: "Sequence[Table]") -> None:
    """Write tables to the files of the options `csv` and `markdown`, where they are given."""
    from jaxtext.reports.tables import csv_text, markdown_text

    if options.csv is not None:
        write_result(options.csv, csv_text(tables))
    if options.markdown is not None:
        write_result(options.markdown, markdown_text(tables))


def to_stdout(*paths: Path | None) -> bool:
    """Tell whether one of the paths is standard output, so that nothing else is printed there.

    Raises `InputError` if two results would be written there, or to one file.
    """
    from jaxtext.base.errors import InputError

    given = [path for path in paths if path is not None]
    if given.count(STANDARD_OUTPUT) > 1:
        raise InputError("only one result can be written to standard output (-)")
    for path in given:
        if [each.resolve() for each in given].count(path.resolve()) > 1:
            raise InputError(f"only one result can be written to {path}")
    return STANDARD_OUTPUT in given


def tab_separated(rows: list[list[Any]]) -> str:
    """Return rows as lines of fields; control characters in them are written as escapes."""
    from jaxtext.base.html import visible

    return "".join("\t".join(_field(field, visible) for field in row) + "\n" for row in rows)


def _field(value: Any, visible: Any) -> str:
    text = value if isinstance(value, str) else f"{value:.6f}"
    return visible(text).replace("\t", "\\t").replace("\n", "\\n")


def resuming(folder: Path) -> str:
    """Return the command that resumes the run in a folder."""
    return shlex.join(["jaxtext", "train", "--resume", "--out", shell_path(folder)])

"""Run the subcommands; turn errors into exit statuses, and parameters in messages into flags.

Slow imports are made inside the functions, so that `--help` answers at once.
"""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import tyro
from tyro.conf import OmitArgPrefixes, subcommand

from jaxtext.base.errors import InputError, Named
from jaxtext.cli import (
    ask,
    association,
    compare,
    evaluate,
    examples,
    export,
    gap,
    info,
    report,
    slips,
    train,
    verify,
)
from jaxtext.cli.shared import resuming

COMMANDS: dict[str, type] = {
    "train": train.Train,
    "neighbors": ask.Neighbors,
    "analogy": ask.Analogy,
    "evaluate": evaluate.Evaluate,
    "compare": compare.Compare,
    "association": association.Associate,
    "export": export.Export,
    "gap": gap.Gap,
    "info": info.Info,
    "report": report.Report,
    "verify": verify.Verify,
    "examples": examples.Examples,
}
Command = (
    Annotated[train.Train, subcommand("train")]
    | Annotated[ask.Neighbors, subcommand("neighbors")]
    | Annotated[ask.Analogy, subcommand("analogy")]
    | Annotated[evaluate.Evaluate, subcommand("evaluate")]
    | Annotated[compare.Compare, subcommand("compare")]
    | Annotated[association.Associate, subcommand("association")]
    | Annotated[export.Export, subcommand("export")]
    | Annotated[gap.Gap, subcommand("gap")]
    | Annotated[info.Info, subcommand("info")]
    | Annotated[report.Report, subcommand("report")]
    | Annotated[verify.Verify, subcommand("verify")]
    | Annotated[examples.Examples, subcommand("examples")]
)
FUNCTIONS: dict[type, Any] = {
    train.Train: train.train,
    ask.Neighbors: ask.neighbors,
    ask.Analogy: ask.analogy,
    evaluate.Evaluate: evaluate.evaluate,
    compare.Compare: compare.compare,
    association.Associate: association.associate,
    export.Export: export.export,
    gap.Gap: gap.gap,
    info.Info: info.info,
    report.Report: report.report,
    verify.Verify: verify.verify,
    examples.Examples: examples.examples,
}


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status.

    The status is 0 for success, 1 if training diverged or a check failed, 2 for input that cannot
    be used, and 128 plus the number of the signal if one stopped the command.
    """
    if list(arguments) == ["--version"]:
        from jaxtext import __version__

        print(f"jaxtext {__version__}")
        return 0
    try:
        slips.check(arguments, COMMANDS)
        command = _parsed(arguments)
        status = FUNCTIONS[type(command)](command) or 0
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:  # the reader of a pipe has seen enough, as in `| head`
        from jaxtext.cli.terminal import silence

        silence(sys.stdout)
        return 0
    except BaseException as error:
        status = _status(error)
        if status is None:
            raise
        print(f"jaxtext: {shown(error)}", file=sys.stderr)
    return status


def _parsed(arguments: Sequence[str]) -> Any:
    """Return the options of a command; with NO_COLOR, its help is printed without colors."""
    term = os.environ.get("TERM")
    try:
        if os.environ.get("NO_COLOR"):
            os.environ["TERM"] = "dumb"  # which is what tyro looks at
        return tyro.cli(
            OmitArgPrefixes[Command],  # pyright: ignore[reportInvalidTypeArguments]
            prog="jaxtext",
            description="Word vectors in JAX: skip-gram with negative sampling, from raw text.",
            args=arguments,
        )
    finally:
        if term is not None:
            os.environ["TERM"] = term


def _status(error: BaseException) -> int | None:
    """Return the exit status of an expected error; None for one that is a bug of the program."""
    if _out_of_memory(error):
        return 1 if getattr(error, "resumable", None) else 2
    if isinstance(error, InputError | OSError):
        return 2
    if isinstance(error, FloatingPointError):
        return 1
    if isinstance(error, KeyboardInterrupt):
        return 130
    return getattr(error, "status", None) if type(error).__name__ == "Stopped" else None


def _out_of_memory(error: BaseException) -> bool:
    """Whether Python or, in words of its own, XLA had not enough memory."""
    return isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error)


def shown(error: BaseException) -> str:
    """Return the error as one line for the terminal, with flags in place of parameters."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if _out_of_memory(error) and not isinstance(error, Named):
        reason = str(error).strip().partition("\n")[0]
        return f"not enough memory{reason and ': '}{reason}"
    if isinstance(error, OSError) and not isinstance(error, Named):
        return f"{error.filename or 'input or output'}: {error.strerror or error}"
    text = str(error)
    if isinstance(error, Named) and error.parameter is not None:
        text = f"{flag(error.parameter, error.value)}: {error.message}"
    folder = getattr(error, "resumable", None)
    return text if folder is None else f"{text}; resume with: {resuming(folder)}"


def flag(parameter: str, value: Any = None) -> str:
    """Return a parameter and its value as they are written on the command line.

    >>> flag("min_count", 5), flag("lowercase", False), flag("resume")
    ('--min-count 5', '--no-lowercase', '--resume')
    """
    name = parameter.replace("_", "-")
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    return f"--{name}" if value is None else f"--{name} {value}"

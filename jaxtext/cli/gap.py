"""`jaxtext gap`: measure how far a run is from the optimum of its own objective."""

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from jaxtext.cli.shared import (
    STANDARD_OUTPUT,
    JsonFile,
    RunPath,
    to_stdout,
    write_result,
    write_tables,
)


@dataclass(frozen=True)
class Gap:
    """Measure how far a run is from the optimum of its own objective on its text."""

    # Run folder.
    run: Positional[RunPath]

    # Text of the run, if it has moved since.
    paths: Annotated[
        Positional[tuple[str, ...]], arg(metavar="[PATH ...]", help_behavior_hint="")
    ] = ()

    # Estimate the gap from this many words, drawn at random.
    centers: Annotated[int | None, arg(metavar="INT", help_behavior_hint="(default: all)")] = None

    # Write the numbers to this file as JSON; - is standard output.
    json: JsonFile = None

    # Write the tables to this file as comma-separated values; - is standard output.
    csv: JsonFile = None

    # Write the tables to this file in Markdown; - is standard output.
    markdown: JsonFile = None

    # Write a figure to this file (.png, .pdf): the density of observed pairs by their optimum and
    # their score w.c. Missing folders are created, and an existing file is replaced.
    figure: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None


def gap(options: Gap) -> None:
    """Print how far a run is from its optimum."""
    from jaxtext.base.files import json_text, replacing
    from jaxtext.reports import gap as report
    from jaxtext.reports.progress import Bars
    from jaxtext.reports.tables import print_tables
    from jaxtext.runs.gap import measure_run

    silent = to_stdout(options.json, options.csv, options.markdown)
    json_out = options.json == STANDARD_OUTPUT
    figure = None if options.figure is None else report.figure(options.figure)
    places = [] if options.json is None or json_out else [options.json]
    places += [] if options.figure is None else [options.figure]
    with ExitStack() as files, Bars(only_terminals=True) as bars:
        # Opened first, so that a file that cannot be written is reported before the work is done.
        opened = {path: files.enter_context(replacing(path)) for path in places}
        watch = bars.watch(on_note=lambda note: print(note, file=sys.stderr))
        measured = measure_run(options.run, options.paths, options.centers, watch)
        content = json_text({"run": str(options.run), **measured.as_json()})
        if options.json in opened:
            opened[options.json].write_text(content, encoding="utf-8")
        if options.figure is not None and figure is not None:
            report.draw(measured, options.run.name, figure)
            report.save_figure(figure, opened[options.figure], options.figure)
    if json_out:
        write_result(STANDARD_OUTPUT, content)
    tables = report.tables(measured.gap, measured.vocab)
    write_tables(options, tables)
    if not silent:
        print_tables(*tables)

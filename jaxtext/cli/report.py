"""`jaxtext report`: one page about a run, or about several side by side."""

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from jaxtext.base.errors import InputError
from jaxtext.cli.shared import STANDARD_OUTPUT, check_sets, load, note, to_stdout, write_result

Files = Annotated[tuple[Path, ...], arg(metavar="FILE [FILE ...]", help_behavior_hint="")]


@dataclass(frozen=True)
class Report:
    """Write one HTML page about a run, or about several side by side, that needs no network."""

    # Run folders or vector files.
    runs: Annotated[Positional[tuple[Path, ...]], arg(metavar="RUN [RUN ...]")]

    # The page. An existing file is replaced, and missing folders are created; - is standard output.
    out: Annotated[Path, arg(metavar="FILE")] = Path("report.html")

    # Measure the distance from the optimum again, on this text; by default it is that which the
    # training has measured.
    text: Files = ()

    # Files with two words and a score per line, as for `jaxtext evaluate`.
    similarity: Files = ()

    # Files in the format of questions-words.txt or of BATS, or folders of such files.
    analogy: Files = ()

    # Sets by name, which are downloaded once, as for `jaxtext evaluate`.
    sets: Annotated[tuple[str, ...], arg(metavar="NAME [NAME ...]", help_behavior_hint="")] = ()

    # Ask and answer analogies only among this many of the most frequent words.
    restrict: Annotated[int | None, arg(metavar="INT", help_behavior_hint="(default: all)")] = None

    # Words on the map.
    map: int = 2_000

    # Title of the page.
    title: Annotated[
        str | None, arg(metavar="TEXT", help_behavior_hint="(default: names of the runs)")
    ] = None

    # Seed of the intervals, of the sample for the distance from the optimum, and of the map.
    seed: int = 0


def report(options: Report) -> None:
    """Write the page."""
    from jaxtext.base.files import replacing_if
    from jaxtext.reports import page, rendering

    rendering.require("jinja2", "vl_convert")
    _check(options)
    silent = to_stdout(options.out)
    # Opened first, so that a file that cannot be written is reported before the work is done.
    with replacing_if(None if silent else options.out) as file:
        runs = _shown(options)
        content = page.page(runs, options.title or "", options.map, options.seed)
        if file is not None:
            file.write_text(content, encoding="utf-8")
    if silent:
        write_result(STANDARD_OUTPUT, content)
    else:
        print(f"{options.out}: {len(content.encode()) / 1e6:.1f} MB, opens in any browser")


def _check(options: Report) -> None:
    """Raise `InputError` for options that cannot be used, before anything is read."""
    from jaxtext.base.ranges import number
    from jaxtext.runs import is_run

    if not options.runs:
        raise InputError("report: give at least one run folder or vector file")
    if options.restrict is not None:
        number("restrict", options.restrict, 1, math.inf, whole=True)
        if not (options.analogy or options.sets):
            raise InputError("is about --analogy and --sets, which are not given", "restrict")
    check_sets(options.sets)
    number("map", options.map, 0, 100_000, whole=True)
    number("seed", options.seed, 0, 2**32 - 1, whole=True)
    if options.text and all(path.exists() and not is_run(path) for path in options.runs):
        raise InputError("is the text of a run, and only vector files are given", "text")
    if options.out.is_dir():
        raise InputError("is a folder: give the name of a file", "out", str(options.out))
    inputs = (*options.runs, *options.text, *options.similarity, *options.analogy)
    target = options.out.resolve()
    if any(path.resolve() in (target, target.parent) for path in inputs):
        raise InputError(
            "is a file that is read here: choose another name", "out", str(options.out)
        )


def _shown(options: Report) -> list[Any]:
    """Return what is known of each run, measured and evaluated as the options say."""
    from jaxtext import evaluation
    from jaxtext.reports import page

    sets = evaluation.read(options.similarity, options.analogy, sets=options.sets)
    runs = []
    for path, name in zip(options.runs, _names(options.runs), strict=True):
        run = page.shown(path, name, load(path))
        if options.text and run.config:
            run = run._replace(gap=_measured(path, options))
        if options.similarity or options.analogy or options.sets:
            run = run._replace(scores=_scores(path, run.vectors, sets, options))
        runs.append(run)
    return runs


def _scores(path: Path, vectors: Any, sets: Any, options: Report) -> Any:
    """Return the scores of a run; one of several whose words the sets do not have gets none."""
    from jaxtext import evaluation

    try:
        return evaluation.evaluate(vectors, sets, restrict=options.restrict, seed=options.seed)
    except InputError as error:
        if len(options.runs) == 1:
            raise
        note(f"{path}: {error}")
        return None


def _names(paths: tuple[Path, ...]) -> list[str]:
    """Return a short name for each run: the last parts of its path that make it unique."""
    whole = [path.resolve().parts for path in paths]
    if len(set(whole)) < len(whole):
        raise InputError("report: a run was given twice")
    for size in range(1, max(map(len, whole)) + 1):
        names = ["/".join(parts[-size:]) for parts in whole]
        if len(set(names)) == len(names):
            return names
    return [str(path) for path in paths]


def _measured(path: Path, options: Report) -> dict:
    """Measure the distance from the optimum on a sample of the words of a text."""
    from jaxtext.evaluation import gap
    from jaxtext.reports.progress import Bars
    from jaxtext.runs.gap import CENTERS, measure_run

    with Bars(only_terminals=True) as bars:
        watch = bars.watch(on_note=lambda note: print(note, file=sys.stderr))
        measured = measure_run(path, tuple(map(str, options.text)), CENTERS, watch)
    content = gap.as_json(measured.gap, measured.vocab.words)
    return content | {"density": gap.density_json(measured.gap)}

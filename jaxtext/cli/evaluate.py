"""`jaxtext evaluate`: score one run, or two runs and their differences."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from tyro.conf import Positional, arg

from jaxtext.base.errors import InputError
from jaxtext.cli.shared import JsonFile, Kind, RunPath

Files = Annotated[tuple[Path, ...], arg(metavar="FILE [FILE ...]", help_behavior_hint="")]


@dataclass(frozen=True)
class Evaluate:
    """Score a run on sets of word similarity, analogies and categories, or compare two runs."""

    # Run folder or vector file.
    run: Positional[RunPath]

    # Second run folder or vector file, to be compared with the first.
    other: Annotated[Positional[Path | None], arg(metavar="[RUN]", help_behavior_hint="")] = None

    # Files with two words and a score per line, separated by tabs, commas or spaces.
    similarity: Files = ()

    # Files in the format of questions-words.txt or of BATS.
    analogy: Files = ()

    # Files with a category (or several levels of categories) and a word per line. Needs
    # scikit-learn.
    categorization: Files = ()

    # Vectors to use: one of the two tables, or both combined.
    vectors: Kind = "center"

    # Ask and answer analogies only among this many of the most frequent words.
    restrict: Annotated[int | None, arg(metavar="INT", help_behavior_hint="(default: all)")] = None

    # How analogies are answered: the word nearest to b - a + c, or the product of cosines.
    method: Literal["3cosadd", "3cosmul"] = "3cosadd"

    # Write the scores to this file.
    json: JsonFile = None

    # Seed of the bootstrap intervals and of the initial clusters.
    seed: int = 0


def evaluate(options: Evaluate) -> None:
    """Print the scores of one run, or of two runs and their differences."""
    from jaxtext import evaluation, runs
    from jaxtext.base.files import json_text, replacing_if
    from jaxtext.base.ranges import number
    from jaxtext.reports.evaluation import comparison_table, tables
    from jaxtext.reports.tables import print_tables

    if not (options.similarity or options.analogy or options.categorization):
        raise InputError("evaluate: give at least one set: --similarity, --analogy, ...")
    if options.restrict is not None:
        number("restrict", options.restrict, 1, math.inf, whole=True)
    number("seed", options.seed, 0, 2**32 - 1, whole=True)
    sets = evaluation.read(options.similarity, options.analogy, options.categorization)
    paths = [options.run] if options.other is None else [options.run, options.other]
    vectors = [runs.load(path) for path in paths]
    how = options.vectors, options.restrict, options.method, options.seed
    with replacing_if(options.json) as file:
        reports = [
            _evaluated(path, each, sets, how, len(paths) > 1)
            for path, each in zip(paths, vectors, strict=True)
        ]
        comparison = None
        if len(reports) == 2:
            comparison = evaluation.compare(reports[0], reports[1], sets, options.seed)
        if file is not None:
            content = reports[0].as_json()
            if comparison is not None:
                content = {
                    "first": content, "second": reports[1].as_json(),
                    "difference": comparison.as_json(),
                }  # fmt: skip
            file.write_text(json_text(content), encoding="utf-8")
    for path, report in zip(paths, reports, strict=True):
        if comparison is not None:
            print(f"\n{path}")
        print_tables(*tables(report))
    if comparison is not None:
        print_tables(comparison_table(comparison))


def _evaluated(path: Path, vectors: Any, sets: Any, how: tuple, several: bool) -> Any:
    from jaxtext import evaluation

    try:
        return evaluation.evaluate(vectors, sets, *how)
    except InputError as error:
        if several:
            raise InputError(f"{path}: {error}") from None
        raise

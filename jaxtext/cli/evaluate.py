"""`jaxtext evaluate`: score one run, or two runs and their differences."""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from tyro.conf import Positional, arg

from jaxtext.base.errors import InputError
from jaxtext.cli.shared import (
    STANDARD_OUTPUT,
    JsonFile,
    Kind,
    Limit,
    Strict,
    check_sets,
    load,
    to_stdout,
    write_result,
    write_tables,
)

Files = Annotated[tuple[Path, ...], arg(metavar="FILE [FILE ...]", help_behavior_hint="")]


@dataclass(frozen=True)
class Evaluate:
    """Score runs on sets of word similarity, analogies and categories, and compare two runs."""

    # Run folders or vector files. Two are compared; of several, such as those of different seeds,
    # means and standard deviations are given.
    runs: Annotated[Positional[tuple[Path, ...]], arg(metavar="RUN [RUN ...]")]

    # Files with two words and a score per line, separated by tabs, commas or spaces.
    similarity: Files = ()

    # Columns of word, word and score in the files of --similarity, such as 2,4,8; or 2,4,8-10 for
    # the mean of three scores.
    columns: Annotated[
        str | None, arg(metavar="N,N,N", help_behavior_hint="(default: found by header and cells)")
    ] = None

    # Files in the format of questions-words.txt or of BATS, or folders of such files.
    analogy: Files = ()

    # Files with a category (or several levels of categories) and a word per line. Needs
    # scikit-learn.
    categorization: Files = ()

    # Files in the same format, from which two tests are made: which of five words is the odd one
    # out, and whether the nearest words are of the same category.
    categories: Files = ()

    # Sets by name, which are downloaded once. Without a name, they are listed.
    sets: Annotated[
        tuple[str, ...] | None, arg(metavar="NAME [NAME ...]", help_behavior_hint="")
    ] = None

    # Vectors to use: one of the two tables, or both combined.
    vectors: Kind = "center"

    # Use only this many of the most frequent words in analogies and in the tests made from
    # categories.
    restrict: Annotated[int | None, arg(metavar="INT", help_behavior_hint="(default: all)")] = None

    # How analogies are answered: the word nearest to b - a + c, or the product of cosines.
    method: Literal["3cosadd", "3cosmul"] = "3cosadd"

    # Load only the most frequent words of a vector file.
    limit: Limit = None

    # Refuse a vector file with rows that cannot be used, instead of leaving them out.
    strict: Strict = False

    # Write the scores to this file as JSON; - is standard output.
    json: JsonFile = None

    # Write the tables to this file as comma-separated values; - is standard output.
    csv: JsonFile = None

    # Write the tables to this file in Markdown; - is standard output.
    markdown: JsonFile = None

    # Seed of the bootstrap intervals and of the initial clusters.
    seed: int = 0


def evaluate(options: Evaluate) -> int:
    """Print the scores of runs, the differences of two, and means over several.

    The exit status is 2 if categories were not evaluated because scikit-learn is missing.
    """
    from jaxtext import evaluation
    from jaxtext.base.files import json_text, replacing_if
    from jaxtext.base.ranges import number
    from jaxtext.reports.evaluation import (
        comparison_table,
        means_table,
        notes,
        set_notes,
        sets_table,
        tables,
    )
    from jaxtext.reports.tables import print_notes, print_tables

    if options.sets == ():
        print_tables(sets_table())
        return 0
    check_sets(options.sets or ())
    if not options.runs:
        raise InputError("evaluate: give at least one run folder or vector file")
    if not _without_categorization(options) and not options.categorization:
        raise InputError("evaluate: give at least one set: --similarity, --analogy, --sets, ...")
    if options.restrict is not None:
        number("restrict", options.restrict, 1, math.inf, whole=True)
    number("seed", options.seed, 0, 2**32 - 1, whole=True)
    if options.columns is not None and not options.similarity:
        raise InputError("names columns of --similarity, which is not given", "columns")
    missing = _missing(options)
    categorization = () if missing else options.categorization
    sets = evaluation.read(
        options.similarity,
        options.analogy,
        categorization,
        options.columns,
        options.categories,
        options.sets or (),
    )
    paths = options.runs
    vectors = [load(path, options.limit, options.strict) for path in paths]
    how = options.vectors, options.restrict, options.method, options.seed
    silent = to_stdout(options.json, options.csv, options.markdown)
    with replacing_if(None if options.json == STANDARD_OUTPUT else options.json) as file:
        reports = [
            _evaluated(path, each, sets, how, len(paths) > 1)
            for path, each in zip(paths, vectors, strict=True)
        ]
        content, comparison = reports[0].as_json(), None
        if len(reports) == 2:
            comparison = evaluation.compare(reports[0], reports[1], sets, options.seed)
            second = {"second": reports[1].as_json(), "difference": comparison.as_json()}
            content = {"first": content, **second}
        elif len(reports) > 2:
            content = _of_several(paths, reports)
        if file is not None:
            file.write_text(json_text(content), encoding="utf-8")
    every = [table for report in reports for table in tables(report)]
    if len(reports) > 1:
        every = [means_table(list(map(str, paths)), reports)]
    write_tables(options, every)
    if silent:
        if options.json == STANDARD_OUTPUT:
            write_result(STANDARD_OUTPUT, json_text(content))
        return 2 if missing else 0
    for path, report in zip(paths, reports, strict=True):
        if len(paths) > 1:
            print(f"\n{path}")
        print_tables(*tables(report))
        print_notes(notes(report))
    if comparison is not None:
        print_tables(comparison_table(comparison))
    if len(reports) > 2:
        print_tables(means_table(list(map(str, paths)), reports))
    print_notes(set_notes(sets))
    return 2 if missing else 0


def _without_categorization(options: Evaluate) -> bool:
    """Tell whether there are sets that need no scikit-learn."""
    return bool(options.similarity or options.analogy or options.categories or options.sets)


def _of_several(paths: Sequence[Path], reports: Sequence[Any]) -> dict[str, Any]:
    """Return the scores of several runs, with means and standard deviations, for JSON."""
    from jaxtext.evaluation.report import means

    runs = [{"run": str(path), **each.as_json()} for path, each in zip(paths, reports, strict=True)]
    summary = {name: each._asdict() for name, each in means(reports).items()}
    return {"runs": runs, "over_runs": summary}


def _missing(options: Evaluate) -> bool:
    """Say on standard error if scikit-learn is missing; raise if nothing else is to be done."""
    from jaxtext.evaluation import categorization

    if not options.categorization:
        return False
    try:
        categorization.require()
    except InputError as error:
        if not _without_categorization(options):
            raise
        print(f"jaxtext: {error}; the other sets are evaluated", file=sys.stderr, flush=True)
        return True
    return False


def _evaluated(path: Path, vectors: Any, sets: Any, how: tuple, several: bool) -> Any:
    from jaxtext import evaluation

    try:
        return evaluation.evaluate(vectors, sets, *how)
    except InputError as error:
        if several:
            raise InputError(f"{path}: {error}") from None
        raise

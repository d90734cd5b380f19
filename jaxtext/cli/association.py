"""`jaxtext association`: word embedding association tests."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from jaxtext.base.errors import InputError
from jaxtext.cli.shared import (
    Documents,
    JsonFile,
    RunPath,
    check_documents,
    load,
    to_stdout,
    write_result,
    write_tables,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jaxtext.evaluation.association import Association, Test
    from jaxtext.vectors.embeddings import Embeddings


@dataclass(frozen=True)
class Associate:
    """Test whether two sets of words are nearer to one or another set of attributes (WEAT)."""

    # Run folder or vector file.
    run: Positional[RunPath]

    # Files with four lines "name: word, word" a test: two lists of targets, two of attributes.
    files: Annotated[
        Positional[tuple[Path, ...]],
        arg(metavar="FILE [FILE ...]", help_behavior_hint="(required)"),
    ]

    # Train this many times on documents of the run's text drawn with replacement, for intervals.
    bootstrap: Annotated[int | None, arg(metavar="INT", help_behavior_hint="")] = None

    # What is a document for bootstrap: sentences or files.
    documents: Documents = "sentences"

    # Write the results to this file as JSON; - is standard output.
    json: JsonFile = None

    # Write the table to this file as comma-separated values; - is standard output.
    csv: JsonFile = None

    # Write the table to this file in Markdown; - is standard output.
    markdown: JsonFile = None


def associate(options: Associate) -> None:
    """Print effect sizes and p-values."""
    import numpy as np

    from jaxtext.base.files import json_text
    from jaxtext.evaluation import association
    from jaxtext.reports.tables import Table, print_tables

    if not options.files:
        raise InputError("association: give at least one file of word lists")
    check_documents(options)
    silent = to_stdout(options.json, options.csv, options.markdown)
    tests = [test for path in options.files for test in association.read(path)]
    vectors, rng = load(options.run), np.random.default_rng(0)
    results = [association.measure(vectors, test, rng) for test in tests]
    if options.bootstrap is not None:
        results = _with_intervals(options, vectors, tests, results)
    rows = [_row(test, result) for test, result in zip(tests, results, strict=True)]
    title = f"Association tests of {options.run}"
    table = Table(title, ["test", "effect", "95%", "p", "partitions", "covered"], rows)
    if options.json is not None:
        named = [{"test": t.name, **each.as_json()} for t, each in zip(tests, results, strict=True)]
        write_result(options.json, json_text({"run": str(options.run), "tests": named}))
    write_tables(options, [table])
    if not silent:
        print_tables(table)


def _with_intervals(
    options: Associate,
    vectors: "Embeddings",
    tests: "Sequence[Test]",
    results: "Sequence[Association]",
) -> "list[Association]":
    from jaxtext.cli.resampled import replicates
    from jaxtext.evaluation import association

    effects = [
        [association.effect(one, test) for test in tests]
        for one in replicates(options.run, options.bootstrap or 0, vectors, options.documents)
    ]
    each = zip(results, zip(*effects, strict=True), strict=True)
    return [association.with_interval(*one) for one in each]


def _row(test: "Test", result: "Association") -> list[str]:
    ends = "" if result.ci95 is None else "{:.2f} to {:.2f}".format(*result.ci95)
    partitions = "all" if result.exact else "sampled"
    covered = f"{result.covered} of {result.items}"
    return [test.name, f"{result.effect:.2f}", ends, f"{result.p:.2g}", partitions, covered]

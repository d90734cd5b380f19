"""`jaxtext info`: describe a run or a vector file."""

from dataclasses import dataclass

from tyro.conf import Positional

from jaxtext.cli.shared import (
    JsonFile,
    Limit,
    RunPath,
    Strict,
    load,
    to_stdout,
    write_result,
    write_tables,
)


@dataclass(frozen=True)
class Info:
    """Describe a run (corpus, settings, versions, hash of the vectors) or a vector file."""

    # Run folder or vector file.
    run: Positional[RunPath]

    # Write what is known of the run to this file as JSON; - is standard output.
    json: JsonFile = None

    # Write the tables to this file as comma-separated values; - is standard output.
    csv: JsonFile = None

    # Write the tables to this file in Markdown; - is standard output.
    markdown: JsonFile = None

    # Read only this many words of a vector file, the most frequent ones.
    limit: Limit = None

    # Refuse a vector file with an odd row instead of leaving the row out.
    strict: Strict = False


def info(options: Info) -> None:
    """Print a description of a run or a vector file."""
    from jaxtext import runs
    from jaxtext.base.files import json_text
    from jaxtext.reports.run import file_lines, file_table, info_tables
    from jaxtext.reports.tables import print_tables

    silent = to_stdout(options.json, options.csv, options.markdown)
    if options.run.exists() and not runs.is_run(options.run):
        vectors = load(options.run, options.limit, options.strict)
        tables = [file_table(vectors)]
        content = {"words": len(vectors), "dim": vectors.dim, "zeros": len(vectors.zeros())}
        lines = file_lines(vectors, options.run)
    else:
        run = runs.Run(options.run)
        config, manifest = run.read_json(runs.CONFIG), run.read_json(runs.MANIFEST)
        tables, content = info_tables(config, manifest), {"config": config, "manifest": manifest}
        lines = []
    if options.json is not None:
        write_result(options.json, json_text(content))
    write_tables(options, tables)
    if silent:
        return
    if lines:
        print("\n".join(lines))
    else:
        print_tables(*tables)

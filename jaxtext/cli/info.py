"""`jaxtext info`: describe a run or a vector file."""

from dataclasses import dataclass

from tyro.conf import Positional

from jaxtext.cli.shared import Limit, RunPath, Strict, load


@dataclass(frozen=True)
class Info:
    """Describe a run (corpus, settings, versions, hash of the vectors) or a vector file."""

    # Run folder or vector file.
    run: Positional[RunPath]

    # Read only this many words of a vector file, the most frequent ones.
    limit: Limit = None

    # Refuse a vector file with an odd row instead of leaving the row out.
    strict: Strict = False


def info(options: Info) -> None:
    """Print a description of a run or a vector file."""
    from jaxtext import runs
    from jaxtext.reports.run import file_lines, info_tables
    from jaxtext.reports.tables import print_tables

    if options.run.exists() and not runs.is_run(options.run):
        vectors = load(options.run, options.limit, options.strict)
        print("\n".join(file_lines(vectors, options.run)))
        return
    run = runs.Run(options.run)
    print_tables(*info_tables(run.read_json(runs.CONFIG), run.read_json(runs.MANIFEST)))

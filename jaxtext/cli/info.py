"""`jaxtext info`: describe a run or a vector file."""

from dataclasses import dataclass

from tyro.conf import Positional

from jaxtext.cli.shared import RunPath


@dataclass(frozen=True)
class Info:
    """Describe a run: corpus, settings, versions, hash of the vectors."""

    # Run folder or vector file.
    run: Positional[RunPath]


def info(options: Info) -> None:
    """Print a description of a run or a vector file."""
    from jaxtext import runs
    from jaxtext.reports.run import info_tables
    from jaxtext.reports.tables import print_tables

    if options.run.exists() and not runs.is_run(options.run):
        vectors = runs.load(options.run)
        print(f"{options.run}: {len(vectors):,} words, {vectors.dim} dimensions")
        return
    run = runs.Run(options.run)
    print_tables(*info_tables(run.read_json(runs.CONFIG), run.read_json(runs.MANIFEST)))

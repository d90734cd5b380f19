"""`jaxtext neighbors` and `jaxtext analogy`: ask questions of trained vectors."""

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import Positional, arg

from jaxtext.base.errors import InputError
from jaxtext.cli.shared import RunPath


@dataclass(frozen=True)
class Neighbors:
    """Print the nearest words by cosine similarity."""

    # Run folder or vector file.
    run: Positional[RunPath]
    words: Annotated[Positional[tuple[str, ...]], arg(metavar="WORD [WORD ...]")]

    # Number of neighbors per word.
    top: int = 10


@dataclass(frozen=True)
class Analogy:
    """Answer the question: A is to B as C is to what?"""

    # Run folder or vector file.
    run: Positional[RunPath]
    a: Positional[str]
    b: Positional[str]
    c: Positional[str]

    # Number of answers.
    top: int = 5


def neighbors(options: Neighbors) -> None:
    """Print a table of neighbors for each word."""
    from jaxtext import query, runs
    from jaxtext.reports.tables import print_tables

    if not options.words:
        raise InputError("neighbors: give at least one word")
    answers = query.neighbors(runs.load(options.run), list(options.words), options.top)
    print_tables(
        *(
            _table(f"Nearest to {word}", rows)
            for word, rows in zip(options.words, answers, strict=True)
        )
    )


def analogy(options: Analogy) -> None:
    """Print the answers to an analogy."""
    from jaxtext import query, runs
    from jaxtext.reports.tables import print_tables

    rows = query.analogy(runs.load(options.run), options.a, options.b, options.c, options.top)
    print_tables(_table(f"{options.a} is to {options.b} as {options.c} is to", rows))


def _table(title: str, answers: list[tuple[str, float]]):
    from jaxtext.reports.tables import Table

    return Table(title, ["word", "cosine"], [[word, f"{score:.4f}"] for word, score in answers])

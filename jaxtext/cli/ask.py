"""`jaxtext neighbors` and `jaxtext analogy`: ask questions of trained vectors."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import Positional, arg

from jaxtext.base.errors import InputError
from jaxtext.cli.shared import (
    Documents,
    JsonFile,
    Limit,
    RunPath,
    Strict,
    check_documents,
    load,
    note,
    tab_separated,
    to_stdout,
    write_result,
    write_tables,
)

if TYPE_CHECKING:
    from jaxtext.reports.tables import Table
    from jaxtext.vectors.embeddings import Embeddings


SHOWN = 3  # words with a zero vector that are named


@dataclass(frozen=True)
class Neighbors:
    """Print the nearest words by cosine similarity."""

    # Run folder or vector file.
    run: Positional[RunPath]

    # Words to find the neighbors of.
    words: Annotated[
        Positional[tuple[str, ...]], arg(metavar="WORD [WORD ...]", help_behavior_hint="(required)")
    ]

    # Number of neighbors per word.
    top: int = 10

    # Train this many times on documents of the run's text drawn with replacement, and print
    # intervals of the cosines.
    bootstrap: Annotated[int | None, arg(metavar="INT", help_behavior_hint="")] = None

    # What is a document for bootstrap: sentences or files.
    documents: Documents = "sentences"

    # Give words that are not in the vocabulary vectors from the sentences of this text that contain
    # them, as the run would have trained them with all else fixed: a file, a folder, or - for
    # standard input. Needs a run folder of sgns or exact.
    contexts: Annotated[Path | None, arg(metavar="PATH", help_behavior_hint="")] = None

    # Write the answers to this file as JSON; - is standard output.
    json: JsonFile = None

    # Write the tables to this file as comma-separated values; - is standard output.
    csv: JsonFile = None

    # Write the tables to this file in Markdown; - is standard output.
    markdown: JsonFile = None

    # Write a line "word TAB neighbor TAB cosine" per answer to this file; - is standard output.
    tsv: JsonFile = None

    # Read only this many words of the run or file, the most frequent ones.
    limit: Limit = None

    # Refuse a vector file with an odd row instead of leaving the row out.
    strict: Strict = False


@dataclass(frozen=True)
class Analogy:
    """Answer the question: A is to B as C is to what?"""

    # Run folder or vector file.
    run: Positional[RunPath]

    # First word of the question, such as "man".
    a: Annotated[Positional[str], arg(metavar="A")]

    # Second word, such as "woman".
    b: Annotated[Positional[str], arg(metavar="B")]

    # Third word, such as "king".
    c: Annotated[Positional[str], arg(metavar="C")]

    # Number of answers.
    top: int = 5

    # Write the answers to this file as JSON; - is standard output.
    json: JsonFile = None

    # Write the tables to this file as comma-separated values; - is standard output.
    csv: JsonFile = None

    # Write the tables to this file in Markdown; - is standard output.
    markdown: JsonFile = None

    # Write a line "A TAB B TAB C TAB answer TAB cosine" per answer to this file; - is standard
    # output.
    tsv: JsonFile = None

    # Read only this many words of the run or file, the most frequent ones.
    limit: Limit = None

    # Refuse a vector file with an odd row instead of leaving the row out.
    strict: Strict = False


def neighbors(options: Neighbors) -> None:
    """Print a table of neighbors for each word."""
    from jaxtext import query
    from jaxtext.reports.tables import print_tables

    if not options.words:
        raise InputError("neighbors: give at least one word")
    check_documents(options)
    silent = to_stdout(options.json, options.tsv, options.csv, options.markdown)
    vectors = load(options.run, options.limit, options.strict)
    answers = query.neighbors(vectors, _queries(options, vectors), options.top)
    _note_zeros(vectors)
    if options.bootstrap is not None:
        _with_intervals(options, vectors, answers, silent)
        return
    pairs = list(zip(options.words, answers, strict=True))
    content = {
        "run": str(options.run),
        "queries": [{"word": word, "neighbors": _objects(near)} for word, near in pairs],
    }
    rows = [[word, *answer] for word, near in pairs for answer in near]
    tables = _tables((f"Nearest to {word}", near) for word, near in pairs)
    _write(options, content, rows, tables)
    if not silent:
        print_tables(*tables)


def _with_intervals(
    options: Neighbors, vectors: "Embeddings", answers: list[Any], silent: bool
) -> None:
    """Print a table of neighbors for each word, with what resamples of the text say of them."""
    from jaxtext.cli.resampled import replicates
    from jaxtext.evaluation import stability
    from jaxtext.evaluation.items import finite
    from jaxtext.reports.tables import Table, print_tables

    for name in ("limit", "contexts"):
        if getattr(options, name) is not None:
            raise InputError("cannot be used with bootstrap", name, getattr(options, name))
    words = list(dict.fromkeys(options.words))
    pairs = [(w, near) for w, some in zip(options.words, answers, strict=True) for near, _ in some]
    trainings = replicates(options.run, options.bootstrap or 0, vectors, options.documents)
    found = stability.measure(trainings, words, pairs, options.top, whole=vectors)
    ends = zip(found.intervals().tolist(), found.counts().tolist(), strict=True)
    objects, tables = [], []
    for word, some in zip(options.words, answers, strict=True):
        listed = found.nearest[:, words.index(word)]
        near, rows = [], []
        for each, cosine in some:
            (low, high), resamples = next(ends)
            share = float((listed == vectors.ids([each])[0]).any(axis=1).mean())
            near.append(
                {
                    "word": each, "cosine": cosine, "ci95": [finite(low), finite(high)],
                    "listed": share, "resamples": resamples,
                }
            )  # fmt: skip
            ends_shown = stability.shown_interval(low, high)
            rows.append([each, f"{cosine:.4f}", ends_shown, f"{share:.0%}"])
        objects.append({"word": word, "neighbors": near})
        tables.append(Table(f"Nearest to {word}", ["word", "cosine", "95%", "listed"], rows))
    content = {"run": str(options.run), "bootstrap": options.bootstrap, "queries": objects}
    lines = [
        [each["word"], near["word"], near["cosine"],
         *("" if end is None else end for end in near["ci95"]), near["listed"]]
        for each in objects
        for near in each["neighbors"]
    ]  # fmt: skip
    fewest = min((near["resamples"] for each in objects for near in each["neighbors"]), default=0)
    if objects and fewest < (options.bootstrap or 0):
        note(
            f"some of the words are missing from resamples, so that intervals are of as few as "
            f"{fewest} of {options.bootstrap}"
        )
    _write(options, content, lines, tables)
    if not silent:
        print_tables(*tables)


def analogy(options: Analogy) -> None:
    """Print the answers to an analogy."""
    from jaxtext import query
    from jaxtext.reports.tables import print_tables

    silent = to_stdout(options.json, options.tsv, options.csv, options.markdown)
    a, b, c = asked = (options.a, options.b, options.c)
    vectors = load(options.run, options.limit, options.strict)
    answers = query.analogy(vectors, a, b, c, options.top)
    _note_zeros(vectors)
    content = {"run": str(options.run), "a": a, "b": b, "c": c, "answers": _objects(answers)}
    tables = _tables([(f"{a} is to {b} as {c} is to", answers)])
    _write(options, content, [[*asked, *answer] for answer in answers], tables)
    if not silent:
        print_tables(*tables)


def _queries(options: Neighbors, vectors: "Embeddings") -> list[Any]:
    """Return the words, or a vector for those that are not known if there are contexts."""
    unknown = [word for word in dict.fromkeys(options.words) if word not in vectors]
    if options.contexts is None or not unknown:
        return list(options.words)
    from jaxtext.runs.unseen import inferred

    rows = inferred(options.run, vectors, unknown, [str(options.contexts)])
    found = dict(zip(unknown, rows, strict=True))
    return [found.get(word, word) for word in options.words]


def _note_zeros(vectors: "Embeddings") -> None:
    zeros = vectors.zeros()
    if len(zeros):
        words = ", ".join(repr(vectors.words[row]) for row in zeros[:SHOWN])
        more = f" and {len(zeros) - SHOWN:,} more" if len(zeros) > SHOWN else ""
        note(f"no neighbors, because of a zero vector: {words}{more}")


def _objects(answers: list[tuple[str, float]]) -> list[dict[str, Any]]:
    return [{"word": word, "cosine": cosine} for word, cosine in answers]


def _write(
    options: Neighbors | Analogy,
    content: dict[str, Any],
    rows: list[list[Any]],
    tables: "list[Table]",
) -> None:
    from jaxtext.base.files import json_text

    if options.json is not None:
        write_result(options.json, json_text(content))
    if options.tsv is not None:
        write_result(options.tsv, tab_separated(rows))
    write_tables(options, tables)


def _tables(answers: Iterable[tuple[str, list[tuple[str, float]]]]) -> "list[Table]":
    from jaxtext.reports.tables import Table

    return [
        Table(title, ["word", "cosine"], [[word, f"{cosine:.4f}"] for word, cosine in near])
        for title, near in answers
    ]

"""`jaxtext compare`: which words are used differently in the texts of two runs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import Positional, arg

from jaxtext.base.errors import InputError
from jaxtext.cli.shared import (
    Documents,
    JsonFile,
    RunPath,
    load,
    note,
    to_stdout,
    write_result,
    write_tables,
)

if TYPE_CHECKING:
    from jaxtext.evaluation.change import Changes
    from jaxtext.reports.tables import Table


@dataclass(frozen=True)
class Compare:
    """List the words that are used most differently in the texts of two runs."""

    # Run folder or, with --procrustes, vector file.
    first: Positional[RunPath]

    # Run folder or, with --procrustes, vector file.
    second: Positional[RunPath]

    # Words to compare, instead of the most frequent ones.
    words: Annotated[
        Positional[tuple[str, ...]], arg(metavar="[WORD ...]", help_behavior_hint="")
    ] = ()

    # Number of words that are printed.
    top: int = 20

    # Compare this many words, the most frequent ones that both have.
    restrict: int = 1000

    # What is a document, of which the texts are taken to be samples: sentences or files.
    documents: Documents = "sentences"

    # Turn the vectors of the first onto those of the second, instead of reading the texts again.
    # There are no intervals and no p-values then.
    procrustes: bool = False

    # Write all compared words to this file as JSON; - is standard output.
    json: JsonFile = None

    # Write the table to this file as comma-separated values; - is standard output.
    csv: JsonFile = None

    # Write the table to this file in Markdown; - is standard output.
    markdown: JsonFile = None


def compare(options: Compare) -> None:
    """Print the words that changed most."""
    from jaxtext.base.files import json_text
    from jaxtext.reports.tables import print_tables

    for name in ("top", "restrict"):
        if getattr(options, name) < 1:
            raise InputError("must be at least 1", name, getattr(options, name))
    if options.procrustes and options.documents != "sentences":
        raise InputError("cannot be used with procrustes", "documents", options.documents)
    silent = to_stdout(options.json, options.csv, options.markdown)
    content, table = _turned(options) if options.procrustes else _texts(options)
    runs = {"first": str(options.first), "second": str(options.second)}
    if options.json is not None:
        write_result(options.json, json_text({**runs, **content}))
    write_tables(options, [table])
    if not silent:
        print_tables(table)


def _texts(options: Compare) -> "tuple[dict[str, Any], Table]":
    """Compare the texts of two runs, as far as both runs say how to read them."""
    import jax

    from jaxtext import uncertainty
    from jaxtext.evaluation.change import HEADER
    from jaxtext.reports.progress import Bars
    from jaxtext.reports.tables import Table
    from jaxtext.runs.texts import text_of
    from jaxtext.training.settings import Exact

    with Bars(only_terminals=True) as bars:
        watch = bars.watch(on_note=note)
        with (
            text_of(options.first, (), watch) as (record, _, first),
            text_of(options.second, (), watch) as (_, _, second),
        ):
            own = record.method
            known = ("dim", "window", "negatives", "subsample", "noise_exponent")
            method = Exact(**{name: getattr(own, name) for name in known if hasattr(own, name)})
            watch.on_stage("comparing")
            found = uncertainty.compare(
                jax.random.key(record.seed), first, second, method,
                words=list(options.words) or options.restrict,
                max_vocab=max(uncertainty.CONTEXTS, options.restrict),
                documents=options.documents,
            )  # fmt: skip
    return _content(found), Table(_title(options, len(found)), HEADER, found.rows()[: options.top])


def _content(found: "Changes") -> dict[str, Any]:
    from jaxtext.evaluation.items import finite

    words = [
        {
            "word": each.word, "cosine": finite(each.cosine), "ci95": each.interval, "p": each.p,
            "q": each.q, "documents": each.counts,
        }
        for each in found
    ]  # fmt: skip
    return {"method": "contexts held fixed", "words": words}


def _turned(options: Compare) -> "tuple[dict[str, Any], Table]":
    """Compare two tables of vectors, of which the first is turned onto the second."""
    import numpy as np

    from jaxtext.evaluation.change import aligned_cosines
    from jaxtext.reports.tables import Table

    first, second = load(options.first), load(options.second)
    if first.dim != second.dim:
        raise InputError(
            f"{options.first} has {first.dim} dimensions and {options.second} {second.dim}: they "
            "must have as many"
        )
    common = [word for word in first.words if word in second.vocab.index][: options.restrict]
    if len(common) <= first.dim:
        raise InputError(
            f"{len(common):,} words in common are too few to turn {first.dim} dimensions: compare "
            "more words"
        )
    if unknown := [word for word in options.words if word not in common]:
        raise InputError(f"{unknown[0]!r} is not among the {len(common):,} words that are compared")
    places = [one.ids(common) for one in (first, second)]
    cosines = aligned_cosines(first.center[places[0]], second.center[places[1]])
    order = [int(i) for i in np.argsort(cosines) if not options.words or common[i] in options.words]
    rows = [[common[i], f"{cosines[i]:.3f}"] for i in order[: options.top]]
    words = [{"word": common[i], "cosine": float(cosines[i])} for i in order]
    content = {"method": "orthogonal Procrustes", "words": words}
    return content, Table(_title(options, len(order)), ["word", "cosine"], rows)


def _title(options: Compare, compared: int) -> str:
    return f"{options.first} and {options.second}: words that differ most, of {compared:,}"

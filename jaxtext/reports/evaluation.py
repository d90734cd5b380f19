"""Tables of what `evaluation.evaluate` and `evaluation.compare` return."""

from collections.abc import Mapping
from typing import Any

from jaxtext.evaluation import analogy, categorization, similarity
from jaxtext.evaluation.report import Comparison, Report, Sets
from jaxtext.reports.tables import Table
from jaxtext.vectors.embeddings import Embeddings


def tables(report: Report) -> list[Table]:
    """Return one table for each kind of set that was evaluated."""
    tabulate = {
        "similarity": similarity_table,
        "analogy": analogy_table,
        "categorization": categorization_table,
    }
    return [tabulate[kind](results) for kind, results in report._asdict().items() if results]


def notes(sets: Sets, vectors: Mapping[Any, Embeddings], kind: str = "center") -> list[str]:
    """Return what should be known of sets and vectors: columns that were chosen, zero vectors.

    `vectors` are by the name that they are given.
    """
    told = [f"{name}: {pairs.columns}" for name, pairs in sets.similarity.items() if pairs.columns]
    for name, each in vectors.items():
        if zeros := len(each.zeros(kind)):
            who = "1 word has a zero vector and covers" if zeros == 1 else (
                f"{zeros:,} words have a zero vector and cover"
            )  # fmt: skip
            told.append(f"{name}: {who} no item")
    return told


def similarity_table(results: dict[str, similarity.Result]) -> Table:
    """Return Spearman's rho of each set, with its interval and the pairs that it is made of."""
    rows = [
        [name, score(r.spearman), interval(r.ci95), _covered(r), score(r.spearman_all)]
        for name, r in results.items()
    ]
    return Table("Similarity: Spearman's rho", _header("rho"), rows)


def analogy_table(results: dict[str, analogy.Result]) -> Table:
    """Return the accuracy of each set and, where it has several sections, of each section."""
    rows = []
    for name, r in results.items():
        rows.append([name, score(r.accuracy), interval(r.ci95), _covered(r), score(r.accuracy_all)])
        if len(r.sections) > 1:
            rows += [
                [f"  {section}", score(part["accuracy"]), "", _share(part), ""]
                for section, part in r.sections.items()
            ]
    return Table("Analogies: accuracy", _header("accuracy"), rows)


def categorization_table(results: dict[str, categorization.Result]) -> Table:
    """Return the purity of each set, beside that of shuffled categories, level by level."""
    rows = [
        [
            f"  level {number}" if number > 1 else name,
            score(level.purity),
            score(level.chance),
            _covered(r),
            score(level.purity_all),
        ]
        for name, r in results.items()
        for number, level in enumerate(r.levels, 1)
    ]
    return Table(
        "Categorization: purity", ["set", "purity", "by chance", "covered", "of all"], rows
    )


def comparison_table(comparison: Comparison) -> Table:
    """Return the scores of two runs on each set side by side, over the items known to both."""
    rows = []
    for differences in comparison:
        for name, each in differences.items():
            change = "-" if each.difference is None else f"{each.difference:+.3f}"
            differs = "yes" if each.significant else "no"
            scores = score(each.first), score(each.second)
            rows.append([name, *scores, change, interval(each.ci95, "+.3f"), differs])
    header = ["set", "first", "second", "difference", "95% interval", "differs"]
    return Table("Second minus first, over the items known to both", header, rows)


def score(value: float | int | None) -> str:
    """Return a score with three decimals, and a dash for one that is not defined.

    >>> score(0.25), score(None)
    ('0.250', '-')
    """
    return "-" if value is None else f"{value:.3f}"


def interval(ends: tuple[float, float] | None, form: str = ".3f") -> str:
    """Return both ends of an interval, and a dash for one that is not defined.

    >>> interval((-0.5, 0.25), "+.2f")
    '[-0.50, +0.25]'
    """
    return "-" if ends is None else f"[{ends[0]:{form}}, {ends[1]:{form}}]"


def _header(name: str) -> list[str]:
    return ["set", name, "95% interval", "covered", "of all"]


def _covered(result: Any) -> str:
    return f"{result.covered:,} of {result.items:,}"


def _share(section: dict[str, Any]) -> str:
    return f"{section['covered']:,} of {section['items']:,}"

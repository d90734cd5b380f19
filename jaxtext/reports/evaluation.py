"""Tables of what `evaluation.evaluate` and `evaluation.compare` return."""

from collections.abc import Sequence
from typing import Any

from jaxtext.base.html import visible
from jaxtext.evaluation import SETS, analogy, categorization, members, odd_one_out, similarity, topk
from jaxtext.evaluation.items import shown
from jaxtext.evaluation.report import Comparison, Report, Sets, means
from jaxtext.reports.tables import Table


def tables(report: Report) -> list[Table]:
    """Return one table for each kind of set, and one for the sections of each set that has some."""
    tabulate = {
        "similarity": similarity_table,
        "analogy": analogy_table,
        "categorization": categorization_table,
        "odd_one_out": odd_one_out_table,
        "topk": topk_table,
    }
    found = []
    for kind, results in report.kinds().items():
        found += [tabulate[kind](results)] if results else []
        if kind == "analogy":
            found += [section_table(*each) for each in results.items() if len(each[1].sections) > 1]
    return found


def notes(report: Report) -> list[str]:
    """Return what has to be said about the results: sets and words that could not be used."""
    found = [visible(line) for line in report.uncovered]
    if report.zeros:
        number = len(report.zeros)
        first = shown(report.zeros[0])
        which = f"the vector of {first} is zero: no pair or question with it is covered"
        if number > 1:
            which = (
                f"the vectors of {number:,} words, such as {first}, are zero: no pair or question "
                "with one of them is covered"
            )
        found.append(f"{which}, since zero has no direction")
    return found


def set_notes(sets: Sets) -> list[str]:
    """Return how sets of similarity were read, if not as two words and a score per line."""
    found = []
    for name, pairs in sets.similarity.items():
        if pairs.columns is not None and not pairs.columns.plain():
            found.append(f"{visible(name)}: {pairs.columns}")
        if similarity.tagged(pairs.words):
            a = pairs.words[0][0]
            found.append(
                f"{visible(name)}: words that are unknown with their part of speech, such as "
                f"{shown(a)}, are looked up without it"
            )
    return found


def similarity_table(results: dict[str, similarity.Result]) -> Table:
    """Return Spearman's rho of each set, with its interval and the pairs that it is made of."""
    rows = [
        [name, score(r.spearman), interval(r.ci95), _covered(r), score(r.spearman_all)]
        for name, r in results.items()
    ]
    return Table("Similarity: Spearman's rho", _header("rho"), rows)


def analogy_table(results: dict[str, analogy.Result]) -> Table:
    """Return the accuracy of each set."""
    return Table("Analogies: accuracy", _header("accuracy"), _accuracies(results))


def section_table(name: str, result: analogy.Result) -> Table:
    """Return the accuracy in each section of a set."""
    rows = [
        [section, score(part["accuracy"]), f"{part['covered']:,} of {part['items']:,}"]
        for section, part in result.sections.items()
    ]
    return Table(f"{name}: accuracy by section", ["section", "accuracy", "covered"], rows)


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


def odd_one_out_table(results: dict[str, members.Result]) -> Table:
    """Return how often the odd one was found in each set."""
    size = odd_one_out.SIZE + 1
    title = f"Odd one out of {size} words: accuracy ({1 / size:.3f} by chance)"
    return Table(title, _header("accuracy"), _accuracies(results))


def topk_table(results: dict[str, members.Result]) -> Table:
    """Return which part of the nearest words belongs to the same category, for each set."""
    title = f"The {topk.TOP} nearest words: part that is of the same category"
    return Table(title, _header("part"), _accuracies(results))


def _accuracies(results: dict[str, Any]) -> list[list[str]]:
    return [
        [name, score(r.accuracy), interval(r.ci95), _covered(r), score(r.accuracy_all)]
        for name, r in results.items()
    ]


def sets_table() -> Table:
    """Return the evaluation sets that are known by name."""
    rows = [[name, each.kind, each.about] for name, each in SETS.items()]
    return Table("Evaluation sets by name", ["set", "kind", "what it contains"], rows)


def comparison_table(comparison: Comparison) -> Table:
    """Return the scores of two runs on each set side by side, over the items known to both."""
    rows = []
    for name, each in comparison.named():
        change = "-" if each.difference is None else f"{each.difference:+.3f}"
        differs = "yes" if each.significant else "no"
        scores = score(each.first), score(each.second)
        rows.append([name, *scores, change, interval(each.ci95, "+.3f"), differs])
    header = ["set", "first", "second", "difference", "95% interval", "differs"]
    return Table("Second minus first, over the items known to both", header, rows)


def means_table(names: Sequence[str], reports: Sequence[Report]) -> Table:
    """Return the scores of several runs, their mean and their standard deviation, by set."""
    rows = [
        [name, *map(score, each.scores), score(each.mean), score(each.deviation)]
        for name, each in means(reports).items()
    ]
    header = ["set", *names, "mean", "standard deviation"]
    return Table(f"Scores of {len(names)} runs", header, rows)


def score(value: float | int | None) -> str:
    """Return a score with three decimals, and a dash for one that is not defined.

    >>> score(0.25), score(None)
    ('0.250', '-')
    """
    return "-" if value is None else f"{value:.3f}"


def interval(ends: tuple[float, float] | None, form: str = ".3f") -> str:
    """Return both ends of an interval in brackets, and a dash for one that is not defined.

    >>> interval((-0.5, 0.25), "+.2f")
    '[-0.50, +0.25]'
    """
    return "-" if ends is None else f"[{ends[0]:{form}}, {ends[1]:{form}}]"


def _header(name: str) -> list[str]:
    return ["set", name, "95% interval", "covered", "of all"]


def _covered(result: Any) -> str:
    return f"{result.covered:,} of {result.items:,}"

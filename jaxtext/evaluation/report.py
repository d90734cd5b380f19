"""Many sets at once: `jaxtext evaluate`, its tables and its JSON."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from jaxtext.base.errors import InputError
from jaxtext.evaluation import analogy, categorization, similarity
from jaxtext.evaluation.items import SAMPLES, Difference
from jaxtext.reports.terminal import print_table
from jaxtext.vectors.embeddings import Embeddings, SparseEmbeddings

T = TypeVar("T")

Interval = tuple[float, float]


class Sets(NamedTuple):
    """Evaluation sets by name, of each kind."""

    similarity: dict[str, similarity.Pairs]
    analogy: dict[str, list[analogy.Question]]
    categorization: dict[str, categorization.Categories]


class Report(NamedTuple):
    """Results by set."""

    similarity: dict[str, similarity.Result]
    analogy: dict[str, analogy.Result]
    categorization: dict[str, categorization.Result]

    def as_json(self) -> dict[str, Any]:
        """What `jaxtext evaluate --json` writes."""
        return {
            kind: {name: result.as_json() for name, result in results.items()}
            for kind, results in self._asdict().items()
        }


class Comparison(NamedTuple):
    """Differences by set."""

    similarity: dict[str, Difference]
    analogy: dict[str, Difference]
    categorization: dict[str, Difference]

    def as_json(self) -> dict[str, Any]:
        """As in the report of `jaxtext evaluate --json` on two runs."""
        return {
            kind: {
                name: each._asdict() | {"significant": each.significant}
                for name, each in differences.items()
            }
            for kind, differences in self._asdict().items()
        }


def read(
    similarities: Sequence[Path] = (),
    analogies: Sequence[Path] = (),
    categorizations: Sequence[Path] = (),
) -> Sets:
    """Read files; the name of a set is its file's name without the ending.

    Raises `InputError` for files that cannot be used and for two with one name.
    """
    return Sets(
        _read(similarity.read, similarities),
        _read(analogy.read, analogies),
        _read(categorization.read, categorizations),
    )


def _read(reader: Callable[[Path], T], paths: Sequence[Path]) -> dict[str, T]:
    found: dict[str, T] = {}
    for path in paths:
        if path.stem in found:
            raise InputError(f"{path}: a set called {path.stem!r} was given already: rename one")
        found[path.stem] = reader(path)
    return found


def evaluate(
    embeddings: Embeddings | SparseEmbeddings,
    sets: Sets,
    kind: str = "center",
    restrict: int | None = None,
    method: analogy.Method = "3cosadd",
    seed: int = 0,
    samples: int = SAMPLES,
) -> Report:
    """Evaluate on all sets; arguments as those of the single evaluations.

    `samples` are those of the intervals of similarity; with 0 there are none. Sparse vectors cannot
    be evaluated on categories. Raises `InputError` naming a set of which nothing is known.
    """

    def each(found: dict[str, T], score: Callable[[T], Any]) -> dict[str, Any]:
        results = {}
        for name, items in found.items():
            try:
                results[name] = score(items)
            except InputError as error:
                raise InputError(f"{name}: {error}") from None
        return results

    return Report(
        each(
            sets.similarity,
            lambda pairs: similarity.evaluate(embeddings, pairs, kind, seed, samples),
        ),
        each(
            sets.analogy,
            lambda asked: analogy.evaluate(embeddings, asked, kind, restrict, method, seed),
        ),
        each(
            sets.categorization,
            lambda found: categorization.evaluate(embeddings, found, kind, seed),
        ),
    )


def compare(first: Report, second: Report, sets: Sets, seed: int = 0) -> Comparison:
    """How much higher the second's scores are, by paired bootstraps over common items."""
    return Comparison(
        {
            name: similarity.difference(result, second.similarity[name], pairs, seed)
            for (name, result), pairs in zip(
                first.similarity.items(), sets.similarity.values(), strict=True
            )
        },
        {
            name: analogy.difference(result, second.analogy[name], seed)
            for name, result in first.analogy.items()
        },
        {
            name: categorization.difference(result, second.categorization[name], seed)
            for name, result in first.categorization.items()
        },
    )


def print_report(report: Report) -> None:
    """A table for each kind of set that there is."""
    if report.similarity:
        rows = [
            [name, _score(r.spearman), _interval(r.ci95), _covered(r), _score(r.spearman_all)]
            for name, r in report.similarity.items()
        ]
        print_table("Similarity: Spearman's rho", _header("rho"), rows)
    if report.analogy:
        rows = []
        for name, r in report.analogy.items():
            rows.append(
                [name, _score(r.accuracy), _interval(r.ci95), _covered(r), _score(r.accuracy_all)]
            )
            rows += [
                [f"  {section}", _score(part["accuracy"]), "", _share(part), ""]
                for section, part in r.sections.items()
                if len(r.sections) > 1
            ]
        print_table("Analogies: accuracy", _header("accuracy"), rows)
    if report.categorization:
        rows = [
            [
                name if not place else f"  level {place + 1}",
                _score(level.purity),
                f"{level.chance:.3f}",
                _covered(r),
                _score(level.purity_all),
            ]
            for name, r in report.categorization.items()
            for place, level in enumerate(r.levels)
        ]
        header = ["set", "purity", "by chance", "covered", "of all"]
        print_table("Categorization: purity", header, rows)


def print_comparison(differences: Comparison) -> None:
    """Both runs side by side, over all sets, on what both know."""
    rows = []
    for kind in Comparison._fields:
        for name, each in getattr(differences, kind).items():
            verdict = "yes" if each.significant else "no"
            change = "-" if each.difference is None else f"{each.difference:+.3f}"
            scores = _score(each.first), _score(each.second)
            rows.append([name, *scores, change, _interval(each.ci95, "+.3f"), verdict])
    header = ["set", "first", "second", "difference", "95% interval", "differs"]
    print_table("Second less first, over the items that both know", header, rows)


def _header(name: str) -> list[str]:
    return ["set", name, "95% interval", "covered", "of all"]


def _score(value: Any) -> str:
    return "-" if value is None else f"{value:.3f}"


def _interval(values: Interval | None, form: str = ".3f") -> str:
    return "-" if values is None else f"{values[0]:{form}} {values[1]:{form}}"


def _covered(result: Any) -> str:
    return f"{result.covered:,} of {result.items:,}"


def _share(part: dict[str, Any]) -> str:
    return f"{part['covered']:,} of {part['items']:,}"

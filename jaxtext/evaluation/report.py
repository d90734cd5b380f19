"""Evaluation on many sets at once, and the comparison of two such evaluations."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from jaxtext.base.errors import InputError
from jaxtext.evaluation import analogy, categorization, similarity
from jaxtext.evaluation.items import SAMPLES, Difference, NothingKnown
from jaxtext.vectors.embeddings import Embeddings, SparseEmbeddings

T = TypeVar("T")


class Sets(NamedTuple):
    """Evaluation sets by name, of each kind."""

    similarity: dict[str, similarity.Pairs]
    analogy: dict[str, list[analogy.Question]]
    categorization: dict[str, categorization.Categories]


class Report(NamedTuple):
    """The results of one table of vectors, by set."""

    similarity: dict[str, similarity.Result]
    analogy: dict[str, analogy.Result]
    categorization: dict[str, categorization.Result]

    def as_json(self) -> dict[str, Any]:
        """Return what `jaxtext evaluate --json` writes for one run."""
        return {
            kind: {name: result.as_json() for name, result in results.items()}
            for kind, results in self._asdict().items()
        }


class Comparison(NamedTuple):
    """The differences between two reports, by set."""

    similarity: dict[str, Difference]
    analogy: dict[str, Difference]
    categorization: dict[str, Difference]

    def as_json(self) -> dict[str, Any]:
        """Return what `jaxtext evaluate --json` writes about the difference of two runs."""
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
    columns: str | None = None,
) -> Sets:
    """Read sets from files; the name of a set is the name of its file without the suffix.

    `columns` names the columns of the words and scores in all similarity sets, if it is given (see
    `similarity.read`).

    Raises `InputError` for files that cannot be used and for two sets of one kind with one name.
    """
    return Sets(
        _read(partial(similarity.read, columns=columns), similarities),
        _read(analogy.read, analogies),
        _read(categorization.read, categorizations),
    )


def _read(reader: Callable[[Path], T], paths: Sequence[Path]) -> dict[str, T]:
    sets: dict[str, T] = {}
    for path in paths:
        if path.stem in sets:
            raise InputError(f"{path}: a set called {path.stem!r} was given already: rename one")
        sets[path.stem] = reader(path)
    return sets


def evaluate(
    embeddings: Embeddings | SparseEmbeddings,
    sets: Sets,
    kind: str = "center",
    restrict: int | None = None,
    method: analogy.Method = "3cosadd",
    seed: int = 0,
    samples: int = SAMPLES,
) -> Report:
    """Evaluate on all sets, with the arguments of the single evaluations.

    `kind` is one of those of `Embeddings.vectors`; `restrict` and `method` concern analogies.
    `samples` bootstrap samples make the intervals of similarity; with 0 there are none. Sparse
    vectors cannot be evaluated on categories. A set of which nothing is known has results without
    scores. Raises `InputError` if that is so of every set, and if scikit-learn is missing for
    categories.
    """
    failures = []

    def each(named: dict[str, T], score: Callable[[T], Any], unknown: Callable[[T], Any]) -> dict:
        results = {}
        for name, items in named.items():
            try:
                results[name] = score(items)
            except NothingKnown as error:
                failures.append(InputError(f"{name}: {error}"))
                results[name] = unknown(items)
            except InputError as error:
                raise InputError(f"{name}: {error}") from None
        return results

    if sets.categorization:
        categorization.check_installed()
    report = Report(
        each(
            sets.similarity,
            lambda pairs: similarity.evaluate(embeddings, pairs, kind, seed, samples),
            similarity.unknown,
        ),
        each(
            sets.analogy,
            lambda asked: analogy.evaluate(embeddings, asked, kind, restrict, method, seed),
            analogy.unknown,
        ),
        each(
            sets.categorization,
            lambda words: categorization.evaluate(embeddings, words, kind, seed),
            categorization.unknown,
        ),
    )
    if failures and len(failures) == sum(map(len, report)):
        raise failures[0]
    return report


def compare(first: Report, second: Report, sets: Sets, seed: int = 0) -> Comparison:
    """Return how much higher the second scores are, by paired bootstraps over common items.

    Both reports must be about `sets`.
    """
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

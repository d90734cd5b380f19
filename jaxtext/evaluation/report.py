"""Evaluation on many sets at once, and the comparison of two such evaluations."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from jaxtext.base.errors import InputError
from jaxtext.evaluation import (
    analogy,
    categorization,
    items,
    members,
    odd_one_out,
    similarity,
    topk,
)
from jaxtext.evaluation.items import SAMPLES, Difference
from jaxtext.evaluation.named import read_named
from jaxtext.vectors.embeddings import Embeddings, SparseEmbeddings

T = TypeVar("T")
# What is evaluated, and which sets it is made from.
KINDS: dict[str, tuple[Any, str]] = {
    "similarity": (similarity, "similarity"),
    "analogy": (analogy, "analogy"),
    "categorization": (categorization, "categorization"),
    "odd_one_out": (odd_one_out, "categories"),
    "topk": (topk, "categories"),
}
TESTS = {"odd_one_out": "odd one out", "topk": "top k"}  # several that are made from one set


class Sets(NamedTuple):
    """Evaluation sets by name, of each kind."""

    similarity: dict[str, similarity.Pairs]
    analogy: dict[str, list[analogy.Question]]
    categorization: dict[str, categorization.Categories]
    categories: dict[str, categorization.Categories] = {}  # for odd one out, and top k

    def words(self) -> dict[str, None]:
        """Return the different words of all sets, in their order."""
        pairs = (pair for each in self.similarity.values() for pair in each.words)
        asked = (q for each in self.analogy.values() for q in each)
        parts = ((q.a, *q.b, q.c, *q.answers) for q in asked)
        named = (c.words for each in (self.categorization, self.categories) for c in each.values())
        return dict.fromkeys(chain.from_iterable(chain(pairs, parts, named)))


class Report(NamedTuple):
    """The results of one table of vectors, by set."""

    similarity: dict[str, similarity.Result]
    analogy: dict[str, analogy.Result]
    categorization: dict[str, categorization.Result]
    zeros: tuple[str, ...] = ()  # words of the sets whose vector is zero
    uncovered: tuple[str, ...] = ()  # what to say of each set that covers nothing
    odd_one_out: dict[str, members.Result] = {}
    topk: dict[str, members.Result] = {}

    def kinds(self) -> dict[str, dict[str, Any]]:
        """Return the results by kind and set; those made from categories where there are some."""
        found = {kind: getattr(self, kind) for kind in KINDS}
        return {kind: each for kind, each in found.items() if each or kind not in TESTS}

    def as_json(self) -> dict[str, Any]:
        """Return what `jaxtext evaluate --json` writes for one run."""
        return {
            kind: {name: result.as_json() for name, result in results.items()}
            for kind, results in self.kinds().items()
        }


class Comparison(NamedTuple):
    """The differences between two reports, by set."""

    similarity: dict[str, Difference]
    analogy: dict[str, Difference]
    categorization: dict[str, Difference]
    odd_one_out: dict[str, Difference] = {}
    topk: dict[str, Difference] = {}

    def as_json(self) -> dict[str, Any]:
        """Return what `jaxtext evaluate --json` writes about the difference of two runs."""
        return {
            kind: {
                name: each._asdict() | {"significant": each.significant}
                for name, each in differences.items()
            }
            for kind, differences in self._asdict().items()
            if differences or kind not in TESTS
        }

    def named(self) -> list[tuple[str, Difference]]:
        """Return the differences, and what `label` calls each."""
        return [
            (label(kind, name), each)
            for kind, differences in self._asdict().items()
            for name, each in differences.items()
        ]


def label(kind: str, name: str) -> str:
    """Return what a set is called where several kinds are listed together.

    >>> label("analogy", "google"), label("topk", "animals")
    ('google', 'animals (top k)')
    """
    return f"{name} ({TESTS[kind]})" if kind in TESTS else name


def read(
    similarities: Sequence[str | Path] = (),
    analogies: Sequence[str | Path] = (),
    categorizations: Sequence[str | Path] = (),
    columns: str | Sequence[int] | None = None,
    categories: Sequence[str | Path] = (),
    sets: Sequence[str] = (),
) -> Sets:
    """Read sets from files, and analogies also from folders.

    `categorizations` are clustered; of `categories`, files in the same format, odd one out and top
    k are made. `sets` are names of sets that are downloaded on first use, see `named.SETS`.

    The name of a set is that of its file without the suffix, or of its folder. `columns` are those
    of the files of similarity, as in `similarity.read`. Raises `InputError` for files that cannot
    be used, for two sets of one kind with one name, and as `named.named_set` does.
    """
    found = Sets(
        _read(partial(similarity.read, columns=columns), similarities, "similarities"),
        _read(analogy.read, analogies, "analogies"),
        _read(categorization.read, categorizations, "categorizations"),
        _read(categorization.read, categories, "categories"),
    )
    for name, (kind, content) in read_named(sets).items():
        if name in getattr(found, kind):
            raise InputError("a file with this name was given already: rename it", "sets", name)
        getattr(found, kind)[name] = content
    return found


def _read(reader: Callable[[Path], T], paths: Sequence[str | Path], parameter: str) -> dict[str, T]:
    if isinstance(paths, str | Path):
        raise InputError("is one path: give a list of paths", parameter, str(paths))
    sets: dict[str, T] = {}
    for path in map(Path, paths):
        name = path.resolve().name if path.is_dir() else path.stem
        if name in sets:
            raise InputError(f"{path}: a set called {name!r} was given already: rename one")
        sets[name] = reader(path)
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

    `kind` is one of those of `Embeddings.vectors`; `restrict` concerns analogies, odd one out
    and top k, and `method` analogies.
    `samples` bootstrap samples make the intervals of similarity; with 0 there are none. A set that
    covers nothing has no scores. Raises `InputError` if that is so of all sets, naming the first,
    and, before anything is computed, if categories need scikit-learn and it is not installed.
    """
    if sets.categorization:
        categorization.require()
    similar = {
        name: similarity.evaluate(embeddings, pairs, kind, seed, samples)
        for name, pairs in sets.similarity.items()
    }
    analogies = {
        name: analogy.evaluate(embeddings, asked, kind, restrict, method, seed)
        for name, asked in sets.analogy.items()
    }
    categories = {
        name: categorization.evaluate(embeddings, words, kind, seed)
        for name, words in sets.categorization.items()
    }
    odd, near = (
        {
            name: module.evaluate(embeddings, words, kind, restrict, seed)
            for name, words in sets.categories.items()
        }
        for module in (odd_one_out, topk)
    )
    report = Report(similar, analogies, categories, _zeros(embeddings, sets, kind), (), odd, near)
    uncovered = tuple(
        f"{name}: {KINDS[kind][0].unknown(getattr(sets, KINDS[kind][1])[name])}"
        for kind, results in report.kinds().items()
        for name, result in results.items()
        if not result.covered
    )
    if uncovered and len(uncovered) == sum(map(len, report.kinds().values())):
        raise InputError(uncovered[0])
    return report._replace(uncovered=uncovered)


def _zeros(embeddings: Embeddings | SparseEmbeddings, sets: Sets, kind: str) -> tuple[str, ...]:
    """Return the words of the vocabulary that the sets ask for and whose vectors are zero."""
    found = items.ids(embeddings.vocab, sets.words())
    places = np.unique(np.array(list(found.values()), np.int64))
    zero = places[~items.directed(embeddings.vectors(kind)[places])]
    return tuple(embeddings.vocab.words[place] for place in zero.tolist())


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
        *(
            {
                name: members.difference(result, getattr(second, kind)[name], seed)
                for name, result in getattr(first, kind).items()
            }
            for kind in TESTS
        ),
    )


class Mean(NamedTuple):
    """The scores of several runs on one set: each, their mean, and their standard deviation."""

    scores: tuple[float | None, ...]
    mean: float | None  # over the runs that have a score
    deviation: float | None  # of a sample; None for fewer than two scores


def means(reports: Sequence[Report]) -> dict[str, Mean]:
    """Return the scores of several reports on each set, such as those of different seeds.

    The score of a set of categories is the purity of its first level.
    """
    found: dict[str, list[float | None]] = {}
    for place, report in enumerate(reports):
        for kind, results in report.kinds().items():
            for name, result in results.items():
                scores = found.setdefault(label(kind, name), [None] * len(reports))
                scores[place] = score(result)
    return {name: _mean(scores) for name, scores in found.items()}


def score(result: Any) -> float | None:
    """Return the one number that stands for a result."""
    if isinstance(result, similarity.Result):
        return result.spearman
    if isinstance(result, categorization.Result):
        return result.levels[0].purity
    return result.accuracy


def _mean(scores: Sequence[float | None]) -> Mean:
    known = [each for each in scores if each is not None]
    mean = float(np.mean(known)) if known else None
    return Mean(tuple(scores), mean, float(np.std(known, ddof=1)) if len(known) > 1 else None)

"""Every method with every seed, each measured once, however often it is started."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

from jaxtext.base.errors import InputError
from jaxtext.runs.results import open_results
from jaxtext.text.encoded import Corpus
from jaxtext.training.settings import Method

RESULTS = "results.jsonl"
Scores = Mapping[str, float | None]


def swept(
    out: Path,
    corpus: Corpus,
    methods: Sequence[Method],
    seeds: Sequence[int],
    measure: Callable[[Method, int], Scores],
) -> Iterator[tuple[Method, int, Scores]]:
    """Yield each method and seed with its scores, which are on disk then.

    What `results.jsonl` in the folder `out` has already is not measured again. Raises `InputError`
    for results of another text, and for scores that are no numbers.
    """
    shared = {"corpus": corpus.sha256, "vocabulary": corpus.vocab.sha256()}
    results = open_results(out / RESULTS, shared)
    for method, seed in product(methods, seeds):
        settings = {"method": method.name, **asdict(method), "seed": seed}
        row = results.get(settings)
        if row is None:
            scores = {name: _number(name, value) for name, value in measure(method, seed).items()}
            results.add(settings, {"scores": scores})
            row = {"scores": scores}
        yield method, seed, row["scores"]


def _number(name: str, value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be a number, found {value!r}", "score") from None

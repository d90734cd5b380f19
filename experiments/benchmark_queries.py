"""jaxtext and gensim on the same vectors, in turn: reading, neighbors, analogies.

    pip install -e '.[bench]'
    python experiments/benchmark_queries.py RUN --analogies questions-words.txt

RUN is a run folder or a vector file. Its vectors are written as word2vec text and binary, which
both tools read; then both answer 1,000 queries for 10 neighbors, gensim one by one, and the
analogy questions among all words. Times are medians over the repetitions, the first of which
includes compilation; the answers of both are compared. Takes about three minutes for 70,000 words
of 100 dimensions on 2 cores; nothing else should run. Expect ratios of 3 to 4 for reading text, 2
for binary, 8 to 12 for neighbors and 10 to 27 for analogies.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import numpy as np
import tyro
from gensim.models import KeyedVectors
from tyro.conf import Positional, arg

import jaxtext
from jaxtext import export, query
from jaxtext.evaluation import analogy
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables


@dataclass(frozen=True)
class Config:
    """What is measured."""

    run: Annotated[Positional[Path], arg(metavar="RUN")]
    analogies: Path | None = None
    """A file in the layout of questions-words.txt."""
    repetitions: int = 5
    queries: int = 1_000


def timed(*functions: Callable[[], Any], repetitions: int) -> tuple[list[float], list[Any]]:
    """Call functions in turn; return the median seconds of each, and its last answer."""
    seconds: list[list[float]] = [[] for _ in functions]
    answers: list[Any] = [None] * len(functions)
    for _ in range(repetitions):
        for place, function in enumerate(functions):
            begin = time.perf_counter()
            answers[place] = function()
            seconds[place].append(time.perf_counter() - begin)
    return [median(each) for each in seconds], answers


def main(config: Config) -> None:
    """Measure, and print a table."""
    rows: list[list[str]] = []

    def compare(name: str, ours: Callable[[], Any], theirs: Callable[[], Any]) -> list[Any]:
        (mine, other), answers = timed(ours, theirs, repetitions=config.repetitions)
        rows.append([name, f"{mine:.2f}", f"{other:.2f}", f"{other / mine:.1f} x"])
        return answers

    loaded = jaxtext.load(config.run)
    size = f"{len(loaded.vocab):,} x {loaded.center.shape[1]}"
    with tempfile.TemporaryDirectory() as folder:
        for form in ("text", "binary"):
            path = Path(folder) / form
            export.write(loaded, path, f"word2vec-{form}")
            ours, peer = compare(
                f"read {size}, {form}",
                lambda path=path: export.read(path),
                lambda path=path, form=form: KeyedVectors.load_word2vec_format(
                    str(path), binary=form == "binary"
                ),
            )
            print(f"{form}: every vector equal: {np.array_equal(ours.center, peer.vectors)}")
    chosen = np.random.default_rng(0).choice(len(loaded.vocab), config.queries, replace=False)
    words = loaded.vocab.decode(chosen)
    ours, theirs = compare(
        f"{config.queries:,} times 10 neighbors",
        lambda: query.neighbors(loaded, words),
        lambda: [peer.most_similar(word) for word in words],
    )
    same = sum(
        [word for word, _ in mine] == [word for word, _ in other]
        for mine, other in zip(ours, theirs, strict=True)
    )
    print(f"neighbors: {same} of {len(words)} lists are the same")
    if config.analogies is not None:
        questions = analogy.read(config.analogies)
        ours, theirs = compare(
            f"{len(questions):,} analogies",
            lambda: analogy.evaluate(loaded, questions),
            lambda: peer.evaluate_word_analogies(str(config.analogies), len(loaded.vocab)),
        )
        print(f"analogies: accuracy {ours.accuracy:.6f} and {theirs[0]:.6f}")
    print_tables(Table("Median seconds", ["", "jaxtext", "gensim", "ratio"], rows))


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

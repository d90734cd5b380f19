"""Stability: how much cosines and neighbors depend on the seed, and on which lines were collected.

    head -c 12000000 enwiki.txt > text.txt
    python experiments/stability.py text.txt --out runs/stability

Trains with several seeds, and on lines drawn with replacement: from the beginning, and in one, two
and five passes from the vectors of the text (`passes` of `jaxtext.stability`). Measures standard
deviations of the cosines of pairs of words, near and distant ones, as shares of those of lines from
the beginning; the overlap of the ten nearest neighbors; and seconds a training.

Then the lines are dealt out into two halves, which differ by chance alone, several times. Each half
gets standard deviations of its own. If they are right, the cosines of the halves differ by at most
1.96 standard deviations of a difference for 95% of the pairs. Writes table.md.

`exact` on 12 MB of English Wikipedia, 3,000 words, alone on 2 cores: 9.5 minutes, 1.1 GB.
Expect, of 180 pairs in all lines and 341 in two times two halves:

    trainings         number   median SD   share   overlap   seconds each   within 1.96 SD
    seeds                  6       0.025     45%      0.73            3.5
    lines                 20       0.056    100%      0.46            3.7            0.935
    lines, 1 pass         20       0.023     43%      0.74            0.5            0.534
    lines, 2 passes       20       0.034     62%      0.64            0.6            0.716
    lines, 5 passes       20       0.045     84%      0.53            1.1            0.859

Lines make twice the difference that seeds make. Trainings from the beginning give intervals that
contain what they should (with standard deviations from 20 resamples, which are uncertain, 94%
would); passes from the vectors of the text are faster, and their intervals too narrow. `sgns` with
`--seeds 4 --bootstrap 8 --splits 1`: 0.030 for seeds, 0.055 for lines, 0.933 within.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import jax
import numpy as np
import tyro
from jaxtyping import Float
from tyro.conf import Positional, arg

import jaxtext
from jaxtext import Corpus, Embeddings
from jaxtext.base.errors import InputError
from jaxtext.base.files import write_text
from jaxtext.evaluation.stability import Stability
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, markdown_text, print_tables
from jaxtext.text import Reading
from jaxtext.text.reading import sentences_in
from jaxtext.training.settings import METHODS, Counted, Method

NEIGHBORS = (1, 10, 100)  # ranks of the neighbors that make a pair with a word
FREQUENT = 1000  # words among which the first of a pair is drawn
DEVIATIONS = 1.96  # that contain 95% of a normal distribution
HEADER = ["trainings", "number", "median SD", "share", "overlap", "seconds each"]


@dataclass(frozen=True)
class Config:
    """What is trained."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    out: Path = Path("runs/stability")
    methods: tuple[str, ...] = ("exact", "sgns")
    dim: int = 100
    max_vocab: int = 3000
    min_count: int = 5
    words: int = 60
    """Words that are paired with their neighbors of the ranks 1, 10 and 100."""
    seeds: int = 6
    bootstrap: int = 20
    passes: tuple[int, ...] = (1, 2, 5)
    splits: int = 2
    """How often the lines are dealt out into halves."""
    seed: int = 0


class Timed(NamedTuple):
    """What several trainings have in common, and the seconds of one."""

    found: Stability
    seconds: float


def pairs_of(vectors: Embeddings, config: Config) -> list[tuple[str, str]]:
    """Draw frequent words, and pair each with near and distant neighbors."""
    rng = np.random.default_rng(config.seed)
    words = rng.choice(vectors.words[:FREQUENT], config.words, replace=False).tolist()
    last = min(NEIGHBORS[-1], len(vectors.words) - 1)
    nearest = (jaxtext.neighbors(vectors, word, top=last) for word in words)
    return [
        (word, near[min(rank, last) - 1][0])
        for word, near in zip(words, nearest, strict=True)
        for rank in NEIGHBORS
    ]


def timed(
    key: Any, corpus: Corpus, method: Method, config: Config, passes: int | None, **how: Any
) -> Timed:
    """Train on resamples of a text."""
    begun = time.perf_counter()
    number = config.bootstrap
    found = jaxtext.stability(corpus, method, key, bootstrap=number, passes=passes, **how)
    return Timed(found, (time.perf_counter() - begun) / number)


def ways(method: Method, config: Config) -> tuple[int | None, ...]:
    """Return the numbers of passes, where None is a training from the beginning."""
    return (None, *config.passes) if isinstance(method, Counted) else (None,)


def way(passes: int | None) -> str:
    """Return the name of a kind of trainings on resamples."""
    if passes is None:
        return "lines"
    return f"lines, {passes} pass{'es' if passes > 1 else ''}"


def variation(corpus: Corpus, method: Method, config: Config) -> tuple[list[list[str]], Any]:
    """Return a row for seeds and each kind of resamples, and the pairs that were measured."""
    key = jax.random.key(config.seed)
    start = jaxtext.train(key, corpus, method)
    pairs = pairs_of(start, config)
    begun = time.perf_counter()
    keys = jax.random.split(key, config.seeds)
    seeds = jaxtext.stability(corpus, method, keys, pairs=pairs)
    rows = {"seeds": Timed(seeds, (time.perf_counter() - begun) / config.seeds)}
    for passes in ways(method, config):
        name = way(passes)
        rows[name] = timed(key, corpus, method, config, passes, pairs=pairs, start=start)
    full = rows[way(None)].found.deviations()
    lines = []
    for name, (found, seconds) in rows.items():
        deviations = found.deviations()
        share = np.median(deviations / full)
        cells = f"{np.median(deviations):.3f}", f"{share:.0%}", f"{found.overlap.mean():.2f}"
        lines.append([name, f"{len(found.nearest)}", *cells, f"{seconds:.1f}"])
    return lines, pairs


def distances(one: Stability, other: Stability) -> Float[np.ndarray, " P"]:
    """Return the differences of the cosines of two halves, in standard deviations."""
    deviations = np.hypot(one.deviations(), other.deviations())
    assert one.values is not None and other.values is not None
    return np.abs(one.values - other.values) / deviations


def coverage(
    sentences: Sequence[list[str]], method: Method, pairs: Sequence[Any], config: Config
) -> list[list[str]]:
    """Return the share of pairs whose cosines in two halves differ as little as they should."""
    rng, far = np.random.default_rng(config.seed), {passes: [] for passes in ways(method, config)}
    for split in range(config.splits):
        order = rng.permutation(len(sentences)).tolist()
        halves = [
            jaxtext.read([sentences[i] for i in part], min_count=config.min_count,
                         max_vocab=config.max_vocab)
            for part in (order[::2], order[1::2])
        ]  # fmt: skip
        known = [p for p in pairs if all(word in half.vocab for word in p for half in halves)]
        keys = jax.random.split(jax.random.key(split), 2)
        starts = [jaxtext.train(*each, method) for each in zip(keys, halves, strict=True)]
        for passes, found in far.items():
            one, other = (
                timed(key, half, method, config, passes, pairs=known, start=start, words=1).found
                for key, half, start in zip(keys, halves, starts, strict=True)
            )
            found.extend(distances(one, other).tolist())
    return [
        [way(passes), f"{len(found):,}", f"{np.mean(np.array(found) <= DEVIATIONS):.3f}"]
        for passes, found in far.items()
    ]


def main(config: Config) -> None:
    """Measure, print the tables and write them."""
    if not config.corpus.is_file():
        raise InputError(f"{config.corpus}: no such file")
    sentences = [each for each in sentences_in([str(config.corpus)], Reading()) if each]
    corpus = jaxtext.read(sentences, min_count=config.min_count, max_vocab=config.max_vocab)
    tables = []
    for name in config.methods:
        method = METHODS[name](dim=config.dim)
        rows, pairs = variation(corpus, method, config)
        covered = coverage(sentences, method, pairs, config)
        header = ["trainings", "pairs", f"within {DEVIATIONS} SD"]
        tables += [Table(name, HEADER, rows), Table(f"{name}, two halves", header, covered)]
        print_tables(*tables[-2:])
        write_text(config.out / "table.md", markdown_text(tables))


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

"""Unseen words: how near is a vector from a few contexts to the one that training would have given?

    head -c 12000000 enwiki.txt > text.txt
    python experiments/unseen_words.py text.txt --out runs/unseen_words

Draws words that occur 128 to 1,000 times, removes all of them from the text, trains with and
without them, and infers each from 1, 4, 16, 64 and all of its sentences (`jaxtext.infer`). Compares
with the vectors that training with the words gives: the cosine after an orthogonal rotation that
takes the other words of one training to those of the other (Procrustes), the share of the ten
nearest words that both have, and the median rank of the trained vector's ten nearest words among
all words by the inferred one. `mean` is the mean of the center vectors of the same neighbors.
Writes results.json and table.md.

`exact` with 100 words on 12 MB of English Wikipedia (1.96 million words), 2 busy cores: 24 minutes
for up to 64 sentences. Expect (cosine / shared of 10 nearest / median rank among 22,000 words):

    sentences        1                    4                   16                   64
    mean             0.34 / 0.06 / 1,839  0.46 / 0.09 /   426  0.53 / 0.11 / 196   0.55 / 0.12 / 148
    prior 0          0.17 / 0.02 / 5,060  0.28 / 0.04 / 1,856  0.51 / 0.18 / 155   0.77 / 0.42 /  15
    prior 1          0.24 / 0.04 / 3,610  0.31 / 0.06 / 1,424  0.52 / 0.18 / 152   0.77 / 0.42 /  15
    prior 10         0.30 / 0.05 / 2,566  0.37 / 0.09 /   778  0.54 / 0.20 / 118   0.77 / 0.43 /  14

The cosine rises with the sentences in every row. From one to four sentences, the mean of the
neighbors is at least as good; from sixteen on the convex row is better, at 64 by far. A prior of 10
pairs, the default of `infer`, is the best of the three throughout.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import jax
import numpy as np
import tyro
from jaxtyping import Float, Int
from scipy import sparse
from scipy.linalg import orthogonal_procrustes
from tyro.conf import Positional, arg

import jaxtext
from jaxtext import Embeddings
from jaxtext.base.errors import InputError
from jaxtext.base.files import write_json, write_text
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables
from jaxtext.text import Reading
from jaxtext.text.reading import sentences_in
from jaxtext.training.settings import METHODS
from jaxtext.training.unseen import fitted, neighbors_of
from jaxtext.vectors.embeddings import normalize

NEAREST = 10
Sentences = list[list[str]]


@dataclass(frozen=True)
class Config:
    """What is trained and inferred."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    out: Path = Path("runs/unseen_words")
    methods: tuple[str, ...] = ("exact",)
    """Also sgns."""
    dim: int = 100
    min_count: int = 5
    words: int = 100
    """Words that are removed."""
    occurs: tuple[int, int] = (128, 1000)
    contexts: tuple[int, ...] = (1, 4, 16, 64)
    """Occurrences from which a word is inferred, besides all."""
    priors: tuple[float, ...] = (0.0, 1.0, 10.0)
    seed: int = 0


class Score(NamedTuple):
    """How near inferred vectors are to trained ones, means over the words; the rank is a median."""

    cosine: float
    shared: float
    rank: float


class Aligned(NamedTuple):
    """Unit vectors of the words of both trainings, and of the removed words where trained."""

    without: Float[np.ndarray, "n D"]
    rotation: Float[np.ndarray, "D D"]  # to the other training
    removed: Float[np.ndarray, "N D"]
    nearest: Int[np.ndarray, "N NEAREST"]

    def score(self, vectors: Float[np.ndarray, "N D"]) -> Score:
        """Compare vectors of the removed words with the trained ones."""
        vectors = normalize(vectors)
        places = np.argsort(-(vectors @ self.without.T), axis=1, kind="stable")
        ranks = np.argsort(places, axis=1)  # of each word
        of_nearest = np.take_along_axis(ranks, self.nearest, axis=1)
        cosine = ((vectors @ self.rotation) * self.removed).sum(axis=1).mean()
        shared = (of_nearest < NEAREST).mean()
        return Score(float(cosine), float(shared), float(np.median(of_nearest) + 1))


def chosen(sentences: Sentences, config: Config) -> list[str]:
    """Draw words of letters that occur often enough, but not too often."""
    vocab = jaxtext.text.Vocab.build(sentences, config.min_count)
    least, most = config.occurs
    pairs = zip(vocab.words, vocab.counts.tolist(), strict=True)
    candidates = [word for word, count in pairs if least <= count <= most and word.isalpha()]
    if len(candidates) < config.words:
        raise InputError(
            f"{len(candidates)} words occur {least} to {most} times, and {config.words} are needed"
        )
    rng = np.random.default_rng(config.seed)
    return rng.choice(candidates, config.words, replace=False).tolist()


def aligned(trained: Embeddings, without: Embeddings, words: list[str]) -> Aligned:
    """Rotate a training without some words to the one that has them."""
    common = [word for word in without.words if word in trained]
    one, other = (normalize(each.center[each.ids(common)]) for each in (without, trained))
    rotation = np.asarray(orthogonal_procrustes(one, other)[0], np.float32)
    removed = normalize(trained.center[trained.ids(words)])
    nearest = np.argsort(-(removed @ other.T), axis=1, kind="stable")[:, :NEAREST]
    return Aligned(one, rotation, removed, nearest)


def pairs_of(
    words: list[str], sentences: Sentences, number: int | None, vectors: Embeddings, method: Any
) -> sparse.csr_array:
    """Count the neighbors of each word in that number of its sentences, or in all."""
    places: dict[str, list[int]] = {word: [] for word in words}
    for place, sentence in enumerate(sentences):
        for word in places.keys() & sentence:
            places[word].append(place)
    rng, rows = np.random.default_rng(1), []
    for word in words:
        some = rng.permutation(places[word])[:number]
        rows.append(neighbors_of([word], [sentences[i] for i in some], vectors.vocab, method))
    return sparse.csr_array(sparse.vstack(rows))


def measured(config: Config, sentences: Sentences) -> Iterator[dict[str, Any]]:
    """Yield the scores of each method, prior and number of contexts."""
    words = chosen(sentences, config)
    removed = set(words)
    cut = [[word for word in sentence if word not in removed] for sentence in sentences]
    corpora = [jaxtext.read(each, min_count=config.min_count) for each in (sentences, cut)]
    for name in config.methods:
        method = METHODS[name](dim=config.dim)
        trained, without = (
            jaxtext.train(jax.random.key(config.seed + place), corpus, method)
            for place, corpus in enumerate(corpora)
        )
        both = aligned(trained, without, words)
        for number in (*config.contexts, None):
            pairs = pairs_of(words, sentences, number, without, method)
            means = (pairs @ without.center) / np.asarray(pairs.sum(axis=1))[:, None]
            ways = {"mean": means}
            ways |= {
                f"prior {prior:g}": fitted(without, pairs, method, prior) for prior in config.priors
            }
            for way, vectors in ways.items():
                score = both.score(np.asarray(vectors, np.float32))
                row = {"method": name, "way": way, "contexts": number, **score._asdict()}
                print(*row.values(), flush=True)
                yield row


def table(rows: list[dict[str, Any]], config: Config) -> Table:
    """Return a line for each method and way: cosine, shared neighbors and rank by contexts."""
    numbers = [*config.contexts, None]
    header = ["method", "vector", *("all" if n is None else str(n) for n in numbers)]
    lines: dict[tuple[str, str], list[str]] = {}
    for row in sorted(rows, key=lambda row: numbers.index(row["contexts"])):
        cell = f"{row['cosine']:.2f} / {row['shared']:.2f} / {row['rank']:,.0f}"
        lines.setdefault((row["method"], row["way"]), []).append(cell)
    title = f"cosine / shared of {NEAREST} nearest / median rank, by contexts"
    return Table(title, header, [[*key, *cells] for key, cells in lines.items()])


def main(config: Config) -> None:
    """Measure, print the table, and write it."""
    if not config.corpus.is_file():
        raise InputError(f"{config.corpus}: no such file")
    sentences = [each for each in sentences_in([str(config.corpus)], Reading()) if each]
    rows = list(measured(config, sentences))
    print_tables(table(rows, config))
    write_json(config.out / "results.json", {"config": scripts.settings(config), "rows": rows})
    write_text(config.out / "table.md", table(rows, config).markdown() + "\n")


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

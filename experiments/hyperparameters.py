"""Hyperparameters that matter: PPMI, SVD, SGNS, GloVe and the exact objective over one grid.

    pip install -e '.[eval]'
    python experiments/hyperparameters.py CORPUS --eval EVAL --out runs/hyperparameters

CORPUS is a text file; EVAL is a folder with similarity/*.tsv (word, word, score) and, for
analogies, analogy/questions-words.txt. The grid is that of Levy, Goldberg and Dagan (2015):
windows, the exponent that smooths the distribution of contexts (of the noise for sgns and exact),
the shift by ln k, the power of the singular values, and center vectors w or their sum with the
context vectors, w+c, for which both tables get the same power.

- ppmi: rows of the positive shifted PMI matrix, as sparse vectors.
- svd: its truncated singular value decomposition.
- exact: the objective of sgns over counts, by powers of the singular values of its scores.
- sgns: sampled, as trained (power "-"), and by powers of the singular values of its scores.
- glove: GloVe's objective over counts (`glove.py`), as trained; exponent and shift are no settings
  of it, and no word is left out.

Windows are dynamic; the pairs of glove count 1/d. Subsampling is one draw for exact (dirty), a new
draw in each epoch for sgns, and expected weights for ppmi and svd. A count serves all methods that
use it, and a training all of its powers; the seconds of each configuration are what it would take
alone, including compilation where a shape is new. Spearman's rho is taken over the pairs whose
words are both known; the mean is over all similarity sets, each counted once, even where sets share
pairs. Analogies are answered among the 30,000 most frequent words, by 3CosAdd and by 3CosMul.

The first tables have the configurations with the best mean, chosen on the same sets, which flatters
it a little. The last one is the paper's main table (table 5) on this text: for each window and set,
the configuration is chosen on one half of the set, every other item, and measured on the other, and
the two results are averaged. Beside it stand the numbers of the paper, which differ in text (1.5
billion words of Wikipedia against CORPUS), vocabulary (words that occur at least 100 times),
dimensions (500) and program; the order of the methods can be compared, the height of the scores
cannot.

On 10 MB of Wikipedia with --max-vocab 10000, all but glove took eleven minutes on 2 cores; a
training took 1 second for ppmi, 4 for svd, 15 for exact and 5 to 43 for sgns, ten times as long on
100 MB. Expect w+c above w for every method on so little text, k 5 above k 1 for all but exact, and
a best mean of .36 for ppmi, .46 for svd, .43 for exact and .44 for sgns.

Every finished configuration is a line of results.jsonl; a second start measures only what is
missing. Also writes table.md. Exits with 1 if a training failed, and with 2 if the
folder contains results of another corpus or of other evaluation sets.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from statistics import mean
from typing import Annotated, Any, Literal, NamedTuple

import jax
import numpy as np
import tyro
from glove import Glove
from glove import train as train_glove
from scipy.stats import spearmanr
from tyro.conf import Positional, arg

import jaxtext
from jaxtext import Corpus, Diverged, Embeddings, evaluation, factorization
from jaxtext.base.errors import InputError
from jaxtext.base.files import sha256, sha256_of, write_text
from jaxtext.evaluation import items
from jaxtext.models.objective import Objective
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables
from jaxtext.runs.results import Results, open_results
from jaxtext.training import Exact, Sgns, Svd, counting, fit, methods, svd
from jaxtext.training.sampling import noise_distribution
from jaxtext.vectors.embeddings import SparseEmbeddings

Name = Literal["ppmi", "svd", "exact", "sgns", "glove"]
Kind = Literal["w", "w+c"]
Compared = Sgns | Exact | Svd | Glove
Row = dict[str, Any]  # a line of results.jsonl
Counter = Callable[[Exact | Svd], tuple[Objective, float]]  # and its seconds
Chosen = dict[Name, dict[str, Row]]  # "best" and "default" of each method

NAMES: tuple[Name, ...] = ("ppmi", "svd", "exact", "sgns", "glove")  # the first two share a count
RECORDS: dict[Name, type[Compared]] = {
    "ppmi": Svd, "svd": Svd, "exact": Exact, "sgns": Sgns, "glove": Glove,
}  # fmt: skip
KINDS: dict[Kind, str] = {"w": "center", "w+c": "sum"}
DEFAULT_POWER = {"svd": svd.POWER, "exact": methods.POWER}
ANALOGY = "questions-words"
ANALOGY_WORDS = 30_000  # answers and questions are among the most frequent words
STAGES = ("count", "train", "factorize")
LEAST_PAIRS = 3  # known pairs of a similarity set, without which it is left out
HYPERPARAMETERS = {
    "window": "window", "noise_exponent": "exponent", "negatives": "k", "power": "power",
    "vectors": "vectors",
}  # fmt: skip
# Levy, Goldberg and Dagan (2015), table 5, of the sets that are here: window and method, scores.
PUBLISHED_SETS = (
    "ws353-sim", "ws353-rel", "rw2034", "simlex999", f"{ANALOGY} 3cosadd", f"{ANALOGY} 3cosmul",
)  # fmt: skip
PUBLISHED: dict[tuple[int, Name], tuple[float, ...]] = {
    (2, "ppmi"): (0.732, 0.699, 0.457, 0.382, 0.552, 0.677),
    (2, "svd"): (0.772, 0.671, 0.508, 0.425, 0.554, 0.591),
    (2, "sgns"): (0.789, 0.675, 0.449, 0.433, 0.676, 0.689),
    (2, "glove"): (0.720, 0.605, 0.389, 0.388, 0.649, 0.666),
    (5, "ppmi"): (0.732, 0.706, 0.442, 0.360, 0.518, 0.649),
    (5, "svd"): (0.764, 0.679, 0.499, 0.416, 0.532, 0.569),
    (5, "sgns"): (0.772, 0.690, 0.454, 0.403, 0.692, 0.714),
    (5, "glove"): (0.745, 0.617, 0.416, 0.389, 0.700, 0.712),
    (10, "ppmi"): (0.735, 0.701, 0.235, 0.336, 0.532, 0.605),
    (10, "svd"): (0.766, 0.681, 0.312, 0.419, 0.526, 0.562),
    (10, "sgns"): (0.794, 0.700, 0.281, 0.422, 0.694, 0.710),
    (10, "glove"): (0.746, 0.643, 0.266, 0.375, 0.702, 0.712),
}


@dataclass(frozen=True)
class Config:
    """The grid, and what all of its configurations share."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    eval: Path
    out: Path = Path("runs/hyperparameters")
    methods: tuple[Name, ...] = NAMES
    windows: tuple[int, ...] = (2, 5, 10)
    exponents: tuple[float, ...] = (1.0, 0.75)
    """Exponents of the distribution of contexts, or of the noise."""
    negatives: tuple[int, ...] = (1, 5, 15)
    """Values of k, whose logarithm shifts the PMI."""
    powers: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0)
    """Powers of the singular values; ppmi has none, and sgns is also measured as trained."""
    max_vocab: int = 20_000
    min_count: int = 5
    subsample: float = 1e-3
    dim: int = 100
    epochs: int = 5
    """Epochs of sgns."""
    passes: int = 3
    """Passes of exact."""
    glove_passes: int = 10
    seed: int = 0


class Training(NamedTuple):
    """What is trained once, for several kinds of vectors; ppmi is what svd factorizes."""

    name: Name
    method: Compared

    def __str__(self) -> str:
        name, method = self
        own = ""
        if not isinstance(method, Glove):
            own = f", exponent {method.noise_exponent:g}, k {method.negatives}"
        return f"{name}, window {method.window}{own}"


class Variant(NamedTuple):
    """Which vectors of a training are measured; power None stands for those that it leaves."""

    power: float | None
    kind: Kind


class Trained(NamedTuple):
    """What a training leaves: vectors, the factors of their scores unless sparse, and seconds."""

    vectors: Embeddings | SparseEmbeddings
    factors: factorization.SVD | None
    seconds: tuple[float, float, float]  # to count, train and factorize


def grid(config: Config) -> Iterator[tuple[Training, Variant, Row]]:
    """Yield all configurations and their settings; those that share a count follow each other."""
    names: list[Name] = [name for name in NAMES if name in config.methods]
    for window in config.windows:
        for name in names:
            powers: list[float | None] = [None] if name in ("ppmi", "sgns", "glove") else []
            powers += [] if name in ("ppmi", "glove") else dict.fromkeys(map(float, config.powers))
            kinds: tuple[Kind, ...] = ("w",) if name == "ppmi" else tuple(KINDS)
            for method in methods_of(config, name, window):
                training = Training(name, method)
                for variant in itertools.starmap(Variant, itertools.product(powers, kinds)):
                    yield training, variant, settings(config, training, variant)


def methods_of(config: Config, name: Name, window: int) -> Iterator[Compared]:
    """Yield the records of a method with the settings of the grid, for one window."""
    if name == "glove":
        yield Glove(dim=config.dim, window=window, epochs=config.glove_passes)
        return
    epochs = {"sgns": {"epochs": config.epochs}, "exact": {"epochs": config.passes}}
    shared = {"dim": config.dim, "subsample": config.subsample, "window": window}
    for exponent, negatives in itertools.product(config.exponents, config.negatives):
        own = {"noise_exponent": float(exponent), "negatives": negatives}
        yield RECORDS[name](**shared, **own, **epochs.get(name, {}))


def settings(config: Config, training: Training, variant: Variant) -> Row:
    """Return all that the vectors depend on, except for the text."""
    values = {"method": training.name, **asdict(training.method)}
    values |= {"power": variant.power, "vectors": variant.kind, "seed": config.seed}
    values |= {"max_vocab": config.max_vocab, "min_count": config.min_count}
    unused = {"ppmi": ("dim", "seed"), "svd": ("seed",), "glove": ("seed",)}.get(training.name, ())
    return {name: value for name, value in values.items() if name not in unused}


def counter(key: jax.Array, corpus: Corpus) -> Counter:
    """Return a function that counts for a method; a count is kept until another one is needed."""

    @lru_cache(maxsize=1)
    def count(method: Exact | Svd) -> tuple[Objective, float]:
        begin = time.perf_counter()
        objective = counting.objective(key, corpus.vocab, corpus.text, method)
        return objective, time.perf_counter() - begin

    def count_for(method: Exact | Svd) -> tuple[Objective, float]:
        objective, seconds = count(replace(method, negatives=1, noise_exponent=1.0))
        noise = noise_distribution(corpus.vocab.counts, method.noise_exponent)  # svd has its own
        return objective._replace(noise=noise, negatives=method.negatives), seconds

    return count_for


def train(key: jax.Array, corpus: Corpus, training: Training, count: Counter) -> Trained:
    """Train as `jaxtext.train` does. Raises `InputError` and `Diverged`."""
    name, method = training
    objective, counted = count(method) if isinstance(method, Exact | Svd) else (None, 0.0)
    begin = time.perf_counter()
    if objective is not None and isinstance(method, Svd) and name == "ppmi":
        matrix = svd.positive_pmi(objective, method.noise_exponent).by_center
        vectors = SparseEmbeddings(corpus.vocab, matrix)
        return Trained(vectors, None, (counted, time.perf_counter() - begin, 0.0))
    if isinstance(method, Glove):
        params, _ = train_glove(corpus, method)
    else:
        params = fit(key, corpus, method, objective=objective)
    center, context = (np.asarray(table, np.float32) for table in params)
    vectors = Embeddings(corpus.vocab, center, context)
    trained = time.perf_counter()
    factors = factorization.product_svd(params)
    seconds = counted, trained - begin, time.perf_counter() - trained
    return Trained(vectors, factors, seconds)


def measure(trained: Trained, variant: Variant, sets: evaluation.Sets) -> Row:
    """Evaluate one kind of vectors; what cannot be measured is None and not part of the mean."""
    vectors, (*seconds, factorize) = trained.vectors, trained.seconds
    if variant.power is not None and trained.factors is not None:
        power = variant.power  # the same for both tables, so that they can be added
        params = factorization.vectors(trained.factors, power, context_power=power)
        center, context = (np.asarray(table, np.float32) for table in params)
        vectors = Embeddings(vectors.vocab, center, context)
    seconds.append(0.0 if variant.power is None else factorize)
    kind = KINDS[variant.kind]
    report = evaluation.evaluate(vectors, sets, kind, restrict=ANALOGY_WORDS, samples=0)
    scores = {name: result.spearman for name, result in report.similarity.items()}
    known = [each for each in scores.values() if each is not None]
    results = [*report.similarity.items(), *report.analogy.items()]
    return {
        "seconds": dict(zip(STAGES, [round(spent, 3) for spent in seconds], strict=True)),
        "coverage": {name: result.covered / result.items for name, result in results},
        "scores": scores,
        "mean": mean(known) if known else None,
        "analogy": report.analogy[ANALOGY].accuracy if report.analogy else None,
        "halves": dict(halves(report, vectors, sets, kind)),
    }


def halves(
    report: Any, vectors: Embeddings | SparseEmbeddings, sets: evaluation.Sets, kind: str
) -> Iterator[tuple[str, list[float | None]]]:
    """Yield each set's scores on its first, third, ... item, and on its second, fourth, ..."""
    for name, result in report.similarity.items():
        given = sets.similarity[name].scores
        yield name, [rho(result.cosines[half::2], given[half::2]) for half in (0, 1)]
    for name, asked in sets.analogy.items():
        right = {"3cosadd": report.analogy[name].right}
        multiplied = evaluation.analogy.evaluate(vectors, asked, kind, ANALOGY_WORDS, "3cosmul")
        right["3cosmul"] = multiplied.right
        for method, each in right.items():
            yield f"{name} {method}", [accuracy(each[half::2]) for half in (0, 1)]


def rho(cosines: np.ndarray, given: np.ndarray) -> float | None:
    """Return Spearman's rho over the pairs whose cosine is known; None for too few."""
    known = ~np.isnan(cosines)
    if known.sum() < LEAST_PAIRS:
        return None
    found = float(spearmanr(cosines[known], given[known]).statistic)  # pyright: ignore
    return None if np.isnan(found) else found


def accuracy(right: np.ndarray) -> float | None:
    """Return the part of the known questions that are answered right."""
    known = right[~np.isnan(right)]
    return float(known.mean()) if known.size else None


# Running ----------------------------------------------------------------------------------------


def set_files(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the similarity sets, by name, and the analogies. Raises `InputError` without a set."""
    similarity = sorted((folder / "similarity").glob("*.tsv"))
    if not similarity:
        raise InputError(f"{folder}: contains no similarity/*.tsv", "eval")
    return similarity, [p for p in [folder / "analogy" / f"{ANALOGY}.txt"] if p.exists()]


def read_sets(config: Config, corpus: Corpus) -> evaluation.Sets:
    """Read the sets of which enough is known. Raises `InputError` if there is no such set."""
    sets = evaluation.read(*set_files(config.eval))
    words = sets.words()
    known, frequent = (items.ids(corpus.vocab, words, size) for size in (None, ANALOGY_WORDS))
    pairs = {
        name: each
        for name, each in sets.similarity.items()
        if sum({a, b} <= known.keys() for a, b in each.words) >= LEAST_PAIRS
    }
    questions = {
        name: asked
        for name, asked in sets.analogy.items()
        if any({q.a, *q.b, q.c, *q.answers} <= frequent.keys() for q in asked)
    }
    if not pairs:
        raise InputError(f"{config.eval}: no set has {LEAST_PAIRS} pairs of known words", "eval")
    return sets._replace(similarity=pairs, analogy=questions)


def run(config: Config, missing: Sequence[tuple[Training, Variant, Row]], results: Results) -> int:
    """Train and measure what is missing, and return how many trainings failed."""
    corpus = jaxtext.read(config.corpus, min_count=config.min_count, max_vocab=config.max_vocab)
    if config.dim > len(corpus.vocab):
        raise InputError(f"at most as many as words, {len(corpus.vocab)}", "dim", config.dim)
    key, sets, failed = jax.random.key(config.seed), read_sets(config, corpus), 0
    count = counter(key, corpus)
    print(f"{corpus.tokens:,} words, {len(corpus.vocab):,} different ones", flush=True)
    trainings = [(key, list(rows)) for key, rows in itertools.groupby(missing, lambda row: row[0])]
    for number, (training, rows) in enumerate(trainings, 1):
        place = f"{number} of {len(trainings)}: {training}"
        try:
            trained = train(key, corpus, training, count)
        except (InputError, Diverged) as error:
            failed += 1
            print(f"{place}: FAILED: {error}", flush=True)
            continue
        means = []
        for _, variant, its_settings in rows:
            measured = measure(trained, variant, sets)
            results.add(its_settings, measured)
            means += [] if measured["mean"] is None else [measured["mean"]]
        spent, best = sum(trained.seconds), max(means, default=None)
        print(f"{place}: {spent:.1f} s, best {score(best)}", flush=True)
    return failed


def main(config: Config) -> int:
    """Train and evaluate what is missing, then show all; return the exit status."""
    if not config.corpus.is_file():
        raise InputError(f"{config.corpus}: no such file")
    sets = (f"{path.name}\0{sha256(path)}" for path in itertools.chain(*set_files(config.eval)))
    identity = {"corpus": sha256(config.corpus), "evaluation": sha256_of(map(str.encode, sets))}
    results = open_results(config.out / "results.jsonl", identity)
    wanted = list(grid(config))
    missing = [each for each in wanted if results.get(each[2]) is None]
    print(f"{len(missing)} of {len(wanted)} configurations to do", flush=True)
    failed = run(config, missing, results) if missing else 0
    rows = [row for each in wanted if (row := results.get(each[2])) is not None]
    if rows:
        tables = [best_table(rows), set_table(rows), effect_table(rows), held_out_table(rows)]
        print_tables(*tables)
        content = "\n\n".join(table.markdown() for table in tables)
        write_text(config.out / "table.md", content + "\n")
    if failed:
        print(f"{failed} trainings FAILED")
    return 1 if failed else 0


# Tables ---------------------------------------------------------------------------------------


def chosen(rows: Sequence[Row]) -> Chosen:
    """Return each method's best configuration, and its default one if that was measured."""
    both: Chosen = {}
    for name in NAMES:
        own = [row for row in rows if row["settings"]["method"] == name]
        if not own:
            continue
        both[name] = {"best": max(own, key=lambda r: -2 if r["mean"] is None else r["mean"])}
        record = RECORDS[name]()
        shared = {"window", "noise_exponent", "negatives"} & asdict(record).keys()
        default = {each: getattr(record, each) for each in shared}
        default |= {"power": DEFAULT_POWER.get(name), "vectors": "w"}
        for row in own:
            if default.items() <= row["settings"].items():
                both[name]["default"] = row
    return both


def best_table(rows: Sequence[Row]) -> Table:
    """Return settings, scores and seconds of the best and default configurations."""
    lines = [
        [
            f"{name} {which}",
            *(cell(row["settings"].get(setting)) for setting in HYPERPARAMETERS),
            score(row["mean"]),
            f"{row['seconds']['count']:.1f}",
            f"{row['seconds']['train'] + row['seconds']['factorize']:.1f}",
        ]
        for name, its_rows in chosen(rows).items()
        for which, row in its_rows.items()
    ]
    header = ["method", *HYPERPARAMETERS.values(), "mean", "count", "train"]
    title = "Best by mean similarity, and default; seconds to count and to train"
    return Table(title, header, lines)


def set_table(rows: Sequence[Row]) -> Table:
    """Return the scores of the best and default configurations on each set."""
    best = chosen(rows)
    lines = [
        [name, f"{part:.0%}"]
        + [
            " / ".join(score({**r["scores"], ANALOGY: r["analogy"]}[name]) for r in each.values())
            for each in best.values()
        ]
        for name, part in rows[0]["coverage"].items()
    ]
    return Table("Each set: best / default", ["set", "known", *best], lines)


def effect_table(rows: Sequence[Row]) -> Table:
    """Return the mean similarity by each hyperparameter alone."""
    names = list(chosen(rows))
    lines = []
    for setting, label in HYPERPARAMETERS.items():
        values = {row["settings"][setting] for row in rows if setting in row["settings"]}
        for value in sorted(values, key=lambda value: (value is not None, value)):
            means = (mean_at(rows, name, setting, value) for name in names)
            lines.append([label, cell(value), *map(score, means)])
    title = "Mean similarity by one setting, over all others"
    return Table(title, ["setting", "value", *names], lines)


def held_out_table(rows: Sequence[Row]) -> Table:
    """Return scores with held-out settings by window and method, beside those of the paper."""
    lines = []
    found = {(row["settings"]["window"], row["settings"]["method"]) for row in rows}
    for window, name in sorted(found, key=lambda each: (each[0], NAMES.index(each[1]))):
        own = [
            row["halves"]
            for row in rows
            if (row["settings"]["window"], row["settings"]["method"]) == (window, name)
        ]
        theirs = PUBLISHED.get((window, name), (None,) * len(PUBLISHED_SETS))
        pairs = zip(PUBLISHED_SETS, theirs, strict=True)
        shown = [f"{score(held_out(own, each))} / {score(value)}" for each, value in pairs]
        lines.append([str(window), name, *shown])
    title = "Settings chosen on one half of a set, scores on the other: here / Levy et al. (2015)"
    return Table(title, ["window", "method", *PUBLISHED_SETS], lines)


def held_out(rows: Sequence[dict[str, list[float | None]]], name: str) -> float | None:
    """Return the mean over both halves of a set of the score of what is best on the other half."""
    both: list[tuple[float, float]] = []
    for row in rows:
        first, second = row.get(name, (None, None))
        if first is not None and second is not None:
            both.append((first, second))
    if not both:
        return None
    chosen_on_second, chosen_on_first = (max(both, key=itemgetter(half)) for half in (1, 0))
    return (chosen_on_second[0] + chosen_on_first[1]) / 2


def mean_at(rows: Sequence[Row], name: Name, setting: str, value: Any) -> float | None:
    """Return the mean similarity over all configurations of a method with this value."""
    wanted = {"method": name, setting: value}.items()
    means = [row["mean"] for row in rows if wanted <= row["settings"].items()]
    means = [each for each in means if each is not None]
    return mean(means) if means else None


def cell(value: Any) -> str:
    """Return a setting as tables have it."""
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:g}"


def score(value: float | None) -> str:
    """Return three digits, or a dash."""
    return "-" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

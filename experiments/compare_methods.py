"""Hyperparameters that matter: PPMI, SVD, SGNS and its exact objective over one grid of settings.

    pip install -e '.[eval]'
    python experiments/compare_methods.py CORPUS --eval EVAL --out runs/compare_methods

CORPUS is a text file; EVAL is a folder with similarity/*.tsv (word, word, score) and, for
analogies, analogy/questions-words.txt. The grid is that of Levy, Goldberg and Dagan (2015):
windows, the exponent that smooths the distribution of contexts (of the noise for sgns and exact),
the shift by ln k, the power of the singular values, and center vectors w or their sum with the
context vectors, w+c, for which both tables get the same power.

- ppmi: rows of the positive shifted PMI matrix, as sparse vectors.
- svd: its truncated singular value decomposition.
- sgns: sampled, as trained (power "-"), and by powers of the singular values of its scores.
- exact: the same objective over counts, by powers of the singular values of its scores.

Windows are dynamic. Subsampling is one draw for exact (dirty), a new draw in each epoch for sgns,
and expected weights for ppmi and svd. A count serves all methods that use it, and a training all of
its powers; the seconds of each configuration are what it would take alone, including compilation
where a shape is new. Spearman's rho is taken over the pairs whose words are both known; the mean is
over all similarity sets, each counted once, even where sets share pairs. Analogies are answered by
3CosAdd among the 30,000 most frequent words. The best configuration is chosen on these same sets,
which flatters it a little.

Measured on 10 MB of Wikipedia with --max-vocab 10000: eleven minutes on 2 cores for all 486
configurations; a training takes 1 second for ppmi, 4 for svd, 15 for exact and 5 to 43 for sgns.
Expect w+c above w for every method, k 5 above k 1 for all but exact, and a best mean of .36 for
ppmi, .46 for svd, .43 for exact and .44 for sgns. On 100 MB, sgns takes ten times as long: two
hours.

Every finished configuration is a line of results.jsonl; a second start measures only what is
missing. Also writes table.md. Exits with 1 if a training failed, and with 2 if the
folder contains results of another corpus or of other evaluation sets.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from statistics import mean
from typing import Annotated, Any, Literal, NamedTuple

import jax
import numpy as np
import tyro
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

Name = Literal["ppmi", "svd", "exact", "sgns"]
Kind = Literal["w", "w+c"]
Compared = Sgns | Exact | Svd
Row = dict[str, Any]  # a line of results.jsonl
Counter = Callable[[Compared], tuple[Objective, float]]  # and its seconds
Chosen = dict[Name, dict[str, Row]]  # "best" and "default" of each method

NAMES: tuple[Name, ...] = ("ppmi", "svd", "exact", "sgns")  # the first two share a count
RECORDS: dict[Name, type[Compared]] = {"ppmi": Svd, "svd": Svd, "exact": Exact, "sgns": Sgns}
KINDS: dict[Kind, str] = {"w": "center", "w+c": "sum"}
DEFAULT_POWER = {"ppmi": None, "svd": svd.POWER, "exact": methods.POWER, "sgns": None}
ANALOGY = "questions-words"
ANALOGY_WORDS = 30_000  # answers and questions are among the most frequent words
STAGES = ("count", "train", "factorize")
LEAST_PAIRS = 3  # known pairs of a similarity set, without which it is left out
HYPERPARAMETERS = {
    "window": "window", "noise_exponent": "exponent", "negatives": "k", "power": "power",
    "vectors": "vectors",
}  # fmt: skip


@dataclass(frozen=True)
class Config:
    """The grid, and what all of its configurations share."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    eval: Path
    out: Path = Path("runs/compare_methods")
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
    seed: int = 0


class Training(NamedTuple):
    """What is trained once, for several kinds of vectors; ppmi is what svd factorizes."""

    name: Name
    method: Compared

    def __str__(self) -> str:
        name, method = self
        return (
            f"{name}, window {method.window}, exponent {method.noise_exponent:g}, "
            f"k {method.negatives}"
        )


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
            powers: list[float | None] = [None] if name in ("ppmi", "sgns") else []
            powers += [] if name == "ppmi" else dict.fromkeys(map(float, config.powers))
            kinds: tuple[Kind, ...] = ("w",) if name == "ppmi" else tuple(KINDS)
            for exponent, negatives in itertools.product(config.exponents, config.negatives):
                method = method_of(config, name, window, float(exponent), negatives)
                training = Training(name, method)
                for variant in itertools.starmap(Variant, itertools.product(powers, kinds)):
                    yield training, variant, settings(config, training, variant)


def method_of(config: Config, name: Name, window: int, exponent: float, negatives: int) -> Compared:
    """Return the record of a method with settings of the grid."""
    own = {"sgns": {"epochs": config.epochs}, "exact": {"epochs": config.passes}}.get(name, {})
    return RECORDS[name](
        dim=config.dim, subsample=config.subsample, window=window, noise_exponent=exponent,
        negatives=negatives, **own,
    )  # fmt: skip


def settings(config: Config, training: Training, variant: Variant) -> Row:
    """Return all that the vectors depend on, except for the text."""
    values = {"method": training.name, **asdict(training.method)}
    values |= {"power": variant.power, "vectors": variant.kind, "seed": config.seed}
    values |= {"max_vocab": config.max_vocab, "min_count": config.min_count}
    unused = {"ppmi": ("dim", "seed"), "svd": ("seed",)}.get(training.name, ())
    return {name: value for name, value in values.items() if name not in unused}


def counter(key: jax.Array, corpus: Corpus) -> Counter:
    """Return a function that counts for a method; a count is kept until another one is needed."""

    @lru_cache(maxsize=1)
    def count(method: Compared) -> tuple[Objective, float]:
        begin = time.perf_counter()
        objective = counting.objective(key, corpus.vocab, corpus.text, method)
        return objective, time.perf_counter() - begin

    def count_for(method: Compared) -> tuple[Objective, float]:
        objective, seconds = count(replace(method, negatives=1, noise_exponent=1.0))
        noise = noise_distribution(corpus.vocab.counts, method.noise_exponent)  # svd has its own
        return objective._replace(noise=noise, negatives=method.negatives), seconds

    return count_for


def train(key: jax.Array, corpus: Corpus, training: Training, count: Counter) -> Trained:
    """Train as `jaxtext.train` does. Raises `InputError` and `Diverged`."""
    name, method = training
    objective, counted = (None, 0.0) if name == "sgns" else count(method)
    begin = time.perf_counter()
    if objective is not None and name == "ppmi":
        vectors = SparseEmbeddings(corpus.vocab, svd.positive_pmi(objective, method.noise_exponent))
        return Trained(vectors, None, (counted, time.perf_counter() - begin, 0.0))
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
    }


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
        tables = [best_table(rows), set_table(rows), effect_table(rows)]
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
        default = {each: getattr(record, each) for each in ("window", "noise_exponent")}
        default |= {"negatives": record.negatives, "power": DEFAULT_POWER[name], "vectors": "w"}
        for row in own:
            if default.items() <= row["settings"].items():
                both[name]["default"] = row
    return both


def best_table(rows: Sequence[Row]) -> Table:
    """Return settings, scores and seconds of the best and default configurations."""
    lines = [
        [
            f"{name} {which}",
            *(cell(row["settings"][setting]) for setting in HYPERPARAMETERS),
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
        values = {row["settings"][setting] for row in rows}
        for value in sorted(values, key=lambda value: (value is not None, value)):
            means = (mean_at(rows, name, setting, value) for name in names)
            lines.append([label, cell(value), *map(score, means)])
    title = "Mean similarity by one setting, over all others"
    return Table(title, ["setting", "value", *names], lines)


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

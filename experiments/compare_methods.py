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
missing. Also writes table.md and figure.png. Exits with 1 if a training failed, and with 2 if the
folder contains results of another corpus or of other evaluation sets.
"""

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from statistics import mean
from typing import Annotated, Any, Literal, NamedTuple

import jax
import numpy as np
import tyro
from matplotlib.figure import Figure
from tyro.conf import Positional, arg

import jaxtext
from jaxtext import Corpus, Diverged, Embeddings, Exact, Sgns, Svd, evaluation, factorization
from jaxtext.base.errors import InputError
from jaxtext.base.files import sha256, sha256_of, write_text
from jaxtext.evaluation import items
from jaxtext.models.objective import Objective
from jaxtext.reports import scripts
from jaxtext.reports.tables import Table, print_tables
from jaxtext.runs.results import Results, open_results
from jaxtext.training import METHODS, Method, counting, fit, methods, svd
from jaxtext.training.sampling import noise_distribution
from jaxtext.vectors.embeddings import SparseEmbeddings

Name = Literal["ppmi", "svd", "exact", "sgns"]
Kind = Literal["w", "w+c"]
Row = dict[str, Any]  # a line of results.jsonl
Chosen = dict[Name, dict[str, Row]]  # "best" and "default" of each method

NAMES: tuple[Name, ...] = ("ppmi", "svd", "exact", "sgns")  # the first two share a count
KINDS: dict[Kind, str] = {"w": "center", "w+c": "sum"}
COLORS = {"ppmi": "#009e73", "svd": "#e69f00", "exact": "#0072b2", "sgns": "#cc79a7"}
DEFAULT_POWER = {"ppmi": None, "svd": svd.POWER, "exact": methods.POWER, "sgns": None}
ANALOGY = "questions-words"
ANALOGY_WORDS = 30_000  # answers and questions are among the most frequent words
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
    method: Method

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
    seconds: dict[str, float]


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


def method_of(config: Config, name: Name, window: int, exponent: float, negatives: int) -> Method:
    """Return the record of a method with settings of the grid."""
    shared: dict[str, Any] = {"dim": config.dim, "subsample": config.subsample}
    shared |= {"window": window, "noise_exponent": exponent, "negatives": negatives}
    if name == "sgns":
        return Sgns(epochs=config.epochs, **shared)
    return Exact(epochs=config.passes, **shared) if name == "exact" else Svd(**shared)


def settings(config: Config, training: Training, variant: Variant) -> Row:
    """Return all that the vectors depend on, except for the text."""
    found = {"method": training.name, **asdict(training.method)}
    found |= {"power": variant.power, "vectors": variant.kind}
    found |= {"max_vocab": config.max_vocab, "min_count": config.min_count}
    if training.name == "ppmi":
        del found["dim"]
    elif training.name != "svd":
        found["seed"] = config.seed
    return found


class Trainer:
    """Trains on one text; a count of pairs is kept until another one is needed."""

    def __init__(self, config: Config, corpus: Corpus):
        self.key, self.corpus = jax.random.key(config.seed), corpus
        self._counted = lru_cache(maxsize=1)(self._count)

    def _count(self, method: Method) -> tuple[Objective, float]:
        begin = time.perf_counter()
        objective = counting.objective(self.key, self.corpus.vocab, self.corpus.text, method)
        return objective, time.perf_counter() - begin

    def train(self, training: Training) -> Trained:
        """Train as `jaxtext.train` does. Raises `InputError` and `Diverged`."""
        (name, method), vocab = training, self.corpus.vocab
        objective, seconds = None, {"count": 0.0}
        if name != "sgns":
            same_counts = replace(method, negatives=1, noise_exponent=1.0)
            objective, seconds["count"] = self._counted(same_counts)
            noise = noise_distribution(vocab.counts, method.noise_exponent)  # svd has its own
            objective = objective._replace(noise=noise, negatives=method.negatives)
        begin = time.perf_counter()
        if name == "ppmi":
            assert objective is not None
            rows = svd.positive_pmi(objective, method.noise_exponent)
            seconds |= {"train": time.perf_counter() - begin, "factorize": 0.0}
            return Trained(SparseEmbeddings(vocab, rows), None, seconds)
        params = fit(self.key, self.corpus, method, objective=objective)
        tables = [np.asarray(table, np.float32) for table in params]
        seconds["train"] = time.perf_counter() - begin
        begin = time.perf_counter()
        factors = factorization.product_svd(params)
        seconds["factorize"] = time.perf_counter() - begin
        return Trained(Embeddings(vocab, *tables), factors, seconds)


def measure(trained: Trained, variant: Variant, sets: evaluation.Sets) -> Row:
    """Evaluate one kind of vectors; what cannot be measured is None and not part of the mean."""
    vectors, seconds = trained.vectors, trained.seconds
    if variant.power is None:
        seconds = seconds | {"factorize": 0.0}
    elif trained.factors is not None:
        power = variant.power  # the same for both tables, so that they can be added
        params = factorization.vectors(trained.factors, power, context_power=power)
        vectors = Embeddings(vectors.vocab, *(np.asarray(table, np.float32) for table in params))
    kind = KINDS[variant.kind]
    report = evaluation.evaluate(vectors, sets, kind, restrict=ANALOGY_WORDS, samples=0)
    scores = {name: result.spearman for name, result in report.similarity.items()}
    known = [each for each in scores.values() if each is not None]
    results = [*report.similarity.items(), *report.analogy.items()]
    return {
        "seconds": {stage: round(spent, 3) for stage, spent in seconds.items()},
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


def hashes(config: Config) -> dict[str, str]:
    """Return the SHA-256 of the corpus and of all evaluation sets."""
    if not config.corpus.is_file():
        raise InputError(f"{config.corpus}: no such file")
    paths = itertools.chain(*set_files(config.eval))
    parts = (f"{path.name}\0{sha256(path)}".encode() for path in paths)
    return {"corpus": sha256(config.corpus), "evaluation": sha256_of(parts)}


def read_sets(config: Config, corpus: Corpus) -> evaluation.Sets:
    """Read the sets of which enough is known. Raises `InputError` if there is no such set."""
    sets = evaluation.read(*set_files(config.eval))
    known, frequent = (items.index(corpus.vocab, size) for size in (None, ANALOGY_WORDS))
    for name, pairs in list(sets.similarity.items()):
        if sum({a.upper(), b.upper()} <= known.keys() for a, b in pairs.words) < LEAST_PAIRS:
            del sets.similarity[name]
    for name, asked in list(sets.analogy.items()):
        words = ({w.upper() for w in (q.a, *q.b, q.c, *q.answers)} for q in asked)
        if not any(each <= frequent.keys() for each in words):
            del sets.analogy[name]
    if not sets.similarity:
        raise InputError(f"{config.eval}: no set has {LEAST_PAIRS} pairs of known words", "eval")
    return sets


def run(config: Config, missing: Sequence[tuple[Training, Variant, Row]], results: Results) -> int:
    """Train and measure what is missing, and return how many trainings failed."""
    corpus = jaxtext.read(config.corpus, min_count=config.min_count, max_vocab=config.max_vocab)
    if config.dim > len(corpus.vocab):
        raise InputError(f"at most as many as words, {len(corpus.vocab)}", "dim", config.dim)
    sets, trainer, failed = read_sets(config, corpus), Trainer(config, corpus), 0
    print(f"{corpus.tokens:,} words, {len(corpus.vocab):,} different ones", flush=True)
    trainings = [(key, list(rows)) for key, rows in itertools.groupby(missing, lambda row: row[0])]
    for number, (training, rows) in enumerate(trainings, 1):
        place = f"{number} of {len(trainings)}: {training}"
        try:
            trained = trainer.train(training)
        except (InputError, Diverged) as error:
            failed += 1
            print(f"{place}: FAILED: {error}", flush=True)
            continue
        means = []
        for _, variant, its_settings in rows:
            measured = measure(trained, variant, sets)
            results.add(its_settings, measured)
            means += [] if measured["mean"] is None else [measured["mean"]]
        spent, best = sum(trained.seconds.values()), max(means, default=None)
        print(f"{place}: {spent:.1f} s, best {score(best)}", flush=True)
    return failed


def main(config: Config) -> int:
    """Train and evaluate what is missing, then show all; return the exit status."""
    results = open_results(config.out / "results.jsonl", hashes(config))
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
        draw(rows, config.out / "figure.png")
    if failed:
        print(f"{failed} trainings FAILED")
    return 1 if failed else 0


# Tables and figure ------------------------------------------------------------------------------


def chosen(rows: Sequence[Row]) -> Chosen:
    """Return each method's best configuration, and its default one if that was measured."""
    found: Chosen = {}
    for name in NAMES:
        own = [row for row in rows if row["settings"]["method"] == name]
        if not own:
            continue
        found[name] = {"best": max(own, key=lambda r: -2 if r["mean"] is None else r["mean"])}
        record = METHODS["svd" if name == "ppmi" else name]()
        default = {each: getattr(record, each) for each in ("window", "noise_exponent")}
        default |= {"negatives": record.negatives, "power": DEFAULT_POWER[name], "vectors": "w"}
        for row in own:
            if default.items() <= row["settings"].items():
                found[name]["default"] = row
    return found


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
        for value in values_of(rows, setting):
            means = [means_at(rows, name, setting, value) for name in names]
            lines.append([label, cell(value), *(score(mean(m) if m else None) for m in means)])
    title = "Mean similarity by one setting, over all others"
    return Table(title, ["setting", "value", *names], lines)


def values_of(rows: Sequence[Row], setting: str) -> list[Any]:
    """Return the values of a hyperparameter, None first."""
    values = {row["settings"][setting] for row in rows}
    return sorted(values, key=lambda value: (value is not None, value))


def means_at(rows: Sequence[Row], name: Name, setting: str, value: Any) -> list[float]:
    """Return the mean similarity of all configurations of a method with this value."""
    wanted = {"method": name, setting: value}.items()
    means = [row["mean"] for row in rows if wanted <= row["settings"].items()]
    return [each for each in means if each is not None]


def cell(value: Any) -> str:
    """Return a setting as tables have it."""
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:g}"


def score(value: float | None) -> str:
    """Return three digits, or a dash."""
    return "-" if value is None else f"{value:.3f}"


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw a panel per hyperparameter: each configuration a point, means over the others a line."""
    names = list(chosen(rows))
    figure = Figure(figsize=(14, 4), layout="constrained")
    axes = figure.subplots(1, len(HYPERPARAMETERS), sharey=True)
    for ax, (setting, label) in zip(axes, HYPERPARAMETERS.items(), strict=True):
        values = values_of(rows, setting)
        for number, name in enumerate(names):
            spread = [means_at(rows, name, setting, value) for value in values]
            x = np.arange(len(values)) + 0.14 * (number - (len(names) - 1) / 2)
            for place, points in zip(x, spread, strict=True):
                ax.plot([place] * len(points), points, ".", color=COLORS[name], alpha=0.25)
            line = [mean(points) if points else np.nan for points in spread]
            ax.plot(x, line, "o-", color=COLORS[name], label=name)
        ax.set_xticks(range(len(values)), [cell(value) for value in values])
        ax.set(xlabel=label)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("mean of Spearman's rho")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right center", frameon=False)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

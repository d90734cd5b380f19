"""Hyperparameters that matter: PPMI, SVD, SGNS and its exact objective over one grid of settings.

    pip install -e '.[eval]'
    python experiments/compare_methods.py CORPUS --eval EVAL --out runs/compare_methods

CORPUS is a text file; EVAL a folder that holds similarity/*.tsv (word, word, score) and, for
analogies, analogy/questions-words.txt. The grid is that of Levy, Goldberg and Dagan (2015):
windows, the exponent that smooths the distribution of contexts (of the noise for sgns and exact),
the shift by ln k, the power of the singular values, and center vectors w or their sum with the
context vectors, w+c, for which both tables get the same power.

- ppmi: rows of the positive shifted PMI matrix, as sparse vectors.
- svd: its truncated singular value decomposition.
- sgns: sampled, as trained (power "-"), and by powers of the singular values of its scores.
- exact: the same objective over counts, by powers of the singular values of its scores.

Windows are dynamic. Subsampling is one draw for exact (dirty), drawn anew in each epoch for sgns,
and expected weights for ppmi and svd. A count serves all methods that use it, and a training all of
its powers; the seconds of each configuration are what it would take alone, compilation included
where a shape is new. Spearman's rho is taken over the pairs whose words are both known; mean is
that of all similarity sets, each counted once, also where sets share pairs. Analogies are answered
by 3CosAdd among the 30,000 most frequent words. The best configuration is the best on these same
sets, and so a little flattered.

Measured on 10 MB of Wikipedia with --max-vocab 10000: eleven minutes on 2 cores for all 486
configurations; a training takes 1 second by ppmi, 4 by svd, 15 by exact and 5 to 43 by sgns. Expect
w+c above w for every method, k 5 above k 1 for all but exact, and a best mean of .36 for ppmi, .46
for svd, .43 for exact and .44 for sgns. On 100 MB, sgns takes ten times as long: two hours.

Every finished configuration is a line of results.jsonl; a second start goes on where the first one
ended. Also writes table.md and figure.png. Exits with 1 if a training failed, with 2 if the folder
holds results of another corpus or of other evaluation sets.
"""

import hashlib
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Annotated, Any, Literal, NamedTuple

import jax
import numpy as np
import tyro
from jaxtyping import Float, Int
from scipy import sparse
from tyro.conf import Positional, arg

from jaxtext import embeddings, evaluation, methods, text
from jaxtext.base.errors import InputError
from jaxtext.base.types import EmbeddingParams
from jaxtext.cli import Train
from jaxtext.evaluation import items
from jaxtext.models import factorization, pmi
from jaxtext.reports.tables import print_table
from jaxtext.text.encoded import EncodedCorpus
from jaxtext.training import exact, stream
from jaxtext.training.sampling import noise_distribution

Method = Literal["ppmi", "svd", "sgns", "exact"]
Kind = Literal["w", "w+c"]
Matrix = Any  # [V, D]: an array, or sparse
Result = dict[str, Any]  # a line of results.jsonl
Chosen = dict[Method, dict[str, Result]]  # "best" and "default" of each method

ORDER: tuple[Method, ...] = ("ppmi", "svd", "exact", "sgns")  # the first two share a count
KINDS: tuple[Kind, ...] = ("w", "w+c")
COLORS = {"ppmi": "#009e73", "svd": "#e69f00", "exact": "#0072b2", "sgns": "#cc79a7"}
ANALOGY = "questions-words"
ANALOGY_WORDS = 30_000  # answers and questions are among the most frequent words
QUESTIONS = 256  # answered at a time
RESULTS = "results.jsonl"
# Settings that a method's vectors depend on, beside the grid and the vocabulary.
OWN_SETTINGS: dict[Method, tuple[str, ...]] = {
    "ppmi": (),
    "svd": ("dim",),
    "exact": ("dim", "passes", "seed"),
    "sgns": ("dim", "epochs", "seed"),
}
DEFAULT_POWER: dict[Method, float | None] = {
    "ppmi": None,
    "svd": 0.0,
    "exact": methods.EXACT_POWER,
    "sgns": None,
}
HYPERPARAMETERS = {
    "window": "window",
    "noise_exponent": "exponent",
    "negatives": "k",
    "power": "power",
    "vectors": "vectors",
}


@dataclass(frozen=True)
class Config:
    """The grid, and what all of its configurations share."""

    corpus: Annotated[Positional[Path], arg(metavar="CORPUS")]
    eval: Path
    out: Path = Path("runs/compare_methods")
    methods: tuple[Method, ...] = ORDER
    windows: tuple[int, ...] = (2, 5, 10)
    exponents: tuple[float, ...] = (1.0, 0.75)
    """Of the distribution of contexts, or of the noise."""
    negatives: tuple[int, ...] = (1, 5, 15)
    """k, of the shift by ln k."""
    powers: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0)
    """Of the singular values; ppmi has none, and sgns also gets its tables as trained."""
    max_vocab: int = 20_000
    min_count: int = 5
    subsample: float = 1e-3
    dim: int = 100
    epochs: int = 5
    """Of sgns."""
    passes: int = 3
    """Of exact."""
    seed: int = 0


class Training(NamedTuple):
    """What is trained once, for several kinds of vectors."""

    method: Method
    window: int
    exponent: float
    negatives: int


class Variant(NamedTuple):
    """Which vectors of a training; power None stands for those that it leaves itself."""

    power: float | None
    kind: Kind


class Trained(NamedTuple):
    """What a training leaves: tables or the sparse matrix, factors of the scores, seconds."""

    tables: Any
    svd: factorization.SVD | None
    seconds: dict[str, float]


class Shown(NamedTuple):
    """A table."""

    title: str
    header: list[str]
    rows: list[list[str]]


class Sets(NamedTuple):
    """Evaluation sets as ids; pairs and questions with unknown words are left out."""

    similarity: dict[str, tuple[Int[np.ndarray, "N 2"], Float[np.ndarray, " N"]]]
    analogy: Int[np.ndarray, "N 4"]
    coverage: dict[str, float]  # the part that is left


# The grid ---------------------------------------------------------------------------------------


def grid(config: Config) -> list[tuple[Training, list[Variant]]]:
    """All trainings, those that share a count next to each other, and the vectors of each."""
    found: dict[Training, list[Variant]] = {}
    chosen: list[Method] = [method for method in ORDER if method in config.methods]
    for window, method in itertools.product(config.windows, chosen):
        for exponent, negatives in itertools.product(config.exponents, config.negatives):
            training = Training(method, window, float(exponent), negatives)
            methods.check(options(config, training))
            found[training] = variants(config, method)
    return list(found.items())


def variants(config: Config, method: Method) -> list[Variant]:
    """The vectors of a method."""
    if method == "ppmi":
        return [Variant(None, "w")]
    powers: list[float | None] = [None] if method == "sgns" else []
    powers += dict.fromkeys(map(float, config.powers))
    return [Variant(power, kind) for power in powers for kind in KINDS]


def options(config: Config, training: Training) -> Train:
    """The options with which `jaxtext train` would do this training."""
    return Train(
        method="svd" if training.method == "ppmi" else training.method,
        window=training.window,
        noise_exponent=training.exponent,
        negatives=training.negatives,
        epochs=config.passes if training.method == "exact" else config.epochs,
        dim=config.dim,
        min_count=config.min_count,
        max_vocab=config.max_vocab,
        subsample=config.subsample,
        seed=config.seed,
    )


def settings(config: Config, training: Training, variant: Variant) -> dict[str, Any]:
    """All that the vectors depend on, but the text."""
    shared = ("max_vocab", "min_count", "subsample", *OWN_SETTINGS[training.method])
    return {
        "method": training.method,
        "window": training.window,
        "noise_exponent": training.exponent,
        "negatives": training.negatives,
        "power": variant.power,
        "vectors": variant.kind,
        **{name: getattr(config, name) for name in shared},
    }


def key(found: dict[str, Any]) -> str:
    """The same for the same settings."""
    return json.dumps(found, sort_keys=True)


# Training ---------------------------------------------------------------------------------------


class Counts:
    """The pairs of a text, of the kind and window that were last asked for."""

    def __init__(self, corpus: EncodedCorpus):
        self.corpus = corpus
        self.last: tuple[str, int] | None = None
        self.counts: Matrix = None
        self.seconds = 0.0

    def get(self, options: Train) -> Matrix:
        """Counts of these options; `seconds` is what they took."""
        if self.last != (options.method, options.window):
            self.last = self.counts = None
            begin = time.perf_counter()
            self.counts = methods.objective(options, self.corpus.vocab, self.corpus.text).counts
            self.seconds = time.perf_counter() - begin
            self.last = options.method, options.window
        return self.counts


def train(config: Config, training: Training, counts: Counts) -> Trained:
    """Train as `jaxtext train` does, with counts that others may have asked for before.

    Raises `InputError` and `stream.Diverged`.
    """
    chosen, vocab = options(config, training), counts.corpus.vocab
    if training.method == "sgns":
        shared = ("dim", "window", "negatives", "epochs", "subsample", "noise_exponent")
        of_stream = stream.StreamConfig(**{name: getattr(chosen, name) for name in shared})
        begin = time.perf_counter()
        arguments = counts.corpus.text, vocab.counts, of_stream
        params = jax.block_until_ready(stream.fit(jax.random.key(config.seed), *arguments))
        return _factorized(params, 0.0, time.perf_counter() - begin)
    pairs = counts.get(chosen)
    begin = time.perf_counter()
    if training.method == "exact":
        noise = noise_distribution(vocab.counts, training.exponent)
        params = exact.fit(pairs, noise, training.negatives, config.dim, config.passes)
        params = jax.block_until_ready(params)
        return _factorized(params, counts.seconds, time.perf_counter() - begin)
    shifted = pmi.shifted_pmi(pairs, training.negatives, training.exponent)
    matrix = pmi.positive(shifted).astype(np.float32)
    if not matrix.nnz:
        raise InputError(f"no pair has a PMI above ln {training.negatives}")
    seconds = {"count": counts.seconds, "train": time.perf_counter() - begin, "factorize": 0.0}
    if training.method == "ppmi":
        return Trained(matrix, None, seconds)
    begin = time.perf_counter()
    try:
        svd = factorization.truncated_svd(matrix, config.dim)
    except ValueError as error:  # the rank
        raise InputError(str(error)) from None
    return Trained(None, svd, seconds | {"factorize": time.perf_counter() - begin})


def _factorized(params: EmbeddingParams, count: float, training: float) -> Trained:
    """With the factors of the scores, by which the powers are chosen."""
    begin = time.perf_counter()
    svd = factorization.product_svd(params)
    seconds = {"count": count, "train": training, "factorize": time.perf_counter() - begin}
    return Trained(params, svd, seconds)


def vectors(trained: Trained, variant: Variant) -> Matrix:
    """Rows of length one; both tables get the same power, so that they can be added."""
    if trained.svd is None:
        return unit_rows(trained.tables)
    if variant.power is None:
        params = trained.tables
    else:
        params = factorization.vectors(trained.svd, variant.power, context_power=variant.power)
    center, context = (np.asarray(table, np.float32) for table in params)
    return unit_rows(center if variant.kind == "w" else center + context)


def unit_rows(table: Matrix) -> Matrix:
    """Rows of length one; a zero row stays zero."""
    if not sparse.issparse(table):
        return embeddings.normalize(table)
    lengths = np.sqrt((table * table).sum(axis=1))
    scale = (1 / np.where(lengths == 0, 1, lengths)).astype(table.dtype)
    parts = table.data * np.repeat(scale, np.diff(table.indptr)), table.indices, table.indptr
    return sparse.csr_array(parts, shape=table.shape)


# Evaluation -------------------------------------------------------------------------------------


def set_files(folder: Path) -> tuple[list[Path], Path | None]:
    """The similarity sets, by name, and the analogies. Raises `InputError` without any set."""
    similarity = sorted((folder / "similarity").glob("*.tsv"))
    if not similarity:
        raise InputError(f"--eval {folder}: holds no similarity/*.tsv")
    analogy = folder / "analogy" / f"{ANALOGY}.txt"
    return similarity, analogy if analogy.exists() else None


def read_sets(folder: Path, vocab: text.Vocab) -> Sets:
    """Evaluation sets as ids; those with two known pairs or fewer are left out."""
    files, analogy = set_files(folder)
    index, similarity, coverage = items.index(vocab), {}, {}
    for path in files:
        words, gold = evaluation.similarity.read(path)
        pairs = np.array([[index.get(word.upper(), -1) for word in pair] for pair in words])
        known = pairs.min(axis=1) >= 0
        coverage[path.stem] = float(known.mean())
        if known.sum() > 2:
            similarity[path.stem] = pairs[known], gold[known]
    if not similarity:
        raise InputError(f"--eval {folder}: no set has more than two pairs of known words")
    ids = np.zeros((0, 4), np.int64)
    if analogy is not None:
        index = items.index(vocab, ANALOGY_WORDS)
        rows = [(q.a, *q.b, q.c, *q.answers) for q in evaluation.analogy.read(analogy)]
        ids = np.array([[index.get(word.upper(), -1) for word in row] for row in rows])
        known = ids.min(axis=1) >= 0
        ids, coverage[ANALOGY] = ids[known], float(known.mean())
    return Sets(similarity, ids, coverage)


def evaluate(table: Matrix, sets: Sets) -> dict[str, Any]:
    """Spearman's rho of each similarity set, their mean, and the accuracy of analogies.

    `table` has rows of length one. What cannot be measured is None, and is left out of the mean.
    """
    scores = {}
    for name, (pairs, gold) in sets.similarity.items():
        cosines = (table[pairs[:, 0]] * table[pairs[:, 1]]).sum(axis=1)
        scores[name] = items.finite(evaluation.similarity.spearman(cosines, gold))
    measured = [score for score in scores.values() if score is not None]
    return {
        "scores": scores,
        "mean": mean(measured) if measured else None,
        "analogy": analogy_accuracy(table, sets.analogy) if len(sets.analogy) else None,
    }


def analogy_accuracy(table: Matrix, questions: Int[np.ndarray, "N 4"]) -> float:
    """How many of the questions a : b = c : d are answered right by 3CosAdd.

    The answer is the word whose cosines with b and c are large and with a small; so cosines of the
    words that are asked for are enough, and also sparse vectors are quick.
    """
    used, places = np.unique(questions[:, :3], return_inverse=True)
    cosines = cosines_of(table[:ANALOGY_WORDS], used)
    places, right = places.reshape(-1, 3), 0
    for first in range(0, len(questions), QUESTIONS):
        some = slice(first, first + QUESTIONS)
        a, b, c = places[some].T
        similar = cosines[b] - cosines[a] + cosines[c]
        for asked in questions[some, :3].T:
            similar[np.arange(len(asked)), asked] = -np.inf
        right += int((similar.argmax(axis=1) == questions[some, 3]).sum())
    return right / len(questions)


def cosines_of(table: Matrix, rows: Int[np.ndarray, " n"]) -> Float[np.ndarray, "n V"]:
    """Cosines of some rows with all."""
    if sparse.issparse(table):
        return np.ascontiguousarray((table @ table[rows].toarray().T).T)
    return table[rows] @ table.T


# Results on disk --------------------------------------------------------------------------------


def hashes(config: Config) -> dict[str, str]:
    """SHA-256 of the corpus and of all evaluation sets."""
    if not config.corpus.is_file():
        raise InputError(f"{config.corpus}: no such file")
    with open(config.corpus, "rb") as file:
        corpus = hashlib.file_digest(file, "sha256").hexdigest()
    similarity, analogy = set_files(config.eval)
    sets = hashlib.sha256()
    for path in [*similarity, *([analogy] if analogy else [])]:
        sets.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return {"corpus": corpus, "eval": sets.hexdigest()}


def read_results(path: Path, sources: dict[str, str]) -> dict[str, Result]:
    """Finished configurations by settings; a last line that was not written whole is left out.

    Raises `InputError` for results of another corpus or of other sets, and for damaged ones.
    """
    if not path.exists():
        return {}
    data = path.read_bytes()
    results = {}
    for number, line in enumerate(data[: _whole(data)].splitlines(), 1):
        try:
            result = json.loads(line)
            found = {name: result[name] for name in sources}
            results[key(result["settings"])] = result
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{path}: line {number} is damaged: remove it") from None
        for name, what in (("corpus", "another corpus"), ("eval", "other evaluation sets")):
            if found[name] != sources[name]:
                raise InputError(f"{path} holds results of {what}: give another --out")
    return results


def _whole(data: bytes) -> int:
    """Where the last whole line ends."""
    return data.rfind(b"\n") + 1


def cut_broken_line(path: Path) -> None:
    """Remove the rest of a write that was broken off."""
    if path.exists():
        data = path.read_bytes()
        if _whole(data) < len(data):
            os.truncate(path, _whole(data))


def append(path: Path, result: Result) -> None:
    """One line, on disk when this returns."""
    with open(path, "ab", buffering=0) as file:
        file.write((json.dumps(result) + "\n").encode())
        os.fsync(file.fileno())


# Running ----------------------------------------------------------------------------------------


def run(
    config: Config,
    todo: Sequence[tuple[Training, list[Variant]]],
    on_result: Callable[[Result], None],
) -> int:
    """Train what is to do and tell each result; how many trainings failed."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        corpus = text.encode_corpus(
            text.read_blocks([str(config.corpus)]),
            Path(folder),
            min_count=config.min_count,
            max_vocab=config.max_vocab,
        )
        if config.dim > len(corpus.vocab):
            raise InputError(f"--dim {config.dim}: at most as many as words, {len(corpus.vocab)}")
        sets = read_sets(config.eval, corpus.vocab)
        print(f"{corpus.tokens:,} words, {len(corpus.vocab):,} different ones", flush=True)
        counts = Counts(corpus)
        for number, (training, missing) in enumerate(todo, 1):
            method, window, exponent, negatives = training
            name = f"{method}, window {window}, exponent {exponent:g}, k {negatives}"
            try:
                trained = train(config, training, counts)
            except (InputError, stream.Diverged) as error:
                failed += 1
                print(f"{number} of {len(todo)}: {name}: FAILED: {error}", flush=True)
                continue
            means = []
            for result in measure(config, training, missing, trained, sets):
                on_result(result)
                means += [] if result["mean"] is None else [result["mean"]]
            spent, best = sum(trained.seconds.values()), max(means, default=None)
            print(f"{number} of {len(todo)}: {name}: {spent:.1f} s, best {score(best)}", flush=True)
    return failed


def measure(
    config: Config, training: Training, missing: list[Variant], trained: Trained, sets: Sets
) -> Iterator[Result]:
    """Evaluate the vectors of one training."""
    for variant in missing:
        unused = {"factorize": 0.0} if variant.power is None else {}
        seconds = {k: round(v, 3) for k, v in (trained.seconds | unused).items()}
        found = evaluate(vectors(trained, variant), sets)
        yield {
            "settings": settings(config, training, variant),
            "seconds": seconds,
            "coverage": sets.coverage,
            **found,
        }


def compare(config: Config) -> int:
    """Train and evaluate what is missing, then show all; the exit status."""
    sources, path = hashes(config), config.out / RESULTS
    results = read_results(path, sources)
    wanted = grid(config)
    todo = [
        (training, [v for v in kinds if key(settings(config, training, v)) not in results])
        for training, kinds in wanted
    ]
    missing = sum(len(kinds) for _, kinds in todo)
    total = sum(len(kinds) for _, kinds in wanted)
    print(f"{missing} of {total} configurations to do", flush=True)

    def on_result(result: Result) -> None:
        results[key(result["settings"])] = result
        append(path, sources | result)

    failed = 0
    if missing:
        config.out.mkdir(parents=True, exist_ok=True)
        cut_broken_line(path)
        failed = run(config, [each for each in todo if each[1]], on_result)
    keys = [key(settings(config, training, v)) for training, kinds in wanted for v in kinds]
    found = [results[each] for each in keys if each in results]
    if found:
        (config.out / "table.md").write_text(show(found), encoding="utf-8")
        draw(found, config.out / "figure.png")
    if failed:
        print(f"{failed} trainings FAILED")
    return 1 if failed else 0


# Tables and figure ------------------------------------------------------------------------------


def show(results: Sequence[Result]) -> str:
    """Print the tables; the same as Markdown is returned."""
    chosen: Chosen = {method: of_method(results, method) for method in present(results)}
    tables = [best_table(chosen), set_table(chosen), effect_table(results)]
    for table in tables:
        print_table(*table)
    return "\n".join(f"## {t.title}\n\n{markdown(t.header, t.rows)}" for t in tables)


def present(results: Sequence[Result]) -> list[Method]:
    """The methods that have results."""
    return [method for method in ORDER if any(r["settings"]["method"] == method for r in results)]


def of_method(results: Sequence[Result], method: Method) -> dict[str, Result]:
    """The best configuration of a method, and its default one if that is among the results."""
    own = [result for result in results if result["settings"]["method"] == method]
    found = {"best": max(own, key=lambda result: -2 if result["mean"] is None else result["mean"])}
    defaults = methods.DEFAULTS["svd" if method == "ppmi" else method]
    wanted = {name: defaults[name] for name in ("negatives", "noise_exponent")}
    wanted |= {"window": Train.window, "power": DEFAULT_POWER[method], "vectors": "w"}
    for result in own:
        if wanted.items() <= result["settings"].items():
            found["default"] = result
    return found


def best_table(chosen: Chosen) -> Shown:
    """Settings, scores and seconds."""
    rows = [
        [
            f"{method} {which}",
            *(cell(result["settings"][name]) for name in HYPERPARAMETERS),
            score(result["mean"]),
            f"{result['seconds']['count']:.1f}",
            f"{result['seconds']['train'] + result['seconds']['factorize']:.1f}",
        ]
        for method, found in chosen.items()
        for which, result in found.items()
    ]
    header = ["method", *HYPERPARAMETERS.values(), "mean", "count", "train"]
    return Shown(
        "Best by mean similarity, and default; seconds to count and to train", header, rows
    )


def set_table(chosen: Chosen) -> Shown:
    """Scores of each set, best configuration and default one."""
    coverage = next(iter(chosen.values()))["best"]["coverage"]
    rows = []
    for name, part in coverage.items():
        row = [name, f"{part:.0%}"]
        for found in chosen.values():
            scores = [
                {ANALOGY: each["analogy"], **each["scores"]}.get(name) for each in found.values()
            ]
            row.append(" / ".join(map(score, scores)))
        rows.append(row)
    return Shown("Each set: best / default", ["set", "known", *chosen], rows)


def effect_table(results: Sequence[Result]) -> Shown:
    """Mean similarity by each hyperparameter alone."""
    found = present(results)
    rows = []
    for name, label in HYPERPARAMETERS.items():
        for value in values_of(results, name):
            means = [means_at(results, method, name, value) for method in found]
            rows.append([label, cell(value), *(score(mean(m) if m else None) for m in means)])
    return Shown(
        "Mean similarity by one setting, over all others", ["setting", "value", *found], rows
    )


def values_of(results: Sequence[Result], name: str) -> list[Any]:
    """The values of a hyperparameter, None first."""
    values = {result["settings"][name] for result in results}
    return sorted(values, key=lambda value: (value is not None, value))


def means_at(results: Sequence[Result], method: Method, name: str, value: Any) -> list[float]:
    """Mean similarity of all configurations of a method with this value."""
    wanted = {"method": method, name: value}.items()
    chosen = [result["mean"] for result in results if wanted <= result["settings"].items()]
    return [each for each in chosen if each is not None]


def cell(value: Any) -> str:
    """A setting as tables have it."""
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:g}"


def score(value: float | None) -> str:
    """Three digits, or a dash."""
    return "-" if value is None else f"{value:.3f}"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def draw(results: Sequence[Result], path: Path) -> None:
    """A panel a hyperparameter: every configuration as a point, means over all others as a line."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    found = present(results)
    figure, axes = plt.subplots(
        1, len(HYPERPARAMETERS), figsize=(14, 4), sharey=True, layout="constrained"
    )
    for ax, (name, label) in zip(axes, HYPERPARAMETERS.items(), strict=True):
        values = values_of(results, name)
        for number, method in enumerate(found):
            spread = [means_at(results, method, name, value) for value in values]
            x = np.arange(len(values)) + 0.14 * (number - (len(found) - 1) / 2)
            for place, points in zip(x, spread, strict=True):
                ax.plot([place] * len(points), points, ".", color=COLORS[method], alpha=0.25)
            line = [mean(points) if points else np.nan for points in spread]
            ax.plot(x, line, "o-", color=COLORS[method], label=method)
        ax.set_xticks(range(len(values)), [cell(value) for value in values])
        ax.set(xlabel=label)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("mean of Spearman's rho")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right center", frameon=False)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main(config: Config) -> int:
    """Compare; one line and status 2 for what cannot be used."""
    try:
        return compare(config)
    except InputError as error:
        print(f"compare_methods: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Config, description=__doc__)))

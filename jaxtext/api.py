"""The functions that most people need: read a text, train on it, ask, save and load.

```python
corpus = jaxtext.read("wiki.txt.xz", min_count=5)
vectors = jaxtext.train(jax.random.key(0), corpus, jaxtext.Sgns(dim=100))
jaxtext.neighbors(vectors, "matrix", top=4)
```
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key

from jaxtext import text
from jaxtext.base.errors import InputError
from jaxtext.base.team import ALONE, Team
from jaxtext.reports.progress import Bars
from jaxtext.reports.sweep import sweep_table
from jaxtext.reports.tables import Table
from jaxtext.runs import folder, record
from jaxtext.runs.execute import Outcome, execute
from jaxtext.runs.sweep import Scores, swept
from jaxtext.runs.watch import Watch, ignore
from jaxtext.text import Corpus, Reading, Source
from jaxtext.text.reading import notes
from jaxtext.training.methods import Start, fit
from jaxtext.training.settings import Method, Sgns, check_method
from jaxtext.training.stream import Diverged
from jaxtext.training.unseen import infer
from jaxtext.vectors import export
from jaxtext.vectors.embeddings import Embeddings
from jaxtext.vectors.query import analogy, neighbors

__all__ = [
    "analogy",
    "infer",
    "load",
    "neighbors",
    "read",
    "run",
    "save",
    "sweep",
    "train",
]

SUFFIXES = {
    ".bin": "word2vec-binary",
    ".txt": "word2vec-text",
    ".vec": "fasttext",
    ".safetensors": "safetensors",
}


def read(
    *texts: Any,
    name: str | None = None,
    min_count: int = 5,
    max_vocab: int | None = None,
    lowercase: bool | None = None,
    tokens: str = "words",
    language: str | None = None,
    sentences: str = "lines",
    encoding: str = "utf-8",
    errors: str = "strict",
    phrases: int = 0,
    phrase_score: str | None = None,
    phrase_threshold: float | None = None,
    phrase_min_count: int | None = None,
    phrase_separator: str | None = None,
    progress: bool = False,
) -> Corpus:
    """Read a text and return its vocabulary and ids; see `jaxtext.text.read`.

    `texts` are files and folders, or one iterable of sequences of tokens, which are kept as they
    are. Without `texts`, `name` chooses a corpus (text8, fil9, wikitext-103); without a name, the
    built-in corpus is read. Words that occur less than `min_count` times are left out, as are all
    but the `max_vocab` most frequent. With `progress`, a bar is drawn on standard error, or below
    the cell of a notebook.

    Text is cut into "words" of letters and digits in lower case, or with `tokens` "whitespace" at
    spaces alone, keeping case. `language` "tr" or "az" lower-cases as in Turkish and Azeri;
    `sentences` are "lines" or "paragraphs"; `encoding` is that of the files, and `errors` "replace"
    puts U+FFFD in place of bytes that are no text in it.

    With `phrases`, neighbors that occur together far more often than by chance become one word,
    such as new_york; each pass joins longer phrases. `phrase_score` is "npmi" (normalized PMI,
    above a `phrase_threshold` of 0.5) or "word2vec" (above 100); a phrase occurs at least
    `phrase_min_count` times. A phrase that is spelled like a word of the text is the same word.

    Raises `InputError` for what cannot be read, naming the parameter, file or sequence.
    """
    options: dict[str, Any] = {
        "min_count": min_count, "max_vocab": max_vocab, "lowercase": lowercase, "tokens": tokens,
        "language": language, "sentences": sentences, "encoding": encoding, "errors": errors,
        "phrases": phrases, "phrase_score": phrase_score, "phrase_threshold": phrase_threshold,
        "phrase_min_count": phrase_min_count, "phrase_separator": phrase_separator,
    }  # fmt: skip
    with Bars() if progress else nullcontext() as bars:
        watch = Watch() if bars is None else bars.watch()
        return text.read(
            *texts, name=name, **options, on_stage=watch.on_stage, on_bytes=watch.on_bytes,
            on_tokens=watch.on_tokens,
        )  # fmt: skip


def train(
    key: Key[Array, ""],
    corpus: Corpus,
    method: Method = Sgns(),  # noqa: B008
    *,
    start: Start | None = None,
    progress: bool = False,
    on_report: Callable[[Any], None] = ignore,
    on_state: Callable[[Callable[[], Any]], None] = ignore,
) -> Embeddings:
    """Train word vectors on a corpus; nothing is printed or written.

    `method` is a record of settings: `Sgns`, `Exact`, `Softmax` or `Svd`. Every random draw follows
    from `key`. The result contains the words and counts of the corpus, with vectors [V, dim] in
    float32.

    With `start`, which is vectors that were trained before, known words begin at their vectors
    (center and, if present, context), and new words begin as usual. With `progress`, a bar is drawn
    on standard error, or below the cell of a notebook. `on_report` is called with reports of the
    progress: `done` in [0, 1], `seconds`, and `loss` per pair, in nats, if the method has one.
    `on_state` is called with a function that returns the state of the training; that state may be
    the `start` of another call, which resumes the training.

    The streams of `Sgns` train side by side on the devices of JAX, of which a CPU is one unless
    `jax.config.update("jax_num_cpu_devices", 2)`, or JAX_NUM_CPU_DEVICES=2 in the environment, says
    otherwise before JAX is used. The vectors do not depend on it.

    Raises `InputError`, naming the parameter, for arguments and text that cannot be used, and
    `Diverged`, whose `vectors` are the last good ones, when the loss becomes NaN or infinite.
    """
    check_corpus(corpus)
    check_key(key)
    check_method(method)
    with Bars() if progress else nullcontext() as bars:
        if bars is not None:
            bars.stage("training")
            on_report = bars.watch(on_report=on_report).on_report
        try:
            params = fit(key, corpus, method, start=start, on_report=on_report, on_state=on_state)
        except Diverged as error:
            error.vectors = embedded(corpus, error.params)
            raise
    return embedded(corpus, params)


def check_corpus(corpus: Any, name: str = "corpus") -> None:
    """Raise `InputError` for anything but what `read` returns."""
    if not isinstance(corpus, Corpus):
        raise InputError(f"must be what jaxtext.read returns, found {type(corpus).__name__}", name)


def check_key(key: Any) -> None:
    """Raise `InputError` for anything but one key of `jax.random.key`."""
    if not (hasattr(key, "dtype") and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)):
        raise InputError(
            f"must be a key such as jax.random.key(0), found {type(key).__name__}", "key"
        )
    if key.shape != ():
        raise InputError(f"must be one key, found keys of shape {list(key.shape)}", "key")


def embedded(corpus: Corpus, params: Any) -> Embeddings:
    """Return the vectors of a training with the words and counts of its corpus."""
    center, context = (np.asarray(table, np.float32) for table in params)
    return Embeddings(corpus.vocab, center, context)


def run(
    out: str | Path,
    paths: str | Path | Sequence[str | Path] = (),
    method: Method = Sgns(),  # noqa: B008
    *,
    name: str | None = None,
    min_count: int = 5,
    max_vocab: int | None = None,
    lowercase: bool | None = None,
    tokens: str = "words",
    language: str | None = None,
    sentences: str = "lines",
    encoding: str = "utf-8",
    errors: str = "strict",
    phrases: int = 0,
    phrase_score: str | None = None,
    phrase_threshold: float | None = None,
    phrase_min_count: int | None = None,
    phrase_separator: str | None = None,
    seed: int = 0,
    resume: bool = False,
    checkpoint_every: float = 60.0,
    team: Team = ALONE,
    progress: bool = False,
    on_report: Callable[[Any], None] = ignore,
    on_note: Callable[[str], None] = ignore,
) -> Outcome:
    """Train on files into the folder `out`, as `jaxtext train` does; nothing is printed.

    The folder gets the vectors, the vocabulary, metrics, checkpoints and a manifest with all that
    is needed to repeat the run. The vectors are identical to those of
    `train(jax.random.key(seed), ...)`. With `resume`, an interrupted run in `out` is resumed, with
    the same options, and a new run is started if there is none. `checkpoint_every` is in seconds.
    `on_report` is called as in `train`; `on_note` is called with a sentence when something unusual
    happens or is found in the text. How the text is read is chosen as in `read`. With a `team` of
    `jaxtext.devices.join`, several processes, on one machine or more, train together: all of them
    call this with the same arguments, and see the same folder. The vectors are the same.

    Raises `InputError` for arguments and text that cannot be used, leaving nothing behind,
    `Diverged` if training diverges (the folder then contains the last good vectors), and `Stopped`
    after a signal.
    """
    check_method(method)
    source = _named(paths, name)
    reading = Reading(
        min_count, max_vocab, lowercase, tokens, language, sentences, encoding, errors,
        phrases, phrase_score, phrase_threshold, phrase_min_count, phrase_separator,
    )  # fmt: skip
    options = record.as_json(record.Record(source, reading, method, seed))
    place = record.Place(Path(out), resume, checkpoint_every)
    if resume and not folder.is_run(place.out):
        place = record.Place(Path(out), False, checkpoint_every)

    def on_corpus(corpus: Corpus) -> None:
        for note in notes(corpus):
            on_note(note)

    told: Any = {"on_corpus": on_corpus, "on_report": on_report, "on_note": on_note}
    with Bars() if progress else nullcontext() as bars:
        watch = Watch(**told) if bars is None else bars.watch(**told)
        return execute(place, options, watch, team=team)


def sweep(
    out: str | Path,
    corpus: Corpus,
    methods: Sequence[Method],
    score: Callable[[Embeddings], Scores],
    *,
    seeds: Sequence[int] = (0,),
    on_row: Callable[[Method, int, Scores], None] = ignore,
) -> Table:
    """Train with every method and seed, and return one table of the scores, means over the seeds.

    `score` maps the vectors of a training to numbers by name. Each result is written to
    `results.jsonl` in the folder `out` as soon as it is measured, so that a second call, after an
    interruption or with more methods and seeds, measures only what is missing. `on_row` is called
    with the method, the seed and the scores of each. The table has a row for each method, with the
    settings in which the methods differ, and, for several seeds, sample standard deviations.

    ```python
    methods = [jaxtext.Sgns(dim=50, window=window) for window in (2, 5, 10)]
    sets = jaxtext.evaluation.read(sets=["wordsim353"])

    def score(vectors):
        results = jaxtext.evaluation.evaluate(vectors, sets).similarity
        return {name: result.spearman for name, result in results.items()}

    jaxtext.sweep("runs/windows", corpus, methods, score, seeds=range(3))
    ```

    Raises `InputError` for no methods or seeds, for a folder with results of another text, and as
    `train` does.
    """
    methods, seeds = list(methods), [int(seed) for seed in seeds]
    if not methods or not seeds:
        raise InputError(
            "needs at least one method and one seed", "seeds" if methods else "methods"
        )
    for method in methods:
        check_method(method)

    def measure(method: Method, seed: int) -> Scores:
        return score(train(jax.random.key(seed), corpus, method))

    rows = []
    for row in swept(Path(out), corpus, methods, seeds, measure):
        on_row(*row)
        rows.append(row)
    return sweep_table(rows)


def _named(paths: str | Path | Sequence[str | Path], name: str | None) -> Source:
    """Return the source for the arguments `paths` and `name`, under which errors are reported."""
    several = [paths] if isinstance(paths, str | Path) else paths
    if not isinstance(several, list | tuple) or not all(isinstance(p, str | Path) for p in several):
        raise InputError(
            "must be files and folders, from which a run can be repeated: to train on sequences in "
            "memory, use jaxtext.train",
            "paths",
        )
    try:
        return Source(paths, name)  # pyright: ignore[reportArgumentType]
    except InputError as error:
        error.parameter = "name" if error.parameter == "corpus" else error.parameter
        raise


def save(
    vectors: Embeddings, path: str | Path, format: str | None = None, kind: str = "center"
) -> None:
    """Write vectors to a file, in a format of `jaxtext.export.FORMATS`.

    Without a `format`, the ending of the name decides: .bin is word2vec-binary, .txt word2vec-text,
    .vec fasttext; any other ending means safetensors, the only format that keeps context vectors
    and counts. `hub` is a folder that sentence-transformers and model2vec load. `kind` chooses the
    vector of each word (see `Embeddings.vectors`).

    Missing folders are created, and an existing file is replaced once the new one is complete.

    Raises `InputError` for an unknown format or kind, and for an existing folder.
    """
    if not isinstance(vectors, Embeddings):
        raise InputError(f"must be Embeddings, found {type(vectors).__name__}", "vectors")
    chosen = SUFFIXES.get(Path(path).suffix.lower(), "safetensors") if format is None else format
    export.write(vectors, path, chosen, kind)


def load(path: str | Path, limit: int | None = None, strict: bool = False) -> Embeddings:
    """Load the vectors of a run folder, or of a vector file in any format that `save` writes.

    With `limit`, only that many words are read, the most frequent ones. Odd rows of a file (a
    repeated word, a word that is not UTF-8 text, a number that is not finite, ...) are left out;
    one warning counts them and names the first, and so does the `note` of the result. If `strict`,
    the first of them is an error.

    Raises `InputError` if there is neither, or if the files cannot be used.
    """
    return folder.load(path, limit, strict)

"""What most people need: read a text, train on it, ask, save and load.

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
from jaxtext.reports.progress import Bars
from jaxtext.runs import folder, record
from jaxtext.runs.execute import Outcome, execute
from jaxtext.runs.watch import Watch, ignore
from jaxtext.text import Corpus, Reading, Source
from jaxtext.training.methods import Start, fit
from jaxtext.training.settings import Method, Sgns, check_method
from jaxtext.training.stream import Diverged
from jaxtext.vectors import export
from jaxtext.vectors.embeddings import Embeddings
from jaxtext.vectors.query import analogy, neighbors

__all__ = ["analogy", "load", "neighbors", "read", "run", "save", "train"]

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
    lowercase: bool = True,
    progress: bool = False,
) -> Corpus:
    """Read a text and return its vocabulary and ids; see `jaxtext.text.read`.

    `texts` are files and folders, or one iterable of sequences of tokens; without any, `name`
    chooses a corpus by name, and without a name the built-in corpus is read. With `progress`, a bar
    is drawn on standard error, or below the cell of a notebook.

    Raises `InputError` for what cannot be read, naming the parameter, file or sequence.
    """
    options: dict[str, Any] = {"min_count": min_count, "max_vocab": max_vocab}
    with Bars() if progress else nullcontext() as bars:
        watch = Watch() if bars is None else bars.watch()
        return text.read(
            *texts, name=name, lowercase=lowercase, **options, on_stage=watch.on_stage,
            on_bytes=watch.on_bytes, on_tokens=watch.on_tokens,
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

    `method` is a record of settings: `Sgns`, `Exact` or `Svd`. Every random draw follows from
    `key`. With `start`, vectors that were trained before, known words begin at theirs (center and,
    where present, context) and new words as usual; words and counts are those of the corpus. With
    `progress`, a bar is drawn on standard error, or below the cell of a notebook; `on_report` is
    told the same (`done` in [0, 1], `seconds`, and `loss` per pair where there is one). `on_state`
    is given a function that returns the state of the training, which may be the `start` of another
    one.

    Raises `InputError` naming the parameter for arguments and text that cannot be used, and
    `Diverged`, whose `vectors` are the last good ones, when the loss is no longer finite.
    """
    if not isinstance(corpus, Corpus):
        raise InputError(
            f"must be what jaxtext.read returns, found {type(corpus).__name__}", "corpus"
        )
    check_key(key)
    check_method(method)
    with Bars() if progress else nullcontext() as bars:
        if bars is not None:
            bars.stage("training")
            on_report = bars.watch(on_report=on_report).on_report
        try:
            params = fit(key, corpus, method, start=start, on_report=on_report, on_state=on_state)
        except Diverged as error:
            error.vectors = _embeddings(corpus, error.params)
            raise
    return _embeddings(corpus, params)


def check_key(key: Any) -> None:
    """Raise `InputError` for anything but one new-style key of JAX."""
    if not (hasattr(key, "dtype") and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)):
        raise InputError(
            f"must be a key such as jax.random.key(0), found {type(key).__name__}", "key"
        )
    if key.shape != ():
        raise InputError(f"must be one key, found {list(key.shape)}", "key")


def _embeddings(corpus: Corpus, params: Any) -> Embeddings:
    return Embeddings(corpus.vocab, *(np.asarray(table, np.float32) for table in params))


def run(
    out: str | Path,
    paths: str | Path | Sequence[str | Path] = (),
    method: Method = Sgns(),  # noqa: B008
    *,
    name: str | None = None,
    min_count: int = 5,
    max_vocab: int | None = None,
    lowercase: bool = True,
    seed: int = 0,
    resume: bool = False,
    checkpoint_every: float = 60.0,
    progress: bool = False,
    on_report: Callable[[Any], None] = ignore,
    on_note: Callable[[str], None] = ignore,
) -> Outcome:
    """Train on files into the folder `out`, as `jaxtext train` does; nothing is printed.

    The folder gets the vectors, the vocabulary, metrics, checkpoints and a manifest with all that
    is needed to repeat the run. The vectors are those of `train(jax.random.key(seed), ...)`, to the
    bit. With `resume`, an interrupted run in `out` is resumed, and begun if there is none; its
    options must be the same. `checkpoint_every` is in seconds; `on_note` is told what is out of the
    ordinary, in sentences.

    Raises `InputError` for arguments and text that cannot be used, leaving nothing behind,
    `Diverged`, when the folder contains the last good vectors, and `Stopped` after a signal.
    """
    check_method(method)
    source = _named(paths, name)
    options = record.as_json(
        record.Record(source, Reading(min_count, max_vocab, lowercase), method, seed)
    )
    place = record.Place(Path(out), resume, checkpoint_every)
    if resume and not folder.is_run(place.out):
        place = record.Place(Path(out), False, checkpoint_every)
    with Bars() if progress else nullcontext() as bars:
        if bars is None:
            watch = Watch(on_report=on_report, on_note=on_note)
        else:
            watch = bars.watch(on_report=on_report, on_note=on_note)
        return execute(place, options, watch)


def _named(paths: str | Path | Sequence[str | Path], name: str | None) -> Source:
    """The source of the arguments `paths` and `name`, which errors are about."""
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

    Without a `format`, the name's ending decides: .bin, .txt, .vec, else safetensors, the only one
    that keeps context vectors and counts. `kind` chooses the vector per word, see
    `Embeddings.vectors`.

    Raises `InputError` for an unknown format or kind and for a file that exists already.
    """
    if not isinstance(vectors, Embeddings):
        raise InputError(f"must be Embeddings, found {type(vectors).__name__}", "vectors")
    chosen = SUFFIXES.get(Path(path).suffix.lower(), "safetensors") if format is None else format
    export.write(vectors, path, chosen, kind)


def load(path: str | Path) -> Embeddings:
    """Load the vectors of a run folder, or of a vector file in any format that `save` writes.

    Raises `InputError` where there is neither, or where what is there cannot be used.
    """
    return folder.load(path)

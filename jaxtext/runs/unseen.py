"""Vectors of a run for words outside its vocabulary, from the sentences of files."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from jaxtext.base.errors import InputError
from jaxtext.runs.folder import Run, is_run
from jaxtext.runs.repeating import record_of
from jaxtext.text import phrases
from jaxtext.text.reading import Reading, sentences_in
from jaxtext.text.sources import find_sources
from jaxtext.text.vocab import Vocab
from jaxtext.training.settings import Exact, Sgns
from jaxtext.training.unseen import infer
from jaxtext.vectors.embeddings import Embeddings


def inferred(
    folder: str | Path, vectors: Embeddings, words: Sequence[str], paths: Sequence[str]
) -> Float[np.ndarray, "N D"]:
    """Return a center vector for each word, from the sentences of files that contain it.

    `vectors` are those of the run in `folder`. The files are read as the text of the run was.

    Raises `InputError` for a folder that contains no run, files that cannot be read, and as `infer`
    does.
    """
    if not is_run(folder):
        raise InputError(
            f"{folder} is not a run folder, and vectors alone do not say how they were trained",
            "contexts",
        )
    record = record_of(Run(Path(folder)))
    if not isinstance(record.method, Sgns | Exact):
        reason = (
            f"{folder} was trained by {record.method.name}: only sgns and exact can infer words"
        )
        raise InputError(reason, "contexts")
    sentences = _sentences(find_sources(paths), record.reading, set(words), vectors.vocab)
    return infer(vectors, words, sentences, record.method)


def _sentences(
    files: Sequence[str], reading: Reading, wanted: set[str], vocab: Vocab
) -> Iterator[list[str]]:
    """Yield the sentences that contain one of the words, with the phrases of the vocabulary."""
    for sentence in sentences_in(files, reading):
        if not wanted.isdisjoint(sentence):
            how = reading.joining
            yield sentence if how is None else phrases.known(sentence, vocab, how)

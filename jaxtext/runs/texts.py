"""The text of a run, read again as the run has read it."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jaxtext.base.errors import InputError
from jaxtext.runs.folder import MANIFEST, Run, is_run
from jaxtext.runs.record import Record
from jaxtext.runs.repeating import record_of
from jaxtext.runs.watch import Watch
from jaxtext.text.encoded import Corpus
from jaxtext.text.reading import Source, encode_files, files_of
from jaxtext.text.sources import STDIN
from jaxtext.vectors.embeddings import Embeddings


@contextmanager
def text_of(
    folder: str | Path,
    paths: Sequence[str] = (),
    watch: Watch = Watch(),  # noqa: B008
) -> Iterator[tuple[Record, Embeddings, Corpus]]:
    """Read the text of a run again, from `paths` or, by default, from where the run found it.

    The corpus is in temporary files, which are there as long as the context.

    Raises `InputError` for a folder that contains no run, and for a text with another vocabulary,
    and for one that is no longer the text of the run.
    """
    folder = Path(folder)
    if folder.exists() and not is_run(folder):
        raise InputError(
            f"{folder}: is not a run folder, and vectors alone do not say on which text they were "
            "trained: give the folder that jaxtext train has written"
        )
    run = Run(folder)
    record = record_of(run)
    embeddings = run.embeddings()
    source = Source(tuple(paths)) if paths else record.source
    if STDIN in source.paths and sys.stdin.isatty():
        raise InputError(f"{folder}: was trained on standard input: send its text there again")
    with tempfile.TemporaryDirectory(prefix="jaxtext.") as scratch:
        files = files_of(source, watch.on_stage, watch.on_bytes)
        watch.on_stage("reading")
        corpus = encode_files(files, record.reading, Path(scratch), watch.on_tokens)
        watch.on_corpus(corpus)
        if corpus.vocab.sha256() != embeddings.vocab.sha256():
            raise InputError(
                f"the vocabulary of this text ({len(corpus.vocab):,} words) is not that of "
                f"{folder} ({len(embeddings.vocab):,} words): give the text of the run"
            )
        if not paths and _recorded(run) not in (None, corpus.sha256):
            raise InputError(
                f"the text of {folder} has been changed since the run: train on it again"
            )
        yield record, embeddings, corpus


def _recorded(run: Run) -> str | None:
    """Return the SHA-256 of the text of a run, if its manifest has it."""
    if not (run.folder / MANIFEST).exists():
        return None
    corpus = run.read_json(MANIFEST).get("corpus")
    return corpus.get("sha256") if isinstance(corpus, dict) else None

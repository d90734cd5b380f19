"""Vectors of resamples of a run's text, for commands with intervals."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from jaxtext.base.errors import InputError
from jaxtext.cli.shared import note

if TYPE_CHECKING:
    from jaxtext.vectors.embeddings import Embeddings


def replicates(
    run: Path, number: int, vectors: "Embeddings", documents: str
) -> "Iterator[Embeddings]":
    """Yield vectors of so many resamples of the text of a run, which has these `vectors`.

    Raises `InputError` for fewer than two, and for a folder that contains no run.
    """
    import jax

    from jaxtext import uncertainty
    from jaxtext.reports.progress import Bars
    from jaxtext.runs.texts import text_of

    if number < 2:
        raise InputError("must be at least 2", "bootstrap", number)
    with Bars(only_terminals=True) as bars:
        watch = bars.watch(on_note=note)
        with text_of(run, (), watch) as (record, _, corpus):
            key = jax.random.key(record.seed)
            watch.on_stage(f"training on {number:,} resamples")
            trainings = uncertainty.replicates(
                key, corpus, record.method, number, vectors, documents=documents
            )
            for done, one in enumerate(trainings, 1):
                watch.on_compared(done / number)
                yield one

"""The text of a run -> ids on disk, with progress."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaxtext import text
from jaxtext.base.errors import InputError
from jaxtext.cli import Train
from jaxtext.reports.terminal import progress
from jaxtext.text.encoded import EncodedCorpus


def encode(options: Train, sources: list[str], scratch: Path) -> EncodedCorpus:
    """Read the text once; ids go to files in `scratch`."""
    with progress("{task.fields[tokens]:.1f} M words") as bar:
        task = bar.add_task("reading", total=None, tokens=0.0)
        if not sources:
            bar.update(task, description="collecting the built-in corpus")
            sources = [str(text.builtin_corpus())]
            bar.update(task, description="reading")
        try:
            corpus = text.encode_corpus(
                text.read_blocks(sources),
                scratch,
                min_count=options.min_count,
                max_vocab=options.max_vocab,
                lowercase=options.lowercase,
                on_tokens=lambda tokens: bar.update(task, tokens=tokens / 1e6),
            )
        except text.NoWords as error:
            raise InputError(f"{', '.join(sources)}: {error}") from None
        bar.update(task, tokens=corpus.tokens / 1e6, total=1, completed=1)
    if np.diff(corpus.text.ends, prepend=0).max() < 2:
        raise InputError("no sentence has two words of the vocabulary, so there are no pairs")
    print(
        f"{corpus.tokens:,} words in {len(corpus.text.ends):,} sentences; {len(corpus.vocab):,} "
        f"different words occur {options.min_count} times or more"
    )
    if len(corpus.vocab) == 1:
        print(f"{corpus.vocab.words[0]!r} is the only word: there is none to tell it apart from")
    return corpus


def sources_of(paths: Sequence[str], corpus: str | None) -> list[str]:
    """The files to read: those of the paths or else the named corpus; none for the built-in one."""
    if paths or corpus is None:
        return text.find_sources(paths)
    with progress("{task.fields[size]} MB") as bar:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(f"{what} {corpus}", size="")
            size = f"{done / 1e6:.0f} of {of / 1e6:.0f}"
            bar.update(tasks[what], completed=done, total=of, size=size)

        return [str(text.named_corpus(corpus, on_bytes=show))]

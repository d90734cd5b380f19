"""`jaxtext export`: write vectors to files that other tools read."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from jaxtext.cli.shared import STANDARD_OUTPUT, Kind, Limit, RunPath, Strict, load

Format = Literal[
    "word2vec-text", "word2vec-binary", "glove", "fasttext", "safetensors", "projector", "hub"
]


@dataclass(frozen=True)
class Export:
    """Write the vectors to a file that other tools read."""

    # Run folder or vector file.
    run: Positional[RunPath]

    # File to write, or - for standard output; for projector and hub, a folder. Missing folders are
    # created, and an existing file is replaced.
    path: Positional[Path]

    # File format. Only safetensors keeps context vectors and word counts; hub is a folder that
    # sentence-transformers and model2vec load.
    format: Format = "word2vec-text"

    # Vectors to write: one of the two tables, or both combined.
    vectors: Kind = "center"

    # Write only this many words, the most frequent ones.
    limit: Limit = None

    # Refuse a vector file with an odd row instead of leaving the row out.
    strict: Strict = False


def export(options: Export) -> None:
    """Write the vectors of a run to a file."""
    from jaxtext.vectors import export as files

    embeddings = load(options.run, options.limit, options.strict)
    if options.path == STANDARD_OUTPUT:
        files.write_to(embeddings, sys.stdout.buffer, options.format, options.vectors)
        return
    files.write(embeddings, options.path, options.format, options.vectors)
    print(f"written: {options.path}")

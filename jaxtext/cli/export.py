"""`jaxtext export`: write vectors to files that other tools read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from jaxtext.cli.shared import Kind, RunPath

Format = Literal[
    "word2vec-text", "word2vec-binary", "glove", "fasttext", "safetensors", "projector"
]


@dataclass(frozen=True)
class Export:
    """Write the vectors to a file that other tools read."""

    # Run folder or vector file.
    run: Positional[RunPath]

    # File to write; for projector, a folder.
    path: Positional[Path]

    # File format. Only safetensors keeps context vectors and word counts.
    format: Format = "word2vec-text"

    # Vectors to write: one of the two tables, or both combined.
    vectors: Kind = "center"


def export(options: Export) -> None:
    """Write the vectors of a run to a file."""
    from jaxtext import runs
    from jaxtext.vectors import export as files

    files.write(runs.load(options.run), options.path, options.format, options.vectors)
    print(f"written: {options.path}")

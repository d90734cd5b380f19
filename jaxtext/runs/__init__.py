"""A training on disk: run folders, checkpoints, signals, and runs that are resumed or repeated."""

from jaxtext.runs.folder import (
    CHECKPOINTS,
    CONFIG,
    FILES,
    IDS,
    LOCK,
    MANIFEST,
    METRICS,
    VECTORS,
    VOCAB,
    Run,
    is_run,
    load,
)

__all__ = [
    "CHECKPOINTS",
    "CONFIG",
    "FILES",
    "IDS",
    "LOCK",
    "MANIFEST",
    "METRICS",
    "VECTORS",
    "VOCAB",
    "Run",
    "is_run",
    "load",
]

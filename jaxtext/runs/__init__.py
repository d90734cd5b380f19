"""Trainings on disk: run folders, checkpoints and signals; how runs are resumed and repeated."""

from jaxtext.runs.folder import (
    CHECKPOINTS,
    CONFIG,
    FILES,
    GAP,
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
    "GAP",
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

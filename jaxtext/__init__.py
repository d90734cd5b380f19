"""Word vectors in JAX, from raw text, proved and fast.

The public names are imported when they are first used, so that a command that needs no JAX does
not wait for it.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_MODULES = {
    "embeddings": "jaxtext.vectors.embeddings",
    "evaluation": "jaxtext.evaluation",
    "export": "jaxtext.vectors.export",
    "factorization": "jaxtext.models.factorization",
    "gap": "jaxtext.evaluation.gap",
    "mlp": "jaxtext.models.mlp",
    "plots": "jaxtext.reports.plots",
    "pmi": "jaxtext.models.pmi",
    "query": "jaxtext.vectors.query",
    "runs": "jaxtext.runs",
    "sampling": "jaxtext.training.sampling",
    "sgns": "jaxtext.models.sgns",
    "skipgram": "jaxtext.models.skipgram",
    "text": "jaxtext.text",
    "training": "jaxtext.training",
    "types": "jaxtext.base.types",
    "verification": "jaxtext.verification",
}
_NAMES = {
    "Corpus": "jaxtext.text",
    "Diverged": "jaxtext.training",
    "EmbeddingParams": "jaxtext.base.types",
    "Embeddings": "jaxtext.vectors.embeddings",
    "Exact": "jaxtext.training.settings",
    "InputError": "jaxtext.base.errors",
    "Query": "jaxtext.vectors.query",
    "Sgns": "jaxtext.training.settings",
    "Svd": "jaxtext.training.settings",
    "analogy": "jaxtext.api",
    "load": "jaxtext.api",
    "neighbors": "jaxtext.api",
    "read": "jaxtext.api",
    "run": "jaxtext.api",
    "save": "jaxtext.api",
    "train": "jaxtext.api",
}
__all__ = [*_NAMES, *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'jaxtext' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]

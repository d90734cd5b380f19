"""Word vectors in JAX, from raw text, proved and fast.

The modules are the public names; they are imported when they are first used, so that a command
that needs no JAX does not wait for it.
"""

import importlib
from types import ModuleType

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
__all__ = ["EmbeddingParams", *_MODULES]


def __getattr__(name: str) -> ModuleType | type:
    if name == "EmbeddingParams":
        from jaxtext.base.types import EmbeddingParams

        return EmbeddingParams
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    raise AttributeError(f"module 'jaxtext' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]

"""Word vectors in JAX, from raw text, proved and fast.

The public names are imported when they are first used, so that a command that needs no JAX does
not wait for it.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for editors and type checkers; nothing is imported here
    from jaxtext import evaluation as evaluation
    from jaxtext import runs as runs
    from jaxtext import text as text
    from jaxtext import training as training
    from jaxtext import verification as verification
    from jaxtext.api import analogy as analogy
    from jaxtext.api import infer as infer
    from jaxtext.api import load as load
    from jaxtext.api import neighbors as neighbors
    from jaxtext.api import read as read
    from jaxtext.api import run as run
    from jaxtext.api import save as save
    from jaxtext.api import sweep as sweep
    from jaxtext.api import train as train
    from jaxtext.base import types as types
    from jaxtext.base.errors import InputError as InputError
    from jaxtext.base.types import EmbeddingParams as EmbeddingParams
    from jaxtext.evaluation import gap as gap
    from jaxtext.models import factorization as factorization
    from jaxtext.models import mlp as mlp
    from jaxtext.models import pmi as pmi
    from jaxtext.models import sgns as sgns
    from jaxtext.models import skipgram as skipgram
    from jaxtext.reports import plots as plots
    from jaxtext.text import Corpus as Corpus
    from jaxtext.training import Diverged as Diverged
    from jaxtext.training import devices as devices
    from jaxtext.training import sampling as sampling
    from jaxtext.training.settings import Exact as Exact
    from jaxtext.training.settings import Sgns as Sgns
    from jaxtext.training.settings import Softmax as Softmax
    from jaxtext.training.settings import Svd as Svd
    from jaxtext.uncertainty import compare as compare
    from jaxtext.uncertainty import replicates as replicates
    from jaxtext.uncertainty import stability as stability
    from jaxtext.vectors import embeddings as embeddings
    from jaxtext.vectors import export as export
    from jaxtext.vectors import query as query
    from jaxtext.vectors.embeddings import Embeddings as Embeddings
    from jaxtext.vectors.query import Query as Query

__version__ = "0.1.0"

_MODULES = {
    "devices": "jaxtext.training.devices",
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
    "Softmax": "jaxtext.training.settings",
    "Svd": "jaxtext.training.settings",
    "analogy": "jaxtext.api",
    "compare": "jaxtext.uncertainty",
    "infer": "jaxtext.api",
    "load": "jaxtext.api",
    "neighbors": "jaxtext.api",
    "read": "jaxtext.api",
    "replicates": "jaxtext.uncertainty",
    "run": "jaxtext.api",
    "save": "jaxtext.api",
    "stability": "jaxtext.uncertainty",
    "sweep": "jaxtext.api",
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

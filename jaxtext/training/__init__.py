"""Data -> parameters: `fit` runs the trainer of a method and reports through callbacks alone."""

from jaxtext.training import counts, loop, stream, svd
from jaxtext.training import counts as exact
from jaxtext.training.methods import fit
from jaxtext.training.settings import METHODS, Exact, Method, Sgns, Softmax, Svd
from jaxtext.training.stream import Diverged

__all__ = [
    "METHODS",
    "Diverged",
    "Exact",
    "Method",
    "Sgns",
    "Softmax",
    "Svd",
    "counts",
    "exact",
    "fit",
    "loop",
    "stream",
    "svd",
]

"""How good vectors are: word similarity, analogies, categorization, and whether two runs differ.

The distance of a model from the optimum of its own objective is in the module `gap`.
"""

from jaxtext.evaluation import analogy, categorization, similarity
from jaxtext.evaluation.report import Sets, compare, evaluate, read

__all__ = [
    "Sets",
    "analogy",
    "categorization",
    "compare",
    "evaluate",
    "read",
    "similarity",
]

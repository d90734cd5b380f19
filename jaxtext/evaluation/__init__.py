"""How good vectors are: word similarity, analogies, categorization, and whether two runs differ.

The distance of a model from the optimum of its own objective is in the module `gap`.
"""

from jaxtext.evaluation import analogy, categorization, odd_one_out, similarity, topk
from jaxtext.evaluation.named import SETS
from jaxtext.evaluation.report import Sets, compare, evaluate, read

__all__ = [
    "SETS",
    "Sets",
    "analogy",
    "categorization",
    "compare",
    "evaluate",
    "odd_one_out",
    "read",
    "similarity",
    "topk",
]

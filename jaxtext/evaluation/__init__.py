"""How good vectors are: word similarity, analogies, categorization, and whether two runs differ."""

from jaxtext.evaluation import analogy, categorization, similarity
from jaxtext.evaluation.report import Sets, compare, evaluate, print_comparison, print_report, read

__all__ = [
    "Sets",
    "analogy",
    "categorization",
    "compare",
    "evaluate",
    "print_comparison",
    "print_report",
    "read",
    "similarity",
]

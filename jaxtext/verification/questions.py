"""Every question of the sheet: where a notebook answers it, its checks, and their verdicts.

    python -m jaxtext.verification.questions notebooks/README.md

runs the certificate and writes the table into the file, between its two marks.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from jaxtext.base.files import write_text
from jaxtext.verification.findings import ASSUMING, CORRECTED, FAILS, HOLDS, Check

BEGIN, END = "<!-- questions: begin -->", "<!-- questions: end -->"
PARTS = {
    "networks": "Fully connected networks",
    "backprop": "Backpropagation",
    "skipgram-basics": "Skip-gram basics",
    "skipgram-training": "Skip-gram training",
    "factorization": "Matrix factorization",
}
VECTORS = "01_text_to_vectors"
NETWORKS = "02_networks_and_backpropagation"
SKIPGRAM = "03_skipgram_and_negative_sampling"
FACTORIZATION = "04_embeddings_as_pmi_factorization"
COLUMNS = ("question", "asks for", "notebook and section", "checks", "verdict")

WORDS = (
    (HOLDS, "holds", "hold"),
    (ASSUMING, "holds under assumptions", "hold under assumptions"),
    (FAILS, "FAILS", "FAIL"),
)


class Question(NamedTuple):
    """A question of the sheet: its part and letter, and where it is answered.

    The ids of its checks begin with `part.place`; those of `beyond` go further than the sheet.
    """

    part: str
    place: str
    asks: str
    notebook: str = ""
    sections: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """What the ids of the checks begin with."""
        return f"{self.part}.{self.place}"


QUESTIONS = (
    Question(
        "networks", "a", "Sizes of the input and the output layer", NETWORKS, ("Units and layers",)
    ),
    Question(
        "networks", "b", "What nodes and edges contain", NETWORKS, ("Units and layers",)
    ),
    Question(
        "networks", "c", "A layer as a formula, unit by unit",
        NETWORKS, ("Units and layers", "A bias"),
    ),
    Question(
        "networks", "d", "Kinds of units", NETWORKS, ("Three activations and their derivatives",)
    ),
    Question(
        "networks", "e", "A layer for N inputs, as a product of matrices",
        NETWORKS, ("Units and layers",),
    ),
    Question(
        "backprop", "a", "The gradients that training needs", NETWORKS, ("The backward pass",)
    ),
    Question(
        "backprop", "b", "The derivative of the logistic function",
        NETWORKS, ("Three activations and their derivatives",),
    ),
    Question(
        "backprop", "c.i", "Update rules of two weights of the 3-2-2 network",
        NETWORKS, ("The loss, and its sign", "The backward pass", "Line by line"),
        ("gradients.network",),
    ),
    Question(
        "backprop", "c.ii", "One update in numbers",
        NETWORKS,
        ("The forward pass", "One update of all ten weights", "Step by step",
         "Compared with the sheet"),
    ),
    Question("skipgram-basics", "a", "Classes of the task, and the softmax",
             SKIPGRAM, ("The full softmax, by hand",)),
    Question(
        "skipgram-basics", "b", "All positive examples of a sentence",
        SKIPGRAM, ("From a sentence to pairs",), ("definitions.pairs",),
    ),
    Question(
        "skipgram-basics", "c", "Parameters and their number",
        SKIPGRAM, ("The full softmax, by hand",),
    ),
    Question(
        "skipgram-basics", "d", "One final vector for a word",
        VECTORS, ("Neighbors",), ("geometry.gauge",),
    ),
    Question(
        "skipgram-training", "a", "Likelihood and negative log-likelihood of a text",
        SKIPGRAM, ("The loss of a text",),
    ),
    Question(
        "skipgram-training", "b", "Cross entropy of (Frodo, ring)",
        SKIPGRAM, ("The full softmax, by hand",),
    ),
    Question(
        "skipgram-training", "c", "What one step changes, and why negative sampling",
        SKIPGRAM, ("What one step changes", "Back to the softmax"),
        ("gradients.softmax-pair", "approximation", "nce"),
    ),
    Question(
        "factorization", "a", "The objective with the sampling of negatives made explicit",
        SKIPGRAM, ("The sampled loss and its expectation", "With uniform noise it is not PMI"),
        ("gradients.sampled-pair", "definitions.expected-pair", "definitions.noise"),
    ),
    Question(
        "factorization", "b", "The objective of the whole corpus",
        SKIPGRAM, ("The sampled loss and its expectation",),
        ("gradients.corpus", "definitions.corpus", "least-loss"),
    ),
    Question(
        "factorization", "c", "The optimal score is PMI - ln k",
        FACTORIZATION,
        ("From counts to PMI", "Two slips of the sheet", "The optimum, derived",
         "The optimum, reached", "The way there"),
        ("optimum", "variants", "geometry", "low-rank"),
    ),
)  # fmt: skip


def begins(identifier: str, prefix: str) -> bool:
    """Return whether a check's id is `prefix`, or stands below it.

    >>> begins("networks.c.1", "networks.c"), begins("networks.context.1", "networks.c")
    (True, False)
    """
    return identifier == prefix or identifier.startswith(prefix + ".")


def context_prefix(question: Question) -> str:
    """Return the beginning of the ids about what a question takes for granted.

    >>> context_prefix(QUESTIONS[7])
    'backprop.c.context'
    """
    return f"{question.prefix.rpartition('.')[0]}.context"


def context_rows(checks: Sequence[Check]) -> list[Question]:
    """Return what the sheet says before it asks, where there are checks of it."""
    prefixes = dict.fromkeys(map(context_prefix, QUESTIONS))
    return [
        Question(part, place, "What the sheet says before it asks")
        for part, _, place in (prefix.partition(".") for prefix in prefixes)
        if any(begins(check.id, f"{part}.{place}") for check in checks)
    ]


def verdict(checks: Sequence[Check]) -> str:
    """Return how many of the checks have each verdict; those corrected are named."""
    found = []
    for status, one, several in WORDS:
        count = sum(check.status == status for check in checks)
        found += [f"{count} {one if count == 1 else several}"] if count else []
    wrong = [f"`{check.id}`" for check in checks if check.status == CORRECTED]
    return "; ".join([*found, *([f"corrected: {', '.join(wrong)}"] if wrong else [])])


def index(checks: Sequence[Check]) -> list[list[str]]:
    """Return one row for each question, in the order of the sheet, in the cells of Markdown.

    A question comes after what the sheet says before it. Raises `ValueError` if a check of the
    sheet belongs to no question.
    """
    rows, placed = [], set()
    context = {question.prefix: question for question in context_rows(checks)}
    for question in QUESTIONS:
        before = context.pop(context_prefix(question), None)
        for each in [before, question] if before else [question]:
            own = [check for check in checks if begins(check.id, each.prefix)]
            if not own:
                continue  # a part of the certificate
            placed |= {check.id for check in own}
            rows.append(_row(each, own))
    of_sheet = {check.id for check in checks if check.id.partition(".")[0] in PARTS}
    if of_sheet - placed:
        raise ValueError(f"no question of the sheet has the check {min(of_sheet - placed)}")
    return rows


def _row(question: Question, checks: Sequence[Check]) -> list[str]:
    where = ""
    if question.notebook:
        where = f"[{question.notebook[:2]}]({question.notebook}.ipynb): "
        where += "; ".join(question.sections)
    beyond = ", ".join(f"`{prefix}`" for prefix in question.beyond)
    return [
        f"{PARTS[question.part]} {_letter(question.place)}",
        question.asks,
        where or "none",
        f"`{question.prefix}` ({len(checks)})"
        + (f"; beyond the sheet: {beyond}" if beyond else ""),
        verdict(checks),
    ]


def _letter(place: str) -> str:
    """Return a place as the sheet writes it.

    >>> _letter("c.ii"), _letter("c.context")
    ('c (ii)', 'c (context)')
    """
    first, _, rest = place.partition(".")
    if first == "context":
        return "(context)"
    return f"{first} ({rest})" if rest else first


def markdown(checks: Sequence[Check]) -> str:
    """Return the index as a table in Markdown."""
    lines = [COLUMNS, ["---"] * len(COLUMNS), *index(checks)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def updated(page: str, checks: Sequence[Check]) -> str:
    """Return a page with the index between its marks brought up to date.

    Raises `ValueError` for a page without the marks.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no place for the index, between {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{markdown(checks)}\n\n{END}{after}"


if __name__ == "__main__":
    from jaxtext.verification.certificate import certify

    file = Path(sys.argv[1])
    write_text(file, updated(file.read_text(encoding="utf-8"), certify()))

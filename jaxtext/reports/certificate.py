"""The certificate as tables and paragraphs."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np

from jaxtext.reports.formulas import as_html
from jaxtext.reports.rendering import rendered
from jaxtext.reports.tables import Table, print_tables, print_text
from jaxtext.verification.certificate import assuming, corrected, failed
from jaxtext.verification.findings import ASSUMING, CORRECTED, FAILS, HOLDS, Check

# How a status reads in a table, where the assumptions follow the statement.
SHORT = {HOLDS: "holds", ASSUMING: "assuming", CORRECTED: "corrected", FAILS: "FAILS"}
TITLES = {
    "networks": "Fully connected networks",
    "backprop": "Backpropagation",
    "skipgram-basics": "Skip-gram: task, examples, parameters",
    "skipgram-training": "Skip-gram: training with the full softmax",
    "factorization": "Word embeddings as matrix factorization",
    "worked": "Beyond the sheet: its worked examples in full",
    "definitions": "Beyond the sheet: one objective in several forms",
    "optimum": "Beyond the sheet: the optimum, its assumptions, and those of the variants",
    "approximation": "Beyond the sheet: how negative sampling relates to the softmax",
    "nce": "Beyond the sheet: negative sampling and noise-contrastive estimation",
    "variants": "Beyond the sheet: the optimum of every variant, as a formula",
    "least-loss": "Beyond the sheet: the least loss, and what a printed loss means",
    "geometry": "Beyond the sheet: convexity, two tables and the freedom to change both",
    "low-rank": "Beyond the sheet: the optimum of few dimensions",
    "trainers": "Beyond the sheet: the trainers, and what they are given",
    "cells": "Beyond the sheet: the losses of a cell, and sums over drawn columns",
    "evidence": "Beyond the sheet: vectors as evidence",
    "gradients": "Gradients derived by hand, against three oracles",
}


def tables(checks: Sequence[Check]) -> list[Table]:
    """Return one table for each part of the certificate, in the order of the checks."""
    return [
        _part(part, list(group)) for part, group in groupby(checks, lambda c: c.id.split(".")[0])
    ]


def corrections(checks: Sequence[Check]) -> list[str]:
    """Return paragraphs that explain each mistake of the sheet, with the assumptions; or none."""
    paragraphs = []
    for check in corrected(checks):
        paragraphs += [
            f"\n{check.id}: {check.statement}",
            f"  Right: {check.correction}",
            *([f"  Assuming: {'; '.join(check.assumptions)}"] if check.assumptions else []),
            f"  Computed: {check.computed_value}",
        ]
    return ["\nCorrections", *paragraphs] if paragraphs else []


def assumptions(checks: Sequence[Check]) -> Table:
    """Return the table, printed in the README, of the claims that hold under assumptions."""
    rows = [[check.id, check.statement, "; ".join(check.assumptions)] for check in assuming(checks)]
    return Table("", ["check", "statement", "assumptions"], rows)


def failures(checks: Sequence[Check]) -> list[str]:
    """Return the paragraphs about each check that fails; none if all pass."""
    paragraphs = []
    for check in failed(checks):
        paragraphs += [
            f"\n{check.id}: {check.statement}",
            f"  Computed: {check.computed_value}; error {check.max_abs_error:.1e}",
        ]
    return ["\nFailed", *paragraphs] if paragraphs else []


def summary(checks: Sequence[Check]) -> str:
    """Return the number of checks, of failures and of corrections in one line."""
    mistakes = len(corrected(checks))
    return (
        f"{len(checks)} check{'s' * (len(checks) != 1)}, {len(failed(checks))} failed, "
        f"{mistakes} correction{'s' * (mistakes != 1)} of the sheet"
    )


def page(checks: Sequence[Check]) -> str:
    """Return the certificate as a page in the order of the sheet, with formulas as MathML.

    Raises `InputError` if what pages are made with is not installed.
    """
    parts: dict[str, list[Check]] = {}
    for check in checks:
        parts.setdefault(check.id.split(".")[0], []).append(check)
    named = [(TITLES.get(part, part), part, some) for part, some in parts.items()]
    return rendered(
        "certificate", "Certificate of the exercise sheet", parts=named, summary=summary(checks),
        corrected=corrected(checks), failed=failed(checks), short=SHORT, math=as_html,
        shown=_shown,
    )  # fmt: skip


def _shown(value: Any) -> str:
    """Return a value of the sheet or of a computation as text; none as a dash."""
    if value is None:
        return "\u2013"
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return ", ".join(
            f"({_shown(x)})" if isinstance(x, list | tuple) else _shown(x) for x in value
        )
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def print_certificate(checks: Sequence[Check], everything: bool = False) -> None:
    """Print the corrections, the tables, the failures and the summary to standard output.

    Each gradient has one row, for its worst oracle, or with `everything` one row per oracle.
    """
    for paragraph in corrections(checks):
        print_text(paragraph)
    print_tables(*tables(checks if everything else by_gradient(checks)))
    for paragraph in [*failures(checks), f"\n{summary(checks)}"]:
        print_text(paragraph)


def by_gradient(checks: Sequence[Check]) -> list[Check]:
    """Return the checks with those of each gradient in one, which has the status of the worst."""
    shown: list[Check] = []
    for suite, group in groupby(checks, _suite):
        oracles = list(group)
        if len(oracles) == 1 or not suite.startswith("gradients."):
            shown += oracles
            continue
        worst = max(oracles, key=lambda check: (check in failed(oracles), check.max_abs_error))
        statement = worst.statement.partition(": by hand = ")[0]
        told = f"{statement}: by hand = {len(oracles)} oracles"
        shown.append(worst._replace(id=suite, statement=told))
    return shown


def _suite(check: Check) -> str:
    """Return the gradient that a check is about; other checks stand for themselves."""
    return check.id.rpartition(".")[0] if check.id.startswith("gradients.") else check.id


def _part(part: str, checks: Sequence[Check]) -> Table:
    rows = [
        [
            check.id.partition(".")[2],
            SHORT[check.status],
            f"{check.max_abs_error:.0e}",
            _sentence(check),
        ]
        for check in checks
    ]
    title = f"{TITLES.get(part, part)} ({part})"
    return Table(title, ["check", "status", "error", "statement"], rows)


def _sentence(check: Check) -> str:
    """The statement with its assumptions."""
    if check.status != ASSUMING:
        return check.statement
    return f"{check.statement}. Assuming: {'; '.join(check.assumptions)}"

"""Run the checks, and say what they found: on the terminal and as JSON."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, groupby
from typing import Any

import jax

from jaxtext.base.errors import InputError
from jaxtext.verification.claims import claims
from jaxtext.verification.findings import (
    ASSUMING,
    CORRECTED,
    FAILS,
    HOLDS,
    Check,
    Claim,
    examine,
)  # fmt: skip

WORKERS = 2  # checks wait mostly for the compiler, which runs beside Python

# In the table; an assumption follows its statement there.
SHORT = {HOLDS: "holds", ASSUMING: "assuming", CORRECTED: "corrected", FAILS: "FAILS"}
TITLES = {
    "networks": "Fully connected networks",
    "backprop": "Backpropagation",
    "skipgram-basics": "Skip-gram: task, examples, parameters",
    "skipgram-training": "Skip-gram: training with the full softmax",
    "factorization": "Word embeddings as matrix factorization",
    "definitions": "Beyond the sheet: one objective in several forms",
    "optimum": "Beyond the sheet: the optimum, its assumptions, and those of the variants",
    "approximation": "Beyond the sheet: what negative sampling has to do with the softmax",
    "gradients": "Gradients derived by hand, against three oracles",
}


def certify(prefix: str = "") -> list[Check]:
    """Compute all claims whose id begins with `prefix`, in float64 and in a fixed order.

    Raises `InputError` if there is none.
    """
    with jax.enable_x64(True):
        everything = claims()
    chosen = [claim for claim in everything if claim.id.startswith(prefix)]
    if not chosen:
        parts = ", ".join(dict.fromkeys(claim.id.split(".")[0] for claim in everything))
        raise InputError(f"no check's id begins with {prefix!r}: the parts are {parts}")
    # The three oracles of a gradient share one computation, so they stay together.
    groups = [list(group) for _, group in groupby(chosen, lambda c: c.id.rpartition(".")[0])]
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(chain.from_iterable(pool.map(_examine_group, groups)))


def _examine_group(group: Sequence[Claim]) -> list[Check]:
    with jax.enable_x64(True):  # holds for this thread alone
        return [examine(claim) for claim in group]


def failed(checks: Sequence[Check]) -> list[Check]:
    """Those that fail."""
    return [check for check in checks if check.status == FAILS]


def corrected(checks: Sequence[Check]) -> list[Check]:
    """Those where the sheet is wrong."""
    return [check for check in checks if check.status == CORRECTED]


def report(checks: Sequence[Check]) -> dict[str, Any]:
    """The certificate as JSON writes it: a summary, and an object for each check."""
    entries = []
    for check in checks:
        statement = check.statement
        if check.correction:
            statement = f"{statement}. Right: {check.correction}"
        entries.append(
            {
                "id": check.id,
                "statement": statement,
                "status": check.status,
                "sheet_value": check.sheet_value,
                "computed_value": check.computed_value,
                # JSON has no infinity: null is an error that could not be measured.
                "max_abs_error": check.max_abs_error
                if math.isfinite(check.max_abs_error)
                else None,
                "assumptions": list(check.assumptions),
            }
        )
    summary = {
        "checks": len(checks),
        "failed": len(failed(checks)),
        "corrections": len(corrected(checks)),
    }
    return {"summary": summary, "checks": entries}


def _sentence(check: Check) -> str:
    """The statement with its assumptions."""
    if check.status != ASSUMING:
        return check.statement
    return f"{check.statement}. Assuming: {'; '.join(check.assumptions)}"


def print_certificate(checks: Sequence[Check]) -> None:
    """A table for each part, the corrections explained, what failed, and the sum."""
    from jaxtext.reports.terminal import print_table, print_text

    for part, group in groupby(checks, lambda check: check.id.split(".")[0]):
        rows = [
            [name, SHORT[check.status], f"{check.max_abs_error:.0e}", _sentence(check)]
            for check in group
            for name in [check.id.partition(".")[2]]
        ]
        print_table(f"{TITLES[part]} ({part})", ["check", "status", "error", "statement"], rows)
    wrong, bad = corrected(checks), failed(checks)
    if wrong:
        print_text("\nCorrections")
        for check in wrong:
            print_text(f"\n{check.id}: {check.statement}")
            print_text(f"  Right: {check.correction}")
            print_text(f"  Computed: {check.computed_value}")
    if bad:
        print_text("\nFailed")
        for check in bad:
            print_text(f"\n{check.id}: {check.statement}")
            print_text(f"  Computed: {check.computed_value}; error {check.max_abs_error:.1e}")
    print_text(f"\n{len(checks)} checks, {len(bad)} failed, {len(wrong)} corrections of the sheet")

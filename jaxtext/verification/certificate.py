"""Run the checks, and summarize their results as JSON."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, groupby
from typing import Any

import jax

from jaxtext.base.errors import InputError
from jaxtext.verification.claims import claims
from jaxtext.verification.findings import ASSUMING, CORRECTED, FAILS, Check, Claim, examine

WORKERS = 2  # threads: checks mostly wait for the compiler, which runs outside Python


def certify(prefix: str = "") -> list[Check]:
    """Check all claims whose id begins with `prefix`, in float64, and return them in fixed order.

    Raises `InputError` if there is no such claim.
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
    with jax.enable_x64(True):  # a setting of this thread only
        return [examine(claim) for claim in group]


def failed(checks: Sequence[Check]) -> list[Check]:
    """Return the checks that fail."""
    return [check for check in checks if check.status == FAILS]


def corrected(checks: Sequence[Check]) -> list[Check]:
    """Return the checks of claims where the sheet is wrong."""
    return [check for check in checks if check.status == CORRECTED]


def assuming(checks: Sequence[Check]) -> list[Check]:
    """Return the checks of claims that hold under assumptions."""
    return [check for check in checks if check.status == ASSUMING]


def report(checks: Sequence[Check]) -> dict[str, Any]:
    """Return the certificate as `jaxtext verify --json` writes it: a summary and all checks."""
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
                # JSON has no infinity: an error that could not be measured is null.
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

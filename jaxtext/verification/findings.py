"""Claims, the findings of their computation, and checks: claims with a verdict."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

# Whatever `np.asarray` accepts; at run time, NumPy's own name for it does not include float.
Numbers = Any

EXACT = 1e-12  # rounding error of an equality in float64, for values of the order of one


class Finding(NamedTuple):
    """The outcome of a computation.

    `error` is the distance of the claimed value from an independent computation of it. If the
    source is corrected, `gap` is the distance of its own version from the right one, which must
    exceed `resolution`, so that rounding is never called a mistake.
    """

    computed: Any
    error: float
    tolerance: float = EXACT
    gap: float | None = None
    resolution: float = 1e-6


class Claim(NamedTuple):
    """A statement with the computation that checks it."""

    id: str
    statement: str
    check: Callable[[], Finding]
    sheet: Any = None
    assumptions: tuple[str, ...] = ()
    correction: str = ""


class Check(NamedTuple):
    """A claim that has been checked: one entry of the certificate."""

    id: str
    statement: str
    status: str
    sheet_value: Any
    computed_value: Any
    max_abs_error: float
    assumptions: tuple[str, ...]
    correction: str


HOLDS, ASSUMING, CORRECTED, FAILS = "holds", "holds under assumptions", "corrected", "fails"


def examine(claim: Claim) -> Check:
    """Check a claim; an exception is a failure of this check, not of the certificate."""
    try:
        finding = claim.check()
    except Exception as error:
        finding = Finding(f"{type(error).__name__}: {str(error).splitlines()[:1]}", np.inf)
    return Check(
        claim.id,
        claim.statement,
        _status(claim, finding),
        claim.sheet,
        finding.computed,
        float(finding.error),
        claim.assumptions,
        claim.correction,
    )


def _status(claim: Claim, finding: Finding) -> str:
    # The comparison is negated so that NaN fails.
    if not finding.error <= finding.tolerance:
        return FAILS
    if bool(claim.correction) != (finding.gap is not None):
        return FAILS
    if finding.gap is not None:
        return CORRECTED if finding.gap > finding.resolution else FAILS
    return ASSUMING if claim.assumptions else HOLDS


class Section:
    """A collection of the claims of one part, whose ids all begin with its name."""

    def __init__(self, name: str):
        self.name = name
        self.claims: list[Claim] = []

    def claim(
        self,
        place: str,
        statement: str,
        sheet: Any = None,
        assumptions: tuple[str, ...] = (),
        correction: str = "",
    ) -> Callable[[Callable[[], Finding]], Callable[[], Finding]]:
        """Return a decorator that adds the claim which the decorated function checks."""

        def add(check: Callable[[], Finding]) -> Callable[[], Finding]:
            name = f"{self.name}.{place}"
            self.claims.append(Claim(name, statement, check, sheet, assumptions, correction))
            return check

        return add


def largest(a: Numbers, b: Numbers = 0.0) -> float:
    """Return the largest absolute difference of two arrays; NaN and wrong shapes are infinite."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape and b.ndim:
        return np.inf
    return float(np.max(np.nan_to_num(np.abs(a - b), nan=np.inf), initial=0.0))


def equal(shown: Any, *pairs: tuple[Numbers, Numbers], tolerance: float = EXACT) -> Finding:
    """Find that all pairs are equal; `shown` is the computed value in the certificate."""
    return Finding(shown, max(largest(a, b) for a, b in pairs), tolerance)


def rounded(computed: Numbers, printed: Numbers, decimals: int) -> Finding:
    """Find that the printed numbers are the computed ones, rounded to `decimals` decimals."""
    shown = np.round(np.asarray(computed, np.float64), decimals + 2).tolist()
    half = 0.5 * 10.0**-decimals
    return Finding(shown, largest(computed, printed), half * (1 + 1e-9))


def instead(
    shown: Any,
    right: Numbers,
    oracle: Numbers,
    wrong: Numbers,
    resolution: float = 1e-6,
    tolerance: float = EXACT,
) -> Finding:
    """Find that `right` equals an independent computation and `wrong`, the source's, does not."""
    return Finding(shown, largest(right, oracle), tolerance, largest(right, wrong), resolution)

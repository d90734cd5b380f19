"""What a check is: a claim, what was found when it was computed, and the verdict."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

# Whatever `np.asarray` takes; NumPy's own name for it does not include float at run time.
Numbers = Any

EXACT = 1e-12  # what float64 leaves of an equality, for values of the order of one


class Finding(NamedTuple):
    """Outcome of a computation.

    `error` is how far what is affirmed lies from an independent computation of it. Where the
    source is corrected, `gap` is how far its own version lies from what is right, and must exceed
    `resolution`, so that rounding is never called a mistake.
    """

    computed: Any
    error: float
    tolerance: float = EXACT
    gap: float | None = None
    resolution: float = 1e-6


class Claim(NamedTuple):
    """One statement with the computation that it must survive."""

    id: str
    statement: str
    check: Callable[[], Finding]
    sheet: Any = None
    assumptions: tuple[str, ...] = ()
    correction: str = ""


class Check(NamedTuple):
    """A claim after it was computed: one entry of the certificate."""

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
    """Compute a claim; whatever it raises is a failure of the check, not of the certificate."""
    try:
        found = claim.check()
    except Exception as error:
        found = Finding(f"{type(error).__name__}: {str(error).splitlines()[:1]}", np.inf)
    return Check(
        claim.id,
        claim.statement,
        _status(claim, found),
        claim.sheet,
        found.computed,
        float(found.error),
        claim.assumptions,
        claim.correction,
    )


def _status(claim: Claim, found: Finding) -> str:
    # Written so that NaN fails.
    if not found.error <= found.tolerance:
        return FAILS
    if bool(claim.correction) != (found.gap is not None):
        return FAILS
    if found.gap is not None:
        return CORRECTED if found.gap > found.resolution else FAILS
    return ASSUMING if claim.assumptions else HOLDS


class Section:
    """Collects the claims of one part, whose ids all begin with its name."""

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
        """Decorator: the function below computes this claim."""

        def add(check: Callable[[], Finding]) -> Callable[[], Finding]:
            name = f"{self.name}.{place}"
            self.claims.append(Claim(name, statement, check, sheet, assumptions, correction))
            return check

        return add


def largest(a: Numbers, b: Numbers = 0.0) -> float:
    """The largest absolute difference of two arrays; NaN counts as infinite."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape and b.ndim:
        return np.inf
    return float(np.max(np.nan_to_num(np.abs(a - b), nan=np.inf), initial=0.0))


def equal(shown: Any, *pairs: tuple[Numbers, Numbers], tolerance: float = EXACT) -> Finding:
    """All pairs are equal; `shown` stands in the certificate as the computed value."""
    return Finding(shown, max(largest(a, b) for a, b in pairs), tolerance)


def rounded(computed: Numbers, printed: Numbers, decimals: int) -> Finding:
    """What is printed is what was computed, rounded to so many decimals."""
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
    """`right` equals an independent computation, and the source's version is not it."""
    return Finding(shown, largest(right, oracle), tolerance, largest(right, wrong), resolution)

"""Claims, the findings of their computation, and checks: claims with a verdict.

No number stands in prose. Statement, assumptions and correction of a claim are templates: a number
in them is a field, which is filled with the sheet's value (`{sheet}`) or with a value that the
check computes (`{loss:.3f}`). Backquotes enclose formulas, whose indices and constants are part of
the text, and the ids of other checks; they are removed when the text is filled in.
"""

import inspect
import string
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

# Whatever `np.asarray` accepts; at run time, NumPy's own name for it does not include float.
Numbers = Any

EXACT = 1e-12  # rounding error of an equality in float64, for values of the order of one


class Finding(NamedTuple):
    """The outcome of a computation.

    `error` is the distance of the claimed value from an independent computation of it. If the
    source is corrected, `gap` is the distance of its own version from the right one, which must
    exceed `resolution`, so that rounding is never called a mistake. `values` fill the fields of the
    claim's texts.
    """

    computed: Any
    error: float
    tolerance: float = EXACT
    gap: float | None = None
    resolution: float = 1e-6
    values: Mapping[str, Any] = {}


class Claim(NamedTuple):
    """A statement with the computation that checks it.

    A check with a parameter `sheet` is given the value on the sheet.
    """

    id: str
    statement: str
    check: Callable[..., Finding]
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
        quoting = "sheet" in inspect.signature(claim.check).parameters
        finding = claim.check(claim.sheet) if quoting else claim.check()
    except Exception as error:
        finding = _failure(error)
    templates = [claim.statement, claim.correction, *claim.assumptions]
    try:
        texts = [fill(text, {**finding.values, "sheet": claim.sheet}) for text in templates]
    except Exception as error:  # a text names a value that the check has not computed
        texts = templates
        if finding.error <= finding.tolerance:
            finding = _failure(error)
    statement, correction, *assumptions = texts
    return Check(
        claim.id,
        statement,
        _status(claim, finding),
        claim.sheet,
        finding.computed,
        float(finding.error),
        tuple(assumptions),
        correction,
    )


def _failure(error: Exception) -> Finding:
    return Finding(f"{type(error).__name__}: {str(error).splitlines()[:1]}", np.inf)


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Return a text with its fields filled in and the backquotes around its formulas removed.

    The format of a field with several values applies to each of them. Raises `KeyError` for a
    field without a value.

    >>> fill("`y_1` and `y_2` are {y:.2f}; |V| is {size}", {"y": [0.5, 0.25], "size": 3})
    'y_1 and y_2 are 0.50, 0.25; |V| is 3'
    """
    parts, formatter = [], string.Formatter()
    for literal, field, spec, _ in formatter.parse(template):
        parts.append(literal.replace("`", ""))
        if field is not None:
            parts.append(_shown(formatter.get_field(field, (), values)[0], spec or ""))
    return "".join(parts)


def _shown(value: Any, spec: str) -> str:
    if isinstance(value, list | tuple | np.ndarray) and np.ndim(value):
        return ", ".join(_shown(each, spec) for each in value)
    return format(value, spec)


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
    ) -> Callable[[Callable[..., Finding]], Callable[..., Finding]]:
        """Return a decorator that adds the claim which the decorated function checks."""

        def add(check: Callable[..., Finding]) -> Callable[..., Finding]:
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


def equal(
    shown: Any, /, *pairs: tuple[Numbers, Numbers], tolerance: float = EXACT, **values: Any
) -> Finding:
    """Find that all pairs are equal; `shown` is the computed value in the certificate."""
    return Finding(shown, max(largest(a, b) for a, b in pairs), tolerance, values=values)


def rounded(computed: Numbers, printed: Numbers, decimals: int, /, **values: Any) -> Finding:
    """Find that the printed numbers are the computed ones, rounded to `decimals` decimals."""
    shown = np.round(np.asarray(computed, np.float64), decimals + 2).tolist()
    half = 0.5 * 10.0**-decimals
    return Finding(shown, largest(computed, printed), half * (1 + 1e-9), values=values)


def instead(
    shown: Any,
    right: Numbers,
    oracle: Numbers,
    wrong: Numbers,
    /,
    resolution: float = 1e-6,
    tolerance: float = EXACT,
    **values: Any,
) -> Finding:
    """Find that `right` equals an independent computation and `wrong`, the source's, does not."""
    gap = largest(right, wrong)
    return Finding(shown, largest(right, oracle), tolerance, gap, resolution, values)


def unmet(reason: str) -> Finding:
    """Find that a condition without which the claim says nothing is not met."""
    return Finding(reason, np.inf)

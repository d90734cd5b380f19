"""Frozen records of settings whose fields carry their own ranges.

>>> from dataclasses import dataclass
>>> @dataclass(frozen=True)
... class Lens:
...     width: int = ranged(3, 1, 9)
...     __post_init__ = check_ranges
>>> Lens(width=10)
Traceback (most recent call last):
jaxtext.base.errors.InputError: width=10: must be from 1 to 9
"""

import math
import operator
from dataclasses import field, fields
from typing import Any, get_args

from jaxtext.base.errors import InputError


def ranged(default: Any, low: int | float, high: int | float = math.inf) -> Any:
    """Return a dataclass field with a default and the range [low, high] of its values."""
    return field(default=default, metadata={"low": low, "high": high})


def words(name: str) -> str:
    """Return the name of a field as a person would write it.

    >>> words("learning_rate")
    'learning rate'
    """
    return name.replace("_", " ")


def check_ranges(record: Any) -> None:
    """Raise `InputError` for the first field whose value has another type or is out of range.

    Numbers of NumPy are accepted and replaced by those of Python. For use as `__post_init__`.
    """
    for each in fields(record):
        value = getattr(record, each.name)
        kinds = get_args(each.type) or (each.type,)
        if value is None and type(None) in kinds:
            continue
        if bool in kinds:
            if not isinstance(value, bool):
                raise InputError("must be True or False", each.name, value)
        elif "low" in each.metadata:
            low, high = each.metadata["low"], each.metadata["high"]
            value = number(each.name, value, low, high, whole=float not in kinds)
            object.__setattr__(record, each.name, value)


def number(name: str, value: Any, low: int | float, high: int | float, whole: bool) -> int | float:
    """Return the value as a Python number. Raises `InputError` unless it is in [low, high]."""
    try:
        if isinstance(value, bool):
            raise TypeError
        converted = operator.index(value) if whole else float(value)
        if isinstance(value, str | bytes):
            raise TypeError
    except (TypeError, ValueError, OverflowError):
        kind = "a whole number" if whole else "a number"
        raise InputError(f"must be {kind}", name, value) from None
    if not low <= converted <= high:  # also true for NaN
        bound = f"at least {low:g}" if high == math.inf else f"from {low:g} to {high:.12g}"
        raise InputError(f"must be {bound}", name, value)
    return converted

"""The settings of each training method: one frozen record per method, with its own defaults.

A record has only the settings that its method uses. Types and ranges are checked when it is made,
and `InputError` names a setting that cannot be used. Defaults are those of word2vec where it has
them.

>>> Sgns(window=3).negatives, Svd().negatives
(5, 1)
"""

from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

from jaxtext.base.errors import InputError
from jaxtext.base.ranges import check_ranges, ranged

DIM, WINDOW, NEGATIVES, EXPONENT = (1, 10_000), (1, 100), (1, 1_000), (-2, 2)
# Passes of `Exact`: at least, words visited by all passes together, at most.
PASSES, WORDS, MOST_PASSES = 3, 60_000, 50


@dataclass(frozen=True)
class Sgns:
    """Skip-gram with negative sampling over the stream of tokens (Mikolov et al. 2013).

    Each center draws the size of its window from 1 to `window`. Each pair gets `negatives` draws
    from the noise distribution, which is proportional to word counts to the power
    `noise_exponent`. The learning rate falls linearly to almost zero.
    """

    name: ClassVar[str] = "sgns"
    dim: int = ranged(100, *DIM)
    window: int = ranged(5, *WINDOW)
    negatives: int = ranged(5, *NEGATIVES)
    epochs: int = ranged(5, 1, 100_000)
    subsample: int | float = ranged(1e-3, 0, 1)
    noise_exponent: int | float = ranged(0.75, *EXPONENT)
    learning_rate: int | float = ranged(0.025, 1e-12, 1e6)
    __post_init__ = check_ranges


@dataclass(frozen=True)
class Exact:
    """The objective of `Sgns` summed over the counts of all pairs, minimised without sampling.

    `epochs` is the number of passes over both tables. With None it depends on the size of the
    vocabulary (see `settled`).
    """

    name: ClassVar[str] = "exact"
    dim: int = ranged(100, *DIM)
    window: int = ranged(5, *WINDOW)
    negatives: int = ranged(5, *NEGATIVES)
    epochs: int | None = ranged(None, 1, 100_000)
    subsample: int | float = ranged(1e-3, 0, 1)
    noise_exponent: int | float = ranged(0.75, *EXPONENT)
    __post_init__ = check_ranges


@dataclass(frozen=True)
class Svd:
    """Truncated singular value decomposition of the positive PMI, shifted by ln `negatives`.

    The defaults are those that Levy, Goldberg and Dagan (2015) recommend for this method.
    """

    name: ClassVar[str] = "svd"
    dim: int = ranged(100, *DIM)
    window: int = ranged(5, *WINDOW)
    negatives: int = ranged(1, *NEGATIVES)
    subsample: int | float = ranged(1e-3, 0, 1)
    noise_exponent: int | float = ranged(1.0, *EXPONENT)
    __post_init__ = check_ranges


Method = Sgns | Exact | Svd
METHODS: dict[str, type[Method]] = {each.name: each for each in (Sgns, Exact, Svd)}


def settings_of(method: type[Method] | Method) -> tuple[str, ...]:
    """Return the names of a method's settings, in order of definition."""
    return tuple(each.name for each in fields(method))


def check_method(method: Any) -> None:
    """Raise `InputError` for anything but a record of this module."""
    if not isinstance(method, Method):
        records = ", ".join(f"{each.__name__}(...)" for each in METHODS.values())
        raise InputError(f"must be one of {records}", "method", method)


def settled(method: Method, vocab_size: int) -> Method:
    """Return the method after filling in the settings that depend on the vocabulary.

    The passes of `Exact` are 3 for 20,000 words or more. For a smaller vocabulary a pass costs
    less, and there are more of them, at most 50.

    >>> settled(Exact(), 10_000).epochs, settled(Exact(), 70_000).epochs
    (6, 3)
    """
    if isinstance(method, Exact) and method.epochs is None:
        return replace(method, epochs=min(max(PASSES, WORDS // vocab_size), MOST_PASSES))
    return method

"""The settings of each training method: one frozen record per method, with its own defaults.

A record has only the settings that its method uses. Types and ranges are checked when it is made,
and `InputError` names a setting that cannot be used. Defaults are those of word2vec where it has
them.

>>> Sgns(window=3).negatives, Svd().negatives
(5, 1)
"""

import math
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

from jaxtext.base.errors import InputError
from jaxtext.base.ranges import check_ranges, ranged

COLUMNS = (1, 10_000_000)
DIM, WINDOW, NEGATIVES, EXPONENT = (1, 10_000), (1, 100), (1, 1_000), (-2, 2)
# Where they are not given: epochs for a million tokens, fewest and most epochs; fewest passes of
# `Exact`, the rows that all passes visit together, most passes.
MILLION_EPOCHS, EPOCHS = 20, (5, 100)
ROWS, PASSES = 60_000, (3, 50)
ALL, DRAWN = 20_000, 4_096  # words up to which all columns are summed; columns drawn beyond
STREAMED = 20_000_000  # tokens of all epochs from which two streams share a text


@dataclass(frozen=True)
class Sgns:
    """Skip-gram with negative sampling over the stream of tokens (Mikolov et al. 2013).

    Each center draws the size of its window from 1 to `window`. Each pair gets `negatives` draws
    from the noise distribution, which is proportional to word counts to the power
    `noise_exponent`. The learning rate falls linearly to almost zero. With None, `epochs` and
    `streams` depend on the length of the text (see `epochs_of` and `streams_of`).
    """

    name: ClassVar[str] = "sgns"
    dim: int = ranged(100, *DIM)
    window: int = ranged(5, *WINDOW)
    negatives: int = ranged(5, *NEGATIVES)
    epochs: int | None = ranged(None, 1, 100_000)
    subsample: int | float = ranged(1e-3, 0, 1)
    noise_exponent: int | float = ranged(0.75, *EXPONENT)
    learning_rate: int | float = ranged(0.025, 1e-12, 1e6)
    streams: int | None = ranged(None, 1, 64)
    __post_init__ = check_ranges


@dataclass(frozen=True)
class Exact:
    """The objective of `Sgns` summed over the counts of all pairs, minimised without sampling.

    `epochs` is the number of passes over both tables. A pass sums the cells of all observed pairs
    and, of the others, those in `columns` columns. Half of these are the most frequent words; the
    others are drawn anew for each half of a pass and stand for all that are left. With as many
    columns as words, nothing is drawn. With None, both numbers depend on the size of the vocabulary
    (see `epochs_of` and `columns_of`).
    """

    name: ClassVar[str] = "exact"
    dim: int = ranged(100, *DIM)
    window: int = ranged(5, *WINDOW)
    negatives: int = ranged(5, *NEGATIVES)
    epochs: int | None = ranged(None, 1, 100_000)
    subsample: int | float = ranged(1e-3, 0, 1)
    noise_exponent: int | float = ranged(0.75, *EXPONENT)
    columns: int | None = ranged(None, *COLUMNS)
    __post_init__ = check_ranges


@dataclass(frozen=True)
class Softmax:
    """Skip-gram with the full softmax over the counts of all pairs (sheet: skip-gram training).

    `epochs` and `columns` are as in `Exact`.
    """

    name: ClassVar[str] = "softmax"
    dim: int = ranged(100, *DIM)
    window: int = ranged(5, *WINDOW)
    epochs: int | None = ranged(None, 1, 100_000)
    subsample: int | float = ranged(1e-3, 0, 1)
    columns: int | None = ranged(None, *COLUMNS)
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


Counted = Exact | Softmax  # trained by passes over counts
Method = Sgns | Exact | Softmax | Svd
METHODS: dict[str, type[Method]] = {each.name: each for each in (Sgns, Exact, Softmax, Svd)}


def settings_of(method: type[Method] | Method) -> tuple[str, ...]:
    """Return the names of a method's settings, in order of definition."""
    return tuple(each.name for each in fields(method))


def check_method(method: Any) -> None:
    """Raise `InputError` for anything but a record of this module."""
    if not isinstance(method, Method):
        records = ", ".join(f"{each.__name__}(...)" for each in METHODS.values())
        raise InputError(f"must be one of {records}", "method", method)


def epochs_of(method: Sgns | Counted, vocab_size: int, tokens: int) -> int:
    """Return the epochs of a method; where they are not given, they follow from the text.

    `tokens` is the number of tokens of the text that are in the vocabulary. `Sgns` has 5 epochs
    for 16 million tokens or more, as word2vec does. They would leave the vectors of a shorter text
    untrained: there are 20 for one million tokens, more in proportion to the root of the length,
    and at most 100. The passes of `Exact` are 3 for 20,000 words or more. For a smaller vocabulary
    a pass costs less, and there are more of them, at most 50.

    >>> epochs_of(Sgns(), 14_000, 1_000_000), epochs_of(Sgns(), 70_000, 16_000_000)
    (20, 5)
    >>> epochs_of(Exact(), 10_000, 1_000_000), epochs_of(Exact(), 70_000, 16_000_000)
    (6, 3)
    """
    if method.epochs is not None:
        return method.epochs
    if isinstance(method, Sgns):
        fewest, most = EPOCHS
        return min(max(round(MILLION_EPOCHS * math.sqrt(1e6 / max(tokens, 1))), fewest), most)
    fewest, most = PASSES
    return min(max(ROWS // vocab_size, fewest), most)


def streams_of(method: Sgns, vocab_size: int, tokens: int) -> int:
    """Return the streams of `Sgns`; where they are not given, they follow from the text.

    `tokens` is the number of tokens of the text that are in the vocabulary. There are two streams
    for `STREAMED` tokens over all epochs or more, and one for a shorter text. The number does not
    grow with the text: of a mean score of .457 for one stream on 81 million tokens, two lose .009
    and four .030; on 220 million, four lose .020 more than two (experiments/streams.py).

    >>> streams_of(Sgns(), 14_000, 500_000), streams_of(Sgns(), 70_000, 16_000_000)
    (1, 2)
    """
    if method.streams is not None:
        return method.streams
    return 1 if tokens * epochs_of(method, vocab_size, tokens) < STREAMED else 2


def columns_of(method: Counted, vocab_size: int) -> int:
    """Return the columns in which unobserved cells are summed, by default all up to 20,000 words.

    >>> columns_of(Exact(), 20_000), columns_of(Exact(), 70_000), columns_of(Exact(columns=9), 5)
    (20000, 4096, 5)
    """
    if method.columns is not None:
        return min(method.columns, vocab_size)
    return vocab_size if vocab_size <= ALL else DRAWN


def settled(method: Method, vocab_size: int, tokens: int) -> Method:
    """Return the method with the numbers that may depend on the text: epochs, streams, columns."""
    if isinstance(method, Svd):
        return method
    method = replace(method, epochs=epochs_of(method, vocab_size, tokens))
    if isinstance(method, Sgns):
        return replace(method, streams=streams_of(method, vocab_size, tokens))
    return replace(method, columns=columns_of(method, vocab_size))

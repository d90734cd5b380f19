"""Sequences of tokens in memory -> sentences -> numbers; what is not one is reported by place."""

import hashlib
import json
import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import Any

import numpy as np

from jaxtext.base.errors import InputError


def sentences_of(
    sequences: Any, cut: Callable[[str], Iterable[list[str]]]
) -> Iterator[Iterable[Any]]:
    """Yield the tokens of each sequence of an iterable, which is consumed once.

    A string is text: `cut` splits it into sentences of tokens, and one warning says so.

    Raises `InputError` for anything but an iterable of sequences, and for an entry that is not a
    sequence of tokens, such as a number or a missing value.

    >>> [list(each) for each in sentences_of([["The", "cat"], (4, 2)], lambda text: [text.split()])]
    [['The', 'cat'], [4, 2]]
    """
    _check_iterable(sequences)
    warned = False
    for place, entry in enumerate(sequences):
        if isinstance(entry, str):
            if not warned:
                warned = True
                _warn()
            yield from cut(entry)
        else:
            yield _tokens(entry, place)


def _check_iterable(sequences: Any) -> None:
    if hasattr(sequences, "columns"):
        raise InputError("is a table: give one of its columns", "texts")
    if isinstance(sequences, Mapping | bytes | bytearray) or not isinstance(sequences, Iterable):
        raise InputError(
            f"found {type(sequences).__name__}: give paths, or an iterable of sequences of tokens",
            "texts",
        )
    if hasattr(sequences, "vocab") and hasattr(sequences, "text"):
        raise InputError("is a corpus already: train on it directly", "texts")


def _warn() -> None:
    warnings.warn(
        "strings were given where lists of tokens are expected: each was split into words like "
        "a line of text; give lists of tokens to keep them as they are",
        UserWarning,
        stacklevel=2,
    )


def _tokens(entry: Any, place: int) -> Iterable[Any]:
    """Return the tokens of one entry. Raises `InputError`, naming its place, if it has none."""
    where = f"sequence {place}"
    if entry is None or (isinstance(entry, float) and math.isnan(entry)):
        raise InputError(f"{where} is {entry}, a missing value: leave it out first", "texts")
    if isinstance(entry, bytes | bytearray):
        raise InputError(f"{where} is bytes: decode it first", "texts")
    if type(entry).__name__ in ("NAType", "NaTType"):
        raise InputError(f"{where} is a missing value: leave it out first", "texts")
    if isinstance(entry, Set):
        raise InputError(f"{where} is a set, which has no order: give a list", "texts")
    if not isinstance(entry, Iterable) or isinstance(entry, Mapping):
        raise InputError(
            f"{where} is {entry!r:.40} ({type(entry).__name__}), not a list of tokens; if this is "
            "one sequence, put it into a list",
            "texts",
        )
    if hasattr(entry, "dtype"):  # NumPy, JAX, pandas: converted to Python numbers
        array = np.asarray(entry)
        if array.ndim != 1:
            raise InputError(
                f"{where} is an array of shape {list(array.shape)}: a sequence has one axis; "
                "put a single sequence into a list",
                "texts",
            )
        return array.tolist()
    return entry


class _Numbers(dict[Any, int]):
    """Number tokens from 1 in order of appearance; `words` lists them as strings.

    Only new tokens are examined, so that known ones cost no more than a look-up.
    """

    def __init__(self) -> None:
        super().__init__({"": 0})  # number 0 is left out later
        self.words = [""]

    def __missing__(self, token: Any) -> int:
        word = token
        if not isinstance(token, str):
            if isinstance(token, bool | np.bool_) or not isinstance(token, int | np.integer):
                raise InputError(f"{_kind(token)} is not a token: give strings or whole numbers")
            word = str(int(token))
        try:
            word.encode()
        except UnicodeEncodeError:
            raise InputError(f"the token {word!r} is not Unicode text") from None
        number = dict.get(self, word)
        if number is None:
            number = len(self.words)
            self.words.append(word)
            self[word] = number
        self[token] = number
        return number


def _kind(value: Any) -> str:
    return f"{value!r:.40} ({type(value).__name__})"


def write_tokens(
    sentences: Iterable[Iterable[Any]], path: Path, on_tokens: Callable[[int], None]
) -> tuple[list[str], str]:
    """Number the tokens in order of appearance, write the numbers, return words and SHA-256."""
    numbers, digest, seen = _Numbers(), hashlib.sha256(), 0
    end = np.zeros(1, np.int32)
    with open(path, "wb") as file:
        for place, sentence in enumerate(sentences):
            try:
                ids = np.fromiter(map(numbers.__getitem__, sentence), np.int32)
            except InputError as error:
                raise InputError(f"sequence {place}: {error}") from None
            except TypeError as error:  # "unhashable type: 'list'"
                raise InputError(
                    f"sequence {place}: a token must be a string or a whole number: {error}"
                ) from None
            ids = ids[ids > 0]
            for part in (ids, end):
                file.write(part.data)
                digest.update(part.data)
            seen += len(ids)
            if place % 1000 == 0:
                on_tokens(seen)
        file.write(end.data)
    digest.update(json.dumps(numbers.words).encode())
    return numbers.words, digest.hexdigest()

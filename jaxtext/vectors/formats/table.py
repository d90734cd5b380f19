"""Words and their vectors, as every format reads and writes them, and what readers share."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from jaxtext.base.errors import InputError

LONGEST_LINE = 1 << 24


class Table(NamedTuple):
    """Words, and a vector for each; context vectors and counts where a format has them."""

    words: Sequence[str]
    vectors: Float[np.ndarray, "V D"]
    context: Float[np.ndarray, "V D"] | None = None
    counts: Int[np.ndarray, " V"] | None = None


def is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def float32(values: Sequence[float]) -> Float[np.ndarray, " D"]:
    with np.errstate(over="ignore"):  # what is not finite is named later
        return np.array(values, np.float32)


def shown(field: bytes) -> str:
    return repr(field[:40].decode(errors="replace"))


def word_of(word: bytes, place: str) -> str:
    if not word:
        raise InputError(f"{place}: no word before the numbers")
    try:
        return word.decode()
    except UnicodeDecodeError:
        raise InputError(f"{place}: the word {shown(word)} is not UTF-8 text") from None


def line_of(file: BinaryIO, number: int, path: Path) -> bytes:
    line = file.readline(LONGEST_LINE)
    if len(line) == LONGEST_LINE:
        raise InputError(f"{path}: line {number} is longer than {LONGEST_LINE:,} bytes")
    return line


def check_finite(
    vectors: Float[np.ndarray, "n D"], first: int, path: Path, unit: str = "line"
) -> Float[np.ndarray, "n D"]:
    """The same; raises `InputError` for one that is not finite, the first of them having a name."""
    good = np.isfinite(vectors).all(axis=1)
    if not good.all():
        place = first + int(good.argmin())
        raise InputError(f"{path}: {unit} {place}: holds a number that is not finite in float32")
    return vectors


def encodes(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return False
    return True


def check_unique(words: list[str], path: Path) -> None:
    seen: dict[str, int] = {}
    for number, word in enumerate(words, 1):
        if word in seen:
            raise InputError(f"{path}: word {number}: {word!r} is word {seen[word]} already")
        seen[word] = number


def shortest(row: Float[np.ndarray, " D"]) -> list[str]:
    """The shortest decimal numbers that read back as the same float32."""
    return [str(number) for number in row]

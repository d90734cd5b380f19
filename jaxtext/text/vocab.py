"""The vocabulary: words by frequency, and the map between words and ids."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int

from jaxtext.base.errors import InputError


@dataclass(frozen=True)
class Vocab:
    """Words, most frequent first, and how often each occurs. The id of a word is its index."""

    words: tuple[str, ...]
    counts: Int[np.ndarray, " V"]

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.index

    @cached_property
    def index(self) -> dict[str, int]:
        """Return a dict of words to ids."""
        return {word: i for i, word in enumerate(self.words)}

    def sha256(self) -> str:
        """Return the SHA-256 of the words in order, one per line, which identifies a vocabulary."""
        return hashlib.sha256("".join(f"{word}\n" for word in self.words).encode()).hexdigest()

    @classmethod
    def build(
        cls,
        sentences: Iterable[Sequence[str]],
        min_count: int = 5,
        max_vocab: int | None = None,
    ) -> "Vocab":
        """Count words and keep those that occur at least `min_count` times.

        If there are more than `max_vocab`, only the most frequent ones are kept.

        Raises `InputError` when no word occurs `min_count` times.

        >>> Vocab.build([["a", "rose", "is", "a", "rose"], ["a"]], min_count=2)
        Vocab(words=('a', 'rose'), counts=array([3, 2]))
        """
        counter: Counter[str] = Counter()
        for sentence in sentences:
            _check_tokens(sentence)
            counter.update(sentence)
        return cls.from_counts(counter, min_count, max_vocab)

    @classmethod
    def from_counts(
        cls, counts: dict[str, int], min_count: int = 5, max_vocab: int | None = None
    ) -> "Vocab":
        """Build a vocabulary as `build` does, from word counts.

        Words with equal counts are in alphabetical order.
        """
        if not counts:
            raise InputError("the text has no words")
        kept = [(word, n) for word, n in counts.items() if n >= min_count]
        if not kept:
            top = min(counts, key=lambda word: (-counts[word], word))
            raise InputError(
                f"no word occurs that often; the most frequent, {top!r}, occurs "
                f"{'once' if counts[top] == 1 else f'{counts[top]} times'}: use a smaller number "
                "or give more text",
                "min_count",
                min_count,
            )
        kept.sort(key=lambda item: (-item[1], item[0]))
        words, numbers = zip(*kept[:max_vocab], strict=True)
        return cls(words, np.array(numbers, np.int64))

    def encode(self, tokens: Iterable[str]) -> Int[np.ndarray, " T"]:
        """Return the ids of the tokens, leaving out unknown ones as word2vec does.

        >>> Vocab(("a", "rose"), np.array([3, 2])).encode(["a", "red", "rose"])
        array([0, 1], dtype=int32)
        """
        _check_tokens(tokens)
        index = self.index
        return np.array([index[token] for token in tokens if token in index], np.int32)

    def decode(self, ids: Int[np.ndarray, " T"] | Sequence[int]) -> list[str]:
        """Return the words of the ids.

        >>> Vocab(("a", "rose"), np.array([3, 2])).decode([1, 0])
        ['rose', 'a']
        """
        return [self.words[i] for i in ids]


def _check_tokens(tokens: Iterable[str]) -> None:
    """Raise `InputError` for a string where a sequence of words is expected."""
    if isinstance(tokens, str):
        raise InputError(f"{tokens!r:.60} is a string: split it into words first", "tokens")

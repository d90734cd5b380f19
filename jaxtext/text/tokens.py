"""Lines of text -> sentences of tokens.

A token is a maximal run of letters and digits of any script, together with the marks that belong
to them (vowel signs, accents written apart, joiners), lower-cased unless asked otherwise.
One line is one sentence. Scripts that are written without spaces need to be segmented first.
"""

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

JOINERS = "\u200c\u200d"  # zero-width (non-)joiner: inside words of Persian and Indic scripts


@cache
def token_pattern() -> re.Pattern[str]:
    """One token: a letter or digit, then letters, digits, marks, and joiners before a letter."""
    marks = "".join(
        c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c)[0] == "M"
    )
    return re.compile(rf"[^\W_](?:[^\W_]|[{marks}]|[{JOINERS}]+(?=[^\W_]))*")


def tokenize(line: str, lowercase: bool = True) -> list[str]:
    """Tokens of one line.

    >>> tokenize("The quick brown fox; it didn't jump (in 1984)!")
    ['the', 'quick', 'brown', 'fox', 'it', 'didn', 't', 'jump', 'in', '1984']
    >>> tokenize("Übergröße, Ελλάς, हिन्दी", lowercase=False)
    ['Übergröße', 'Ελλάς', 'हिन्दी']
    """
    found = token_pattern().findall(line)
    # Lower-casing each token, not the line, keeps 'İzmir' one word: its lower case has a mark.
    return [token.lower() for token in found] if lowercase else found


def sentences(lines: Iterable[str], lowercase: bool = True) -> Iterator[list[str]]:
    """Tokens of each line that has any.

    >>> list(sentences(["One ring.", "...", "Two rings."]))
    [['one', 'ring'], ['two', 'rings']]
    """
    return (tokens for line in lines if (tokens := tokenize(line, lowercase)))

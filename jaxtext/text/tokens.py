"""Lines of text -> sentences of tokens.

A token is a maximal run of letters and digits of any script, together with the marks that belong
to them (vowel signs, combining accents, joiners). Tokens are lower-cased unless asked otherwise.
Each line is one sentence. Text in scripts without spaces must be segmented first.
"""

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

JOINERS = "\u200c\u200d"  # zero-width (non-)joiner, used inside Persian and Indic words


@cache
def token_pattern() -> re.Pattern[str]:
    """Compile the pattern of one token.

    A token is a letter or digit followed by letters, digits, marks, and joiners before a letter.
    """
    marks = "".join(
        c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c)[0] == "M"
    )
    return re.compile(rf"[^\W_](?:[^\W_]|[{marks}]|[{JOINERS}]+(?=[^\W_]))*")


def tokenize(line: str, lowercase: bool = True) -> list[str]:
    """Split one line into tokens.

    >>> tokenize("The quick brown fox; it didn't jump (in 1984)!")
    ['the', 'quick', 'brown', 'fox', 'it', 'didn', 't', 'jump', 'in', '1984']
    >>> tokenize("Übergröße, Ελλάς, हिन्दी", lowercase=False)
    ['Übergröße', 'Ελλάς', 'हिन्दी']
    """
    tokens = token_pattern().findall(line)
    # Lower-casing tokens, not the line, keeps a word's form independent of its neighbors: 'Σ' at
    # the end of a word becomes 'ς', but not before an apostrophe and another letter.
    return [token.lower() for token in tokens] if lowercase else tokens


def sentences(lines: Iterable[str], lowercase: bool = True) -> Iterator[list[str]]:
    """Yield the tokens of each line that has any.

    >>> list(sentences(["One ring.", "...", "Two rings."]))
    [['one', 'ring'], ['two', 'rings']]
    """
    return (tokens for line in lines if (tokens := tokenize(line, lowercase)))

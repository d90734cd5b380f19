"""Lines of text -> tokens, each word in one spelling.

A line is cut into *words*, which are runs of letters and digits of any script with the marks that
belong to them, or at *white space* alone, which keeps ids, phrases and text that was segmented
beforehand whole. Each line is one sentence. Text in scripts without spaces must be segmented first.

Words are those of Unicode's default word boundaries (UAX 29), with two exceptions. Full stops,
commas, colons and underscores always separate. So does an apostrophe between Latin letters, where
it mostly stands for an elision or a clitic (l'eau, dell'arte, John's). Between Cyrillic or Hebrew
letters it belongs to the word, as do gershayim between Hebrew letters, and a middle dot between
Latin ones (Catalan col·legi).
"""

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

TOKENS = ("words", "whitespace")
LANGUAGES = ("az", "tr")  # where I is the capital of ı, and İ that of i
JOINERS = "\u200c\u200d"  # zero-width (non-)joiner, used inside Persian and Indic words
LATIN = "A-Za-zªºÀ-ÖØ-öø-\u02afḀ-ỿⱠ-Ɀ\ua720-\ua7ff\uab30-\uab6f"
CYRILLIC = "\u0400-\u052f"
HEBREW = "\u05d0-\u05ea\u05ef-\u05f2"
INSIDE = {LATIN: "·", CYRILLIC: "'", HEBREW: "'\""}  # belongs to the word between two such letters
# Spellings of what stands between two letters, and the one that is kept.
VARIANTS = (
    (LATIN + CYRILLIC + HEBREW, "\u2018\u2019\u201b\uff07", "'"),
    (CYRILLIC, "\u02bc", "'"),
    (HEBREW, "\u05f3", "'"),
    (HEBREW, "\u05f4\u201c\u201d\u201f", '"'),
    (LATIN, "\u2027", "·"),
)
VARIED = re.compile(f"[ŀĿ{''.join(signs for _, signs, _ in VARIANTS)}]")
# Soft hyphen, marks of direction, word joiner, invisible operators, byte order mark.
INVISIBLE = re.compile("[\u00ad\u061c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+")
DOTTED = re.compile("i\u0307+")


@cache
def marks() -> str:
    """Return all combining marks; they belong to the letter before them."""
    return "".join(
        c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c)[0] == "M"
    )


@cache
def token_pattern() -> re.Pattern[str]:
    """Compile the pattern of one word.

    A word is a letter or digit followed by letters, digits, marks, joiners before a letter, and
    what `INSIDE` allows between two letters of a script, the first of which may have marks.
    """
    letter = r"[^\W_]"
    joined = "|".join(
        f"[{letters}][{marks()}]*[{signs}](?=[{letters}])" for letters, signs in INSIDE.items()
    )
    first = f"{joined}|{letter}"
    return re.compile(rf"(?:{first})(?:{first}|[{marks()}]|[{JOINERS}]+(?={letter}))*")


@cache
def _variants() -> list[tuple[re.Pattern[str], str]]:
    # The signs first, so that the long class of marks is only looked at where one was found.
    return [
        (re.compile(f"[{signs}](?<=[{letters}{marks()}][{signs}])(?=[{letters}])"), kept)
        for letters, signs, kept in VARIANTS
    ]


def composed(text: str) -> str:
    """Return the text in NFC, without soft hyphens and other characters that are never seen.

    Canonically equivalent texts become equal: 'e' with a combining accent becomes 'é'. Joiners
    stay, since they change how words in Persian and Indic scripts are read.

    >>> composed("cafe\\u0301 Donau\\u00addampf")
    'café Donaudampf'
    """
    if text.isascii():
        return text
    text = INVISIBLE.sub("", text)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def normal(text: str) -> str:
    """Return the text in the spelling that words of a text have after reading, but for their case.

    In addition to `composed`, a typographic apostrophe between letters becomes a plain one, as do
    Hebrew geresh and gershayim; the middle dot of Catalan has one spelling of four. A word that is
    looked up should be tried as it is first, then in this spelling.

    >>> normal("п’ять, cafe\\u0301")
    "п'ять, café"
    """
    text = composed(text)
    if VARIED.search(text):
        text = text.replace("ŀ", "l·").replace("Ŀ", "L·")
        for pattern, kept in _variants():
            text = pattern.sub(kept, text)
    return text


def lowered(text: str, language: str | None = None) -> str:
    """Return a word in lower case; 'İ' becomes 'i', without the dot that Unicode puts above it.

    With the language 'tr' or 'az', 'I' becomes 'ı'.

    >>> lowered("İZMİR"), lowered("IŞIK", "tr")
    ('izmir', 'ışık')
    """
    if language in LANGUAGES:
        text = text.replace("I", "ı").replace("İ", "i")
    text = text.lower()
    # Some small letters with a mark have one code point where their capitals have two.
    return text if text.isascii() else composed(DOTTED.sub("i", text))


def tokenize(
    line: str, lowercase: bool = True, tokens: str = "words", language: str | None = None
) -> list[str]:
    """Split one line into tokens.

    With `tokens` "whitespace", it is split at white space alone. `language` matters to lower-casing
    (see `lowered`).

    >>> tokenize("The quick brown fox; it didn't jump (in 1984)!")
    ['the', 'quick', 'brown', 'fox', 'it', 'didn', 't', 'jump', 'in', '1984']
    >>> tokenize("Übergröße, Ελλάς, हिन्दी", lowercase=False)
    ['Übergröße', 'Ελλάς', 'हिन्दी']
    >>> tokenize("user_1 bought sku:A/2", lowercase=False, tokens="whitespace")
    ['user_1', 'bought', 'sku:A/2']
    """
    words = token_pattern().findall(normal(line)) if tokens == "words" else composed(line).split()
    # Lower-casing words, not the line, keeps a word's form independent of its neighbors: 'Σ' at
    # the end of a word becomes 'ς', but not before an apostrophe and another letter.
    return [lowered(word, language) for word in words] if lowercase else words


@cache
def _words_and_line_ends() -> re.Pattern[str]:
    return re.compile(f"{token_pattern().pattern}|\n")


def tokenize_all(
    lines: Sequence[str], lowercase: bool = True, tokens: str = "words", language: str | None = None
) -> list[list[str]]:
    """Split many lines, none of which contains a line break, into tokens.

    The result is that of `tokenize` for each line, in a fifth of the time.

    >>> tokenize_all(["Füße", "...", "l’Étoile ΣΑΣ"])
    [['füße'], [], ['l', 'étoile', 'σας']]
    """
    if tokens != "words":
        return [tokenize(line, lowercase, tokens, language) for line in lines]
    # No rule of spelling reaches across a line break, and none of lower-casing across a space.
    found = _words_and_line_ends().findall(normal("".join(f"{line}\n" for line in lines)))
    if lowercase and found:
        found = lowered(" ".join(found), language).split(" ")
    cut: list[list[str]] = [[]]
    for token in found:
        if token == "\n":
            cut.append([])
        else:
            cut[-1].append(token)
    return cut[:-1]


def sentences(
    lines: Iterable[str], lowercase: bool = True, tokens: str = "words", language: str | None = None
) -> Iterator[list[str]]:
    """Yield the tokens of each line that has any.

    >>> list(sentences(["One ring.", "...", "Two rings."]))
    [['one', 'ring'], ['two', 'rings']]
    """
    return (found for line in lines if (found := tokenize(line, lowercase, tokens, language)))

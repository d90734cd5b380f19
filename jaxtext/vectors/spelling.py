"""Spellings of one word, and known words that are spelled like an unknown one.

Suggestions come from lookups and from the most frequent words alone, so that they take
milliseconds for any size of vocabulary.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

from jaxtext.text.tokens import composed, normal

SEPARATOR = re.compile("[-_ ]")
FREQUENT = 30_000  # words that are compared with the unknown word
COMPARED = 200  # of these, whose distance is computed
SAMPLE, LETTERS = 2_000, 64  # words whose most frequent letters are tried as corrections
LONGEST = 60  # letters of a word that corrections are tried on
CAPITALS = 10  # letters of a word of which any may be capital
MOST = 3  # suggestions


def canonical(text: str) -> tuple[str, ...]:
    """Return the spellings of the same text: in NFC, as words are after reading, and in NFD.

    >>> canonical("it\u2019s") == ("it\u2019s", "it's", "it\u2019s")
    True
    """
    visible = composed(text)
    return visible, normal(text), unicodedata.normalize("NFD", visible)


def suggestions(word: str, words: Sequence[str], index: Mapping[str, int]) -> list[str]:
    """Return up to `MOST` words that are spelled like one that is not among `words`, best first.

    First are words that differ only by case, Unicode form, or hyphens, underscores and spaces, then
    those with the fewest edits, the more frequent ones first. `words` are sorted by frequency, and
    `index` maps each to its place.

    >>> known = ("the", "ring", "New_York", "rang")
    >>> index = {each: place for place, each in enumerate(known)}
    >>> suggestions("new york", known, index), suggestions("rnig", known, index)
    (['New_York'], ['ring'])
    """
    edits = {index[same]: 0 for same in _same(word) if same in index}
    for form in {word, word.lower()}:
        for near in _corrected(form, _letters(words)):
            if near in index:
                edits.setdefault(index[near], 1)
    for place, distance in _compared(word, words[:FREQUENT]):
        edits[place] = min(distance, edits.get(place, distance))
    return [words[place] for place in sorted(edits, key=lambda place: (edits[place], place))[:MOST]]


def _same(word: str) -> Iterator[str]:
    """Spellings that differ by case, Unicode form, or separators alone."""
    curly = word.replace("'", "\u2019")
    for form in {*canonical(word), curly, unicodedata.normalize("NFKC", word)}:
        parts = SEPARATOR.split(form)
        cuts = [(parts, separator) for separator in ("-", "_", " ", "")]
        if len(parts) == 1 and len(form) <= LONGEST:
            places = range(1, len(form))
            cuts += [([form[:at], form[at:]], mark) for at, mark in product(places, "-_ ")]
        for pieces, mark in cuts:
            yield mark.join(pieces)
            yield mark.join(piece.lower() for piece in pieces)
            yield mark.join(piece.upper() for piece in pieces)
            yield mark.join(piece.capitalize() for piece in pieces)
            yield mark.join(pieces).capitalize()
        yield from _capitals(form.lower())


def _capitals(word: str) -> Iterator[str]:
    """Spellings with some capitals: any letters of a short word, two of a long one."""
    most = len(word) if len(word) <= CAPITALS else 2
    for count in range(1, most + 1 if len(word) <= LONGEST else 0):
        for places in combinations(range(len(word)), count):
            letters = list(word)
            for place in places:
                letters[place] = letters[place].upper()
            yield "".join(letters)


def _letters(words: Sequence[str]) -> str:
    """The letters that corrections insert."""
    letters = Counter("".join(words[:SAMPLE]))
    return "".join(letter for letter, _ in letters.most_common(LETTERS))


def _corrected(word: str, letters: str) -> Iterator[str]:
    """All words at one edit: a letter less, more, or another, or two letters exchanged."""
    if not _most_edits(word) or len(word) > LONGEST:
        return
    for at in range(len(word) + 1):
        before, after = word[:at], word[at:]
        yield from (before + letter + after for letter in letters)
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in letters)
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]


def _most_edits(word: str) -> int:
    """The number of edits between words that are still alike."""
    return (len(word) >= 3) + (len(word) >= 5) + (len(word) >= 9)


def _compared(word: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """The places of words that are alike, and their distances; 0 for the same but for case."""
    word, most = word.lower(), _most_edits(word)
    first, last, size, bare = word[:1], word[-2:], len(word), SEPARATOR.sub("", word)
    near: dict[int, str] = {}  # one object: many would make Python collect garbage
    for place, each in enumerate(words):
        if -4 < len(each) - size < 4:
            lower = each.lower()
            if lower[:1] == first or lower[-2:] == last:
                near[place] = lower
    pairs, found = _pairs(word), []
    for place in sorted(near, key=lambda at: _unlike(pairs, near[at]))[:COMPARED]:
        lower = near[place]
        same = SEPARATOR.sub("", lower) == bare
        distance = 0 if same else edit_distance(word[:LONGEST], lower[:LONGEST])
        if same or (size <= LONGEST and distance <= most):
            found.append((place, distance))
    return found


def _unlike(pairs: set[str], other: str) -> float:
    """Smaller for words that share more pairs of letters."""
    return -len(pairs & _pairs(other)) / (len(other) + 1)


def _pairs(word: str) -> set[str]:
    return {word[place : place + 2] for place in range(len(word) - 1)}


def edit_distance(a: str, b: str) -> int:
    """Return the least number of letters removed, inserted, replaced, or exchanged with the next.

    >>> edit_distance("rnig", "ring"), edit_distance("ring", "rings"), edit_distance("", "abc")
    (1, 1, 3)
    """
    before, row = [], list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]

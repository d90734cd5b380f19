"""What is unusual about a text, in sentences that say what to do."""

import re
from collections.abc import Mapping

# Scripts whose words are written without spaces: Han and kana; Thai, Lao, Burmese, Khmer.
IDEOGRAPHS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
SYLLABLES = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
# A script, and the mean number of characters that its words do not reach in segmented text.
LIMITS = ((re.compile(f"[{IDEOGRAPHS}]"), 4), (re.compile(f"[{SYLLABLES}]"), 12))
LONG = 100  # words; a text of one sentence is unusual from here on


def without_spaces(counts: Mapping[str, int]) -> tuple[str, ...]:
    """Return a hint if most of a text lacks spaces between its words, as Chinese usually does.

    >>> without_spaces({"我喜歡在海邊散步": 2, "今天天氣很好": 1, "ok": 1})[0][:40]
    'the words are 7 characters long on avera'
    >>> without_spaces({"我": 2, "喜歡": 2, "散步": 1})
    ()
    """
    letters = sum(len(word) * count for word, count in counts.items())
    for script, limit in LIMITS:
        found = [
            (len(word), count)
            for word, count in counts.items()
            if not word.isascii() and script.search(word)
        ]
        number = sum(count for _, count in found)
        length = sum(size * count for size, count in found)
        if 2 * length > letters and length > limit * number:
            return (
                f"the words are {length / number:.0f} characters long on average, as in a text "
                "without spaces between words: segment it first, and keep the words as they are "
                "then with tokens=whitespace",
            )
    return ()


def one_sentence(tokens: int, sentences: int, paragraphs: bool) -> tuple[str, ...]:
    """Return a hint if a text of some length is one sentence.

    >>> one_sentence(50_000, 1, paragraphs=False)[0][:46]
    'all 50,000 words are one sentence, since there'
    """
    if sentences != 1 or tokens < LONG:
        return ()
    ends = "no empty line" if paragraphs else "no line break"
    return (
        f"all {tokens:,} words are one sentence, since there is {ends} between them: windows reach "
        "from one sentence into the next",
    )

"""The words of a vocabulary as a `tokenizer.json`, the file of the `tokenizers` library.

The tokenizer cuts a text as `jaxtext.text.tokens` does, by the same rules in the library's terms,
and drops the words that are not in the vocabulary, so that they add nothing to a mean.

Of the library's models, one of whole words needs a token for unknown words, whose vector would
count. A model of byte pairs without any pair does not: it looks up the whole word, and if that is
unknown, each of its characters, with a mark before all but the first and a mark after the last.
No word contains these marks, and no token of a text does, since they begin with a space. Words of a
single character are stored with the second mark.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jaxtext.base.errors import InputError
from jaxtext.text.tokens import (
    DOTTED,
    INSIDE,
    INVISIBLE,
    JOINERS,
    VARIANTS,
    lowered,
    normal,
    token_pattern,
)

LETTER = r"[\p{L}\p{N}]"
# What str.split separates at.
SPACES = "\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# Sigma at the end of a word in lower case, as Unicode's rule Final_Sigma says.
BETWEEN = rf"[\p{{Case_Ignorable}}&&[\p{{L}}\p{{M}}{JOINERS}]]*"
FINAL_SIGMA = rf"\p{{Cased}}{BETWEEN}\KΣ(?!{BETWEEN}\p{{Cased}})"


class Cut(NamedTuple):
    """How a text is cut into tokens: see `jaxtext.text.tokens.tokenize`."""

    tokens: str
    lowercase: bool


def cut_of(words: Iterable[str]) -> Cut:
    """Return how a text is cut into the words of a vocabulary, as far as they tell it.

    They are "words" if all are runs of letters and digits, also several joined by underscores, and
    else what stands between spaces. The text is in lower case if all of them are.

    >>> cut_of(["the", "new_york"]), cut_of(["The", "city,"])
    (Cut(tokens='words', lowercase=True), Cut(tokens='whitespace', lowercase=False))
    """
    words = list(words)
    is_word = token_pattern().fullmatch
    plain = all(normal(word) == word and all(map(is_word, word.split("_"))) for word in words)
    lowercase = all(lowered(word) == word for word in words)
    return Cut("words" if plain else "whitespace", lowercase)


def specification(words: Sequence[str], cut: Cut) -> dict[str, Any]:
    """Return the content of a `tokenizer.json`: the id of a word is its place."""
    pieces = _word() if cut.tokens == "words" else f"[^{SPACES}]+"
    before, after = _unused(" ##", words), _unused(" </w>", words)
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "Sequence", "normalizers": list(_normalizers(cut))},
        "pre_tokenizer": {
            "type": "Split",
            "pattern": {"Regex": pieces},
            "behavior": "Removed",
            "invert": True,
        },
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": before,
            "end_of_word_suffix": after,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": True,
            "vocab": {w + after if len(w) == 1 else w: i for i, w in enumerate(words)},
            "merges": [],
        },
    }


def _word() -> str:
    """Return the pattern of `jaxtext.text.tokens.token_pattern` in the library's syntax."""
    joined = "|".join(
        rf"[{letters}]\p{{M}}*[{signs}](?=[{letters}])" for letters, signs in INSIDE.items()
    )
    first = f"{joined}|{LETTER}"
    return rf"(?:{first})(?:{first}|\p{{M}}|[{JOINERS}]+(?={LETTER}))*"


def _normalizers(cut: Cut) -> Iterable[dict[str, Any]]:
    """Yield the steps of `normal`, or of `composed`, and then those of `lowered`."""
    yield _replace(INVISIBLE.pattern, "")
    yield {"type": "NFC"}
    if cut.tokens == "words":
        yield from (_replace("ŀ", "l·"), _replace("Ŀ", "L·"))
        for letters, signs, kept in VARIANTS:
            yield _replace(rf"(?<=[{letters}\p{{M}}])[{signs}](?=[{letters}])", kept)
    if cut.lowercase:
        yield from (_replace(FINAL_SIGMA, "ς"), {"type": "Lowercase"})
        yield from (_replace(DOTTED.pattern, "i"), {"type": "NFC"})


def _replace(pattern: str, content: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": {"Regex": pattern}, "content": content}


def _unused(mark: str, words: Sequence[str]) -> str:
    """Return the mark, made longer until no word contains it."""
    while any(mark in word for word in words):
        mark = mark[0] + mark
    return mark


def words_of(path: Path) -> list[str]:
    """Return the words of a `tokenizer.json` in the order of their ids, also of other tools.

    Raises `InputError` for a file that is missing, is none, or leaves out an id.
    """
    try:
        content = json.loads(path.read_bytes())
        model = content["model"]
        found = _by_id(model["vocab"])
        found |= {each["id"]: each["content"] for each in content.get("added_tokens") or ()}
        words = [found[place] for place in range(len(found))]
        if not all(isinstance(word, str) for word in words):
            raise TypeError("a word that is not a string")
    except FileNotFoundError:
        raise InputError(f"{path}: missing: no other file has the words") from None
    except KeyError as error:
        raise InputError(f"{path}: not a tokenizer with a vocabulary: has no {error}") from None
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path}: not a tokenizer with a vocabulary: {error}") from None
    suffix = model.get("end_of_word_suffix")
    if suffix and model.get("ignore_merges") and not model.get("merges"):
        words = [word.removesuffix(suffix) for word in words]
    return words


def _by_id(vocab: Any) -> dict[int, Any]:
    """Return the words of a vocabulary, a mapping or a list of words and scores, by id."""
    if isinstance(vocab, Mapping):
        return {place: word for word, place in vocab.items()}
    return {place: word for place, (word, *_) in enumerate(vocab)}

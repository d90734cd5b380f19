import random
import time

import numpy as np
import pytest

from jaxtext.text import Vocab
from jaxtext.vectors import spelling
from jaxtext.vectors.embeddings import Embeddings, UnknownWord
from jaxtext.vectors.spelling import edit_distance, suggestions


def suggested(word, *words):
    return suggestions(word, words, {each: place for place, each in enumerate(words)})


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("frodo", "Frodo"),
        ("FRODO", "frodo"),
        ("iphone", "iPhone"),
        ("mcdonaldson", "McDonaldson"),
        ("MCDONALDSONSBURG", "McDonaldsonsBurg"),
        ("new york", "New_York"),
        ("New-York", "new york"),
        ("newyork", "new_york"),
        ("email", "e-mail"),
        ("e-mail", "email"),
        ("cafe\u0301", "Caf\u00e9"),
        ("\ufb01sh", "fish"),
        ("it's", "it\u2019s"),
        ("state of the art", "state-of-the-art"),
    ],
)
def test_the_same_word_in_another_spelling_comes_first(word, known):
    others = [f"{word}s", f"{word[:-1]}x", word[1:]]
    assert suggested(word, *others, *(f"w{i}" for i in range(100)), known)[0] == known


def test_the_same_word_is_found_however_rare_it_is(monkeypatch):
    monkeypatch.setattr(spelling, "FREQUENT", 1)
    assert suggested("new york", "the", "New_York") == ["New_York"]
    assert suggested("rnig", "the", "ring") == ["ring"]
    assert suggested("rniig", "the", "ring") == []  # two edits: only among frequent words


def test_fewer_edits_come_first_and_then_frequent_words():
    known = ("governing", "government", "governments", "goverment_", "govermint", "govern")
    assert suggested("goverment", *known) == ["goverment_", "government", "govermint"]


@pytest.mark.parametrize("word", ["", "x", "xq", "xyzzyq", "7" * 50_000, "\ud800", "\0", "- _ -"])
def test_a_word_like_no_other_gets_no_suggestion(word):
    assert suggested(word, "frodo", "ring", "Mordor", "8" * 50_000) == []


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [("", "", 0), ("kitten", "sitting", 3), ("ab", "ba", 1), ("abcd", "acbd", 1), ("a", "", 1)],
)
def test_edits_are_letters_removed_inserted_replaced_or_exchanged(a, b, edits):
    assert edit_distance(a, b) == edit_distance(b, a) == edits


class Counted(tuple):
    """A tuple of words that counts how many of them are looked at, beyond single ones."""

    seen = 0

    def __getitem__(self, place):
        if isinstance(place, slice):
            Counted.seen += len(range(*place.indices(len(self))))
        return super().__getitem__(place)

    def __iter__(self):
        Counted.seen += len(self)
        return super().__iter__()


def test_an_unknown_word_does_not_look_at_all_words(monkeypatch):
    random.seed(3)
    syllables = [a + b for a in "bcdfghklmnprstvz" for b in "aeiou"]
    made = ("".join(random.choices(syllables, k=random.choice([3, 4, 5]))) for _ in range(300_000))
    words = Counted(dict.fromkeys(made))
    table = Embeddings(Vocab(words, np.zeros(len(words), int)), np.ones((len(words), 1)))
    Counted.seen, compared = 0, []
    monkeypatch.setattr(
        spelling, "edit_distance", lambda *pair: compared.append(pair) or edit_distance(*pair)
    )
    begin = time.perf_counter()
    with pytest.raises(UnknownWord, match=f"did you mean.* {words[-1]}"):
        table.ids([words[-1] + "q"])
    seconds = time.perf_counter() - begin
    assert Counted.seen <= spelling.FREQUENT + spelling.SAMPLE
    assert 0 < len(compared) <= spelling.COMPARED
    begin = time.perf_counter()
    for word in words:
        edit_distance(word[:4], words[0][:4])
    assert seconds < (time.perf_counter() - begin) / 3  # than looking at each word would take

"""How the words of a set are found in a vocabulary."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxtext.evaluation import items
from jaxtext.text import Vocab


def vocab(*words):
    return Vocab(words, np.arange(len(words), 0, -1))


@pytest.mark.parametrize(
    ("words", "asked", "expected"),
    [
        (("Rose", "rose"), "rose", 1),
        (("Rose", "rose"), "ROSE", 0),
        (("rose", "Rose"), "ROSE", 0),
        (("masse",), "Maße", None),
        (("maße", "masse"), "MASSE", 1),
        (("maße",), "MAẞE", 0),
        (("kir", "kır"), "kır", 1),
        (("kir",), "kır", None),
        (("kır",), "kir", None),
        (("istanbul",), "İstanbul", 0),
        (("οδος", "οδοσ"), "ΟΔΟΣ", 0),
        (("café",), "cafe\u0301", 0),
        (("cafe\u0301",), "café", 0),
        (("cafe\u0301",), "Café", 0),
        (("CAFE\u0301", "cafe\u0301"), "café", 1),
        (("cafe",), "café", None),
        (("matrix",), "ma\u00adtrix", 0),
        (("ma\u00adtrix",), "Matrix", 0),
        (("matrix",), "\ufeffmatrix\u2060", 0),
        (("می\u200cروم",), "میروم", None),
    ],
)
def test_a_word_is_found_by_its_spelling_its_normal_form_or_in_lower_case(words, asked, expected):
    assert items.ids(vocab(*words), [asked]).get(asked) == expected


def test_many_words_are_found_at_once_and_unknown_ones_left_out():
    found = items.ids(vocab("a", "B", "b", "É"), ["é", "b", "x", "A", "b"])
    assert found == {"é": 3, "b": 2, "A": 0} and list(found) == ["é", "b", "A"]


def test_only_the_most_frequent_words_are_known_with_restrict():
    some = vocab("Rose", "tulip", "rose")
    assert items.ids(some, ["rose", "tulip"], 2) == {"rose": 0, "tulip": 1}
    assert items.ids(some, ["rose", "tulip"], 1) == {"rose": 0}
    assert items.ids(some, ["rose"], 9) == {"rose": 2}


SPELLED = st.text(st.sampled_from("aAbßẞıIiİéÉe\u0301\u00ad"), min_size=1, max_size=4)


@given(st.lists(SPELLED, unique=True, min_size=1, max_size=6), SPELLED)
def test_what_is_found_is_the_same_word(words, asked):
    place = items.ids(vocab(*words), [asked]).get(asked)
    same = [i for i, word in enumerate(words) if items.folded(word) == items.folded(asked)]
    normal = [i for i, word in enumerate(words) if items.normal(word) == items.normal(asked)]
    if asked in words:
        assert place == words.index(asked)
    else:
        assert place in (normal or same[:1] or [None])


@given(SPELLED)
def test_forms_are_composed_and_do_not_change_twice(word):
    for form in (items.normal, items.folded):
        once = form(word)
        assert form(once) == once == unicodedata.normalize("NFC", once)

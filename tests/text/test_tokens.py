import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxtext.text import sentences, tokenize
from jaxtext.text.tokens import composed, lowered, normal, tokenize_all

SIGNS = (
    "eE\u0301\u0307iIİıŀl·\u2027'’\u02bc\u05f3\u05f4\"אп\u0323K\u212b\u00ad\u200d\u2060\ufeff"
    "σΣǰJ\u030c "
)


@given(st.text(alphabet=st.characters(max_codepoint=0x24F, exclude_characters="·\u00adŀĿİ")))
def test_words_are_runs_of_letters_and_digits_in_latin_text(line):
    assert tokenize(line) == [token.lower() for token in re.findall(r"[^\W_]+", line)]


@pytest.mark.parametrize(
    ("line", "tokens"),
    [
        ("Москва — столица", ["москва", "столица"]),
        ("ἐν ἀρχῇ ἦν ὁ λόγος,", ["ἐν", "ἀρχῇ", "ἦν", "ὁ", "λόγος"]),
        ("हिन्दी में लिखा", ["हिन्दी", "में", "लिखा"]),
        ("می‌خواهم بروم", ["می‌خواهم", "بروم"]),
        ("word\u200c \u200cword a\u200c\u200db", ["word", "word", "a\u200c\u200db"]),
        ("İstanbul", ["istanbul"]),
        ("cafe\u0301 noir", ["café", "noir"]),
        ("東京 と 大阪", ["東京", "と", "大阪"]),
        ("snake_case a-b 3.14", ["snake", "case", "a", "b", "3", "14"]),
        ("\u0301alone", ["alone"]),
        ("", []),
    ],
)
def test_words_of_any_script_stay_whole(line, tokens):
    assert tokenize(line) == tokens


@pytest.mark.parametrize(
    ("line", "tokens"),
    [
        ("x\u0301'п א\u05b0·a", ["x\u0301", "п", "א\u05b0", "a"]),
        ("п'ять п’ять п\u02bcять П＇ЯТЬ", ["п'ять"] * 4),
        ("‘об’єкт’, 'кіт' з' ", ["об'єкт", "кіт", "з"]),
        ("п\u0301'ять", ["п\u0301'ять"]),
        ('צה"ל צה״ל צה”ל', ['צה"ל'] * 3),
        ("ג'ורג' ג׳ורג׳ \"שלום\"", ["ג'ורג", "ג'ורג", "שלום"]),
        ("Col·legi col‧legi COŀLEGI coĿlegi", ["col·legi"] * 4),
        ("约翰·史密斯 λόγος·ἄλλος 1·2", ["约翰", "史密斯", "λόγος", "ἄλλος", "1", "2"]),
        (
            "l’eau dell'arte John's п'a aʼo",
            ["l", "eau", "dell", "arte", "john", "s", "п", "a", "aʼo"],
        ),
    ],
)
def test_signs_between_letters_belong_to_the_word_where_unicode_says_so(line, tokens):
    assert tokenize(line) == tokens


def test_given_tokens_stay_whole():
    line = " user_1\titem-3 sku:A/1 c++\u3000-5 new_york བོད་ཡིག don’t col‧legi "
    kept = ["user_1", "item-3", "sku:A/1", "c++", "-5", "new_york", "བོད་ཡིག", "don’t", "col‧legi"]
    assert tokenize(line, lowercase=False, tokens="whitespace") == kept
    assert tokenize(line, tokens="whitespace")[2] == "sku:a/1"
    assert tokenize("cafe\u0301 \ufeff a\u00adb", tokens="whitespace") == ["café", "ab"]


def test_turkish_letters_keep_their_dots_apart():
    capitals = "İSTANBUL I\u0307STANBUL IĞDIR"
    assert tokenize(capitals, language="tr") == ["istanbul", "istanbul", "ığdır"]
    assert tokenize(capitals) == ["istanbul", "istanbul", "iğdir"]
    assert tokenize("i\u0307stanbul") == ["istanbul"]
    assert tokenize(capitals, lowercase=False)[:2] == ["İSTANBUL"] * 2


@given(st.text(SIGNS, max_size=12))
def test_equivalent_texts_have_one_spelling(text):
    for form in ("NFC", "NFD"):
        other = unicodedata.normalize(form, text)
        assert composed(other) == composed(text)
        assert normal(other) == normal(text)
        assert tokenize(other) == tokenize(text)
    assert normal(normal(text)) == normal(text)
    for word in tokenize(text):
        assert tokenize(word) == [word] == [normal(word)]


def test_invisible_characters_are_dropped_and_joiners_kept():
    assert (
        composed("\ufeffDonau\u00addampf\u2060schiff\u200e e\u00ad\u0301") == "Donaudampfschiff é"
    )
    assert composed("می\u200cخواهم क्\u200dष") == "می\u200cخواهم क्\u200dष"


def test_a_capital_with_a_mark_of_its_own_becomes_one_small_letter():
    assert lowered("J\u030c") == "\u01f0" == lowered("\u01f0")


def test_sentences_skip_lines_without_words():
    assert list(sentences(["a b", "--", "", "c"])) == [["a", "b"], ["c"]]


pieces = st.text(
    st.sampled_from("aZéßΣσiıİIŀ·l'’ʼ\"״אבґа\u0301\u0307\u0323\u00ad\u200c\ufeff9_ \r\t\u2028-हिन्")
    | st.characters(exclude_characters="\n", exclude_categories=["Cs"]),
    max_size=12,
)


@given(
    st.lists(pieces, max_size=6),
    st.booleans(),
    st.sampled_from(["words", "whitespace"]),
    st.sampled_from([None, "tr"]),
)
def test_many_lines_at_once_give_the_tokens_of_each_line(lines, lowercase, tokens, language):
    expected = [tokenize(line, lowercase, tokens, language) for line in lines]
    assert tokenize_all(lines, lowercase, tokens, language) == expected

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaxtext.text import sentences, tokenize


@given(st.text(alphabet=st.characters(max_codepoint=0x24F)))
def test_tokenize_is_runs_of_letters_and_digits_in_latin_text(line):
    assert tokenize(line) == [token.lower() for token in re.findall(r"[^\W_]+", line)]


@pytest.mark.parametrize(
    ("line", "tokens"),
    [
        ("Москва — столица", ["москва", "столица"]),
        ("ἐν ἀρχῇ ἦν ὁ λόγος,", ["ἐν", "ἀρχῇ", "ἦν", "ὁ", "λόγος"]),
        ("हिन्दी में लिखा", ["हिन्दी", "में", "लिखा"]),
        ("می‌خواهم بروم", ["می‌خواهم", "بروم"]),
        ("word\u200c \u200cword a\u200c\u200db", ["word", "word", "a\u200c\u200db"]),
        ("İstanbul", ["i̇stanbul"]),
        ("cafe\u0301 noir", ["cafe\u0301", "noir"]),
        ("東京 と 大阪", ["東京", "と", "大阪"]),
        ("snake_case a-b 3.14", ["snake", "case", "a", "b", "3", "14"]),
        ("\u0301alone", ["alone"]),
        ("", []),
    ],
)
def test_tokenize_keeps_words_of_any_script_whole(line, tokens):
    assert tokenize(line) == tokens


def test_sentences_skip_lines_without_words():
    assert list(sentences(["a b", "--", "", "c"])) == [["a", "b"], ["c"]]

"""Formulas in texts: what is one, and how it is written in MathML."""

import xml.etree.ElementTree as xml

import pytest

from jaxtext.reports.formulas import as_html, mathml, parts
from jaxtext.verification.claims import claims


def marked(text):
    return "".join(f"<{part}>" if formula else part for part, formula in parts(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The entry m_ij of M is w_i^T w_j", "The entry <m_ij> of <M> is <w_i^T w_j>"),
        ("For k = 1, 5 and 15 it is PMI - ln k.", "For <k = 1>, 5 and 15 it is <PMI - ln k>."),
        ("(see |D|/|V| = 453/5 = 90.6)", "(see <|D|/|V| = 453/5 = 90.6>)"),
        ("In (c, w), c is a word", "In <(c, w)>, <c> is a word"),
        ("log-likelihood and/or softmax, i.e. none", "log-likelihood and/or softmax, i.e. none"),
        ("a unit - I mean a layer - has 3 edges", "a unit - I mean a layer - has 3 edges"),
        ("p(ring | Frodo) is its chance", "<p(ring | Frodo)> is its chance"),
        ("", ""),
    ],
)
def test_formulas_are_told_from_words(text, expected):
    assert marked(text) == expected


def test_no_character_of_a_text_is_lost():
    for claim in claims():
        for text in (claim.statement, claim.correction, *claim.assumptions):
            assert "".join(part for part, _ in parts(text)) == text


def tree(formula):
    """Return the elements as nested lists: the name, then text or children."""

    def of(element):
        return [element.tag, element.text] if element.text else [element.tag, *map(of, element)]

    return [of(each) for each in xml.fromstring(mathml(formula))]


W, J = ["mi", "w"], ["mi", "j"]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("w_j", [["msub", W, J]]),
        ("w^2", [["msup", W, ["mn", "2"]]]),
        ("sigma(-w)", [["mi", "σ"], ["mo", "("], ["mo", "−"], W, ["mo", ")"]]),
        ("1/(2w)", [["mfrac", ["mn", "1"], ["mrow", ["mn", "2"], W]]]),
        ("w / 2", [W, ["mo", "/"], ["mn", "2"]]),
        ("w_(j+1)", [["msub", W, ["mrow", J, ["mo", "+"], ["mn", "1"]]]]),
        ("w^(1)", [["msup", W, ["mrow", ["mo", "("], ["mn", "1"], ["mo", ")"]]]]),
        ("e^(w.c)", [["msup", ["mi", "e"], ["mrow", W, ["mo", "·"], ["mi", "c"]]]]),
        ("W'^-T", [["msup", ["mi", "W"], ["mrow", *[["mo", "′"], ["mo", "−"], ["mi", "T"]]]]]),
        ("sum_e,l w", [["msub", ["mo", "∑"], ["mi", "e,l"]], W]),
        ("j <= 2 != w", [J, ["mo", "≤"], ["mn", "2"], ["mo", "≠"], W]),
        ("dw/dj", [["mfrac", ["mrow", ["mi", "d"], W], ["mrow", ["mi", "d"], J]]]),
        ("w < j", [W, ["mo", "<"], J]),
    ],
)
def test_formulas_are_written_as_they_are_read(formula, expected):
    assert tree(formula) == expected


def test_all_texts_become_elements_that_are_closed():
    found = 0
    for claim in claims():
        for text in (claim.statement, claim.correction, *claim.assumptions):
            found += len(xml.fromstring(f"<p>{as_html(text)}</p>").findall("math"))
    assert found > 300


@pytest.mark.parametrize("formula", ["w_", "w^", "w_(", "1/(", "1/|w", "((", "w^(^(", "'", "_"])
def test_unfinished_formulas_are_drawn_as_far_as_they_go(formula):
    assert xml.fromstring(mathml(formula)).tag == "math"

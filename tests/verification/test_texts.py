"""What the sheet's claims say: no number in prose, and the printed values are those checked."""

import re
import string

import jax
import numpy as np
import pytest

from jaxtext.verification.claims import claims
from jaxtext.verification.findings import Claim, Finding, equal, examine, fill, instead
from jaxtext.verification.sheet import examples

SHEET = ["networks", "backprop", "skipgram-basics", "skipgram-training", "factorization"]
EVERY = {claim.id: claim for claim in claims()}
OF_SHEET = {name: claim for name, claim in EVERY.items() if name.split(".")[0] in SHEET}
CORRECTED = {name: claim for name, claim in EVERY.items() if claim.correction}


def literal(template):
    """A template whose fields, which are computed or quoted, are marked as such."""
    parts = string.Formatter().parse(template)
    return "".join(before + ("" if field is None else "\0") for before, field, _, _ in parts)


def strays(template):
    """The digits of a text that are neither computed nor quoted nor declared as a formula's.

    Digits may stand in backquotes alone: as an index or an exponent, as a constant of a formula
    (0, 1 or 2), as the number of one of the sheet's equations, and in the id of a check.
    """
    outside, inside = [], []
    for i, part in enumerate(literal(template).split("`")):
        (inside if i % 2 else outside).append(part)
    found = [digits for part in outside for digits in re.findall(r"\d+", part)]
    for part in inside:
        if any(name == part or name.startswith(f"{part}.") for name in EVERY):
            continue
        rest = re.sub(r"[_^](\([\w +-]*\)|\w+)", "", part)  # indices and exponents
        rest = re.sub(r"\(\d\)|(?<!\d)(?<!\d\.)[012](?!\d|\.\d)", "", rest)
        found += re.findall(r"\d+", rest)
    return found


@pytest.mark.parametrize("name", OF_SHEET | CORRECTED)
def test_no_number_of_a_text_stands_in_prose(name):
    claim = EVERY[name]
    for template in (claim.statement, claim.correction, *claim.assumptions):
        assert strays(template) == [], template
        assert literal(template).count("`") % 2 == 0, template


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("{log:.4f} = ln({others:.3f} + {ring:.3f})", []),
        ("ln(12.57 + 2.53) = 15.08", ["12", "57", "2", "53", "15", "08"]),
        ("`ln(12.57 + 2.53)`", ["12", "57", "2", "53"]),
        ("all 6 rows", ["6"]),
        ("`w_12^(2) + 1/(2N) sum over l = 1..2`, see `backprop.c.i.2`, equation `(4)`", []),
        ("see `backprop.c.i.9`", ["9"]),
        ("`y (1 - {h})`", []),
        ("1/N", ["1"]),
    ],
)
def test_numbers_in_prose_are_found(template, found):
    assert strays(template) == found


def test_every_id_that_a_text_names_is_that_of_a_check():
    texts = [
        text for claim in EVERY.values()
        for text in (claim.statement, claim.correction, *claim.assumptions)
    ]  # fmt: skip
    named = {
        name for text in texts for name in re.findall(r"`([^`]*)`", text)
        if re.fullmatch(r"[a-z-]+(\.[\w-]+)+", name)
    }  # fmt: skip
    assert "backprop.c.i.loss" in named
    assert [n for n in named if not any(f"{name}.".startswith(f"{n}.") for name in EVERY)] == []


def numbers(value):
    return [float(number) for number in re.findall(r"\d+\.\d+", value)]


def test_a_sum_in_a_correction_adds_up_as_it_is_printed(certificate):
    texts = {check.id: check.correction for check in certificate}
    log, others, ring, total, *_ = numbers(texts["skipgram-training.b.2.sum"])
    assert round(others + ring, 3) == total
    assert round(np.log(total), 4) == log
    loss, logit, log, *_ = numbers(texts["skipgram-training.b.2.loss"])
    assert round(log - logit, 4) == loss
    assert "453/5 = 90.6" in texts["factorization.a.normaliser"]


def changed(value):
    """The sheet's value with each of its numbers changed by one unit of the last digit printed."""
    if isinstance(value, list):
        for i, each in enumerate(value):
            for other in changed(each):
                yield [*value[:i], other, *value[i + 1 :]]
    elif isinstance(value, str):
        yield value + "s"
    else:
        digits = len(f"{value}".partition(".")[2]) if isinstance(value, float) else 0
        yield value + 10.0 ** -max(digits, 2) if isinstance(value, float) else value + 1


NUMERIC = [
    name for name, claim in OF_SHEET.items() if claim.sheet is not None and claim.sheet != "" and
    not isinstance(claim.sheet, str)
]  # fmt: skip


@pytest.mark.parametrize("name", NUMERIC)
def test_a_number_that_is_not_the_sheets_is_noticed(name):
    claim = EVERY[name]
    with jax.enable_x64(True):
        assert examine(claim).status != "fails"
        for value in changed(claim.sheet):
            assert examine(claim._replace(sheet=value)).status == "fails", value


def test_the_numbers_of_the_sheet_are_among_the_claims():
    assert len(NUMERIC) > 12


def claim_of(finding, statement="statement", correction="", assumptions=(), sheet=None):
    return Claim("x", statement, lambda: finding, sheet, assumptions, correction)


def test_texts_are_filled_with_what_the_sheet_prints_and_the_check_computes():
    finding = instead(2.5, 2.5, 2.5, 1.0, loss=2.5, rows=[1, 2])
    check = examine(
        claim_of(finding, "it is {sheet:.2f}", "{loss:.3f} of `y_1`", ("rows {rows}",), 1.0)
    )
    assert check[1:3] == ("it is 1.00", "corrected")
    assert (check.correction, check.assumptions) == ("2.500 of y_1", ("rows 1, 2",))


def test_a_text_that_names_what_the_check_does_not_compute_fails():
    check = examine(claim_of(equal("all", (1.0, 1.0)), "of {words} words"))
    assert (check.status, check.statement) == ("fails", "of {words} words")
    assert "KeyError" in check.computed_value
    # The reason of a check that fails by itself is not hidden.
    check = examine(claim_of(Finding("no such row", np.inf), "of {words} words"))
    assert (check.status, check.computed_value) == ("fails", "no such row")


def test_fill_leaves_braces_that_are_doubled():
    assert fill("theta = {{W, W'}}", {}) == "theta = {W, W'}"


def test_centers_and_contexts_of_the_small_corpus_differ():
    counts, noise = examples.small_counts()
    assert counts.min() > 0
    assert np.abs(counts - counts.T).max() >= 3
    assert np.abs(counts.sum(0) - counts.sum(1)).max() >= 5
    np.testing.assert_allclose(noise, counts.sum(0) / counts.sum())

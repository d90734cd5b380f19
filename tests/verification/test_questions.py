"""The index of the sheet's questions: complete, current, and true of the notebooks."""

from pathlib import Path

import pytest

import jaxtext
from jaxtext.verification import questions
from jaxtext.verification.findings import CORRECTED, FAILS, HOLDS, Check

NOTEBOOKS = Path(jaxtext.__file__).parent.parent / "notebooks"


def check_of(place, status=HOLDS):
    return Check(place, "statement", status, None, None, 0.0, (), "")


def test_the_page_of_the_notebooks_is_current(certificate):
    page = (NOTEBOOKS / "README.md").read_text(encoding="utf-8")
    command = "python -m jaxtext.verification.questions notebooks/README.md"
    assert questions.updated(page, certificate) == page, f"run {command}"


def test_every_check_of_the_sheet_belongs_to_exactly_one_question(certificate):
    listed = [*questions.QUESTIONS, *questions.context_rows(certificate)]
    for check in certificate:
        if check.id.split(".")[0] in questions.PARTS:
            owners = [q.prefix for q in listed if questions.begins(check.id, q.prefix)]
            assert len(owners) == 1, check.id


def test_every_question_has_a_check_and_what_goes_beyond_it_exists(certificate):
    ids = [check.id for check in certificate]
    for question in questions.QUESTIONS:
        for prefix in (question.prefix, *question.beyond):
            assert any(questions.begins(place, prefix) for place in ids), prefix


@pytest.mark.parametrize(
    "question", [q for q in questions.QUESTIONS if q.notebook], ids=lambda q: q.prefix
)
def test_the_sections_are_headings_of_the_notebook(question):
    lines = (NOTEBOOKS / f"{question.notebook}.py").read_text(encoding="utf-8").splitlines()
    assert {f"# ## {section}" for section in question.sections} <= set(lines)
    assert (NOTEBOOKS / f"{question.notebook}.ipynb").exists()


def test_a_row_counts_verdicts_and_names_what_is_corrected():
    checks = [
        check_of("backprop.c.ii.w12"), check_of("backprop.c.ii.w22", CORRECTED),
        check_of("backprop.c.ii.new", FAILS),
    ]  # fmt: skip
    (row,) = questions.index(checks)
    assert row[0] == "Backpropagation c (ii)"
    assert row[3] == "`backprop.c.ii` (3)"
    assert row[4] == "1 holds; 1 FAILS; corrected: `backprop.c.ii.w22`"


def test_a_check_that_no_question_has_is_named():
    with pytest.raises(ValueError, match=r"no question of the sheet has the check networks\.z"):
        questions.index([check_of("networks.z")])


def test_a_page_without_a_place_for_the_index_is_refused():
    with pytest.raises(ValueError, match="the page has no place for the index"):
        questions.updated("# Notebooks\n", [])

import numpy as np
import pytest

from jaxtext.evaluation import Sets, analogy, categorization, similarity
from jaxtext.evaluation.columns import Columns
from jaxtext.evaluation.items import Difference
from jaxtext.evaluation.report import Comparison, Report
from jaxtext.reports import evaluation

NONE = np.zeros(0)
MEN = similarity.Result(0.71249, (0.69, 0.7351), 3000, 2998, 0.7, NONE)
NOTHING = similarity.Result(None, None, 1, 1, None, NONE)
SECTIONS = {
    "capitals": {"accuracy": 0.5, "items": 3, "covered": 2},
    "plurals": {"accuracy": None, "items": 1, "covered": 0},
}
GOOGLE = analogy.Result(0.5, (0.0, 1.0), 4, 2, 0.25, SECTIONS, NONE)
LEVELS = [categorization.Level(21, 0.8, 0.125, 0.75), categorization.Level(6, 0.9, 0.3, 0.85)]
KINDS = categorization.Result(402, 400, LEVELS, [], [])


def test_one_table_for_each_kind_that_was_evaluated():
    report = Report({"men": MEN, "tiny": NOTHING}, {"google": GOOGLE}, {"ap": KINDS})
    similar, analogies, sections, kinds = evaluation.tables(report)
    assert similar.title == "Similarity: Spearman's rho"
    assert similar.header == ["set", "rho", "95% interval", "covered", "of all"]
    assert similar.rows == [
        ["men", "0.712", "[0.690, 0.735]", "2,998 of 3,000", "0.700"],
        ["tiny", "-", "-", "1 of 1", "-"],
    ]
    assert analogies.rows == [["google", "0.500", "[0.000, 1.000]", "2 of 4", "0.250"]]
    assert sections.title == "google: accuracy by section"
    assert sections.rows == [["capitals", "0.500", "2 of 3"], ["plurals", "-", "0 of 1"]]
    assert kinds.rows == [
        ["ap", "0.800", "0.125", "400 of 402", "0.750"],
        ["  level 2", "0.900", "0.300", "400 of 402", "0.850"],
    ]
    assert [table.title for table in evaluation.tables(Report({}, {}, {"ap": KINDS}))] == [
        "Categorization: purity"
    ]


def test_the_only_section_of_a_set_has_no_table_of_its_own():
    one = GOOGLE._replace(sections={"": {"accuracy": 0.5, "items": 4, "covered": 2}})
    [table] = evaluation.tables(Report({}, {"google": one}, {}))
    assert table.title == "Analogies: accuracy"


@pytest.mark.parametrize(
    ("zeros", "expected"),
    [
        (("lake",), "the vector of 'lake' is zero: no pair or question with it"),
        (("lake", "sea"), "the vectors of 2 words, such as 'lake', are zero: no pair or question"),
    ],
)
def test_notes_say_what_could_not_be_used(zeros, expected):
    report = Report({}, {}, {}, zeros, ("men: none of 3 pairs is known\x1b",))
    found = evaluation.notes(report)
    assert found[0] == "men: none of 3 pairs is known\\x1b"
    assert found[1].startswith(expected) and len(found) == 2
    assert evaluation.notes(Report({}, {}, {})) == []


def test_notes_say_which_columns_were_used_unless_there_are_three():
    names = ("ID", "Word 1", "Word 2", "Mean")
    columns = {
        "plain": Columns((0, 1), (2,)),
        "named": Columns((1, 2), (3,), names, 4),
        "ratings": Columns((0, 2), (3, 4), (), 5),
        "turned": Columns((1, 2), (0,)),
    }
    pairs = {
        name: similarity.Pairs([("a", "b")], np.ones(1), each) for name, each in columns.items()
    }
    pairs["tagged"] = similarity.Pairs([("sun-n", "shine-v")], np.ones(1))
    assert evaluation.set_notes(Sets(pairs, {}, {})) == [
        "named: words in columns 2 (Word 1) and 3 (Word 2), score in column 4 (Mean)",
        "ratings: words in columns 1 and 3, score: the mean of columns 4, 5",
        "turned: words in columns 2 and 3, score in column 1",
        "tagged: words that are unknown with their part of speech, such as 'sun-n', are looked up "
        "without it",
    ]


def test_a_comparison_says_by_how_much_and_whether_runs_differ():
    higher = Difference(0.5, 0.6, 0.1, (0.05, 0.15), 300)
    alike = Difference(0.6, 0.55, -0.05, (-0.1, 0.01), 300)
    unknown = Difference(None, None, None, None, 0)
    found = evaluation.comparison_table(
        Comparison({"men": higher}, {"google": alike}, {"ap": unknown})
    )
    assert found.title == "Second minus first, over the items known to both"
    assert found.header[-1] == "differs"
    assert found.rows == [
        ["men", "0.500", "0.600", "+0.100", "[+0.050, +0.150]", "yes"],
        ["google", "0.600", "0.550", "-0.050", "[-0.100, +0.010]", "no"],
        ["ap", "-", "-", "-", "-", "no"],
    ]

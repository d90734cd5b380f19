"""The README says what the certificate says.

To print its table of assumptions:

    from jaxtext.reports.certificate import assumptions
    from jaxtext.verification import certify
    print(assumptions(certify()).markdown().replace("---:", "---"))
"""

import re
from pathlib import Path

from jaxtext.reports.certificate import assumptions
from jaxtext.verification.certificate import corrected

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def section(title):
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title):
    """The cells of a section's table."""
    lines = [line for line in section(title).splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def ids(cell):
    """The checks that a cell names; one that begins with a dot belongs to the first one's part."""
    first, *others = re.findall(r"`([^`]+)`", cell)
    part = first.split(".")[0]
    return [first, *(part + name if name.startswith(".") else name for name in others)]


def decimals(text):
    return set(re.findall(r"\d+\.\d+", text))


def test_the_table_of_mistakes_has_the_corrected_checks_and_their_numbers(certificate):
    checks = {check.id: check for check in corrected(certificate)}
    listed = rows("Mistakes on the sheet")
    assert {name for row in listed for name in ids(row[0])} == set(checks)
    for row in listed:
        texts = [f"{checks[name].statement} {checks[name].correction}" for name in ids(row[0])]
        assert decimals(" ".join(row[1:])) <= decimals(" ".join(texts)), row
    numbers = {number for row in listed for number in decimals(" ".join(row[1:]))}
    assert {"0.99928", "2.7136", "1.7871"} <= numbers


def test_the_table_of_assumptions_is_the_certificates(certificate):
    table = assumptions(certificate).markdown().replace("---:", "---")
    assert table in section("What holds under assumptions")


def test_the_number_of_checks_is_the_certificates(certificate):
    (number,) = re.findall(r"computes (\d+) checks", section("Proved"))
    assert int(number) == len(certificate)


def test_the_example_is_what_verify_prints(certificate):
    shown = section("Proved").split("```")[1]
    (check,) = (check for check in certificate if check.id == "backprop.c.ii.w22")
    printed = " ".join(shown.split())
    for text in (check.statement, check.correction, check.computed_value):
        assert text in printed
    count = sum(check.id.startswith("backprop.c.ii") for check in certificate)
    assert f"{count} checks, 0 failed" in printed

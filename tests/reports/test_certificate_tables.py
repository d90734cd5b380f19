import numpy as np

from jaxtext.reports import certificate
from jaxtext.verification.findings import Check

CHECKS = [
    Check("networks.a", "n inputs", "holds", None, "3", 1e-13, (), ""),
    Check("networks.b", "edges", "holds under assumptions", None, 7, 0.0, ("no bias", "small"), ""),
    Check("backprop.c", "two is three", "corrected", 3, 2, 0.0, (), "two is two"),
    Check("backprop.d.x", "all is well", "fails", None, "Error: no", np.inf, (), ""),
]


def test_one_table_for_each_part_in_the_order_of_the_checks():
    networks, backprop = certificate.tables(CHECKS)
    assert networks.title == "Fully connected networks (networks)"
    assert networks.header == ["check", "status", "error", "statement"]
    assert networks.rows == [
        ["a", "holds", "1e-13", "n inputs"],
        ["b", "assuming", "0e+00", "edges. Assuming: no bias; small"],
    ]
    assert backprop.title == "Backpropagation (backprop)"
    assert backprop.rows == [
        ["c", "corrected", "0e+00", "two is three"],
        ["d.x", "FAILS", "inf", "all is well"],
    ]


def test_corrections_and_failures_say_what_is_right_and_what_was_computed():
    assert certificate.corrections(CHECKS) == [
        "\nCorrections", "\nbackprop.c: two is three", "  Right: two is two", "  Computed: 2",
    ]  # fmt: skip
    assert certificate.failures(CHECKS) == [
        "\nFailed", "\nbackprop.d.x: all is well", "  Computed: Error: no; error inf",
    ]  # fmt: skip
    assert certificate.corrections(CHECKS[:2]) == certificate.failures(CHECKS[:2]) == []


def test_the_printed_certificate_ends_with_the_numbers(capsys):
    certificate.print_certificate(CHECKS)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "4 checks, 1 failed, 1 correction of the sheet"
    order = [
        lines.index("Corrections"),
        lines.index("Fully connected networks (networks)"),
        lines.index("Backpropagation (backprop)"),
        lines.index("Failed"),
    ]
    assert order == sorted(order)


def test_a_gradient_has_one_row_with_the_worst_of_its_oracles(capsys):
    suites = [
        Check(
            f"gradients.{name}.{oracle}", f"dL: by hand = {oracle}", status, None, "", error, (), ""
        )
        for name, oracle, status, error in (
            ("a", "autodiff", "holds", 1e-16),
            ("a", "loop", "holds", 1e-12),
            ("b.c", "autodiff", "fails", 1e-3),
            ("b.c", "loop", "holds", 1.0),
        )
    ]
    first, second = certificate.by_gradient(suites)
    assert (first.id, first.statement) == ("gradients.a", "dL: by hand = 2 oracles")
    assert (first.status, first.max_abs_error) == ("holds", 1e-12)
    assert (second.id, second.status) == ("gradients.b.c", "fails")
    assert certificate.by_gradient(CHECKS) == CHECKS
    certificate.print_certificate(suites, everything=True)
    assert "by hand = loop" in " ".join(capsys.readouterr().out.split())


def test_every_part_of_the_certificate_has_a_title():
    from jaxtext.verification.claims import claims

    assert {claim.id.split(".")[0] for claim in claims()} == set(certificate.TITLES)


def test_the_page_has_every_check_with_its_values_in_the_order_of_the_sheet():
    hostile = Check("networks.c", "<script>w_1</script>", "holds", "<b>", np.eye(2), 0.0, (), "")
    page = certificate.page([*CHECKS, hostile])
    assert page.count("<h2") == 4 and "<script" not in page and "<b>" not in page
    assert page.count('id="networks"') == 1
    for text in ("5 checks, 1 failed, 1 correction", "FAILS", "no bias",
                 "two is two", "Error: no", "(1, 0), (0, 1)", "edges"):  # fmt: skip
        assert text in page
    order = [page.index(f'<h2 id="{id}"') for id in ("failed", "corrections", "networks")]
    assert order == sorted(order) and "Failed" not in certificate.page(CHECKS[:2])

"""The sheet's derivations line by line say what the certificate says."""

import re

import numpy as np
import pytest

from jaxtext.verification.sheet import derivations

SEEDED = {
    "logistic": (derivations.logistic_derivative, None, []),
    "output": (derivations.output_weight, 0, [0]),
    "hidden": (derivations.hidden_weight, 0, [0]),
    "gradient": (derivations.score_gradient, 0, [0, 1, 2, 3, 4]),
}


@pytest.mark.parametrize("seed", [0, 1, 5])
@pytest.mark.parametrize("name", SEEDED)
def test_the_same_lines_are_wrong_on_all_weights(name, seed):
    derive, first, off = SEEDED[name]
    found = derive(seed)
    assert found.first_wrong == first
    assert [place for place, line in enumerate(found.lines) if line.is_off] == off
    right = [line.value for line in found.lines if not line.is_off]
    assert np.ptp(right or [0.0]) < 1e-12


def test_equations_without_sigma_are_never_right():
    for seed in range(5):
        found = derivations.objectives(seed)
        assert found.first_wrong == 0
        assert all(line.is_off and line.right for line in found.lines)
        assert np.isfinite([line.exact for line in found.lines]).all()
        assert found.lines[1].exact == found.lines[2].exact


def test_the_optimum_solves_the_equations_with_the_number_of_pairs_only():
    found = derivations.score_optimum()
    assert found.first_wrong == 0 and all(line.is_off for line in found.lines)
    *_, last, best = found.lines
    assert last.exact == best.exact and last.value == pytest.approx(best.value, abs=1e-12)


def test_the_cross_entropy_has_the_numbers_of_the_certificate(certificate):
    found = derivations.cross_entropy()
    assert found.first_wrong == 1
    assert [line.is_off for line in found.lines] == [False, True, True, False, True, True, True]
    (check,) = (check for check in certificate if check.id == "skipgram-training.b.2.vectors")
    assert f"{found.lines[1].value:.6f} with W" in check.computed_value
    (check,) = (check for check in certificate if check.id == "skipgram-training.b.2.loss")
    assert f"{found.lines[0].value:.6f}" == check.computed_value
    assert found.lines[-1].value == check.sheet_value == 1.6
    assert found.lines[-1].right == "= 1.79"


@pytest.mark.parametrize(
    ("derive", "place", "checks"),
    [
        (derivations.output_weight, 0, ["backprop.c.i.2.sign", "backprop.c.i.loss"]),
        (derivations.output_weight, 1, ["backprop.c.i.2.factor"]),
        (derivations.hidden_weight, 0, ["backprop.c.i.4.sign", "backprop.c.i.4.bounds"]),
        (derivations.objectives, 0, ["factorization.a.eq1"]),
        (derivations.objectives, 1, ["factorization.a.eq2"]),
        (derivations.objectives, 2, ["factorization.a.eq3"]),
        (derivations.objectives, 3, ["factorization.b.eq4"]),
    ],
)
def test_a_line_is_corrected_where_the_certificate_corrects_it(certificate, derive, place, checks):
    corrected = {check.id for check in certificate if check.status == "corrected"}
    assert set(checks) <= corrected
    assert derive(5).lines[place].right


def test_lines_on_the_weights_of_the_certificate_have_its_numbers(certificate):
    by_id = {check.id: check for check in certificate}
    for derive, place in (
        (derivations.output_weight, "backprop.c.i.2.sign"),
        (derivations.hidden_weight, "backprop.c.i.4.bounds"),
    ):
        lines = derive(5).lines
        right, printed = re.findall(r"-?\d+\.\d+", by_id[place].computed_value)
        numbers = {f"{lines[0].value:z.6f}", f"{lines[0].exact:z.6f}", f"{-lines[0].value:z.6f}"}
        assert {right, printed} <= numbers, place

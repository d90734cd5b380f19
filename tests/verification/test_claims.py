"""The sheet's claims: what is corrected, what holds, and that the checks notice broken code."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext.verification import certify
from jaxtext.verification.claims import claims
from jaxtext.verification.findings import (
    Claim,
    Finding,
    examine,
    instead,
    largest,
    rounded,
)  # fmt: skip

CORRECTED = {
    "networks.c.2",
    "backprop.c.i.loss",
    "backprop.c.context.3",
    "backprop.c.i.2.factor",
    "backprop.c.i.2.sign",
    "backprop.c.i.4.bounds",
    "backprop.c.i.4.sign",
    "backprop.c.ii.w22",
    "skipgram-training.b.1.vectors",
    "skipgram-training.b.2.vectors",
    "skipgram-training.b.2.sum",
    "skipgram-training.b.2.loss",
    "skipgram-training.b.3.vocabulary",
    "skipgram-training.c.rows",
    "factorization.context.2",
    "factorization.a.eq1",
    "factorization.a.uniform",
    "factorization.a.normaliser",
    "factorization.a.eq2",
    "factorization.a.eq3",
    "factorization.b.eq4",
    "factorization.c.eq5",
    "factorization.c.3.pmi",
    "factorization.c.4.estimate",
}


def test_exactly_the_sheets_mistakes_are_corrected(certificate):
    assert {check.id for check in certificate if check.status == "corrected"} == CORRECTED
    assert [check.id for check in certificate if check.status == "fails"] == []


def test_ids_are_unique_and_every_part_of_the_sheet_has_some(certificate):
    ids = [check.id for check in certificate]
    assert len(set(ids)) == len(ids)
    parts = {name.split(".")[0] for name in ids}
    assert {"networks", "backprop", "skipgram-basics", "skipgram-training", "factorization"} < parts


def test_a_check_under_assumptions_names_them_and_a_correction_says_what_is_right(certificate):
    for check in certificate:
        assert (check.status == "holds under assumptions") <= bool(check.assumptions), check.id
        assert (check.status == "corrected") == bool(check.correction), check.id
        assert "\n" not in check.statement


NUMBERS = {
    "backprop.c.ii.w12": "0.964045",
    "backprop.c.ii.w22": "0.999282",
    "skipgram-training.b.2.sum": "2.713556",
    "skipgram-training.b.2.loss": "1.787056",
    "skipgram-basics.c.parameters": "60,855,000",
}


@pytest.mark.parametrize(("place", "number"), NUMBERS.items())
def test_computed_values_are_these(certificate, place, number):
    (check,) = (check for check in certificate if check.id == place)
    assert number in str(check.computed_value)


def claim_of(finding, correction=""):
    def check():
        if isinstance(finding, Exception):
            raise finding
        return finding

    return Claim("x", "statement", check, correction=correction)


@pytest.mark.parametrize(
    ("finding", "correction", "status"),
    [
        (Finding("", 0.0), "", "holds"),
        (Finding("", 1e-11), "", "fails"),
        (Finding("", float("nan")), "", "fails"),
        (ValueError("broken"), "", "fails"),
        (Finding("", 0.0, gap=0.5, resolution=0.01), "right", "corrected"),
        (Finding("", 0.0, gap=0.004, resolution=0.005), "right", "fails"),  # rounding only
        (Finding("", 0.0, gap=float("nan")), "right", "fails"),
        (Finding("", 1e-3, gap=0.5), "right", "fails"),  # the correction itself is wrong
        (Finding("", 0.0), "right", "fails"),  # a correction that shows no mistake
        (Finding("", 0.0, gap=0.5), "", "fails"),  # a mistake called right
    ],
)
def test_the_verdict_follows_from_the_computation(finding, correction, status):
    assert examine(claim_of(finding, correction)).status == status


def test_rounding_is_half_a_unit_of_the_last_place_and_no_more():
    assert examine(claim_of(rounded(0.7311, 0.73, 2))).status == "holds"
    assert examine(claim_of(rounded(0.7351, 0.73, 2))).status == "fails"


def test_an_undefined_printed_value_counts_as_far_off():
    with np.errstate(invalid="ignore"):
        assert instead("", 1.0, 1.0, np.log(-1.0)).gap == np.inf
    assert largest([1.0, 2.0], [1.0]) == np.inf


def mean_instead_of_sum(params, center, context, negatives, weight=1.0):
    w, c, n = params.center[center], params.context[context], params.context[jnp.asarray(negatives)]
    sampled = jax.nn.log_sigmoid(-(n @ w))
    return -jax.nn.log_sigmoid(w @ c) - weight * (sampled.mean() if len(n) else 0.0)


def without_diagonal_pairs(ids, window):
    found = [(ids[t], ids[t + 1]) for t in range(len(ids) - 1)]
    return np.array(found, np.int32).reshape(-1, 2)


BROKEN = {
    "negatives averaged": (
        "jaxtext.models.sgns.pair_loss", mean_instead_of_sum, "definitions.",
    ),
    "noise not in the expected loss": (
        "jaxtext.models.sgns.score_loss",
        lambda scores, counts, noise, negatives: -jnp.sum(counts * jax.nn.log_sigmoid(scores)),
        "optimum.",
    ),
    "softmax that leaves out its own word": (
        "jaxtext.models.skipgram.log_probabilities",
        lambda params, center: jnp.log(
            jax.nn.softmax(params.context @ params.center[center]) * 1.01
        ),
        "skipgram-training.",
    ),
    "pairs to the right only": ("jaxtext.text.pairs", without_diagonal_pairs, "skipgram-basics."),
    "PMI without the total": (
        "jaxtext.models.pmi.pmi",
        lambda counts: np.log(counts / np.outer(counts.sum(1), counts.sum(0))),
        "factorization.c",
    ),
    "uniform noise": (
        "jaxtext.verification.sheet.factorization.noise_distribution",
        lambda counts, exponent: np.full(len(counts), 1 / len(counts)),
        "factorization.a",
    ),
    "transposed weights": (
        "jaxtext.models.mlp.preactivation",
        lambda layer, inputs: (layer.weight @ inputs)[::-1],
        "backprop.c.i",
    ),
    "squared error with the printed sign": (
        "jaxtext.models.mlp.squared_error",
        lambda outputs, target: -0.5 * jnp.sum((target - outputs) ** 2),
        "backprop.c.context.2",
    ),
    "skipped negatives forgotten": (
        "jaxtext.verification.optima.negative_counts",
        lambda counts, noise, negatives, equal: negatives * counts.sum(1, keepdims=True) * noise,
        "optimum.skip",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_code_fails_the_certificate(monkeypatch, name):
    target, replacement, prefix = BROKEN[name]
    jax.clear_caches()  # the checks compile once what they use often
    monkeypatch.setattr(target, replacement)
    failed = [check.id for check in certify(prefix) if check.status == "fails"]
    jax.clear_caches()
    assert failed


def test_claims_are_built_anew_each_time():
    first, second = claims(), claims()
    assert [claim.id for claim in first] == [claim.id for claim in second]

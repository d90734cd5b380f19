"""The sheet's claims: what is corrected, what holds, and that the checks notice broken code."""

import inspect
import pkgutil
import sys
import textwrap
from typing import NamedTuple

import jax
import numpy as np
import pytest

from jaxtext import text
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


class Slip(NamedTuple):
    """A line of the package, replaced, and the checks that have to notice."""

    function: str
    old: str
    new: str
    noticed: tuple[str, ...]


MODELS, CHECKS = "jaxtext.models.", "jaxtext.verification."
OPTIMA, GRADIENTS = CHECKS + "optima.", CHECKS + "gradients."
SLIPS = {
    # Centers and contexts confused.
    "PMI: rows and columns": Slip(
        MODELS + "pmi.pmi", "rows, columns = matrix.sum(axis=1), matrix.sum(axis=0)",
        "rows, columns = matrix.sum(axis=0), matrix.sum(axis=1)",
        ("factorization.c.eq5", "factorization.c.3.pmi", "factorization.c.4.estimate"),
    ),
    "PMI: transposed": Slip(
        MODELS + "pmi.pmi", "np.where(matrix > 0, scores, -np.inf)",
        "np.where(matrix > 0, scores, -np.inf).T",
        ("factorization.c.eq5", "factorization.c.3.definition", "factorization.c.5.optimum"),
    ),
    "score_optimum: counts transposed": Slip(
        OPTIMA + "score_optimum", "np.log(counts) -", "np.log(counts.T) -",
        ("factorization.c.eq5", "factorization.c.2", "approximation.conditional"),
    ),
    "negative_counts: sums of columns": Slip(
        OPTIMA + "negative_counts", "counts.sum(1, keepdims=True)", "counts.sum(0)[:, None]",
        ("factorization.c.eq5", "factorization.c.2"),
    ),
    "negative_counts: noise of centers": Slip(
        OPTIMA + "negative_counts", "negatives * noise * others",
        "negatives * noise[:, None] * others.T",
        ("factorization.c.eq5", "skipgram-training.c.approximation"),
    ),
    "score_loss: sums of columns": Slip(
        MODELS + "sgns.score_loss", "seen.sum(1)", "seen.sum(0)",
        ("factorization.b.eq4", "factorization.c.hint", "factorization.c.1.collapse"),
    ),
    "score_loss: counts transposed": Slip(
        MODELS + "sgns.score_loss", "jnp.sum(seen *", "jnp.sum(seen.T *",
        ("factorization.b.eq4", "factorization.c.5.optimum"),
    ),
    # The formulas, one by one.
    "units that ignore their edges": Slip(
        MODELS + "mlp.preactivation", "layer.weight @ inputs", "(layer.weight @ inputs)[::-1]",
        ("networks.context.2", "networks.c.1", "networks.e"),
    ),
    "outputs that sum to one": Slip(
        MODELS + "mlp.resolve", "return ACTIVATIONS[activation]", "return ACTIVATIONS['softmax']",
        ("backprop.c.context.1", "backprop.b", "networks.d"),
    ),
    "outputs beyond one": Slip(
        MODELS + "mlp.resolve", "return ACTIVATIONS[activation]", "return ACTIVATIONS['identity']",
        ("backprop.c.context.1", "networks.d"),
    ),
    "examples summed": Slip(
        MODELS + "mlp.batch_loss", "jnp.mean(", "jnp.sum(",
        ("backprop.c.i.sizes", "backprop.c.context.4", "backprop.c.ii.labels", "worked.update"),
    ),
    "error not halved": Slip(
        MODELS + "mlp.squared_error", "0.5 * jnp", "jnp",
        ("backprop.c.i.sizes", "backprop.c.context.2", "backprop.c.context.4"),
    ),
    "squared error with the printed sign": Slip(
        MODELS + "mlp.squared_error", "return 0.5", "return -0.5",
        ("backprop.c.i.loss", "backprop.c.context.2"),
    ),
    "all weights of a layer alike": Slip(
        MODELS + "mlp.preactivation", "layer.weight @ inputs",
        "(0 * layer.weight + layer.weight.mean()) @ inputs",
        ("backprop.c.ii.index", "networks.context.2"),
    ),
    "likelihood minimised": Slip(
        MODELS + "skipgram.negative_log_likelihood", "return losses(", "return -losses(",
        ("skipgram-training.a.mle", "skipgram-training.a.nll"),
    ),
    "windows of one": Slip(
        MODELS + "skipgram.negative_log_likelihood", "pairs(ids, window)", "pairs(ids, 1)",
        ("skipgram-training.a.symbols", "skipgram-training.b.cross-entropy"),
    ),
    "no softmax": Slip(
        MODELS + "skipgram.log_probabilities", "log_softmax", "log_sigmoid",
        ("skipgram-training.a.mle", "skipgram-training.b.cross-entropy",
         "skipgram-training.b.1.vectors", "skipgram-training.b.3.vocabulary"),
    ),
    "logarithm to base two": Slip(
        MODELS + "skipgram.log_probabilities", "return jax", "return 1 / jnp.log(2.0) * jax",
        ("skipgram-training.b.2.log", "skipgram-training.b.2.loss"),
    ),
    "source and target confused": Slip(
        MODELS + "skipgram.logits", "params.context @ params.center[center]",
        "params.center @ params.context[center]",
        ("skipgram-training.c.order", "skipgram-training.b.2.vectors"),
    ),
    "negatives averaged": Slip(
        MODELS + "sgns.pair_loss", "weight * jnp.sum(", "weight / max(len(n), 1) * jnp.sum(",
        ("factorization.a.eq1", "definitions.batch", "optimum.summed"),
    ),
    "an objective that is flat away from its optimum": Slip(
        MODELS + "sgns.score_loss", "seen = jnp", "scores = jnp.clip(scores, -5, 5); seen = jnp",
        ("optimum.curvature",),
    ),
    "negatives with the sign of positives": Slip(
        MODELS + "sgns.pair_loss", "log_sigmoid(-(n @ w))", "log_sigmoid(n @ w)",
        ("factorization.c.1.sigma", "factorization.a.eq1", "factorization.a.negation"),
    ),
    "the loss negated": Slip(
        MODELS + "sgns.pair_loss", "return -jax", "return 2 * jax",
        ("factorization.a.negation", "skipgram-basics.context.1.task"),
    ),
    "negatives from the table of centers": Slip(
        MODELS + "sgns.pair_loss", "params.context[jnp", "params.center[jnp",
        ("factorization.a.symbols", "factorization.a.eq1"),
    ),
    "noise left out": Slip(
        MODELS + "sgns.score_loss", "+ drawn * jax", "+ 0 * drawn * jax",
        ("factorization.b.eq4", "optimum.gradient"),
    ),
    "k left out of the optimum": Slip(
        OPTIMA + "negative_counts", "negatives * noise", "noise",
        ("factorization.c.2", "factorization.c.eq5"),
    ),
    "k left out of the trainer's optimum": Slip(
        MODELS + "objective.expected",
        "objective.noise, objective.negatives)", "objective.noise, 1)",
        ("factorization.c.2",),
    ),
    "k left out of the gradient": Slip(
        GRADIENTS + "score_gradient", "negatives * jnp", "jnp",
        ("factorization.c.2", "factorization.c.1.gradient"),
    ),
    "skipped negatives kept": Slip(
        OPTIMA + "negative_counts", "others = pairs - counts", "others = pairs + 0 * counts",
        ("optimum.skip.optimum",),
    ),
    "PMI without the total": Slip(
        MODELS + "pmi.pmi", "- _log_shares(columns, exponent)",
        "- np.log(columns)",
        ("factorization.c.eq5", "factorization.c.3.pmi", "factorization.c.4.estimate"),
    ),
    "windows that end too early": Slip(
        "jaxtext.text.pairs", "t + window + 1", "t + window",
        ("skipgram-basics.b.1.all", "skipgram-basics.b.2", "skipgram-basics.context.1.window"),
    ),
    "uniform noise": Slip(
        "jaxtext.training.sampling.noise_distribution", "** exponent", "** 0",
        ("factorization.a.uniform", "factorization.a.counts"),
    ),
}  # fmt: skip


def break_on_purpose(monkeypatch, slip):
    """Replace a line of a function for all who call it, also as the default of an argument."""
    function = inspect.unwrap(pkgutil.resolve_name(slip.function))
    source = textwrap.dedent(inspect.getsource(function))
    body = source[source.index("def ") :]
    signature, code = body.split('"""', 1)
    assert slip.old in code, f"{slip.old!r} is not in {slip.function}"
    names = dict(vars(sys.modules[function.__module__]))
    exec(signature + '"""' + code.replace(slip.old, slip.new), names)
    monkeypatch.setattr(function, "__code__", names[function.__name__].__code__)


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_noticed_by_the_checks_of_its_formula(monkeypatch, name):
    slip = SLIPS[name]
    jax.clear_caches()  # the checks compile once what they use often
    break_on_purpose(monkeypatch, slip)
    statuses = {check.id: check.status for place in slip.noticed for check in certify(place)}
    jax.clear_caches()
    assert {place: statuses[place] for place in slip.noticed} == dict.fromkeys(
        slip.noticed, "fails"
    )


def test_words_in_lower_case_are_noticed(monkeypatch):
    build = text.Vocab.build

    def in_lower_case(sentences, min_count):
        return build([[word.lower() for word in sentence] for sentence in sentences], min_count)

    monkeypatch.setattr(text.Vocab, "build", in_lower_case)
    (check,) = certify("skipgram-basics.b.2.case")
    assert check.status == "fails"


def test_claims_are_built_anew_each_time():
    first, second = claims(), claims()
    assert [claim.id for claim in first] == [claim.id for claim in second]

"""The mathematics beyond the sheet: each of its checks notices code that is broken."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext.models import factorization, objective, pmi, sgns
from jaxtext.reports.certificate import TITLES
from jaxtext.training import counting, stream
from jaxtext.training.sampling import noise_distribution
from jaxtext.verification import optima
from jaxtext.verification.beyond import geometry, least_loss, low_rank, nce, small, variants
from jaxtext.verification.findings import examine

SECTIONS = (nce, variants, least_loss, geometry, low_rank)


def score_loss(scores, counts, noise, negatives, *, swap=False, weight=None, per_word=True):
    """`sgns.score_loss`, with ways to go wrong."""
    seen = jnp.asarray(counts)
    rows = seen.sum(0 if swap else 1) if per_word else jnp.full(len(seen), seen.sum() / len(seen))
    drawn = (negatives if weight is None else weight) * jnp.outer(rows, jnp.asarray(noise))
    return -jnp.sum(seen * jax.nn.log_sigmoid(scores) + drawn * jax.nn.log_sigmoid(-scores))


def counts_of(kind):
    """`optima.negative_counts` where every treatment is `kind`."""
    right = optima.negative_counts
    return lambda counts, noise, negatives, equal: right(counts, noise, negatives, kind)


def transposed_counts(counts, noise, negatives, equal, right=optima.negative_counts):
    return right(counts.T, noise, negatives, equal)


def forgets_renormalising(counts, noise, negatives, equal, right=optima.negative_counts):
    return right(counts, noise, negatives, "skip" if equal == "redraw" else equal)


def objective_of(key, vocab, ids, method, right=counting.objective, noise_of="pairs"):
    """`counting.objective` with the noise of the other methods, or without its power."""
    made = right(key, vocab, ids, method)
    counts = made.counts.sum(axis=0) if noise_of == "pairs" else vocab.counts
    return made._replace(noise=noise_distribution(counts, method.noise_exponent))


def block_loss(params, block, negatives, right=stream.block_loss, skip=False, scale=1.0):
    """`stream.block_loss` that leaves equal negatives out, or weighs all by another factor."""
    value, pairs = right(params, block, negatives)
    positive = right(params, block, 0)[0]
    value = positive + scale * (value - positive)
    if skip:  # a stand-in: the less, the more negatives are words of the block
        value = value - 0.1 * jnp.where(jnp.isin(block.negatives, block.ids), 1.0, 0.0).sum()
    return value, pairs


def power_to_both(svd, power=0.5, context_power=None, right=factorization.vectors):
    """`factorization.vectors` that gives both tables the same power."""
    return right(svd, power, power)


def unordered_svd(matrix, dim, right=factorization.truncated_svd):
    """`factorization.truncated_svd` with the smallest singular values."""
    whole = right(matrix, min(np.shape(matrix)))
    return factorization.SVD(*(part[..., -dim:] for part in whole))


def averaged(params):
    """`factorization.product_svd` of the mean of both tables, as if they were one."""
    mean = (np.asarray(params.center) + np.asarray(params.context)) / 2
    return factorization.truncated_svd(mean @ mean.T, mean.shape[1])


def one_table_loss(params, counts, noise, negatives):
    """`sgns.expected_loss` with the centers in both places."""
    return sgns.score_loss(params.center @ params.center.T, counts, noise, negatives)


def penalised(params, counts, noise, negatives, right=sgns.expected_loss):
    """`sgns.expected_loss` with a penalty on long centers, which not every gauge leaves alone."""
    return right(params, counts, noise, negatives) + jnp.sum(params.center**2)


SCORE_LOSS = "jaxtext.models.sgns.score_loss"
NEGATIVES = "jaxtext.verification.optima.negative_counts"
# What is broken, how, and which checks notice it. Each check is in one of these lists.
MUTATIONS = {
    "noise by contexts of the transpose": (
        SCORE_LOSS, partial(score_loss, swap=True), "nce.posterior nce.normalised",
    ),
    "k ignored": (
        SCORE_LOSS, partial(score_loss, weight=1),
        "nce.posterior nce.equal least-loss.zero least-loss.constant",
    ),
    "one k too many": (
        SCORE_LOSS, lambda s, n, p, k: score_loss(s, n, p, k + 1),
        "nce.equal nce.normalised least-loss.zero least-loss.bound",
    ),
    "words are equally frequent": (
        SCORE_LOSS, partial(score_loss, per_word=False), "nce.posterior variants.trainers.stream",
    ),
    "counts transposed": (
        NEGATIVES, transposed_counts,
        "variants.keep.optimum variants.keep.draws variants.skip.draws nce.skip",
    ),
    "always kept": (
        NEGATIVES, counts_of("keep"), "nce.skip variants.skip.optimum variants.redraw.draws",
    ),
    "always left out": (
        NEGATIVES, counts_of("skip"), "variants.keep.draws nce.normalised least-loss.formula",
    ),
    "drawn again without renormalising": (
        NEGATIVES, forgets_renormalising,
        "variants.redraw.optimum variants.redraw.draws nce.redraw",
    ),
    "optimum without the noise": (
        "jaxtext.verification.optima.score_optimum",
        lambda counts, noise, negatives, equal="keep": pmi.shifted_pmi(counts, negatives),
        "nce.equal variants.keep.optimum",
    ),
    "noise of the contexts": (
        "jaxtext.training.counting.objective", objective_of, "variants.trainers.words",
    ),
    "noise of the words": (
        "jaxtext.training.counting.objective", partial(objective_of, noise_of="words"),
        "variants.trainers.pairs",
    ),
    "power of PMI ignored": (
        "jaxtext.models.pmi.shifted_pmi",
        lambda counts, negatives, exponent=1.0, right=pmi.shifted_pmi: right(counts, negatives),
        "variants.trainers.pairs",
    ),
    "the stream leaves out": (
        "jaxtext.training.stream.block_loss", partial(block_loss, skip=True),
        "variants.trainers.stream",
    ),
    "the stream without k/K": (
        "jaxtext.training.stream.block_loss", partial(block_loss, scale=0.5),
        "variants.trainers.stream least-loss.zero",
    ),
    "optimum of the other sign": (
        "jaxtext.models.objective.optimum", lambda whole, right=objective.optimum: -right(whole),
        "variants.trainers.words least-loss.formula",
    ),
    "least loss of twice the negatives": (
        "jaxtext.models.objective.expected",
        lambda counts, whole, right=objective.expected: 2 * right(counts, whole),
        "least-loss.formula least-loss.constant",
    ),
    "contexts not zero at the start": (
        "jaxtext.models.sgns.init",
        lambda key, size, dim, right=sgns.init: right(key, size, dim)._replace(
            context=jnp.ones((size, dim))
        ),
        "least-loss.zero",
    ),
    "the gap's losses of positives only": (
        "jaxtext.evaluation.gap_sums._cell_losses",
        lambda s, n, e, share, cell: np.stack([
            np.log(n / e), *(n * np.logaddexp(0, -x) for x in (s, s, np.log(n / e)))
        ]),
        "least-loss.excess",
    ),
    "cells mixed": (
        SCORE_LOSS, lambda s, n, p, k: score_loss(s, n, p, k) + s.sum() ** 2,
        "geometry.convex.scores geometry.chord",
    ),
    "squared loss": (
        SCORE_LOSS, lambda s, n, p, k: jnp.sum(jnp.asarray(n) * (s - 1.0) ** 2),
        "geometry.convex.scores geometry.saddle geometry.chord low-rank.logistic low-rank.weights",
    ),
    "k ignored, for tables": (
        SCORE_LOSS, partial(score_loss, weight=1),
        "geometry.convex.scores geometry.saddle geometry.chord geometry.gauge.loss "
        "low-rank.stationary low-rank.logistic low-rank.weights geometry.one-table.loss",
    ),
    "noise of the transpose, for tables": (
        SCORE_LOSS, partial(score_loss, swap=True),
        "geometry.saddle geometry.gauge.loss low-rank.stationary low-rank.weights",
    ),
    "one table": (
        "jaxtext.models.sgns.expected_loss", one_table_loss,
        "geometry.saddle geometry.chord geometry.gauge.gradient geometry.gauge.conserved "
        "low-rank.logistic low-rank.stationary",
    ),
    "penalty on long centers": (
        "jaxtext.models.sgns.expected_loss", penalised,
        "geometry.gauge.loss geometry.gauge.gradient geometry.gauge.conserved low-rank.stationary",
    ),
    "PMI without the total": (
        "jaxtext.models.pmi.pmi",
        lambda counts, exponent=1.0: np.log(counts / np.outer(counts.sum(1), counts.sum(0))),
        "geometry.one-table.semidefinite geometry.one-table.margins geometry.gauge.cosines "
        "low-rank.svd",
    ),
    "PMI of the transpose": (
        "jaxtext.models.pmi.pmi",
        lambda counts, exponent=1.0, right=pmi.pmi: right(counts.T, exponent),
        "geometry.one-table.margins geometry.gauge.cosines low-rank.svd",
    ),
    "ln k not subtracted": (
        "jaxtext.models.pmi.shifted_pmi",
        lambda counts, negatives, exponent=1.0, right=pmi.pmi: right(counts, exponent),
        "geometry.one-table.semidefinite geometry.one-table.margins geometry.gauge.cosines "
        "low-rank.svd",
    ),
    "power in both tables": (
        "jaxtext.models.factorization.vectors", power_to_both, "geometry.gauge.cosines",
    ),
    "smallest singular values": (
        "jaxtext.models.factorization.truncated_svd", unordered_svd,
        "geometry.gauge.cosines low-rank.svd",
    ),
    "tables averaged": (
        "jaxtext.models.factorization.product_svd", averaged, "geometry.gauge.loss",
    ),
    "optimum without ln k": (
        "jaxtext.verification.optima.score_optimum",
        lambda counts, noise, negatives, equal="keep": (
            np.log(counts / counts.sum(1)[:, None] / noise)
        ),
        "geometry.chord low-rank.weights",
    ),
}  # fmt: skip
CLAIMS = {claim.id: claim for module in SECTIONS for claim in module.SECTION.claims}


@pytest.mark.parametrize("name", MUTATIONS)
@pytest.mark.usefixtures("unchecked")
def test_broken_code_is_noticed_by_the_checks_that_speak_of_it(monkeypatch, name):
    target, replacement, ids = MUTATIONS[name]
    jax.clear_caches()  # the checks compile once what they use often
    monkeypatch.setattr(target, replacement)
    checks = [examine(CLAIMS[place]) for place in ids.split()]
    jax.clear_caches()
    assert [check.id for check in checks if check.status != "fails"] == []
    assert [check.id for check in checks if "Error: " in str(check.computed_value)] == []


def test_every_check_notices_some_mutation():
    assert set(CLAIMS) == {place for *_, ids in MUTATIONS.values() for place in ids.split()}


def test_all_hold():
    jax.clear_caches()
    checks = list(map(examine, CLAIMS.values()))
    assert [check.id for check in checks if not check.status.startswith("holds")] == []


def test_each_part_has_a_title_of_its_own():
    assert {module.SECTION.name for module in SECTIONS} <= set(TITLES)


def test_the_counts_are_unlike_their_transpose_and_every_pair_occurs():
    assert (small.COUNTS > 0).all()
    off_diagonal = ~np.eye(small.V, dtype=bool)
    assert (small.COUNTS != small.COUNTS.T)[off_diagonal].all()
    assert len(set(small.COUNTS.sum(0)) | set(small.COUNTS.sum(1))) == 2 * small.V

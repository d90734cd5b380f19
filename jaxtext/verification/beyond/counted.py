"""What is computed from counts: the counts themselves, PMI, its factors, and the gap.


Counts are asymmetric where a function takes any, so that a center taken for a context is noticed.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy import sparse

from jaxtext import text
from jaxtext.base.types import EmbeddingParams
from jaxtext.evaluation import gap
from jaxtext.models import factorization, mlp, objective, pmi
from jaxtext.text import phrases
from jaxtext.text.encoded import Corpus, Encoded
from jaxtext.text.vocab import Vocab
from jaxtext.training import counts, methods, starts, svd
from jaxtext.training.settings import Exact
from jaxtext.verification import references
from jaxtext.verification.beyond.drawing import sentences, weighted_pairs
from jaxtext.verification.beyond.trainers import COUNTS, NOISE, K, V, tables
from jaxtext.verification.findings import Finding, Section, equal, largest
from jaxtext.verification.oracles import compiled

SECTION = Section("trainers")
claim = SECTION.claim
OBJECTIVE = objective.Objective(sparse.csr_array(COUNTS), NOISE, K)


# Counts -----------------------------------------------------------------------------------------


def _small_text() -> Encoded:
    ids = np.random.default_rng(40).choice(6, 70, p=[0.4, 0.2, 0.2, 0.1, 0.05, 0.05])
    return sentences([1, 20, 3, 30, 2, 14], ids.astype(np.int32))


def _at_distance(words: Encoded, vocab: int, distance: int) -> Float[np.ndarray, "V V"]:
    """Count pairs exactly so far apart in a sentence."""
    found = np.zeros((vocab, vocab))
    for start, stop in zip([0, *words.ends], words.ends, strict=False):
        for t in range(start, stop - distance):
            found[words.ids[t], words.ids[t + distance]] += 1
            found[words.ids[t + distance], words.ids[t]] += 1
    return found


@claim(
    "cooccurrence.plain",
    "A pair counts once for each time that its words are at most a window apart in a sentence",
)
def plain_counts() -> Finding:
    words, pairs = _small_text(), []
    # A vocabulary that is much larger than the text is counted by sorting, not in a table.
    for vocab in (6, 4000):
        for window in (1, 4, 40):
            found = text.cooccurrence(words, vocab, window).toarray()
            nearer = range(1, window + 1)
            expected = sum(_at_distance(words, 6, d) for d in nearer)
            pairs += [(found[:6, :6], expected), (found.sum(), np.sum(expected))]
    some = text.cooccurrence(words, 6, 4, centers=np.array([1, 5])).toarray()
    expected = np.zeros((6, 6))
    expected[[1, 5]] = text.cooccurrence(words, 6, 4).toarray()[[1, 5]]
    return equal("six sentences, windows of 1, 4, 40; some centers alone", *pairs, (some, expected))


@claim(
    "cooccurrence.dynamic",
    "In a dynamic window a pair at distance d counts (L - d + 1)/L: the chance that a window drawn "
    "from 1 to L reaches it",
)
def dynamic_counts() -> Finding:
    words, pairs = _small_text(), []
    for vocab in (6, 4000):
        for window in (1, 2, 5):
            sizes = range(1, window + 1)  # of a window, all as likely
            found = text.cooccurrence(words, vocab, window, dynamic=True).toarray()[:6, :6]
            expected = sum(
                _at_distance(words, 6, d) * np.mean([d <= size for size in sizes]) for d in sizes
            )
            pairs.append((found, expected))
    return equal("windows of 1, 2, 5, in a table and by sorting", *pairs)


@claim("cooccurrence.keep", "Clean subsampling weighs a pair by the chances that both words stay")
def kept_counts() -> Finding:
    words, keep = _small_text(), np.array([0.1, 0.3, 0.5, 0.7, 0.9, 1.0])
    plain = text.cooccurrence(words, 6, 3, keep=keep).toarray()
    dynamic = text.cooccurrence(words, 6, 3, dynamic=True, keep=keep).toarray()
    both = keep[:, None] * keep[None]
    near = sum(_at_distance(words, 6, d) for d in (1, 2, 3))
    return equal(
        "plain and dynamic", (plain, both * near), (dynamic, both * weighted_pairs(words, 6, 3))
    )


# PMI --------------------------------------------------------------------------------------------


def _pmi(table: np.ndarray, exponent: float = 1.0) -> Float[np.ndarray, "V U"]:
    """Return PMI cell by cell, from probabilities."""
    total, found = table.sum(), np.full(table.shape, -np.inf)
    of_contexts = [float(column) ** exponent for column in table.sum(0)]
    for w, c in np.argwhere(table):
        together = table[w, c] / total
        apart = table[w].sum() / total * of_contexts[c] / sum(of_contexts)
        found[w, c] = math.log(together / apart)
    return found


def _dense(matrix: Any) -> Float[np.ndarray, "V U"]:
    """Return a sparse matrix whose missing entries are -inf."""
    full = np.full(matrix.shape, -np.inf)
    rows = np.repeat(np.arange(len(full)), np.diff(matrix.indptr))
    full[rows, matrix.indices] = matrix.data
    return full


def _seen(scores: np.ndarray, table: np.ndarray) -> np.ndarray:
    return np.where(table > 0, np.where(np.isneginf(scores), 1e9, scores), np.isneginf(scores))


@claim("pmi.sparse", "PMI of sparse counts is that of dense ones, for every context exponent")
def sparse_pmi() -> Finding:
    table, pairs = COUNTS[:, :4], []
    stored = sparse.csr_array(table)
    for exponent in (0.0, 0.5, 0.75, 1.0):
        expected = _seen(_pmi(table, exponent), table)
        for found in (pmi.pmi(table, exponent), _dense(pmi.pmi(stored, exponent))):
            pairs.append((_seen(np.asarray(found), table), expected))
        for k in (1, 4):
            shifted = _seen(_pmi(table, exponent) - math.log(k), table)
            for found in (
                pmi.shifted_pmi(table, k, exponent),
                _dense(pmi.shifted_pmi(stored, k, exponent)),
            ):
                pairs.append((_seen(np.asarray(found), table), shifted))
    return equal("5 words, 4 contexts, exponents 0 to 1, k = 1 and 4", *pairs)


@claim("pmi.positive", "Positive PMI has zero for negative values and for pairs that never occur")
def positive_pmi() -> Finding:
    expected = np.array([[max(x, 0.0) for x in row] for row in _pmi(COUNTS)])
    stored = pmi.positive(pmi.pmi(sparse.csr_array(COUNTS)))
    return equal(
        f"{stored.nnz} positive entries of {V * V}",
        (pmi.positive(pmi.pmi(COUNTS)), expected),
        (stored.toarray(), expected),
        (stored.nnz, (expected > 0).sum()),
    )


@claim(
    "pmi.phrases",
    "The score of a phrase is the PMI of the counts of adjacent words over its largest value, in "
    "[-1, 1]; that of word2vec, without a discount, is the PMI before the logarithm is taken",
)
def phrase_scores() -> Finding:
    followers = COUNTS.astype(np.int64)
    a, b = np.nonzero(followers)
    n, left, right = followers[a, b], followers.sum(1)[a], followers.sum(0)[b]
    total = int(followers.sum())
    scores, found = _pmi(COUNTS)[a, b], phrases.npmi(n, left, right, total)
    return equal(
        f"{len(a)} pairs of {V} words, counted in their order",
        (found, scores / -np.log(n / total)),
        (np.log(phrases.ratio(n, left, right, total, 0)), scores),
        (np.maximum(np.abs(found), 1), np.ones(len(a))),
    )


# Factors ----------------------------------------------------------------------------------------


@claim("factorization.svd", "The truncated SVD has the best D factors, dense, sparse, of a product")
def truncated() -> Finding:
    rng = np.random.default_rng(41)
    matrix = rng.normal(size=(12, 9)) * (rng.random((12, 9)) < 0.7)
    values, vectors = np.linalg.eigh(matrix.T @ matrix)
    values, vectors = np.sqrt(values[::-1][:4]), vectors[:, ::-1][:, :4]
    best = matrix @ vectors @ vectors.T  # the projection on the first four
    stored = sparse.csr_array(matrix)
    pairs = []
    product = EmbeddingParams(*(jnp.asarray(each) for each in (matrix, np.eye(9))))
    for found in (
        factorization.truncated_svd(matrix, 4),
        factorization.truncated_svd(stored, 4),
        factorization.truncated_svd(stored, 4, steps=30),
        factorization.SVD(*(each[..., :4] for each in factorization.product_svd(product))),
    ):
        largest_of = found.left[np.abs(found.left).argmax(0), range(4)]
        pairs += [
            (found.values, values),
            (found.left * found.values @ found.right.T, best),
            (found.left.T @ found.left, np.eye(4)),
            (found.right.T @ found.right, np.eye(4)),
            (np.minimum(largest_of, 0), np.zeros(4)),  # signs
        ]
    return equal("12 words, 9 contexts, D = 4", *pairs, tolerance=1e-7)


@claim(
    "factorization.power",
    "Centers get the singular values to the power p and contexts to 1 - p: scores stay",
)
def powers() -> Finding:
    rng = np.random.default_rng(42)
    left, right = (np.linalg.qr(rng.normal(size=(size, 3)))[0] for size in (6, 5))
    values = np.array([4.0, 2.0, 0.5])
    factors, pairs = factorization.SVD(left, values, right), []
    for p in (0.0, 0.25, 0.5, 1.0):
        params = factorization.vectors(factors, p)
        pairs += [
            (params.center, left @ np.diag([s**p for s in values])),
            (params.context, right @ np.diag([s ** (1 - p) for s in values])),
        ]
    even, both = factorization.vectors(factors), factorization.vectors(factors, 0.25, 0.5)
    return equal(
        "p = 0, 0.25, 0.5, 1; p = 0.5 if not given; a power for contexts alone",
        *pairs,
        (even.center, left * np.sqrt(values)),
        (even.context, right * np.sqrt(values)),
        (both.center, left * values**0.25),
        (both.context, right * np.sqrt(values)),
    )


@claim(
    "svd.fit",
    "The method svd returns orthonormal centers whose scores best approximate positive PMI - ln k",
)
def svd_method() -> Finding:
    shifted = _pmi(COUNTS, 0.5) - math.log(2)
    matrix = np.where(shifted > 0, shifted, 0.0)
    params = svd.fit(OBJECTIVE._replace(negatives=2), 2, 0.5)
    center, context = (np.asarray(table, np.float64) for table in params)
    left = np.linalg.eigh(matrix @ matrix.T)[1][:, -2:]
    return equal(
        "D = 2 of 5, k = 2, context exponent 0.5, float32",
        (center.T @ center, np.eye(2)),
        (center @ context.T, left @ left.T @ matrix),
        tolerance=1e-5,
    )


@claim(
    "init.singular",
    "The counts trainer begins at the positive PMI of rank D - 1, minus ln k in one dimension",
)
def singular_start() -> Finding:
    matrix = np.maximum(_pmi(COUNTS), 0.0)
    left = np.linalg.eigh(matrix @ matrix.T)[1][:, -2:]
    lone = COUNTS.copy()
    lone[2] = 0  # a word without a pair
    scores, of_lone = (
        np.asarray(center) @ np.asarray(context).T
        for center, context in (
            starts.singular_vectors(sparse.csr_array(each), K, 3) for each in (COUNTS, lone)
        )
    )
    return equal(
        "D = 3, k = 3, float32",
        (scores, left @ left.T @ matrix - math.log(K)),
        (of_lone[2], np.zeros(V)),
        tolerance=1e-5,
    )


@claim(
    "counts.vectors",
    "The method exact shares the singular values of its scores: 1/4 to centers, 3/4 to contexts; "
    "the trainer itself shares them evenly",
)
def shared_singular_values() -> Finding:
    params = tables(43)
    # A training that is already at its end, so that nothing but the choice of vectors is left.
    done = counts.State(params, 2, 2)
    corpus = Corpus(Vocab(tuple("abcde"), np.ones(V, int)), sentences([V]), V, "")
    reports: list = []
    found = methods.fit(
        jax.random.key(44), corpus, Exact(3, epochs=2), start=done, objective=OBJECTIVE,
        on_report=reports.append,
    )  # fmt: skip
    center, context = (np.asarray(table, np.float64) for table in found)
    even = tuple(map(np.asarray, counts.fit(*OBJECTIVE, 3, 2, done)))
    scores = np.asarray(params.center) @ np.asarray(params.context).T
    values = np.linalg.svd(scores)[1][:3]
    arrays = tuple(map(np.asarray, params))
    loss = references.corpus_loss(arrays, COUNTS, NOISE.tolist(), K) / COUNTS.sum()
    return equal(
        "scores unchanged, float32",
        (center @ context.T, scores),
        (even[0] @ even[1].T, scores),
        (center.T @ center, np.diag(np.sqrt(values))),
        (context.T @ context, np.diag(values**1.5)),
        (even[0].T @ even[0], np.diag(values)),
        (even[1].T @ even[1], np.diag(values)),
        ([reports[-1].done, reports[-1].loss], [1.0, loss]),
        tolerance=1e-5,
    )


# The gap ----------------------------------------------------------------------------------------


def _cell_loss(n: Any, e: float, s: Any) -> float:
    return -n * references.log_sigmoid(s) - e * references.log_sigmoid(-s)


@claim("gap.optimum", "The gap's optimum of an observed pair is ln(n/e), e = k #(w) P(c)")
def gap_optimum() -> Finding:
    found = _dense(gap.optimum(OBJECTIVE))
    expected, total = np.full((V, V), -np.inf), 0.0
    for w, c in np.argwhere(COUNTS):
        n, e = COUNTS[w, c], K * COUNTS[w].sum() * NOISE[c]
        expected[w, c] = math.log(n / e)
        total += _cell_loss(n, e, expected[w, c])
    of_contexts = COUNTS.sum(0) / COUNTS.sum()
    plain = _dense(gap.optimum(OBJECTIVE._replace(noise=of_contexts)))
    return equal(
        "asymmetric counts, k = 3; with unigram noise PMI - ln k",
        (_seen(found, COUNTS), _seen(expected, COUNTS)),
        (_seen(plain, COUNTS), _seen(_pmi(COUNTS) - math.log(K), COUNTS)),
        (objective.optimum_loss(OBJECTIVE), total),
    )


@claim("gap.sums", "The gap adds up the loss of all cells, of observed ones, and at the optimum")
def gap_sums() -> Finding:
    params = tables(45)
    scores = np.asarray(params.center) @ np.asarray(params.context).T
    e = K * np.outer(COUNTS.sum(1), NOISE)
    seen = COUNTS > 0
    best = np.where(seen, np.log(np.where(seen, COUNTS, 1.0) / e), 0.0)
    at, least = (np.vectorize(_cell_loss)(COUNTS, e, s) for s in (scores, best))
    least = np.where(seen, least, 0.0)
    found = gap.measure(params, OBJECTIVE)
    sampled = gap.measure(params, OBJECTIVE, gap.Sample(np.array([1, 4]), np.array([1.5, 4.0])))
    x, y, n = best[seen], scores[seen], COUNTS[seen]
    weighted = np.cov(x, y, aweights=n)
    worst = (at.sum(1) - least.sum(1)) / COUNTS.sum(1)
    w = np.array([0, 1.5, 0, 0, 4.0])[:, None]
    far = found.farthest[0]
    (band,) = found.bands
    return equal(
        f"{found.all.objective:.2f} and {found.observed.objective:.2f}, "
        f"least {found.all.optimum:.2f}",
        ([found.pairs, found.centers, sampled.pairs], [COUNTS.sum(), V, (w * COUNTS).sum()]),
        (found.all[:2], [at.sum(), least.sum()]),
        (found.observed[:2], [at[seen].sum(), least.sum()]),
        (found.all.percent, 100 * (at.sum() - least.sum()) / least.sum()),
        (sampled.all[:2], [(w * at).sum(), (w * least).sum()]),
        (sampled.observed.objective, (w * at * seen).sum()),
        ([*band.all[:2], band.pairs], [at.sum(), least.sum(), COUNTS.sum()]),
        (found.correlation, np.corrcoef(x, y)[0, 1]),
        (found.weighted_correlation, weighted[0, 1] / math.sqrt(weighted[0, 0] * weighted[1, 1])),
        ([far.id, far.excess, far.pairs], [worst.argmax(), worst.max(), COUNTS[far.id].sum()]),
        (found.density.sum(), seen.sum()),
        (found.density.T @ np.arange(280), np.bincount(
            np.digitize(y, gap.EDGES) - 1, np.digitize(x, gap.EDGES) - 1.0, 280)),
        tolerance=1e-11,
    )  # fmt: skip


@claim(
    "gap.sample",
    "A sample of centers stands for all: each is drawn with a chance in proportion to the root of "
    "its size, at most one, and counts one over it",
)
def gap_sample() -> Finding:
    sizes = np.array([400.0, 100, 64, 36, 16, 9, 4, 1, 1, 1])
    roots = np.sqrt(sizes)
    draws = [gap.draw_centers(sizes, 4, np.random.default_rng(seed)) for seed in range(1000)]
    chance = np.where(roots == 20, 1.0, 3 * roots / roots[1:].sum())
    error = max(largest(each.weights, 1 / chance[each.centers]) for each in draws)
    shares = np.bincount(np.concatenate([d.centers for d in draws]), minlength=10) / len(draws)
    bound = 5 * np.sqrt(chance * (1 - chance) / len(draws))
    numbers = {len(each.centers) for each in draws}
    whole = gap.draw_centers(sizes, 10, np.random.default_rng(0))
    error += largest(np.maximum(np.abs(shares - chance) - bound, 0)) + (numbers != {4})
    error += largest(whole.centers, np.arange(10)) + largest(whole.weights, np.ones(10))
    return Finding(f"4 of 10 centers, {len(draws):,} times", error)


# Networks with biases ---------------------------------------------------------------------------


@claim("network.bias", "A unit adds its bias to its sum, alone, in a layer, and in a batch")
def biases() -> Finding:
    rng = np.random.default_rng(46)
    weight, bias, inputs = rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=(2, 4))
    sums = [
        [references.dot(row, x) + b for row, b in zip(weight, bias, strict=True)] for x in inputs
    ]
    expected = np.tanh(sums)
    layer = mlp.Layer(jnp.asarray(weight), jnp.asarray(bias))

    @compiled
    def values(layer: mlp.Layer, inputs: jax.Array) -> tuple[jax.Array, ...]:
        assert layer.bias is not None
        one = [mlp.unit(layer.weight[i], inputs[0], "tanh", layer.bias[i]) for i in range(3)]
        plain = mlp.unit(layer.weight[0], inputs[0], "identity")
        alone = jnp.tanh(mlp.preactivation(layer, inputs[0]))
        targets = jnp.zeros((2, 3))
        loss = mlp.batch_loss([layer], inputs, targets, "tanh")
        batch = mlp.layer_outputs(layer, inputs, "tanh")
        return jnp.stack(one), plain, alone, batch, mlp.forward([layer], inputs[0], "tanh"), loss

    one, plain, alone, batch, forward, loss = values(layer, jnp.asarray(inputs))
    return equal(
        "3 units of 4 inputs, tanh",
        (one, expected[0]),
        (plain, references.dot(weight[0], inputs[0])),
        (alone, expected[0]),
        (batch, expected),
        (forward, expected[0]),
        (loss, sum(y**2 for row in expected for y in row) / 4),
    )

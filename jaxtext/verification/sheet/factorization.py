"""Word embeddings as matrix factorization: the objective of negative sampling and its optimum.

The corpus is a small one in which every pair occurs. |D| is the number of its pairs, |V| that of
its words; the sheet writes |V| where |D| belongs, which most of the corrections below are about.
"""

import jax
import jax.numpy as jnp
import numpy as np

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import factorization, pmi, sgns
from jaxtext.training.sampling import noise_distribution
from jaxtext.verification import gradients, optima, references
from jaxtext.verification.beyond import optimum
from jaxtext.verification.findings import Finding, Section, equal, instead, largest
from jaxtext.verification.oracles import compiled
from jaxtext.verification.sheet import examples
from jaxtext.verification.sheet.examples import CENTER, CONTEXT, FRODO, RING, logistic

SECTION = Section("factorization")
claim = SECTION.claim
_expected = compiled(lambda *args: sgns.expected_pair_loss(*args), static_argnums=4)
V = 5
TOTAL = "|V| is read as |D|: the algebra holds for any constant in its place"
OF_PAIRS = "#(w) and #(c) count pairs, as row and column sums of #(w, c)"
AS_CORRECTED = "equation 4 with sigma and |D| (b.eq4), noise not smoothed"
FREE = "scores are free: as many dimensions as the matrix has rank, or more"
COUNTS, NOISE = examples.small_counts()
PAIRS = COUNTS.sum()
ROWS, COLUMNS = COUNTS.sum(1, keepdims=True), COUNTS.sum(0, keepdims=True)


def _tables(seed: int = 8) -> tuple[EmbeddingParams, tuple[np.ndarray, np.ndarray]]:
    params = examples.random_tables(seed)
    return params, (np.asarray(params.center), np.asarray(params.context))


def _log(x: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.log(x))


def _missing_sigmoid(scores: np.ndarray) -> float:
    """How far log(-s), as printed, lies from log sigma(-s); NaN, where s > 0, as infinite."""
    return largest(_log(-scores), _log(logistic(-scores)))


@claim("context.1", "W and W' are factors of M = W W'^T, whose entries are the scores")
def factors() -> Finding:
    params, tables = _tables()
    score = compiled(sgns.score)
    ours = [[score(params, w, c) for c in range(V)] for w in range(V)]
    loop = [[references.dot(w, c) for c in tables[1]] for w in tables[0]]
    return equal("scores of all pairs", (ours, tables[0] @ tables[1].T), (ours, loop))


@claim(
    "context.2",
    "Entry m_ij of M is w_i^T w_j",
    sheet="w_i^T w_j",
    correction="w_i^T w'_j, the second a row of W'. With both rows of W, as printed, (Frodo, ring) "
    "would have 0.5413 instead of 0.9265.",
)
def entry() -> Finding:
    matrix = CENTER @ CONTEXT.T
    right = sgns.score(examples.frodo_params(), FRODO, RING)
    return instead(
        f"m = {right:.4f} for (Frodo, ring)",
        right,
        matrix[FRODO, RING],
        CENTER[FRODO] @ CENTER[RING],
    )


@claim("context.3", "p(True | w, c) = sigma(w_w^T w_c)", assumptions=("w_c is a row of W'",))
def binary_task() -> Finding:
    params, tables = _tables()
    loss = compiled(sgns.pair_loss)
    none = np.zeros(0, np.int32)
    p = [np.exp(-float(loss(params, 0, c, none))) for c in range(V)]
    return equal("exp(-loss) without negatives", (p, logistic(tables[0][0] @ tables[1].T)))


@claim(
    "a.eq1",
    "Objective of one example: log sigma(w.c) + sum over i = 1..k of log(-w.n_i)",
    sheet="log(-w.n_i)",
    correction="log sigma(-w.n_i). As printed it is the logarithm of a negative number whenever "
    "the score of a negative is positive.",
)
def one_example() -> Finding:
    params, tables = _tables()
    drawn = [2, 3, 3]
    right = -float(compiled(sgns.pair_loss)(params, 0, 1, np.array(drawn)))
    loop = -references.sampled_pair_loss(tables, 0, 1, drawn)
    scores = tables[0][0] @ tables[1].T
    negative = -np.abs(scores)  # where the printed logarithm exists, it is another number
    gap = largest(_log(-negative[drawn]).sum(), _log(logistic(-negative[drawn])).sum())
    finding = instead(f"{right:.6f} for k = 3", right, loop, _log(-scores[drawn]).sum())
    return finding._replace(gap=min(finding.gap or 0.0, gap))


@claim(
    "a.uniform",
    "Negatives are drawn from the uniform distribution over V",
    sheet="uniform",
    correction="the unigram distribution: its probabilities are in proportion to #(c), as the "
    "sheet's own formula says. The uniform one would be 1/|V| for every word.",
)
def unigram() -> Finding:
    counts = COLUMNS[0].astype(np.int64)
    right = noise_distribution(counts, 1.0)
    shown = ", ".join(f"{p:.3f}" for p in right)
    return instead(f"P = {shown}; uniform 0.2", right, NOISE, np.full(V, 1 / V), resolution=0.01)


@claim(
    "a.normaliser",
    "The probability that c is a negative is #(c)/|V|",
    sheet="#(c)/|V|",
    correction="#(c)/|D| with |D| the sum of all #(c). Divided by |V| instead they add up to "
    "|D|/|V|, not to one.",
)
def noise_normaliser() -> Finding:
    right = noise_distribution(COLUMNS[0].astype(np.int64), 1.0)
    printed = COLUMNS[0] / V
    return instead(
        f"sum of #(c)/|D|: 1; of #(c)/|V|: {printed.sum():g}", right.sum(), 1.0, printed.sum()
    )


def _by_enumeration(k: int) -> tuple[float, float]:
    """The expected objective of pair (0, 1), and the mean over all possible draws."""
    params, tables = _tables()
    mean = references.mean_over_draws(
        lambda drawn: references.sampled_pair_loss(tables, 0, 1, drawn), NOISE.tolist(), k
    )
    return -float(_expected(params, 0, 1, NOISE, k)), -mean


@claim(
    "a.counts",
    "#(c) is the number of times that c appears in the corpus",
    assumptions=(
        "either tokens or pairs make a distribution of negatives; for the optimum to be PMI, #(c) "
        "counts the pairs in which c is the context (optimum.tokens)",
    ),
)
def word_counts() -> Finding:
    tokens = np.bincount(examples.small_corpus(), minlength=V)
    by_tokens = noise_distribution(tokens, 1.0)
    contexts = [c for _, c in references.pairs(examples.small_corpus(), examples.WINDOW)]
    by_pairs = noise_distribution(np.bincount(contexts, minlength=V), 1.0)
    return equal(
        f"they differ by up to {largest(by_tokens, by_pairs):.4f}",
        (by_tokens, tokens / 150),
        (by_pairs, NOISE),
    )


@claim(
    "a.eq2",
    "With the draws as an expectation: log sigma(w.c) + k E_i[log(-w.c_i)]",
    sheet="log(-w.c_i)",
    correction="k E_i[log sigma(-w.c_i)], which is the mean of the sampled objective over all "
    "possible draws.",
)
def expectation() -> Finding:
    expected, mean = _by_enumeration(2)
    _, tables = _tables()
    scores = tables[0][0] @ tables[1].T
    printed = _log(logistic(scores[1])) + 2 * NOISE @ _log(-scores)
    return instead(f"{expected:.6f} = mean over all 25 draws of 2", expected, mean, printed)


@claim(
    "a.eq3",
    "With the sum over V: log sigma(w.c) + k sum_i #(i)/|V| log(-w.c_i)",
    sheet="#(i)/|V| log(-w.c_i)",
    correction="#(i)/|D| log sigma(-w.c_i): the sigma is missing, and |V| is not what makes "
    "probabilities of counts.",
)
def explicit_sum() -> Finding:
    expected, mean = _by_enumeration(3)
    _, tables = _tables()
    s = tables[0][0] @ tables[1].T
    by_words = COLUMNS[0] / V  # even with the sigma
    printed = _log(logistic(s[1])) + 3 * by_words @ _log(logistic(-s))
    finding = instead(f"{expected:.6f} = mean over all 125 draws of 3", expected, mean, printed)
    return finding._replace(gap=min(finding.gap or 0.0, _missing_sigmoid(s)))


@claim("a.weights", "Each negative is weighted by its probability of being drawn")
def weights() -> Finding:
    params, _ = _tables()
    k = 3

    def negative_part(context: jax.Array) -> jax.Array:
        loss = sgns.expected_pair_loss(EmbeddingParams(params.center, context), 0, 1, NOISE, k)
        return loss + jax.nn.log_sigmoid(params.center[0] @ context[1])

    slopes = compiled(jax.grad(negative_part))(params.context)
    s = np.asarray(params.context @ params.center[0])
    expected = k * NOISE[:, None] * logistic(s)[:, None] * np.asarray(params.center[0])
    return equal("gradient of word i: k P(i) sigma(s_i) w", (slopes, expected))


@claim(
    "b.eq4",
    "Whole corpus: sum over w, c of #(w, c) (log sigma(w.c) + k sum_i #(i)/|V| log(-w.c_i))",
    sheet="#(i)/|V| log(-w.c_i)",
    correction="#(i)/|D| log sigma(-w.c_i), as in equation 3. So corrected it is the sum over all "
    "pairs of the corpus.",
)
def whole_corpus() -> Finding:
    params, tables = _tables()
    right = -compiled(lambda p: sgns.expected_loss(p, COUNTS, NOISE, 2))(params)
    loop = -references.corpus_loss(tables, COUNTS, NOISE.tolist(), 2)
    s = tables[0] @ tables[1].T
    by_words = COLUMNS / V
    printed = (COUNTS * _log(logistic(s)) + 2 * ROWS * by_words * _log(logistic(-s))).sum()
    finding = instead(f"{right:.4f}", right / PAIRS, loop / PAIRS, printed / PAIRS)
    return finding._replace(gap=min(finding.gap or 0.0, _missing_sigmoid(s)))


@compiled
@jax.grad
def _objective_slope(scores: jax.Array, drawn: jax.Array) -> jax.Array:
    negative = drawn * jax.nn.log_sigmoid(-scores)
    return jnp.sum(jnp.asarray(COUNTS) * jax.nn.log_sigmoid(scores) + negative)


def _slope(scores: np.ndarray, k: int, total: float | int) -> np.ndarray:
    """Derivative of the sheet's L in the scores, with sigma and `total` in the place of |V|."""
    return np.asarray(_objective_slope(jnp.asarray(scores), k * ROWS * COLUMNS / total))


def _optimum(k: int, total: float | int) -> np.ndarray:
    return np.log(COUNTS * total / (ROWS * COLUMNS)) - np.log(k)


@claim(
    "c.eq5",
    "The optimal score is ln(#(w, c) |V| / (#(w) #(c))) - ln k",
    sheet="|V|",
    assumptions=(OF_PAIRS, FREE, "every pair occurs, else the optimum is -infinity"),
    correction="ln(#(w, c) |D| / (#(w) #(c))) - ln k with |D| the number of pairs. With the size "
    "of the vocabulary every score would be too small by ln(|D|/|V|).",
)
def optimal_score() -> Finding:
    k = 5
    right = pmi.shifted_pmi(COUNTS, k)
    slope = compiled(jax.grad(lambda s: sgns.score_loss(s, COUNTS, NOISE, k)))
    at_right = slope(jnp.asarray(right)) / PAIRS
    finding = instead(
        f"too small by ln({PAIRS:g}/{V}) = {np.log(PAIRS / V):.4f}",
        right, optima.score_optimum(COUNTS, NOISE, k), _optimum(k, V),
    )  # fmt: skip
    return finding._replace(error=max(finding.error, largest(at_right)))


@claim("c.hint", "Only two terms of L matter for the derivative in one score")
def two_terms() -> Finding:
    s, k = jnp.asarray(np.random.default_rng(9).normal(size=(V, V))), 2
    n, e = COUNTS[1, 3], k * ROWS[1, 0] * NOISE[3]
    two = compiled(jax.grad(lambda x: -n * jax.nn.log_sigmoid(x) - e * jax.nn.log_sigmoid(-x)))
    whole = compiled(jax.grad(lambda s: sgns.score_loss(s, COUNTS, NOISE, k)))(s)[1, 3]
    return equal("#(w, c) and k #(w) P(c)", (two(s[1, 3]), whole))


@claim(
    "c.1.marginals",
    "sum over w', c' of #(w', c') = sum over w' of #(w')",
    assumptions=(OF_PAIRS, "used for each w' by itself: sum over c' of #(w', c') = #(w')"),
)
def marginals() -> Finding:
    ids = examples.small_corpus()
    counts = references.cooccurrence(ids.tolist(), examples.WINDOW, V)
    tokens = np.bincount(ids)
    centers = [
        sum(w == v for w, _ in references.pairs(ids.tolist(), examples.WINDOW)) for v in range(V)
    ]
    return equal(
        f"{PAIRS:g} pairs (the corpus has {tokens.sum()} tokens)",
        (COUNTS, counts),
        (counts.sum(1), centers),
        (ROWS.sum(), PAIRS),
    )


@claim("c.1.sigma", "sigma(-x) = 1 - sigma(x)", sheet="1 - sigma(x)")
def complement() -> Finding:
    x = np.linspace(-5, 5, 21)
    return equal("on a grid", (jax.nn.sigmoid(-jnp.asarray(x)), 1 - logistic(x)))


@claim(
    "c.1.gradient",
    "dL/d(w.c) = #(w, c) sigma(-w.c) - k #(w) #(c)/|V| sigma(w.c)",
    assumptions=(OF_PAIRS, TOTAL, FREE, "equation 4 with the sigma that is missing there"),
)
def score_gradient() -> Finding:
    s, k = np.random.default_rng(10).normal(size=(V, V)), 3
    p, q = logistic(s), logistic(-s)
    by_hand = compiled(lambda s: -gradients.score_gradient(s, COUNTS, NOISE, k))(jnp.asarray(s))
    pairs = [(np.asarray(by_hand) / PAIRS, _slope(s, k, PAIRS) / PAIRS)]
    for total in (V, PAIRS):
        exact = _slope(s, k, total)
        e = k * ROWS * COLUMNS / total
        lines = [
            COUNTS * (p * q) / p + e / q * -(p * q),
            COUNTS * (p * (1 - p)) / p - e * (p * (1 - p)) / q,
            COUNTS * q - e * p,
        ]
        pairs += [(line / e.max(), exact / e.max()) for line in lines]
    return equal("3 lines = autodiff, with |V| as with |D|", *pairs)


@claim(
    "c.2",
    "Setting the derivative to zero and solving: e^x = #(w, c) |V| / (k #(w) #(c))",
    assumptions=(OF_PAIRS, TOTAL, FREE, "every pair occurs"),
)
def solution() -> Finding:
    x = np.linspace(-4, 4, 17)
    e = np.exp(-x)
    ratio = logistic(x) / (1 - logistic(x))
    pairs = [(ratio * e, np.ones_like(x)), ((1 + e) / (e * (1 + e)) * e, np.ones_like(x))]
    for total in (V, PAIRS):
        pairs.append((_slope(_optimum(4, total), 4, total) / PAIRS, np.zeros((V, V))))
    return equal("sigma/(1 - sigma) = e^x; derivative zero there", *pairs)


@claim(
    "c.3.pmi",
    "For k = 1 the optimum ln(#(w, c) |V| / (#(w) #(c))) is known as PMI",
    sheet="|V|",
    assumptions=(OF_PAIRS,),
    correction="PMI has |D|, the number of pairs, where the sheet has |V|.",
)
def known_as_pmi() -> Finding:
    joint = COUNTS / PAIRS
    definition = np.log(joint / (joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)))
    return instead(
        f"with |V| off by {np.log(PAIRS / V):.4f}", pmi.pmi(COUNTS), definition, _optimum(1, V)
    )


@claim("c.3.definition", "PMI(w, c) = log p(w, c) / (p(w) p(c))")
def definition() -> Finding:
    joint = COUNTS / PAIRS
    values = pmi.pmi(COUNTS)
    loop = [
        [np.log(joint[w, c]) - np.log(joint[w].sum()) - np.log(joint[:, c].sum()) for c in range(V)]
        for w in range(V)
    ]
    return equal("from relative frequencies", (values, loop), ((joint * values).sum() > 0, 1))


@claim("c.4.meaning", "PMI compares the joint probability with that of independence")
def independence() -> Finding:
    independent = ROWS * COLUMNS  # counts in proportion to the product of the marginals
    doubled = independent.copy()
    doubled[0, 0] *= 2
    if not pmi.pmi(doubled)[0, 0] > 0.1:
        return Finding("more frequent than independent, but PMI not positive", np.inf)
    return equal(
        "0 if independent, positive if more frequent", (pmi.pmi(independent), np.zeros((V, V)))
    )


@claim(
    "c.4.estimate",
    "PMI(w, c) = log #(w, c) / (#(w) #(c)), proportional to log #(w, c) |V| / (#(w) #(c))",
    sheet="= log #(w, c)/(#(w) #(c))",
    assumptions=(OF_PAIRS,),
    correction="PMI = log #(w, c) |D| / (#(w) #(c)). Without |D| it is smaller by log |D|, and the "
    "two sides of the proportionality differ by a summand, log |V|, not by a factor.",
)
def estimate() -> Finding:
    printed = np.log(COUNTS / (ROWS * COLUMNS))
    right = pmi.pmi(COUNTS)
    ratios = (printed + np.log(V)) / printed
    finding = instead(
        f"ln|D| = {np.log(PAIRS):.4f} is missing; ratios {ratios.min():.2f} to {ratios.max():.2f}",
        right - np.log(PAIRS), printed, right,
    )  # fmt: skip
    return finding._replace(gap=min(finding.gap or 0.0, float(np.ptp(ratios))))


@claim(
    "c.5.optimum",
    "The optimum of skip-gram in the sense of equation 4 is the PMI matrix",
    assumptions=("k = 1", AS_CORRECTED, OF_PAIRS, FREE, "every pair occurs"),
)
def optimum_is_pmi() -> Finding:
    return equal(
        "trained from random vectors", (examples.trained_scores(1), pmi.pmi(COUNTS)), tolerance=1e-8
    )


@claim(
    "c.5.shift",
    "With k > 1 it is a PMI matrix shifted by log k",
    assumptions=("downwards: PMI - log k", AS_CORRECTED, OF_PAIRS, FREE, "every pair occurs"),
)
def shift() -> Finding:
    shifted = pmi.pmi(COUNTS) - np.log(5)
    return equal(
        "trained from random vectors, k = 5",
        (examples.trained_scores(5), shifted),
        (pmi.shifted_pmi(COUNTS, 5), shifted),
        tolerance=1e-8,
    )


@claim(
    "c.5.counts",
    "Skip-gram is related to sparse representations by counts",
    assumptions=("sparse is the positive part of PMI: an unseen pair has -infinity, not 0",),
)
def sparse() -> Finding:
    counts = np.where(np.sort(COUNTS, axis=None)[12] < COUNTS, COUNTS, 0)
    values = pmi.pmi(counts)
    clipped = pmi.positive(values)
    unseen = counts == 0
    return Finding(
        f"{int(unseen.sum())} unseen pairs: PMI -inf, positive PMI 0",
        largest(clipped[unseen]) + largest(np.isneginf(values), unseen),
    )


@claim(
    "c.5.lsa",
    "This is similar to latent semantic analysis, which factorizes by singular values",
    assumptions=(
        "both factorize PMI; with as many dimensions as the rank both reproduce it, with fewer LSA "
        "minimises squared errors and skip-gram its own, weighted by counts",
    ),
)
def latent_semantic_analysis() -> Finding:
    matrix = pmi.pmi(COUNTS)
    whole, part = (
        factorization.vectors(factorization.truncated_svd(matrix, dim)) for dim in (V, 2)
    )
    slope = compiled(lambda p: gradients.expected_gradient(p, COUNTS, NOISE, 1))(whole)
    scores = np.asarray(part.center @ part.context.T)
    drawn = ROWS * NOISE
    most = (COUNTS + drawn).max()
    trained = optimum.train(COUNTS / most, drawn / most, dim=2)
    apart = largest(scores, trained)
    nearer = np.linalg.norm(scores - matrix) < np.linalg.norm(trained - matrix)
    if not (apart > 1e-3 and nearer):
        return Finding("two dimensions give the same by both", np.inf)
    return equal(
        f"equal in {V} dimensions; in 2 they differ by {apart:.3f}, and LSA is nearer in squares",
        (whole.center @ whole.context.T, matrix),
        *((np.asarray(table) / PAIRS, np.zeros((V, V))) for table in slope),
    )

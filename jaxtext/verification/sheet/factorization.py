"""Word embeddings as matrix factorization: the objective of negative sampling and its optimum.

The corpus is a small one in which every pair occurs, and whose counts are not symmetric. |D| is the
number of its pairs and |V| that of its words; most of the corrections below are about the sheet's
|V| in the place of |D|.
"""

import jax
import jax.numpy as jnp
import numpy as np

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import factorization, mlp, objective, pmi, sgns
from jaxtext.training.sampling import noise_distribution
from jaxtext.verification import gradients, optima, references
from jaxtext.verification.beyond import optimum
from jaxtext.verification.findings import Finding, Section, equal, instead, largest, unmet
from jaxtext.verification.oracles import compiled
from jaxtext.verification.sheet import examples
from jaxtext.verification.sheet.examples import CENTER, CONTEXT, FRODO, RING, logistic

SECTION = Section("factorization")
claim = SECTION.claim
_logistic = compiled(lambda x: mlp.resolve("logistic")(x))
_expected = compiled(lambda *args: sgns.expected_pair_loss(*args), static_argnums=4)
V = 5
TOTAL = "|V| is read as |D|, although the algebra holds for any constant in its place"
OF_PAIRS = "#(w) and #(c) count pairs: they are the row and column sums of #(w, c)"
AS_CORRECTED = "equation `(4)` has sigma and |D| (`factorization.b.eq4`), and noise is not smoothed"
FREE = "scores are free: there are at least as many dimensions as the matrix has rank"
OCCURS = "every pair occurs"
COUNTS, NOISE = examples.small_counts()
PAIRS = COUNTS.sum()
_loss_slope = compiled(
    jax.grad(lambda s, k: sgns.score_loss(s, COUNTS, NOISE, k)), static_argnums=1
)
ROWS, COLUMNS = COUNTS.sum(1, keepdims=True), COUNTS.sum(0, keepdims=True)


def _tables(seed: int = 8) -> tuple[EmbeddingParams, tuple[np.ndarray, np.ndarray]]:
    params = examples.random_tables(seed)
    return params, (np.asarray(params.center), np.asarray(params.context))


def _log(x: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.log(x))


def _missing_sigmoid(scores: np.ndarray) -> float:
    """Return how far log(-s), as printed, is from log sigma(-s); infinite where s > 0."""
    return largest(_log(-scores), _log(logistic(-scores)))


@claim("context.1", "W and W' are factors of a matrix `M = W W'^T`, whose entries are the scores")
def factors() -> Finding:
    params, tables = _tables()
    score = compiled(sgns.score)
    ours = [[score(params, w, c) for c in range(V)] for w in range(V)]
    loop = [[references.dot(w, c) for c in tables[1]] for w in tables[0]]
    return equal("scores of all pairs", (ours, tables[0] @ tables[1].T), (ours, loop))


@claim(
    "context.2",
    "The entry m_ij of M is w_i^T w_j",
    sheet="w_i^T w_j",
    correction="w_i^T w'_j, where w'_j is a row of W'. With two rows of W, as printed, the entry "
    "of (Frodo, ring) would be {printed:.4f} instead of {entry:.4f}.",
)
def entry() -> Finding:
    matrix = CENTER @ CONTEXT.T
    right = sgns.score(examples.frodo_params(), FRODO, RING)
    printed = CENTER[FRODO] @ CENTER[RING]
    return instead(
        f"m = {right:.4f} for (Frodo, ring)",
        right, matrix[FRODO, RING], printed, entry=right, printed=printed,
    )  # fmt: skip


@claim("context.3", "p(True | w, c) = sigma(w_w^T w_c)", assumptions=("w_c is a row of W'",))
def binary_task() -> Finding:
    params, tables = _tables()
    loss = compiled(sgns.pair_loss)
    none = np.zeros(0, np.int32)
    p = [np.exp(-float(loss(params, 0, c, none))) for c in range(V)]
    return equal("exp(-loss) without negatives", (p, logistic(tables[0][0] @ tables[1].T)))


@claim(
    "a.negation",
    "The negation of the loss is omitted",
    assumptions=("L is maximised, although it is called a loss and an objective",),
)
def omitted_negation() -> Finding:
    params, tables = _tables()
    slope = compiled(jax.grad(lambda p: -sgns.pair_loss(p, 0, 1, jnp.array([2, 3]))))(params)
    up = EmbeddingParams(*(w + 0.1 * g for w, g in zip(params, slope, strict=True)))
    losses = [
        references.sampled_pair_loss(tuple(map(np.asarray, each)), 0, 1, [2, 3])
        for each in (params, up)
    ]
    by_loop = references.sampled_pair_gradient(tables, 0, 1, [2, 3])
    if not losses[1] < losses[0] - 1e-3:
        return unmet("a step upwards on L does not lower the loss")
    return equal(
        f"a step upwards on L lowers the loss from {losses[0]:.4f} to {losses[1]:.4f}",
        *((a, -b) for a, b in zip(slope, by_loop, strict=True)),
    )


@claim(
    "a.symbols",
    "Negative examples are `w_i`, and a word's representations are w_w and w_c",
    assumptions=(
        "the index tells the table: w_i and w_c are rows of W', elsewhere written w', while "
        "`w_i` in `factorization.context.2` is a row of W",
    ),
)
def negatives_are_contexts() -> Finding:
    params, tables = _tables()
    slope = compiled(jax.grad(sgns.pair_loss))(params, 0, 1, jnp.array([2, 3]))
    by_loop = references.sampled_pair_gradient(tables, 0, 1, [2, 3])
    rows = [np.flatnonzero(np.any(np.asarray(table), axis=1)).tolist() for table in slope]
    return equal(
        "an example has one row of W, that of its center; those of its context and negatives are "
        "of W'",
        (rows[0], [0]),
        (rows[1], [1, 2, 3]),
        *((a, b) for a, b in zip(slope, by_loop, strict=True)),
    )


def printed_objectives(scores: np.ndarray, k: int, drawn: list[int]) -> list[float]:
    """Return equations (1) to (4) as printed, the first three of center 0 and context 1.

    They contain log(-s), which does not exist where a score is positive.
    """
    s, positive = scores[0], _log(logistic(scores))
    each = [_log(-s[drawn]).sum(), k * NOISE @ _log(-s), k * (COLUMNS[0] / V) @ _log(-s)]
    negatives = k * (_log(-scores) * (COLUMNS / V)).sum(1, keepdims=True)
    whole = (COUNTS * (positive + negatives)).sum()
    return [*(float(positive[0, 1] + part) for part in each), float(whole)]


def right_objectives(params: EmbeddingParams, k: int, drawn: list[int]) -> list[float]:
    """Return equations (1) to (4) with their corrections, by the package's losses."""
    expected = -float(_expected(params, 0, 1, NOISE, k))
    whole = compiled(lambda p: sgns.expected_loss(p, COUNTS, NOISE, k))
    first = -float(compiled(sgns.pair_loss)(params, 0, 1, np.array(drawn)))
    return [first, expected, expected, -float(whole(params))]


@claim(
    "a.eq1",
    "The objective of one example is `log sigma(w.c) + sum over i = 1..k of log(-w.n_i)`",
    sheet="log(-w.n_i)",
    correction="log sigma(-w.n_i). What is printed is the logarithm of a negative number whenever "
    "the score of a negative example is positive.",
)
def one_example() -> Finding:
    params, tables = _tables()
    drawn = [2, 3, 3]
    right, *_ = right_objectives(params, len(drawn), drawn)
    loop = -references.sampled_pair_loss(tables, 0, 1, drawn)
    scores = tables[0][0] @ tables[1].T
    negative = -np.abs(scores)  # where the printed logarithm exists, it is another number
    gap = largest(_log(-negative[drawn]).sum(), _log(logistic(-negative[drawn])).sum())
    shown = f"{right:.6f} for {len(drawn)} negatives"
    printed = printed_objectives(tables[0] @ tables[1].T, len(drawn), drawn)[0]
    finding = instead(shown, right, loop, printed)
    return finding._replace(gap=min(finding.gap or 0.0, gap))


@claim(
    "a.uniform",
    "Negatives are drawn from the uniform distribution over V",
    sheet="uniform",
    correction="the unigram distribution, whose probabilities are proportional to #(c), as in the "
    "sheet's own formula. The uniform distribution has `1/|V|` for every word: {uniform} in the "
    "small corpus, where the unigram distribution has {unigram:.3f}.",
)
def unigram() -> Finding:
    counts = COLUMNS[0].astype(np.int64)
    right = noise_distribution(counts, 1.0)
    shown = ", ".join(f"{p:.3f}" for p in right)
    return instead(
        f"P = {shown}; uniform {1 / V}",
        right, NOISE, np.full(V, 1 / V), resolution=0.01, uniform=1 / V, unigram=right,
    )  # fmt: skip


@claim(
    "a.normaliser",
    "The probability that c is a negative is #(c)/|V|",
    sheet="#(c)/|V|",
    correction="#(c)/|D|, where |D| is the sum of all #(c). Divided by |V|, the counts add up to "
    "|D|/|V| = {pairs:g}/{words} = {printed:g}, not to one.",
)
def noise_normaliser() -> Finding:
    right = noise_distribution(COLUMNS[0].astype(np.int64), 1.0)
    printed = COLUMNS[0] / V
    return instead(
        f"sum of #(c)/|D|: {right.sum():g}; of #(c)/|V|: {printed.sum():g}",
        right.sum(), 1.0, printed.sum(), pairs=PAIRS, words=V, printed=printed.sum(),
    )  # fmt: skip


def _by_enumeration(k: int) -> tuple[float, float]:
    """Return the expected objective of pair (0, 1), and the mean over all possible draws."""
    params, tables = _tables()
    mean = references.mean_over_draws(
        lambda drawn: references.sampled_pair_loss(tables, 0, 1, drawn), NOISE.tolist(), k
    )
    return -float(_expected(params, 0, 1, NOISE, k)), -mean


@claim(
    "a.counts",
    "#(c) is the number of times that c appears in the corpus",
    assumptions=(
        "either tokens or pairs can be counted for a distribution of negatives; for the optimum to "
        "be PMI, #(c) counts the pairs whose context is c (`optimum.tokens`)",
    ),
)
def word_counts() -> Finding:
    tokens = np.bincount(examples.small_corpus(), minlength=V)
    by_tokens = noise_distribution(tokens, 1.0)
    contexts = [c for _, c in references.pairs(examples.small_corpus(), examples.small_windows())]
    by_pairs = noise_distribution(np.bincount(contexts, minlength=V), 1.0)
    return equal(
        f"they differ by up to {largest(by_tokens, by_pairs):.4f}",
        (by_tokens, tokens / tokens.sum()),
        (by_pairs, NOISE),
    )


@claim(
    "a.eq2",
    "With an expectation over draws, the objective is log sigma(w.c) + k E_i[log(-w.c_i)]",
    sheet="log(-w.c_i)",
    correction="log sigma(w.c) + k E_i[log sigma(-w.c_i)], which is the mean of the sampled "
    "objective over all possible draws.",
)
def expectation() -> Finding:
    k = 2
    expected, mean = _by_enumeration(k)
    _, tables = _tables()
    printed = printed_objectives(tables[0] @ tables[1].T, k, [2, 3])[1]
    shown = f"{expected:.6f}, the mean over all {V**k} draws of {k} negatives"
    return instead(shown, expected, mean, printed)


@claim(
    "a.eq3",
    "With a sum over V, the objective is log sigma(w.c) + k sum_i #(i)/|V| log(-w.c_i)",
    sheet="#(i)/|V| log(-w.c_i)",
    correction="#(i)/|D| log sigma(-w.c_i): the sigma is missing, and counts divided by |V| are "
    "not probabilities.",
)
def explicit_sum() -> Finding:
    k = 3
    expected, mean = _by_enumeration(k)
    _, tables = _tables()
    s = tables[0][0] @ tables[1].T
    by_words = COLUMNS[0] / V  # even with the sigma
    printed = _log(logistic(s[1])) + k * by_words @ _log(logistic(-s))
    shown = f"{expected:.6f}, the mean over all {V**k} draws of {k} negatives"
    finding = instead(shown, expected, mean, printed)
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
    return equal("the gradient in the vector of word i is k P(i) sigma(s_i) w", (slopes, expected))


@claim(
    "b.eq4",
    "The objective of the whole corpus is the sum over w, c of "
    "#(w, c) (log sigma(w.c) + k sum_i #(i)/|V| log(-w.c_i))",
    sheet="#(i)/|V| log(-w.c_i)",
    correction="#(i)/|D| log sigma(-w.c_i), as in equation `(3)`. Corrected in this way, it is the "
    "sum over all pairs of the corpus.",
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


_objective_slope = compiled(jax.grad(lambda s, e: -optima.weighted_loss(s, COUNTS, e)))


def score_slope(scores: np.ndarray, k: int, total: float | int) -> np.ndarray:
    """Return the derivative of L in the scores, with sigma, and with `total` in place of |V|."""
    return np.asarray(_objective_slope(jnp.asarray(scores), k * ROWS * COLUMNS / total))


def _optimum(k: int, total: float | int) -> np.ndarray:
    return np.log(COUNTS * total / (ROWS * COLUMNS)) - np.log(k)


@claim(
    "c.eq5",
    "The optimal score is ln(#(w, c) |V| / (#(w) #(c))) - ln k",
    sheet="|V|",
    assumptions=(
        OF_PAIRS,
        FREE,
        f"{OCCURS}; the optimum of a pair that does not occur is minus infinity",
    ),
    correction="ln(#(w, c) |D| / (#(w) #(c))) - ln k, where |D| is the number of pairs. With the "
    "size of the vocabulary, every score would be too small by "
    "ln(|D|/|V|) = ln({pairs:g}/{words}) = {off:.3f}.",
)
def optimal_score() -> Finding:
    k = 5
    right = pmi.shifted_pmi(COUNTS, k)
    slope = compiled(jax.grad(lambda s: sgns.score_loss(s, COUNTS, NOISE, k)))
    at_right = slope(jnp.asarray(right)) / PAIRS
    off = (right - _optimum(k, V)).mean()
    finding = instead(
        f"with |V| too small by {off:.4f}",
        right, optima.score_optimum(COUNTS, NOISE, k), _optimum(k, V),
        pairs=PAIRS, words=V, off=off,
    )  # fmt: skip
    exact = largest(off, np.log(PAIRS / V))
    return finding._replace(error=max(finding.error, largest(at_right), exact))


@claim("c.hint", "Only two terms of L are relevant for the derivative in one score")
def two_terms() -> Finding:
    s, k = jnp.asarray(np.random.default_rng(9).normal(size=(V, V))), 2
    n, e = COUNTS[1, 3], k * ROWS[1, 0] * NOISE[3]
    two = compiled(jax.grad(lambda x: -n * jax.nn.log_sigmoid(x) - e * jax.nn.log_sigmoid(-x)))
    whole = compiled(jax.grad(lambda s: sgns.score_loss(s, COUNTS, NOISE, k)))(s)[1, 3]
    return equal("those with the factors #(w, c) and k #(w) P(c)", (two(s[1, 3]), whole))


@claim(
    "c.1.marginals",
    "The sum over w', c' of #(w', c') is the sum over w' of #(w')",
    assumptions=(OF_PAIRS,),
)
def marginals() -> Finding:
    ids, reach = examples.small_corpus(), examples.small_windows()
    listed = references.pairs(ids, reach)
    centers = [sum(w == v for w, _ in listed) for v in range(V)]
    return equal(
        f"{PAIRS:g} pairs; the corpus has {len(ids)} tokens",
        (COUNTS, references.cooccurrence(ids, reach, V)),
        (ROWS[:, 0], centers),
        (ROWS.sum(), COUNTS.sum()),
        (len(listed), PAIRS),
    )


@claim(
    "c.1.collapse",
    "In the first display, the double sum over w', c' of #(w', c') becomes a sum over w' of #(w') "
    "in the second term",
    assumptions=(
        OF_PAIRS,
        "the equation of the sums (`factorization.c.1.marginals`) is used for each w' by itself: "
        "the sum over c' of #(w', c') is #(w'); the equation of the totals would not be enough",
        "equation `(4)` with the sigma that is missing there, as in this display",
    ),
)
def collapse() -> Finding:
    s, k = np.random.default_rng(10).normal(size=(V, V)), 3
    positive, negative = _term_slopes(s, NOISE)
    first = sum(COUNTS[w, c] * positive[w, c] for w, c in np.ndindex(V, V))
    double, collapsed = objective_lines(s, k, PAIRS)
    # The same total, but not for each center by itself.
    of_contexts = first + k * sum(COLUMNS[0, w] * negative[w] for w in range(V))
    whole = -np.asarray(_loss_slope(jnp.asarray(s), k))
    off = largest(double, of_contexts) / PAIRS
    if not off > 1e-3:
        return unmet("the column sums would do as well")
    return equal(
        f"both equal the gradient of L; with #(c') for #(w') off by {off:.4f} per pair",
        (double / PAIRS, whole / PAIRS),
        (collapsed / PAIRS, whole / PAIRS),
    )


@claim("c.1.sigma", "`sigma(-x) = 1 - sigma(x)`", sheet="1 - sigma(x)")
def complement() -> Finding:
    def losses(x: jax.Array) -> tuple[jax.Array, jax.Array]:  # of a positive and of a negative
        params = EmbeddingParams(jnp.asarray(np.ones((1, 1))), x[None, None])
        none, one = (jnp.asarray(np.zeros(n, np.int32)) for n in (0, 1))
        alone = sgns.pair_loss(params, 0, 0, none)
        return alone, sgns.pair_loss(params, 0, 0, one) - alone

    x = np.linspace(-5, 5, 21)
    positive, negative = compiled(jax.vmap(losses))(jnp.asarray(x))
    return equal(
        "p(True) and p(False) of the loss, and the logistic activation, on a grid",
        (np.exp(-np.asarray(negative)), 1 - np.exp(-np.asarray(positive))),
        (_logistic(jnp.asarray(-x)), 1 - np.array([references.sigmoid(each) for each in x])),
        (np.exp(-np.asarray(negative)), _logistic(jnp.asarray(-x))),
    )


def objective_lines(scores: np.ndarray, k: int, total: float | int) -> list[np.ndarray]:
    """Return dL/d(w.c) by both lines of the first display, with `total` in place of |V|."""
    positive, negative = _term_slopes(scores, COLUMNS[0] / total)
    double, first, second = np.zeros((3, V, V))
    for w, c in np.ndindex(V, V):
        double += COUNTS[w, c] * (positive[w, c] + k * negative[w])
        first += COUNTS[w, c] * positive[w, c]
    for w in range(V):
        second += ROWS[w, 0] * negative[w]
    return [double, first + k * second]


def _term_slopes(scores: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the derivatives of log sigma(s_wc) in each score, and those of w's negatives."""
    positive = np.zeros((V, V, V, V))
    negative = np.zeros((V, V, V))
    for w, c in np.ndindex(V, V):
        positive[w, c, w, c] = logistic(-scores[w, c])
        negative[w, w, c] = -noise[c] * logistic(scores[w, c])
    return positive, negative


def gradient_lines(scores: np.ndarray, k: int, total: float | int) -> list[np.ndarray]:
    """Return dL/d(w.c) by the lines of the second display, with `total` in place of |V|."""
    p, q = logistic(scores), logistic(-scores)
    e = k * ROWS * COLUMNS / total
    return [
        COUNTS * (p * q) / p + e / q * -(p * q),
        COUNTS * (p * (1 - p)) / p - e * (p * (1 - p)) / q,
        COUNTS * q - e * p,
    ]


@claim(
    "c.1.gradient",
    "dL/d(w.c) = #(w, c) sigma(-w.c) - k #(w) #(c)/|V| sigma(w.c)",
    assumptions=(OF_PAIRS, TOTAL, FREE, "equation `(4)` with the sigma that is missing there"),
)
def score_gradient() -> Finding:
    s, k = np.random.default_rng(10).normal(size=(V, V)), 3
    by_hand = compiled(lambda s: -gradients.score_gradient(s, COUNTS, NOISE, k))(jnp.asarray(s))
    pairs = [(np.asarray(by_hand) / PAIRS, score_slope(s, k, PAIRS) / PAIRS)]
    for total in (V, PAIRS):
        exact, lines = score_slope(s, k, total), gradient_lines(s, k, total)
        most = k * (ROWS * COLUMNS).max() / total
        pairs += [(line / most, exact / most) for line in lines]
    return equal(f"{len(lines)} lines equal autodiff, with |V| and with |D|", *pairs)


def solution_lines(x: np.ndarray, k: int, total: float | int) -> list[tuple[np.ndarray, ...]]:
    """Return both sides of each line that solves for x, with `total` in place of |V|."""
    e, s = np.exp(-x), np.asarray(_logistic(jnp.asarray(x)))
    drawn = k * ROWS * COLUMNS / total
    ratio = COUNTS / drawn
    return [
        (COUNTS * logistic(-x), drawn * s),
        (s / (1 - s), ratio),
        ((1 + e) / (e * (1 + e)), ratio),
        (np.exp(x), ratio),
        (x, np.log(ratio)),
        (x, _optimum(k, total)),
    ]


@claim(
    "c.2",
    "The derivative is zero where e^x = #(w, c) |V| / (k #(w) #(c))",
    assumptions=(OF_PAIRS, TOTAL, FREE, OCCURS),
)
def solution() -> Finding:
    k = 4
    pairs = []
    for total in (V, PAIRS):
        x = _optimum(k, total)
        pairs += solution_lines(x, k, total)
        pairs.append((score_slope(x, k, total) / PAIRS, np.zeros((V, V))))
    best = optima.score_optimum(COUNTS, NOISE, k)
    slope = compiled(lambda s: gradients.score_gradient(s, COUNTS, NOISE, k))(jnp.asarray(best))
    stored = objective.optimum(objective.Objective(COUNTS, NOISE, k)).toarray()
    return equal(
        "each line at the solution, with |V| and with |D|; derivative zero there",
        *pairs,
        (best, _optimum(k, PAIRS)),
        (stored, _optimum(k, PAIRS)),
        (np.asarray(slope) / PAIRS, np.zeros((V, V))),
    )


@claim(
    "c.3.pmi",
    "For `k = 1` the optimum is log(#(w, c) |V| / (#(w) #(c))), which is known as PMI",
    sheet="|V|",
    assumptions=(OF_PAIRS,),
    correction="log(#(w, c) |D| / (#(w) #(c))): PMI has |D|, the number of pairs, instead of "
    "|V|. In the small corpus it is larger by {off:.3f}.",
)
def known_as_pmi() -> Finding:
    joint = COUNTS / PAIRS
    definition = np.log(joint / (joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)))
    off = largest(pmi.pmi(COUNTS), _optimum(1, V))
    return instead(
        f"with |V| off by {off:.4f}", pmi.pmi(COUNTS), definition, _optimum(1, V), off=off
    )


@claim(
    "c.3.log",
    "The optimum, derived with ln, and PMI, defined with log, are the same expression",
    assumptions=("log means ln; to base two, PMI is {factor:.3f} times as large",),
)
def logarithms() -> Finding:
    joint = COUNTS / PAIRS
    lift = joint / (joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True))
    values = pmi.pmi(COUNTS)
    binary = np.log2(lift)
    slope = np.asarray(_loss_slope(jnp.asarray(binary), 1)) / PAIRS
    if not largest(slope) > 1e-3:
        return unmet("PMI to base two is an optimum as well")
    return equal(
        "e to the power of PMI is p(w, c) / (p(w) p(c))",
        (np.exp(values), lift),
        (optima.score_optimum(COUNTS, NOISE, 1), values),
        factor=1 / np.log(2),
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


@claim("c.4.meaning", "PMI compares the joint probability with the product of the marginal ones")
def independence() -> Finding:
    independent = ROWS * COLUMNS  # counts in proportion to the product of the marginals
    doubled = independent.copy()
    doubled[0, 0] *= 2
    if not pmi.pmi(doubled)[0, 0] > 0.1:
        return unmet("PMI is not positive for a pair that is more frequent than by chance")
    return equal(
        "zero for independent words, positive for a pair that is more frequent than by chance",
        (pmi.pmi(independent), np.zeros((V, V))),
    )


@claim(
    "c.4.estimate",
    "PMI(w, c) = log #(w, c) / (#(w) #(c)), proportional to log #(w, c) |V| / (#(w) #(c))",
    sheet="= log #(w, c)/(#(w) #(c))",
    assumptions=(OF_PAIRS,),
    correction="PMI(w, c) = log #(w, c) |D| / (#(w) #(c)). Without |D| it is too small by "
    "log |D| = {missing:.3f}. The two sides of the proportionality differ by a summand, log |V|, "
    "not by a factor: their ratios are from {least:.2f} to {most:.2f}.",
)
def estimate() -> Finding:
    printed = np.log(COUNTS / (ROWS * COLUMNS))
    right = pmi.pmi(COUNTS)
    ratios = (printed + np.log(V)) / printed
    finding = instead(
        f"ln|D| = {np.log(PAIRS):.4f} is missing",
        right - np.log(PAIRS), printed, right,
        missing=np.log(PAIRS), least=ratios.min(), most=ratios.max(),
    )  # fmt: skip
    return finding._replace(gap=min(finding.gap or 0.0, float(np.ptp(ratios))))


@claim(
    "c.5.optimum",
    "The optimum of skip-gram, as expressed by equation `(4)`, is the PMI matrix",
    assumptions=("`k = 1`", AS_CORRECTED, OF_PAIRS, FREE, OCCURS),
)
def optimum_is_pmi() -> Finding:
    return equal(
        "trained from random vectors", (examples.trained_scores(1), pmi.pmi(COUNTS)), tolerance=1e-8
    )


@claim(
    "c.5.shift",
    "For `k > 1` it is a PMI matrix shifted by log k",
    assumptions=("the shift is downwards, PMI - log k", AS_CORRECTED, OF_PAIRS, FREE, OCCURS),
)
def shift() -> Finding:
    k = 5
    shifted = pmi.pmi(COUNTS) - np.log(k)
    return equal(
        f"trained from random vectors, k = {k}",
        (examples.trained_scores(k), shifted),
        (pmi.shifted_pmi(COUNTS, k), shifted),
        tolerance=1e-8,
    )


@claim(
    "c.5.counts",
    "Skip-gram can be related to sparse word representations based on counts",
    assumptions=("only the positive part of PMI is sparse: of unseen pairs PMI is minus infinity",),
)
def sparse() -> Finding:
    counts = np.where(np.sort(COUNTS, axis=None)[12] < COUNTS, COUNTS, 0)
    values = pmi.pmi(counts)
    clipped = pmi.positive(values)
    unseen = counts == 0
    return Finding(
        f"{int(unseen.sum())} unseen pairs with PMI -inf and positive PMI zero",
        largest(clipped[unseen]) + largest(np.isneginf(values), unseen),
    )


@claim(
    "c.5.lsa",
    "This is similar to latent semantic analysis, which factorizes by singular values",
    assumptions=(
        "both factorize PMI: with as many dimensions as the rank, both reproduce it; with fewer, "
        "LSA minimises squared errors, and skip-gram its own loss, weighted by counts",
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
        return unmet("in two dimensions both give the same scores")
    return equal(
        f"equal in {V} dimensions; in two they differ by {apart:.3f}, and LSA has the smaller "
        "squared error",
        (whole.center @ whole.context.T, matrix),
        *((np.asarray(table) / PAIRS, np.zeros((V, V))) for table in slope),
    )

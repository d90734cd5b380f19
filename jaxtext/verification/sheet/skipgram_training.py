"""Skip-gram training: likelihood, the cross entropy of one example, and what a step changes."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import sgns, skipgram
from jaxtext.verification import references
from jaxtext.verification.findings import Finding, Section, equal, instead, largest, rounded, unmet
from jaxtext.verification.oracles import compiled
from jaxtext.verification.sheet import examples
from jaxtext.verification.sheet.examples import CENTER, CONTEXT, FRODO, RING

SECTION = Section("skipgram-training")
claim = SECTION.claim

# Compiled once for all claims.
_logits = compiled(lambda *args: skipgram.logits(*args))
_pair_loss = compiled(lambda *args: skipgram.pair_loss(*args))
_probabilities = compiled(lambda *args: skipgram.probabilities(*args))
TABLES = (CENTER, CONTEXT)
WITHIN = "terms with `t + j` outside `1..|T|` are left out, since there is no such word"


@claim("context", "Logits are dot products of center and context vectors, `l = w_i^T w'_j`")
def logits_are_dot_products() -> Finding:
    params = examples.random_tables(4)
    logits = [_logits(params, w) for w in range(5)]
    loop = [
        [references.dot(w, c) for c in np.asarray(params.context)]
        for w in np.asarray(params.center)
    ]
    return equal("W W'^T", (logits, loop))


TEXT = np.array([0, 2, 1, 1, 3])


def _likelihood_by_loop(params: EmbeddingParams, window: int = 2) -> float:
    """Return the product of p over all pairs of the text."""
    tables = tuple(map(np.asarray, params))
    pairs = references.pairs(TEXT, window)
    return float(np.prod([np.exp(-references.softmax_pair_loss(tables, w, c)) for w, c in pairs]))


_likelihood = compiled(lambda p, window: skipgram.likelihood(p, TEXT, window), static_argnums=1)
_nll = compiled(lambda p: skipgram.negative_log_likelihood(p, TEXT, 2))
_nll_slope = compiled(jax.grad(lambda p: skipgram.negative_log_likelihood(p, TEXT, 2)))


@claim(
    "a.likelihood",
    "`L(theta | T)` is the product over `t = 1..|T|` and `-L <= j <= L`, `j != 0` of "
    "`p(w_(t+j) | w_t)`",
    assumptions=(
        WITHIN,
        "it is the likelihood of the pairs as independent examples, not a probability of the text: "
        "each token is part of several pairs",
    ),
)
def likelihood() -> Finding:
    params = examples.random_tables(5, vocab=4)
    value, by_loop = _likelihood(params, 2), _likelihood_by_loop(params)
    count = len(references.pairs(TEXT, 2))
    return equal(
        f"{value:.3e} for a text of {len(TEXT)} tokens and {count} pairs", (value / by_loop, 1.0)
    )


@claim(
    "a.symbols",
    "`L(theta | T)` is determined by a context window of size L",
    assumptions=(
        "L before a parenthesis is the likelihood, L alone is the size of the window; elsewhere L "
        "is also a loss, and `L^(k-1)` the size of a layer",
    ),
)
def two_meanings_of_l() -> Finding:
    params = examples.random_tables(5, vocab=4)
    values = [float(_likelihood(params, window)) for window in (1, 2)]
    if not values[0] > 10 * values[1]:
        return unmet("the likelihood does not depend on the window")
    loops = [_likelihood_by_loop(params, window) for window in (1, 2)]
    shown = f"{values[0]:.3e} with a window of one, {values[1]:.3e} with a window of two"
    return equal(shown, (np.divide(values, loops), np.ones(2)))


@claim(
    "a.independence",
    "Words are independent of each other given the parameters, so the likelihood is a product",
    assumptions=("this is meant of context words, given the parameters and their center word",),
)
def independence() -> Finding:
    params = examples.random_tables(5, vocab=4)
    losses = np.array([float(_pair_loss(params, 0, c)) for c in range(4)])
    # Of two words in the context of word 0, by the losses of both examples.
    joint = np.exp(-(losses[:, None] + losses[None, :]))
    tables = tuple(map(np.asarray, params))
    p = np.exp([-references.softmax_pair_loss(tables, 0, c) for c in range(4)])
    return equal(
        "the product is a distribution of two contexts, each distributed as p",
        (joint.sum(), 1.0),
        (joint.sum(1), p),
    )


@claim("a.mle", "The parameters of greatest likelihood are those of least NLL")
def greatest_likelihood() -> Finding:
    models = [examples.random_tables(seed, vocab=4) for seed in range(6)]
    # The likelihood is multiplied up in a loop, and knows nothing of the package's NLL.
    loops = [_likelihood_by_loop(params) for params in models]
    losses = [float(_nll(params)) for params in models]
    params = models[0]
    for _ in range(20):
        slope = _nll_slope(params)
        params = EmbeddingParams(*(w - 0.2 * g for w, g in zip(params, slope, strict=True)))
    if not _likelihood_by_loop(params) > 10 * loops[0]:
        return unmet("descent on the NLL does not raise the likelihood")
    return equal(
        f"{len(models)} random models have the same order by both, and descent on the NLL raises "
        f"the likelihood",
        (np.argsort(loops), np.argsort(losses)[::-1]),
    )


@claim(
    "a.nll",
    "`NLL = -1/|T|` times the sum over t and j of `log p(w_(t+j) | w_t)`",
    assumptions=(WITHIN, "the mean is over tokens, not over pairs, which are the examples"),
)
def negative_log_likelihood() -> Finding:
    params = examples.random_tables(5, vocab=4)
    loss = _nll(params)
    return equal(f"{loss:.6f}", (loss, -np.log(_likelihood_by_loop(params)) / len(TEXT)))


@claim("b.cross-entropy", "Negative log-likelihood and cross entropy are the same loss")
def cross_entropy() -> Finding:
    def entropy(target: np.ndarray, scores: list[float]) -> float:  # -sum_v q(v) ln p(v)
        p = references.softmax(np.array(scores))
        return -sum(q * np.log(chance) for q, chance in zip(target, p, strict=True))

    scores = [references.dot(CENTER[FRODO], row) for row in CONTEXT]
    one = entropy(np.eye(len(scores))[RING], scores)
    # Of a text: that of the contexts of each word, weighted by how many there are.
    params, total = examples.random_tables(5, vocab=4), 0.0
    tables = tuple(map(np.asarray, params))
    counts = references.cooccurrence(TEXT, 2, 4)
    for word, row in enumerate(counts):
        scores = [references.dot(tables[0][word], c) for c in tables[1]]
        total += row.sum() * entropy(row / row.sum(), scores)
    return equal(
        "of (Frodo, ring) with the one-hot target, and of a text with the shares of the contexts",
        (_pair_loss(examples.frodo_params(), FRODO, RING), one),
        (_nll(params), total / len(TEXT)),
    )


@claim(
    "b.1",
    "The one-hot vector of Frodo, the second word, times W is Frodo's center vector, ({sheet})",
    sheet=[0.91, 0.74, 0.27],
)
def frodo_row(sheet: list[float]) -> Finding:
    row = (np.arange(len(CENTER)) == 1).astype(float) @ CENTER
    looked_up = examples.frodo_params().center[FRODO]
    return equal(row.tolist(), (row, sheet), (looked_up, row))


@claim(
    "b.1.vectors",
    "The logits are the dot products with all other context vectors, i.e. each row of W'",
    sheet="all other context vectors, i.e. each row in W'",
    correction="each row of W', which contradicts \"all other\": Frodo's own context vector is "
    "one of the {all}. Without it the loss of (Frodo, ring) would be {others:.3f}, not {loss:.3f}.",
)
def each_row() -> Finding:
    right = _pair_loss(examples.frodo_params(), FRODO, RING)
    loop = references.softmax_pair_loss(TABLES, FRODO, RING)
    logits = np.array([references.dot(CENTER[FRODO], row) for row in CONTEXT])
    others = np.log(np.exp(np.delete(logits, FRODO)).sum()) - logits[RING]
    count = len(np.asarray(_logits(examples.frodo_params(), FRODO)))
    return instead(
        f"{count} logits, loss {right:.6f}", right, loop, others,
        all=count, loss=right, others=others,
    )  # fmt: skip


LOGITS = [0.9111, 0.5924, 0.9265, 1.2742, 0.9519, 0.7397]
EXPONENTIALS = [2.49, 1.81, 3.58, 2.59, 2.10]
LOG_SUM = 2.53
LOSS = 1.60


@claim("b.2.logits", "The logits of Frodo with all words are {sheet}", sheet=LOGITS)
def frodo_logits(sheet: list[float]) -> Finding:
    ours = _logits(examples.frodo_params(), FRODO)
    loop = [references.dot(CENTER[FRODO], row) for row in CONTEXT]
    if largest(ours, loop) > 1e-12:
        return unmet("the logits are not the dot products")
    return rounded(ours, sheet, 4)


@claim(
    "b.2.log",
    "The log loss is `-ln p(ring | Frodo)`",
    assumptions=("log is the natural logarithm, as ln: to base two the loss would be {bits:.4f}",),
)
def natural_logarithm() -> Finding:
    loss = _pair_loss(examples.frodo_params(), FRODO, RING)
    p = references.softmax(np.array([references.dot(CENTER[FRODO], row) for row in CONTEXT]))[RING]
    bits = -np.log2(p)
    if not bits - loss > 0.1:
        return unmet("both logarithms agree")
    return equal(f"loss {loss:.6f}, and exp(-loss) = p = {p:.6f}", (np.exp(-loss), p),
                 bits=bits)  # fmt: skip


@claim(
    "b.2.vectors",
    "p(ring | Frodo) = exp(w_ring^T w_Frodo) / sum over v of exp(w_v^T w_Frodo)",
    sheet="w_ring, w_v",
    correction="w'_ring and w'_v, the rows of the context table W'. With rows of W, as printed, "
    "the logit of ring would be {logit:.4f} and the loss {printed:.4f}.",
)
def context_rows() -> Finding:
    right, printed, *_ = cross_entropy_lines()
    return instead(
        f"loss {right:.6f} with W', {printed:.6f} with W",
        right, references.softmax_pair_loss(TABLES, FRODO, RING), printed,
        logit=references.dot(CENTER[RING], CENTER[FRODO]), printed=printed,
    )  # fmt: skip


@claim(
    "b.2.formula",
    "The loss is minus the logit of the positive word plus ln of the sum of all exponentials",
)
def loss_formula() -> Finding:
    s = np.array([references.dot(CENTER[FRODO], row) for row in CONTEXT])
    loss = _pair_loss(examples.frodo_params(), FRODO, RING)
    p = np.exp(s[RING]) / np.exp(s).sum()
    return equal(
        "-ln p = -l + ln sum exp l", (-np.log(p), loss), (-s[RING] + np.log(np.exp(s).sum()), loss)
    )


def _exponentials() -> np.ndarray:
    return np.exp(np.asarray(_logits(examples.frodo_params(), FRODO)))


@claim(
    "b.2.exponentials",
    "The exponentials of the logits are {sheet:.2f}",
    sheet=EXPONENTIALS,
    assumptions=("that of ring, {ring:.2f}, is left out (`skipgram-training.b.2.sum`)",),
)
def exponentials(sheet: list[float]) -> Finding:
    powers = _exponentials()
    return rounded(np.delete(powers, RING), sheet, 2, ring=powers[RING])


def cross_entropy_lines() -> list[float]:
    """Return the loss of (Frodo, ring) by each line of its computation, as it is printed."""
    rows_of_w = references.softmax_pair_loss((CENTER, CENTER), FRODO, RING)
    return [
        float(_pair_loss(examples.frodo_params(), FRODO, RING)),
        rows_of_w,
        rows_of_w,
        -LOGITS[RING] + np.log(np.exp(LOGITS).sum()),
        -LOGITS[RING] + np.log(sum(EXPONENTIALS)),
        -LOGITS[RING] + LOG_SUM,
        LOSS,
    ]


@claim(
    "b.2.sum",
    "ln of the sum of {five:.2f} is {sheet}, the log of the denominator",
    sheet=LOG_SUM,
    correction="{log:.4f} = ln({others:.3f} + {ring:.3f}) = ln {total:.3f}: the term of ring "
    "itself, exp({logit:.4f}) = {ring:.3f}, is missing. That both this term and ln {others:.3f} "
    "round to {sheet} is a coincidence.",
)
def log_sum(sheet: float) -> Finding:
    powers = _exponentials()
    right = np.log(powers.sum())
    loop = np.log(sum(np.exp(references.dot(CENTER[FRODO], row)) for row in CONTEXT))
    others = np.delete(powers, RING).sum()
    explained = (np.log(sum(EXPONENTIALS)), np.log(others), powers[RING])
    if max(abs(value - sheet) for value in explained) > 0.005:
        return unmet(f"the missing term does not explain the printed {sheet}")
    return instead(
        f"{right:.6f}", right, loop, sheet, resolution=0.005,
        five=EXPONENTIALS, log=right, others=others, ring=powers[RING], total=powers.sum(),
        logit=np.log(powers[RING]),
    )  # fmt: skip


@claim(
    "b.2.loss",
    "The cross entropy of (Frodo, ring) is {sheet:.2f}",
    sheet=LOSS,
    correction="{loss:.4f} = -{logit:.4f} + {log:.4f}, with all words in the sum.",
)
def frodo_loss(sheet: float) -> Finding:
    right = _pair_loss(examples.frodo_params(), FRODO, RING)
    loop = references.softmax_pair_loss(TABLES, FRODO, RING)
    if abs(LOG_SUM - LOGITS[RING] - sheet) > 0.005:
        return unmet(f"the printed sum does not explain the printed {sheet}")
    log, logit = np.log(_exponentials().sum()), np.log(_exponentials()[RING])
    return instead(
        f"{right:.6f}", right, loop, sheet, resolution=0.005, loss=right, logit=logit, log=log
    )


@claim(
    "b.3.vocabulary",
    "The sum in the loss runs over v in V'",
    sheet="v in V'",
    correction="v in V, over all words, the positive one included: V' is not defined on the sheet. "
    "(Without ring, as in the sum above it, the probabilities would add up to {without:.2f}.)",
)
def sum_over_vocabulary() -> Finding:
    params, words = examples.frodo_params(), len(examples.VOCABULARY)
    p = [np.exp(-float(_pair_loss(params, FRODO, c))) for c in range(words)]
    without = (_exponentials() / np.delete(_exponentials(), RING).sum()).sum()
    return instead(f"sum over V: {sum(p):.6f}", sum(p), 1.0, without, without=without)


def _slopes() -> np.ndarray:
    """Return the derivative of the loss of (Frodo, ring) in each logit."""
    slopes = compiled(jax.grad(lambda p: skipgram.pair_loss(p, FRODO, RING)))
    context = np.asarray(slopes(examples.frodo_params()).context)  # slope times Frodo's vector
    return context @ CENTER[FRODO] / (CENTER[FRODO] @ CENTER[FRODO])


@claim(
    "b.3.penalty",
    "The loss rises with the probability of a negative example",
    assumptions=("its logit rises and the other logits stay as they are",),
)
def penalty() -> Finding:
    p = np.asarray(_probabilities(examples.frodo_params(), FRODO))
    others = np.delete(_slopes(), RING)
    if not (others > 0).all():
        return unmet("the slope in a negative's logit is not positive")
    return equal("the slope in each other logit is p(v) > 0", (others, np.delete(p, RING)))


@claim("b.3.reward", "The loss falls as the probability of the positive example rises")
def reward() -> Finding:
    p = np.asarray(_probabilities(examples.frodo_params(), FRODO))
    if not _slopes()[RING] < 0:
        return unmet("the slope in the positive's logit is not negative")
    return equal("the slope in ring's logit is p(ring) - 1 < 0", (_slopes()[RING], p[RING] - 1))


@claim(
    "b.3.similarity",
    "Only words that are found in the same context are made more similar",
    assumptions=(
        "similarity is the logit of a center and a context vector, considered by itself: a step on "
        "the vectors also moves the logits of words whose context vectors point the same way",
    ),
)
def similarity() -> Finding:
    rising = np.flatnonzero(_slopes() < 0)
    return equal("descent raises only the logit of ring", (rising, [RING]))


@claim(
    "c.order",
    "In the example (c, w), c is the target word and w is the source word",
    assumptions=("this order is used here only; elsewhere an example is (source, target)",),
)
def order_of_a_pair() -> Finding:
    params = examples.frodo_params()
    loss, swapped = _pair_loss(params, FRODO, RING), _pair_loss(params, RING, FRODO)
    if not abs(loss - swapped) > 0.01:
        return unmet("the order makes no difference")
    rows = [skipgram.updated_rows(params, *pair)[0] for pair in ((FRODO, RING), (RING, FRODO))]
    return equal(
        f"loss {loss:.6f} with source Frodo and target ring, {swapped:.6f} the other way round",
        (rows, [[FRODO], [RING]]),
        (loss, references.softmax_pair_loss(TABLES, FRODO, RING)),
    )


@claim(
    "c.rows",
    "The example (c, w) updates row w of W and every row of W' except that of w",
    sheet="|V| - 1 rows of W'",
    correction="every row of W', here {changed} of {all}: the sum over the vocabulary contains the "
    "context vector of w itself, so its row changes too.",
)
def updated_rows() -> Finding:
    center, context = skipgram.updated_rows(examples.frodo_params(), FRODO, RING)
    loop = references.softmax_pair_gradient(TABLES, FRODO, RING)
    rows = [np.flatnonzero(np.abs(table).max(1)).tolist() for table in loop]
    if (center, context) != tuple(rows) or center != [FRODO]:
        return unmet(f"rows {center} of W and {context} of W'")
    count = len(CONTEXT)
    return instead(
        f"{len(center)} row of W, {len(context)} of {count} rows of W'",
        len(context), count, count - 1, 0.5, changed=len(context), all=count,
    )  # fmt: skip


@claim("c.reason", "All context vectors change because all of them are in the denominator")
def reason() -> Finding:
    params = examples.frodo_params()
    above = compiled(jax.grad(lambda p: -skipgram.logits(p, FRODO)[RING]))
    below = compiled(jax.grad(lambda p: jax.nn.logsumexp(skipgram.logits(p, FRODO))))
    numerator, denominator = above(params).context, below(params).context
    rows = [int(np.any(np.asarray(g), axis=1).sum()) for g in (numerator, denominator)]
    return equal(
        f"rows of W' that change: {rows[0]} by the numerator, {rows[1]} by the denominator",
        (rows, [1, len(CONTEXT)]),
    )


@claim("c.cost", "The cost of an example is proportional to the size of the vocabulary")
def cost() -> Finding:
    sizes = np.array([5, 10])
    touched = [
        len(skipgram.updated_rows(examples.random_tables(6, vocab=int(v)), 0, 1)[1]) for v in sizes
    ]
    return equal(f"{touched} rows of W' change for |V| = {sizes.tolist()}", (touched, sizes))


@claim(
    "c.motivation",
    "Negative sampling costs less: an example changes at most `k + 1` context vectors",
)
def sampled_cost() -> Finding:
    params = examples.random_tables(7, vocab=16)
    gradient = compiled(jax.grad(sgns.pair_loss))(params, 0, 1, jnp.array([5, 9, 12]))
    rows = np.flatnonzero(np.any(np.asarray(gradient.context), axis=1))
    return equal(
        f"{len(rows)} of {len(params.context)} rows of W' change for k = 3", (rows, [1, 5, 9, 12])
    )

"""Skip-gram training: likelihood, the cross entropy of one example, and what a step changes."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import sgns, skipgram
from jaxtext.verification import references
from jaxtext.verification.findings import Finding, Section, equal, instead, largest, rounded
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
WITHIN = "terms whose t + j lies outside of 1..|T| are left out: there is no such word"


@claim("context", "Logits are dot products of center and context rows, l = w_i^T w'_j")
def logits_are_dot_products() -> Finding:
    params = examples.random_tables(4)
    logits = [_logits(params, w) for w in range(5)]
    loop = [
        [references.dot(w, c) for c in np.asarray(params.context)]
        for w in np.asarray(params.center)
    ]
    return equal("W W'^T", (logits, loop))


def _tiny_text() -> tuple[EmbeddingParams, np.ndarray, float]:
    """Parameters, a text, and the product of p over its pairs by loops."""
    params, ids = examples.random_tables(5, vocab=4), np.array([0, 2, 1, 1, 3])
    tables = tuple(map(np.asarray, params))
    p = [np.exp(-references.softmax_pair_loss(tables, w, c)) for w, c in references.pairs(ids, 2)]
    return params, ids, float(np.prod(p))


@claim(
    "a.likelihood",
    "L = product over t = 1..|T| and -L <= j <= L, j != 0 of p(w_(t+j) | w_t)",
    assumptions=(
        WITHIN,
        "it is the likelihood of the pairs as independent examples: a token stands in several of "
        "them, so that it is no probability of the text",
    ),
)
def likelihood() -> Finding:
    params, ids, by_loop = _tiny_text()
    value = compiled(lambda p: skipgram.likelihood(p, ids, 2))(params)
    return equal(f"{value:.3e} for a text of 5 tokens, 14 pairs", (value / by_loop, 1.0))


@claim(
    "a.independence",
    "Words are independent of each other given the parameters, so that the likelihood is a product",
    assumptions=("context words, given the parameters and their center word",),
)
def independence() -> Finding:
    params = examples.random_tables(5, vocab=4)
    losses = np.array([float(_pair_loss(params, 0, c)) for c in range(4)])
    # Of two words in the context of word 0, by the losses of both examples.
    joint = np.exp(-(losses[:, None] + losses[None, :]))
    tables = tuple(map(np.asarray, params))
    p = np.exp([-references.softmax_pair_loss(tables, 0, c) for c in range(4)])
    return equal(
        "a distribution of two contexts with margins p", (joint.sum(), 1.0), (joint.sum(1), p)
    )


@claim("a.mle", "The parameters of greatest likelihood are those of least NLL")
def greatest_likelihood() -> Finding:
    ids = np.array([0, 2, 1, 1, 3])
    both = compiled(
        lambda p: (skipgram.likelihood(p, ids, 2), skipgram.negative_log_likelihood(p, ids, 2))
    )
    scores = np.array([both(examples.random_tables(seed, vocab=4)) for seed in range(6)])
    order = np.argsort(scores[:, 0]), np.argsort(-scores[:, 1])
    return equal("six random models have the same order by both", order)


@claim(
    "a.nll",
    "NLL = -1/|T| times the sum over t and j of ln p(w_(t+j) | w_t)",
    assumptions=(WITHIN, "the mean is over tokens, not over the pairs that are the examples"),
)
def negative_log_likelihood() -> Finding:
    params, ids, by_loop = _tiny_text()
    loss = compiled(lambda p: skipgram.negative_log_likelihood(p, ids, 2))(params)
    return equal(f"{loss:.6f}", (loss, -np.log(by_loop) / len(ids)))


@claim("b.cross-entropy", "Negative log-likelihood and cross entropy are the same loss")
def cross_entropy() -> Finding:
    params = examples.frodo_params()
    one_hot = np.eye(6)[RING]
    entropy = -(one_hot * np.log(np.asarray(_probabilities(params, FRODO)))).sum()
    loss = _pair_loss(params, FRODO, RING)
    return equal("-sum_v [v = ring] ln p(v) = -ln p(ring)", (entropy, loss))


@claim("b.1", "The one-hot vector of the 2nd word times W is Frodo's row", sheet=[0.91, 0.74, 0.27])
def frodo_row() -> Finding:
    row = (np.arange(6) == 1).astype(float) @ CENTER
    looked_up = examples.frodo_params().center[FRODO]
    return equal(row.tolist(), (row, [0.91, 0.74, 0.27]), (looked_up, row))


LOGITS = [0.9111, 0.5924, 0.9265, 1.2742, 0.9519, 0.7397]


@claim("b.2.logits", "Logits of Frodo with all six words", sheet=LOGITS)
def frodo_logits() -> Finding:
    ours = _logits(examples.frodo_params(), FRODO)
    loop = [references.dot(CENTER[FRODO], row) for row in CONTEXT]
    if largest(ours, loop) > 1e-12:
        return Finding("not the dot products", largest(ours, loop))
    return rounded(ours, LOGITS, 4)


@claim(
    "b.2.vectors",
    "p(ring | Frodo) = exp(w_ring^T w_Frodo) / sum over v of exp(w_v^T w_Frodo)",
    sheet="w_ring, w_v",
    correction="w'_ring and w'_v, rows of the context table W'. With rows of W, as printed, ring's "
    "logit would be 0.5413 and the loss 2.2060.",
)
def context_rows() -> Finding:
    right = _pair_loss(examples.frodo_params(), FRODO, RING)
    printed = references.softmax_pair_loss((CENTER, CENTER), FRODO, RING)
    return instead(
        f"loss {right:.6f} with W', {printed:.6f} with W",
        right, references.softmax_pair_loss(TABLES, FRODO, RING), printed,
    )  # fmt: skip


@claim(
    "b.2.formula", "The loss is minus the positive's logit plus ln of the sum of all exponentials"
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
    "exp of the logits: 2.49, 1.81, 3.58, 2.59, 2.10",
    sheet=[2.49, 1.81, 3.58, 2.59, 2.10],
    assumptions=("these are five of the six: ring's 2.53 is not among them (b.2.sum)",),
)
def exponentials() -> Finding:
    return rounded(np.delete(_exponentials(), RING), [2.49, 1.81, 3.58, 2.59, 2.10], 2)


@claim(
    "b.2.sum",
    "ln(2.49 + 1.81 + 3.58 + 2.59 + 2.10) = 2.53 is the log of the denominator",
    sheet=2.53,
    correction="2.71 = ln(12.57 + 2.53) = ln 15.08: ring's own term, exp(0.9265) = 2.53, is "
    "missing. That ln 12.57 is 2.53 as well is a coincidence.",
)
def log_sum() -> Finding:
    right = np.log(_exponentials().sum())
    loop = np.log(sum(np.exp(references.dot(CENTER[FRODO], row)) for row in CONTEXT))
    return instead(f"{right:.6f}", right, loop, 2.53, resolution=0.005)


@claim(
    "b.2.loss",
    "Cross entropy of (Frodo, ring) is 1.60",
    sheet=1.60,
    correction="1.787: -0.9265 + 2.7136.",
)
def frodo_loss() -> Finding:
    right = _pair_loss(examples.frodo_params(), FRODO, RING)
    loop = references.softmax_pair_loss(TABLES, FRODO, RING)
    return instead(f"{right:.6f}", right, loop, 1.60, resolution=0.005)


@claim(
    "b.3.vocabulary",
    "The sum of the loss runs over v in V'",
    sheet="v in V'",
    correction="v in V, all words, the positive one included: V' is not defined on the sheet. "
    "(Without ring, as in the number above it, the probabilities would add up to 1.20.)",
)
def sum_over_vocabulary() -> Finding:
    params = examples.frodo_params()
    p = [np.exp(-float(_pair_loss(params, FRODO, c))) for c in range(6)]
    without = _exponentials() / np.delete(_exponentials(), RING).sum()
    return instead(f"sum over V: {sum(p):.6f}", sum(p), 1.0, without.sum())


def _slopes() -> np.ndarray:
    """Derivative of the loss of (Frodo, ring) in each logit."""
    slopes = compiled(jax.grad(lambda p: skipgram.pair_loss(p, FRODO, RING)))
    context = np.asarray(slopes(examples.frodo_params()).context)  # slope times Frodo's vector
    return context @ CENTER[FRODO] / (CENTER[FRODO] @ CENTER[FRODO])


@claim(
    "b.3.penalty",
    "The loss rises with the probability of a negative example",
    assumptions=("as its logit rises and the other logits stay",),
)
def penalty() -> Finding:
    p = np.asarray(_probabilities(examples.frodo_params(), FRODO))
    others = np.delete(_slopes(), RING)
    if not (others > 0).all():
        return Finding("a negative's slope is not positive", np.inf)
    return equal("slope p(v) > 0 in each other logit", (others, np.delete(p, RING)))


@claim("b.3.reward", "The loss falls as the probability of the positive example rises")
def reward() -> Finding:
    p = np.asarray(_probabilities(examples.frodo_params(), FRODO))
    if not _slopes()[RING] < 0:
        return Finding("the positive's slope is not negative", np.inf)
    return equal("slope p(ring) - 1 < 0 in ring's logit", (_slopes()[RING], p[RING] - 1))


@claim(
    "b.3.similarity",
    "Only words found in the same context are made more similar",
    assumptions=(
        "similarity is the logit of center and context vector, changed by itself: a step on the "
        "vectors also moves the logits of words whose context vectors point the same way",
    ),
)
def similarity() -> Finding:
    rising = np.flatnonzero(_slopes() < 0)
    return equal("descent raises the logit of ring alone", (rising, [RING]))


@claim(
    "c.rows",
    "An example (c, w) updates row w of W and every row of W' but that of w",
    sheet="|V| - 1 rows of W'",
    correction="all |V| rows of W': the sum over the vocabulary contains w's own context vector, "
    "so its row changes too.",
)
def updated_rows() -> Finding:
    center, context = skipgram.updated_rows(examples.frodo_params(), FRODO, RING)
    loop = references.softmax_pair_gradient(TABLES, FRODO, RING)
    rows = [np.flatnonzero(np.abs(table).max(1)).tolist() for table in loop]
    if (center, context) != tuple(rows) or center != [FRODO]:
        return Finding(f"rows {center} and {context}", np.inf)
    return instead(f"1 row of W, {len(context)} of 6 rows of W'", len(context), 6, 6 - 1, 0.5)


@claim("c.reason", "All context vectors change because all stand in the denominator")
def reason() -> Finding:
    params = examples.frodo_params()
    above = compiled(jax.grad(lambda p: -skipgram.logits(p, FRODO)[RING]))
    below = compiled(jax.grad(lambda p: jax.nn.logsumexp(skipgram.logits(p, FRODO))))
    numerator, denominator = above(params).context, below(params).context
    rows = [int(np.any(np.asarray(g), axis=1).sum()) for g in (numerator, denominator)]
    return equal("numerator alone: 1 row; denominator: 6", (rows, [1, 6]))


@claim("c.cost", "What an example costs grows in proportion to the vocabulary")
def cost() -> Finding:
    sizes = np.array([5, 10])
    touched = [
        len(skipgram.updated_rows(examples.random_tables(6, vocab=int(v)), 0, 1)[1]) for v in sizes
    ]
    return equal(f"context rows changed, V = {sizes.tolist()}: {touched}", (touched, sizes))


@claim("c.motivation", "Negative sampling costs less: at most k + 1 context rows an example")
def sampled_cost() -> Finding:
    params = examples.random_tables(7, vocab=16)
    gradient = compiled(jax.grad(sgns.pair_loss))(params, 0, 1, jnp.array([5, 9, 12]))
    rows = np.flatnonzero(np.any(np.asarray(gradient.context), axis=1))
    return equal("k = 3 of 16 words: 4 rows instead of 16", (rows, [1, 5, 9, 12]))

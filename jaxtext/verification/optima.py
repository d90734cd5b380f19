r"""Where the objectives of skip-gram have their minimum, for scores that are free in every entry.

Over a corpus, each score s = w.c occurs in #(w, c) positive terms and in a number e(w, c) of
negative ones, so the objective separates into one problem for each cell:

$$\ell(s) = -n \ln\sigma(s) - e \ln\sigma(-s), \qquad
  \ell'(s) = (n + e)\,\sigma(s) - n, \qquad
  \ell''(s) = (n + e)\,\sigma(s)\,\sigma(-s) > 0$$

Where n and e are positive it is strictly convex, with its only minimum at $s = \ln(n / e)$. The
value of e depends on the treatment of a negative that happens to be the context itself (`EQUAL`).
If it is kept, e = k #(w) P(c), and

$$w \cdot c = \ln\frac{\#(w, c)}{k\,\#(w)\,P(c)}
           = \ln\frac{P(w, c)}{P(w)\,P(c)} - \ln k$$

which is PMI - ln k (Levy and Goldberg 2014, section 3.1; sheet: matrix factorization, c) if

- P is the distribution of the contexts, #(c)/|D|, not smoothed by an exponent;
- #(w) and #(c) are the row and column sums of the pair counts, and |D| their total;
- the k negatives are summed, and those equal to the context are kept;
- the pair occurs (otherwise its score decreases without bound), and pairs are counted as they are
  used in training, after subsampling and with the windows that are drawn;
- the scores are free: the vectors have at least as many dimensions as the matrix has rank.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, ArrayLike, Float, Key, Num

from jaxtext.base.checks import check_at_least, check_distribution, check_nonnegative, check_shape
from jaxtext.base.types import EmbeddingParams
from jaxtext.training import loop

# A negative that is the context of its pair is kept, as in the paper; skipped, as in the programs
# word2vec and gensim; or drawn again, as in fastText.
EQUAL = ("keep", "skip", "redraw")


def negative_counts(
    counts: Num[np.ndarray, "V V"], noise: Float[np.ndarray, " V"], negatives: int, equal: str
) -> Float[np.ndarray, "V V"]:
    r"""Return the expected number e(w, c) of negatives c of the center w, by the treatment `equal`.

    With $\#(w) = \sum_v \#(w, v)$, all sums over the pairs' contexts v:

    | | e(w, c) / (k P(c)) |
    | --- | --- |
    | keep | #(w) |
    | skip | #(w) - #(w, c) |
    | redraw | $\sum_{v \ne c} \#(w, v) / (1 - P(v))$ |

    Raises `ValueError` for negative counts, noise that is no distribution, fewer than one
    negative, an unknown treatment, and, with "redraw", noise that is all on one word.

    >>> counts, noise = np.array([[3.0, 1.0], [1.0, 3.0]]), np.array([0.5, 0.5])
    >>> negative_counts(counts, noise, 1, "skip").tolist()
    [[0.5, 1.5], [1.5, 0.5]]
    """
    check_nonnegative("counts", counts)
    check_shape("noise", noise, counts.shape[1:])
    check_distribution("noise", noise)
    check_at_least("negatives", negatives, 1)
    if equal not in EQUAL:
        raise ValueError(f"equal: found {equal!r}, must be one of {', '.join(EQUAL)}")
    pairs = counts.sum(1, keepdims=True)  # [V, 1]
    if equal == "keep":
        others = np.broadcast_to(pairs, counts.shape)
    elif equal == "skip":
        others = pairs - counts
    else:
        if noise.max() >= 1:
            raise ValueError("noise: one word has all of it, so none other can be drawn")
        each = counts / (1 - noise)
        others = each.sum(1, keepdims=True) - each
    return negatives * noise * others


def score_optimum(
    counts: Num[np.ndarray, "V V"],
    noise: Float[np.ndarray, " V"],
    negatives: int,
    equal: str = "keep",
) -> Float[np.ndarray, "V V"]:
    """Return the score of each (center, context) that minimises the objective: ln(n / e).

    It is -inf if the pair never occurs, and +inf if the context is never a negative of the center.
    Raises `ValueError` as `negative_counts` does.

    >>> counts = np.array([[3, 1], [1, 3]])  # ln(3/2) - ln 2 and ln(1/2) - ln 2
    >>> score_optimum(counts, np.array([0.5, 0.5]), 2).round(4).tolist()
    [[-0.2877, -1.3863], [-1.3863, -0.2877]]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = np.log(counts) - np.log(negative_counts(counts, noise, negatives, equal))
    return np.where(np.asarray(counts) > 0, scores, -np.inf)


def weighted_loss(
    scores: Float[Array, "V V"],
    positives: Num[ArrayLike, "V V"],
    negatives: Float[ArrayLike, "V V"],
) -> Float[Array, ""]:
    r"""Return $-\sum_{w,c} [n \ln\sigma(s) + e \ln\sigma(-s)]$, the form of all treatments."""
    n, e = (jnp.asarray(each, scores.dtype) for each in (positives, negatives))
    return -jnp.sum(n * jax.nn.log_sigmoid(scores) + e * jax.nn.log_sigmoid(-scores))


def train(
    key: Key[Array, ""],
    loss: Callable[[Float[Array, "V V"]], Float[Array, ""]],
    vocab_size: int,
    dim: int,
    steps: int = 4000,
    rate: float = 0.3,
) -> Float[Array, "V V"]:
    """Return the scores w.c that minimising a loss of them leads to, starting from random tables.

    Both tables move at once, by descent with Nesterov momentum on the gradient of autodiff, without
    any knowledge of the optimum. The default rate is meant for a loss that is divided by the
    largest (n + e) of a cell; without this division, descent may diverge.
    """
    init = EmbeddingParams(*jax.random.normal(key, (2, vocab_size, dim)) * 0.5)
    optimizer = optax.sgd(rate, momentum=0.9, nesterov=True)
    update = loop.make_update(lambda params: loss(params.center @ params.context.T), optimizer)

    def step(state: loop.TrainState, _: None) -> tuple[loop.TrainState, None]:
        return update(state, ())[0], None

    with jax.numpy_dtype_promotion("standard"):  # inside optax
        state = jax.lax.scan(step, loop.init_state(init, optimizer), None, length=steps)[0]
    return state.params.center @ state.params.context.T


# How negative sampling relates to the softmax -------------------------------------------------


def conditional_from_scores(
    scores: Float[ArrayLike, "V V"], noise: Float[np.ndarray, " V"]
) -> Float[np.ndarray, "V V"]:
    r"""Return $p(c \mid w) = \mathrm{softmax}_c(w \cdot c + \ln P(c))$.

    At the optimum of negative sampling with noise P, for free scores and with negatives equal to
    the context kept, these are the empirical frequencies #(w, c)/#(w). The optimum of the full
    softmax predicts the same. The softmax of the scores alone does not, unless P is uniform.
    """
    with np.errstate(divide="ignore"):
        logits = np.asarray(scores) + np.log(noise)
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def gradient_in_log_probabilities(
    log_model: Float[np.ndarray, "V V"],
    counts: Num[np.ndarray, "V V"],
    noise: Float[np.ndarray, " V"],
    negatives: int,
) -> Float[np.ndarray, "V V"]:
    r"""Return the gradient of negative sampling in the log-probabilities u of a model.

    Put $s = u - \ln(k P(c))$, the score whose optimum is $u = \ln p(c \mid w)$. Then
    $\sigma(s) = e^u / (e^u + k P)$, and the gradient of a center's terms is

    $$\#(w) \frac{k P(c)}{e^u + k P(c)} \big( e^u - p(c \mid w) \big)$$

    As k grows the fraction tends to one and, for a normalised model, the gradient to that of the
    full softmax, model minus data, at a distance of order 1/k (for noise-contrastive estimation:
    Gutmann and Hyvarinen 2012; Mnih and Teh 2012, section 3).
    """
    scores = log_model - np.log(negatives * noise)
    data = counts.sum(1, keepdims=True)
    return data * negatives * noise * _sigmoid(scores) - counts * _sigmoid(-scores)


def _sigmoid(x: Float[np.ndarray, "V V"]) -> Float[np.ndarray, "V V"]:
    return 0.5 * (1 + np.tanh(x / 2))

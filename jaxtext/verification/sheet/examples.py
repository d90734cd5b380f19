"""The data of the sheet's worked examples, and small texts for what it states in general."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from numpy.typing import ArrayLike

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import mlp, sgns
from jaxtext.text.windows import Stream, stream_pairs
from jaxtext.verification import gradients, optima
from jaxtext.verification.oracles import compiled

# Backpropagation, c: a 3-2-2 network, two examples of two classes, all weights one.
INPUTS = np.array([[-1.0, 0.0, 2.0], [2.0, 1.0, 1.0]])
TARGETS = np.array([[0.0, 1.0], [1.0, 0.0]])
LEARNING_RATE = 1.0

# Skip-gram basics.
SENTENCE = ["The", "quick", "brown", "fox", "jumped", "over", "the", "lazy", "dog"]
WINDOW = 2

# Skip-gram training, b.
VOCABULARY = ("Daenerys", "Frodo", "ring", "dragon", "Picard", "ship")
CENTER = np.array(
    [
        [0.54, 0.25, 0.07],
        [0.91, 0.74, 0.27],
        [0.58, 0.00, 0.05],
        [0.16, 0.77, 0.31],
        [0.10, 0.54, 0.32],
        [0.59, 0.99, 0.06],
    ]
)
CONTEXT = np.array(
    [
        [0.19, 0.64, 0.98],
        [0.17, 0.42, 0.47],
        [0.55, 0.24, 0.92],
        [0.89, 0.58, 0.13],
        [0.31, 0.73, 0.48],
        [0.49, 0.20, 0.54],
    ]
)
FRODO, RING = VOCABULARY.index("Frodo"), VOCABULARY.index("ring")


def toy_network() -> list[mlp.Layer]:
    """The 3-2-2 network of the sheet, whose weights are all one, without bias."""
    return [mlp.Layer(jnp.asarray(np.ones(shape))) for shape in ((2, 3), (2, 2))]


def toy_gradient(params: list[mlp.Layer]) -> list[mlp.Layer]:
    """Gradient by hand of the mean squared error over the sheet's two examples."""

    def one(x: Float[Array, " I"], target: Float[Array, " O"]) -> list[mlp.Layer]:
        return gradients.backpropagate(params, x, target, "logistic")

    each = compiled(jax.vmap(one))(jnp.asarray(INPUTS), jnp.asarray(TARGETS))
    return jax.tree.map(lambda parts: jnp.asarray(np.asarray(parts).mean(axis=0)), each)


def toy_update(params: list[mlp.Layer], learning_rate: float = LEARNING_RATE) -> list[mlp.Layer]:
    """All weights after one step of gradient descent on the sheet's two examples."""
    return jax.tree.map(
        lambda w, g: jnp.asarray(np.asarray(w) - learning_rate * np.asarray(g)),
        params,
        toy_gradient(params),
    )


def frodo_params() -> EmbeddingParams:
    """The two tables of skip-gram training, b."""
    return EmbeddingParams(jnp.asarray(CENTER), jnp.asarray(CONTEXT))


def sentence_ids() -> tuple[list[str], Int[np.ndarray, " T"]]:
    """The sentence's words in order of their first appearance, and the sentence as ids."""
    words = list(dict.fromkeys(SENTENCE))
    return words, np.array([words.index(word) for word in SENTENCE])


def small_corpus() -> Int[np.ndarray, " T"]:
    """150 tokens of five words with unequal frequencies, in which every pair occurs."""
    return np.random.default_rng(0).choice(5, 150, p=np.array([0.35, 0.25, 0.2, 0.12, 0.08]))


def small_windows() -> Int[np.ndarray, " T"]:
    """The window of each token of `small_corpus`: one or two words, drawn as in word2vec.

    Since each token draws its own, the counts of the pairs are not symmetric, and the sums of their
    rows and columns differ: code that confuses centers and contexts gives other numbers.
    """
    return np.random.default_rng(1).integers(1, WINDOW + 1, len(small_corpus()))


def small_pairs() -> Int[np.ndarray, "N 2"]:
    """Every (center, context) pair of `small_corpus` with its windows."""
    ids, reach = small_corpus(), small_windows()
    place = np.arange(len(ids))
    left, right = np.minimum(place, reach), np.minimum(place[::-1], reach)
    return stream_pairs(Stream(ids, left, right, place))


def small_counts() -> tuple[Float[np.ndarray, "V V"], Float[np.ndarray, " V"]]:
    """How often each of `small_pairs` occurs, [center, context], and the share of each context."""
    counts = np.zeros((5, 5))
    np.add.at(counts, tuple(small_pairs().T), 1.0)
    return counts, counts.sum(0) / counts.sum()


@partial(compiled, static_argnums=0)
def trained_scores(negatives: int) -> Float[Array, "V V"]:
    """The scores of `small_counts` after training on the expected objective from random vectors."""
    counts, noise = small_counts()
    most = (counts + negatives * counts.sum(1, keepdims=True) * noise).max()
    return optima.train(
        jax.random.key(2), lambda s: sgns.score_loss(s, counts, noise, negatives) / most, 5, 6
    )


def random_tables(seed: int, vocab: int = 5, dim: int = 3) -> EmbeddingParams:
    """Normally distributed vectors."""
    center, context = np.random.default_rng(seed).normal(size=(2, vocab, dim))
    return EmbeddingParams(jnp.asarray(center), jnp.asarray(context))


def random_network(seed: int, widths: tuple[int, ...] = (3, 2, 2)) -> list[mlp.Layer]:
    """Normally distributed weights without bias, so that no symmetry hides a wrong index."""
    rng = np.random.default_rng(seed)
    return [
        mlp.Layer(jnp.asarray(rng.normal(size=(o, i))))
        for i, o in zip(widths[:-1], widths[1:], strict=True)
    ]


def weights_of(params: list[mlp.Layer]) -> list[tuple[np.ndarray, np.ndarray | None]]:
    """The layers as the loops of `references` take them."""
    return [
        (np.asarray(layer.weight), None if layer.bias is None else np.asarray(layer.bias))
        for layer in params
    ]


def logistic(x: ArrayLike) -> Float[np.ndarray, "..."]:
    """1 / (1 + e^-x), written as on the sheet."""
    return np.asarray(1 / (1 + np.exp(-np.asarray(x))))

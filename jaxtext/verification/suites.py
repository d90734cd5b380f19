"""The gradients derived by hand, each with the cases at which the oracles check it."""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from jaxtext.base.types import EmbeddingParams
from jaxtext.models import cells, mlp, sgns, skipgram
from jaxtext.training.counts import newton
from jaxtext.training.sampling import noise_distribution
from jaxtext.training.stream import block as stream
from jaxtext.verification import gradients, references
from jaxtext.verification.oracles import Case, Suite

DIM, VOCAB = 3, 5
ACTIVATIONS = {**{name: name for name in mlp.ACTIVATIONS}, "sine": jnp.sin}
LOSSES = {"squared_error": mlp.squared_error, "cross_entropy": mlp.cross_entropy}


def suites() -> list[Suite]:
    """Build and return all suites."""
    return [
        *network_suites(),
        *skipgram_suites(),
        *corpus_suites(),
        stream_suite(),
        *cell_suites(),
    ]


def network_suites() -> list[Suite]:
    """Return suites of three layers with biases for each activation and loss, and a mixed one."""
    uniform = [
        _network_suite(f"{activation}.{loss.replace('_', '-')}", [activation] * 3, loss, seed)
        for seed, activation in enumerate(ACTIVATIONS, 3)  # most ReLU units are active
        for loss in LOSSES
    ]
    return [
        *uniform,
        _network_suite("mixed", ["relu", "tanh", "softmax", "sine"], "squared_error", 9),
    ]


def _network_suite(name: str, activations: list[str], loss: str, seed: int) -> Suite:
    rng = np.random.default_rng(seed)
    widths = [3, 4, 3, 2, 2][: len(activations) + 1]
    params = [
        mlp.Layer(*(jnp.asarray(rng.normal(scale=0.6, size=size)) for size in ((o, i), o)))
        for i, o in zip(widths[:-1], widths[1:], strict=True)
    ]
    params[0] = params[0]._replace(bias=None)
    x, target = jnp.asarray(rng.normal(size=3)), jnp.asarray(np.array([0.3, 0.9]))
    functions = [ACTIVATIONS[each] for each in activations]
    pullbacks = gradients.PULLBACKS | {jnp.sin: lambda z, h, d: jnp.cos(z) * d}
    return Suite(
        f"network.{name}",
        f"backpropagation through {', '.join(dict.fromkeys(activations))} layers, "
        f"{loss.replace('_', ' ')}",
        lambda p, x, t: mlp.example_loss(p, x, t, functions, LOSSES[loss]),
        lambda p, x, t: gradients.backpropagate(p, x, t, functions, LOSSES[loss], pullbacks),
        lambda p, x, t: references.network_gradient(p, x, t, activations, loss),
        [Case("random", params, (x, target), rate=0.01)],
    )


def _tables(seed: int, vocab: int = VOCAB, size: float = 1.0) -> EmbeddingParams:
    center, context = size * np.random.default_rng(seed).normal(size=(2, vocab, DIM))
    return EmbeddingParams(jnp.asarray(center), jnp.asarray(context))


def _saturated(sign: float) -> EmbeddingParams:
    """Return tables whose scores w.c are 1000 for word 1 and -1000 for word 2, or the reverse."""
    center, context = np.full((VOCAB, DIM), 10.0), np.zeros((VOCAB, DIM))
    context[1], context[2] = sign * 100 / 3, -sign * 100 / 3
    return EmbeddingParams(jnp.asarray(center), jnp.asarray(context))


def skipgram_suites() -> list[Suite]:
    """Return the suites of one pair: full softmax, and sampled with all kinds of negatives."""
    ids = partial(np.array, dtype=np.int32)
    one = _tables(3, vocab=1)
    softmax_cases = [
        Case("random", _tables(1), (ids(0), ids(1)), rate=0.1),
        Case("a word with itself", _tables(2), (ids(2), ids(2)), rate=0.1),
        Case("scores of 1000", _saturated(1.0), (ids(0), ids(1))),
        Case("scores of -1000", _saturated(-1.0), (ids(0), ids(1))),
        Case("one word", one, (ids(0), ids(0))),
    ]
    negatives = {
        "distinct": [2, 3, 4],
        "repeated": [2, 2, 2],
        "one is the context": [1, 3, 1],
        "one is the center": [0, 3, 3],
    }
    sampled_cases = [
        Case(name, _tables(seed), (ids(0), ids(1), ids(drawn)), rate=0.1)
        for seed, (name, drawn) in enumerate(negatives.items(), 4)
    ]
    sampled_cases += [
        Case("a word with itself", _tables(8), (ids(2), ids(2), ids([2, 0, 2])), rate=0.1),
        Case("scores of 1000", _saturated(1.0), (ids(0), ids(1), ids([2, 1, 2]))),
        Case("scores of -1000", _saturated(-1.0), (ids(0), ids(1), ids([2, 1, 2]))),
        Case("one word", one, (ids(0), ids(0), ids([0, 0, 0]))),
    ]
    return [
        Suite(
            "softmax-pair",
            "full softmax, one pair",
            lambda p, *ids: skipgram.pair_loss(p, *ids),
            lambda p, *ids: gradients.softmax_pair_gradient(p, *ids),
            references.softmax_pair_gradient,
            softmax_cases,
        ),
        Suite(
            "sampled-pair",
            "negative sampling, one pair with its negatives",
            lambda p, *ids: sgns.pair_loss(p, *ids, weight=0.5),
            lambda p, *ids: gradients.sampled_pair_gradient(p, *ids, weight=0.5),
            lambda p, *ids: references.sampled_pair_gradient(p, *ids, weight=0.5),
            sampled_cases,
        ),
    ]


def corpus_suites() -> list[Suite]:
    """Return the suites of the objective of a corpus, in the tables and in the free scores."""
    rng = np.random.default_rng(11)
    k = 3

    def arguments(vocab: int = VOCAB) -> tuple:
        counts = rng.integers(0, 4, (vocab, vocab)).astype(float)
        counts[0, 0] += 1
        noise = noise_distribution(counts.sum(0) + 1, 0.75)
        return counts, noise

    one = (np.array([[3.0]]), np.array([1.0]))
    cases = [
        Case("random", _tables(12), arguments(), rate=0.02),
        Case("large scores", _tables(13, size=4.0), arguments()),
        Case("scores of 1000", _saturated(1.0), arguments()),
        Case("one word", _tables(14, vocab=1), one, rate=0.01),
    ]
    free = [
        c._replace(params=jnp.asarray(np.asarray(c.params.center) @ np.asarray(c.params.context).T))
        for c in cases
    ]

    def blocks(params: EmbeddingParams, counts: jax.Array, noise: jax.Array) -> EmbeddingParams:
        counts = jnp.asarray(counts)
        weight = k * counts.sum(1)
        return EmbeddingParams(*newton.block_gradient(*params, counts, weight, jnp.asarray(noise)))

    return [
        Suite(
            "exact",
            "the exact trainer: blocks of the score matrix",
            lambda p, *args: sgns.expected_loss(p, *args, negatives=k),
            blocks,
            lambda p, *args: references.corpus_gradient(p, *args, k=k),
            cases,
        ),
        Suite(
            "corpus",
            "negative sampling over a corpus in expectation, in both tables",
            lambda p, *args: sgns.expected_loss(p, *args, negatives=k),
            lambda p, *args: gradients.expected_gradient(p, *args, negatives=k),
            lambda p, *args: references.corpus_gradient(p, *args, k=k),
            cases,
        ),
        Suite(
            "scores",
            "negative sampling over a corpus in expectation, in the free scores w.c",
            lambda p, *args: sgns.score_loss(p, *args, negatives=k),
            lambda p, *args: gradients.score_gradient(p, *args, negatives=k),
            lambda p, *args: references.score_gradient(p, *args, k=k),
            free,
        ),
    ]


def stream_suite() -> Suite:
    """Return the suite of the fast path: a block of a stream with shared negatives."""
    k = 4
    rng = np.random.default_rng(15)

    def block(vocab: int, negatives: list[int]) -> tuple:
        # Six tokens with a window of two, as if a sentence ended after the third.
        ids = rng.integers(0, vocab, 10)
        left, right = np.array([2, 1, 2, 0, 1, 2]), np.array([2, 1, 0, 2, 2, 1])
        return (
            stream.Block(
                *(jnp.asarray(np.array(x, np.int32)) for x in (ids, left, right, negatives))
            ),
        )

    def loss(params: EmbeddingParams, block: stream.Block) -> jax.Array:
        return stream.block_loss(params, block, k)[0]

    def by_hand(params: EmbeddingParams, block: stream.Block) -> EmbeddingParams:
        zeros = EmbeddingParams(*(jnp.zeros_like(table) for table in params))
        return stream.add_rows(zeros, stream.block_gradient(params, block, k))

    def by_loop(params: Sequence[np.ndarray], block: Sequence[np.ndarray]) -> Sequence[np.ndarray]:
        return references.stream_gradient(params, *block, k=k)

    cases = [
        Case("random", _tables(16), block(VOCAB, [0, 3, 4]), rate=0.02),
        Case("repeated negatives", _tables(17), block(VOCAB, [2, 2, 2]), rate=0.02),
        Case("scores of 1000", _saturated(1.0), block(VOCAB, [1, 2, 2])),
        Case("scores of -1000", _saturated(-1.0), block(VOCAB, [1, 2, 2])),
        Case("one word", _tables(18, vocab=1), block(1, [0, 0, 0]), rate=0.02),
    ]
    return Suite(
        "stream", "the fast training path: a block of a token stream", loss, by_hand, by_loop, cases
    )


CELLS: dict[str, cells.Cell] = {
    "logistic": cells.LOGISTIC,
    "exponential": cells.EXPONENTIAL,
    "squares": cells.SQUARES,
    "weighted-squares": cells.weighted_squares(),
}


def cell_suites() -> list[Suite]:
    """Return the suites of the cell losses: slope and curvature of each, by cell."""
    n, e = (x.ravel() for x in np.meshgrid([0.0, 1.0, 7.0, 250.0], [0.0, 0.5, 20.0]))
    scores = np.random.default_rng(19).normal(scale=3, size=len(n))
    usual = Case("scores of 0 to 9", jnp.asarray(scores), (n, e), rate=1e-3)
    far = Case("scores of 1000", jnp.asarray(1000 * np.sign(scores)), (n, e))

    def suite(name: str, cell: cells.Cell, order: int) -> Suite:
        lower, by_hand = (cell.value, cell.derivative, cell.curvature)[order - 1 : order + 1]
        return Suite(
            f"cell.{name}.{('slope', 'curvature')[order - 1]}",
            f"the {('slope', 'curvature')[order - 1]} of a cell, {name.replace('-', ' ')}",
            lambda s, n, e: lower(s, jnp.asarray(n), jnp.asarray(e)).sum(),
            lambda s, n, e: by_hand(s, jnp.asarray(n), jnp.asarray(e)),
            lambda s, n, e: np.array(
                [references.cell(name, *each)[order] for each in zip(s, n, e, strict=True)]
            ),
            [usual] if name == "exponential" else [usual, far],
        )

    return [suite(name, cell, order) for name, cell in CELLS.items() for order in (1, 2)]

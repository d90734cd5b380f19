"""Slow, obvious loops in NumPy that compute what the models compute.

They share nothing with the models or with `gradients`. Gradients of networks are pushed forward
from each weight to the loss, instead of pulled back from the loss; those of skip-gram are added up
pair by pair and draw by draw. Scores, losses and derivatives are Python floats.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product

import numpy as np
from jaxtyping import Float, Int, Num

Word = int | np.integer | np.ndarray
Ids = Sequence[int] | np.ndarray
Noise = Sequence[float] | np.ndarray
Tables = Sequence[np.ndarray]  # center and context, [V, D] each
Weights = Sequence[tuple[np.ndarray, np.ndarray | None]]  # ([O, I], [O] or None) of each layer


def sigmoid(x: float) -> float:
    """Return 1 / (1 + e^-x), without overflow."""
    if x < 0:
        return math.exp(x) / (1 + math.exp(x))
    return 1 / (1 + math.exp(-x))


def log_sigmoid(x: float) -> float:
    """Return ln sigmoid(x), without overflow."""
    return min(x, 0.0) - math.log1p(math.exp(-abs(x)))


def dot(a: Float[np.ndarray, " D"], b: Float[np.ndarray, " D"]) -> float:
    """Return the sum of products, added one after the other."""
    total = 0.0
    for x, y in zip(a, b, strict=True):
        total += float(x) * float(y)
    return total


# Networks ---------------------------------------------------------------------------------------


def softmax(z: Float[np.ndarray, " O"]) -> Float[np.ndarray, " O"]:
    """Return exp(z_i) divided by the sum of all exp(z_j)."""
    powers = [math.exp(x - max(z)) for x in z]
    return np.array([power / sum(powers) for power in powers])


def _softmax_derivative(z: np.ndarray) -> np.ndarray:
    s = softmax(z)
    return np.array([[s[i] * ((i == j) - s[j]) for j in range(len(z))] for i in range(len(z))])


def _each(f: Callable[[float], float]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda z: np.array([f(x) for x in z])


def _diagonal(f: Callable[[float], float]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda z: np.diag([f(x) for x in z])


# Each activation with its derivative: a matrix whose entry (i, j) is that of output i in input j.
ACTIVATIONS = {
    "relu": (_each(lambda x: max(x, 0.0)), _diagonal(lambda x: float(x > 0))),
    "tanh": (_each(math.tanh), _diagonal(lambda x: 1 / math.cosh(x) ** 2)),
    "logistic": (_each(sigmoid), _diagonal(lambda x: sigmoid(x) * sigmoid(-x))),
    "identity": (_each(lambda x: x), _diagonal(lambda x: 1.0)),
    "softmax": (softmax, _softmax_derivative),
    "sine": (_each(math.sin), _diagonal(math.cos)),
}


def layer_sums(weight: np.ndarray, bias: np.ndarray | None, values: np.ndarray) -> np.ndarray:
    """Return the weighted sum of each unit, before its activation."""
    return np.array(
        [dot(row, values) + (0.0 if bias is None else bias[i]) for i, row in enumerate(weight)]
    )


def forward(layers: Weights, x: np.ndarray, names: Sequence[str]) -> list[np.ndarray]:
    """Return the values of all layers, computed unit by unit."""
    outputs = [x]
    for (weight, bias), name in zip(layers, names, strict=True):
        outputs.append(ACTIVATIONS[name][0](layer_sums(weight, bias, outputs[-1])))
    return outputs


def output_loss(name: str, outputs: np.ndarray, target: np.ndarray) -> float:
    """Return `squared_error`, or `cross_entropy` of the softmax of the outputs."""
    if name == "squared_error":
        return float(sum((t - y) ** 2 for t, y in zip(target, outputs, strict=True))) / 2
    return -float(sum(t * math.log(p) for t, p in zip(target, softmax(outputs), strict=True)))


def _output_derivative(name: str, outputs: np.ndarray, target: np.ndarray) -> np.ndarray:
    if name == "squared_error":
        return outputs - target
    probabilities = softmax(outputs)
    # of -sum_l t_l ln p_l in output j: -sum_l t_l ((l == j) - p_j)
    return np.array(
        [
            -sum(t * ((m == j) - probabilities[j]) for m, t in enumerate(target))
            for j in range(len(outputs))
        ]
    )


def network_gradient(
    layers: Weights, x: np.ndarray, target: np.ndarray, names: Sequence[str], loss: str
) -> list[tuple[np.ndarray, np.ndarray | None]]:
    """Return the derivative in each weight, by following its effect forward to the loss."""
    values = forward(layers, x, names)
    slope = _output_derivative(loss, values[-1], target)

    def effect(depth: int, change: np.ndarray) -> float:
        """Return the effect of a change of a layer's weighted sums on the loss."""
        for k in range(depth, len(layers)):
            weight, bias = layers[k]
            derivative = ACTIVATIONS[names[k]][1](layer_sums(weight, bias, values[k]))
            change = derivative @ (change if k == depth else weight @ change)
        return dot(slope, change)

    gradient = []
    for depth, (weight, bias) in enumerate(layers):
        one = np.eye(len(weight))
        by_weight = np.array(
            [[effect(depth, one[i] * value) for value in values[depth]] for i in range(len(weight))]
        )
        by_bias = None if bias is None else np.array([effect(depth, row) for row in one])
        gradient.append((by_weight, by_bias))
    return gradient


# Skip-gram --------------------------------------------------------------------------------------


def pairs(tokens: Ids, window: int | Ids) -> list[tuple[int, int]]:
    """Return every token with each of its neighbors, from left to right.

    The window is the same for all tokens, or one for each.
    """
    listed = []
    for t, center in enumerate(tokens):
        reach = window if isinstance(window, int) else int(window[t])
        for u, context in enumerate(tokens):
            if t != u and abs(t - u) <= reach:
                listed.append((int(center), int(context)))
    return listed


def cooccurrence(tokens: Ids, window: int | Ids, vocab_size: int) -> Int[np.ndarray, "V V"]:
    """Count how often each (center, context) occurs."""
    counts = np.zeros((vocab_size, vocab_size), np.int64)
    for center, context in pairs(tokens, window):
        counts[center, context] += 1
    return counts


def softmax_pair_loss(tables: Tables, center: Word, context: Word) -> float:
    """Return -ln p(context | center), with all words in the denominator."""
    scores = [dot(tables[0][center], row) for row in tables[1]]
    top = max(scores)
    return math.log(sum(math.exp(s - top) for s in scores)) + top - scores[context]


def softmax_pair_gradient(tables: Tables, center: Word, context: Word) -> Tables:
    """Return the gradient of `softmax_pair_loss`, word by word."""
    d_center, d_context = (np.zeros_like(table) for table in tables)
    p = softmax(np.array([dot(tables[0][center], row) for row in tables[1]]))
    for v in range(len(tables[1])):
        slope = p[v] - (v == context)
        d_center[center] += slope * tables[1][v]
        d_context[v] += slope * tables[0][center]
    return d_center, d_context


def sampled_pair_loss(tables: Tables, center: Word, context: Word, negatives: Ids) -> float:
    """Return -ln sigmoid(w.c), plus -ln sigmoid(-w.n) for each negative."""
    loss = -log_sigmoid(dot(tables[0][center], tables[1][context]))
    for n in negatives:
        loss -= log_sigmoid(-dot(tables[0][center], tables[1][n]))
    return loss


def sampled_pair_gradient(
    tables: Tables, center: Word, context: Word, negatives: Ids, weight: float = 1.0
) -> Tables:
    """Return the gradient of `sampled_pair_loss`, word by word; negatives count `weight` times."""
    d_center, d_context = (np.zeros_like(table) for table in tables)
    for word, label, times in [(context, 1, 1.0)] + [(n, 0, weight) for n in negatives]:
        w, c = tables[0][center], tables[1][word]
        slope = times * (sigmoid(dot(w, c)) if label == 0 else -sigmoid(-dot(w, c)))
        d_center[center] += slope * c
        d_context[word] += slope * w
    return d_center, d_context


def draws(noise: Noise, count: int) -> Iterator[tuple[tuple[int, ...], float]]:
    """Yield every possible draw of `count` negatives, with its probability."""
    for drawn in product(range(len(noise)), repeat=count):
        yield drawn, math.prod(noise[n] for n in drawn)


def mean_over_draws(loss: Callable[[Ids], float], noise: Noise, count: int) -> float:
    """Return the expectation of a loss of negatives: all draws, weighted by their probabilities."""
    return math.fsum(chance * loss(drawn) for drawn, chance in draws(noise, count))


def corpus_loss(tables: Tables, counts: Num[np.ndarray, "V V"], noise: Noise, k: int) -> float:
    """Return the objective of all pairs, pair by pair, each with its sum over the vocabulary."""
    total = 0.0
    for w, c in np.argwhere(counts):
        total += counts[w, c] * sampled_pair_loss(tables, w, c, [])
        for v, chance in enumerate(noise):
            negative = -log_sigmoid(-dot(tables[0][w], tables[1][v]))
            total += counts[w, c] * k * chance * negative
    return float(total)


def corpus_gradient(tables: Tables, counts: Num[np.ndarray, "V V"], noise: Noise, k: int) -> Tables:
    """Return the gradient of `corpus_loss`, pair by pair."""
    d_center, d_context = (np.zeros_like(table) for table in tables)
    for w, c in np.argwhere(counts):
        for v in range(len(noise)):
            score = dot(tables[0][w], tables[1][v])
            slope = counts[w, c] * k * noise[v] * sigmoid(score)
            if v == c:
                slope -= counts[w, c] * sigmoid(-score)
            d_center[w] += slope * tables[1][v]
            d_context[v] += slope * tables[0][w]
    return d_center, d_context


def score_gradient(
    scores: Float[np.ndarray, "V V"],
    counts: Num[np.ndarray, "V V"],
    noise: Noise,
    k: int,
) -> Float[np.ndarray, "V V"]:
    """Return the gradient of the objective of all pairs in each score, pair by pair."""
    gradient = np.zeros_like(scores)
    for w, c in np.argwhere(counts):
        gradient[w, c] -= counts[w, c] * sigmoid(-float(scores[w, c]))
        for v in range(len(noise)):
            gradient[w, v] += counts[w, c] * k * noise[v] * sigmoid(float(scores[w, v]))
    return gradient


def variant_gradient(
    scores: Float[np.ndarray, "V V"],
    counts: Num[np.ndarray, "V V"],
    noise: Noise,
    k: int,
    equal: str,
) -> Float[np.ndarray, "V V"]:
    """Return `score_gradient` with negatives equal to the context kept, skipped or redrawn."""
    gradient = np.zeros_like(scores)
    for w, c in np.argwhere(counts):
        gradient[w, c] -= counts[w, c] * sigmoid(-float(scores[w, c]))
        for v, chance in enumerate(noise):
            if equal == "skip" and v == c:
                continue
            if equal == "redraw":
                chance = 0.0 if v == c else chance / (1 - noise[c])
            gradient[w, v] += counts[w, c] * k * chance * sigmoid(float(scores[w, v]))
    return gradient


def stream_gradient(
    tables: Tables,
    ids: Ids,
    left: Ids,
    right: Ids,
    negatives: Ids,
    k: int,
) -> Tables:
    """Return the gradient of a block of a stream, pair by pair; negatives have the weight k/K.

    On either side, `ids` has as many tokens more than `left` as the window is wide.
    """
    d_center, d_context = (np.zeros_like(table) for table in tables)
    window = (len(ids) - len(left)) // 2
    for t in range(len(left)):
        place = t + window
        for u in range(place - int(left[t]), place + int(right[t]) + 1):
            if u != place:
                parts = sampled_pair_gradient(
                    tables, ids[place], ids[u], negatives, k / len(negatives)
                )
                d_center += parts[0]
                d_context += parts[1]
    return d_center, d_context


def cell(name: str, s: float, n: float, e: float) -> tuple[float, float, float, float]:
    """Return the loss of a cell, by name, and its first three derivatives in the score."""
    if name == "logistic":
        p, q = sigmoid(s), sigmoid(-s)
        loss = -n * log_sigmoid(s) - e * log_sigmoid(-s)
        return loss, e * p - n * q, (n + e) * p * q, (n + e) * p * q * (q - p)
    if name == "exponential":
        power = e * math.exp(s)
        return power - n * s, power - n, power, power
    if name == "squares":
        return e * s * s / 2 - n * s, e * s - n, e, 0.0
    if n == 0:
        return 0.0, 0.0, 0.0, 0.0
    weight = 1.0 if n > 100 else (n / 100) ** 0.75  # as published with GloVe
    off = s - math.log(n)
    return weight * off * off / 2, weight * off, weight, 0.0

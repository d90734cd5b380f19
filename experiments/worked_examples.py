"""Every worked example of the exercise sheet, with its intermediate values.

    python experiments/worked_examples.py

Takes 4 seconds. Expect w_12^(2) = 0.964045 and w_22^(1) = 0.999282 after the update, 30 training
pairs, 60,855,000 parameters, a cross entropy of 1.787056 for (Frodo, ring), and scores that end
at PMI - ln k.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import tyro

from jaxtext import mlp, pmi, sgns, skipgram, text
from jaxtext.reports import scripts
from jaxtext.reports.tables import print_table, print_text
from jaxtext.verification import optima
from jaxtext.verification.sheet import examples


@dataclass(frozen=True)
class Config:
    """What the sheet leaves open."""

    learning_rate: float = examples.LEARNING_RATE
    negatives: int = 5


def show(values: np.ndarray | jax.Array, digits: int = 6) -> str:
    """Return the numbers of a vector, rounded."""
    return "  ".join(f"{float(v):.{digits}f}" for v in np.ravel(np.asarray(values)))


def backpropagation(learning_rate: float) -> None:
    """Print forward pass, deltas, gradients and one update of the 3-2-2 network."""
    params = examples.toy_network()
    print_text("\nBACKPROPAGATION: a 3-2-2 network of logistic units, all weights 1")
    rows, losses = [], []
    for number, (x, t) in enumerate(zip(examples.INPUTS, examples.TARGETS, strict=True), 1):
        _, h, y = mlp.values(params, jnp.asarray(x), "logistic")
        delta = (t - np.asarray(y)) * np.asarray(y) * (1 - np.asarray(y))
        inner = np.asarray(params[1].weight).T @ delta * np.asarray(h) * (1 - np.asarray(h))
        losses.append(float(mlp.squared_error(y, jnp.asarray(t))))
        rows.append(
            [str(number), show(x, 0), show(t, 0), show(h), show(y), show(delta), show(inner)]
        )
    header = ["example", "x", "t", "h", "y", "delta, outputs", "delta, hidden"]
    print_table("Forward and backward pass, delta = (t - y) y (1 - y)", header, rows)
    print_text(f"mean loss {np.mean(losses):.6f}")
    gradient = examples.toy_gradient(params)
    new = examples.toy_update(params, learning_rate)
    rows = []
    for k, (g, w) in enumerate(zip(gradient, new, strict=True), 1):
        for j, i in np.ndindex(np.shape(w.weight)[::-1]):  # in the sheet's order: from j to i
            slope, weight = float(np.asarray(g.weight)[i, j]), float(np.asarray(w.weight)[i, j])
            rows.append([f"w_{j + 1}{i + 1}^({k})", f"{slope:+.6f}", f"{weight:.6f}"])
    print_table(f"One update, learning rate {learning_rate:g}", ["weight", "dL/dw", "after"], rows)


def pairs_and_parameters() -> None:
    """Print the training pairs of the sentence and the size of the model."""
    print_text(f"\nSKIP-GRAM BASICS: {' '.join(examples.SENTENCE)}")
    words, ids = examples.sentence_ids()
    pairs = text.pairs(ids, examples.WINDOW)
    rows, places = [], iter(pairs)
    for number, center in enumerate(examples.SENTENCE, 1):
        reach = min(number - 1, examples.WINDOW) + min(len(ids) - number, examples.WINDOW)
        contexts = [words[next(places)[1]] for _ in range(reach)]
        rows.append([str(number), center, ", ".join(contexts)])
    print_table(
        f"{len(pairs)} pairs, window {examples.WINDOW}", ["window", "source", "targets"], rows
    )
    count = skipgram.parameter_count(101_425, 300)
    print_text(f"parameters for 101,425 words of 300 dimensions: 2 x 101,425 x 300 = {count:,}")


def cross_entropy() -> None:
    """Print logits, exponentials, probabilities and loss of (Frodo, ring)."""
    print_text("\nSKIP-GRAM TRAINING: cross entropy of (Frodo, ring)")
    params, frodo, ring = examples.frodo_params(), examples.FRODO, examples.RING
    logits = np.asarray(skipgram.logits(params, frodo))
    probabilities = np.asarray(skipgram.probabilities(params, frodo))
    slope = probabilities - (np.arange(6) == ring)
    rows = [
        [word, f"{s:.4f}", f"{np.exp(s):.4f}", f"{p:.6f}", f"{g:+.6f}"]
        for word, s, p, g in zip(examples.VOCABULARY, logits, probabilities, slope, strict=True)
    ]
    print_table("Logits w.c", ["word", "logit", "exp", "p(c | Frodo)", "dL/dlogit"], rows)
    total = np.exp(logits).sum()
    loss = float(skipgram.pair_loss(params, frodo, ring))
    print_text(f"-{logits[ring]:.4f} + ln {total:.4f} = {loss:.6f}")
    center, context = skipgram.updated_rows(params, frodo, ring)
    print_text(f"a step on this pair changes rows {center} of W and rows {context} of W'")


def factorization(negatives: int) -> None:
    """Print the sampled objective, its expectation, and the optimum of the whole corpus."""
    print_text("\nMATRIX FACTORIZATION: a corpus of 150 tokens, 5 words, windows of 1 and 2")
    counts, noise = examples.small_counts()
    params = examples.random_tables(0)
    drawn = np.arange(negatives) % 5
    sampled = float(sgns.pair_loss(params, 0, 1, drawn))
    expected = float(sgns.expected_pair_loss(params, 0, 1, noise, negatives))
    whole = float(sgns.expected_loss(params, counts, noise, negatives))
    print_text(f"loss of one pair with negatives {drawn.tolist()}: {sampled:.6f}")
    print_text(f"its expectation over all negatives: {expected:.6f}")
    print_text(f"summed over the {counts.sum():.0f} pairs of the corpus: {whole:.4f}")
    optimum = optima.score_optimum(counts, noise, negatives)
    trained = np.asarray(examples.trained_scores(negatives))
    rows = [
        [f"{w}, {c}", f"{counts[w, c]:.0f}", f"{pmi.pmi(counts)[w, c]:+.6f}"]
        + [f"{matrix[w, c]:+.6f}" for matrix in (optimum, trained)]
        for w, c in np.ndindex(2, 5)
    ]
    header = ["w, c", "count", "PMI", f"PMI - ln {negatives}", "w.c after training"]
    print_table("The optimum (10 of 25 pairs)", header, rows)
    print_text(f"largest difference of all 25: {np.abs(trained - optimum).max():.1e}")
    learned = optima.conditional_from_scores(trained, noise)
    data = counts / counts.sum(1, keepdims=True)
    print_text(f"softmax_c(w.c + ln P(c)) against p(c | w): {np.abs(learned - data).max():.1e}")


def main(config: Config) -> None:
    """Print all of them, in float64."""
    with jax.enable_x64(True):
        backpropagation(config.learning_rate)
        pairs_and_parameters()
        cross_entropy()
        factorization(config.negatives)


if __name__ == "__main__":
    scripts.finish(main, tyro.cli(Config, description=__doc__))

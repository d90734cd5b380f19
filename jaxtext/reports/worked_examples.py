"""Every worked example of the exercise sheet, with its intermediate values."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from jaxtext import text
from jaxtext.base.ranges import check_ranges, ranged
from jaxtext.models import mlp, pmi, sgns, skipgram
from jaxtext.reports.tables import Table, print_tables, print_text
from jaxtext.verification import optima
from jaxtext.verification.sheet import examples


@dataclass(frozen=True)
class Config:
    """What may be changed. Raises `InputError` for a value out of range."""

    learning_rate: int | float = ranged(examples.LEARNING_RATE, 0, 1_000)
    negatives: int = ranged(5, 1, 20)
    __post_init__ = check_ranges


Part = list[Table | str]  # tables and paragraphs in their order


def show(values: np.ndarray | jax.Array, digits: int = 6) -> str:
    """Return the numbers of a vector, rounded."""
    return "  ".join(f"{float(v):.{digits}f}" for v in np.ravel(np.asarray(values)))


def backpropagation(learning_rate: int | float) -> Part:
    """Return forward pass, deltas, gradients and one update of the 3-2-2 network."""
    params = examples.toy_network()
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
    passes = Table("Forward and backward pass, delta = (t - y) y (1 - y)", header, rows)
    gradient = examples.toy_gradient(params)
    new = examples.toy_update(params, learning_rate)
    rows = []
    for k, (g, w) in enumerate(zip(gradient, new, strict=True), 1):
        for j, i in np.ndindex(np.shape(w.weight)[::-1]):  # in the sheet's order: from j to i
            slope, weight = float(np.asarray(g.weight)[i, j]), float(np.asarray(w.weight)[i, j])
            rows.append([f"w_{j + 1}{i + 1}^({k})", f"{slope:+.6f}", f"{weight:.6f}"])
    return [
        "\nBACKPROPAGATION: a 3-2-2 network of logistic units, all weights 1",
        passes,
        f"mean loss {np.mean(losses):.6f}",
        Table(f"One update, learning rate {learning_rate:g}", ["weight", "dL/dw", "after"], rows),
    ]


def pairs_and_parameters() -> Part:
    """Return the training pairs of the sentence and the size of the model."""
    words, ids = examples.sentence_ids()
    pairs = text.pairs(ids, examples.WINDOW)
    rows, places = [], iter(pairs)
    for number, center in enumerate(examples.SENTENCE, 1):
        reach = min(number - 1, examples.WINDOW) + min(len(ids) - number, examples.WINDOW)
        contexts = [words[next(places)[1]] for _ in range(reach)]
        rows.append([str(number), center, ", ".join(contexts)])
    words_given, dim = 101_425, 300
    count = skipgram.parameter_count(words_given, dim)
    return [
        f"\nSKIP-GRAM BASICS: {' '.join(examples.SENTENCE)}",
        Table(
            f"{len(pairs)} pairs, window {examples.WINDOW}", ["window", "source", "targets"], rows
        ),
        f"parameters for {words_given:,} words of {dim} dimensions: "
        f"2 x {words_given:,} x {dim} = {count:,}",
    ]


def cross_entropy() -> Part:
    """Return logits, exponentials, probabilities and loss of (Frodo, ring)."""
    params, frodo, ring = examples.frodo_params(), examples.FRODO, examples.RING
    logits = np.asarray(skipgram.logits(params, frodo))
    probabilities = np.asarray(skipgram.probabilities(params, frodo))
    slope = probabilities - (np.arange(6) == ring)
    rows = [
        [word, f"{s:.4f}", f"{np.exp(s):.4f}", f"{p:.6f}", f"{g:+.6f}"]
        for word, s, p, g in zip(examples.VOCABULARY, logits, probabilities, slope, strict=True)
    ]
    total = np.exp(logits).sum()
    loss = float(skipgram.pair_loss(params, frodo, ring))
    center, context = skipgram.updated_rows(params, frodo, ring)
    return [
        "\nSKIP-GRAM TRAINING: cross entropy of (Frodo, ring)",
        Table("Logits w.c", ["word", "logit", "exp", "p(c | Frodo)", "dL/dlogit"], rows),
        f"-{logits[ring]:.4f} + ln {total:.4f} = {loss:.6f}",
        f"a step on this pair changes rows {center} of W and rows {context} of W'",
    ]


def factorization(negatives: int) -> Part:
    """Return the sampled objective, its expectation, and the optimum of the whole corpus."""
    counts, noise = examples.small_counts()
    params = examples.random_tables(0)
    drawn = np.arange(negatives) % len(counts)
    sampled = float(sgns.pair_loss(params, 0, 1, drawn))
    expected = float(sgns.expected_pair_loss(params, 0, 1, noise, negatives))
    whole = float(sgns.expected_loss(params, counts, noise, negatives))
    optimum = optima.score_optimum(counts, noise, negatives)
    trained = np.asarray(examples.trained_scores(negatives))
    shown = list(np.ndindex(2, len(counts)))
    rows = [
        [f"{w}, {c}", f"{counts[w, c]:.0f}", f"{pmi.pmi(counts)[w, c]:+.6f}"]
        + [f"{matrix[w, c]:+.6f}" for matrix in (optimum, trained)]
        for w, c in shown
    ]
    header = ["w, c", "count", "PMI", f"PMI - ln {negatives}", "w.c after training"]
    learned = optima.conditional_from_scores(trained, noise)
    data = counts / counts.sum(1, keepdims=True)
    return [
        f"\nMATRIX FACTORIZATION: a corpus of {len(examples.small_corpus())} tokens, "
        f"{len(counts)} words, window {examples.WINDOW}",
        f"loss of one pair with negatives {drawn.tolist()}: {sampled:.6f}",
        f"its expectation over all negatives: {expected:.6f}",
        f"summed over the {counts.sum():.0f} pairs of the corpus: {whole:.4f}",
        Table(f"The optimum ({len(shown)} of {counts.size} pairs)", header, rows),
        f"largest difference of all {counts.size}: {np.abs(trained - optimum).max():.1e}",
        f"softmax_c(w.c + ln P(c)) against p(c | w): {np.abs(learned - data).max():.1e}",
    ]


def everything(config: Config) -> Part:
    """Return all parts in the order of the sheet, computed in float64."""
    with jax.enable_x64(True):
        return [
            *backpropagation(config.learning_rate),
            *pairs_and_parameters(),
            *cross_entropy(),
            *factorization(config.negatives),
        ]


def print_examples(config: Config) -> None:
    """Print all of them to standard output."""
    for each in everything(config):
        if isinstance(each, Table):
            print_tables(each)
        else:
            print_text(each)

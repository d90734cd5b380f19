r"""The optimum of each variant of negative sampling as a formula, cell by cell.

All have the form $-\sum [n \ln\sigma(s) + e \ln\sigma(-s)]$, with the optimum $s = \ln(n / e)$.
The numerical optima beside the formulas come from slopes that are added up pair by pair.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxtext import text
from jaxtext.models import objective, pmi
from jaxtext.training import Sgns, Svd, counting
from jaxtext.verification import optima, references
from jaxtext.verification.beyond.small import (
    COUNTS,
    PAIRS,
    SMOOTHED,
    UNIGRAM,
    V,
    block,
    found_optimum,
    loss_of,
    stream_loss,
    tables,
    variant_optimum,
)
from jaxtext.verification.findings import Finding, Section, equal, largest
from jaxtext.verification.oracles import compiled

SECTION = Section("variants")
claim = SECTION.claim
FREE = ("scores are free", "every pair occurs")
K, WINDOW, POWER = 2, 2, 0.75


def _kept(w: int, c: int, noise: np.ndarray) -> float:
    return K * noise[c] * sum(COUNTS[w])


def _skipped(w: int, c: int, noise: np.ndarray) -> float:
    return K * noise[c] * (sum(COUNTS[w]) - COUNTS[w, c])


def _redrawn(w: int, c: int, noise: np.ndarray) -> float:
    return K * noise[c] * sum(COUNTS[w, v] / (1 - noise[v]) for v in range(V) if v != c)


# The statement of each treatment, and its e(w, c) written out.
TREATMENTS = {
    "keep": ("kept: w.c = ln[#(w,c) / (k #(w) P(c))]", _kept),
    "skip": (
        "left out (word2vec, gensim): w.c = ln[#(w,c) / (k P(c) (#(w) - #(w,c)))]", _skipped
    ),
    "redraw": (
        "drawn again (fastText): w.c = ln[#(w,c) / (k P(c) sum_(v != c) #(w,v) / (1 - P(v)))]",
        _redrawn,
    ),
}  # fmt: skip


def _treatment(equal_negatives: str) -> Finding:
    e = TREATMENTS[equal_negatives][1]
    of_package, written, numerical = [], [], []
    for noise in (UNIGRAM, SMOOTHED):
        of_package.append(optima.score_optimum(COUNTS, noise, K, equal_negatives))
        written += [np.log(COUNTS[w, c] / e(w, c, noise)) for w, c in np.ndindex(V, V)]
        numerical.append(variant_optimum(noise, K, equal_negatives))
    return equal(
        f"k = {K}, unigram noise and noise to the power {POWER}; numerical optimum of each cell",
        (np.ravel(of_package), written),
        (of_package, numerical),
    )


def _expectation(equal_negatives: str) -> Finding:
    s = np.random.default_rng(42).normal(size=(V, V))
    e = optima.negative_counts(COUNTS, SMOOTHED, 2, equal_negatives)
    whole = np.asarray(_weighted(jnp.asarray(s), COUNTS, e)) / PAIRS
    total = 0.0
    for w, c in np.ndindex(V, V):
        chances = SMOOTHED.copy()
        if equal_negatives == "redraw":
            chances[c] = 0.0
            chances /= chances.sum()

        def loss(negatives: references.Ids, w: int = w, c: int = c) -> float:
            left = [n for n in negatives if not (equal_negatives == "skip" and n == c)]
            return -references.log_sigmoid(s[w, c]) - sum(
                references.log_sigmoid(-s[w, n]) for n in left
            )

        total += COUNTS[w, c] * references.mean_over_draws(loss, chances.tolist(), 2)
    return equal(f"all {V * V} draws of 2 negatives for each pair", (whole, total / PAIRS))


_weighted = compiled(lambda s, n, e: optima.weighted_loss(s, n, e))

for _name, (_form, _) in TREATMENTS.items():
    claim(f"{_name}.optimum", f"Negatives equal to the context {_form}", assumptions=FREE)(
        partial(_treatment, _name)
    )
    claim(
        f"{_name}.draws",
        f"Their mean over all draws is -sum [#(w,c) ln sigma(w.c) + e(w,c) ln sigma(-w.c)], "
        f"e(w,c) the denominator (negatives equal to the context: {_name})",
    )(partial(_expectation, _name))


# What the trainers minimise ---------------------------------------------------------------------


def _text() -> tuple[text.Vocab, text.Encoded]:
    """Return three sentences of five words, whose shares of tokens and of pairs differ."""
    sentences = [[0, 1, 0, 2, 3, 0, 1], [4, 0], [2, 1, 3, 0, 2, 2, 1, 4]]
    ids = np.concatenate(sentences).astype(np.int32)
    ends = np.cumsum([len(s) for s in sentences])
    return text.Vocab(tuple("abcde"), np.bincount(ids)), text.Encoded(ids, ends)


def _dynamic_counts(encoded: text.Encoded, size: int) -> np.ndarray:
    """Return the mean counts of pairs over all windows from 1 to `WINDOW` that a center draws."""
    counts = np.zeros((size, size))
    for start, end in zip([0, *encoded.ends[:-1].tolist()], encoded.ends.tolist(), strict=True):
        sentence = encoded.ids[start:end].tolist()
        for drawn in range(1, WINDOW + 1):
            for center, context in references.pairs(sentence, drawn):
                counts[center, context] += 1 / WINDOW
    return counts


def _dense(matrix: Any) -> np.ndarray:
    return np.asarray(matrix.toarray())


@claim(
    "trainers.words",
    "The trainers of `sgns` and `exact` draw words by their token counts N(c): the optimum is "
    "PMI - ln k + ln(P(c) / Q(c)), where P(c) = #(c)/|D| counts pairs and Q(c) = N(c)^a / sum N^a",
    assumptions=("scores are free", "for pairs that occur"),
)
def trainers_noise() -> Finding:
    vocab, encoded = _text()
    method = Sgns(dim=2, window=WINDOW, negatives=K, subsample=0, noise_exponent=POWER)
    made = counting.objective(jax.random.key(0), vocab, encoded, method)
    best = _dense(objective.optimum(made))
    counts = _dynamic_counts(encoded, len(vocab))
    seen = counts > 0
    tokens = [encoded.ids.tolist().count(word) for word in range(len(vocab))]
    q = np.array([n**POWER / sum(m**POWER for m in tokens) for n in tokens])
    p = counts.sum(0) / counts.sum()
    shifted = _dense(pmi.shifted_pmi(made.counts, K))
    numerical = found_optimum(
        lambda s: references.score_gradient(s, counts, q.tolist(), K), counts.shape
    )
    moved = largest(best[seen], shifted[seen])
    if not moved > 0.01:
        return Finding("word counts and pair counts agree", np.inf)
    return equal(
        f"off PMI - ln {K} by up to {moved:.2f}",
        (_dense(made.counts), counts),
        (best[seen], numerical[seen]),
        (best[seen], (shifted + np.log(p / q))[seen]),
    )


@claim(
    "trainers.pairs",
    "The trainer of `svd` counts pairs for the noise too: its matrix is ln[p(w,c) / (p(w) Q(c))] "
    "- ln k with Q(c) = #(c)^a / sum #(v)^a, the optimum of negative sampling with noise Q",
    assumptions=("for pairs that occur",),
)
def svd_noise() -> Finding:
    vocab, encoded = _text()
    method = Svd(dim=2, window=WINDOW, negatives=K, subsample=0, noise_exponent=POWER)
    made = counting.objective(jax.random.key(0), vocab, encoded, method)
    counts = _dynamic_counts(encoded, len(vocab))
    seen = counts > 0
    q = np.array([n**POWER / sum(m**POWER for m in counts.sum(0)) for n in counts.sum(0)])
    numerical = found_optimum(
        lambda s: references.score_gradient(s, counts, q.tolist(), K), counts.shape
    )
    matrix = pmi.shifted_pmi(made.counts, K, POWER)
    return equal(
        f"power {POWER}, k = {K}",
        (_dense(matrix)[seen], numerical[seen]),
        (_dense(objective.optimum(made))[seen], numerical[seen]),
    )


@claim(
    "trainers.stream",
    "The fast path keeps negatives equal to the context: its loss with K shared negatives, each "
    "weighing k/K, is on the mean over all draws that of kept negatives, e = k #(w) P(c)",
)
def stream_keeps() -> Finding:
    k, shared, params = 5, 2, tables(43)
    ids, left, right, _ = map(np.asarray, block([0] * shared))
    counts = np.zeros((V, V))
    for t in range(len(left)):
        for u in range(t + WINDOW - left[t], t + WINDOW + right[t] + 1):
            counts[ids[t + WINDOW], ids[u]] += u != t + WINDOW
    mean_loss = references.mean_over_draws(
        lambda drawn: float(stream_loss(params, block(drawn), k)[0]), SMOOTHED.tolist(), shared
    )
    scores = np.asarray(params.center) @ np.asarray(params.context).T
    whole = loss_of(scores, SMOOTHED, k, counts) * counts.sum()
    loop = references.corpus_loss(tuple(map(np.asarray, params)), counts, SMOOTHED.tolist(), k)
    return equal(
        f"all {V**shared} draws of {shared} shared negatives for k = {k}",
        (mean_loss, loop), (whole, loop),
    )  # fmt: skip

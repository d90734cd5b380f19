"""Skip-gram basics: the task, its examples, its parameters and the vectors that come out."""

import jax
import numpy as np

from jaxtext import text
from jaxtext.models import sgns, skipgram
from jaxtext.vectors.embeddings import Embeddings
from jaxtext.verification import references
from jaxtext.verification.findings import Finding, Section, equal
from jaxtext.verification.oracles import compiled
from jaxtext.verification.sheet import examples
from jaxtext.verification.sheet.examples import CENTER, CONTEXT, FRODO, RING, SENTENCE, WINDOW

SECTION = Section("skipgram-basics")
claim = SECTION.claim

# Compiled once for all claims.
_probabilities = compiled(lambda *args: skipgram.probabilities(*args))
SHOWN = [
    "The quick", "The brown", "quick The", "quick brown", "quick fox", "brown The", "brown quick",
    "brown fox", "brown jumped", "fox quick", "fox brown", "fox jumped", "fox over",
]  # fmt: skip


def _pairs() -> list[str]:
    """All pairs of the sentence in order, as "center context"."""
    words, ids = examples.sentence_ids()
    return [f"{words[w]} {words[c]}" for w, c in text.pairs(ids, WINDOW)]


def _wrong(ours: list, expected: list) -> int:
    return sum(a != b for a, b in zip(ours, expected, strict=True))


@claim(
    "context.1.window",
    "A window of 2 holds the two words before and the two after the center",
    sheet="quick, brown, (fox,) jumped, over",
)
def window_of_fox() -> Finding:
    around = [pair.split()[1] for pair in _pairs() if pair.startswith("fox ")]
    return Finding(", ".join(around), _wrong(around, ["quick", "brown", "jumped", "over"]))


@claim("context.1.task", "p(True | w, c) = sigma(l), l the logit of a logistic regression")
def binary_task() -> Finding:
    params = examples.frodo_params()
    logit = float(sgns.score(params, FRODO, RING))
    none = np.zeros(0, np.int32)
    p = np.exp(-float(compiled(sgns.pair_loss)(params, FRODO, RING, none)))
    return equal(
        f"p(True | Frodo, ring) = {p:.6f}",
        (p, references.sigmoid(references.dot(CENTER[FRODO], CONTEXT[RING]))),
        (p, references.sigmoid(logit)),
        (p + references.sigmoid(-logit), 1.0),
    )


@claim("context.1.examples", "(fox, quick) and (fox, brown) are positive examples")
def positive_examples() -> Finding:
    missing = {"fox quick", "fox brown"} - set(_pairs())
    return Finding("both are pairs of the sentence", len(missing))


@claim("a.classes", "The original task, p(c_j | w_i), has one class for each word")
def classes() -> Finding:
    p = _probabilities(examples.frodo_params(), FRODO)
    return equal(f"{len(p)} classes, probabilities sum to one", (len(p), 6), (p.sum(), 1.0))


@claim(
    "a.softmax",
    "p(c_j | w_i) = exp(l_ij) / sum over k in V of exp(l_ik)",
    assumptions=("j is a place within the sentence in c_j, k a word of the vocabulary in c_k",),
)
def softmax() -> Finding:
    params = examples.random_tables(2)
    ours = [_probabilities(params, w) for w in range(5)]
    powers = np.exp(np.asarray(params.center @ params.context.T))
    loop = [
        [
            np.exp(-references.softmax_pair_loss(tuple(map(np.asarray, params)), w, c))
            for c in range(5)
        ]
        for w in range(5)
    ]
    return equal("softmax = loop", (ours, powers / powers.sum(1, keepdims=True)), (ours, loop))


@claim(
    "a.window",
    "For L = 2 the context places are j = i - 2, i - 1, i + 1, i + 2",
    assumptions=("those of them that lie within the sentence",),
)
def context_places() -> Finding:
    listed = text.pairs(np.arange(9), WINDOW)
    places = [{int(u) for t, u in listed if t == i} for i in range(9)]
    expected = [{j for j in (i - 2, i - 1, i + 1, i + 2) if 0 <= j < 9} for i in range(9)]
    return Finding(
        "nine places; four neighbors in the middle, two at the ends", _wrong(places, expected)
    )


@claim("b.1", "The window stops at nine places", sheet=9)
def windows() -> Finding:
    _, ids = examples.sentence_ids()
    centers = [pair.split()[0] for pair in _pairs()]
    places = 1 + sum(a != b for a, b in zip(centers, centers[1:], strict=False))
    return equal(places, (places, len(ids)), (places, 9))


@claim("b.2", "The examples in order; the sheet shows the first 13", sheet=SHOWN)
def table_of_pairs() -> Finding:
    places = references.pairs(range(len(SENTENCE)), WINDOW)
    by_loop = [f"{SENTENCE[center]} {SENTENCE[context]}" for center, context in places]
    listed = _pairs()
    errors = _wrong(listed[:13], SHOWN) + _wrong(listed, by_loop) + abs(len(listed) - 30)
    return Finding(f"these 13; {len(listed)} in all, the last is {listed[-1]}", errors)


@claim("c.roles", "Two vectors a word: one as center, one as context; theta = {W, W'}")
def two_vectors() -> Finding:
    params = jax.eval_shape(lambda key: skipgram.init(key, 6, 3), jax.random.key(0))
    return equal(
        "two tables of a row for each word",
        ([table.shape for table in params], [(6, 3), (6, 3)]),
        (sgns.score(examples.frodo_params(), FRODO, RING), CENTER[FRODO] @ CONTEXT[RING]),
    )


@claim(
    "c.parameters",
    "101,425 words of 300 dimensions: W and W' of 101425 x 300",
    "101425 x 300, twice",
)
def parameter_count() -> Finding:
    count = skipgram.parameter_count(101_425, 300)
    shapes = jax.eval_shape(lambda key: skipgram.init(key, 101_425, 300), jax.random.key(0))
    sizes = sum(table.size for table in shapes)
    return equal(f"{count:,} parameters", (count, 2 * 101_425 * 300), (sizes, 60_855_000))


def _embeddings() -> tuple[Embeddings, np.ndarray, np.ndarray]:
    center, context = np.random.default_rng(3).normal(size=(2, 100, 4))
    words = [f"w{i}" for i in range(100)]
    words[78] = "Frodo"
    vocab = text.Vocab(tuple(words), np.ones(100, np.int64))
    return Embeddings(vocab, center, context), center, context


@claim(
    "d.lookup",
    "Vectors are looked up: the 79th word has the 79th row, w = W_79",
    assumptions=("rows are counted from one: the 79th row has index 78",),
)
def lookup() -> Finding:
    embeddings, center, _ = _embeddings()
    row = embeddings.vectors("center")[embeddings.ids(["Frodo"])[0]]
    one_hot = (np.arange(100) == 79 - 1).astype(float)
    return equal("lookup = one-hot vector times W", (row, one_hot @ center))


@claim("d.combine", "Center alone, concatenation, sum and average are possible choices")
def combinations() -> Finding:
    embeddings, w, c = _embeddings()
    return equal(
        "center, context, sum, average, concat",
        (embeddings.vectors("center"), w),
        (embeddings.vectors("context"), c),
        (embeddings.vectors("sum"), w + c),
        (embeddings.vectors("average"), (w + c) / 2),
        (embeddings.vectors("concat"), np.hstack([w, c])),
    )


@claim("d.concat", "Concatenation keeps the learned features and doubles the dimension")
def concatenation() -> Finding:
    embeddings, w, c = _embeddings()
    both = embeddings.vectors("concat")
    products = w @ w.T + c @ c.T
    return equal(
        "4 dimensions become 8; dot products add up",
        (both.shape, (100, 8)),
        (both[:, :4], w),
        (both[:, 4:], c),
        (both @ both.T, products),
    )

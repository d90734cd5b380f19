"""Skip-gram basics: the task, its examples, its parameters and the vectors that come out."""

import jax
import numpy as np

from jaxtext import text
from jaxtext.models import sgns, skipgram
from jaxtext.vectors.embeddings import Embeddings
from jaxtext.verification import references
from jaxtext.verification.findings import Finding, Section, equal, unmet
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
    "A window of two has the two words before the center and the two after it as context",
    sheet=["quick", "brown", "jumped", "over"],
)
def window_of_fox(sheet: list[str]) -> Finding:
    around = [pair.split()[1] for pair in _pairs() if pair.startswith("fox ")]
    return Finding(", ".join(around), _wrong(around, sheet))


@claim(
    "context.1.task",
    "p(True | w, c) = sigma(l), where l is the logit of a logistic regression",
)
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


@claim("a.classes", "The original task, p(c_j | w_i), has as many classes as there are words")
def classes() -> Finding:
    p = _probabilities(examples.frodo_params(), FRODO)
    return equal(
        f"{len(p)} classes, whose probabilities sum to one",
        (len(p), len(examples.VOCABULARY)),
        (p.sum(), 1.0),
    )


@claim(
    "a.softmax",
    "p(c_j | w_i) = exp(l(w_i, c_j)) / sum over k in V of exp(l(w_i, c_k))",
    assumptions=("in c_j, j is a position in the sentence; in c_k, k is a word of the vocabulary",),
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
    "For `L = 2` the positions of the context are `j = i - 2, i - 1, i + 1, i + 2`",
    assumptions=("positions outside the sentence are left out",),
)
def context_places() -> Finding:
    listed = text.pairs(np.arange(9), WINDOW)
    places = [{int(u) for t, u in listed if t == i} for i in range(9)]
    expected = [{j for j in (i - 2, i - 1, i + 1, i + 2) if 0 <= j < 9} for i in range(9)]
    return Finding(
        f"{len(places)} positions, with {', '.join(str(len(p)) for p in places)} neighbors",
        _wrong(places, expected),
    )


@claim("b.1", "The window stops at {sheet} positions", sheet=9)
def windows(sheet: int) -> Finding:
    _, ids = examples.sentence_ids()
    centers = [pair.split()[0] for pair in _pairs()]
    places = 1 + sum(a != b for a, b in zip(centers, centers[1:], strict=False))
    return equal(places, (places, len(ids)), (places, sheet))


@claim(
    "b.1.all",
    "The table lists all examples",
    sheet=13,
    assumptions=("the dots below its {sheet} rows stand for the other {others} examples",),
)
def all_examples(sheet: int) -> Finding:
    listed = _pairs()
    by_loop = references.pairs(range(len(SENTENCE)), WINDOW)
    return equal(
        f"{len(listed)} examples, the last is {listed[-1]}",
        (len(SHOWN), sheet),
        (len(listed), len(by_loop)),
        others=len(listed) - sheet,
    )


@claim("b.2", "The first examples, in order", sheet=SHOWN)
def table_of_pairs(sheet: list[str]) -> Finding:
    places = references.pairs(range(len(SENTENCE)), WINDOW)
    by_loop = [f"{SENTENCE[center]} {SENTENCE[context]}" for center, context in places]
    listed = _pairs()
    errors = _wrong(listed[: len(sheet)], sheet) + _wrong(listed, by_loop)
    return Finding(f"these {len(sheet)}, of {len(listed)} in all", errors)


@claim(
    "b.2.case",
    '"The" and "the" are two words',
    assumptions=(
        "case is kept; in lower case the sentence has {lower} different words, not {all}",
    ),
)
def letter_case() -> Finding:
    words = text.Vocab.build([SENTENCE], min_count=1).words
    lower = text.Vocab.build([[word.lower() for word in SENTENCE]], min_count=1).words
    contexts = {
        word: [pair.split()[1] for pair in _pairs() if pair.split()[0] == word]
        for word in ("The", "the")
    }
    if contexts["The"] == contexts["the"]:
        return unmet("both have the same examples")
    return equal(
        "; ".join(f"{word}: {', '.join(listed)}" for word, listed in contexts.items()),
        (len(words), len(SENTENCE)),
        (len(lower), len(SENTENCE) - 1),
        lower=len(lower),
        all=len(words),
    )


@claim(
    "c.roles",
    "Each word has two vectors, one as center and one as context; theta = {{W, W'}}",
)
def two_vectors() -> Finding:
    params = jax.eval_shape(lambda key: skipgram.init(key, *CENTER.shape), jax.random.key(0))
    return equal(
        "two tables with a row for each word",
        ([table.shape for table in params], [CENTER.shape, CONTEXT.shape]),
        (sgns.score(examples.frodo_params(), FRODO, RING), CENTER[FRODO] @ CONTEXT[RING]),
    )


@claim(
    "c.parameters",
    "For {sheet[0]:,} words of {sheet[1]} dimensions, W and W' are both {sheet[0]} x {sheet[1]}",
    sheet=[101_425, 300],
    assumptions=("the dot in the number of words separates thousands",),
)
def parameter_count(sheet: list[int]) -> Finding:
    shapes = jax.eval_shape(lambda key: skipgram.init(key, *sheet), jax.random.key(0))
    count = skipgram.parameter_count(*sheet)
    return equal(
        f"{count:,} parameters",
        ([table.shape for table in shapes], [(101_425, 300)] * 2),
        (count, sum(table.size for table in shapes)),
    )


def _embeddings() -> tuple[Embeddings, np.ndarray, np.ndarray]:
    center, context = np.random.default_rng(3).normal(size=(2, 100, 4))
    words = [f"w{i}" for i in range(100)]
    words[78] = "Frodo"
    vocab = text.Vocab(tuple(words), np.ones(100, np.int64))
    return Embeddings(vocab, center, context), center, context


@claim(
    "d.lookup",
    "Vectors are looked up: Frodo, the {sheet}th word, has the {sheet}th row of W",
    sheet=79,
    assumptions=("rows are counted from one: this row has the index {index}",),
)
def lookup(sheet: int) -> Finding:
    embeddings, center, _ = _embeddings()
    index = int(embeddings.ids(["Frodo"])[0])
    row = embeddings.vectors("center")[index]
    one_hot = (np.arange(1, len(center) + 1) == sheet).astype(float)
    return equal("lookup = one-hot vector times W", (row, one_hot @ center), index=index)


@claim(
    "d.combine",
    "The final vector can be the center vector alone, or both concatenated, added or averaged",
)
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


@claim("d.concat", "Concatenation keeps the learned features and doubles the dimensions")
def concatenation() -> Finding:
    embeddings, w, c = _embeddings()
    both = embeddings.vectors("concat")
    products = w @ w.T + c @ c.T
    return equal(
        f"{w.shape[1]} dimensions become {both.shape[1]}; dot products add up",
        (both.shape, (len(w), 2 * w.shape[1])),
        (both[:, : w.shape[1]], w),
        (both[:, w.shape[1] :], c),
        (both @ both.T, products),
    )

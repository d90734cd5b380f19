"""Odd one out: is a word found among words of a category that it does not belong to?

The words of a question are some of one category and one of another. The answer is the word that is
farthest by cosine from the mean of all of them (`query.odd_one_out`, gensim's `doesnt_match`). The
task is OddOneOut of Stringham and Izbicki (2020); see `members`.
"""

import numpy as np
from jaxtyping import Int

from jaxtext.evaluation import members
from jaxtext.evaluation.categorization import Categories
from jaxtext.evaluation.members import Members, Result, difference
from jaxtext.vectors.embeddings import Embeddings, SparseEmbeddings, normalize

__all__ = ["Result", "difference", "evaluate", "questions", "unknown"]

SIZE = 4  # words of the category in a question; so one answer of five is right by chance
QUESTIONS = 10  # for each word
NUMBERS = 1 << 22  # of the vectors of some questions at a time


def questions(
    found: Members, size: int = SIZE, number: int = QUESTIONS, seed: int = 0
) -> tuple[Int[np.ndarray, " Q"], Int[np.ndarray, "Q n"]]:
    """Draw questions: the place of the odd word of each, and all its words, the odd one last.

    For each known word, `number` questions are drawn, each from one of the categories that the word
    does not belong to and that have `size` known words. There is no question for a word that all
    such categories contain.
    """
    random = np.random.default_rng(seed)
    large = {category for category, ids in enumerate(found.known) if len(ids) >= size}
    own: dict[int, set[int]] = {}  # two spellings may be one known word
    for id, categories in zip(found.ids.tolist(), found.own, strict=True):
        own.setdefault(id, set()).update(categories)
    places, words = [], []
    for place, id in enumerate(found.ids.tolist()):
        others = sorted(large - own[id])
        if id < 0 or not others:
            continue
        for category in random.choice(others, number):
            places.append(place)
            words.append([*random.choice(found.known[category], size, replace=False), id])
    return np.array(places, np.int64), np.array(words, np.int64).reshape(-1, size + 1)


def evaluate(
    embeddings: Embeddings | SparseEmbeddings,
    categories: Categories,
    kind: str = "center",
    restrict: int | None = None,
    seed: int = 0,
    size: int = SIZE,
) -> Result:
    """Return the share of questions in which the odd word is found, as a mean over words.

    The questions are made of known words alone, so that rare words cost no others; two tables with
    the same words are asked the same ones. With `restrict`, only that many of the most frequent
    words are known.
    """
    found = members.members(embeddings, categories, kind, restrict)
    places, words = questions(found, size, seed=seed)
    rows, asked = np.unique(words, return_inverse=True)
    table = normalize(members.dense(embeddings.vectors(kind)[rows]))
    asked, right = asked.reshape(words.shape), np.zeros(len(words))
    step = max(1, NUMBERS // ((size + 1) * table.shape[1]))
    for first in range(0, len(asked), step):
        groups = table[asked[first : first + step]]  # [b, n, D]
        cosines = np.einsum("bnd,bd->bn", groups, groups.mean(axis=1))
        right[first : first + step] = cosines.argmin(axis=1) == size
    number = np.bincount(places, minlength=len(found.words))
    sums = np.bincount(places, right, minlength=len(found.words))
    values = np.where(number > 0, sums / np.maximum(number, 1), np.nan)
    return members.scored(values, seed)


def unknown(categories: Categories) -> str:
    """Return what to say of a set from which no question can be made."""
    return (
        f"no odd one out of {len(categories.words):,} words: that takes a category with {SIZE} "
        "known words, and a known word of another"
    )

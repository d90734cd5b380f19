r"""Multi-word expressions: neighbors that occur together more often than by chance become a word.

The pairs of adjacent words in a sentence are counted. With #(ab) the number of times that b follows
a, #(a.) and #(.b) the sums over what follows a and what comes before b, and N the number of all
pairs, a pair is scored by its normalized PMI (Bouma 2009) or by the score of Mikolov et al. (2013b,
eq. 6), with the discount $\delta$:

$$\frac{\ln \frac{\#(ab)\,N}{\#(a\cdot)\,\#(\cdot b)}}{-\ln \frac{\#(ab)}{N}} \qquad
  \frac{\#(ab) - \delta}{\#(a\cdot)\,\#(\cdot b)}\,N$$

The first is the PMI of the counts (`models.pmi`) divided by its largest value, so that it is in
[-1, 1] whatever the size of the text. Pairs with a score above the threshold are joined from left
to right. A further pass joins longer phrases from those of the passes before it.

Ids are those of all words of a text, rare ones too, so that only neighbors in the text are joined.
They are on disk, and so are the counts of what does not fit into memory.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from jaxtext.base.errors import InputError
from jaxtext.base.team import Team
from jaxtext.text.merging import added_up, merged, narrow, read_counts, read_spilled, spilled
from jaxtext.text.renumbering import FILE_END, SENTENCE_END, UNKNOWN, counted, mapped
from jaxtext.text.vocab import Vocab

FOLDER, OWN, IDS = "phrases", "own", "ids-{}.i32"
PIECE = 1 << 22  # tokens whose pairs are counted at a time
CHUNK = 1 << 20  # tokens that are joined at a time
MEMORY = 256 << 20  # bytes for adding up the counts of pieces
FEWEST = 5  # occurrences of a phrase, unless something else is given
THRESHOLDS = {"npmi": 0.5, "word2vec": 100}


@dataclass(frozen=True)
class Phrases:
    """How phrases are found: see `reading.Reading`."""

    passes: int
    score: str
    threshold: int | float
    min_count: int  # which is also the discount
    separator: str  # between the words of a phrase


class Joined(NamedTuple):
    """A text with its phrases: words and counts by id, the ids with the ends of sentences."""

    words: list[str]
    counts: Int[np.ndarray, " V"]
    ids: Int[np.ndarray, " T"]  # memory-mapped
    phrases: frozenset[str]

    def vocab(self, min_count: int, max_vocab: int | None) -> Vocab:
        """Return the vocabulary of words and phrases. Raises `InputError` if there is none."""
        counts = dict(zip(self.words, self.counts.tolist(), strict=True))
        return Vocab.from_counts(counts, min_count, max_vocab)

    def encoded(self, vocab: Vocab) -> Iterator[Int[np.ndarray, " n"]]:
        """Yield the ids that words have in a vocabulary, as `renumbering.renumbered` does."""
        table = np.array([vocab.index.get(word, UNKNOWN) for word in self.words], np.int32)
        marks = np.array([SENTENCE_END, UNKNOWN, FILE_END], np.int32)  # at -3, -2 and -1
        table = np.append(table, marks)
        for start in range(0, len(self.ids), CHUNK):
            yield table[self.ids[start : start + CHUNK]]


class Adjacent(NamedTuple):
    """How often a word follows another: the pairs, and the sums over both sides of all pairs."""

    pairs: sparse.csr_array  # [V, V], without those of words that are too rare
    left: Int[np.ndarray, " V"]
    right: Int[np.ndarray, " V"]


def npmi(
    pairs: Int[np.ndarray, " N"],
    left: Int[np.ndarray, " N"],
    right: Int[np.ndarray, " N"],
    total: int,
) -> Float[np.ndarray, " N"]:
    """Return the normalized PMI of pairs: 1 if the words only occur together, 0 as by chance.

    >>> npmi(np.array([2, 1]), np.array([2, 4]), np.array([2, 4]), 16).tolist()
    [1.0, 0.0]
    """
    surprise = np.log(total) - np.log(pairs)
    with np.errstate(invalid="ignore"):
        scores = (np.log(pairs) + np.log(total) - np.log(left) - np.log(right)) / surprise
    return np.where(surprise > 0, scores, 1.0)


def ratio(
    pairs: Int[np.ndarray, " N"],
    left: Int[np.ndarray, " N"],
    right: Int[np.ndarray, " N"],
    total: int,
    discount: int,
) -> Float[np.ndarray, " N"]:
    """Return the score of word2vec: how many times as often as by chance, less a discount.

    >>> ratio(np.array([6, 1]), np.array([8, 4]), np.array([8, 4]), 16, discount=2).tolist()
    [1.0, -1.0]
    """
    return (pairs - discount) / left / right * total


SCORES: dict[str, Callable[..., Any]] = {
    "npmi": lambda *counts, discount: npmi(*counts),
    "word2vec": ratio,
}


def settled(passes: int, given: Mapping[str, Any], min_count: int) -> dict[str, Any]:
    """Return the settings of phrases, with the usual ones in place of None; all None if no passes.

    Raises `InputError` for settings that cannot be used, and for any if there are no passes.

    >>> settled(1, dict.fromkeys(["phrase_score", "phrase_min_count"]), min_count=9)
    {'phrase_score': 'npmi', 'phrase_min_count': 9}
    """
    if not passes:
        for name, value in given.items():
            if value is not None:
                raise InputError("matters to phrases alone, and none are asked for", name, value)
        return dict(given)
    score = given["phrase_score"] or "npmi"
    if not isinstance(score, str) or score not in SCORES:
        raise InputError(f"must be one of {', '.join(SCORES)}", "phrase_score", score)
    usual = {
        "phrase_score": score, "phrase_threshold": THRESHOLDS[score],
        "phrase_min_count": max(FEWEST, min_count), "phrase_separator": "_",
    }  # fmt: skip
    found = {name: usual[name] if value is None else value for name, value in given.items()}
    _check(found, min_count)
    return found


def _check(settings: Mapping[str, Any], min_count: int) -> None:
    """Raise `InputError` for settings under which there are no phrases."""
    least = settings.get("phrase_min_count")
    if least is not None and least < min_count:
        reason = f"must be at least min_count, {min_count}: rarer phrases would be left out again"
        raise InputError(reason, "phrase_min_count", least)
    threshold = settings.get("phrase_threshold")
    if threshold is not None and settings["phrase_score"] == "npmi" and threshold >= 1:
        raise InputError("must be below 1, the largest npmi", "phrase_threshold", threshold)
    separator = settings.get("phrase_separator")
    if separator is not None and (
        not isinstance(separator, str) or [separator] != separator.split()
    ):
        raise InputError("must be a text without spaces", "phrase_separator", separator)


@contextmanager
def joined(
    chunks: Iterable[Int[np.ndarray, " n"]], vocab: Vocab, how: Phrases, folder: Path, team: Team
) -> Iterator[Joined]:
    """Join the phrases of a text, whose ids come in chunks, with the ends of sentences among them.

    `vocab` has all words. A phrase that is spelled like a word of the text, or like another phrase,
    is the same word as that. In a team, `chunks` are those of a share: all processes find the
    phrases of the whole text, and each joins those of its share. `folder` is seen by all.

    The ids are in temporary files, which are removed at the end of the context.
    """
    with _scratch(folder, team) as folders:
        own = folders[team.process]
        words, counts, names = list(vocab.words), vocab.counts, set()
        ids = _written(chunks, own / IDS.format(0))
        for number in range(how.passes):
            keys = _found(_adjacent(ids, counts, how.min_count, folders, team), how)
            if not len(keys):
                break
            words, targets, new = _named(words, keys, how.separator)
            names |= new
            ids = _written(_joined(ids, keys, targets, len(counts)), own / IDS.format(number + 1))
            (own / IDS.format(number)).unlink()
            counts = np.sum(team.gather(counted(ids, len(words))), axis=0)
        yield Joined(words, counts, ids, frozenset(names))


def known(tokens: list[str], vocab: Vocab, how: Phrases) -> list[str]:
    """Join the phrases that a vocabulary has, from left to right, the longest first.

    >>> vocab = Vocab(("new_york", "new"), np.array([2, 1]))
    >>> known(["new", "york", "city"], vocab, Phrases(1, "npmi", 0.5, 5, "_"))
    ['new_york', 'city']
    """
    found, place = [], 0
    while place < len(tokens):
        for length in range(min(2**how.passes, len(tokens) - place), 0, -1):
            name = how.separator.join(tokens[place : place + length])
            if length == 1 or name in vocab.index:
                found.append(name)
                place += length
                break
    return found


@contextmanager
def _scratch(folder: Path, team: Team) -> Iterator[list[Path]]:
    """Make a folder for each process, and remove it when all are done."""
    whose = [folder if team.processes == 1 else folder / str(n) for n in range(team.processes)]
    folders = [each / FOLDER for each in whose]
    folders[team.process].mkdir()
    try:
        yield folders
        team.tell()
    finally:
        shutil.rmtree(folders[team.process], ignore_errors=True)


def _written(chunks: Iterable[Int[np.ndarray, " n"]], path: Path) -> Int[np.ndarray, " T"]:
    with open(path, "wb") as file:
        for chunk in chunks:
            file.write(chunk.astype(np.int32, copy=False).data)
    return mapped(path)


# Counting ---------------------------------------------------------------------------------------


def _adjacent(
    ids: Int[np.ndarray, " T"],
    counts: Int[np.ndarray, " V"],
    least: int,
    folders: list[Path],
    team: Team,
) -> Adjacent:
    """Count the pairs of neighbors whose words both occur often enough, and all on either side."""
    size, own = len(counts), folders[team.process]
    left, right = np.zeros((2, size), np.int64)
    frequent = counts >= least

    def pieces() -> Iterator[sparse.csr_array]:
        for start in range(0, len(ids), PIECE):
            some = np.asarray(ids[start : start + PIECE + 1])
            together = np.flatnonzero((some[:-1] >= 0) & (some[1:] >= 0))
            first, second = some[together], some[together + 1]
            np.add(left, np.bincount(first, minlength=size), out=left)
            np.add(right, np.bincount(second, minlength=size), out=right)
            both = frequent[first] & frequent[second]
            yield _counted_pairs(first[both], second[both], size)

    if len(ids) <= PIECE:
        pairs = sparse.csr_array(sum(pieces(), sparse.csr_array((size, size), dtype=np.int64)))
    else:
        pairs = merged(pieces(), size, MEMORY, own)
    if team.processes > 1:
        spilled(pairs, own / OWN)
        team.tell()
        added_up([read_spilled(each / OWN, size) for each in folders], range(size), MEMORY, own)
        pairs = read_counts(own, size)
        left, right = np.sum(team.gather(np.stack([left, right])), axis=0)
        shutil.rmtree(own / OWN)
    return Adjacent(pairs, left, right)


def _counted_pairs(
    first: Int[np.ndarray, " n"], second: Int[np.ndarray, " n"], size: int
) -> sparse.csr_array:
    """Count pairs by sorting them."""
    keys = first.astype(np.int64) * size + second
    keys.sort()
    begins = np.flatnonzero(np.diff(keys, prepend=-1))
    rows, columns = np.divmod(keys[begins], size)
    indptr = narrow(np.append(0, np.cumsum(np.bincount(rows, minlength=size))))
    parts = np.diff(begins, append=len(keys)), columns.astype(np.int32), indptr
    return sparse.csr_array(parts, shape=(size, size))


def _found(adjacent: Adjacent, how: Phrases) -> Int[np.ndarray, " P"]:
    """Return the pairs that are phrases, as keys a V + b in ascending order."""
    pairs, left, right = adjacent
    often = np.flatnonzero(pairs.data >= how.min_count)
    if not len(often):
        return often
    first = np.searchsorted(pairs.indptr, often, "right") - 1
    second, number = np.asarray(pairs.indices[often]), np.asarray(pairs.data[often])
    score = SCORES[how.score]
    of_sides = left[first], right[second], int(left.sum())
    chosen = score(number, *of_sides, discount=how.min_count) > how.threshold
    return first[chosen] * len(left) + second[chosen]


def _named(
    words: list[str], keys: Int[np.ndarray, " P"], separator: str
) -> tuple[list[str], Int[np.ndarray, " P"], set[str]]:
    """Return all words with the new ones, the id of each phrase, and the names of the phrases."""
    size, index = len(words), {word: number for number, word in enumerate(words)}
    names = [
        f"{words[a]}{separator}{words[b]}"
        for a, b in zip(*(each.tolist() for each in np.divmod(keys, size)), strict=True)
    ]
    targets = [index.setdefault(name, len(index)) for name in names]
    return list(index), np.array(targets, np.int32), set(names)


# Joining ----------------------------------------------------------------------------------------


def _joined(
    ids: Int[np.ndarray, " T"],
    keys: Int[np.ndarray, " P"],
    targets: Int[np.ndarray, " P"],
    size: int,
) -> Iterator[Int[np.ndarray, " n"]]:
    """Yield the ids with `targets` in place of the pairs `keys`, joined from left to right."""
    begins, ends = np.zeros((2, size + 3), bool)  # the last three for marks, which are negative
    begins[keys // size] = ends[keys % size] = True
    used = False  # whether the first id of a chunk is the second of a pair
    for start in range(0, len(ids), CHUNK):
        some = np.asarray(ids[start : start + CHUNK + 1])
        if len(some) <= CHUNK:
            some = np.append(some, np.int32(SENTENCE_END))
        places = np.flatnonzero(begins[some[:-1]] & ends[some[1:]])
        if used and len(places) and places[0] == 0:
            places = places[1:]
        wanted = some[places].astype(np.int64) * size + some[places + 1]
        which = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        right = keys[which] == wanted
        places, which = _from_the_left(places[right], which[right])
        stays = np.ones(len(some), bool)
        stays[0], stays[-1] = not used, False
        stays[places + 1] = False
        used = len(places) > 0 and places[-1] == len(some) - 2
        new = some.copy()
        new[places] = targets[which]
        yield new[stays]


def _from_the_left(
    places: Int[np.ndarray, " n"], which: Int[np.ndarray, " n"]
) -> tuple[Int[np.ndarray, " m"], Int[np.ndarray, " m"]]:
    """Keep every second of successive places, so that no word is in two phrases."""
    numbers = np.arange(len(places))
    starts = np.where(np.diff(places, prepend=-2) != 1, numbers, 0)
    taken = (numbers - np.maximum.accumulate(starts)) % 2 == 0
    return places[taken], which[taken]

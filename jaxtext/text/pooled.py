"""Two texts as one, with the words that both have: for comparing how they are used."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from jaxtext.base.errors import InputError
from jaxtext.text.encoded import Corpus, Encoded
from jaxtext.text.vocab import Vocab


class Pooled(NamedTuple):
    """The first text, then the second, and where the second begins."""

    corpus: Corpus
    boundary: int  # in tokens


def pooled(first: Corpus, second: Corpus, max_vocab: int | None = None) -> Pooled:
    """Put two texts together, with the most frequent words that are in both vocabularies.

    Frequencies are those of both texts. As always, other words are left out of the sentences.

    Raises `InputError` for texts without a common word, and for a share of a text.
    """
    if first.share is not None or second.share is not None:
        raise InputError("is a share of a text: texts are compared in one process", "corpus")
    counts = dict(zip(first.vocab.words, first.vocab.counts.tolist(), strict=True))
    others = dict(zip(second.vocab.words, second.vocab.counts.tolist(), strict=True))
    common = {word: count + others[word] for word, count in counts.items() if word in others}
    if not common:
        raise InputError("the two texts have no word in common")
    vocab = Vocab.from_counts(common, 1, max_vocab)
    parts = [_only(corpus, vocab) for corpus in (first, second)]
    boundary = len(parts[0].text.ids)
    ids = np.concatenate([part.text.ids for part in parts])
    ends = np.concatenate([parts[0].text.ends, boundary + parts[1].text.ends])
    files = [part.file_ends for part in parts if part.file_ends is not None]
    corpus = Corpus(
        vocab, Encoded(ids, ends), first.tokens + second.tokens, f"{first.sha256}{second.sha256}",
        file_ends=np.concatenate([files[0], boundary + files[1]]) if len(files) == 2 else None,
    )  # fmt: skip
    return Pooled(corpus, boundary)


def _only(corpus: Corpus, vocab: Vocab) -> Corpus:
    """Return a text in the ids of another vocabulary, without the words that it lacks."""
    places = [vocab.index.get(word, -1) for word in corpus.vocab.words]
    ids = np.array(places, np.int32)[np.asarray(corpus.text.ids)]
    before: Int[np.ndarray, " T1"] = np.concatenate([[0], np.cumsum(ids >= 0)])

    def moved(ends: Int[np.ndarray, " N"]) -> Int[np.ndarray, " M"]:
        found = before[ends]
        return found[np.diff(found, prepend=0) > 0]

    text = Encoded(ids[ids >= 0], moved(corpus.text.ends))
    files = None if corpus.file_ends is None else moved(corpus.file_ends)
    return corpus._replace(text=text, file_ends=files)

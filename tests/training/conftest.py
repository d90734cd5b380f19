"""Small texts and their objectives, for every trainer."""

import numpy as np
import pytest
from scipy import sparse

from jaxtext.text import Corpus, Vocab, encode_sentences, sentences
from jaxtext.training.sampling import noise_distribution


def corpus_of(lines):
    """The clear path from lines of text to a corpus with all words."""
    found = list(sentences(lines))
    vocab = Vocab.build(found, min_count=1)
    text = encode_sentences(found, vocab)
    return Corpus(vocab, text, len(text.ids), "")


@pytest.fixture(scope="session")
def read():
    """Make a corpus of lines."""
    return corpus_of


@pytest.fixture(scope="session")
def corpus(topics):
    """A few hundred lines of topics."""
    return corpus_of(topics[:300])


@pytest.fixture
def counts(rng):
    """Of 300 words with frequencies 1 / rank and some structure; most cells are empty."""
    size = 300
    ranks = np.arange(1, size + 1)
    topics = rng.gamma(0.3, size=(size, 4)) @ rng.gamma(0.3, size=(4, size))
    means = 3e3 * topics / np.outer(ranks, ranks)
    found = rng.poisson(means + means.T)
    np.fill_diagonal(found, 1)  # no word without a pair
    return sparse.csr_array(found.astype(np.float64))


@pytest.fixture
def noise(counts):
    return noise_distribution(counts.sum(axis=0), 0.75)

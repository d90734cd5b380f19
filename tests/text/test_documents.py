"""Documents drawn with replacement, and the pairs of a word by document."""

import numpy as np
import pytest

from jaxtext.text import Encoded
from jaxtext.text.cooccurrence import cooccurrence
from jaxtext.text.documents import by_document, drawn

V = 9


@pytest.fixture
def text(rng):
    lengths = rng.integers(1, 12, 60)
    return Encoded(rng.integers(0, V, lengths.sum()).astype(np.int32), np.cumsum(lengths))


def sentences(text):
    return [part.tolist() for part in np.split(np.asarray(text.ids), text.ends[:-1])]


@pytest.mark.parametrize("every", [1, 7])
def test_drawn_documents_are_those_of_the_text_in_the_order_of_the_draws(text, rng, every):
    """Of one sentence each, or of seven, the last of fewer."""
    places = np.append(np.arange(every, 60, every), 60) - 1
    whole = sentences(text)
    documents = [whole[i : i + every] for i in range(0, 60, every)]
    draws = rng.integers(0, len(documents), 40)
    found = drawn(text, text.ends[places], draws)
    assert sentences(found) == [each for draw in draws for each in documents[draw]]
    assert found.ids.dtype == np.int32


@pytest.mark.parametrize("window", [1, 3])
def test_the_pairs_of_a_word_by_document_add_up_to_its_row_of_the_counts(text, window):
    documents = text.ends[np.arange(4, 60, 5)]
    counts = cooccurrence(text, V, window, dynamic=True).toarray()
    whole = sentences(text)
    for word, found in enumerate(by_document(text, documents, V, window, range(V))):
        np.testing.assert_allclose(found.counts.sum(axis=0), counts[word], rtol=1e-12)
        holding = [d for d in range(12) if any(word in s for s in whole[5 * d : 5 * d + 5])]
        assert found.documents.tolist() == holding
        for number, row in zip(found.documents, found.counts.toarray(), strict=True):
            alone = drawn(text, documents, np.array([number]))
            expected = cooccurrence(alone, V, window, dynamic=True).toarray()[word]
            np.testing.assert_allclose(row, expected, rtol=1e-12)


def test_a_word_that_does_not_occur_has_no_document(text):
    (found,) = by_document(text, text.ends, V + 1, 2, [V])
    assert found.documents.size == 0 and found.counts.shape == (0, V + 1)

"""Trainings on documents drawn again: which text they see, where they start, what they vary by."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxtext
from jaxtext.base.errors import InputError
from jaxtext.base.types import EmbeddingParams
from jaxtext.text import cooccurrence
from jaxtext.training import methods, resampling
from jaxtext.training.settings import Exact, Sgns, Softmax, Svd

NOTHING = EmbeddingParams(jnp.zeros((1, 1)), jnp.zeros((1, 1)))
METHODS = [Exact(dim=6), Softmax(dim=6), Svd(dim=6), Sgns(dim=6, epochs=2)]


@pytest.fixture(scope="module")
def corpus(topics):
    return jaxtext.read([line.split() for line in topics[:400]], min_count=1)


def key():
    return jax.random.key(2)


@pytest.mark.parametrize("method", METHODS, ids=lambda each: each.name)
def test_each_number_is_a_training_of_its_own_that_can_be_made_again(corpus, method):
    train = resampling.resampler(key(), corpus, method)
    one, other, again = train(0), train(1), train(0)
    np.testing.assert_array_equal(one.center, again.center)
    assert np.abs(one.center - other.center).max() > 1e-3
    assert one.center.dtype == np.float32 and one.center.shape == (50, 6)


@pytest.mark.parametrize("subsample", [0.0, 1e-3])
@pytest.mark.parametrize("every", [1, 40])
def test_the_text_of_a_resample_is_made_of_its_documents(corpus, monkeypatch, every, subsample):
    """After subsampling, which removes the same tokens from a document each time."""
    seen = []

    def fit(own, corpus, method, *, start):
        seen.append((corpus, method, start))
        return NOTHING

    monkeypatch.setattr(methods, "fit", fit)
    ends = corpus.text.ends[every - 1 :: every]
    resampling.resampler(key(), corpus, Exact(subsample=subsample), ends)(3)
    ((found, method, begun),) = seen
    assert method == Exact(subsample=0) and begun is None
    size, thinned = len(corpus.vocab), Exact(subsample=subsample)
    whole = resampling.counting.thinned(key(), corpus.vocab, corpus.text, thinned)
    assert subsample == 0 or len(whole.ids) < 0.9 * len(corpus.text.ids)
    sentences = {tuple(part.tolist()) for part in np.split(np.asarray(whole.ids), whole.ends[:-1])}
    texts = [tuple(p.tolist()) for p in np.split(found.text.ids, found.text.ends[:-1])]
    assert set(texts) < sentences and len(texts) == pytest.approx(len(whole.ends), rel=0.25)
    counts = cooccurrence(found.text, size, 2)
    assert counts.sum() == pytest.approx(cooccurrence(whole, size, 2).sum(), rel=0.25)


def test_passes_begin_at_the_vectors_of_the_text(corpus, monkeypatch):
    method = Exact(dim=4)
    start = jaxtext.train(key(), corpus, method)
    seen = []

    def fit(own, corpus, method, *, start):
        seen.append((method.epochs, start))
        return NOTHING

    monkeypatch.setattr(methods, "fit", fit)
    resampling.resampler(key(), corpus, method, start=start, passes=2)(0)
    ((epochs, begun),) = seen
    assert epochs == 2 and begun is start
    for wrong in ({"passes": 2}, {"passes": 2, "start": start, "method": Svd(dim=4)}):
        with pytest.raises(InputError, match="needs a start, and exact or softmax"):
            resampling.resampler(**({"key": key(), "corpus": corpus, "method": method} | wrong))


def test_a_text_of_one_document_is_refused(corpus):
    with pytest.raises(InputError, match="one document"):
        resampling.resampler(key(), corpus, Svd(dim=4), corpus.text.ends[-1:])

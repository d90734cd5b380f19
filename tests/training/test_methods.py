from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext.base.errors import InputError
from jaxtext.base.types import EmbeddingParams
from jaxtext.training import counting, counts, methods, starts, stream, svd
from jaxtext.training.settings import Exact, Sgns, Svd
from jaxtext.vectors.embeddings import Embeddings

SMALL = {"dim": 6, "subsample": 0.0}
EACH = [Sgns(**SMALL, epochs=1), Exact(**SMALL, epochs=2), Svd(**SMALL)]


def key():
    return jax.random.key(4)


@pytest.fixture(scope="module")
def objectives(corpus):
    """What the methods of counts minimise."""
    return {
        type(method): counting.objective(key(), corpus.vocab, corpus.text, method)
        for method in EACH[1:]
    }


def embeddings(corpus, params):
    return Embeddings(corpus.vocab, *map(np.asarray, params))


def test_fit_picks_the_trainer_of_the_method(corpus, objectives):
    sgns, exact, decomposed = (methods.fit(key(), corpus, method) for method in EACH)
    expected = stream.fit(key(), corpus.text, corpus.vocab.counts, EACH[0])
    np.testing.assert_array_equal(sgns.center, expected.center)
    expected = svd.fit(objectives[Svd], 6)
    np.testing.assert_array_equal(decomposed.context, expected.context)
    params = counts.fit(*objectives[Exact], 6, 2)
    scores = (np.asarray(each.center @ each.context.T) for each in (exact, params))
    np.testing.assert_allclose(*scores, atol=1e-5)
    for tables in (sgns, exact, decomposed):
        assert [(table.shape, table.dtype) for table in tables] == [((50, 6), np.float32)] * 2


def test_centers_of_exact_get_the_fourth_root_of_the_singular_values(corpus):
    """The gram matrices of both tables are diagonal: to the powers 0.25 and 0.75, twice."""
    tables = methods.fit(key(), corpus, EACH[1])
    grams = [np.asarray(table.T @ table, np.float64) for table in tables]
    for gram in grams:
        np.testing.assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-5 * gram.max())
    centers, contexts = map(np.diag, grams)
    np.testing.assert_allclose(centers**3, contexts, rtol=1e-4)


@pytest.mark.parametrize("method", EACH, ids=lambda method: method.name)
def test_reports_end_with_all_done_and_change_nothing(corpus, method):
    reports, states = [], []
    told = methods.fit(key(), corpus, method, on_report=reports.append, on_state=states.append)
    done = [report.done for report in reports]
    assert done == sorted(done) and done[-1] == 1 and done[0] >= 0
    seconds = [report.seconds for report in reports]
    assert seconds == sorted(seconds) and seconds[0] >= 0
    assert bool(states) == (method.name != "svd")
    silent = methods.fit(key(), corpus, method)
    for one, other in zip(told, silent, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("method", EACH[:2], ids=lambda method: method.name)
def test_training_resumed_from_a_state_ends_with_the_same_bits(corpus, method):
    states = []
    whole = methods.fit(key(), corpus, method, on_state=lambda state: states.append(state()))
    for state in (states[0], states[-1]):
        assert isinstance(state, methods.STATES[type(method)]) and 0 <= state.done <= 1
        again = methods.fit(key(), corpus, method, start=state)
        for one, other in zip(again, whole, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("method", EACH[1:], ids=lambda method: method.name)
def test_a_given_objective_saves_counting_and_changes_no_bit(
    corpus, objectives, method, monkeypatch
):
    usual = methods.fit(key(), corpus, method)
    monkeypatch.setattr(counting, "objective", lambda *_: pytest.fail("counted again"))
    given = methods.fit(key(), corpus, method, objective=objectives[type(method)])
    np.testing.assert_array_equal(given.center, usual.center)


@pytest.mark.parametrize("method", ["sgns", Sgns, None])
def test_anything_but_a_record_is_refused(unchecked, corpus, method):
    with pytest.raises(InputError, match="^method.*: must be one of Sgns"):
        methods.fit(key(), corpus, method)


def test_more_dimensions_than_words_are_refused_where_counts_are_factorized(corpus):
    for method in (Exact(dim=51), Svd(dim=51)):
        expected = f"^dim=51: {method.name} has at most as many dimensions as words, 50"
        with pytest.raises(InputError, match=expected):
            methods.fit(key(), corpus, method)
    methods.fit(key(), corpus, Sgns(dim=51, epochs=1))


def test_sgns_at_a_rate_of_almost_nothing_returns_its_start(corpus, rng):
    start = Embeddings(corpus.vocab, *rng.normal(size=(2, 50, 6)).astype(np.float32))
    found = methods.fit(key(), corpus, replace(EACH[0], learning_rate=1e-12), start=start)
    for table, given in zip(found, (start.center, start.context), strict=True):
        np.testing.assert_allclose(table, given, rtol=0, atol=1e-6)


def test_exact_goes_on_where_its_start_ended_and_never_rises(corpus):
    first, then = [], []
    params = methods.fit(key(), corpus, EACH[1], on_report=first.append)
    start = embeddings(corpus, params)
    methods.fit(key(), corpus, EACH[1], start=start, on_report=then.append)
    assert then[0].loss == pytest.approx(first[-1].loss, rel=1e-5)
    losses = [report.loss for report in (first[-1], *then[1:])]
    assert losses == sorted(losses, reverse=True) and losses[-1] < losses[0]


def test_exact_gives_contexts_a_step_before_a_start_without_them(corpus):
    """Centers of an optimum: after one step of the contexts it is near again."""
    whole, bare, usual = [], [], []
    method = replace(EACH[1], epochs=9)
    params = methods.fit(key(), corpus, method, on_report=whole.append)
    start = Embeddings(corpus.vocab, np.asarray(params.center))
    found = methods.fit(key(), corpus, EACH[1], start=start, on_report=bare.append)
    assert np.asarray(found.context).any()
    zeros = Embeddings(corpus.vocab, start.center, np.zeros_like(start.center))
    methods.fit(key(), corpus, EACH[1], start=zeros, on_report=usual.append)
    assert whole[-1].loss < bare[0].loss < usual[0].loss - 0.5
    assert bare[-1].loss < bare[0].loss


def test_new_words_of_exact_begin_at_zero(corpus, read, topics):
    """A row of zeros has scores of zero: the first loss is that of the start, filled up."""
    more = read(topics[:300] + ["fresh t0w1 fresh t0w2"] * 9)
    start = embeddings(corpus, methods.fit(key(), corpus, EACH[1]))
    reports = []
    methods.fit(key(), more, EACH[1], start=start, on_report=reports.append)
    zeros = EmbeddingParams(*jnp.zeros((2, 51, 6), jnp.float32))
    filled = starts.given(start, more.vocab, zeros)
    problem = counts.problem(*counting.objective(key(), more.vocab, more.text, EACH[1]))
    pairs = problem.by_center.sum()
    assert reports[0].loss == pytest.approx(counts.loss(filled, problem) / pairs, rel=1e-5)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (Sgns(dim=5), "^start: has 6 dimensions and the method 5: use dim=6"),
        (Exact(dim=5), "^start: has 6 dimensions and the method 5: use dim=6"),
        (Svd(dim=6), "^start: svd has no start: it computes its vectors from the counts alone"),
    ],
)
def test_a_start_that_does_not_fit_the_method_is_refused(corpus, rng, method, message):
    start = Embeddings(corpus.vocab, rng.normal(size=(50, 6)))
    with pytest.raises(InputError, match=message):
        methods.fit(key(), corpus, method, start=start)


@pytest.mark.parametrize("method", EACH[:2], ids=lambda method: method.name)
def test_a_start_without_a_known_word_is_refused(corpus, read, rng, method):
    strange = read(["x y"] * 9).vocab
    start = Embeddings(strange, rng.normal(size=(2, 6)))
    with pytest.raises(InputError, match="^start: has none of the words of this text"):
        methods.fit(key(), corpus, method, start=start)


def test_a_start_of_another_kind_is_refused(unchecked, corpus):
    states = []
    methods.fit(key(), corpus, EACH[1], on_state=lambda state: states.append(state()))
    for start in (states[0], np.zeros((50, 6)), "runs/first"):
        with pytest.raises(InputError, match="^start: must be Embeddings or a state of sgns"):
            methods.fit(key(), corpus, EACH[0], start=start)

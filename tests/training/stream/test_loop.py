import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxtext.base.errors import InputError
from jaxtext.base.types import EmbeddingParams
from jaxtext.models import sgns
from jaxtext.text import Encoded
from jaxtext.training import stream
from jaxtext.training.settings import Sgns, settled
from jaxtext.training.stream import loop, plan, steps


def fit(corpus, seed=0, **options):
    reports = []
    arguments = jax.random.key(seed), corpus.text, corpus.vocab.counts, Sgns(**options)
    return stream.fit(*arguments, reports.append), reports


def test_training_finds_the_topics(corpus):
    params, reports = fit(corpus, dim=12, epochs=5, subsample=0.0)
    assert reports[-1].loss < reports[0].loss - 1
    assert reports[-1].done == 1
    unit = np.asarray(params.center) / np.linalg.norm(params.center, axis=1, keepdims=True)
    np.fill_diagonal(cosines := unit @ unit.T, -1)
    topic = np.array([word[:2] for word in corpus.vocab.words])
    assert (topic[cosines.argmax(1)] == topic).all()


def test_the_same_key_gives_the_same_bits_and_another_key_other_vectors(corpus):
    first, again, other = (fit(corpus, seed, dim=8, epochs=1)[0] for seed in (0, 0, 1))
    assert first.center.tobytes() == again.center.tobytes()
    assert first.context.tobytes() == again.context.tobytes()
    assert first.center.tobytes() != other.center.tobytes()


def test_the_result_does_not_depend_on_when_reports_are_made(corpus, monkeypatch):
    quiet, few = fit(corpus, dim=8, epochs=3)
    monkeypatch.setattr(loop, "REPORT_SECONDS", 0.0)
    chatty, many = fit(corpus, dim=8, epochs=3)
    assert len(many) > len(few)
    assert quiet.center.tobytes() == chatty.center.tobytes()


def states_of(corpus, **options):
    """Train, and return what trains again, the states before each chunk, and the result."""
    found = []

    def run(**callbacks):
        arguments = corpus.text, corpus.vocab.counts, Sgns(**options)
        return stream.fit(jax.random.key(5), *arguments, **callbacks)

    whole = run(on_state=lambda state: found.append(state()))
    return run, found, whole


def test_training_resumed_from_any_state_ends_with_the_same_bits(corpus):
    run, states, whole = states_of(corpus, dim=9, epochs=3)
    assert len(states) > 8 and [state.number for state in states] == list(range(len(states)))
    done = [state.done for state in states]
    assert done[0] < 0.01 and done == sorted(done) and 0.5 < done[-1] <= 1
    for state in (states[0], states[1], states[len(states) // 2], states[-1]):
        reports = []
        found = run(start=state, on_report=reports.append)
        for one, other in zip(found, whole, strict=True):
            np.testing.assert_array_equal(one, other)
        assert reports[0].done == state.done and reports[-1].done == 1
    changed = states[4]._replace(number=3)
    assert not np.array_equal(run(start=changed).center, whole.center)


def test_a_state_put_together_from_its_parts_is_the_same(corpus):
    run, states, whole = states_of(corpus, dim=9, epochs=1)
    number, arrays, scalars = states[len(states) // 2].parts()
    again = stream.State.of(number, arrays, json.loads(json.dumps(scalars)))
    assert jax.tree.structure(again) == jax.tree.structure(states[0])
    assert all(type(array) is np.ndarray for array in arrays.values())
    np.testing.assert_array_equal(run(start=again).center, whole.center)
    # Without counting the pairs before it, a text that ends without pairs would be an error.
    assert again.paired and not states[0].paired


def test_two_tables_replace_the_random_start_and_stay_as_they_are(corpus, rng):
    key = jax.random.key(0)
    start = EmbeddingParams(*jnp.asarray(rng.normal(size=(2, 50, 5)), jnp.float32))
    before = [np.array(table) for table in start]
    config = Sgns(dim=5, epochs=1, learning_rate=1e-12)
    found = stream.fit(key, corpus.text, corpus.vocab.counts, config, start=start)
    for table, given, old in zip(found, start, before, strict=True):
        np.testing.assert_allclose(table, old, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(given, old)


def test_epochs_and_streams_follow_from_the_whole_text(corpus):
    """Not from the part of a stream, which is shorter."""
    given, text = Sgns(dim=5, streams=2), (corpus.text, corpus.vocab.counts)
    settled_ = settled(given, 50, len(corpus.text.ids))
    first, second = (stream.fit(jax.random.key(0), *text, config) for config in (given, settled_))
    np.testing.assert_array_equal(first.center, second.center)


def test_it_begins_with_the_tables_of_initial(corpus):
    key, reports = jax.random.key(0), []
    arguments = corpus.text, corpus.vocab.counts, Sgns(dim=5, epochs=1)
    start = stream.initial(key, 50, Sgns(dim=5))  # which leaves the key to be used
    given = stream.fit(key, *arguments, reports.append, start=start)
    usual = stream.fit(jax.random.key(0), *arguments)
    np.testing.assert_array_equal(given.center, usual.center)
    assert reports[0].loss == pytest.approx(6 * np.log(2), rel=1e-6)  # all scores are zero


def test_a_learning_rate_of_zero_moves_nothing_and_the_rate_falls_linearly(corpus):
    params, reports = fit(corpus, dim=8, epochs=1, learning_rate=1e-12)
    start = sgns.init(jax.random.split(jax.random.key(0))[0], len(corpus.vocab), 8)
    np.testing.assert_array_equal(params.center, start.center.astype(jnp.float32))
    assert reports[-1].learning_rate == pytest.approx(1e-12 * loop.FINAL_RATE)


TEXTS = {
    "50 words": lambda rng: [" ".join(f"w{i}" for i in rng.zipf(1.3, 20) % 50) for _ in range(900)],
    "2 words": lambda rng: [" ".join(rng.choice(["yes", "no"], 20)) for _ in range(300)],
    "1 word": lambda rng: ["word " * 20 for _ in range(300)],
    "one long line": lambda rng: [" ".join(f"w{i}" for i in rng.zipf(1.3, 20_000) % 500)],
    "bursts": lambda rng: [f"w{i % 60} " * 40 for i in range(600)],
    "topics": lambda rng: [
        " ".join(f"t{t}w{i}" for i in rng.integers(10, size=20)) for t in rng.integers(5, size=900)
    ],
}


@pytest.mark.parametrize("dim", [25, pytest.param(300, marks=pytest.mark.slow)])
@pytest.mark.parametrize("make", TEXTS.values(), ids=TEXTS)
def test_four_times_the_learning_rate_does_not_diverge(make, dim, read):
    params, reports = fit(
        read(make(np.random.default_rng(1))), dim=dim, learning_rate=0.1, epochs=5
    )
    assert reports[-1].loss < reports[0].loss
    lengths = [np.linalg.norm(table, axis=1).max() for table in params]
    assert max(lengths) < 20


@pytest.mark.parametrize("options", [{"negatives": 500}, {"negatives": 66}, {"window": 40}])
def test_many_negatives_for_few_words_and_wide_windows_do_not_diverge(topics, read, options):
    corpus = read(topics[:1000])
    params, reports = fit(corpus, dim=10, epochs=2, **options)
    assert reports[-1].loss < 0.9 * reports[0].loss
    assert max(np.linalg.norm(table, axis=1).max() for table in params) < 20


def test_divergence_is_an_error_that_keeps_the_last_good_state(corpus, monkeypatch):
    monkeypatch.setattr(plan, "MAX_ROW_STEP", 1e9)
    monkeypatch.setattr(plan, "MIN_MEAN_DAMPING", 0.0)
    monkeypatch.setattr(plan, "MAX_BURST_STEP", 1e9)
    with pytest.raises(
        stream.Diverged, match="^learning_rate=10000.0: training diverged"
    ) as caught:
        fit(corpus, dim=10, epochs=20, learning_rate=1e4)
    assert caught.value.params.center.shape == (len(corpus.vocab), 10)
    assert all(np.isfinite(table).all() for table in caught.value.params)
    assert "the loss became NaN or infinite" in str(caught.value) and "try 0.025" in str(
        caught.value
    )


def test_the_last_good_state_does_not_depend_on_time(corpus, monkeypatch):
    make, monkey = loop.compiled_advance, monkeypatch.setattr

    def broken(*arguments):
        advance, calls = make(*arguments), []

        def then(tables, *rest):
            calls.append(0)
            ((params, mark),) = advance(tables, *rest)
            bad = len(calls) > 5
            return [(jax.tree.map(lambda x: x * np.nan, params) if bad else params, mark)]

        return then

    monkey(loop, "compiled_advance", broken)
    found = []
    for seconds in (0, 1e9):
        monkey(loop, "REPORT_SECONDS", seconds)
        with pytest.raises(stream.Diverged) as caught:
            fit(corpus, dim=10, epochs=20)
        found.append(caught.value.params)
    assert np.any(found[0].context)  # which begins at zero
    np.testing.assert_array_equal(found[0].context, found[1].context)


@pytest.mark.parametrize("length", [1, 100], ids=["no pair", "no token"])
def test_a_text_that_subsampling_empties_is_an_error(length):
    text = Encoded(np.zeros(100, np.int32), np.arange(length, 101, length))
    config = Sgns(subsample=1e-30 if length == 100 else 1.0)
    with pytest.raises(InputError, match="leaves no pair"):
        stream.fit(jax.random.key(0), text, np.array([100]), config)


def test_all_chunks_are_one_trace(corpus, monkeypatch):
    traces = []
    original = steps.block_gradient

    def counted(*args):
        traces.append(1)
        return original(*args)

    monkeypatch.setattr(steps, "block_gradient", counted)
    fit(corpus, dim=8, epochs=4)
    assert len(traces) == 1

import numpy as np
import pytest

from jaxtext.text import Encoded, Stream, stream_pairs, subsampled_stream
from jaxtext.text.windows import spans
from jaxtext.training import feed
from jaxtext.training.sampling import keep_probability


@pytest.fixture
def text(rng):
    lengths = rng.integers(1, 40, 120)
    return Encoded(rng.integers(0, 30, lengths.sum()).astype(np.int32), np.cumsum(lengths))


def pairs_of_chunks(chunks, tokens):
    """The pairs of all blocks, each listed by the clear generator."""
    found = []
    for chunk in chunks:
        for ids, left, right, *_ in zip(*chunk, strict=True):
            halo = (len(ids) - tokens) // 2
            sides = (np.pad(side, halo) for side in (left, right))
            found.append(stream_pairs(Stream(ids, *sides, np.arange(len(ids)))))
    return np.concatenate(found).tolist()


@pytest.mark.parametrize("tokens", [1, 8, 64])
@pytest.mark.parametrize("steps", [1, 5])
def test_chunks_hold_the_pairs_of_the_stream_whatever_their_size(text, tokens, steps, monkeypatch):
    monkeypatch.setattr(feed, "SPAN_TOKENS", 100)
    config = feed.StreamConfig(window=3, epochs=2, subsample=0.05)
    keep = keep_probability(np.bincount(text.ids), config.subsample)
    sizes = feed.Plan(tokens, 8, steps, 0.025)
    chunks, positions = zip(*feed.chunks(text, keep, config, sizes, (4,)), strict=True)
    expected = []
    for epoch in range(2):
        for number, span in enumerate(spans(text.ends, 100)):
            rng = np.random.default_rng([4, epoch, number])
            expected.append(stream_pairs(subsampled_stream(text, span, keep, 3, rng)))
    assert pairs_of_chunks(chunks, tokens) == np.concatenate(expected).tolist()
    assert {chunk.ids.shape for chunk in chunks} == {(steps, tokens + 6)}
    progress = np.concatenate([chunk.progress for chunk in chunks])
    assert progress[0] < 0.1
    assert (np.diff(progress) >= 0).all()
    for first in {0, len(chunks) // 3, max(len(chunks) - 2, 0), len(chunks) - 1}:
        again = list(feed.chunks(text, keep, config, sizes, (4,), positions[first]))
        assert len(again) == len(chunks) - first
        for (chunk, _), before in zip(again, chunks[first:], strict=True):
            for one, other in zip(chunk, before, strict=True):
                np.testing.assert_array_equal(one, other)


def test_occurrences_equal_counting_one_by_one(rng):
    ids = rng.integers(0, 6, (7, 9))
    expected = [[int((row == id).sum()) for id in row] for row in ids]
    assert feed.occurrences(ids).tolist() == expected


def test_damping_leaves_single_occurrences_alone_and_bounds_many():
    factors = np.asarray(feed.damping(np.array([1.0, 6.0, 100.0]), 0.025, 5))
    assert factors[:2].tolist() == [1.0, 1.0]
    np.testing.assert_allclose(100 * 6 * 0.025 * factors[2], feed.MAX_BURST_STEP, rtol=1e-6)


def even_text(words, tokens=20_000):
    ids = np.random.default_rng(0).permutation(np.arange(tokens) % words).astype(np.int32)
    return Encoded(ids, np.arange(20, tokens + 1, 20))


def planned(text, **options):
    config = feed.StreamConfig(**options)
    return feed.plan(config, np.bincount(text.ids), text)


def test_steps_shrink_with_learning_rate_vocabulary_and_bursts():
    many = even_text(5000)
    assert planned(many).tokens == feed.MAX_STEP_TOKENS
    assert planned(many, learning_rate=0.1).tokens == feed.MAX_STEP_TOKENS // 4
    assert planned(even_text(20)).tokens < feed.MAX_STEP_TOKENS
    assert planned(even_text(2)).tokens < planned(even_text(20)).tokens
    bursts = Encoded(np.repeat(np.arange(500, dtype=np.int32), 40), many.ends)
    assert planned(bursts).tokens < planned(even_text(500)).tokens


def test_the_bound_on_a_step_holds_for_the_words_that_the_plan_is_made_for():
    for words in (2, 50, 5000):
        for rate in (0.025, 0.1, 1.0):
            sizes = planned(even_text(words), learning_rate=rate)
            moved = rate * sizes.tokens * 6 * max(5 / sizes.shared, 5 / words + 1 / words)
            assert sizes.tokens == 1 or moved <= feed.MAX_ROW_STEP * (1 + 1e-9)


def test_prefetch_gives_the_items_in_order_and_passes_errors_on():
    assert list(feed.prefetch(iter(range(5)))) == list(range(5))

    def broken():
        yield 1
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        list(feed.prefetch(broken()))

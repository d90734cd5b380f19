import numpy as np
import pytest

from jaxtext.text import Encoded, Stream, stream_pairs, subsampled_stream
from jaxtext.text.whole import Whole
from jaxtext.text.windows import spans
from jaxtext.training.sampling import keep_probability
from jaxtext.training.settings import Sgns
from jaxtext.training.stream import feed
from jaxtext.training.stream.plan import Plan


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
    config = Sgns(window=3, epochs=2, subsample=0.05)
    keep = keep_probability(np.bincount(text.ids), config.subsample)
    sizes = Plan(tokens, 8, steps, 0.025)
    part = feed.Part.of(Whole.of(text))
    chunks, positions = zip(*feed.chunks(part, keep, config, sizes, (4,)), strict=True)
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
        again = list(feed.chunks(part, keep, config, sizes, (4,), positions[first]))
        assert len(again) == len(chunks) - first
        for (chunk, _), before in zip(again, chunks[first:], strict=True):
            for one, other in zip(chunk, before, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("streams", [1, 2, 5])
def test_spans_are_dealt_out_whole_and_evenly(rng, streams):
    lengths = rng.integers(1, 60, 3_000)
    text = Encoded(rng.integers(0, 30, lengths.sum()).astype(np.int32), np.cumsum(lengths))
    parts = [feed.Part.of(Whole.of(text), stream, streams) for stream in range(streams)]
    assert sum(map(len, parts)) == len(text.ids)
    assert max(map(len, parts)) - min(map(len, parts)) < 1.2 * len(text.ids) / feed.SPANS / streams
    spans = sorted(span for part in parts for span in part.spans)
    assert spans[0][0] == 0 and spans[-1][1] == len(text.ids)
    assert all(one[1] == other[0] for one, other in zip(spans, spans[1:], strict=False))
    assert {stop for _, stop in spans} <= set(text.ends.tolist())

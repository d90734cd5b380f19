import numpy as np

from jaxtext.text import Encoded
from jaxtext.training.settings import Sgns
from jaxtext.training.stream import plan as plans
from jaxtext.training.stream.plan import damping, occurrences


def test_occurrences_equal_counting_one_by_one(rng):
    ids = rng.integers(0, 6, (7, 9))
    expected = [[int((row == id).sum()) for id in row] for row in ids]
    assert occurrences(ids).tolist() == expected


def test_damping_leaves_single_occurrences_alone_and_bounds_many():
    factors = np.asarray(damping(np.array([1.0, 6.0, 100.0]), 0.025, 5))
    assert factors[:2].tolist() == [1.0, 1.0]
    np.testing.assert_allclose(100 * 6 * 0.025 * factors[2], plans.MAX_BURST_STEP, rtol=1e-6)


def even_text(words, tokens=20_000):
    ids = np.random.default_rng(0).permutation(np.arange(tokens) % words).astype(np.int32)
    return Encoded(ids, np.arange(20, tokens + 1, 20))


def planned(text, **options):
    config = Sgns(**options)
    return plans.plan(config, np.bincount(text.ids), text)


def test_steps_shrink_with_learning_rate_vocabulary_and_bursts():
    many = even_text(5000)
    usual = planned(many).tokens
    assert 1 < usual == planned(many, learning_rate=0.1).tokens * 4
    assert planned(many, learning_rate=1e-3).tokens == plans.MAX_STEP_TOKENS
    assert planned(even_text(20)).tokens < usual
    assert planned(even_text(2)).tokens < planned(even_text(20)).tokens
    bursts = Encoded(np.repeat(np.arange(500, dtype=np.int32), 40), many.ends)
    assert planned(bursts).tokens < planned(even_text(500)).tokens


def test_the_bound_on_a_step_holds_for_the_words_that_the_plan_is_made_for():
    for words in (2, 50, 5000):
        for rate in (0.025, 0.1, 1.0):
            sizes = planned(even_text(words), learning_rate=rate)
            moved = rate * sizes.tokens * 6 * max(5 / sizes.shared, 5 / words + 1 / words)
            assert sizes.tokens == 1 or moved <= plans.MAX_ROW_STEP * (1 + 1e-9)

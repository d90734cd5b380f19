import json

import numpy as np
import pytest

from jaxtext.text.encoded import Encoded


def test_pairs_count_by_the_inverse_of_their_distance(experiment, rng):
    ids, window = rng.integers(0, 7, 60).astype(np.int32), 4
    text = Encoded(ids, np.array([25, 60]))
    expected = np.zeros((7, 7))
    for first, last in ((0, 25), (25, 60)):
        for t in range(first, last):
            for u in range(max(first, t - window), min(last, t + window + 1)):
                if u != t:
                    expected[ids[t], ids[u]] += 1 / abs(t - u)
    found = experiment.harmonic(text, 7, window).toarray()
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.slow
def test_glove_is_trained_at_a_tiny_setting(experiment, topic_file, tmp_path, capsys):
    sets = tmp_path / "eval" / "similarity"
    sets.mkdir(parents=True)
    words = sorted(set(topic_file.read_text().split()))[:6]
    lines = [f"{a}\t{b}\t{len(a)}" for a, b in zip(words, words[1:], strict=False)]
    (sets / "made.tsv").write_text("\n".join(lines) + "\n")
    glove = experiment.Glove(dim=5, epochs=6, window=3)
    config = experiment.Config(topic_file, tmp_path / "eval", tmp_path, min_count=1, glove=glove)
    experiment.main(config)
    found = json.loads((tmp_path / "results.json").read_text())
    losses = found["losses"]
    assert len(losses) == 7 and losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.5 * losses[0]
    assert [row[:2] for row in found["rows"]][:2] == [["glove", "w"], ["glove", "w+c"]]
    assert "| glove | w+c |" in (tmp_path / "table.md").read_text()
    assert "loss per cell" in capsys.readouterr().out

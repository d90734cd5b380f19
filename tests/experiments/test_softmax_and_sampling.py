import json

import numpy as np
import pytest


@pytest.mark.slow
def test_readings_of_the_vectors_are_compared_at_a_tiny_setting(
    experiment, topic_file, tmp_path, capsys
):
    config = experiment.Config(
        topic_file, out=tmp_path, dim=6, epochs=40, negatives=(1, 20), min_count=1
    )
    experiment.main(config)
    found = json.loads((tmp_path / "results.json").read_text())
    assert found["entropy given centers"] < found["full softmax"] < found["entropy of contexts"]
    for row in found["rows"]:
        assert found["entropy given centers"] < row["with P(c)"] < row["w.c alone"]
        assert row["ln Z"] == pytest.approx(row["with P(c)"] - row["as NCE"])
    assert "| 20 |" in (tmp_path / "table.md").read_text()
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert "full softmax" in capsys.readouterr().out


def test_likelihood_and_entropies_are_those_of_the_definition(experiment, rng):
    import jax.numpy as jnp
    from scipy import sparse

    from jaxtext.base.types import EmbeddingParams
    from jaxtext.models.objective import Objective

    counts = rng.integers(0, 6, (9, 9)).astype(float)
    np.fill_diagonal(counts, 1)
    pairs = Objective(sparse.csr_array(counts), np.full(9, 1 / 9), 3)
    params = EmbeddingParams(*jnp.asarray(rng.normal(size=(2, 9, 4)), jnp.float32))
    prior = np.log(rng.dirichlet(np.ones(9)))
    scores = np.asarray(params.center @ params.context.T, np.float64) + prior
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = -(counts * np.log(probabilities)).sum() / counts.sum()
    assert experiment.likelihood(params, prior, pairs) == pytest.approx(expected, rel=1e-5)
    mean = (counts * (scores - prior)).sum() / counts.sum()
    assert experiment.mean_score(params, pairs) == pytest.approx(mean, rel=1e-5)
    given, alone = experiment.entropies(pairs)
    shares = counts.sum(axis=0) / counts.sum()
    assert alone == pytest.approx(-(shares * np.log(shares)).sum())
    conditional = counts / counts.sum(axis=1, keepdims=True)
    seen = counts > 0
    assert given == pytest.approx(-(counts[seen] * np.log(conditional[seen])).sum() / counts.sum())

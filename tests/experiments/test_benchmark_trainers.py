import json

import pytest

import jaxtext
from jaxtext.base.errors import InputError


@pytest.mark.slow
@pytest.mark.bench
def test_both_trainers_are_measured_at_a_tiny_setting(experiment, topic_file, tmp_path, capsys):
    pytest.importorskip("gensim", reason="needs the bench extra")
    out = tmp_path / "benchmark"
    config = experiment.Config(topic_file, out=out, seeds=(0,), epochs=1, dim=8)
    experiment.main(config)
    assert "| jaxtext against gensim |" in (out / "table.md").read_text()
    assert "jaxtext against gensim" in " ".join(capsys.readouterr().out.split())
    content = json.loads((out / "results.json").read_text())
    assert content["words"] == 3000 * 12
    for tool in ("gensim", "jaxtext"):
        measured = content["results"][tool][0]
        assert measured["words/s"] > 0 and measured["peak MB"] > 50
    with pytest.raises(InputError, match="exists already"):
        experiment.main(config)


@pytest.mark.slow
@pytest.mark.bench
def test_other_tools_are_measured_too(experiment, topic_file, tmp_path):
    pytest.importorskip("word2vec", reason="needs the bench extra")
    tools, out = ("word2vec", "fasttext"), tmp_path / "benchmark"
    config = experiment.Config(topic_file, out=out, seeds=(0,), epochs=1, dim=8, tools=tools)
    experiment.main(config)
    results = json.loads((out / "results.json").read_text())["results"]
    assert all(results[tool][0]["words/s"] > 0 for tool in tools)
    for tool in tools:
        assert len(jaxtext.load(out / f"{tool}-0" / "vectors.bin")) > 20


def test_the_comparison_has_ratios_and_mean_gains(experiment):
    gensim = {"words/s": 1e6, "end to end s": 30.0, "peak MB": 100.0, "ws353": 0.5}
    ours = [{"words/s": speed, "end to end s": 10.0, "peak MB": 150.0, "ws353": score}
            for speed, score in ((3e6, 0.5), (4e6, 0.6), (9e6, 0.7))]  # fmt: skip
    table = experiment.table({"gensim": [gensim] * 3, "jaxtext": ours}, (0, 1, 2))
    assert list(table.header)[2:] == ["words/s", "end to end s", "peak MB", "ws353", "mean"]
    assert list(table.rows[-1])[2:] == ["4.00 x", "3.00 x", "1.50 x", "+0.100", "+0.100"]

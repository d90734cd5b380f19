import json

import pytest


@pytest.mark.slow
def test_processes_are_measured_and_machines_computed(experiment, topic_file, tmp_path, capsys):
    config = experiment.Config(
        topic_file, out=tmp_path, processes=(1, 2), dim=6, columns=20, passes=1, streams=2,
        min_count=1,
    )  # fmt: skip
    experiment.main(config)
    found = json.loads((tmp_path / "results.json").read_text())
    for name in ("exact", "sgns"):
        assert found[f"{name}-1"]["sha256"] == found[f"{name}-2"]["sha256"]
    sent = [mark[1] for mark in found["exact-2"]["marks"]]
    assert sent[-1] - sent[0] >= 2 * 50 * 6 * 4  # both tables, once each
    assert all(cost >= 0 for cost in found["costs"].values())
    text = (tmp_path / "table.md").read_text()
    assert "| 100 billion | 64 |" in text and "Measured" in capsys.readouterr().out


def test_costs_are_separated_into_rows_pairs_and_words(experiment, topic_file):
    config = experiment.Config(topic_file, passes=1)

    def found(seconds, exchange=0.0):
        marks = [[0.0, 0, 0.0, 0.0], [seconds, 0, exchange, 1.0]]
        return {"marks": marks, "corpus": {"vocabulary": 10}}

    # A pass of 10 s: 4 dense, 3 for pairs, 3 on every machine; half as many columns cost 8 s.
    cost = experiment.costs(config, found(10.0), found(8.0), found(7.5, 1.0), 100)
    assert cost == {
        "row": pytest.approx(0.4), "pair": pytest.approx(0.03), "word": pytest.approx(0.3),
    }  # fmt: skip
    table = experiment.computed(config, cost, [(500, 50), (1000, 100)])
    assert "words^1.00" in table.title and len(table.rows) == 6

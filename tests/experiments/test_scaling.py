import json

import pytest


@pytest.mark.slow
def test_processes_are_measured_and_machines_computed(experiment, topic_file, tmp_path, capsys):
    config = experiment.Config(
        topic_file, out=tmp_path, processes=(1, 2), dim=6, columns=20, passes=2, streams=2,
        min_count=1,
    )  # fmt: skip
    experiment.main(config)
    found = json.loads((tmp_path / "results.json").read_text())
    for name in ("exact", "sgns"):
        assert found[f"{name}-1"]["sha256"] == found[f"{name}-2"]["sha256"]
    sent = experiment.per_pass(found["exact-2"])[1]  # one of two processes may have all rows
    assert sent >= 2 * 50 * 6 * 4  # of both tables, which go to all once a pass
    assert all(cost >= 0 for cost in found["costs"].values())
    text = (tmp_path / "table.md").read_text()
    assert "| 100 billion | 64 |" in text and "Measured" in capsys.readouterr().out


def test_costs_are_separated_into_rows_pairs_and_words(experiment, topic_file):
    config = experiment.Config(topic_file, passes=1)

    def found(seconds, exchange=0.0):
        marks = [[9.0, 0, 5.0, 0.5], [9 + seconds, 0, 5 + exchange, 1.0], [99.0, 0, 99.0, 1.0]]
        return {"marks": marks, "corpus": {"vocabulary": 10}}

    # A pass of 10 s: 4 dense, 3 for pairs, 3 on every machine; half as many columns cost 8 s.
    cost = experiment.costs(config, found(10.0), found(8.0), found(7.5, 1.0), 100)
    assert cost == {
        "row": pytest.approx(0.4), "pair": pytest.approx(0.03), "word": pytest.approx(0.3),
    }  # fmt: skip
    table = experiment.computed(config, cost, [(500, 50), (1000, 100)])
    assert "words^1.00" in table.title and len(table.rows) == 6

import dataclasses
import json

import pytest

from jaxtext.base.errors import InputError


@pytest.fixture
def config(experiment, topic_file, tmp_path):
    return experiment.Config(
        topic_file, tmp_path, methods=("sppmi", "svd", "exact", "sgns"), negatives=(1, 5),
        dims=(5,), min_count=1, epochs=1,
    )  # fmt: skip


def test_the_table_is_resumed_where_it_was_stopped(experiment, config, capsys):
    experiment.main(config)
    file = config.out / "results.jsonl"
    lines = file.read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 8
    for row in rows:
        assert 0 <= row["observed"] <= row["all"] + 1e-9
    by_cell = {(row["settings"]["method"], row["settings"]["negatives"]): row for row in rows}
    assert by_cell["exact", 5]["all"] < by_cell["svd", 5]["all"]
    assert by_cell["exact", 5]["observed"] < by_cell["sgns", 5]["observed"]
    table = (config.out / "table.md").read_text()
    assert f"| exact | 5 | {by_cell['exact', 1]['observed']:.1f}% |" in table
    file.write_text("\n".join(lines[:-1]) + "\n" + lines[-1][:20])  # stopped while writing
    capsys.readouterr()
    experiment.main(config)
    assert capsys.readouterr().out.count(", all ") == 1
    assert file.read_text().splitlines() == lines
    assert (config.out / "table.md").read_text() == table


def test_rows_of_another_text_or_setting_are_refused(experiment, config, tmp_path):
    config = dataclasses.replace(config, methods=("sppmi",))
    experiment.main(config)
    with pytest.raises(InputError, match="contains results of another window"):
        experiment.main(dataclasses.replace(config, window=3))
    other = tmp_path / "other.txt"
    other.write_text("two words\n")
    with pytest.raises(InputError, match="contains results of another corpus"):
        experiment.main(dataclasses.replace(config, corpus=other))


@pytest.mark.bench
def test_vectors_of_gensim_are_near_ours(experiment, config):
    pytest.importorskip("gensim", reason="needs the bench extra")
    # Two workers race for the few words: .4 to .8 more in one run of four.
    config = dataclasses.replace(
        config, methods=("sgns", "gensim"), negatives=(5,), epochs=5, gensim_workers=1
    )
    experiment.main(config)
    ours, theirs = map(json.loads, (config.out / "results.jsonl").read_text().splitlines())
    assert abs(ours["all"] - theirs["all"]) < 0.5 * ours["all"]

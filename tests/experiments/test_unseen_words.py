import json

import pytest

from jaxtext.base.errors import InputError


@pytest.mark.slow
def test_more_contexts_bring_a_word_nearer_to_its_trained_vector(
    experiment, topic_file, tmp_path, capsys
):
    config = experiment.Config(
        topic_file, out=tmp_path, methods=("exact",), dim=5, words=3, occurs=(1, 10_000),
        contexts=(1, 32), priors=(1.0,),
    )  # fmt: skip
    # Words of the topics have digits in their names, which real words have not.
    text = topic_file.read_text()
    renamed = tmp_path / "text.txt"
    renamed.write_text(text.translate(str.maketrans("0123456789", "abcdefghij")))
    experiment.main(experiment.Config(**{**vars(config), "corpus": renamed}))
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    cosines = [row["cosine"] for row in rows if row["way"] == "prior 1"]
    assert len(cosines) == 3 and cosines[-1] > 0.9 and cosines[-1] >= cosines[0] - 0.01
    ranks = [row["rank"] for row in rows if row["way"] == "prior 1"]
    assert ranks[-1] <= 6
    assert "| exact | prior 1 |" in (tmp_path / "table.md").read_text()
    assert "median rank" in capsys.readouterr().out


def test_a_text_without_enough_words_and_a_missing_one_are_named(experiment, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        experiment.main(experiment.Config(tmp_path / "none.txt", out=tmp_path))
    (tmp_path / "a.txt").write_text("one two three\n" * 9)
    with pytest.raises(InputError, match="^0 words occur 128 to 1000 times, and 100 are needed"):
        experiment.main(experiment.Config(tmp_path / "a.txt", out=tmp_path))

import json

import pytest

from jaxtext.base.errors import InputError


@pytest.mark.slow
@pytest.mark.bench
def test_sizes_and_dimensions_are_measured_at_a_tiny_setting(
    experiment, topic_file, tmp_path, capsys, monkeypatch
):
    pytest.importorskip("gensim", reason="needs the bench extra")
    config = experiment.Config(
        topic_file, out=tmp_path, parts=(2, 1), dim=8, dims=(12,), epochs=1, min_count=1
    )
    experiment.main(config)
    rows = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert len(rows) == 6
    words = {row["settings"]["part"]: row["words"] for row in rows}
    assert words[1] == 3000 * 12 and words[2] == words[1] / 2
    for row in rows:
        assert row["total"] > row["train"] > 0 and row["peak"] > 50
        if row["settings"]["tool"] == "jaxtext":
            assert row["peak"] >= row["peaks"]["gap"] >= row["peaks"]["read"] > 50
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")
    table = (tmp_path / "table.md").read_text()
    assert "| jaxtext | 0.0 M | 12 |" in table and "jaxtext 2 12" in capsys.readouterr().out
    monkeypatch.setattr(experiment, "trained", None)  # all is measured already
    experiment.main(config)
    assert (tmp_path / "table.md").read_text() == table


def test_a_part_of_a_text_ends_with_a_whole_line(experiment, tmp_path):
    text, part = tmp_path / "text.txt", tmp_path / "part.txt"
    text.write_text("".join(f"line {i}\n" for i in range(8)))
    experiment.first_part(text, 2, part)
    assert part.read_text() == "line 0\nline 1\nline 2\nline 3\n"
    experiment.first_part(text, 1, part)
    assert part.read_text() == text.read_text()


def test_a_missing_text_is_named(experiment, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        experiment.main(experiment.Config(tmp_path / "none.txt", out=tmp_path))

from pathlib import Path

import numpy as np
import pytest

from jaxtext.reports import run
from jaxtext.text.vocab import Vocab
from jaxtext.vectors.embeddings import Embeddings


def embeddings(words, vectors=None):
    vectors = np.eye(len(words)) if vectors is None else np.array(vectors, float)
    return Embeddings(Vocab(tuple(words), np.ones(len(words), np.int64)), vectors, vectors)


def test_nested_records_become_one_row_per_value():
    options, recorded = run.info_tables(
        {"dim": 8, "paths": ["a.txt", "b.txt"], "max_vocab": None},
        {"status": "complete", "corpus": {"tokens": 9, "sources": []}, "versions": {"jax": "0.10"}},
    )
    assert options.title == "Options"
    assert options.rows == [["dim", "8"], ["paths", "a.txt, b.txt"], ["max_vocab", "None"]]
    assert recorded.title == "Run"
    assert recorded.rows == [
        ["status", "complete"],
        ["corpus tokens", "9"],
        ["corpus sources", ""],
        ["versions jax", "0.10"],
    ]


def test_each_option_is_shown_once_and_measured_numbers_are_rounded():
    config = {"dim": 8, "seed": 3, "subsample": 0.00123456789, "corpus": None}
    manifest = {
        "seed": 3, "options": config, "seconds": {"train": 3.50412, "read": 12345.678},
        "gap": {"percent": 6.032570039801333, "pairs": 2792.0, "correlation": None},
        "corpus": {"tokens": 36000},
    }  # fmt: skip
    options, recorded = run.info_tables(config, manifest)
    assert options.rows[:3] == [["dim", "8"], ["seed", "3"], ["subsample", "0.00123456789"]]
    assert recorded.rows == [
        ["seconds train", "3.504"],
        ["seconds read", "12,346"],
        ["gap percent", "6.033"],
        ["gap pairs", "2,792"],
        ["gap correlation", "None"],
        ["corpus tokens", "36000"],
    ]


def test_content_words_have_a_vector_that_is_not_zero():
    table = embeddings(["first", "empty", "third"], [[1, 0], [0, 0], [0, 1]])
    assert run.content_words(table) == ["first", "third"]
    assert [row[0] for row in run.neighbors_table(table).rows] == ["first", "third"]
    many = np.zeros((20, 2))
    assert run.neighbors_table(embeddings([f"w{i}" for i in range(20)], many)).rows == []
    lines = run.file_lines(embeddings([f"w{i}" for i in range(20)], many), Path("v"))
    assert lines[1].endswith("no neighbors: w0, w1, w2, w3, w4 and 15 more")


def test_the_summary_has_neighbors_and_the_sizes_of_files(tmp_path):
    (tmp_path / "vectors").write_bytes(b"x" * 1234)
    (tmp_path / "config").write_bytes(b"")
    table = embeddings(["a", "b", "c"], [[1, 0], [1, 1], [0, 1]])
    nearest, files = run.summary_tables(table, tmp_path, ["vectors", "config"])
    assert nearest.rows == [
        ["a", "b 0.71, c 0.00"],
        ["b", "a 0.71, c 0.71"],
        ["c", "b 0.71, a 0.00"],
    ]
    assert files.title == f"Written to {tmp_path}"
    assert files.rows == [["config", "0 bytes"], ["vectors", "1,234 bytes"]]


def test_content_words_are_long_and_follow_the_most_frequent():
    letters = "abcdefghijklmnopqrst"
    words = [f"frequent{letter}" for letter in letters[:6]]  # a tenth of all, which is skipped
    words += [word for a in "xyz" for b in letters[:9] for word in (f"long{a}{b}", "ab")]
    assert run.content_words(embeddings(words), 4) == ["longxa", "longxb", "longxc", "longxd"]
    assert run.content_words(embeddings(words), 2) == ["longxa", "longxd"]


@pytest.mark.parametrize("words", [["a"], ["to", "be"], ["it", "12345"]])
def test_content_words_of_a_vocabulary_without_long_words_are_the_first(words):
    assert run.content_words(embeddings(words)) == words

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

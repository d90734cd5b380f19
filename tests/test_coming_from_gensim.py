"""The README's page for users of gensim: every block runs, and ours is no longer than theirs."""

import ast
import re
import warnings
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
TASK = re.compile(
    r"\*\*(?P<name>[^*\n]+)\*\*\n\n```python\n# gensim\n(?P<theirs>.*?)```\n\n"
    r"```python\n# jaxtext\n(?P<ours>.*?)```",
    re.DOTALL,
)


def tasks():
    page = README.read_text(encoding="utf-8").partition("## Coming from gensim")[2]
    return {task["name"]: (task["theirs"], task["ours"]) for task in TASK.finditer(page)}


def statements(code):
    return sum(isinstance(node, ast.stmt) for node in ast.walk(ast.parse(code)))


class Column(list):
    """A stand-in for a column of a table where pandas is missing."""

    def tolist(self):
        return list(self)


@pytest.fixture
def names(topics, tmp_path, monkeypatch):
    """What the blocks use: sentences, a column, more text, a file in the current folder."""
    monkeypatch.chdir(tmp_path)
    sentences = [line.split() for line in topics[:600]]
    more = [line.split() + ["new"] for line in topics[600:900]]
    try:
        from pandas import DataFrame

        frame = DataFrame({"tokens": sentences})
    except ImportError:
        frame = {"tokens": Column(sentences)}
    return {"sentences": sentences, "more": more, "frame": frame, "losses": []} | {
        "lines": iter(topics[:200])
    }


def test_no_task_takes_more_statements_than_in_gensim():
    lengths = {name: tuple(map(statements, blocks)) for name, blocks in tasks().items()}
    assert len(lengths) >= 10
    assert {name: each for name, each in lengths.items() if each[1] > each[0]} == {}


def test_our_blocks_do_what_they_say(names, topics):
    found = {}
    for name, (_, ours) in tasks().items():
        before = names.get("vectors")
        exec(ours, names)
        found[name] = {**names, "before": before}
    assert len(found["Train on lists of words"]["vectors"]) == 50
    nearest = found["Most similar words, with positive and negative ones"]
    assert len(nearest["nearest"]) == len(nearest["answer"]) == 3 and nearest["odd"] == "t3w1"
    assert found["A vector as a NumPy array"]["row"].shape == (50,)
    kept = found["Save and load, with context vectors and counts"]
    assert (kept["vectors"].context == kept["before"].context).all()
    assert kept["vectors"].counts.tolist() == kept["before"].counts.tolist()
    continued = found["Continue on more text"]
    assert "new" in continued["vectors"] and "new" not in continued["before"]
    assert found["A map of the words, by principal components"]["places"].shape[1] == 2
    assert found["Features of texts for scikit-learn"]["features"].shape == (600, 50)
    losses = found["The loss while it trains"]["losses"]
    assert losses[-1] < losses[0]


@pytest.mark.bench
def test_the_blocks_of_gensim_do_what_they_say(names):
    pytest.importorskip("gensim")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for theirs, _ in tasks().values():
            exec(theirs, names)
    assert names["features"].shape == (600, 50)
    assert len(names["nearest"]) == 3

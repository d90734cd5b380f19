"""Whatever a file holds, a reader returns a set that can be used or one line that says why not."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxtext import cli, export
from jaxtext.embeddings import Embeddings
from jaxtext.errors import InputError
from jaxtext.evaluation import analogy, categorization, similarity
from jaxtext.text import Vocab

READERS = {module.__name__.rpartition(".")[2]: module for module in (similarity, analogy)}
READERS["categorization"] = categorization
VALID = {
    "similarity": "tiger\tcat\t7.35\ngröße\tmaß\t5\nplane\tcar\t0.5\n",
    "analogy": ": capitals\nAthens Greece Baghdad Iraq\n: plural\ncat cats größe größen\n",
    "categorization": "animal\ttiger\nanimal\tcat\nmeasure\tgröße\n",
}
PIECES = st.one_of(
    st.binary(max_size=6),
    st.text(max_size=6).map(lambda text: text.encode("utf-8", "replace")),
    st.sampled_from(
        [
            *(b" ", b"\t", b"\n", b"\r", b"\r\n", b",", b";", b'"', b'""', b"/", b"#", b": s\n"),
            *(b"\xef\xbb\xbf", b"\0", b"\xff", "größe".encode("latin-1"), "cat".encode("utf-16")),
            *(b"1.5", b"nan", b"inf", b"1e999", b"9" * 400, b"-", b"0x1", b"1_0", b"word"),
            *(
                b"a\tb\t1\n",
                b"a,b,1\n",
                b"a b c d\n",
                b"a\tb\tnan\n",
                b"a,b,1e999\n",
                b"g\tr\ta\tb/c\n",
                b"x" * 5000,
            ),
        ]
    ),
)


def usable(kind, path):
    """The set, or None if the reader refused the file as it should."""
    try:
        found = READERS[kind].read(path)
    except InputError as error:
        assert str(error).startswith(f"{path}: ") and str(error).count("\n") == 0
        assert len(str(error)) < 500
        return None
    if kind == "similarity":
        assert len(found.words) == len(found.scores) > 0
        assert np.isfinite(found.scores).all() and all(a and b for a, b in found.words)
    elif kind == "analogy":
        assert found and all(q.a and q.c and all(q.b) and all(q.answers) for q in found)
    else:
        assert found.words and all(found.words) and found.levels
        assert all(len(level) == len(found.words) and all(level) for level in found.levels)
    return found


def written(folder, content):
    path = folder / "set.txt"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind", READERS)
@settings(max_examples=200, deadline=None)
@given(content=st.lists(PIECES, max_size=12).map(b"".join))
def test_any_bytes_are_read_or_refused(tmp_path_factory, kind, content):
    usable(kind, written(tmp_path_factory.mktemp("any"), content))


@pytest.mark.parametrize("kind", READERS)
@settings(max_examples=150, deadline=None)
@given(place=st.floats(0, 1), removed=st.integers(0, 6), inserted=PIECES)
def test_damaged_sets_are_read_or_refused(tmp_path_factory, kind, place, removed, inserted):
    content = VALID[kind].encode()
    at = int(place * len(content))
    damaged = content[:at] + inserted + content[at + removed :]
    usable(kind, written(tmp_path_factory.mktemp("damaged"), damaged))


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize(
    ("encoding", "message"), [("latin-1", "not UTF-8 text"), ("utf-16-le", "a zero byte")]
)
def test_a_line_in_another_encoding_is_named(tmp_path, kind, encoding, message):
    lines = VALID[kind].splitlines(keepends=True)
    other = next(n for n, line in enumerate(lines) if "größe" in line)
    parts = [line.encode(encoding if n == other else "utf-8") for n, line in enumerate(lines)]
    with pytest.raises(InputError, match=rf"line {other + 1}.*{message}"):
        READERS[kind].read(written(tmp_path, b"".join(parts)))


WORDS = st.text(st.characters(codec="utf-8", categories=["L", "M"]), min_size=1, max_size=8)
SCORES = st.floats(-1e6, 1e6)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(WORDS, WORDS, SCORES), min_size=1, max_size=6),
    mark=st.sampled_from("\t,;"),
    before=st.sampled_from(["", "# comment\n", "word1{0}word2{0}score\n", "\ufeff"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_valid_pairs_are_read_as_they_are(tmp_path_factory, rows, mark, before, end):
    isnumber = any(
        word.lower() in ("nan", "inf", "infinity") for a, b, _ in rows for word in (a, b)
    )
    if isnumber:
        return
    text = before.format(mark) + end.join(f"{a}{mark}{b}{mark}{score!r}" for a, b, score in rows)
    path = written(tmp_path_factory.mktemp("valid"), text.encode())
    found = usable("similarity", path)
    assert found is not None
    assert found.words == [(a, b) for a, b, _ in rows]
    np.testing.assert_array_equal(found.scores, [score for *_, score in rows])


@pytest.mark.parametrize("kind", READERS)
def test_a_set_without_a_known_word_ends_with_one_line(tmp_path, capsys, kind):
    one = Embeddings(Vocab(("one", "two"), np.ones(2, int)), np.eye(2, dtype=np.float32))
    export.write(one, tmp_path / "v", "glove")
    path = written(tmp_path, VALID[kind].encode())
    out = tmp_path / "scores.json"
    assert (
        cli.run(["evaluate", str(tmp_path / "v"), f"--{kind}", str(path), "--json", str(out)]) == 2
    )
    error = capsys.readouterr().err
    assert error.startswith("jaxtext: set: none of ") and error.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize("kind", READERS)
def test_an_empty_set_ends_with_one_line(tmp_path, capsys, kind):
    one = Embeddings(Vocab(("one", "two"), np.ones(2, int)), np.eye(2, dtype=np.float32))
    export.write(one, tmp_path / "v", "glove")
    path = written(tmp_path, b"\n# nothing\n\n")
    assert cli.run(["evaluate", str(tmp_path / "v"), f"--{kind}", str(path)]) == 2
    assert f"jaxtext: {path}: the file is empty" in capsys.readouterr().err


def test_scores_are_written_for_programs(tmp_path):
    words = ("tiger", "cat", "plane", "car")
    one = Embeddings(Vocab(words, np.ones(4, int)), np.eye(4, 3, dtype=np.float32) + 0.1)
    export.write(one, tmp_path / "v", "glove")
    path = written(tmp_path, VALID["similarity"].encode())
    out = tmp_path / "scores.json"
    command = ["evaluate", str(tmp_path / "v"), "--similarity", str(path), "--json", str(out)]
    assert cli.run(command) == 0
    assert json.loads(out.read_text())["similarity"]["set"]["covered"] == 2

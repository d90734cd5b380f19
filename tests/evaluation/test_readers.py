"""Whatever a file holds, a reader returns a set that can be used or one line that says why not."""

import csv
import io
import itertools
import json
import re
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxtext import cli, export
from jaxtext.base.errors import InputError
from jaxtext.evaluation import Sets, analogy, categorization, evaluate, items, similarity
from jaxtext.text import Vocab
from jaxtext.vectors.embeddings import Embeddings

READERS = {module.__name__.rpartition(".")[2]: module for module in (similarity, analogy)}
READERS["categorization"] = categorization
VALID = {
    "similarity": "tiger\tcat\t7.35\ngröße\tmaß\t5\nplane\tcar\t0.5\n",
    "analogy": ": capitals\nAthens Greece Baghdad Iraq\n: plural\ncat cats größe größen\n",
    "categorization": "animal\ttiger\nanimal\tcat\nmeasure\tgröße\n",
}
LAYOUTS = [
    *VALID.items(),
    ("similarity", 'word1,word2,score\n"tiger","a ""big"" cat",7.35\n"größe","maß, gewicht",5\n'),
    ("analogy", "g\tplural\tcat\tcats\ng\tplural\tgröße\tgrößen/maße\n"),
]
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


OF_THE_WHOLE = ("the file is empty", "contains no question", "not two words and a score in a row")


def usable(kind, path):
    """The set, or None if the reader refused the file as it should."""
    try:
        found = READERS[kind].read(path)
    except InputError as error:
        assert str(path) in str(error) and str(error).isprintable()
        assert len(str(error)) < 500
        if error.parameter == "columns":
            assert kind == "similarity" and "whose first line has" in str(error)
            return None
        assert str(error).startswith(f"{path}: ")
        message = str(error).removeprefix(f"{path}: ")
        if not message.startswith(OF_THE_WHOLE):
            line = re.match(r"line (\d+)\b", message)
            assert line and 1 <= int(line[1]) <= path.read_bytes().count(b"\n") + 1
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
@settings(max_examples=100, deadline=None)
@given(content=st.lists(PIECES, max_size=12).map(b"".join))
def test_any_bytes_are_read_or_refused(tmp_path_factory, kind, content):
    usable(kind, written(tmp_path_factory.mktemp("any"), content))


@pytest.mark.parametrize(("kind", "text"), LAYOUTS)
@settings(max_examples=100, deadline=None)
@given(place=st.floats(0, 1), removed=st.integers(0, 6), inserted=PIECES)
def test_damaged_sets_are_read_or_refused(tmp_path_factory, kind, text, place, removed, inserted):
    content = text.encode()
    at = int(place * len(content))
    damaged = content[:at] + inserted + content[at + removed :]
    usable(kind, written(tmp_path_factory.mktemp("damaged"), damaged))


@pytest.mark.parametrize(("kind", "text"), LAYOUTS)
def test_a_set_cut_at_any_byte_is_read_or_refused(tmp_path, kind, text):
    content = text.encode()
    for size in range(len(content)):
        usable(kind, written(tmp_path, content[:size]))


@pytest.mark.parametrize("kind", READERS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_lines_in_many_encodings_are_read_or_refused(tmp_path_factory, kind, data):
    lines = VALID[kind].splitlines(keepends=True)
    encodings = st.sampled_from(["utf-8", "latin-1", "utf-16", "utf-16-be", "utf-32", "cp037"])
    content = b"".join(line.encode(data.draw(encodings)) for line in lines)
    usable(kind, written(tmp_path_factory.mktemp("mixed"), content))


GOOD = {
    "similarity": ("similarity", "cat\tdog\t1.5\n"),
    "sections": ("analogy", "a b c d\n"),
    "relations": ("analogy", "g\tr\ta\tb/c\n"),
    "categorization": ("categorization", "x\ty\tcat\n"),
}
NUMBERS = ["", "nan", "inf", "-inf", "1e999", "9" * 400]
BAD = {
    "similarity": ["a\tb", "a\t\t1", "\tb\t1", *(f"a\tb\t{number}" for number in NUMBERS)],
    "sections": ["a", "a b c", "a b c d e", "a b c\td e"],
    "relations": ["g\tr\ta", "g\tr\ta\tb\tc", "g\tr\t\tb", "g\tr\ta\t", "g\tr\ta\t/ /"],
    "categorization": ["x\ty\tz\tcat", "x\tcat", "x\t\tcat", "x\ty\t", "\ty\tcat"],
}


@pytest.mark.parametrize(("layout", "bad"), [(name, bad) for name in BAD for bad in BAD[name]])
def test_a_row_that_does_not_fit_is_named_wherever_it_is(tmp_path, layout, bad):
    kind, good = GOOD[layout]
    # A first row of categories says what the others have to be.
    for before in range(layout == "categorization", 4):
        text = good * before + bad + "\n" + good * (4 - before)
        with pytest.raises(InputError, match=f": line {before + 1}: "):
            READERS[kind].read(written(tmp_path, text.encode()))


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("similarity", b"a\tb\t1\rc\td\t2\r"),
        ("similarity", b"a b 1\rc d 2\r"),
        ("similarity", b"a,b,1\rc,d,2\r"),
        ("similarity", b'a,"b\rx",1\n'),
        ("similarity", b"# comment\ra\tb\t1\r"),
        ("analogy", b"a b\rc d\r"),
        ("analogy", b"g\tr\ta\rz\tb\ng\tr\tc\td\n"),
        ("categorization", b"x\ty\rz\tw\r"),
    ],
)
def test_a_line_is_never_put_together_of_several(tmp_path, kind, content):
    with pytest.raises(InputError, match="line 1 contains a carriage return before its end"):
        READERS[kind].read(written(tmp_path, content))


def test_one_wide_row_does_not_widen_the_others(tmp_path):
    content = b"a\tb\t1" + b"\t" * 5000 + b"\n" + b"a\tb\t1\n" * 1000
    path = written(tmp_path, content)
    tracemalloc.start()
    found = usable("similarity", path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found is not None and len(found.words) == 1001
    assert peak < 5e6  # a cell of every row in every column would take 40 MB


def test_a_relation_of_more_questions_than_memory_holds_is_refused(tmp_path):
    content = "".join(f"g\tr\tw{i}\tb\n" for i in range(3000))
    with pytest.raises(InputError, match=r"line \d+: more than [\d,]+ questions"):
        analogy.read(written(tmp_path, content.encode()))


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


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(st.tuples(WORDS, WORDS, SCORES), min_size=1, max_size=6),
    mark=st.sampled_from("\t,; "),
    before=st.sampled_from(["", "# comment\n", "word1{0}word2{0}score\n", "\ufeff"]),
    end=st.sampled_from(["\n", "\r\n", "\n\n# comment\n"]),
)
def test_valid_pairs_are_read_as_they_are(tmp_path_factory, rows, mark, before, end):
    text = before.format(mark) + end.join(f"{a}{mark}{b}{mark}{score!r}" for a, b, score in rows)
    path = written(tmp_path_factory.mktemp("valid"), text.encode())
    found = usable("similarity", path)
    assert found is not None
    assert found.words == [(a, b) for a, b, _ in rows]
    np.testing.assert_array_equal(found.scores, [score for *_, score in rows])


ODD = st.text(st.sampled_from("aß東\u0301,\"' /:#1.\ufeff\u200b"), max_size=6).map("w{}w".format)


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(st.tuples(ODD, ODD, SCORES), min_size=1, max_size=6), mark=st.sampled_from("\t,")
)
def test_cells_that_need_quotes_are_read_as_they_are(tmp_path_factory, rows, mark):
    text = io.StringIO()
    if mark == ",":
        csv.writer(text).writerows(rows)
    else:
        text.writelines(f"{a}\t{b}\t{score}\n" for a, b, score in rows)
    found = usable("similarity", written(tmp_path_factory.mktemp("odd"), text.getvalue().encode()))
    assert found is not None
    assert found.words == [(a, b) for a, b, _ in rows]
    np.testing.assert_array_equal(found.scores, [score for *_, score in rows])


FOUR = st.tuples(WORDS, WORDS, WORDS, WORDS)
PAIR = st.tuples(WORDS, st.lists(WORDS, min_size=1, max_size=3).map(tuple))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(WORDS, st.lists(FOUR, min_size=1, max_size=4), min_size=1, max_size=3))
def test_valid_sections_are_read_as_they_are(tmp_path_factory, sections):
    text = "# comment\n"
    for section, rows in sections.items():
        text += f": {section}\n\n" + "".join(" ".join(row) + "\r\n" for row in rows)
    found = usable("analogy", written(tmp_path_factory.mktemp("valid"), text.encode()))
    assert found == [
        analogy.Question(section, a, (b,), c, (d,))
        for section, rows in sections.items()
        for a, b, c, d in rows
    ]


@settings(max_examples=50, deadline=None)
@given(st.lists(PAIR, min_size=2, max_size=5))
def test_pairs_of_one_relation_are_read_as_they_are(tmp_path_factory, pairs):
    text = "".join(f"{word}\t{'/'.join(answers)}\r\n" for word, answers in pairs)
    found = usable("analogy", written(tmp_path_factory.mktemp("pairs"), text.encode()))
    assert found == [
        analogy.Question("set", a, b, c, answers)
        for (a, b), (c, answers) in itertools.permutations(pairs, 2)
    ]


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(WORDS, st.lists(PAIR, min_size=2, max_size=4), min_size=1, max_size=3))
def test_valid_relations_are_read_as_they_are(tmp_path_factory, relations):
    text = "".join(
        f"group\t{relation}\t{word}\t{'/'.join(answers)}\n"
        for relation, pairs in relations.items()
        for word, answers in pairs
    )
    found = usable("analogy", written(tmp_path_factory.mktemp("valid"), text.encode()))
    assert found == [
        analogy.Question(relation, a, b, c, answers)
        for relation, pairs in relations.items()
        for (a, b), (c, answers) in itertools.permutations(pairs, 2)
    ]


@settings(max_examples=100, deadline=None)
@given(
    rows=st.integers(2, 4).flatmap(
        lambda width: st.lists(st.tuples(*[WORDS] * width), min_size=1, max_size=6)
    ),
    mark=st.sampled_from("\t,; "),
)
def test_valid_categories_are_read_as_they_are(tmp_path_factory, rows, mark):
    text = "\n".join(mark.join(row) for row in rows)
    found = usable("categorization", written(tmp_path_factory.mktemp("valid"), text.encode()))
    assert found is not None
    assert found.words == [row[-1] for row in rows]
    assert list(zip(*found.levels, strict=True)) == [row[:-1] for row in rows]


KNOWN = st.sampled_from(["one", "ONE", "two", "same", "also", "zero", "unknown"])
CATEGORY = st.sampled_from(["x", "y", "z"])
ROWS = {
    "similarity": st.tuples(KNOWN, KNOWN, st.sampled_from(["0", "-1.5", "1e308", "-1e308"])),
    "analogy": st.tuples(CATEGORY, CATEGORY, KNOWN, st.lists(KNOWN, min_size=1).map("/".join)),
    "categorization": st.tuples(CATEGORY, CATEGORY, KNOWN),
}


@pytest.mark.parametrize("kind", READERS)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_whatever_is_read_is_scored_or_refused(tmp_path_factory, kind, data):
    rows = data.draw(st.lists(ROWS[kind], min_size=1, max_size=5))
    text = "".join("\t".join(row) + "\n" for row in rows)
    found = usable(kind, written(tmp_path_factory.mktemp("scored"), text.encode()))
    if found is None:
        return
    table = np.array([[1, 2], [-3, 1], [1, 1], [1, 1], [0, 0], [2, -1]], np.float32)
    words = ("one", "two", "same", "also", "zero", "other")
    sets = Sets({}, {}, {})._replace(**{kind: {"set": found}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(items, "SAMPLES", 10)
        try:
            report = evaluate(Embeddings(Vocab(words, np.ones(6, int)), table), sets)
        except InputError as error:
            assert str(error).startswith("set: none of ")
        else:
            json.dumps(report.as_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("similarity", "x" * 5000 + "\t\x1b[2J\t1\n"),
        ("analogy", "\x1b[2J b c " + "x" * 5000 + "\n"),
        ("analogy", "g\tr\ta\u2028z\tb\ng\tr\tc\td\n"),
        ("categorization", "c\t\x1b[2J" + "x" * 5000 + "\n"),
    ],
)
def test_unknown_words_are_shown_on_one_line(tmp_path, kind, text):
    one = Embeddings(Vocab(("one", "two"), np.ones(2, int)), np.eye(2, dtype=np.float32))
    found = usable(kind, written(tmp_path, text.encode()))
    sets = Sets({}, {}, {})._replace(**{kind: {"set": found}})
    with pytest.raises(InputError, match="^set: none of ") as error:
        evaluate(one, sets)
    assert str(error.value).isprintable() and len(str(error.value)) < 300


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

"""Analogies in the layouts that they are published in."""

import itertools

import pytest

from jaxtext.base.errors import InputError
from jaxtext.evaluation import analogy
from jaxtext.evaluation.analogy import Question

PAIRS = [("row", "rows"), ("file", "files"), ("list", "lists")]
ALL = [(a, b, c, d) for (a, b), (c, d) in itertools.permutations(PAIRS, 2)]


def written(folder, text, name="set.txt"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("mark", [" ", "\t", "  ", " \t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("section", ["", "plural"])
def test_four_words_per_line_are_a_question(tmp_path, mark, end, section):
    lines = [mark.join(four) for four in ALL]
    text = end.join([f": {section}", *lines] if section else lines) + end
    found = analogy.read(written(tmp_path, text))
    assert found == [Question(section, a, (b,), c, (d,)) for a, b, c, d in ALL]


def test_one_question_with_tabs_is_a_question(tmp_path):
    assert len(analogy.read(written(tmp_path, "man\tking\twoman\tqueen\n"))) == 1


def test_words_with_slashes_in_questions_are_several(tmp_path):
    [found] = analogy.read(written(tmp_path, ": x\nrow rows/lines file files\n"))
    assert found.b == ("rows/lines", "rows", "lines") and found.answers == ("files",)


@pytest.mark.parametrize("mark", ["\t", " "])
def test_a_word_and_answers_per_line_are_bats_named_by_the_file(tmp_path, mark):
    text = "".join(f"{a}{mark}{b}/{b}x\r\n" for a, b in PAIRS)
    found = analogy.read(written(tmp_path, text, "I01 [noun - plural].txt"))
    assert found == [
        Question("I01 [noun - plural]", a, (b, f"{b}x"), c, (d, f"{d}x")) for a, b, c, d in ALL
    ]


def test_relations_ask_every_pair_after_every_other(tmp_path):
    text = "G\tr\tw1\tw2/w20\nG\tr\tw3\tw4\nG\tr\tw5\tw6\nG\ts\tw7\tw8\n"
    asked = analogy.read(written(tmp_path, text))
    assert len(asked) == 6
    assert asked[0] == Question("r", "w1", ("w2", "w20"), "w3", ("w4",))
    assert asked[2] == Question("r", "w3", ("w4",), "w1", ("w2", "w20"))


def test_a_folder_is_read_with_the_folders_in_it(tmp_path):
    folder = tmp_path / "BATS_3.0"
    for number, relation in itertools.product(range(4), range(10)):
        text = "".join(f"{a}\t{b}\n" for a, b in PAIRS)
        written(folder, text, f"{number}_group/R{number}{relation} [x].txt")
    written(folder, "not a set", ".hidden.txt")
    written(folder, "not a set", ".git/config.txt")
    written(folder, "{}", "metadata.json")
    written(folder, "About this set.", "README.txt")
    found = analogy.read(folder)
    assert len(found) == 40 * 6
    assert [*dict.fromkeys(q.section for q in found)][:2] == ["R00 [x]", "R01 [x]"]
    assert len({q.section for q in found}) == 40
    written(folder, ": named\na b c d\n", "other.txt")
    written(folder, "a b c d\n", "plain.txt")
    assert {q.section for q in analogy.read(folder)} > {"named", "plain"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        (": section\n", "contains no question"),
        (": section\na b c\n", "line 2: 3 words instead of four"),
        (": section\na\tb\n", "line 2: 2 words instead of four"),
        ("G\tr\ta\tb\nG\tr\ta\n", "line 2: not 'group TAB relation"),
        ("G\tr\ta\t/\n", "line 1: not 'group TAB relation"),
        ("a\tb\nc\td\te\nf\tg\n", "line 2: not 'word TAB answers'"),
        ("a\tb\nc\t/\nf\tg\n", "line 2: not 'word TAB answers'"),
        ("a\tb\n", "contains no question: a word and its answers"),
    ],
)
def test_files_that_are_no_questions_are_named(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(InputError) as error:
        analogy.read(path)
    assert str(error.value).startswith(f"{path}: ") and message in str(error.value)


def test_a_folder_without_sets_is_named(tmp_path):
    with pytest.raises(InputError, match="contains no question: the folder has no .txt"):
        analogy.read(tmp_path)
    written(tmp_path, "a b c\n", "sub/broken.txt")
    with pytest.raises(InputError, match="broken.txt: line 1: 3 words"):
        analogy.read(tmp_path)


def test_a_folder_of_more_questions_than_memory_holds_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("jaxtext.evaluation.questions.QUESTIONS", 10)
    for name in ("a.txt", "b.txt"):
        written(tmp_path, "".join(f"{a}\t{b}\n" for a, b in PAIRS), name)
    with pytest.raises(InputError, match="more than 10 questions: give fewer files"):
        analogy.read(tmp_path)

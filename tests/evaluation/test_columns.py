"""Which columns of a set of word pairs are read, in the layouts that sets are published in."""

import numpy as np
import pytest

from jaxtext.base.errors import InputError
from jaxtext.evaluation import columns, similarity

WORDS = [("cat", "dog"), ("sun", "moon"), ("car", "auto"), ("tea", "rock")]
SCORES = [7.5, 6.2, 9.0, 0.8]
RATINGS = [(7, 8), (6, 6.4), (9, 9), (0, 1.6)]


def rows(form, start=1):
    """One line per pair; in `form`, r and q are ratings whose mean is the score s."""
    lines = [
        form.format(n=n, a=a, b=b, s=s, r=r, q=q, S=str(s).replace(".", ","))
        for n, ((a, b), s, (r, q)) in enumerate(zip(WORDS, SCORES, RATINGS, strict=True), start)
    ]
    return "\n".join(lines) + "\n"


LAYOUTS = {
    # Published sets, with the columns of word, word and score.
    "SimLex-999": (
        "word1\tword2\tPOS\tSimLex999\tconc(w1)\tconc(w2)\tconcQ\tAssoc(USF)\tSimAssoc333\t"
        "SD(SimLex)\n" + rows("{a}\t{b}\tA\t{s}\t2.7\t2.8\t2\t7.2\t1\t0.4"),
        [1, 2, 4],
    ),
    "WordSim-353": ("Word 1,Word 2,Human (mean)\n" + rows("{a},{b},{s}"), [1, 2, 3]),
    "WordSim-353, set 1": (
        "Word 1\tWord 2\tHuman (mean)\t1\t2\t\n" + rows("{a}\t{b}\t{s}\t3\t{n}\t"),
        [1, 2, 3],
    ),
    "SimVerb-3500": (rows("{a}\t{b}\tV\t{s}\tSYNONYMS"), [1, 2, 4]),
    "MEN, natural form": (rows("{a} {b} {s}"), [1, 2, 3]),
    "MEN, lemmas": (rows("{a}-n {b}-n {s}"), [1, 2, 3]),
    "RW": (rows("{a}\t{b}\t{s}\t{r}\t{q}"), [1, 2, 3]),
    "RG-65": (rows("{a};{b};{s}"), [1, 2, 3]),
    "SCWS": (
        rows("{n}\t{a}\tn\t{b}\tv\tthe <b> {a} </b> is .\tsee the <b> {b} </b>\t{s}\t{r}\t{q}"),
        [2, 4, 8],
    ),
    "SCWS without contexts": (rows("{n}\t{a}\tn\t{b}\tn\t{s}"), [2, 4, 6]),
    "Multi-SimLex": (
        "ID,Word 1,Word 2,Annotator 1,Annotator 2,Mean\n" + rows("{n},{a},{b},5,{n},{s}"),
        [2, 3, 6],
    ),
    "Gur350": ("#WORD1:WORD2:GOLD:POS1:POS2\n" + rows("{a}:{b}:{s}:n:v"), [1, 2, 3]),
    "word-benchmarks": (
        ",similarity,word1,word2,relation\n" + rows("{n},{s},{a},{b},none", 0),
        [3, 4, 2],
    ),
    "numbered pairs": (rows("{n},{a},{b},{s}"), [2, 3, 4]),
    "numbers with gaps": (rows("{n}7,{a},{b},{s}"), [2, 3, 4]),
    "named ids": (rows("en-{n}\t{a}\t{b}\t{s}"), [2, 3, 4]),
    "ratings before the mean": (rows("{a}\t{b}\t{r}\t{q}\t{s}"), [1, 2, 5]),
    "topic, by header": ("topic,word1,word2,score\n" + rows("t{n},{a},{b},{s}"), [2, 3, 4]),
    "mean, by header": (
        "w1;w2;rating 1;rating 2;avg. score\n" + rows("{a};{b};1;{n};{S}"),
        [1, 2, 5],
    ),
    "first and second": ("First,Second,x,Similarity\n" + rows("{a},{b},3,{s}"), [1, 2, 4]),
    "similarity and its deviation": ("a,b,sim,sd\n" + rows("{a},{b},{s},0.{n}"), [1, 2, 3]),
    "decimal commas and spaces": (rows("{a} {b} {S}"), [1, 2, 3]),
    "decimal commas and semicolons": (rows("{a};{b};{S}"), [1, 2, 3]),
    "score first": (rows("{s}\t{a}\t{b}"), [2, 3, 1]),
    "remark after the score": (rows("{a}\t{b}\t{s}\tremark {n}"), [1, 2, 3]),
    "two pairs of names": ("w1,w2,x1,x2,score\n" + rows("{a},{b},x{a},x{b},{s}"), [1, 2, 5]),
    "ratings and their similarity": (
        "word1,word2,rating 1,rating 2,similarity\n" + rows("{a},{b},1,{n},{s}"),
        [1, 2, 5],
    ),
    "a header of other cells": ("Word 1 Word 2 Mean\n" + rows("{a} {b} {s}"), [1, 2, 3]),
    "numbers of the lines after the score": (rows("{a}\t{b}\t{s}\t{n}"), [1, 2, 3]),
    "CRLF": (rows("{a}\t{b}\t{s}").replace("\n", "\r\n"), [1, 2, 3]),
    "bars": ("word1 | word2 | score\n" + rows("{a} | {b} | {s}"), [1, 2, 3]),
}  # fmt: skip


def written(tmp_path, text):
    path = tmp_path / "set.txt"
    path.write_text(text, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("name", LAYOUTS)
def test_published_layouts_are_read_by_their_words_and_scores(tmp_path, name):
    text, expected = LAYOUTS[name]
    found = similarity.read(written(tmp_path, text))
    assert [(a.split("-")[0], b.split("-")[0]) for a, b in found.words] == WORDS
    np.testing.assert_array_equal(found.scores, SCORES)
    assert found.columns is not None and found.columns.numbers() == expected


OPEN = {
    "a topic": "x{b}\t{a}\t{b}\t{s}",
    "a language": "en\t{a}\t{b}\t{s}",
    "two scores": "{a}\t{b}\t{s}\t5.{n}",
    "scores in many languages": "{a}\t{b}\t{s}\t1\t4.{n}\t7",
    "a number before and one after": "{n}.5\t{a}\t{b}\t{s}",
    "ids without scores": "{n}\t{a}\t{b}",
    "ratings without a mean": "{n},{a},{b},{r},{q},3",
    "two pairs of words": "{a}\t{b}\tx{a}\tx{b}\t{s}",
}
HEADERS = {
    "languages": ("ID,Word 1,Word 2,ENG,DEU\n", "{n},{a},{b},{s},5.{n}"),
    "translations": ("ENG 1,ENG 2,DEU 1,DEU 2,score\n", "{a},{b},x{a},x{b},{s}"),
    "annotators": ("Word 1,Word 2,Annotator 1,Annotator 2\n", "{a},{b},{r},{q}"),
    "similarity and relatedness": ("word1,word2,similarity,relatedness\n", "{a},{b},{s},{r}"),
    "a distance": ("word1,word2,distance\n", "{a},{b},{s}"),
}
UNKNOWN = {name: ("", form) for name, form in OPEN.items()} | HEADERS


@pytest.mark.parametrize("name", UNKNOWN)
def test_columns_that_cannot_be_known_are_asked_for(tmp_path, name):
    header, form = UNKNOWN[name]
    path = written(tmp_path, header + rows(form))
    with pytest.raises(InputError) as error:
        similarity.read(path)
    assert error.value.parameter == "columns"
    first = (header or rows(form)).splitlines()[0]
    for cell in first.replace("\t", ",").split(","):
        assert cell in error.value.message
    assert str(path) in error.value.message and "such as " in error.value.message


@pytest.mark.parametrize("given", ["2,3,4", (2, 3, 4), [2, 3, 4], " 2, 3 ,4"])
@pytest.mark.parametrize("header", ["", "topic,left,right,x,y\n"])
def test_given_columns_are_read(tmp_path, given, header):
    text = header.replace(",", ";") + rows("t{n};{a};{b};{S};{n}")
    found = similarity.read(written(tmp_path, text), given)
    assert found.words == WORDS and found.scores.tolist() == SCORES
    assert found.columns is not None and found.columns.numbers() == [2, 3, 4]


def test_of_several_scores_the_mean_is_taken_of_those_that_a_pair_has(tmp_path):
    text = "a\tb\t1\t2\t6\nb\tc\t4\t\t8\n"
    found = similarity.read(written(tmp_path, text), "1,2,3-5")
    assert found.scores.tolist() == [3, 6]
    assert str(found.columns) == "words in columns 1 and 2, score: the mean of columns 3, 4, 5"
    assert similarity.read(written(tmp_path, text), (1, 2, 3, 5)).scores.tolist() == [3.5, 6]
    with pytest.raises(InputError, match="line 2: not two words and a score"):
        similarity.read(written(tmp_path, "a\tb\t1\t2\nb\tc\t\t\n"), "1,2,3-4")
    with pytest.raises(InputError, match="line 2: not two words and a score"):
        similarity.read(written(tmp_path, "a\tb\t1\t2\nb\tc\t3\tx\n"), "1,2,3-4")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "must be numbers of columns such as 2,4,8"),
        ("1,2", "must be different numbers of columns"),
        ("0,1,2", "from 1"),
        ("1,1,2", "must be different"),
        ("1,2,x", "must be numbers"),
        ("1,2,4-3", "must be numbers"),
        ("1,2,-3", "must be numbers"),
        ((1, 2), "must be different"),
        ("1,2,4", "has 3 columns: 'a | b | 1'"),
    ],
)
def test_numbers_that_are_no_columns_are_refused(tmp_path, given, message):
    with pytest.raises(InputError) as error:
        similarity.read(written(tmp_path, "a\tb\t1\nc\td\t2\n"), given)
    assert error.value.parameter == "columns" and message in error.value.message


@pytest.mark.parametrize("score", ["3 # good", "nan", "-", "5x"])
def test_a_first_row_without_a_number_is_no_header_unless_it_has_a_name(tmp_path, score):
    with pytest.raises(InputError, match="line 1: not two words and a score"):
        similarity.read(written(tmp_path, f"cat,dog,{score}\nsun,moon,4\ntea,rock,1\n"))
    found = similarity.read(written(tmp_path, "cat,dog,note\nsun,moon,4\ntea,rock,1\n"))
    assert found.words == [("sun", "moon"), ("tea", "rock")]


def test_names_of_another_number_of_columns_are_not_shown(tmp_path):
    found = similarity.read(written(tmp_path, "Word 1 Word 2 Mean\n" + rows("{a} {b} {s}")))
    assert str(found.columns) == "words in columns 1 and 2, score in column 3"


def test_a_row_without_the_given_columns_is_named(tmp_path):
    with pytest.raises(InputError, match="line 2: not two words and a score: 'c | d'"):
        similarity.read(written(tmp_path, "a\tb\t1\nc\td\ne\tf\t3\n"), "1,2,3")


@pytest.mark.parametrize(
    ("lines", "mark"),
    [
        (["a b 8,2", "c d 1,5"], " "),
        (["a,b,8", "c,d,1"], ","),
        (["a;b;8,2"], ";"),
        (["a, b\tc\t1"], "\t"),
        (['"a, b",c,1'], ","),
        (["a:b:3.5:n:n"], ":"),
        (["one", "two"], " "),
        (["word 1 word 2 score", "a b 1", "c d 2"], " "),
    ],
)
def test_the_mark_between_cells_is_the_one_that_gives_words_and_a_number(lines, mark):
    assert columns.separator(lines) == mark


def test_a_mean_is_known_up_to_its_rounding_alone(tmp_path):
    text = "a\tb\t8.2\t8\t9\t7.5\nc\td\t1.33\t1\t1\t2\ne\tf\t4\t5\t4\t3\n"
    assert similarity.read(written(tmp_path, text)).scores.tolist() == [8.2, 1.33, 4]
    with pytest.raises(InputError, match="columns: have to be given"):
        similarity.read(written(tmp_path, text.replace("8.2", "8.4")))

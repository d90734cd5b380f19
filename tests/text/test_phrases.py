import math
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse
from teams import together

from jaxtext import text
from jaxtext.base.errors import InputError
from jaxtext.models import pmi
from jaxtext.text import Reading, Vocab, encode_sentences, phrases, renumbering
from jaxtext.text.reading import encode_files

CITIES = [
    *([word, "new", "york", "city", word] for word in "abcdefghi"),
    *([word, "city", word, "new", word, "a"] for word in "abcdefghi" * 2),
]


def read(*texts, **options):
    return text.read(*texts, **{"min_count": 1, "phrases": 1, **options})


def words(corpus):
    ids, ends = corpus.text
    return [corpus.vocab.decode(part) for part in np.split(np.asarray(ids), ends[:-1])]


def scored(sentences, score, least):
    """Score every pair that occurs often enough, one by one."""
    pairs = Counter(pair for words in sentences for pair in zip(words, words[1:], strict=False))
    left, right, total = Counter(), Counter(), sum(pairs.values())
    for (a, b), number in pairs.items():
        left[a] += number
        right[b] += number
    found = {}
    for (a, b), n in pairs.items():
        if n >= least and score == "npmi":
            by_chance = left[a] / total * right[b] / total
            surprise = -math.log(n / total)
            found[a, b] = math.log(n / total / by_chance) / surprise if n < total else 1.0
        elif n >= least:
            found[a, b] = (n - least) * total / (left[a] * right[b])
    return found


def clearly_joined(sentences, passes, score, threshold, least):
    for _ in range(passes):
        scores = scored(sentences, score, least)
        chosen = {pair for pair, value in scores.items() if value > threshold}
        after = []
        for line in sentences:
            after.append([])
            place = 0
            while place < len(line):
                pair = tuple(line[place : place + 2])
                after[-1].append("_".join(pair) if pair in chosen else line[place])
                place += 2 if pair in chosen else 1
        sentences = after
    return sentences


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    lines=st.lists(st.text("aaabbcd_", max_size=9), min_size=1, max_size=12),
    passes=st.integers(1, 3),
    score=st.sampled_from([("npmi", 0.3217), ("npmi", -0.5123), ("word2vec", 0.7311)]),
    least=st.integers(1, 3),
    min_count=st.integers(1, 3),
    sizes=st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9)),
)
def test_phrases_are_joined_as_word_by_word(
    monkeypatch, lines, passes, score, least, min_count, sizes
):
    for (module, name), size in zip(
        [(phrases, "CHUNK"), (phrases, "PIECE"), (renumbering, "CHUNK")], sizes, strict=True
    ):
        monkeypatch.setattr(module, name, size)
    sentences = [list(line) for line in lines]
    least = max(least, min_count)
    options = {
        "min_count": min_count, "phrases": passes, "phrase_score": score[0],
        "phrase_threshold": score[1], "phrase_min_count": least,
    }  # fmt: skip
    try:
        clear = clearly_joined(sentences, passes, score[0], score[1], least)
        vocab = Vocab.build(clear, min_count)
        expected = encode_sentences(clear, vocab)
        assert np.diff(expected.ends, prepend=0).max(initial=0) >= 2
    except (InputError, AssertionError):
        with pytest.raises(InputError):
            text.read(sentences, **options)
        return
    corpus = text.read(sentences, **options)
    assert corpus.vocab.words == vocab.words
    assert corpus.vocab.counts.tolist() == vocab.counts.tolist()
    assert corpus.text.ids.tolist() == expected.ids.tolist()
    assert corpus.text.ends.tolist() == expected.ends.tolist()
    assert corpus.tokens == sum(map(len, sentences))


def test_passes_join_longer_phrases():
    one, two = read(CITIES, min_count=3), read(CITIES, min_count=3, phrases=2)
    assert "new_york" in one.vocab and "new_york_city" not in one.vocab
    assert "new_york_city" in two.vocab and two.phrases == 1
    assert words(two)[0] == ["a", "new_york_city", "a"]


def test_words_that_were_apart_are_not_joined():
    rare = [["big", f"x{place}", "apple"] for place in range(20)]
    ends = [["so", "big"], ["apple", "pie"]] * 20
    corpus = read(rare + ends, min_count=5)
    assert "big_apple" not in corpus.vocab
    assert words(corpus)[0] == ["big", "apple"]  # after the phrases were found


def test_a_phrase_that_is_spelled_like_a_word_is_that_word():
    lines = [[word, city, word] for word in "abcde" for city in ("new_york", "york")]
    corpus = read([["new", "york"]] * 9 + lines, phrase_min_count=6)
    counts = dict(zip(corpus.vocab.words, corpus.vocab.counts.tolist(), strict=True))
    assert (counts["new_york"], counts["york"], "new" in counts) == (14, 5, False)
    assert corpus.phrases == 1


def test_phrases_of_numbers_and_another_separator(rng):
    items = [[3, 17, *rng.integers(20, 30, 4).tolist()] for _ in range(30)]
    corpus = read(items, phrase_separator="+")
    assert corpus.vocab.words[0] == "3+17" and corpus.phrases == 1


def test_files_and_standard_input_have_the_phrases_of_their_lines(tmp_path, monkeypatch):
    content = "".join(" ".join(line) + "!\n" for line in CITIES)
    (tmp_path / "a.txt").write_text(content)
    of_file = read(str(tmp_path / "a.txt"), phrases=2)
    with open(tmp_path / "a.txt") as pipe:
        monkeypatch.setattr(sys, "stdin", pipe)
        of_pipe = read("-", phrases=2)
    expected = read(CITIES, phrases=2)
    assert words(of_file) == words(of_pipe) == words(expected)
    assert of_file.vocab.words == of_pipe.vocab.words == expected.vocab.words


def test_nothing_but_ids_is_left_on_disk(tmp_path):
    file, folder = tmp_path / "a.txt", tmp_path / "ids"
    file.write_text("".join(" ".join(line) + "\n" for line in CITIES))
    folder.mkdir()
    encode_files([str(file)], Reading(min_count=1, phrases=3), folder)
    assert sorted(path.name for path in folder.iterdir()) == ["ends.i64", "ids.i32"]


@pytest.mark.parametrize("processes", [2, 3])
def test_a_team_finds_the_phrases_of_one_process(tmp_path, rng, processes, monkeypatch):
    monkeypatch.setattr(phrases, "PIECE", 1000)
    ids = rng.zipf(1.3, 9_000) % 60
    ids[1:][rng.random(len(ids) - 1) < 0.2] = 7
    lines = np.split(ids, np.sort(rng.integers(0, len(ids), 700)))
    file = tmp_path / "text.txt"
    file.write_text("\n".join(" ".join(f"w{word}" for word in line) for line in lines))
    reading = Reading(phrases=3, phrase_threshold=0.05)

    def encode(team):
        folder = tmp_path / str(team.processes)
        folder.mkdir(exist_ok=True)
        return encode_files([str(file)], reading, folder, team=team)

    (alone,) = together(1, encode)
    found = together(processes, encode)
    assert alone.phrases > 10
    for corpus in found:
        assert corpus.vocab.words == alone.vocab.words
        assert corpus.vocab.counts.tolist() == alone.vocab.counts.tolist()
        assert (corpus.phrases, corpus.kept) == (alone.phrases, alone.kept)
    joined = np.concatenate([corpus.text.ids for corpus in found])
    np.testing.assert_array_equal(joined, alone.text.ids)


# Scores -----------------------------------------------------------------------------------------


def counted(rng, size=12):
    """Return counts of pairs, and of each observed pair its place and what scores are made from."""
    counts = rng.poisson(0.8, (size, size)) * rng.integers(1, 9, (size, size))
    a, b = np.nonzero(counts)
    return counts, a, b, (counts[a, b], counts.sum(1)[a], counts.sum(0)[b], int(counts.sum()))


def test_npmi_is_the_pmi_of_the_counts_over_its_largest_value(rng):
    counts, a, b, args = counted(rng)
    scores = phrases.npmi(*args)
    of_all = pmi.pmi(counts)[a, b]
    np.testing.assert_allclose(scores * -np.log(args[0] / args[3]), of_all, atol=1e-13)
    stored = pmi.pmi(sparse.csr_array(counts))
    np.testing.assert_allclose(of_all, stored.data, atol=1e-13)
    np.testing.assert_allclose(np.log(phrases.ratio(*args, 0)), of_all, atol=1e-13)
    assert (np.abs(scores) <= 1 + 1e-12).all()


def test_npmi_has_its_limits_where_words_are_always_or_never_together():
    five = np.array([5])
    assert phrases.npmi(five, five, five, 40)[0] == pytest.approx(1, abs=1e-14)
    assert phrases.npmi(five, five, five, 5).tolist() == [1.0]
    million = np.array([10**6])
    rare = phrases.npmi(np.array([1]), million, million, 2 * 10**6)
    assert -1 < rare[0] < -0.8


@pytest.mark.bench
def test_scores_are_those_of_gensim_for_the_same_counts(rng):
    peer = pytest.importorskip("gensim.models.phrases", reason="needs the bench extra")
    _, _, _, (pairs, left, right, total) = counted(rng)
    ours = phrases.npmi(pairs, left, right, total), phrases.ratio(pairs, left, right, total, 5)
    for place, (n, a, b) in enumerate(zip(pairs, left, right, strict=True)):
        # gensim puts the size of its vocabulary where Mikolov et al. have that of the text.
        args = float(a), float(b), float(n), total
        assert peer.npmi_scorer(*args, 1, total) == pytest.approx(ours[0][place], abs=1e-12)
        assert peer.original_scorer(*args, 5, total) == pytest.approx(ours[1][place], rel=1e-12)


@pytest.mark.bench
def test_phrases_are_those_of_gensim_where_sentences_have_no_ends(rng):
    peer = pytest.importorskip("gensim.models.phrases", reason="needs the bench extra")
    ids = rng.zipf(1.3, 20_000) % 200
    line = [f"w{word}" for word in ids.tolist()]
    theirs = peer.Phrases([line], min_count=5, threshold=0.05, scoring="npmi", delimiter="_")
    corpus = read([line], phrase_threshold=0.05)
    assert corpus.phrases > 10 and words(corpus)[0] == theirs[line]


# Settings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"phrases": -1}, "^phrases=-1: must be from 0 to 10$"),
        ({"phrases": 1.5}, "^phrases=1.5: must be a whole number$"),
        ({"phrases": 0, "phrase_score": "npmi"}, "^phrase_score='npmi': matters to phrases"),
        ({"phrases": 0, "phrase_threshold": 0.2}, "^phrase_threshold=0.2: matters to"),
        ({"phrase_score": "pmi"}, "^phrase_score='pmi': must be one of npmi, word2vec$"),
        ({"phrase_score": ["npmi"]}, "must be one of npmi, word2vec$"),
        ({"phrase_threshold": 1}, "^phrase_threshold=1.*: must be below 1, the largest npmi$"),
        ({"phrase_threshold": math.nan}, "^phrase_threshold=nan: must be"),
        ({"phrase_min_count": 0}, "^phrase_min_count=0: must be at least 1$"),
        (
            {"phrase_min_count": 2, "min_count": 3},
            "^phrase_min_count=2: must be at least min_count",
        ),
        ({"phrase_separator": " "}, "^phrase_separator=' ': must be a text without spaces$"),
        ({"phrase_separator": ""}, "^phrase_separator='': must be a text without spaces$"),
        ({"phrase_separator": 3}, "^phrase_separator=3: must be a text without spaces$"),
    ],
)
def test_settings_that_cannot_be_used_are_named(unchecked, options, message):
    with pytest.raises(InputError, match=message):
        read(CITIES, **options)


def test_settings_not_given_have_their_defaults():
    none = Reading()
    assert (none.phrases, none.phrase_score, none.phrase_threshold) == (0, None, None)
    assert none.joining is None
    assert Reading(phrases=2).joining == phrases.Phrases(2, "npmi", 0.5, 5, "_")
    other = Reading(phrases=1, phrase_score="word2vec", min_count=9).joining
    assert other == phrases.Phrases(1, "word2vec", 100, 9, "_")


def test_a_text_that_is_one_phrase_has_no_pairs():
    with pytest.raises(InputError, match="there are no pairs"):
        read([["new", "york"]] * 9)


def test_files_end_where_their_joined_words_end(tmp_path):
    line = "san francisco is in california and new york is not"
    contents = {"a": f"{line}\n{line}", "b": "?!", "c": f"{line}\nnew", "d": "york"}
    for name, content in contents.items():
        (tmp_path / f"{name}.txt").write_text(content)
    how = {"min_count": 1, "phrase_min_count": 2, "phrase_threshold": -0.5}
    corpus = text.read(tmp_path, phrases=1, **how)
    clear = text.read(tmp_path, min_count=1)
    assert clear.file_ends.tolist() == [20, 31, 32]
    lengths = [len(part) for part in np.split(np.asarray(corpus.text.ids), corpus.file_ends)]
    assert corpus.phrases > 0 and len(lengths) == 4 and lengths[-2:] == [1, 0]
    assert 2 * (lengths[1] - 1) == lengths[0] < 20

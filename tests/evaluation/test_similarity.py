import os

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import spearmanr

from jaxtext.base.errors import InputError
from jaxtext.evaluation import items, similarity
from jaxtext.text import Vocab
from jaxtext.vectors.embeddings import Embeddings, SparseEmbeddings

ROWS = [("w1", "w2", 1.5), ("w3", "W4", 9.0), ("w5", "w6", 3.25), ("w1", "w7", 3.25)]


@pytest.fixture
def some(rng):
    words = tuple(f"w{i}" for i in range(200))
    return Embeddings(Vocab(words, np.arange(200)[::-1]), rng.normal(size=(200, 6)).astype("f4"))


def written(tmp_path, text, name="set.tsv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"{a}\t{b}\t{score}\n" for a, b, score in ROWS),
        "# a comment\nWord 1,Word 2,Human (mean)\n" + "".join(f"{a},{b},{s}\n" for a, b, s in ROWS),
        "\ufeffword1;word2;score\r\n" + "".join(f"{a};{b};{s}\r\n" for a, b, s in ROWS),
        "".join(f'"{a}","{b}",{score}\n' for a, b, score in ROWS),
        "".join(f"{a} {b}  {score}\n\n" for a, b, score in ROWS),
        ",x,y,score\n" + "".join(f"{i},{a},{b},{s}\n" for i, (a, b, s) in enumerate(ROWS)),
        "word1\tword2\tPOS\tSimLex999\tSD\n"
        + "".join(f"{a}\t{b}\tA\t{s}\t{i}.5\n" for i, (a, b, s) in enumerate(ROWS)),
    ],
    ids=["tsv", "header and comment", "semicolons", "quotes", "spaces", "index", "more columns"],
)
def test_layouts_of_pairs(tmp_path, text):
    pairs = similarity.read(written(tmp_path, text))
    assert pairs.words == [(a, b) for a, b, _ in ROWS]
    np.testing.assert_array_equal(pairs.scores, [score for _, _, score in ROWS])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("# only a comment\n", "the file is empty"),
        ("a\tb\t1\nc\td\n", "line 2: not two words and a score: 'c | d'"),
        ("a\tb\t1\nc\td\tnan\ne\tf\t2\n", "line 2: not two words and a score"),
        ("a\tb\t1\nc\t\t2\n", "line 2: not two words and a score"),
        ("one\ntwo\n", "not two words and a score in a row"),
        ("1\t2\t3\n", "not two words and a score in a row"),
        ('a,"b,1\n', "line 1: not CSV"),
        ("a\tb\t1\n\0\n", "line 2 contains a zero byte"),
    ],
)
def test_files_that_are_no_pairs_are_named(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(InputError) as error:
        similarity.read(path)
    assert str(error.value).startswith(f"{path}: ") and message in str(error.value)


def test_bytes_that_are_not_text_are_named(tmp_path):
    path = tmp_path / "set.tsv"
    path.write_bytes("a\tb\t1\nß\tb\t2\n".encode("latin-1"))
    with pytest.raises(InputError, match="line 2: byte 1 is not UTF-8 text"):
        similarity.read(path)


def test_rho_is_that_of_scipy_over_known_pairs(some, rng):
    known = [(f"w{i}", f"w{j}") for i, j in rng.integers(0, 200, size=(80, 2))]
    pairs = similarity.Pairs([*known, ("w1", "nothing")], rng.integers(0, 9, 81).astype(float))
    found = similarity.evaluate(some, pairs)
    table = some.center / np.linalg.norm(some.center, axis=1, keepdims=True)
    cosines = [table[int(a[1:])] @ table[int(b[1:])] for a, b in known]
    assert found.spearman == pytest.approx(spearmanr(cosines, pairs.scores[:80])[0], abs=1e-12)
    assert found.spearman_all == pytest.approx(spearmanr([*cosines, 0], pairs.scores)[0], abs=1e-12)
    assert (found.items, found.covered) == (81, 80)
    assert found.ci95[0] < found.spearman < found.ci95[1]


def test_the_interval_covers_the_truth_as_often_as_it_says(rng):
    """Of normal pairs with a known rho, about 47 of 50 intervals hold it."""
    correlation, hits = 0.6, 0
    truth = 6 / np.pi * np.arcsin(correlation / 2)
    for seed in range(50):
        a, b = rng.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], 150).T
        rho = lambda sample, a=a, b=b: similarity.spearman(a[sample], b[sample])  # noqa: E731
        low, high = items.interval(items.resampled(rho, 150, seed, samples=200))
        hits += low <= truth <= high
    assert 42 <= hits <= 50


def test_the_exact_spelling_stands_before_that_in_another_case(rng):
    vectors = rng.normal(size=(3, 4)).astype(np.float32)
    cased = Embeddings(Vocab(("Polish", "polish", "wax"), np.array([3, 2, 1])), vectors)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    found = similarity.cosines(cased, [("POLISH", "Wax"), ("Polish", "wax"), ("polish", "wax")])
    expected = unit[[0, 0, 1]] @ unit[2]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_set_without_a_known_pair_has_no_scores_and_one_pair_has_no_rho(some):
    nothing = similarity.Pairs([("no", "way")], np.array([1.0]))
    found = similarity.evaluate(some, nothing)
    assert (found.spearman, found.ci95, found.spearman_all) == (None, None, None)
    assert (found.items, found.covered) == (1, 0)
    assert similarity.unknown(nothing) == "none of 1 pairs is known, for example 'no' and 'way'"
    found = similarity.evaluate(some, similarity.Pairs([("w1", "w2")], np.array([1.0])))
    assert (found.spearman, found.ci95, found.spearman_all) == (None, None, None)


def test_zero_vectors_cover_no_pair(some, rng):
    table = some.center.copy()
    table[[3, 5]] = 0
    words = [(f"w{i}", f"w{i + 1}") for i in range(20)]
    scores = rng.normal(size=20)
    dense, thin = (
        similarity.evaluate(each, similarity.Pairs(words, scores))
        for each in (
            Embeddings(some.vocab, table), SparseEmbeddings(some.vocab, sparse.csr_array(table))
        )
    )  # fmt: skip
    assert np.flatnonzero(np.isnan(dense.cosines)).tolist() == [2, 3, 4, 5]
    assert (dense.covered, thin.covered) == (16, 16)
    kept = [i for i in range(20) if i not in (2, 3, 4, 5)]
    assert dense.spearman == pytest.approx(spearmanr(dense.cosines[kept], scores[kept])[0])
    assert thin.spearman == pytest.approx(dense.spearman)


def test_parts_of_speech_are_removed_only_where_every_word_has_one(rng):
    vectors = rng.normal(size=(3, 4)).astype(np.float32)
    words = Vocab(("sun", "shine", "sun-n"), np.array([3, 2, 1]))
    some = Embeddings(words, vectors)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    found = similarity.cosines(some, [("sun-n", "shine-v"), ("shine-j", "shine_N")])
    np.testing.assert_allclose(found, [unit[2] @ unit[1], 1], atol=1e-6)
    found = similarity.cosines(some, [("sun-n", "shine-v"), ("sun", "shine")])
    assert np.isnan(found[0]) and found[1] == pytest.approx(unit[0] @ unit[1], abs=1e-6)


def test_paired_differences_tell_a_better_table_from_the_same(some, rng):
    words = [(f"w{i}", f"w{j}") for i, j in rng.integers(0, 200, size=(150, 2))]
    cosines = similarity.cosines(some, words)
    pairs = similarity.Pairs(words, cosines + 0.1 * rng.normal(size=150))
    noisy = Embeddings(some.vocab, some.center + rng.normal(size=some.center.shape).astype("f4"))
    good, bad = (similarity.evaluate(each, pairs) for each in (some, noisy))
    better = similarity.difference(bad, good, pairs)
    assert better.difference == pytest.approx(good.spearman - bad.spearman)
    assert better.significant and better.covered == 150
    assert not similarity.difference(good, good, pairs).significant


@pytest.mark.bench
@pytest.mark.parametrize("unknown", [False, True])
def test_rho_is_that_of_gensim(tmp_path, rng, unknown):
    models = pytest.importorskip("gensim.models", reason="needs the bench extra")
    words = tuple(f"w{i}" for i in range(3000))
    some = Embeddings(Vocab(words, np.arange(3000)[::-1]), rng.normal(size=(3000, 9)).astype("f4"))
    peer = models.KeyedVectors(9)
    peer.add_vectors(list(words), some.center)
    rows = rng.integers(0, 3300, size=(4000, 2))  # some are unknown
    text = "".join(f"W{a}\tw{b}\t{rng.integers(0, 50) / 5}\n" for a, b in rows)
    path = written(tmp_path, text)
    theirs = peer.evaluate_word_pairs(str(path), dummy4unknown=unknown)[1][0]
    ours = similarity.evaluate(some, similarity.read(path))
    assert (ours.spearman_all if unknown else ours.spearman) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        "9,5;a;b\n0,25;b;c\n",
        "a;b;9,5\nb;c;0,25\n",
        '"a"\t"b"\t9.5\n"b"\tc\t.25\n',
        "1 a b 9.5\n2 b c .25\n",
    ],
    ids=["score first", "decimal comma", "quotes and tabs", "numbered"],
)
def test_columns_of_other_tools(tmp_path, text):
    (tmp_path / "pairs").write_text(text)
    pairs = similarity.read(tmp_path / "pairs")
    assert pairs.words == [("a", "b"), ("b", "c")] and pairs.scores.tolist() == [9.5, 0.25]


def test_a_pipe_that_nobody_writes_to_is_empty(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="the file is empty"):
        similarity.read(tmp_path / "pipe")


def test_sparse_vectors_have_the_cosines_of_dense_ones(some, rng):
    table = np.where(rng.random(some.center.shape) < 0.5, some.center, 0)
    words = [(f"w{i}", f"W{i + 1}") for i in range(50)] + [("w0", "unknown")]
    dense, thin = (
        similarity.cosines(each, words)
        for each in (
            Embeddings(some.vocab, table), SparseEmbeddings(some.vocab, sparse.csr_array(table))
        )
    )  # fmt: skip
    np.testing.assert_allclose(thin, dense, atol=1e-6)
    with pytest.raises(InputError, match="sparse vectors have no 'context'"):
        similarity.cosines(SparseEmbeddings(some.vocab, sparse.csr_array(table)), words, "context")


def test_without_samples_there_is_no_interval(some):
    pairs = similarity.Pairs([("w1", "w2"), ("w3", "w4"), ("w5", "w9")], np.arange(3.0))
    full, quick = (similarity.evaluate(some, pairs, samples=each) for each in (1000, 0))
    assert quick.ci95 is None and full.ci95 is not None
    assert quick.spearman == full.spearman

import sys

import numpy as np
import pytest
from scipy import sparse

from jaxtext.base.errors import InputError
from jaxtext.evaluation import categorization
from jaxtext.text import Vocab
from jaxtext.vectors.embeddings import Embeddings, SparseEmbeddings

WORDS = tuple(f"w{i}" for i in range(60))


@pytest.fixture
def some(rng):
    """Words of four directions, with lengths that say nothing."""
    means = np.eye(4, 10)[np.arange(60) % 4]
    table = (means + 0.1 * rng.normal(size=(60, 10))) * rng.uniform(0.1, 9, size=(60, 1))
    return Embeddings(Vocab(WORDS, np.arange(60)[::-1]), table.astype(np.float32))


def written(tmp_path, text):
    path = tmp_path / "set.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def test_clusters_find_categories_that_the_directions_tell(tmp_path, some):
    rows = [f"kind {i % 4}\thalf {i % 4 // 2}\tW{i}\n" for i in range(60)]
    found = categorization.evaluate(
        some, categorization.read(written(tmp_path, "".join(rows) + "kind 4\thalf 0\tnothing\n"))
    )
    assert (found.items, found.covered) == (61, 60)
    first, second = found.levels
    assert first.purity == 1 and first.categories == 4
    assert first.purity_all == pytest.approx(60 / 61)
    assert 0.25 < first.chance < 0.5 < second.chance < second.purity
    assert found.as_json()["levels"][1]["purity"] == second.purity


def test_purity_counts_the_most_common_category_of_each_cluster():
    labels, clusters = np.array([0, 0, 1, 1, 2]), np.array([0, 0, 0, 1, -1])
    assert categorization.purity(labels, clusters) == 3 / 5


def test_chance_is_the_purity_of_random_categories(some, rng):
    names = [f"kind {kind}" for kind in rng.integers(0, 4, 60)]
    found = categorization.evaluate(some, categorization.Categories(list(WORDS), [names]))
    assert found.levels[0].purity == pytest.approx(found.levels[0].chance, abs=0.12)


def test_the_same_seed_gives_the_same_clusters(some):
    table = some.center / np.linalg.norm(some.center, axis=1, keepdims=True)
    first, second = (categorization.cluster(table, 7, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_paired_differences_of_purity(some, rng):
    categories = categorization.Categories(list(WORDS), [[str(i % 4) for i in range(60)]])
    shuffled = Embeddings(some.vocab, rng.permutation(some.center))
    good, bad = (categorization.evaluate(each, categories) for each in (some, shuffled))
    found = categorization.difference(bad, good)
    assert found.difference == pytest.approx(1 - bad.levels[0].purity)
    assert found.significant and not categorization.difference(good, good).significant


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("bird\tchicken\nbird\n", "line 2: not 2 columns: 'bird'"),
        ("bird\tchicken\nbird\tanimal\teagle\n", "line 2: not 2 columns"),
        ("bird\t\n", "line 1: not categories and a word"),
    ],
)
def test_files_that_are_no_categories_are_named(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(InputError) as error:
        categorization.read(path)
    assert str(error.value).startswith(f"{path}: ") and message in str(error.value)


def test_a_set_without_a_known_word_has_no_scores(some):
    nothing = categorization.Categories(["eagle", "crow"], [["bird", "bird"], ["x", "y"]])
    found = categorization.evaluate(some, nothing)
    assert (found.items, found.covered) == (2, 0)
    assert [tuple(level) for level in found.levels] == [(1, None, None, 0), (2, None, None, 0)]
    assert categorization.unknown(nothing) == "none of 2 words is known, for example 'eagle'"
    known = categorization.evaluate(some, nothing._replace(words=["w1", "w2"]))
    assert categorization.difference(found, known).difference is None


def test_zero_vectors_are_in_no_cluster(some):
    table = some.center.copy()
    table[:6] = 0
    categories = categorization.Categories(list(WORDS), [[str(i % 4) for i in range(60)]])
    found = categorization.evaluate(Embeddings(some.vocab, table), categories)
    assert (found.covered, found.levels[0].purity) == (54, 1)
    assert (found.clusters[0][:6] == -1).all() and (found.clusters[0][6:] >= 0).all()


def test_a_missing_scikit_learn_is_named_with_how_to_install_it(some, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(InputError, match=r"scikit-learn: pip install -e '\.\[eval\]'"):
        categorization.cluster(np.eye(3), 2)


def test_sparse_vectors_have_the_clusters_of_dense_ones(rng):
    pytest.importorskip("sklearn", reason="needs the eval extra")
    table = np.where(rng.random((40, 12)) < 0.5, rng.normal(size=(40, 12)), 0)
    vocab = Vocab(tuple(f"w{i}" for i in range(40)), np.arange(40, 0, -1))
    labels = [[str(i % 3) for i in range(40)]]
    categories = categorization.Categories(list(vocab.words), labels)
    vectors = Embeddings(vocab, table), SparseEmbeddings(vocab, sparse.csr_array(table))
    dense, thin = (categorization.evaluate(each, categories) for each in vectors)
    np.testing.assert_array_equal(dense.clusters[0], thin.clusters[0])

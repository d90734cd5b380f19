import numpy as np
import pytest

import jaxtext
from jaxtext import api


@pytest.fixture(scope="module")
def corpus(topics):
    return jaxtext.read([line.split() for line in topics[:300]], min_count=1)


METHODS = [jaxtext.Svd(dim=3), jaxtext.Svd(dim=5), jaxtext.Exact(dim=3, epochs=2)]


def score(vectors):
    scores = vectors.center @ vectors.center.T
    return {"size": float(np.abs(scores).mean()), "dim": vectors.dim, "none": None}


def test_a_table_has_the_means_over_the_seeds_of_each_method(corpus, tmp_path):
    rows = []
    table = jaxtext.sweep(
        tmp_path, corpus, METHODS, score, seeds=range(2), on_row=lambda *row: rows.append(row)
    )
    assert table.header[:2] == ["method", "dim"]
    assert table.header[-6:] == [
        "size", "size, deviation", "dim", "dim, deviation", "none", "none, deviation",
    ]  # fmt: skip
    assert [row[:2] for row in table.rows] == [["svd", "3"], ["svd", "5"], ["exact", "3"]]
    assert [row[-4:] for row in table.rows] == [[f"{d}.000", "0.000", "-", "-"] for d in (3, 5, 3)]
    assert [(method.name, seed) for method, seed, _ in rows[:2]] == [("svd", 0), ("svd", 1)]
    means = [np.mean([scores["size"] for _, _, scores in rows[i : i + 2]]) for i in (0, 2, 4)]
    assert [row[-6] for row in table.rows] == [f"{mean:.3f}" for mean in means]


class Stop(Exception):
    """The end of a training that was interrupted."""


def test_what_is_on_disk_is_not_measured_again(corpus, tmp_path, monkeypatch):
    asked, real = [], api.train

    def counted(key, corpus, method):
        if len(asked) == 3:
            raise Stop
        asked.append(method)
        return real(key, corpus, method)

    monkeypatch.setattr(api, "train", counted)
    with pytest.raises(Stop):
        jaxtext.sweep(tmp_path, corpus, METHODS, score, seeds=(0, 1))
    asked.clear()
    table = jaxtext.sweep(tmp_path, corpus, METHODS, score, seeds=(0, 1))
    assert asked == [METHODS[1], METHODS[2], METHODS[2]]
    monkeypatch.setattr(api, "train", real)
    whole = jaxtext.sweep(tmp_path / "other", corpus, METHODS[:1], score, seeds=(0, 1))
    assert table.rows[0][-6:] == whole.rows[0][-6:] and whole.header[0] == "method"


def test_what_cannot_be_used_is_refused_before_training(corpus, topics, tmp_path, unchecked):
    for methods, seeds, message in (
        ([], [0], "at least one method"), (METHODS, [], "at least one method"),
        (["svd"], [0], "Sgns"),
    ):  # fmt: skip
        with pytest.raises(jaxtext.InputError, match=message):
            jaxtext.sweep(tmp_path, corpus, methods, score, seeds=seeds)
    assert not list(tmp_path.iterdir())
    jaxtext.sweep(tmp_path, corpus, METHODS[:1], score)
    other = jaxtext.read([line.split() for line in topics[:200]], min_count=1)
    with pytest.raises(jaxtext.InputError, match="results of another corpus"):
        jaxtext.sweep(tmp_path, other, METHODS[:1], score)
    with pytest.raises(jaxtext.InputError, match="rho must be a number, found 'high'"):
        jaxtext.sweep(tmp_path, corpus, METHODS[1:2], lambda vectors: {"rho": "high"})

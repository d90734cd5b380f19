import jax
import numpy as np
import pytest

import jaxtext
from jaxtext.base.errors import InputError
from jaxtext.runs.unseen import inferred
from jaxtext.training.unseen import infer

METHOD = jaxtext.Sgns(dim=6, window=3, epochs=2, subsample=0)
CONTEXTS = "A zebra in New York! A zebra, too.\nNothing.\nThe city of Zebra\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    lines = [f"{word} new york city {word}\n{word} city {word} new a\n" for word in "abcdefghi"]
    (folder / "a.txt").write_text("".join(lines * 5))
    (folder / "zebra.txt").write_text(CONTEXTS)
    jaxtext.run(folder / "run", folder / "a.txt", METHOD, phrases=1, phrase_min_count=10)
    jaxtext.run(folder / "svd", folder / "a.txt", jaxtext.Svd(dim=2))
    jaxtext.save(jaxtext.load(folder / "run"), folder / "v.safetensors")
    return folder


def test_files_are_read_as_the_text_of_the_run_with_its_phrases(folder):
    vectors = jaxtext.load(folder / "run")
    assert "york_city" in vectors or "new_york" in vectors
    found = inferred(folder / "run", vectors, ["zebra"], [str(folder / "zebra.txt")])
    joined = ["new_york"] if "new_york" in vectors else ["new", "york"]
    sentences = [["a", "zebra", "in", *joined, "a", "zebra", "too"], ["the", "city", "of", "zebra"]]
    expected = infer(vectors, "zebra", sentences, METHOD)
    np.testing.assert_array_equal(found[0], expected)
    assert jax.numpy.isfinite(found).all()


def test_what_cannot_infer_is_named(folder):
    vectors, file = jaxtext.load(folder / "run"), str(folder / "zebra.txt")
    with pytest.raises(InputError, match="^contexts: .*v.safetensors is not a run folder"):
        inferred(folder / "v.safetensors", vectors, ["zebra"], [file])
    with pytest.raises(
        InputError, match="^contexts: .*svd was trained by svd: only sgns and exact"
    ):
        inferred(folder / "svd", vectors, ["zebra"], [file])
    with pytest.raises(InputError, match="none.txt: no such file"):
        inferred(folder / "run", vectors, ["zebra"], [str(folder / "none.txt")])
    with pytest.raises(InputError, match="^'yak' is in none of the sentences$"):
        inferred(folder / "run", vectors, ["yak"], [file])

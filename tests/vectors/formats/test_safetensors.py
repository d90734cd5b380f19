import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from jaxtext.base.errors import InputError
from jaxtext.text import Vocab
from jaxtext.vectors import export
from jaxtext.vectors.embeddings import Embeddings

WORDS = ("a", "b c", "d\n")


@pytest.fixture
def whole(rng):
    center, context = rng.normal(size=(2, 3, 4)).astype(np.float32)
    return Embeddings(Vocab(WORDS, np.array([9, 4, 1])), center, context)


def test_context_vectors_and_counts_come_back_to_the_bit(whole, tmp_path):
    export.write(whole, tmp_path / "v", "safetensors")
    loaded = export.read(tmp_path / "v")
    assert loaded.words == WORDS and loaded.counts.tolist() == [9, 4, 1]
    assert loaded.center.tobytes() == whole.center.tobytes()
    assert loaded.context.tobytes() == whole.context.tobytes()


def test_other_vectors_than_the_centers_are_one_table(whole, tmp_path):
    export.write(whole, tmp_path / "v", "safetensors", "concat")
    loaded = export.read(tmp_path / "v")
    assert loaded.dim == 8 and loaded.context is None and not loaded.counts.any()


ARRAYS = {
    "vectors": np.ones((3, 4), np.float32),
    "context": np.ones((3, 4), np.float32),
    "counts": np.array([3, 2, 1]),
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"context": np.ones((3, 5), np.float32)}, r"context vectors of shape \[3, 5\] for"),
        ({"context": np.ones((2, 4), np.float32)}, "the words do not fit an array"),
        ({"context": np.full((3, 4), np.nan, np.float32)}, "no row can be read; word 1: contains"),
        ({"context": np.ones((3, 4), np.int32)}, "has I32 numbers: convert them to F32"),
        ({"counts": np.array([3, 2])}, "the counts do not fit 3 words"),
        ({"counts": np.array([3.0, 2, 1])}, "the counts do not fit"),
        ({"counts": np.array([3, 2, -1])}, "the counts do not fit"),
    ],
)
def test_arrays_that_do_not_fit_the_words_are_named(change, message, tmp_path):
    save_file({**ARRAYS, **change}, tmp_path / "v", {"words": json.dumps(WORDS)})
    with pytest.raises(InputError, match=message):
        export.read(tmp_path / "v")


def test_files_with_one_table_alone_are_read(tmp_path):
    save_file({"vectors": ARRAYS["vectors"]}, tmp_path / "v", {"words": json.dumps(WORDS)})
    loaded = export.read(tmp_path / "v")
    assert loaded.context is None and loaded.counts.tolist() == [0, 0, 0]

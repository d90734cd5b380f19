import struct

import numpy as np
import pytest

from jaxtext import export
from jaxtext.embeddings import Embeddings
from jaxtext.errors import InputError
from jaxtext.text import Vocab

WORDS = ("the", "größe", "東京", "i̇zmir", "42")


@pytest.fixture
def some(rng):
    center, context = rng.normal(size=(2, 5, 7)).astype(np.float32)
    center[0, :3] = [1e-38, -0.0, 3.4e38]
    return Embeddings(Vocab(WORDS, np.arange(5, 0, -1)), center, context)


@pytest.mark.parametrize("form", export.FORMATS)
@pytest.mark.parametrize("kind", ["center", "concat"])
def test_what_is_written_reads_back_to_the_bit(tmp_path, some, form, kind):
    path = tmp_path / "sub" / "vectors"
    export.write(some, path, form, kind)
    loaded = export.read(path)
    assert loaded.vocab.words == WORDS
    assert loaded.center.dtype == np.float32
    np.testing.assert_array_equal(loaded.center, some.vectors(kind))
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.bench
@pytest.mark.parametrize("binary", [False, True])
def test_gensim_loads_every_vector_equal(tmp_path, some, binary):
    models = pytest.importorskip("gensim.models", reason="needs the bench extra")
    path = tmp_path / "vectors"
    export.write(some, path, "word2vec-binary" if binary else "word2vec-text")
    loaded = models.KeyedVectors.load_word2vec_format(str(path), binary=binary)
    assert tuple(loaded.index_to_key) == WORDS
    np.testing.assert_array_equal(loaded.vectors, some.center)


@pytest.mark.bench
@pytest.mark.parametrize("binary", [False, True])
def test_what_gensim_writes_reads_with_every_vector_equal(tmp_path, some, binary):
    models = pytest.importorskip("gensim.models", reason="needs the bench extra")
    vectors = models.KeyedVectors(7)
    vectors.add_vectors(list(WORDS), some.center)
    path = tmp_path / "vectors"
    vectors.save_word2vec_format(str(path), binary=binary)
    loaded = export.read(path)
    assert loaded.vocab.words == WORDS
    np.testing.assert_array_equal(loaded.center, some.center)


def test_a_binary_file_has_the_layout_of_word2vec(tmp_path):
    one = Embeddings(Vocab(("ab",), np.array([1])), np.array([[1.5, -2.0]], np.float32))
    export.write(one, tmp_path / "v", "word2vec-binary")
    assert (tmp_path / "v").read_bytes() == b"1 2\nab " + struct.pack("<2f", 1.5, -2.0) + b"\n"


def test_an_existing_file_is_never_overwritten(tmp_path, some):
    path = tmp_path / "precious"
    path.write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        export.write(some, path, "word2vec-text")
    assert path.read_text() == "mine"


def test_a_failed_write_leaves_nothing(tmp_path, some):
    broken = Embeddings(Vocab(WORDS[:3], np.ones(3, int)), some.center)
    with pytest.raises(ValueError, match="longer"):
        export.write(broken, tmp_path / "v", "word2vec-text")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", [form for form in export.FORMATS if form != "safetensors"])
@pytest.mark.parametrize("word", ["new york", "a\nb", "tab\tbed", ""])
def test_a_word_that_a_format_cannot_hold_is_named(tmp_path, form, word):
    one = Embeddings(Vocab(("fine", word), np.ones(2, int)), np.ones((2, 3), np.float32))
    if form == "projector" and " " in word:
        export.write(one, tmp_path / "v", form)
        assert export.read(tmp_path / "v").vocab.words == ("fine", word)
        return
    with pytest.raises(InputError, match="use safetensors"):
        export.write(one, tmp_path / "v", form)
    assert list(tmp_path.iterdir()) == []
    export.write(one, tmp_path / "v", "safetensors")
    assert export.read(tmp_path / "v").vocab.words == ("fine", word)


def test_an_unknown_format_is_an_error(tmp_path, some):
    with pytest.raises(InputError, match="choose one of word2vec-text"):
        export.write(some, tmp_path / "v", "pickle")

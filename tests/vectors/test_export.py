import io
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jaxtext import export, runs
from jaxtext.base.errors import InputError
from jaxtext.text import Vocab
from jaxtext.vectors.embeddings import Embeddings

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


def test_paths_may_be_strings(tmp_path, some):
    path = f"{tmp_path}/vectors.txt"
    export.write(some, path, "glove")
    for load in (export.read, runs.load):
        np.testing.assert_array_equal(load(path).center, some.center)


@pytest.mark.bench
@pytest.mark.parametrize("form", ["word2vec-text", "fasttext", "word2vec-binary"])
def test_gensim_loads_every_vector_equal(tmp_path, some, form):
    models = pytest.importorskip("gensim.models", reason="needs the bench extra")
    path = tmp_path / "vectors"
    export.write(some, path, form)
    loaded = models.KeyedVectors.load_word2vec_format(str(path), binary=form == "word2vec-binary")
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


@pytest.mark.bench
def test_the_word2vec_package_loads_every_vector_at_length_one(tmp_path, monkeypatch, some):
    word2vec = pytest.importorskip("word2vec", reason="needs the bench extra")
    monkeypatch.setattr(np, "float", float, raising=False)  # which it needs, and NumPy 2 lacks
    export.write(some, tmp_path / "vectors.txt", "word2vec-text")
    loaded = word2vec.load(str(tmp_path / "vectors.txt"))
    assert tuple(loaded.vocab) == WORDS
    table = some.center.astype(np.float64)
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    np.testing.assert_allclose(loaded.vectors, unit, rtol=2e-7)


@pytest.mark.bench
def test_the_program_of_word2vec_loads_a_binary_file(tmp_path, rng):
    """It says no more than cosines; the package's own reader of bytes fails with NumPy 2."""
    pytest.importorskip("word2vec", reason="needs the bench extra")
    table = rng.normal(size=(5, 7)).astype(np.float32)
    path = tmp_path / "vectors.bin"
    export.write(Embeddings(Vocab(WORDS, np.ones(5, int)), table), path, "word2vec-binary")
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    program = Path(sys.executable).with_name("word2vec-distance")
    for place, word in enumerate(WORDS):
        done = subprocess.run(
            [str(program), str(path)],
            input=f"{word}\nEXIT\n".encode(),
            check=True,
            capture_output=True,
            timeout=20,
        )
        rows = [line.split() for line in done.stdout.decode().splitlines() if "\t\t" in line]
        near = {row[0]: float(row[1]) for row in rows if len(row) == 2}
        expected = {w: c for w, c in zip(WORDS, unit @ unit[place], strict=True) if w != word}
        assert near == pytest.approx(expected, abs=2e-6)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """A text for the trainers of others, with letters beyond ASCII."""
    path = tmp_path_factory.mktemp("spoken") / "text.txt"
    path.write_text("die größe der stadt 東京 ist die größe 42\n" * 200, encoding="utf-8")
    return path


@pytest.mark.bench
@pytest.mark.parametrize("binary", [0, 1])
def test_what_word2vec_writes_reads_with_every_vector_equal(tmp_path, spoken, binary):
    pytest.importorskip("word2vec", reason="needs the bench extra")
    models = pytest.importorskip("gensim.models", reason="needs the bench extra")
    path = tmp_path / "vectors"
    program = Path(sys.executable).with_name("word2vec")
    options = f"-train {spoken} -output {path} -size 7 -min-count 1 -iter 1 -threads 1"
    command = [str(program), *options.split(), "-binary", str(binary)]
    subprocess.run(command, check=True, capture_output=True)
    loaded = export.read(path)
    assert {"größe", "東京", "42"} < set(loaded.vocab.words)
    peer = models.KeyedVectors.load_word2vec_format(str(path), binary=bool(binary))
    assert list(loaded.vocab.words) == peer.index_to_key
    np.testing.assert_array_equal(loaded.center, peer.vectors)
    if not binary:
        rows = [line.split(" ") for line in path.read_text("utf-8").splitlines()[1:]]
        np.testing.assert_array_equal(loaded.center, np.array([r[1:8] for r in rows], np.float32))


@pytest.mark.bench
def test_what_fasttext_writes_reads_with_every_vector_equal(tmp_path, spoken):
    """Its Python package has no function for `.vec`, which its program writes to 5 digits."""
    fasttext = pytest.importorskip("fasttext", reason="needs the bench extra")
    # A thread fills a tenth of the table, so that fewer than ten leave memory as it was found.
    model = fasttext.train_unsupervised(
        str(spoken), minCount=1, dim=7, epoch=1, thread=12, verbose=0, t=1.0, bucket=100
    )
    words = model.get_words()
    rows = [[f"{number:.5g}" for number in model.get_word_vector(word)] for word in words]
    path = tmp_path / "vectors.vec"
    lines = [f"{len(words)} 7", *(f"{w} {' '.join(r)} " for w, r in zip(words, rows, strict=True))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    loaded = export.read(path)
    assert list(loaded.vocab.words) == words and "größe" in words
    np.testing.assert_array_equal(loaded.center, np.array(rows, np.float32))
    model.save_model(str(tmp_path / "model.bin"))
    with pytest.raises(InputError, match="a fastText model: give its .vec file"):
        export.read(tmp_path / "model.bin")


def test_a_binary_file_has_the_layout_of_word2vec(tmp_path):
    one = Embeddings(Vocab(("ab",), np.array([1])), np.array([[1.5, -2.0]], np.float32))
    export.write(one, tmp_path / "v", "word2vec-binary")
    assert (tmp_path / "v").read_bytes() == b"1 2\nab " + struct.pack("<2f", 1.5, -2.0) + b"\n"


@pytest.mark.parametrize("form", export.FORMATS)
def test_an_existing_file_is_replaced_and_a_folder_never(tmp_path, some, form):
    path = tmp_path / "new" / "folder" / "vectors"
    for table in (some.center, some.center[:, 3:6]):
        one = Embeddings(some.vocab, table)
        if form in export.FOLDERS and path.exists():
            with pytest.raises(InputError, match="vectors: is a folder, which is not replaced"):
                export.write(one, path, form)
            return
        export.write(one, path, form)
        np.testing.assert_array_equal(export.read(path).center, one.center)
        assert [each.name for each in path.parent.iterdir()] == ["vectors"]
    with pytest.raises(InputError, match="folder: is a folder, which is not replaced"):
        export.write(some, path.parent, form)
    for form in export.FOLDERS:
        with pytest.raises(InputError, match="is there, and is not replaced"):
            export.write(some, path, form)
    assert export.read(path).dim == 3


@pytest.mark.parametrize("form", export.FORMATS)
def test_a_stream_gets_the_bytes_of_the_file(tmp_path, some, form):
    stream = io.BytesIO()
    if form in export.FOLDERS:
        with pytest.raises(InputError, match=f"^format='{form}': is a folder of several files"):
            export.write_to(some, stream, form)
        return
    export.write(some, tmp_path / "v", form, "concat")
    export.write_to(some, stream, form, "concat")
    assert stream.getvalue() == (tmp_path / "v").read_bytes()


def test_a_table_that_cannot_be_written_leaves_an_existing_file_as_it_is(tmp_path, some):
    path = tmp_path / "v"
    path.write_text("mine")
    spaced = Embeddings(Vocab(("a b",), np.ones(1, int)), some.center[:1])
    with pytest.raises(InputError, match="use safetensors"):
        export.write(spaced, path, "glove")
    assert path.read_text() == "mine" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("form", export.FORMATS)
def test_a_limit_reads_the_first_words_with_contexts_and_counts(tmp_path, some, form):
    export.write(some, tmp_path / "v", form)
    for size in (1, 3, 5, 99):
        loaded = export.read(tmp_path / "v", limit=size)
        assert loaded.words == WORDS[:size]
        np.testing.assert_array_equal(loaded.center, some.center[:size])
        if form == "safetensors":
            np.testing.assert_array_equal(loaded.context, some.context[:size])
            assert loaded.counts.tolist() == [5, 4, 3, 2, 1][:size]
    with pytest.raises(InputError, match="^limit=0: must be at least 1"):
        export.read(tmp_path / "v", limit=0)


def test_a_failed_write_leaves_nothing(tmp_path, some):
    broken = Embeddings(Vocab(WORDS[:3], np.ones(3, int)), some.center[:3])
    object.__setattr__(broken, "center", some.center)  # a row too many
    with pytest.raises(ValueError, match="longer"):
        export.write(broken, tmp_path / "v", "word2vec-text")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", [f for f in export.FORMATS if f not in ("safetensors", "hub")])
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


def test_a_vector_beyond_float32_is_named(tmp_path, some):
    center = some.center.astype(np.float64)
    center[2, 3] = 1e300
    with pytest.raises(InputError, match="the vector of '東京' has a number that is not finite"):
        export.write(Embeddings(some.vocab, center), tmp_path / "v", "glove")
    assert not list(tmp_path.iterdir())


def test_links_stay_and_devices_are_written_to(tmp_path):
    (tmp_path / "there").mkdir()
    link, target, pipe = tmp_path / "link", tmp_path / "there" / "target", tmp_path / "pipe"
    link.symlink_to(target)
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    for path in (link, pipe):
        with export.replacing(path) as temporary:
            temporary.write_text("content")
    assert link.is_symlink() and target.read_text() == "content"
    assert pipe.is_fifo() and os.read(reader, 99) == b"content"
    os.close(reader)
    with pytest.raises(InputError, match="there: is a folder"), export.replacing(target.parent):
        pass


@pytest.mark.parametrize("form", export.FORMATS)
def test_a_word_that_is_not_unicode_text_is_named_and_nothing_written(tmp_path, form):
    half = Embeddings(Vocab(("fine", "\ud800"), np.ones(2, int)), np.ones((2, 3), np.float32))
    with pytest.raises(InputError, match=r"the word '\\ud800' cannot be written as UTF-8"):
        export.write(half, tmp_path / "v", form)
    assert list(tmp_path.iterdir()) == []

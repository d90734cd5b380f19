import json
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from jaxtext import cli, runs
from jaxtext.base.errors import InputError
from jaxtext.text import Vocab
from jaxtext.text.tokens import tokenize
from jaxtext.vectors import export
from jaxtext.vectors.embeddings import Embeddings
from jaxtext.vectors.formats import hub, tokenizer

PLAIN = ("the", "a", "größe", "東京", "i", "σας", "п'ять", "ab", "izmir", "l·l", "new_york")
ODD = ("The", "a", "[UNK]", "<script>", "new york", '"q"', "'", "</w>", "##a", "a</w>", "", "a\nb")
WORDS = {"words": PLAIN, "whitespace": ODD}
SENTENCES = {
    "words": [
        "The a größe, ab xa Ax! ΣΑΣ п’ять İZMİR; I ŀl",
        "unknown xyz",
        "",
        "the " * 700 + "a",
    ],
    "whitespace": ['The a [UNK] the <script> xyz "q" \' </w> ##a a </w> a', "the", "", "a " * 700],
}
PEERS = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def embeddings(words, rng):
    center, context = rng.normal(size=(2, len(words), 7)).astype(np.float32)
    return Embeddings(Vocab(words, np.arange(len(words), 0, -1)), center, context)


@pytest.fixture(params=["words", "whitespace"])
def tokens(request):
    return request.param


@pytest.fixture
def written(tokens, tmp_path, rng):
    """The vectors, and the folder that they were written to."""
    vectors = embeddings(WORDS[tokens], rng)
    export.write(vectors, tmp_path / "model", "hub")
    return vectors, tmp_path / "model"


@pytest.fixture
def offline(monkeypatch):
    """A package that asked a server would fail."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def means(vectors, tokens):
    cuts = (tokenize(each, tokens == "words", tokens) for each in SENTENCES[tokens])
    return np.stack([vectors.mean(cut) for cut in cuts])


@PEERS
@pytest.mark.bench
def test_model2vec_loads_every_vector_equal_and_encodes_the_mean(written, tokens, offline):
    models = pytest.importorskip("model2vec", reason="needs the bench extra")
    vectors, path = written
    model = models.StaticModel.from_pretrained(path)
    np.testing.assert_array_equal(model.embedding, vectors.center)
    assert model.embedding.dtype == np.float32
    encoded = model.encode(SENTENCES[tokens])
    np.testing.assert_allclose(encoded, means(vectors, tokens), rtol=1e-6, atol=1e-7)
    model.save_pretrained(path.with_name("saved"))
    loaded = export.read(path.with_name("saved"))
    assert loaded.words == vectors.words
    np.testing.assert_array_equal(loaded.center, vectors.center)


@PEERS
@pytest.mark.bench
def test_sentence_transformers_loads_every_vector_equal_and_encodes_the_mean(
    written, tokens, offline
):
    models = pytest.importorskip("sentence_transformers", reason="needs the bench extra")
    vectors, path = written
    model = models.SentenceTransformer(str(path), device="cpu")
    np.testing.assert_array_equal(model[0].embedding.weight.detach().numpy(), vectors.center)
    encoded = model.encode(SENTENCES[tokens])
    np.testing.assert_allclose(encoded, means(vectors, tokens), rtol=1e-6, atol=1e-7)
    model.save(str(path.with_name("saved")))
    loaded = export.read(path.with_name("saved"))
    assert loaded.words == vectors.words
    np.testing.assert_array_equal(loaded.center, vectors.center)


LETTERS = st.one_of(
    st.characters().filter(lambda c: unicodedata.category(c) not in ("Cn", "Cs", "Co")),
    st.sampled_from("aABbiIİıΣσςΑα'’ʼ״׳·‧ŀĿяЯאבªʰ.,_-1½ \u0301\u0307\u0345"),
    st.sampled_from("\u00ad\u200c\u200d\u00a0\u3000\x1c\x85\ufeff"),
)


@PEERS
@pytest.mark.bench
@settings(max_examples=500)
@given(st.text(LETTERS, max_size=12), st.sampled_from(["words", "whitespace"]), st.booleans())
def test_a_text_is_cut_as_by_our_own_tokens(text, tokens, lowercase):
    library = pytest.importorskip("tokenizers", reason="needs the bench extra")
    content = tokenizer.specification(["a"], tokenizer.Cut(tokens, lowercase))
    made = library.Tokenizer.from_str(json.dumps(content))
    pieces = made.pre_tokenizer.pre_tokenize_str(made.normalizer.normalize_str(text))
    assert [piece for piece, _ in pieces] == tokenize(text, lowercase, tokens)


@PEERS
@pytest.mark.bench
@given(
    st.lists(
        st.text("ab#</w>\u0301é ", max_size=6) | st.sampled_from(ODD),
        min_size=1,
        max_size=8,
        unique=True,
    )
)
def test_only_whole_words_of_the_vocabulary_are_found(words):
    library = pytest.importorskip("tokenizers", reason="needs the bench extra")
    content = tokenizer.specification(words, tokenizer.Cut("whitespace", lowercase=False))
    made = library.Tokenizer.from_str(json.dumps(content))
    text = "ab ba a b # </w> <</w> a</w> ##a #b é abé aé bb aab " + " ".join(words)
    index = {word: place for place, word in enumerate(words)}
    found = [index[word] for word in tokenize(text, False, "whitespace") if word in index]
    assert made.encode(text).ids == found


def test_how_a_text_is_cut_follows_from_the_vocabulary(tokens):
    cut = tokenizer.cut_of(WORDS[tokens])
    assert cut == tokenizer.Cut(tokens, lowercase=tokens == "words")
    assert tokenizer.cut_of(["the", "The"]) == ("words", False)
    assert tokenizer.cut_of(["the", "don't"]) == ("whitespace", True)


def test_the_folder_has_what_the_packages_look_for(written):
    vectors, path = written
    names = ["README.md", "config.json", "model.safetensors", "modules.json", "tokenizer.json"]
    assert sorted(each.name for each in path.iterdir()) == names
    assert json.loads((path / "config.json").read_text())["max_length"] is None
    vocab = json.loads((path / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    assert sorted(vocab.values()) == list(range(len(vectors)))
    assert f"{len(vectors)} words with 7 numbers each" in (path / "README.md").read_text("utf-8")
    loaded = runs.load(path)
    assert not runs.is_run(path) and loaded.words == vectors.words
    np.testing.assert_array_equal(loaded.center, vectors.center)


def test_every_command_reads_the_folder(written, tmp_path, capsys):
    vectors, path = written
    assert cli.run(["info", str(path)]) == 0
    assert f"{len(vectors)} words, 7 dimensions" in capsys.readouterr().out
    again = tmp_path / "again"
    assert cli.run(["export", str(path), str(again), "--format=hub", "--limit=3"]) == 0
    assert export.read(again).words == vectors.words[:3]
    assert cli.run(["export", str(path), str(again), "--format=hub"]) == 2
    assert "is a folder, which is not replaced" in capsys.readouterr().err


def test_a_folder_inside_as_sentence_transformers_wrote_it_before(tmp_path, rng):
    vectors = embeddings(PLAIN, rng)
    export.write(vectors, tmp_path / hub.NESTED, "hub")
    loaded = export.read(tmp_path, limit=4)
    assert loaded.words == PLAIN[:4]
    np.testing.assert_array_equal(loaded.center, vectors.center[:4])


def test_a_tokenizer_of_words_and_scores_with_added_tokens_is_read(tmp_path, rng):
    table = rng.normal(size=(3, 2)).astype(np.float16)
    save_file({"embedding.weight": table}, tmp_path / "model.safetensors")
    content = {
        "added_tokens": [{"id": 2, "content": "[PAD]"}],
        "model": {"type": "Unigram", "vocab": [["a", 0.0], ["b", -1.0]]},
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    loaded = export.read(tmp_path)
    assert loaded.words == ("a", "b", "[PAD]")
    np.testing.assert_array_equal(loaded.center, table.astype(np.float32))


def vocabulary(content):
    return json.dumps({"model": {"type": "WordLevel", "vocab": content}})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"tokenizer\.json: missing: no other file has the words"),
        ("{", r"tokenizer\.json: not a tokenizer with a vocabulary"),
        ("[]", "not a tokenizer with a vocabulary"),
        ("[" * 10**5, "not a tokenizer with a vocabulary"),
        ("{}", "not a tokenizer with a vocabulary: has no 'model'"),
        (json.dumps({"model": {"vocab": 7}}), "not a tokenizer with a vocabulary"),
        (json.dumps({"model": {"vocab": [[]]}}), "not a tokenizer with a vocabulary"),
        (vocabulary({"a": 0, "b": 2, "c": 3}), "not a tokenizer with a vocabulary: has no 1"),
        (vocabulary({"a": "0", "b": [], "c": 2}), "not a tokenizer with a vocabulary"),
        (vocabulary({"a": 0, "b": 1}), r"2 words in tokenizer\.json for vectors of shape \[3, 2\]"),
    ],
)
def test_words_that_cannot_be_used_are_one_line(tmp_path, rng, content, message):
    save_file({"embeddings": rng.normal(size=(3, 2))}, tmp_path / "model.safetensors")
    if content is not None:
        (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(InputError, match=message) as error:
        runs.load(tmp_path)
    assert str(error.value).startswith(str(tmp_path)) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"vectors": np.ones((2, 2))}, "has no array embeddings or embedding.weight"),
        ({"embeddings": np.ones((2, 2)), "mapping": np.ones(2)}, "shared or weighted"),
        ({"embeddings": np.ones((2, 2), np.int8)}, "has I8 numbers: convert them to F32"),
        ({"embeddings": np.ones((2, 2), np.int64)}, "2 vectors of int64"),
        ({"embeddings": np.ones(2)}, "do not fit an array of shape"),
        ({"embeddings": np.ones((2, 0))}, "nothing to read"),
        ({"embeddings": np.full((2, 2), np.nan)}, "no row can be read"),
        ({}, "has no array"),
    ],
)
def test_vectors_that_cannot_be_used_are_one_line(tmp_path, arrays, message):
    save_file(arrays, tmp_path / "model.safetensors")
    (tmp_path / "tokenizer.json").write_text(vocabulary({"a": 0, "b": 1}))
    with pytest.raises(InputError, match=message) as error:
        runs.load(tmp_path)
    assert str(error.value).startswith(str(tmp_path)) and "\n" not in str(error.value)
    (tmp_path / "model.safetensors").write_bytes(b"no array")
    with pytest.raises(InputError, match="damaged safetensors"):
        runs.load(tmp_path)


def test_a_word_that_occurs_twice_is_named_and_nothing_written(tmp_path, rng):
    with pytest.raises(InputError, match="the word 'b' occurs twice"):
        export.write(embeddings(("a", "b", "c", "b"), rng), tmp_path / "model", "hub")
    assert list(tmp_path.iterdir()) == []

import hashlib
import json

import numpy as np
import pytest
from servers import serving

from jaxtext import cli, evaluation, export
from jaxtext.base.download import Remote
from jaxtext.base.errors import InputError
from jaxtext.evaluation import named
from jaxtext.text import Vocab
from jaxtext.vectors.embeddings import Embeddings

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # pooch's connections
PAIRS = b"# A set\n# Word 1\tWord 2\tHuman (mean)\na\tb\t9\na\tc\t1\nb\tc\t2.5\n"
QUESTIONS = b": letters\na b c d\na b d c\n"
FILES = {"wordsim353": PAIRS, "google-analogies": QUESTIONS}


@pytest.fixture
def server(monkeypatch, tmp_path):
    """Sends small files in place of two sets."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with serving() as (running, url):
        for name, content in FILES.items():
            known = named.SETS[name]
            digest = hashlib.sha256(content).hexdigest()
            remote = Remote(f"{url}/{known.remote.name}", digest)
            monkeypatch.setitem(named.SETS, name, known._replace(remote=remote))
        running.answers = [(200, content, len(content)) for content in FILES.values()]
        yield running


@pytest.fixture
def vectors(tmp_path, rng):
    path = tmp_path / "vectors.safetensors"
    table = rng.normal(size=(4, 3)).astype(np.float32)
    export.write(Embeddings(Vocab(tuple("abcd"), np.ones(4, int)), table), path, "safetensors")
    return str(path)


def test_sets_are_downloaded_once_and_read(server, tmp_path):
    for _ in range(2):
        sets = evaluation.read(sets=list(FILES))
        assert list(sets.similarity) == ["wordsim353"] and list(sets.analogy) == [
            "google-analogies"
        ]
        assert sets.similarity["wordsim353"].words == [("a", "b"), ("a", "c"), ("b", "c")]
        assert len(sets.analogy["google-analogies"]) == 2
    assert server.asked == 2
    folder = tmp_path / "cache" / "jaxtext" / "sets"
    assert {each.name for each in folder.iterdir()} == {"wordsim353.tsv", "questions-words.txt"}
    (folder / "wordsim353.tsv").write_text("damaged")
    server.answers = [(200, PAIRS, len(PAIRS))]
    assert named.named_set("wordsim353").read_bytes() == PAIRS and server.asked == 3


def test_every_set_comes_from_a_fixed_commit_with_its_hash():
    assert (
        list(named.SETS) == list(evaluation.SETS) == ["wordsim353", "simlex999", "google-analogies"]
    )
    for each in named.SETS.values():
        host, owner, repository, commit, *_ = each.remote.url.removeprefix("https://").split("/")
        assert len(commit) == 40 and set(commit + each.remote.sha256) <= set("0123456789abcdef")
        assert len(each.remote.sha256) == 64 and each.kind in named.READERS


@pytest.mark.bench
def test_the_hashes_are_those_of_the_files_that_gensim_carries():
    test = pytest.importorskip("gensim.test.utils", reason="needs the bench extra")
    for name, items in (("wordsim353", 353), ("simlex999", 999), ("google-analogies", 19_544)):
        each = named.SETS[name]
        with open(test.datapath(each.remote.name), "rb") as file:
            assert hashlib.file_digest(file, "sha256").hexdigest() == each.remote.sha256
        found = named.READERS[each.kind](test.datapath(each.remote.name))
        assert len(found if each.kind == "analogy" else found.words) == items
        assert each.about.startswith(f"{items:,} ")


def test_the_command_evaluates_on_sets_by_name(server, vectors, capsys):
    assert cli.run(["evaluate", vectors, "--sets", *FILES, "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["similarity"]["wordsim353"]["covered"] == 3
    assert found["analogy"]["google-analogies"]["covered"] == 2
    assert set(found) == {"similarity", "analogy", "categorization"}


def test_a_page_has_the_scores_on_sets_by_name(server, vectors, tmp_path, capsys):
    out = tmp_path / "page.html"
    assert cli.run(["report", vectors, "--sets", *FILES, "--out", str(out)]) == 0
    assert all(name in out.read_text(encoding="utf-8") for name in FILES)
    asked = server.asked
    assert cli.run(["report", vectors, "--sets", "simlex", "--out", str(out)]) == 2
    assert "no such set: did you mean simlex999?" in capsys.readouterr().err
    assert server.asked == asked


def test_without_a_name_the_sets_are_listed(capsys):
    for command in (["evaluate", "--sets"], ["evaluate", "absent", "--sets"]):
        assert cli.run(command) == 0
        shown = capsys.readouterr().out
        assert all(name in shown for name in named.SETS) and "Apache" not in shown


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("wordsim535", "did you mean wordsim353? choose from wordsim353, simlex999, google"),
        ("questions-words", "did you mean google-analogies? choose from"),
        ("SimLex", "did you mean simlex999? choose from"),
        ("zzz", "choose from wordsim353, simlex999, google-analogies"),
    ],
)
def test_a_wrong_name_gets_a_hint_and_nothing_is_downloaded(server, vectors, capsys, name, hint):
    assert cli.run(["evaluate", vectors, "--sets", "wordsim353", name]) == 2
    assert capsys.readouterr().err.startswith(f"jaxtext: --sets {name}: no such set: {hint}")
    assert server.asked == 0


def test_a_run_after_the_names_is_not_taken_for_a_set(vectors, capsys):
    assert cli.run(["evaluate", "--sets", "wordsim353", vectors]) == 2
    assert "is a file or folder: give runs before --sets" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((404, b"", 0), "wordsim353.tsv answers 404 Not Found: get wordsim353.tsv elsewhere and"),
        ((200, b"other", 5), "sends a file that is not the known wordsim353.tsv"),
    ],
)
def test_a_download_that_fails_is_one_line(server, vectors, capsys, tmp_path, answer, message):
    server.answers = [answer]
    assert cli.run(["evaluate", vectors, "--sets", "wordsim353"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("jaxtext: --sets wordsim353: ") and error.count("\n") == 1
    assert message in error
    assert not list((tmp_path / "cache" / "jaxtext" / "sets").iterdir())


def test_without_network_one_line_says_which_file_to_put_where(server, tmp_path, monkeypatch):
    one = named.SETS["wordsim353"]
    closed = one._replace(remote=one.remote._replace(url="http://127.0.0.1:9/wordsim353.tsv"))
    monkeypatch.setitem(named.SETS, "wordsim353", closed)
    with pytest.raises(InputError, match="cannot be reached: get wordsim353.tsv elsewhere and put"):
        named.named_set("wordsim353", tmp_path)
    (tmp_path / "wordsim353.tsv").write_bytes(PAIRS)
    assert named.named_set("wordsim353", tmp_path).read_bytes() == PAIRS


@pytest.mark.parametrize("names", ["wordsim353", [7], [["wordsim353"]]])
def test_names_that_are_no_list_of_names_are_refused(names, unchecked):
    with pytest.raises(InputError, match="give a list of names|no such set"):
        evaluation.read(sets=names)


def test_a_file_with_the_name_of_a_set_is_refused(server, tmp_path):
    (tmp_path / "wordsim353.txt").write_bytes(PAIRS)
    with pytest.raises(InputError, match="a file with this name was given already"):
        evaluation.read([tmp_path / "wordsim353.txt"], sets=["wordsim353"])

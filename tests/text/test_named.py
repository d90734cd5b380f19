import hashlib
import io
import os
import zipfile

import pytest
from servers import serving

from jaxtext import cli, runs
from jaxtext.base import download
from jaxtext.base.errors import InputError
from jaxtext.text import named

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # pooch's connections
TEXT = b"a rose is a rose " * 40_000


def packed(member, content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(member, content)
    return file.getvalue()


ARCHIVE = packed("folder/text", TEXT)


@pytest.fixture
def server(monkeypatch, tmp_path):
    """Sends the archive of a corpus."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    digest = hashlib.sha256(ARCHIVE).hexdigest()
    with serving() as (running, url):
        known = named.Named(f"{url}/small.zip", digest, "folder/text", named.as_it_is)
        monkeypatch.setitem(named.CORPORA, "text8", known)
        yield running


WHOLE = 200, ARCHIVE, len(ARCHIVE)
HALF = 200, ARCHIVE[: len(ARCHIVE) // 2], len(ARCHIVE)


def test_a_corpus_is_downloaded_once_with_its_progress(server, tmp_path):
    server.answers = [WHOLE]
    steps = []
    path = named.named_corpus("text8", tmp_path / "a", lambda *step: steps.append(step))
    assert path.read_bytes() == TEXT
    assert ("downloading", len(ARCHIVE), len(ARCHIVE)) in steps
    assert steps[-1] == ("unpacking", len(TEXT), len(TEXT))
    assert sorted(os.listdir(path.parent)) == ["small.zip", "text8.sha256", "text8.txt"]
    before = path.stat()
    assert named.named_corpus("text8", tmp_path / "a") == path
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    for damage in (path.unlink, lambda: path.write_text("another text"), path.touch):
        damage()
        assert named.named_corpus("text8", tmp_path / "a").read_bytes() == TEXT
    (tmp_path / "a" / "text8.sha256").unlink()
    path.write_text("nobody knows")
    assert named.named_corpus("text8", tmp_path / "a").read_bytes() == TEXT
    assert server.asked == 1


def test_a_download_that_breaks_off_is_started_again(server, tmp_path):
    server.answers = [HALF, HALF, WHOLE]
    assert named.named_corpus("text8", tmp_path).read_bytes() == TEXT
    assert server.asked == 3


@pytest.mark.parametrize(
    ("answer", "asked", "message"),
    [
        (
            HALF,
            download.ATTEMPTS,
            r"small\.zip broke off 3 times: get small\.zip elsewhere and put",
        ),
        ((200, b"other", 5), 1, "is not the known small.zip, whose SHA-256 is "),
        ((404, b"", 0), 1, r"small\.zip answers 404 Not Found: get small\.zip elsewhere"),
        ((503, b"", 0), 1, "answers 503 Service Unavailable"),
    ],
    ids=["half", "wrong content", "404", "503"],
)
def test_a_download_that_fails_leaves_nothing(server, tmp_path, answer, asked, message):
    server.answers = [answer]
    with pytest.raises(InputError, match=message) as error:
        named.named_corpus("text8", tmp_path)
    assert str(error.value).startswith("corpus='text8': ") and "\n" not in str(error.value)
    assert f"put it at {tmp_path / 'small.zip'}" in str(error.value)
    assert server.asked == asked
    assert os.listdir(tmp_path) == []


def test_without_network_one_line_says_which_file_to_put_where(server, tmp_path, monkeypatch):
    closed = named.CORPORA["text8"]._replace(url="http://127.0.0.1:9/small.zip")
    monkeypatch.setitem(named.CORPORA, "text8", closed)
    with pytest.raises(InputError, match="cannot be reached: get small.zip elsewhere and put it"):
        named.named_corpus("text8", tmp_path)
    (tmp_path / "small.zip").write_bytes(b"other")
    with pytest.raises(InputError, match="the file already there has another SHA-256"):
        named.named_corpus("text8", tmp_path)
    (tmp_path / "small.zip").write_bytes(ARCHIVE)
    assert named.named_corpus("text8", tmp_path).read_bytes() == TEXT


def test_an_archive_of_something_else_is_named(server, tmp_path, monkeypatch):
    server.answers = [WHOLE]
    other = named.CORPORA["text8"]._replace(member="missing")
    monkeypatch.setitem(named.CORPORA, "text8", other)
    with pytest.raises(InputError, match="small.zip: contains no missing"):
        named.named_corpus("text8", tmp_path)
    assert os.listdir(tmp_path) == ["small.zip"]


def test_a_cache_that_cannot_be_written_is_named(server, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="small.zip cannot be kept there"):
        named.named_corpus("text8", tmp_path / "file" / "corpora")


def test_the_command_trains_on_a_corpus_by_name(server, tmp_path):
    server.answers = [WHOLE]
    out = tmp_path / "run"
    command = ["train", "--corpus", "text8", "--out", str(out), "--dim", "4", "--epochs", "1"]
    assert cli.run(command) == 0
    manifest = runs.Run(out).read_json(runs.MANIFEST)
    assert manifest["corpus"]["sources"] == ["text8"]
    assert cli.run(["gap", str(out)]) == 0
    assert server.asked == 1


def test_the_command_names_what_fails(server, tmp_path, capsys):
    server.answers = [(404, b"", 0)]
    out = tmp_path / "run"
    assert cli.run(["train", "--corpus", "text8", "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("jaxtext: --corpus text8: ") and error.count("\n") == 1
    assert "small.zip answers 404" in error and not out.exists()
    assert cli.run(["train", "some.txt", "--corpus", "text8", "--out", str(out)]) == 2
    assert "give either a corpus by name or files, not both (some.txt)" in capsys.readouterr().err


# As Mahoney's script leaves it, which was run on this text.
DUMP = b"""<page><title>Not this</title><text xml:space="preserve">'''Rose''' is a
[[flower|blossom]] of 1985.&lt;ref&gt;A book&lt;/ref&gt; {{icon}}{| table |}
[[de:Rose]][[Category:Plants|x]]
[[Image:a.jpg|thumb|200px|A caption]] [http://x.y a page] &amp;nbsp; Gr\xc3\xb6\xc3\x9fe</text>
<text >#REDIRECT [[other]]</text> outside <text >last &lt;br&gt; line</text>"""

CLEAN = b" rose is a blossom of one nine eight five plants a caption a page gr e outside last line"


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_wikipedia_is_cleaned_as_by_the_script_of_fil9(size):
    blocks = (DUMP[i : i + size] for i in range(0, len(DUMP), size))
    assert b"".join(named.letters_of_wikipedia(blocks)) == CLEAN

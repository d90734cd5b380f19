"""Corpora that are known by name: downloaded once, checked by SHA-256, and kept.

text8 and fil9 are Mahoney's (https://mattmahoney.net/dc/textdata.html): the English Wikipedia of
March 2006 as lower-case letters and spaces, all of it (fil9) and its first 100 million bytes.
WikiText-103 is Merity et al.'s (2017): good and featured articles, with case and punctuation.
Their texts are Wikipedia's, under CC BY-SA.
"""

import logging
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from jaxtext.base.errors import InputError
from jaxtext.base.files import cache_folder, kept, sha256

CHUNK_BYTES = 1 << 20
ATTEMPTS = 3  # where a connection breaks off
SECONDS = 30  # without an answer

Blocks = Iterable[bytes]
OnBytes = Callable[[str, int, int], None]  # what is done with how many bytes of how many


class Named(NamedTuple):
    """An archive, the file in it that is meant, and how that becomes text."""

    url: str
    sha256: str
    member: str
    clean: Callable[[Blocks], Iterator[bytes]]

    @property
    def archive(self) -> str:
        """The archive's file name."""
        return self.url.rpartition("/")[2]


def as_it_is(blocks: Blocks) -> Iterator[bytes]:
    """The same text."""
    yield from blocks


def letters_of_wikipedia(blocks: Blocks) -> Iterator[bytes]:
    """What a reader sees of a Wikipedia dump, in words of the letters a to z alone.

    The rules of Mahoney's `wikifil` (2006): the text of each article without markup, tables and
    links to other languages; captions stay; digits are spelled out. A record ends at ">", and a
    rule never sees beyond it.
    """
    inside = False
    for record in _records(blocks):
        inside = (inside or b"<text " in record) and not REDIRECT.search(record)
        if not inside:
            continue
        inside = b"</text>" not in record
        for pattern, replacement in RULES:
            record = pattern.sub(replacement, record)
        for digit, word in DIGITS:
            record = record.replace(digit, word)
        yield OTHER.sub(b" ", b" " + record.lower() + b" ")[:-1]


REDIRECT = re.compile(rb"#redirect", re.IGNORECASE)
RULES = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (rb"<.*>", b""),
        (rb"&amp;", b"&"),
        (rb"&lt;", b"<"),
        (rb"&gt;", b">"),
        (rb"<ref[^<]*</ref>", b""),
        (rb"<[^>]*>", b""),
        (rb"\[http:[^] ]*", b"["),
        (rb"(?i)\|thumb", b""),
        (rb"(?i)\|left", b""),
        (rb"(?i)\|right", b""),
        (rb"(?i)\|\d+px", b""),
        (rb"(?i)\[\[image:[^\[\]]*\|", b""),
        (rb"(?i)\[\[category:([^|\]]*)[^]]*\]\]", rb"[[\1]]"),
        (rb"\[\[[a-z\-]*:[^\]]*\]\]", b""),
        (rb"\[\[[^|\]]*\|", b"[["),
        (rb"\{\{[^}]*\}\}", b""),
        (rb"\{[^}]*\}", b""),
        (rb"[\[\]]", b""),
        (rb"&[^;]*;", b" "),
    )
]
NAMES = b"zero one two three four five six seven eight nine".split()
DIGITS = [(b"%d" % digit, b" " + name + b" ") for digit, name in enumerate(NAMES)]
OTHER = re.compile(rb"[^a-z]+")


def _records(blocks: Blocks) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(b">")
        for record in whole:
            yield record + b">"
    yield rest


CORPORA = {
    "text8": Named(
        "https://mattmahoney.net/dc/text8.zip",
        "a6640522afe85d1963ad56c05b0ede0a0c000dddc9671758a6cc09b7a38e5232",
        "text8",
        as_it_is,
    ),
    "fil9": Named(
        "https://mattmahoney.net/dc/enwik9.zip",
        "99cdb5ac84392252d3f0912ccedd195bc95bd80cbef3b0cdf2eee4ad9a3b7a51",
        "enwik9",
        letters_of_wikipedia,
    ),
    "wikitext-103": Named(
        "https://wikitext.smerity.com/wikitext-103-raw-v1.zip",
        "91c00ae287f0d699e18605c84afc9e45c192bc6b7797ff8837e5474655a33794",
        "wikitext-103-raw/wiki.train.raw",
        as_it_is,
    ),
}


def named_corpus(
    name: str, folder: Path | None = None, on_bytes: OnBytes = lambda what, done, of: None
) -> Path:
    """The text file of a corpus in `CORPORA`, downloaded on first use.

    It is kept with its archive and its SHA-256 in `folder` (`corpora` in the user's cache folder),
    and unpacked again when that is another; an archive that was put there by hand serves as well.
    A download that breaks off is started again.
    Raises `InputError` when there is no way to get it, and for an archive that is another one.
    """
    folder = cache_folder() / "corpora" if folder is None else folder
    path, digest = folder / f"{name}.txt", folder / f"{name}.sha256"
    if path.is_file() and digest.is_file() and digest.read_text().split()[:1] == [sha256(path)]:
        return path
    found = CORPORA[name]
    archive = _fetch(name, found, folder, on_bytes)
    try:
        with zipfile.ZipFile(archive) as packed, packed.open(found.member) as file:
            size, done = packed.getinfo(found.member).file_size, 0

            def blocks() -> Iterator[bytes]:
                nonlocal done
                while block := file.read(CHUNK_BYTES):
                    done += len(block)
                    on_bytes("unpacking", done, size)
                    yield block

            kept(path, found.clean(blocks()))
            kept(digest, [f"{sha256(path)}  {path.name}\n".encode()])
            return path
    except (zipfile.BadZipFile, KeyError) as error:
        raise InputError(f"{archive}: holds no {found.member}: {error}") from None


class _Bar:
    """What pooch tells about a download, which it may begin several times."""

    def __init__(self, on_bytes: OnBytes):
        self._on_bytes, self._total, self._done = on_bytes, 0, 0

    @property
    def total(self) -> int:
        return self._total

    @total.setter
    def total(self, size: int) -> None:
        self._total, self._done = size, 0

    def update(self, size: int) -> None:
        self._done = min(self._done + size, self._total)
        self._on_bytes("downloading", self._done, self._total)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        pass


def _fetch(name: str, found: Named, folder: Path, on_bytes: OnBytes) -> Path:
    import pooch
    from requests import exceptions

    pooch.get_logger().setLevel(logging.WARNING)  # the bar says it
    path = folder / found.archive
    store = pooch.create(
        folder, base_url="", registry={path.name: found.sha256}, urls={path.name: found.url}
    )
    load = pooch.HTTPDownloader(chunk_size=CHUNK_BYTES, timeout=SECONDS)
    load.progressbar = _Bar(on_bytes)  # pyright: ignore[reportAttributeAccessIssue]
    broke_off = exceptions.ChunkedEncodingError, exceptions.Timeout
    for attempt in range(ATTEMPTS):
        try:
            return Path(store.fetch(path.name, downloader=load))  # pyright: ignore[reportArgumentType]
        except exceptions.RequestException as error:
            if isinstance(error, broke_off) and attempt + 1 < ATTEMPTS:
                continue
            there = ", and the file that is there is another one" if path.exists() else ""
            raise InputError(
                f"{found.url} {_reason(error)}{there}: get {path.name} elsewhere and put "
                f"it at {path}",
                "corpus",
                name,
            ) from None
        except ValueError:
            raise InputError(
                f"what {found.url} sends is not the known {path.name}, whose SHA-256 is "
                f"{found.sha256}: get that elsewhere and put it at {path}",
                "corpus",
                name,
            ) from None
        except OSError as error:
            raise InputError(
                f"{folder}: {path.name} cannot be kept there ({error.strerror or error}): set "
                "XDG_CACHE_HOME to a folder that can be written"
            ) from None
    raise AssertionError("unreachable: the last attempt returns or raises")


def _reason(error: Exception) -> str:
    from requests import exceptions

    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        return f"answers {error.response.status_code} {error.response.reason}"
    if isinstance(error, exceptions.Timeout):
        return f"did not answer in {SECONDS} s"
    if isinstance(error, exceptions.ChunkedEncodingError):
        return f"broke off {ATTEMPTS} times"
    return "cannot be reached"

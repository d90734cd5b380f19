"""Corpora that are known by name: downloaded once, checked by SHA-256, and kept.

text8 and fil9 are by Mahoney (https://mattmahoney.net/dc/textdata.html). fil9 is the first 10^9
bytes of an English Wikipedia dump of March 2006, reduced to lower-case letters and spaces; text8 is
its first 10^8 bytes. WikiText-103 is by Merity et al. (2017) and contains good and featured
articles with case and punctuation. All texts are from Wikipedia, under CC BY-SA.
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from jaxtext.base.download import CHUNK_BYTES, Remote, download
from jaxtext.base.errors import InputError
from jaxtext.base.files import cache_folder, kept, sha256

Blocks = Iterable[bytes]
OnBytes = Callable[[str, int, int], None]  # the stage, bytes done, bytes in total


class Named(NamedTuple):
    """An archive, the file in it that contains the corpus, and how that file becomes text."""

    url: str
    sha256: str
    member: str
    clean: Callable[[Blocks], Iterator[bytes]]


def as_it_is(blocks: Blocks) -> Iterator[bytes]:
    """Yield the text unchanged."""
    yield from blocks


def letters_of_wikipedia(blocks: Blocks) -> Iterator[bytes]:
    """Yield the visible text of a Wikipedia dump as words of the letters a to z alone.

    These are the rules of Mahoney's `wikifil.pl` (2006). Markup, tables and links to other
    languages are removed from the text of each article; captions stay; digits are spelled out.
    A record ends at ">", and each rule is applied to one record at a time.
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
    """Return the text file of a corpus in `CORPORA`, downloaded on first use.

    Text, archive and SHA-256 are kept in `folder`, by default `corpora` in the user's cache folder.
    An archive that was put there by hand is used as well. A text whose SHA-256 has changed is
    unpacked again, and a download that breaks off is started again.
    `on_bytes` is called with the stage ("downloading" or "unpacking"), the bytes done and the bytes
    in total.

    Raises `InputError` when the corpus cannot be downloaded or kept, and for an archive with
    another SHA-256.
    """
    folder = cache_folder() / "corpora" if folder is None else folder
    path, digest = folder / f"{name}.txt", folder / f"{name}.sha256"
    if path.is_file() and digest.is_file() and digest.read_text().split()[:1] == [sha256(path)]:
        return path
    corpus = CORPORA[name]
    archive = download(
        Remote(corpus.url, corpus.sha256), folder, "corpus", name, partial(on_bytes, "downloading")
    )
    try:
        with zipfile.ZipFile(archive) as packed, packed.open(corpus.member) as file:
            size, done = packed.getinfo(corpus.member).file_size, 0

            def blocks() -> Iterator[bytes]:
                nonlocal done
                while block := file.read(CHUNK_BYTES):
                    done += len(block)
                    on_bytes("unpacking", done, size)
                    yield block

            kept(path, corpus.clean(blocks()))
            kept(digest, [f"{sha256(path)}  {path.name}\n".encode()])
            return path
    except (zipfile.BadZipFile, KeyError) as error:
        raise InputError(f"{archive}: contains no {corpus.member}: {error}") from None

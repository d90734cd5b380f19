"""Files, folders, a named corpus or sequences in memory -> `Corpus`, in one call."""

import codecs
import os
import re
import shutil
import tempfile
import warnings
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from jaxtext.base.errors import InputError
from jaxtext.base.ranges import check_ranges, ranged
from jaxtext.base.team import ALONE, Team
from jaxtext.text.builtin import builtin_corpus
from jaxtext.text.encoded import Corpus, NoWords, encode_corpus, encode_tokens
from jaxtext.text.folders import HIDDEN, not_read
from jaxtext.text.named import CORPORA, OnBytes, named_corpus
from jaxtext.text.opening import STDIN, SUFFIXES
from jaxtext.text.phrases import Phrases, settled
from jaxtext.text.sequences import sentences_of
from jaxtext.text.shares import digest, shares
from jaxtext.text.sources import UTF8, Files, Stretch, find_sources, read_blocks
from jaxtext.text.tokens import LANGUAGES, TOKENS, tokenize_all

BUILTIN = "built-in"
SENTENCES, ERRORS = ("lines", "paragraphs"), ("strict", "replace")
PHRASES = "phrase_score", "phrase_threshold", "phrase_min_count", "phrase_separator"


@dataclass(frozen=True)
class Source:
    """Where a text comes from: files and folders, or a named corpus; by default the built-in one.

    Raises `InputError` for an unknown corpus, and when both files and a corpus are given.
    """

    paths: Any = ()  # one path or several; stored as a tuple of strings
    corpus: str | None = None

    def __post_init__(self) -> None:
        paths: Any = (self.paths,) if isinstance(self.paths, str | Path) else self.paths
        paths = tuple(map(str, paths))
        object.__setattr__(self, "paths", paths)
        if self.corpus is None:
            return
        if self.corpus not in CORPORA:
            known = ", ".join(CORPORA)
            raise InputError(f"no such corpus: choose one of {known}", "corpus", self.corpus)
        if paths:
            raise InputError(
                f"give either a corpus by name or files, not both ({paths[0]})",
                "corpus",
                self.corpus,
            )

    def __str__(self) -> str:
        return self.corpus or ", ".join(self.paths) or f"the {BUILTIN} corpus"


@dataclass(frozen=True)
class Reading:
    """How a text becomes ids.

    `tokens` are "words" (runs of letters and digits) or "whitespace" (what stands between spaces);
    `lowercase` tells whether 'The' and 'the' are one word, which they are by default only in
    "words". `language` "tr" or "az" lower-cases as in Turkish and Azeri. `sentences` are "lines" or
    "paragraphs", which empty lines separate. `encoding` is that of the files, and `errors`
    "replace" puts U+FFFD in place of what is no text in it.

    `phrases` is the number of passes in which neighbors are joined to phrases (see `text.phrases`),
    with a `phrase_score` ("npmi" or "word2vec") above `phrase_threshold` (0.5 or 100), that occur
    at least `phrase_min_count` times (5, or `min_count` if that is more). `phrase_separator` stands
    between their words. Without phrases, the last four are None.

    Raises `InputError` for `min_count` or `max_vocab` below one, an unknown choice or encoding, a
    language without lower-casing, and settings of phrases without phrases.
    """

    min_count: int = ranged(5, 1)
    max_vocab: int | None = ranged(None, 1)
    lowercase: bool | None = None  # stored as a bool
    tokens: str = "words"
    language: str | None = None
    sentences: str = "lines"
    encoding: str = UTF8
    errors: str = "strict"
    phrases: int = ranged(0, 0, 10)
    phrase_score: str | None = None
    phrase_threshold: int | float | None = ranged(None, -1)
    phrase_min_count: int | None = ranged(None, 1)
    phrase_separator: str | None = None

    def __post_init__(self) -> None:
        check_ranges(self)
        _check_choice("tokens", self.tokens, TOKENS)
        _check_choice("sentences", self.sentences, SENTENCES)
        _check_choice("errors", self.errors, ERRORS)
        if self.lowercase is None:
            object.__setattr__(self, "lowercase", self.tokens == "words")
        if self.language is not None:
            _check_choice("language", self.language, LANGUAGES)
            if not self.lowercase:
                raise InputError(
                    "matters to lower-casing alone, which is off", "language", self.language
                )
        _check_encoding(self.encoding)
        self._settle_phrases()

    def _settle_phrases(self) -> None:
        given = {name: getattr(self, name) for name in PHRASES}
        for name, value in settled(self.phrases, given, self.min_count).items():
            object.__setattr__(self, name, value)

    @property
    def joining(self) -> Phrases | None:
        """How phrases are found, if they are."""
        if not self.phrases:
            return None
        return Phrases(self.phrases, *(getattr(self, name) for name in PHRASES))


def _check_choice(name: str, value: Any, choices: Sequence[str]) -> None:
    if not isinstance(value, str) or value not in choices:
        raise InputError(f"must be one of {', '.join(choices)}", name, value)


def _check_encoding(name: Any) -> None:
    """Raise `InputError` unless a name is that of an encoding of text."""
    try:
        codecs.getincrementaldecoder(name)
        b"a".decode(name, "replace")  # fails for codecs that are not of text
    except (LookupError, TypeError, ValueError):
        raise InputError(
            "no such encoding: give a name that Python knows, such as utf-8 or cp1252",
            "encoding",
            name,
        ) from None


def files_of(
    source: Source,
    on_stage: Callable[[str], None] = lambda stage: None,
    on_bytes: OnBytes = lambda what, done, of: None,
    team: Team = ALONE,
) -> Files:
    """Return the files of a source, downloading or making its corpus if necessary.

    In a team, process 0 does so before the others.

    Raises `InputError` for files that cannot be read and for a corpus that cannot be downloaded.
    """
    if not team.leads:
        team.tell()
    files = _found(source, on_stage, on_bytes)
    if team.leads:
        team.tell()
    return files


def _found(source: Source, on_stage: Callable[[str], None], on_bytes: OnBytes) -> Files:
    if source.paths:
        return find_sources(source.paths)
    if source.corpus is not None:
        return Files([str(named_corpus(source.corpus, on_bytes=on_bytes))])
    on_stage("collecting the built-in corpus")
    return Files([str(builtin_corpus())])


def encode_files(
    files: Sequence[str],
    reading: Reading,
    folder: Path,
    on_tokens: Callable[[int], None] = lambda tokens: None,
    team: Team = ALONE,
) -> Corpus:
    """Read text files in one pass; the ids are written to files in `folder`.

    Each process of a team reads a share of the text, and `folder` is one that all of them see.

    Raises `InputError` for text that cannot be read or that has no pair of words, and for processes
    that have not the same files.
    """
    paragraphs = reading.sentences == "paragraphs"
    how: Any = {"encoding": reading.encoding, "errors": reading.errors, "paragraphs": paragraphs}
    cut = shares(files, team.processes, reading.encoding, paragraphs)
    digests = [] if team.processes == 1 or not team.leads else [list(map(Stretch, files)), *cut]
    try:
        with ThreadPoolExecutor(1) as beside:
            hashes = beside.map(lambda each: digest(each, **how), digests)
            corpus = encode_corpus(
                read_blocks(cut[team.process], **how),
                folder,
                min_count=reading.min_count,
                max_vocab=reading.max_vocab,
                lowercase=bool(reading.lowercase),
                tokens=reading.tokens,
                language=reading.language,
                paragraphs=paragraphs,
                phrases=reading.joining,
                on_tokens=on_tokens,
                team=team,
            )
    except NoWords as error:
        raise InputError(f"{', '.join(files)}: {error}") from None
    if team.processes > 1:
        corpus = corpus._replace(sha256=_same_text(corpus.sha256, list(hashes), team))
    left_out = files.left_out if isinstance(files, Files) else ()
    return _with_pairs(corpus._replace(files=len(files), left_out=left_out), team)


def _same_text(mine: str, known: list[str], team: Team) -> str:
    """Return the hash of the whole text, after the shares are found to be those of process 0."""
    every = team.tell([mine, known])
    whole, *expected = every[0][1]
    for process, (found, _) in enumerate(every):
        if found != expected[process]:
            raise InputError(
                f"process {process} has read a different text from process 0: give all processes "
                "the same files"
            )
    return whole


def read(
    *texts: Any,
    name: str | None = None,
    min_count: int = 5,
    max_vocab: int | None = None,
    lowercase: bool | None = None,
    tokens: str = "words",
    language: str | None = None,
    sentences: str = "lines",
    encoding: str = UTF8,
    errors: str = "strict",
    phrases: int = 0,
    phrase_score: str | None = None,
    phrase_threshold: float | None = None,
    phrase_min_count: int | None = None,
    phrase_separator: str | None = None,
    on_stage: Callable[[str], None] = lambda stage: None,
    on_bytes: OnBytes = lambda what, done, of: None,
    on_tokens: Callable[[int], None] = lambda tokens: None,
) -> Corpus:
    """Read a text and return its vocabulary and ids.

    `texts` are paths of files (.txt, .gz, .bz2, .xz, .zip) and folders, or one iterable of
    sequences of tokens: lists of strings or whole numbers, NumPy arrays of integers, a column of a
    table, or a generator, which is consumed once. The tokens of a sequence are kept exactly as they
    are, and no option applies to them but `min_count`, `max_vocab` and those of phrases. A string
    in place of a sequence is a sentence: it is split like a line of a file, and a warning says so.
    Without `texts`, `name` chooses a corpus (text8, fil9, wikitext-103); without a name, the
    documentation of the installed packages is read.

    Words that occur less than `min_count` times are left out, as are all but the `max_vocab` most
    frequent. Text is cut into "words" of letters and digits, each in one spelling (`text.tokens`),
    or with `tokens` "whitespace" at spaces alone, which keeps ids, phrases and segmented text
    whole. `lowercase` is by default on for words and off for "whitespace"; `language` "tr" or "az"
    lower-cases as in Turkish and Azeri. `sentences` are "lines" or "paragraphs" (empty lines
    separate them). `encoding` is that of the files; with `errors` "replace", bytes that are no text
    become U+FFFD.

    With `phrases`, neighbors that occur together far more often than by chance become one word,
    such as new_york, in that number of passes (see `Reading`). They may be whole numbers, too. A
    phrase that is spelled like a word of the text is the same word as that.

    `on_stage`, `on_bytes` and `on_tokens` are told what begins, how much of a corpus is downloaded,
    and how many tokens have been read. The ids are kept in a temporary folder, which exists as long
    as the corpus. What is unusual in a text, and what was left out of a folder, is warned of.

    Raises `InputError` for what cannot be read, naming the file and line or the sequence.
    """
    reading = Reading(
        min_count, max_vocab, lowercase, tokens, language, sentences, encoding, errors,
        phrases, phrase_score, phrase_threshold, phrase_min_count, phrase_separator,
    )  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="jaxtext."))
    try:
        if _are_paths(texts):
            source = _source(texts, name)
            files = files_of(source, on_stage, on_bytes)
            on_stage("reading")
            corpus = encode_files(files, reading, folder, on_tokens)
        else:
            if name is not None:
                raise InputError("give either a corpus by name or a text, not both", "name", name)
            on_stage("reading")
            corpus = encode_sequences(texts[0], reading, folder, on_tokens)
        on_tokens(corpus.tokens)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(corpus.text.ids, shutil.rmtree, folder, True)
    for note in notes(corpus):
        warnings.warn(note, UserWarning, stacklevel=2)
    return corpus


def notes(corpus: Corpus) -> list[str]:
    """Return what is unusual about a text, and which files in folders were not read.

    Hidden files, which nobody expects to be read, are not among them.
    """
    others = [each for each in corpus.left_out if each.reason != HIDDEN]
    return [*([not_read(others)] if others else []), *corpus.hints]


def encode_sequences(
    sequences: Any,
    reading: Reading,
    folder: Path,
    on_tokens: Callable[[int], None] = lambda tokens: None,
) -> Corpus:
    """Read an iterable of sequences of tokens in one pass; the ids are written to `folder`.

    Raises `InputError` for an entry that is not a sequence of tokens, naming its place, and for
    sequences without any pair of words.
    """
    corpus = encode_tokens(
        sentences_of(sequences, partial(_cut, reading=reading)),
        folder,
        min_count=reading.min_count,
        max_vocab=reading.max_vocab,
        phrases=reading.joining,
        on_tokens=on_tokens,
    )
    return _with_pairs(corpus)


def _cut(text: str, reading: Reading) -> Iterator[list[str]]:
    """Yield the sentences of a string as lists of tokens."""
    ends = r"(?:\r\n|\r|\n)"
    if reading.sentences == "paragraphs":
        ends = rf"{ends}\s*{ends}"
    parts = [" ".join(part.splitlines()) for part in re.split(ends, text)]
    how = bool(reading.lowercase), reading.tokens, reading.language
    yield from tokenize_all(parts, *how)


def sentences_in(files: Sequence[str], reading: Reading) -> Iterator[list[str]]:
    """Yield the sentences of files as lists of tokens, without joining phrases.

    Raises `InputError` for what cannot be read.
    """
    paragraphs = reading.sentences == "paragraphs"
    how: Any = {"encoding": reading.encoding, "errors": reading.errors, "paragraphs": paragraphs}
    for block in read_blocks(files, **how):
        yield from _cut(block.decode(), reading)


def _with_pairs(corpus: Corpus, team: Team = ALONE) -> Corpus:
    if max(team.tell(int(np.diff(corpus.text.ends, prepend=0).max(initial=0)))) < 2:
        reason = "no sentence has two words of the vocabulary, so there are no pairs"
        raise InputError("; ".join((reason, *corpus.hints)))
    return corpus


def _source(texts: tuple[Any, ...], name: str | None) -> Source:
    """Return the source for the arguments of `read`, under whose names errors are reported."""
    paths = texts[0] if len(texts) == 1 and isinstance(texts[0], list | tuple) else texts
    try:
        for path in paths:
            if isinstance(path, str) and not os.path.exists(path) and len(path.split()) > 1:
                raise InputError(
                    f"{path!r:.60}: no such file or folder: to train on sentences, give a list"
                )
        return Source(tuple(map(str, paths)), name)
    except InputError as error:
        error.parameter = "name" if error.parameter == "corpus" else error.parameter
        raise


def _are_paths(texts: Sequence[Any]) -> bool:
    """Tell whether the arguments of `read` are paths, and not one iterable of sequences."""
    if all(isinstance(text, str | os.PathLike) for text in texts):
        return True
    if len(texts) > 1:
        raise InputError("give paths, or one iterable of sequences of tokens", "texts")
    text = texts[0]
    if not isinstance(text, list | tuple) or len(text) == 0:
        return False
    return all(map(_is_path, text)) or all(map(_exists, text))


def _is_path(text: Any) -> bool:
    """Tell whether an entry of a list is a path: it exists, or it looks like a file name."""
    if isinstance(text, os.PathLike):
        return True
    if not isinstance(text, str):
        return False
    if text == STDIN or (" " not in text and Path(text).suffix.lower() in (*SUFFIXES, ".zip")):
        return True
    return os.path.sep in text and _exists(text)


def _exists(text: Any) -> bool:
    """Tell whether one word is the name of a file or folder: a list of such words is files."""
    return isinstance(text, str) and len(text.split()) == 1 and os.path.exists(text)

"""Text -> token ids and sentence ends, in one streamed pass, as memory-mapped files.

The clear path is `sentences` -> `Vocab.build` -> `Vocab.encode`. `encode_corpus` gives the same ids
without one Python step per token. A byte table lower-cases ASCII letters and turns what separates
words into spaces; `bytes.split` yields *pieces*; each piece is looked up in a dict. Only pieces
that the table cannot settle, such as those with letters outside ASCII, are cut as by `tokenize`,
once per distinct piece. Pieces are numbered in order of appearance, and the numbers are written to
disk. At the end of the text they are replaced by word ids, chunk by chunk.
"""

import hashlib
import itertools
import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

from jaxtext.base.errors import InputError
from jaxtext.base.team import ALONE, Team
from jaxtext.text.folders import LeftOut
from jaxtext.text.hints import one_sentence, without_spaces
from jaxtext.text.phrases import Phrases, joined
from jaxtext.text.pieces import LINE_END, in_order, numbered
from jaxtext.text.renumbering import (
    ENDS,
    FILE_END,
    IDS,
    counted,
    mapped,
    renumbered,
    write_ids,
)
from jaxtext.text.sequences import write_tokens
from jaxtext.text.tokens import LANGUAGES, tokenize_all
from jaxtext.text.vocab import Vocab

PIECES, COUNTS = "pieces.i32", "counts.json"
# In UTF-8, an apostrophe before a Cyrillic or Hebrew letter, and a quotation mark before a Hebrew
# one, after something that can be a letter of theirs; and a sign that the table keeps instead.
KEPT = (
    (re.compile(rb"'(?<=[\x80-\xff]')(?=[\xd0-\xd7])"), "\u2019".encode()),
    (re.compile(rb'"(?<=[\x80-\xff]")(?=\xd7)'), "\u05f4".encode()),
)


class Encoded(NamedTuple):
    """A text as ids: `ids[ends[i - 1]:ends[i]]` is sentence i.

    Words outside the vocabulary are left out, and so are sentences that contain no other words.
    """

    ids: Int[np.ndarray, " T"]
    ends: Int[np.ndarray, " S"]


class Share(NamedTuple):
    """What is known of a text of which each process of a team has read a share, in order."""

    team: Team
    folder: Path  # that all see; the files of a process are in the folder of its number
    starts: tuple[int, ...]  # ids before each share, and those of all
    sentences: int

    @property
    def start(self) -> int:
        """Return the number of ids before those of this process."""
        return self.starts[self.team.process]

    @property
    def own(self) -> Path:
        """Return the folder of this process."""
        return self.folder / str(self.team.process)

    def texts(self) -> list[Encoded]:
        """Return all shares, memory-mapped."""
        return [load_encoded(self.folder / str(each)) for each in range(self.team.processes)]


class NoWords(InputError):
    """A text is empty, or contains nothing but white space and punctuation."""


class Corpus(NamedTuple):
    """A text that has been read: its vocabulary, its ids, and its size and hash."""

    vocab: Vocab
    text: Encoded  # or the share of it that this process has read
    tokens: int  # including those outside the vocabulary
    sha256: str  # of the text's bytes, each file ending in a line break; or of its tokens
    hints: tuple[str, ...] = ()  # sentences about what is unusual in the text
    files: int = 0  # that were read
    left_out: tuple[LeftOut, ...] = ()  # files in folders that were not read
    share: Share | None = None  # if several processes have read the text
    phrases: int = 0  # words of the vocabulary that are phrases
    file_ends: Int[np.ndarray, " F"] | None = None  # in tokens of `text`, if it is from files

    @property
    def kept(self) -> int:
        """Return the number of tokens of the text that are in the vocabulary."""
        return len(self.text.ids) if self.share is None else self.share.starts[-1]

    @property
    def sentences(self) -> int:
        """Return the number of sentences with words of the vocabulary."""
        return len(self.text.ends) if self.share is None else self.share.sentences

    def __repr__(self) -> str:
        return (
            f"Corpus({self.tokens:,} tokens in {self.sentences:,} sentences, vocabulary of "
            f"{len(self.vocab):,} words)"
        )


def encode_sentences(sentences: Iterable[Sequence[str]], vocab: Vocab) -> Encoded:
    """Encode tokenized sentences with a vocabulary: the clear path.

    >>> vocab = Vocab(("a", "rose"), np.array([3, 2]))
    >>> encode_sentences([["a", "rose"], ["red"], ["a"]], vocab)
    Encoded(ids=array([0, 1, 0], dtype=int32), ends=array([2, 3]))
    """
    rows = [ids for sentence in sentences if len(ids := vocab.encode(sentence))]
    ids = np.concatenate(rows) if rows else np.zeros(0, np.int32)
    return Encoded(ids, np.cumsum([len(row) for row in rows], dtype=np.int64))


def encode_corpus(
    blocks: Iterable[bytes],
    folder: Path,
    *,
    min_count: int = 5,
    max_vocab: int | None = None,
    lowercase: bool = True,
    tokens: str = "words",
    language: str | None = None,
    paragraphs: bool = False,
    phrases: Phrases | None = None,
    on_tokens: Callable[[int], None] = lambda tokens: None,
    team: Team = ALONE,
) -> Corpus:
    """Count and encode a text in one pass; ids and sentence ends are written to `folder`.

    Each block of UTF-8 bytes must end at a line break or between words, as those of `read_blocks`
    do; an empty block ends a file. Lines end at LF, CR LF or CR, and are cut into tokens as by
    `tokenize`. A sentence is a line, or with `paragraphs`, the lines up to one without words. Words
    that occur less than `min_count` times are left out, as are all but the `max_vocab` most
    frequent; `phrases` are joined before. `on_tokens` is called with the number of tokens read so
    far.

    If `blocks` are the share of a `team`, all have one vocabulary, the counts are those of the
    whole text, and the files are in a folder of their own in `folder`, which all processes see. The
    hash is that of the share.

    Raises `NoWords` for a text without words, and `InputError` when no word occurs `min_count`
    times.
    """
    if team.processes > 1:
        (folder / str(team.process)).mkdir()
    with _temporary(_own(folder, team) / PIECES) as path:
        lowers = lowercase and language not in LANGUAGES  # in the table, which is per byte
        table = _piece_table(tokens, lowers)
        pieces, digest = _write_pieces(blocks, path, table, on_tokens)
        open_ = [
            number
            for number, piece in enumerate(pieces)
            if not piece.isascii() or (lowercase and not lowers and piece != piece.lower())
        ]
        cut = tokenize_all([pieces[number] for number in open_], lowercase, tokens, language)
        others = dict(zip(open_, cut, strict=True))
        corpus = _finish(
            pieces, others, digest, min_count, max_vocab, folder, phrases, paragraphs, team
        )
    hint = one_sentence(corpus.tokens, corpus.sentences, paragraphs)
    return corpus._replace(hints=(*corpus.hints, *hint))


def encode_tokens(
    sentences: Iterable[Iterable[Any]],
    folder: Path,
    *,
    min_count: int = 5,
    max_vocab: int | None = None,
    phrases: Phrases | None = None,
    on_tokens: Callable[[int], None] = lambda tokens: None,
) -> Corpus:
    """Count and encode sequences of tokens in one pass, keeping the tokens as they are.

    A token is a string or a whole number; a number becomes the word of its decimal digits. Empty
    strings are left out. Everything else is as in `encode_corpus`.

    Raises `InputError` as `encode_corpus` does, and for a token of another type, naming the
    sequence.
    """
    with _temporary(folder / PIECES) as path:
        words, digest = write_tokens(sentences, path, on_tokens)
        return _finish(words, {}, digest, min_count, max_vocab, folder, phrases)


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _own(folder: Path, team: Team) -> Path:
    return folder if team.processes == 1 else folder / str(team.process)


def _finish(
    pieces: list[str],
    others: dict[int, list[str]],
    digest: str,
    min_count: int,
    max_vocab: int | None,
    folder: Path,
    phrases: Phrases | None,
    paragraphs: bool = False,
    team: Team = ALONE,
) -> Corpus:
    """Turn numbered pieces on disk into a vocabulary and ids; piece 0 ends a sentence."""
    own = _own(folder, team)
    numbers = mapped(own / PIECES, np.int32)
    counts = _of_all(_words(numbers, pieces, others), folder, team)
    if not counts:
        raise NoWords("empty: there are no words to train on")
    hints = without_spaces(counts)
    of_words, names = (numbers, pieces, others), frozenset()
    try:
        if phrases is None:
            vocab = Vocab.from_counts(counts, min_count, max_vocab)
            file_ends = write_ids(renumbered(*of_words, vocab.index, paragraphs), own)
        else:
            every = Vocab.from_counts(counts, 1)
            chunks = renumbered(*of_words, every.index, paragraphs)
            with joined(chunks, every, phrases, folder, team) as found:
                vocab, names = found.vocab(min_count, max_vocab), found.phrases
                file_ends = write_ids(found.encoded(vocab), own)
    except InputError as error:
        error.message = "; ".join((error.message, *hints))
        raise
    text, share = load_encoded(own), None
    if team.processes > 1:
        ids, sentences = zip(*team.tell([len(text.ids), len(text.ends)]), strict=True)
        share = Share(team, folder, (0, *itertools.accumulate(ids)), sum(sentences))
    number = sum(word in names for word in vocab.words)
    return Corpus(
        vocab, text, sum(counts.values()), digest, hints, share=share, phrases=number,
        file_ends=file_ends if len(file_ends) else None,
    )  # fmt: skip


def _words(
    numbers: Int[np.ndarray, " P"], pieces: list[str], others: dict[int, list[str]]
) -> dict[str, int]:
    """Count the words of the pieces."""
    occurrences = counted(numbers, len(pieces)).tolist()
    counts = {
        piece: occurrences[number]
        for number, piece in enumerate(pieces)
        if number and number not in others
    }
    for number, words in others.items():
        for word in words:
            counts[word] = counts.get(word, 0) + occurrences[number]
    return counts


def _of_all(counts: dict[str, int], folder: Path, team: Team) -> dict[str, int]:
    """Add up the counts of all processes, each of which writes its own into its folder."""
    if team.processes == 1:
        return counts
    files = [folder / str(process) / COUNTS for process in range(team.processes)]
    files[team.process].write_text(json.dumps(counts), encoding="utf-8")
    team.tell()
    found: dict[str, int] = {}
    for file in files:
        for word, count in json.loads(file.read_text(encoding="utf-8")).items():
            found[word] = found.get(word, 0) + count
    return found


def load_encoded(folder: Path) -> Encoded:
    """Return the ids and sentence ends that `encode_corpus` wrote to `folder`, memory-mapped."""
    return Encoded(mapped(folder / IDS, np.int32), mapped(folder / ENDS, np.int64))


def _piece_table(tokens: str, lowercase: bool) -> bytes:
    """Return a byte table that keeps what can be part of a token; every other byte is a space.

    In ASCII, these are letters, digits and line breaks, or all but white space. Bytes of other
    characters are kept. ASCII letters are lower-cased if asked.
    """
    table = bytearray(range(256))
    for byte in range(128):
        char = chr(byte)
        if lowercase:
            table[byte] = ord(char.lower())
        part = char.isalnum() if tokens == "words" else not char.isspace()
        if not part and char != "\n":
            table[byte] = ord(" ")
    return bytes(table)


def _write_pieces(
    blocks: Iterable[bytes], path: Path, table: bytes, on_tokens: Callable[[int], None]
) -> tuple[list[str], str]:
    """Number the pieces in order of appearance, write the numbers, return pieces and SHA-256."""
    number = in_order(LINE_END)
    digest = hashlib.sha256()
    seen = 0
    files: deque[int] = deque()  # of each end that is not yet written, the blocks before it

    def prepared() -> Iterator[bytes]:
        for block in _filled(blocks, files):
            digest.update(block)
            if b"\r" in block:
                block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            if table[ord('"')] == ord(" ") and not block.isascii():
                for pattern, sign in KEPT:
                    block = pattern.sub(sign, block)
            yield block

    mark = np.full(1, FILE_END, np.int32).data
    with open(path, "wb") as file:
        for place, numbers in enumerate(numbered(prepared(), table, number)):
            while files and files[0] == place:
                file.write(mark)
                files.popleft()
            file.write(numbers.data)
            seen += int(np.count_nonzero(numbers))  # 0 is a line break
            on_tokens(seen)
        file.write(np.zeros(2, np.int32).data)  # end the last sentence, be it line or paragraph
        if files:
            file.write(mark)
    return b" ".join(number).decode().split(" "), digest.hexdigest()


def _filled(blocks: Iterable[bytes], ends: deque[int]) -> Iterator[bytes]:
    """Yield blocks without the empty ones, of which `ends` get the number of blocks before."""
    number = 0
    for block in blocks:
        if block:
            number += 1
            yield block
        else:
            ends.append(number)

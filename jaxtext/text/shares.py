"""A text that several processes read: each takes a share, in the order of the text.

The files are laid end to end, and the bytes are divided evenly. A plain file in UTF-8 is cut behind
the end of a line or, where paragraphs are sentences, behind an empty line. Any other file, such as
a compressed one, is not cut: the process in whose part it begins takes it whole.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Sequence

from jaxtext.base.errors import InputError
from jaxtext.text.opening import STDIN
from jaxtext.text.sources import Stretch, can_be_cut, read_blocks

LOOK = 1 << 20  # bytes in which the end of a line is looked for at a time
LINE_END, PARAGRAPH_END = re.compile(rb"\n"), re.compile(rb"\n\r?\n")
LONGEST_END = 3  # bytes


def shares(
    files: Sequence[str], number: int, encoding: str, paragraphs: bool = False
) -> list[list[Stretch]]:
    """Divide files into `number` shares, of which some can be empty if there is little text.

    Raises `InputError` for standard input, which only one process can read.
    """
    if number == 1:
        return [[Stretch(file) for file in files]]
    if STDIN in files or not all(map(os.path.isfile, files)):
        raise InputError("several processes cannot read one pipe: give files")
    sizes = [os.path.getsize(file) for file in files]
    cut = [can_be_cut(file, encoding) for file in files]
    found: list[list[Stretch]] = [[] for _ in range(number)]
    total, before = sum(sizes), 0
    for file, size, whole in zip(files, sizes, cut, strict=True):
        targets = [total * part // number - before for part in range(number + 1)]
        if whole:
            places = [_end(file, target, size, paragraphs) for target in targets]
        else:
            places = [0 if target <= 0 else size for target in targets]
        for share, (start, stop) in zip(found, zip(places, places[1:], strict=False), strict=True):
            if start < stop:
                share.append(Stretch(file, start, stop if whole else None))
        before += size
    return found


def _end(file: str, target: int, size: int, paragraphs: bool) -> int:
    """Return the first place from `target` on at which a file can be cut."""
    if target <= 0:
        return 0
    end = PARAGRAPH_END if paragraphs else LINE_END
    with open(file, "rb") as opened:
        at = max(target - LONGEST_END, 0)
        while at < size:
            opened.seek(at)
            data = opened.read(LOOK)
            for match in end.finditer(data):
                if at + match.end() >= target:
                    return at + match.end()
            at += max(len(data) - LONGEST_END, 1)
    return size


def digest(stretches: Iterable[Stretch], encoding: str, errors: str, paragraphs: bool) -> str:
    """Return the SHA-256 of a text as it is read."""
    found = hashlib.sha256()
    for block in read_blocks(
        list(stretches), encoding=encoding, errors=errors, paragraphs=paragraphs
    ):
        found.update(block)
    return found.hexdigest()

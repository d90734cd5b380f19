"""Folders -> the text files in them, and what is left out and why."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from jaxtext.base.errors import InputError
from jaxtext.text.opening import SUFFIXES

HIDDEN = "hidden"
ENDING = f"none of {', '.join(SUFFIXES)}"
SHOWN = 3  # names for each reason


class LeftOut(NamedTuple):
    """A file or folder that was not read, and why."""

    name: str
    reason: str


def text_files(folder: str) -> tuple[list[str], list[LeftOut]]:
    """Return the text files of a folder and the folders in it, sorted by name, and the others.

    Links are followed, but nothing is read twice: of several names of a file or folder, only the
    first counts. Hidden files and folders are left out.

    Raises `InputError` for a folder that cannot be read.
    """
    files: list[str] = []
    left_out: list[LeftOut] = []
    seen: dict[tuple[int, int], str] = {}
    todo = [folder]
    while todo:
        path = todo.pop()
        if path != folder and os.path.basename(path).startswith("."):
            left_out.append(LeftOut(os.path.relpath(path, folder), HIDDEN))
            continue
        reason = _reason(path, folder, seen)
        if reason is not None:
            left_out.append(LeftOut(os.path.relpath(path, folder), reason))
        elif os.path.isdir(path):
            try:
                names = sorted(os.listdir(path), reverse=True)
            except OSError as error:
                raise InputError(f"{path}: cannot be read: {error.strerror}") from None
            todo += [os.path.join(path, name) for name in names]
        else:
            files.append(path)
    return files, left_out


def _reason(path: str, folder: str, seen: dict[tuple[int, int], str]) -> str | None:
    """Return why a file or folder is not read, or None if it is; it is then added to `seen`."""
    try:
        status = os.stat(path)
    except OSError as error:
        return "a broken link" if os.path.islink(path) else f"{error.strerror}"
    if not os.path.isdir(path):
        if not os.path.isfile(path):
            return "not a file"
        if Path(path).suffix.lower() not in SUFFIXES:
            return ENDING
        if not status.st_size:
            return "empty"
    known = seen.setdefault((status.st_dev, status.st_ino), path)
    return None if known == path else f"the same as {os.path.relpath(known, folder)}"


def not_read(left_out: Sequence[LeftOut]) -> str:
    """Return how many files were left out, and which, in words."""
    were = "1 file was" if len(left_out) == 1 else f"{len(left_out):,} files were"
    by_name = any(each.reason == ENDING for each in left_out)
    advice = ": give a file by name to read it whatever its ending" if by_name else ""
    return f"{were} not read, {described(left_out)}{advice}"


def described(left_out: Iterable[LeftOut]) -> str:
    """Return the files that were left out by reason, with the first names of each.

    >>> described([LeftOut("a.md", "hidden"), LeftOut("b", "empty"), LeftOut("c", "empty")])
    'a.md (hidden); b, c (empty)'
    """
    reasons: dict[str, list[str]] = {}
    for name, reason in left_out:
        shown = os.fsencode(name).decode(errors="replace")  # the name may be in any encoding
        shown = "".join(char if char.isprintable() else "\ufffd" for char in shown)
        reasons.setdefault(reason, []).append(shown)
    parts = []
    for reason, names in reasons.items():
        more = len(names) - SHOWN
        shown = ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
        parts.append(f"{shown} ({reason})")
    return "; ".join(parts)

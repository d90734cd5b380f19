"""A text in parts of about equally many tokens, cut at ends of sentences.

Several processes can have read a text, each a share of it (`encoded.Share`). Parts do not depend on
the shares.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np

from jaxtext.text.encoded import Encoded, Share

LONGEST = 1 << 17  # tokens of a sentence that is cut itself


def length(text: Encoded, share: Share | None = None) -> int:
    """Return the number of tokens of the whole text."""
    return len(text.ids) if share is None else share.starts[-1]


def bounds(text: Encoded, number: int, share: Share | None = None) -> list[tuple[int, int]]:
    """Return where each of `number` parts begins and ends, in tokens; those of few can be empty.

    >>> bounds(Encoded(np.arange(9), np.array([2, 5, 9])), 2)
    [(0, 5), (5, 9)]
    """
    texts, starts = _shares(text, share)
    cuts = [_end(texts, starts, starts[-1] * part // number) for part in range(1, number)]
    return list(pairwise([0, *cuts, starts[-1]]))


def taken(
    text: Encoded, start: int, stop: int, share: Share | None = None, file: Path | None = None
) -> Encoded:
    """Return the tokens from `start` to `stop` as a text of its own.

    It shares the memory of the text, unless it extends over several shares. Then its ids are copied
    into memory or, if a `file` is given, into this.

    >>> taken(Encoded(np.arange(9), np.array([2, 5, 9])), 2, 8).ends.tolist()
    [3, 6]
    """
    texts, starts = _shares(text, share)
    pieces = [
        _part(each, max(start - before, 0), min(stop, after) - before)
        for each, (before, after) in zip(texts, pairwise(starts), strict=True)
        if before < stop and start < after
    ]
    if len(pieces) < 2:
        return pieces[0] if pieces else _part(text, 0, 0)
    lengths = np.cumsum([0, *(len(piece.ids) for piece in pieces)])
    ends = [piece.ends + before for piece, before in zip(pieces, lengths[:-1], strict=True)]
    if file is None:
        return Encoded(np.concatenate([piece.ids for piece in pieces]), np.concatenate(ends))
    with open(file, "wb") as opened:
        for piece in pieces:
            opened.write(np.ascontiguousarray(piece.ids).data)
    return Encoded(np.memmap(file, np.int32, "r"), np.concatenate(ends))


def _shares(text: Encoded, share: Share | None) -> tuple[list[Encoded], tuple[int, ...]]:
    if share is None:
        return [text], (0, len(text.ids))
    return share.texts(), share.starts


def _part(text: Encoded, start: int, stop: int) -> Encoded:
    if (start, stop) == (0, len(text.ids)):
        return text
    inside = text.ends[np.searchsorted(text.ends, start, "right") :]
    inside = inside[: np.searchsorted(inside, stop, "left")]
    ends = np.append(inside, stop) if stop > start else inside[:0]
    return Encoded(text.ids[start:stop], ends - start)


def _end(texts: list[Encoded], starts: tuple[int, ...], place: int) -> int:
    """Return the first end of a sentence from a place on, or the place itself if it is far away."""
    if not place:
        return 0
    which = int(np.searchsorted(starts, place, "left")) - 1
    ends, start = texts[which].ends, starts[which]
    end = start + int(ends[np.searchsorted(ends, place - start)])
    return end if end - place <= LONGEST else place

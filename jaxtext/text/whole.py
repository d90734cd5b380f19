"""A whole text, also where several processes have read it, each a share (`encoded.Share`)."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from jaxtext.text import windows
from jaxtext.text.encoded import Encoded, Share


class Whole(NamedTuple):
    """A text in pieces: the one that a process has read, or the shares of all."""

    texts: list[Encoded]
    starts: tuple[int, ...]  # tokens before each piece, and in all

    @classmethod
    def of(cls, text: Encoded, share: Share | None = None) -> "Whole":
        """Return a text that is whole, or that of which it is a share."""
        if share is None:
            return cls([text], (0, len(text.ids)))
        return cls(share.texts(), share.starts)

    def __len__(self) -> int:
        return self.starts[-1]

    def spans(self, size: int) -> Iterator[tuple[int, int]]:
        """Cut the text as `windows.spans` does, whatever its pieces."""
        if len(self.texts) == 1:
            yield from windows.spans(self.texts[0].ends, size) if len(self) else ()
            return
        start = 0
        while start < len(self):
            place = min(start + size, len(self))
            end = self._last_end(place)
            stop = end if end > start else place
            yield start, stop
            start = stop

    def _last_end(self, place: int) -> int:
        """Return the last end of a sentence up to a place, 0 if there is none."""
        which = int(np.searchsorted(self.starts, place, "left")) - 1
        ends, before = self.texts[which].ends, self.starts[which]
        last = int(np.searchsorted(ends, place - before, "right")) - 1
        return before + int(ends[last]) if last >= 0 else before

    def taken(self, start: int, stop: int) -> Encoded:
        """Return the tokens from `start` to `stop` as a text of its own.

        >>> Whole.of(Encoded(np.arange(9), np.array([2, 5, 9]))).taken(2, 8).ends.tolist()
        [3, 6]
        """
        pieces = [
            _part(text, max(start - before, 0), min(stop, after) - before)
            for text, (before, after) in zip(self.texts, pairwise(self.starts), strict=True)
            if before < stop and start < after
        ]
        if len(pieces) == 1:
            return pieces[0]
        lengths = np.cumsum([0, *(len(piece.ids) for piece in pieces)])
        ends = [piece.ends + before for piece, before in zip(pieces, lengths[:-1], strict=True)]
        return Encoded(np.concatenate([piece.ids for piece in pieces]), np.concatenate(ends))


def _part(text: Encoded, start: int, stop: int) -> Encoded:
    inside = text.ends[np.searchsorted(text.ends, start, "right") :]
    inside = inside[: np.searchsorted(inside, stop, "left")]
    return Encoded(text.ids[start:stop], np.append(inside, stop) - start)

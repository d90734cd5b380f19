"""Who is told what a run does: callbacks, which do nothing unless they are given."""

from collections.abc import Callable
from typing import Any, NamedTuple

from jaxtext.evaluation.gap import Gap
from jaxtext.text.encoded import Corpus


def ignore(*_: Any) -> None:
    """Do nothing."""


class Watch(NamedTuple):
    """What happens in a run, in the order in which it does; nothing changes the result."""

    on_stage: Callable[[str], None] = ignore  # what begins: "reading", "training", ...
    on_bytes: Callable[[str, int, int], None] = ignore  # of a download: what, done, of how many
    on_tokens: Callable[[int], None] = ignore  # read so far
    on_corpus: Callable[[Corpus], None] = ignore  # the text has been read
    on_report: Callable[[Any], None] = ignore  # progress of training, `done` among its fields
    on_compared: Callable[[float], None] = ignore  # share of the comparison with the optimum
    on_gap: Callable[[Gap | None], None] = ignore  # what it found; None where nothing could be
    on_note: Callable[[str], None] = ignore  # a sentence about something out of the ordinary

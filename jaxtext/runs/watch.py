"""Callbacks that report what a run does; each does nothing unless it is replaced."""

from collections.abc import Callable
from typing import Any, NamedTuple

from jaxtext.evaluation.gap import Gap
from jaxtext.text.encoded import Corpus


def ignore(*_: Any) -> None:
    """Do nothing."""


class Watch(NamedTuple):
    """Callbacks for the events of a run, in their order; none changes the result."""

    on_stage: Callable[[str], None] = ignore  # the stage that begins: "reading", "training", ...
    on_bytes: Callable[[str, int, int], None] = ignore  # of a download: stage, done, total
    on_tokens: Callable[[int], None] = ignore  # the number read so far
    on_corpus: Callable[[Corpus], None] = ignore  # the text has been read
    on_report: Callable[[Any], None] = ignore  # progress of training, `done` among its fields
    on_compared: Callable[[float], None] = ignore  # share of the comparison with the optimum
    on_gap: Callable[[Gap | None], None] = ignore  # its result; None if nothing could be compared
    on_note: Callable[[str], None] = ignore  # a sentence about something unusual

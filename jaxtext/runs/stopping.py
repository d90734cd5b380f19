"""Ctrl-C, SIGTERM and SIGHUP stop the work, at once or after a step that must be completed."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class Stopped(BaseException):
    """A signal has ended the work; `status` is the exit status that stands for the signal.

    Like `KeyboardInterrupt`, it is not an `Exception`, since other code may catch those.
    `resumable` is the folder of the run if the run can be resumed.
    """

    def __init__(self, number: int, then: str = "", resumable: Path | None = None):
        name = signal.Signals(number).name
        super().__init__(f"stopped by {name}{': ' if then else ''}{then}")
        self.number, self.status, self.resumable = number, 128 + number, resumable


class Stops:
    """Turn signals into `Stopped`, raised when they arrive or later, by `raise_pending`."""

    def __init__(self) -> None:
        self.number: int | None = None  # of the signal that has arrived
        self._deferred = 0

    def raise_pending(self, message: str = "") -> None:
        """Raise `Stopped` if a signal has arrived."""
        if self.number is not None:
            raise Stopped(self.number, message)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Defer signals that arrive inside the block, until `raise_pending` is called."""
        self._deferred += 1
        try:
            yield
        finally:
            self._deferred -= 1

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Raise signals when they arrive inside the block, which itself is inside `deferred`."""
        before, self._deferred = self._deferred, 0
        try:
            self.raise_pending()
            yield
        finally:
            self._deferred = before

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Receive signals inside the block.

        In any thread but the main one, which alone may listen, nothing is changed. Signals that the
        process ignores, as under nohup, stay ignored.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, _: object) -> None:
            self.number = number
            if not self._deferred:
                self.raise_pending()

        before = {number: signal.getsignal(number) for number in SIGNALS}
        before = {
            number: handler for number, handler in before.items() if handler != signal.SIG_IGN
        }
        for number in before:
            signal.signal(number, stop)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

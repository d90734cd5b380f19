"""Ctrl-C and SIGTERM: at once, or after what must not be cut off."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """A signal has ended the work; `status` is the exit status that it stands for.

    As a KeyboardInterrupt, it is no `Exception`, which others may catch.
    """

    def __init__(self, number: int, message: str = ""):
        name = signal.Signals(number).name
        super().__init__(f"stopped by {name}{': ' if message else ''}{message}")
        self.number, self.status = number, 128 + number


class Stops:
    """Turns signals into `Stopped`, raised where they arrive, or where those that wait are asked
    for."""

    def __init__(self) -> None:
        self.number: int | None = None  # of the signal that has arrived
        self._held = 0

    def raise_pending(self) -> None:
        """Raise `Stopped` if a signal has arrived."""
        if self.number is not None:
            raise Stopped(self.number)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Inside, signals wait, and go on to wait behind it."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Inside, signals come here; in the main thread, the only one that may listen."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, _: object) -> None:
            self.number = number
            if not self._held:
                self.raise_pending()

        before = {number: signal.signal(number, stop) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

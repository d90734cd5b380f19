"""Ctrl-C, SIGTERM and SIGHUP: at once, or after what must not be cut off."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


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

    def raise_pending(self, message: str = "") -> None:
        """Raise `Stopped` if a signal has arrived."""
        if self.number is not None:
            raise Stopped(self.number, message)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Inside, signals wait, and go on to wait behind it."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Inside, within `held`, signals are raised where they arrive."""
        held, self._held = self._held, 0
        try:
            self.raise_pending()
            yield
        finally:
            self._held = held

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Inside, signals come here; in the main thread, the only one that may listen.

        Those that the process ignores, as with nohup, stay ignored.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, _: object) -> None:
            self.number = number
            if not self._held:
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

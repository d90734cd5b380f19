"""The errors that are raised for a caller's input; this module does not import JAX.

An error about one argument has the argument's Python name in `parameter` and, where it helps, what
was passed in `value`; its text begins with them. The command line shows the flag in their place.
"""

from pathlib import Path
from typing import Any


class Named(Exception):
    """An exception whose message may be about one parameter."""

    def __init__(self, message: str, parameter: str | None = None, value: Any = None):
        super().__init__(message)
        self.message, self.parameter, self.value = message, parameter, value

    def __str__(self) -> str:
        if self.parameter is None:
            return self.message
        return f"{self.parameter}{'' if self.value is None else f'={self.value!r}'}: {self.message}"


class InputError(Named, ValueError):
    """An argument, file or text cannot be used; one line says what was found and what to do.

    >>> print(InputError("must be at least 1", "window", 0))
    window=0: must be at least 1
    """


class OutOfMemory(Named, MemoryError):
    """There was not enough memory for a training that had begun.

    `resumable` is the folder of a run that can be resumed with more memory.
    """

    resumable: Path | None = None


class WriteError(InputError):
    """A file cannot be written: the disk is full or read-only, or access is denied.

    `resumable` is the folder of a run that can be resumed once there is room.
    """

    resumable: Path | None = None

"""The error that a user's input raises; apart from `types`, so that it does not import JAX."""


class InputError(ValueError):
    """Something that the user gave cannot be used; the message is one line that says the cure."""


class Stopped(Exception):
    """A signal ended a training, of which a checkpoint was kept; `status` is the exit status."""

    def __init__(self, message: str, status: int):
        super().__init__(message)
        self.status = status

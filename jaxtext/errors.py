"""The errors that a user's input raises; apart from `types`, so that they do not import JAX."""


class InputError(ValueError):
    """Something that the user gave cannot be used; the message is one line that says the cure."""


class WriteError(InputError):
    """A file cannot be written: a disk that is full or read-only, a folder of somebody else."""

"""The error that a user's input raises; apart from `types`, so that it does not import JAX."""


class InputError(ValueError):
    """Something that the user gave cannot be used; the message is one line that says the cure."""

"""Slips in a command line that the parser would only call unrecognized."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches

from jaxtext.base.errors import InputError


def check(arguments: Sequence[str], commands: Mapping[str, type]) -> None:
    """Raise `InputError` for a misspelled command, and for an option with one dash instead of two.

    >>> check(["train", "text.txt", "--dim", "5"], {"train": object})
    >>> check(["trian"], {"train": object, "export": object})
    Traceback (most recent call last):
    ...
    jaxtext.base.errors.InputError: trian: no such command: did you mean train?
    """
    if not arguments or arguments[0].startswith("-"):
        return
    name, *rest = arguments
    if name not in commands:
        close = get_close_matches(name.lower(), commands, n=1)
        known = f"did you mean {close[0]}?" if close else f"choose one of {', '.join(commands)}"
        raise InputError(f"{name}: no such command: {known}")
    kind = commands[name]
    options = {each.name for each in fields(kind)} if hasattr(kind, "__dataclass_fields__") else ()
    for argument in rest:
        match = re.fullmatch(r"-([a-z][a-z_-]+)(=.*)?", argument)
        if match and match[1].replace("-", "_") in options:
            raise InputError(f"{argument}: options have two dashes: write -{argument}")

"""What the scripts in `experiments` have in common: exit status, and settings as JSON."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from jaxtext.base.errors import InputError

Config = TypeVar("Config")


def finish(main: Callable[[Config], int | None], config: Config) -> NoReturn:
    """Call `main(config)` and exit with the status that it returns.

    Input that cannot be used is one line on standard error and status 2.
    """
    try:
        status = main(config) or 0
    except InputError as error:
        print(f"{Path(sys.argv[0]).stem}: {error}", file=sys.stderr)
        status = 2
    sys.exit(status)


def settings(config: Any) -> dict[str, Any]:
    """Return the fields of a dataclass as JSON has them; paths become strings."""
    return json.loads(json.dumps(asdict(config), default=str))

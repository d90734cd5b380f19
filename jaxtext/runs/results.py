"""A resumable table of results on disk, for experiments that take hours.

Every row is written as one JSON line as soon as it has been measured. An experiment that is started
again reads the existing rows and measures only the others.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jaxtext.base.errors import InputError
from jaxtext.base.files import append_json_line, read_json_lines

SETTINGS = "settings"  # the name of a row's settings in its line


@dataclass(frozen=True)
class Results:
    """The rows of one file, by their settings.

    `shared` is what all rows have in common, such as the SHA-256 of the text. A file with rows of
    anything else is refused.
    """

    path: Path
    shared: Mapping[str, Any]
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)  # by `key`; `add` adds to it

    def get(self, settings: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the row with these settings, or None if it is still to be measured."""
        return self.rows.get(key(settings))

    def add(self, settings: Mapping[str, Any], measured: Mapping[str, Any]) -> None:
        """Add a row; it is on disk when this returns."""
        row = {**self.shared, SETTINGS: dict(settings), **measured}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        _cut_broken_line(self.path)
        append_json_line(self.path, row)
        self.rows[key(settings)] = row


def open_results(path: Path, shared: Mapping[str, Any]) -> Results:
    """Read the rows of a file; a missing file has none, and incomplete lines are ignored.

    Raises `InputError` for a row with another value of a shared setting, and for a file that does
    not contain results.
    """
    now = json.loads(json.dumps(dict(shared)))
    results = Results(path, shared)
    for row in read_json_lines(path):
        if not isinstance(row.get(SETTINGS), dict):
            raise InputError(f"{path}: is not a file of results: choose another folder")
        for name, value in now.items():
            if row.get(name) != value:
                raise InputError(
                    f"{path}: contains results of another {name} ({row.get(name)}, not {value}): "
                    "choose another folder"
                )
        results.rows[key(row[SETTINGS])] = row
    return results


def key(settings: Mapping[str, Any]) -> str:
    """Return a text that identifies the settings, whatever their order.

    >>> key({"k": 5, "dim": 100}) == key({"dim": 100, "k": 5})
    True
    """
    return json.dumps(dict(settings), sort_keys=True)


def _cut_broken_line(path: Path) -> None:
    """Remove the beginning of a line whose writing was interrupted."""
    content = path.read_bytes() if path.exists() else b""
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)

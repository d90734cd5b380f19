"""What the processes of a team must have in common before they begin."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from jaxtext.base.errors import InputError
from jaxtext.base.team import Team
from jaxtext.runs import record as records
from jaxtext.runs.circumstances import circumstances
from jaxtext.runs.folder import IDS
from jaxtext.runs.record import Record


def check_same(record: Record, started: Mapping[str, Any], team: Team) -> None:
    """Raise `InputError` if the processes of a team do not do the same with the same versions."""
    if team.processes == 1:
        return
    now = circumstances()
    options = records.as_json(record) | now["versions"] | {"platform": now["device"]["platform"]}
    team.check_same(options | started, "start all processes with the same options and versions")


def scratch(folder: Path, team: Team) -> Path:
    """Make the folder for ids. Raises `InputError` if not all processes of the team see it."""
    made, mark = folder / IDS, uuid4().hex
    if team.leads:
        made.mkdir()
        (made / mark).touch()
    mark = team.tell(mark)[0]
    for process, sees in enumerate(team.tell((made / mark).exists())):
        if not sees:
            raise InputError(
                f"process {process} does not see what process 0 writes there: give a folder that "
                "all processes share", "out", str(folder),
            )  # fmt: skip
    return made

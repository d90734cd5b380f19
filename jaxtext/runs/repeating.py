"""The rules for resuming a run and for repeating the run of a manifest."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from jaxtext.base.errors import InputError
from jaxtext.runs import record as records
from jaxtext.runs.circumstances import FREE, PARTS, Difference, differences
from jaxtext.runs.folder import CONFIG, MANIFEST, Run
from jaxtext.runs.record import LATER, PLACE, TEXT, Place, Record
from jaxtext.runs.watch import Watch
from jaxtext.text.encoded import Corpus

PACKAGES = ("jaxtext", "jax", "jaxlib", "numpy")  # whose versions must be the same to resume a run
TOLERATED = ("device", "environment")  # may change when a run is resumed, as may its bits then


def record_of(run: Run) -> Record:
    """Return the record of a run. Raises `InputError` if its options cannot be read."""
    return records.read(run.read_json(CONFIG), run.folder / CONFIG)[0]


def resumed(place: Place, given: Mapping[str, Any]) -> tuple[Record, Place] | None:
    """Return the record and place of the run in `place.out`, which is to be resumed.

    The text may be given again, since it may have moved. If the folder contains no run but a text
    is given, the result is None, and a new run is to be started.

    Raises `InputError` if there is neither a run nor a text, and for an option in `given` that
    differs from that of the run.
    """
    run = Run(place.out)
    if not (place.out / CONFIG).exists():
        if any(given.get(name) for name in TEXT):
            return None
        raise InputError(f"{place.out} contains no run that could be resumed", "resume")
    saved, kept = records.read(run.read_json(CONFIG), place.out / CONFIG)
    then = records.as_json(saved)
    for name, now in given.items():
        chosen_later = name in ("epochs", "streams", "columns") and now is None
        if name not in TEXT and not chosen_later and then.get(name) != now:
            _check_known(name, given, saved)
            before = "not given" if then[name] is None else f"{then[name]}"
            raise InputError(
                f"was {before} in the run in {place.out}: resume it with its own options",
                name,
                now,
            )
    if place.checkpoint_every is None:
        place = replace(place, checkpoint_every=kept.get("checkpoint_every"))
    if place.gap and kept.get("gap") is False:
        place = replace(place, gap=False)
    if place.from_manifest is None and kept.get("from_manifest"):
        place = replace(place, from_manifest=Path(kept["from_manifest"]))
    return _with_text(saved, given), place


def _check_known(name: str, given: Mapping[str, Any], saved: Record) -> None:
    """Raise `InputError` for an option that the run's method does not have."""
    if name != "method":
        records.cut({"method": saved.method.name, name: given[name]})


def recorded(path: Path) -> dict[str, Any]:
    """Read the manifest of a finished run. Raises `InputError` for anything else."""
    if path.is_dir():
        raise InputError(f"{path} is a folder: give {path / MANIFEST}", "from_manifest")
    if not path.exists():
        raise InputError(f"{path}: no such file", "from_manifest")
    content = Run(path.parent).read_json(path.name)
    parts = [content.get(name) for name in PARTS]
    if not all(isinstance(part, dict) for part in parts) or "vectors_sha256" not in content:
        raise InputError(f"{path} is not the manifest of a run", "from_manifest")
    return content | {"options": LATER | content["options"]}


def repeated(path: Path, manifest: Mapping[str, Any], given: Mapping[str, Any]) -> Record:
    """Return the record of the run of a manifest; the text may be given again if it has moved.

    Raises `InputError` if any other option is given.
    """
    for name in given:
        if name not in TEXT:
            raise InputError(
                "all options come from the manifest: give only the folder, and the text if it has "
                "moved",
                name,
            )
    return _with_text(records.read(manifest["options"], path)[0], given)


def _with_text(saved: Record, given: Mapping[str, Any]) -> Record:
    """Return the saved record, with the text of `given` if there is one."""
    if not any(given.get(name) for name in TEXT):
        return saved
    return saved._replace(source=records.cut({name: given.get(name) for name in TEXT}).source)


def identity(
    record: Record, corpus: Corpus, circumstances: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """Return what must be the same when a run is resumed, under names that people can read."""
    options = {
        name.replace("_", " "): json.dumps(value)
        for name, value in records.as_json(record).items()
        if name not in FREE and name not in PLACE and (name, value) not in LATER.items()
    }
    # In older runs, words outside ASCII were spelled as in the text.
    spelled = not all(word.isascii() for word in corpus.vocab.words)
    return {
        **({"spelling of words": "NFC"} if spelled else {}),
        "text (SHA-256)": corpus.sha256,
        "vocabulary (SHA-256)": corpus.vocab.sha256(),
        **options,
        **{f"version of {name}": circumstances["versions"][name] for name in PACKAGES},
        **{name: json.dumps(circumstances[name], sort_keys=True) for name in TOLERATED},
    }


def recorded_before(path: Path, watch: Watch) -> dict[str, Any] | None:
    """Return the manifest that a resumed run repeats, or None if it no longer exists."""
    try:
        return recorded(path)
    except InputError as error:
        watch.on_note(f"{error}: the vectors will not be compared")
        return None


def other_circumstances(
    path: Path, saved: Mapping[str, str], identity: Mapping[str, str]
) -> list[dict[str, str | None]]:
    """Return the tolerated circumstances that have changed since a checkpoint was written.

    Raises `InputError` for a change that is not tolerated.
    """
    others = []
    for name, value in identity.items():
        was = saved.get(name)
        if was == value:
            continue
        if name not in TOLERATED:
            raise InputError(
                f"the {name} was {was} when {path} was written, and is {value} now", "resume"
            )
        others.append({name: was})
    return others


def unequal(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    ours, theirs = now["vectors_sha256"], then["vectors_sha256"]
    first = [] if ours == theirs else [Difference("vectors_sha256", theirs, ours)]
    return first + differences(then, now)

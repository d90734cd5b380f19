"""The options of a run, as records and as one flat mapping.

`config.json` and the command line have the flat options; training has the records. `cut` turns the
options into records, and `as_json` turns them back.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from jaxtext.base.errors import InputError
from jaxtext.base.ranges import check_ranges, number, ranged, words
from jaxtext.text.reading import Reading, Source
from jaxtext.training.settings import COLUMNS, METHODS, Exact, Method, Sgns, settings_of

SEEDS = (0, 2**32 - 1)
MINUTE = 60.0  # seconds


class Record(NamedTuple):
    """All that determines the vectors of a run, apart from versions and machine."""

    source: Source
    reading: Reading
    method: Method
    seed: int = 0


@dataclass(frozen=True)
class Place:
    """Where a run is kept, and how; nothing here changes the vectors.

    Raises `InputError` if `checkpoint_every` is negative or infinite.
    """

    out: Path
    resume: bool = False
    checkpoint_every: int | float | None = ranged(None, 0, math.nextafter(math.inf, 0))  # seconds
    from_manifest: Path | None = None
    gap: bool = True  # whether the run ends with a comparison with the optimum

    def __post_init__(self) -> None:
        check_ranges(self)
        object.__setattr__(self, "out", Path(self.out))
        if self.from_manifest is not None:
            object.__setattr__(self, "from_manifest", Path(self.from_manifest))

    @property
    def seconds(self) -> float:
        """Return the seconds between checkpoints, by default a minute."""
        return MINUTE if self.checkpoint_every is None else self.checkpoint_every


def names_of(kind: type) -> tuple[str, ...]:
    """Return the names of a record's fields."""
    return tuple(each.name for each in fields(kind))


# Options that came later, with what runs did before: a config.json without them means this.
LATER = {
    "tokens": "words", "language": None, "sentences": "lines", "encoding": "utf-8",
    "errors": "strict", "phrases": 0, "phrase_score": None, "phrase_threshold": None,
    "phrase_min_count": None, "phrase_separator": None,
}  # fmt: skip
TEXT, PLACE = names_of(Source), names_of(Place)
SETTINGS = frozenset(name for method in METHODS.values() for name in settings_of(method))


def as_json(record: Record, place: Place | None = None) -> dict[str, Any]:
    """Return the options of a record and, if given, of its place, in the form of `config.json`."""
    source, reading, method, seed = record
    options = {"paths": list(source.paths), "corpus": source.corpus, **asdict(reading)}
    options |= {"method": method.name, **asdict(method), "seed": seed}
    if place is None:
        return options
    manifest = None if place.from_manifest is None else str(place.from_manifest)
    return options | {
        "out": str(place.out), "checkpoint_every": place.seconds,
        "from_manifest": manifest, "gap": place.gap,
    }  # fmt: skip


def cut(options: Mapping[str, Any]) -> Record:
    """Cut flat options into records; options that are missing or None get their defaults.

    Raises `InputError` with the option's name if it does not exist, if the method does not have it,
    or if its value cannot be used.
    """
    options = {name: value for name, value in options.items() if value is not None}
    name = options.get("method", Sgns.name)
    if not isinstance(name, str) or name not in METHODS:
        raise InputError(f"must be one of {', '.join(METHODS)}", "method", name)
    method = METHODS[name]
    known = {*TEXT, *names_of(Reading), *settings_of(method), "method", "seed"}
    for option in options:
        if option not in known:
            reason = f"{name} has no {words(option)}" if option in SETTINGS else "no such option"
            raise InputError(reason, option)

    def part(kind: type) -> Any:
        return kind(**{each: options[each] for each in names_of(kind) if each in options})

    seed = number("seed", options.get("seed", 0), *SEEDS, whole=True)
    return Record(part(Source), part(Reading), part(method), int(seed))


def read(content: Any, where: Path) -> tuple[Record, dict[str, Any]]:
    """Read the options of `config.json` or a manifest; return the record and the place's options.

    Options that only other methods have are ignored.

    Raises `InputError`, naming the file `where`, for options that cannot be used.
    """
    if not isinstance(content, Mapping) or not {"paths", "method"} <= content.keys():
        raise InputError(f"{where}: damaged: the options of a run are missing")
    method = METHODS.get(content["method"]) if isinstance(content["method"], str) else None
    others = SETTINGS - set(settings_of(method)) if method else set()
    place = {name: content[name] for name in PLACE if name in content}
    options = {
        name: value for name, value in content.items() if name not in others and name not in PLACE
    }
    if method is Exact:  # before columns were drawn, all were summed
        options.setdefault("columns", COLUMNS[1])
    try:
        paths = options.get("paths")
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise InputError("must be a list of paths", "paths", paths)
        return cut(options), place
    except InputError as error:
        raise InputError(f"{where}: damaged: {error}") from None

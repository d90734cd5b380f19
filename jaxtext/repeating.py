"""What a run is resumed or repeated with: its options, and the circumstances that its bits need."""

import json
import sys
from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from jaxtext import runs
from jaxtext.base.errors import InputError
from jaxtext.cli import Train
from jaxtext.text.encoded import EncodedCorpus

TEXT = ("paths", "corpus")
OWN = ("out", "resume", "checkpoint_every", "from_manifest")  # they change nothing in the vectors
MATTERING = ("jaxtext", "jax", "jaxlib", "numpy")  # packages that a resumed run needs again
CIRCUMSTANCES = ("options", "corpus", "versions", "device", "environment")  # of a manifest
TOLERATED = ("device", "environment")  # a run can be resumed with others, with other bits
EARLIER = "earlier"  # those of the way to a checkpoint, where they were others
FREE = ("sources", *TEXT, *OWN)  # names in them that may differ


def as_json(options: Train) -> dict[str, Any]:
    """Options as JSON has them; `options_from` reads them."""
    content = {field.name: getattr(options, field.name) for field in fields(options)}
    content |= {"paths": list(options.paths), "out": str(options.out)}
    manifest = options.from_manifest
    return content | {"from_manifest": None if manifest is None else str(manifest)}


def options_from(content: Any, where: Path) -> Train:
    """Options that `as_json` has written. Raises `InputError` naming one that cannot be used."""
    kinds = get_type_hints(Train)
    if not isinstance(content, dict):
        raise InputError(f"{where}: damaged: found no options")
    for name, value in content.items():
        if name not in kinds or not _is(value, kinds[name]):
            raise InputError(f"{where}: damaged: no option can be {name} = {value!r:.60}")
    if missing := sorted({"paths", "out", "method"} - set(content)):
        raise InputError(f"{where}: damaged: {missing[0]} is missing")
    places = {"out": Path(content["out"])}
    if content.get("from_manifest") is not None:
        places["from_manifest"] = Path(content["from_manifest"])
    return Train(**(content | {"paths": tuple(content["paths"]), **places}))


def options_of(run: runs.Run) -> Train:
    """The options that a run was made with. Raises `InputError` when they cannot be read."""
    return options_from(run.read_json(runs.CONFIG), run.folder / runs.CONFIG)


def _is(value: Any, kind: Any) -> bool:
    """Whether a value of JSON is one of a kind that options have."""
    if get_origin(kind) in (Union, UnionType):
        return any(_is(value, each) for each in get_args(kind))
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if get_origin(kind) is tuple:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if isinstance(value, bool):
        return kind is bool
    if kind is float and isinstance(value, int):
        return abs(value) <= sys.float_info.max
    return isinstance(value, {float: (int, float), Path: str}.get(kind, kind))


def resumed(options: Train, given: Collection[str]) -> Train:
    """The options of the run that is to be resumed, whose text may lie elsewhere now.

    Without a run, those that are given, if they name a text: then it is begun. Raises `InputError`
    without either, and where one of the options `given`, by name, differs.
    """
    run = runs.Run(options.out)
    if not (options.out / runs.CONFIG).exists():
        if options.paths or options.corpus:
            print(f"{options.out} holds no run yet: begun")
            return replace(options, resume=False)
        raise InputError(f"--resume: {options.out} holds no run that was stopped")
    saved = _here(options_of(run), options, given)
    for name in _mattering(given):
        then, now = getattr(saved, name), getattr(options, name)
        if then != now:
            then = "not given" if then is None else then
            raise InputError(
                f"--resume: {flag(name)} was {then} in {options.out}, and now is {now}"
            )
    return saved


def recorded(path: Path) -> dict[str, Any]:
    """The manifest of a finished run. Raises `InputError` for anything else."""
    if path.is_dir():
        raise InputError(f"--from-manifest {path}: is a folder: give {path / runs.MANIFEST}")
    if not path.exists():
        raise InputError(f"--from-manifest {path}: no such file")
    content = runs.Run(path.parent).read_json(path.name)
    parts = [content.get(name) for name in CIRCUMSTANCES] if isinstance(content, dict) else [None]
    if not all(isinstance(part, dict) for part in parts) or "vectors_sha256" not in content:
        raise InputError(f"--from-manifest {path}: is no manifest of a run")
    return content


def repeated(options: Train, manifest: dict[str, Any], given: Collection[str]) -> Train:
    """The options of the run that is to be repeated; its text may lie elsewhere now.

    Raises `InputError` if one of the options `given`, by name, is not left free by the manifest.
    """
    path = options.from_manifest
    assert path is not None
    if more := _mattering(given):
        raise InputError(
            f"--from-manifest: takes all options from the manifest, so not {flag(more[0])}: give "
            "--out, and the text if it has moved"
        )
    return _here(options_from(manifest["options"], path), options, given)


def changed(options: Train) -> list[str]:
    """Names of the options that are not at their defaults."""
    return [each.name for each in fields(options) if getattr(options, each.name) != each.default]


def flag(name: str) -> str:
    """An option's name on the command line."""
    return f"--{name.replace('_', '-')}"


def _mattering(given: Collection[str]) -> list[str]:
    """Those that change something in the vectors, beside the text."""
    return [each.name for each in fields(Train) if each.name in given and each.name not in FREE]


def _here(saved: Train, options: Train, given: Collection[str]) -> Train:
    """Saved options with the folder and, if they are given, what else may differ now."""
    names = ["out", "resume", *({"checkpoint_every", "from_manifest"} & set(given))]
    if options.paths or options.corpus:
        names += TEXT
    return replace(saved, **{name: getattr(options, name) for name in names})


def identity(
    options: Train, corpus: EncodedCorpus, circumstances: dict[str, Any]
) -> dict[str, str]:
    """What must be the same when a run is resumed, by a name for people."""
    versions = {f"version of {name}": circumstances["versions"][name] for name in MATTERING}
    content = {
        f"option {flag(name)}": json.dumps(value)
        for name, value in as_json(options).items()
        if name not in FREE
    }
    return {
        "text (SHA-256)": corpus.sha256,
        "vocabulary (SHA-256)": corpus.vocab.sha256(),
        **content,
        **versions,
        **{name: json.dumps(circumstances[name], sort_keys=True) for name in TOLERATED},
    }


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Recorded circumstances of two manifests that are not the same: name, then, now."""
    found = []
    for part in CIRCUMSTANCES:
        before, after = then[part], now[part]
        for name in dict.fromkeys([*before, *after]):
            one, other = before.get(name), after.get(name)
            if one != other and name not in FREE:
                found.append((f"{part}: {name}", one, other))
    before, after = then.get(EARLIER) or [], now.get(EARLIER) or []
    if before != after:
        found.append(("circumstances before it was resumed", before, after))
    return found

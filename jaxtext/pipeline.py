"""Text -> ids -> vectors -> a run directory, with progress: `jaxtext train`."""

import json
import shlex
import sys
import time
from collections.abc import Collection
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from typing import Any, cast

from jaxtext import distance, repeating, runs
from jaxtext.base.errors import InputError, WriteError
from jaxtext.cli import Train
from jaxtext.corpus import encode, sources_of
from jaxtext.methods import METHODS, check, done_of, resolved
from jaxtext.reports.run import content_words, summary_tables
from jaxtext.reports.tables import print_table, print_tables
from jaxtext.reports.terminal import Lasting
from jaxtext.stopping import Stopped, Stops
from jaxtext.text.encoded import EncodedCorpus
from jaxtext.training import checkpoints

BUILTIN = "built-in"


def train(options: Train, given: Collection[str] | None = None, stops: Stops | None = None) -> int:
    """Train as the options say and write the run; 1 for one that repeats another with other bits.

    `given` names the options that must agree with a run that is resumed; by default those that are
    not at their defaults. What cannot be printed, since standard output is gone, is left out.
    Raises `InputError` for options and text that cannot be used, leaving nothing behind, `Stopped`
    after Ctrl-C, SIGTERM or SIGHUP, and `FloatingPointError` when training left the finite numbers:
    the run holds the last good state.
    """
    given = repeating.changed(options) if given is None else given
    stops = stops or Stops()
    with ExitStack() as inside:
        if sys.stdout is not None:
            inside.enter_context(redirect_stdout(cast(Any, Lasting(sys.stdout))))
        inside.enter_context(stops.listening())
        manifest = None
        if options.from_manifest is not None:
            manifest = repeating.recorded(options.from_manifest)
            options = repeating.repeated(options, manifest, given)
        if options.resume:
            options = repeating.resumed(options, given)
        check(options)
        run = inside.enter_context(runs.locked(options.out))
        if not options.resume:
            runs.check_free(options.out)
        elif (options.out / runs.MANIFEST).exists():
            return _finished(run)
        runs.clean(options.out)
        try:
            return _train(options, run, stops, manifest)
        except BaseException as error:
            left = _left(options, run, error)
            if left is error:
                raise
            raise left from error
        finally:
            runs.clean(options.out)


def _finished(run: runs.Run) -> int:
    """Say that there is nothing to resume; the exit status."""
    if run.read_json(runs.MANIFEST).get("status") == "diverged":
        raise FloatingPointError(
            f"{run.folder} has left the finite numbers: train anew with a lower --learning-rate"
        )
    print(f"{run.folder} is finished already: nothing to do")
    return 0


def _left(options: Train, run: runs.Run, error: BaseException) -> BaseException:
    """Remove a run of which nothing can be used; the error, with what can be done about it."""
    if (run.folder / runs.MANIFEST).exists():
        then = f"the run in {run.folder} is finished"
    elif options.resume or checkpoints.files(run.folder):
        then = f"go on with: {runs.resuming(run.folder)}"
    else:
        then = "nothing was written"
        run.remove()
    if isinstance(error, Stopped):
        return Stopped(error.number, then)
    if isinstance(error, OSError):
        error = WriteError(f"{error.filename or run.folder}: {error.strerror or error}")
    return WriteError(f"{error}; {then}") if isinstance(error, WriteError) else error


def _train(options: Train, run: runs.Run, stops: Stops, then: dict[str, Any] | None = None) -> int:
    """Read, train, write and compare, in the folder of the run alone; `then` is repeated."""
    if not options.resume:
        run.write_json(runs.CONFIG, repeating.as_json(options))
    elif options.from_manifest is not None and then is None:
        then = _recorded_before(options.from_manifest)
    sources = sources_of(options.paths, options.corpus)
    circumstances = runs.circumstances()
    begin = time.perf_counter()
    scratch = run.folder / runs.IDS  # may be too large for the system's temporary folder
    scratch.mkdir()
    corpus = encode(options, sources, scratch)
    if then and then["corpus"].get("sha256") != corpus.sha256:
        print(f"the text is not that of {options.from_manifest}")
    seconds = {"read": time.perf_counter() - begin}
    options = resolved(options, len(corpus.vocab))
    identity = repeating.identity(options, corpus, circumstances)
    start, earlier = _start(options, corpus, run, identity)
    identity = {**identity, repeating.EARLIER: json.dumps(earlier)}
    keeper = checkpoints.Keeper(run.folder, identity, options.checkpoint_every, stops, start)
    with stops.held():  # but where a method lets them pass
        trained = METHODS[options.method](options, corpus, run, keeper)
        begin = time.perf_counter()
        sha256 = run.write_vectors(trained.center, trained.context)
    seconds |= {"train": trained.seconds, "write": time.perf_counter() - begin}
    begin, found = time.perf_counter(), None
    try:
        stops.raise_pending()
        found = distance.show(options, corpus, trained)
    except Stopped:
        pass  # the vectors are there, so that the run can be finished
    seconds["gap"] = time.perf_counter() - begin
    manifest = {
        "status": "diverged" if trained.failure else "complete",
        "corpus": _describe(options, sources, corpus),
        "seed": options.seed,
        "vectors_sha256": sha256,
        "gap": found,
        "seconds": {stage: round(spent, 3) for stage, spent in seconds.items()},
        **circumstances,
        repeating.EARLIER: earlier,
        "options": repeating.as_json(options),
    }
    with stops.held():
        run.write_json(runs.MANIFEST, manifest)
    if trained.failure:
        if then is not None:
            _compare(then, manifest, options)
        raise FloatingPointError(f"{trained.failure}; the last good vectors are in {run.folder}")
    stops.raise_pending()
    _summary(run)
    return 0 if then is None else _compare(then, manifest, options)


def _recorded_before(path: Path) -> dict[str, Any] | None:
    """The manifest that a run, now resumed, repeats; None where it has gone since."""
    try:
        return repeating.recorded(path)
    except InputError as error:
        print(f"{error}: the vectors will not be compared")
        return None


def _compare(then: dict[str, Any], now: dict[str, Any], options: Train) -> int:
    """Say whether a run has the vectors of the one that it repeats; the exit status."""
    ours, theirs = now["vectors_sha256"], then["vectors_sha256"]
    same, found = ours == theirs, repeating.differences(then, now)
    of = options.from_manifest
    then_is = f"the same as in {of}" if same else f"not that of {of}, which is {theirs}"
    print(f"\nvectors SHA-256 {ours}: {then_is}")
    if found:
        rows = [[name, str(before), str(after)] for name, before, after in found]
        print_table("Circumstances that differ", ["circumstance", "then", "now"], rows)
    elif not same:
        print("no circumstance that is recorded differs")
    return 0 if same else 1


def _start(
    options: Train, corpus: EncodedCorpus, run: runs.Run, identity: dict[str, str]
) -> tuple[checkpoints.Snapshot | None, list[dict[str, str]]]:
    """Write what comes first; the newest checkpoint that is whole, if a run is resumed from one,
    and under which other circumstances the way to it was made.

    Raises `InputError` for a checkpoint of something else, naming the difference.
    """
    for path in checkpoints.files(run.folder) if options.resume else []:
        found = checkpoints.read(path)
        if found is None:
            print(f"{path}: damaged, the one before is used")
            continue
        state, saved = found
        earlier = json.loads(saved.get(repeating.EARLIER, "[]"))
        for name, value in identity.items():
            if saved.get(name) == value:
                continue
            if name not in repeating.TOLERATED:
                raise InputError(
                    f"--resume: the {name} of {path} is {saved.get(name)}, and now is {value}"
                )
            earlier.append({name: saved.get(name)})
            print(
                f"the {name} was {saved.get(name)}, and now is {value}: the bits may differ from "
                "those of a run that was not stopped"
            )
        done = done_of(options, corpus, state)
        run.write_vocab(corpus.vocab)
        run.cut_metrics(done)
        print(f"resumed {done:.0%} of the way")
        return state, earlier
    if options.resume:
        print("no checkpoint to go on from: begun anew")
    run.write_json(runs.CONFIG, repeating.as_json(options))
    run.write_vocab(corpus.vocab)
    run.cut_metrics(0.0)
    return None, []


def _describe(options: Train, sources: list[str], corpus: EncodedCorpus) -> dict[str, Any]:
    return {
        "sources": [options.corpus] if options.corpus else sources or [BUILTIN],
        "sha256": corpus.sha256,
        "tokens": corpus.tokens,
        "kept_tokens": len(corpus.text.ids),
        "sentences": len(corpus.text.ends),
        "vocabulary": len(corpus.vocab),
        "vocabulary_sha256": corpus.vocab.sha256(),
    }


def _summary(run: runs.Run) -> None:
    """Print what was learnt, what was written where, and the next command."""
    embeddings = run.embeddings()
    print_tables(*summary_tables(embeddings, run.folder, runs.FILES))
    word = content_words(embeddings)[0]
    print(f"\nnext: {shlex.join(['jaxtext', 'neighbors', runs.argument(run.folder), word])}")

"""Execute a run from its first file to its manifest: read, count, train, write, compare."""

import json
import time
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from jaxtext.base import memory
from jaxtext.base.errors import InputError
from jaxtext.base.team import ALONE, Parted, Team
from jaxtext.evaluation import gap as gaps
from jaxtext.evaluation.gap import Gap
from jaxtext.models.objective import Objective
from jaxtext.runs import agreed, checkpoints, lock, repeating
from jaxtext.runs import gap as run_gap
from jaxtext.runs import record as records
from jaxtext.runs.checkpoints import Keeper, Snapshot
from jaxtext.runs.circumstances import EARLIER, Difference, circumstances
from jaxtext.runs.folder import CONFIG, GAP, MANIFEST, Onlooker, Run
from jaxtext.runs.record import Place, Record
from jaxtext.runs.remains import cleaned
from jaxtext.runs.stopping import Stopped, Stops
from jaxtext.runs.watch import Watch
from jaxtext.text.encoded import Corpus
from jaxtext.text.reading import BUILTIN, encode_files, files_of
from jaxtext.training import counting
from jaxtext.training.methods import STATES, check_dim, check_memory, fit
from jaxtext.training.settings import Counted, Method, Sgns, Svd, settled
from jaxtext.training.stream import Diverged
from jaxtext.vectors.embeddings import Embeddings

UNTRAINED = 0.35  # below this correlation with their optimum, scores say little about words


class Outcome(NamedTuple):
    """The result of a run: its folder, its vectors and their SHA-256.

    `repeated` is the manifest that the run repeats, if it repeats one and that one could be read.
    Then `differences` lists what differs from it: first the SHA-256 of the vectors, then the
    recorded circumstances. `new` is False if the run was finished already and nothing was done.
    """

    folder: Path
    vectors: Embeddings
    sha256: str
    differences: tuple[Difference, ...] = ()
    repeated: Path | None = None
    new: bool = True


class _Trained(NamedTuple):
    """Both tables, the failure if training diverged, the objective if counted, and timings."""

    params: Any
    failure: Diverged | None
    objective: Objective | None
    seconds: dict[str, float]


def execute(
    place: Place,
    given: Mapping[str, Any],
    watch: Watch = Watch(),  # noqa: B008
    stops: Stops | None = None,
    team: Team = ALONE,
) -> Outcome:
    """Train with the flat options `given` (see `record.cut`) and write the run to `place`.

    With `place.resume` or `place.from_manifest`, the options are those of the run or the manifest,
    and options in `given` must agree with them (see `repeating`).

    All processes of a `team` call this with the same arguments, and see the same folder, which
    process 0 writes; the vectors do not depend on their number.

    Raises `InputError` for options and text that cannot be used, leaving nothing behind, `Stopped`
    after Ctrl-C, SIGTERM or SIGHUP, and `Diverged` if training diverges; the run then contains the
    last good vectors.
    """
    stops = stops or Stops()
    with stops.listening():
        manifest, resumed = None, None
        if place.from_manifest is not None:
            manifest = repeating.recorded(place.from_manifest)
            record = repeating.repeated(place.from_manifest, manifest, given)
            if place.resume and (place.out / CONFIG).exists():
                resumed = repeating.resumed(place, {})
        elif place.resume:
            resumed = repeating.resumed(place, given)
            if resumed is None:
                watch.on_note(f"{place.out} contains no run yet: a new one is started")
            record = records.cut(given) if resumed is None else resumed[0]
        else:
            record = records.cut(given)
        if resumed is not None:
            place = resumed[1]
        started = {"resume": resumed is not None, "gap": place.gap, "manifest": manifest}
        agreed.check_same(record, started, team)
        with lock.locked(place.out) if team.leads else nullcontext(Onlooker(place.out)) as run:
            if resumed is None and team.leads:
                lock.check_free(place.out)
            elif resumed is not None and (place.out / MANIFEST).exists():
                if team.leads:  # the run may have been killed while it was compared
                    lock.clean(run.folder)
                return _finished(run, watch)
            with cleaned(run, resumed is not None, team), team.warned():
                return _Execution(record, place, run, watch, stops, team).run(
                    resumed is not None, manifest
                )


def _finished(run: Run, watch: Watch) -> Outcome:
    """Return the outcome of a run that was finished before. Raises `Diverged` if it diverged."""
    manifest = run.read_json(MANIFEST)
    if manifest.get("status") == "diverged":
        raise Diverged(
            f"the run in {run.folder} diverged: train again with a lower learning rate", None
        )
    watch.on_note(f"{run.folder} is finished already: nothing to do")
    return Outcome(run.folder, run.embeddings(), manifest.get("vectors_sha256", ""), new=False)


class _Execution(NamedTuple):
    """One run, with everything that its stages need."""

    record: Record
    place: Place
    folder: Run
    watch: Watch
    stops: Stops
    team: Team

    def run(self, resumed: bool, then: Mapping[str, Any] | None) -> Outcome:
        """Read, train, write and compare; `then` is the manifest that the run repeats, if any."""
        record, place, run, watch, stops, team = self
        if not resumed:
            self._write_config()
        elif place.from_manifest is not None and then is None:
            then = repeating.recorded_before(place.from_manifest, watch)
        now, begin = circumstances(), time.perf_counter()
        files, corpus = self._read()
        if then and then["corpus"].get("sha256") != corpus.sha256:
            watch.on_note(f"the text is not that of {place.from_manifest}")
        seconds = {"read": time.perf_counter() - begin}
        peaks = {"read": memory.peak()}
        record = record._replace(method=self._settled(corpus))
        self = self._replace(record=record)
        identity = repeating.identity(record, corpus, now)
        start, earlier = self._start(corpus, identity, resumed)
        number = {"checkpoint": None if start is None else start.number}
        team.check_same(number, "see that all processes can read the folder of the run")
        identity = {**identity, EARLIER: json.dumps(earlier)}
        keeper = Keeper(run.folder, identity, place.seconds, stops, team.leads)
        with stops.deferred():  # except where `_train` lets signals pass
            trained = self._train(corpus, keeper, start)
            begin = time.perf_counter()
            center, context = (np.asarray(table, np.float32) for table in trained.params)
            sha256 = team.tell(run.write_vectors(center, context))[0]
        seconds |= trained.seconds | {"write": time.perf_counter() - begin}
        peaks["train"] = memory.peak()
        manifest = {
            "status": "diverged" if trained.failure else "complete",
            "corpus": _describe(record, files, corpus),
            "seed": record.seed,
            "vectors_sha256": sha256,
            "gap": None,
            "seconds": _rounded(seconds),
            "peak_bytes": peaks,
            **now,
            EARLIER: earlier,
            "options": records.as_json(record, place),
        }
        with stops.deferred():
            run.write_json(MANIFEST, manifest)
        begin = time.perf_counter()
        gap = self._compared(corpus, (center, context), trained) if place.gap else None
        if gap is not None:
            seconds["gap"] = time.perf_counter() - begin
            peaks["gap"] = memory.peak()
            content = gaps.as_json(gap, corpus.vocab.words)
            manifest |= {"gap": _without_parts(content), "seconds": _rounded(seconds)}
            with stops.deferred():
                run.write_json(GAP, content | {"density": gaps.density_json(gap)}, None)
                run.write_json(MANIFEST, manifest)
        outcome = Outcome(run.folder, Embeddings(corpus.vocab, center, context), sha256)
        if then is not None:
            unequal = tuple(repeating.unequal(then, manifest))
            outcome = outcome._replace(differences=unequal, repeated=place.from_manifest)
        if trained.failure:
            raise self._failed(trained.failure, outcome)
        stops.raise_pending()
        return outcome

    def _write_config(self) -> None:
        self.folder.write_json(CONFIG, records.as_json(self.record, self.place))

    def _read(self) -> tuple[list[str], Corpus]:
        """Read the text; its ids go to the run folder, since the temporary one may be small."""
        watch = self.watch
        files = files_of(self.record.source, watch.on_stage, watch.on_bytes, self.team)
        scratch = agreed.scratch(self.folder.folder, self.team)
        watch.on_stage("reading")
        corpus = encode_files(files, self.record.reading, scratch, watch.on_tokens, self.team)
        watch.on_tokens(corpus.tokens)
        watch.on_corpus(corpus)
        return files, corpus

    def _settled(self, corpus: Corpus) -> Method:
        """Return the method as the text asks for it, and tell what was chosen."""
        given = self.record.method
        method = settled(given, len(corpus.vocab), corpus.kept)
        chosen = []
        if not isinstance(method, Svd) and getattr(given, "epochs", None) is None:
            what = "epochs" if isinstance(method, Sgns) else "passes over the counts"
            chosen.append(f"{method.epochs} {what}")
        if isinstance(method, Sgns) and method.streams not in (1, getattr(given, "streams", 1)):
            chosen.append(f"{method.streams} streams")
        columns = getattr(given, "columns", None)
        if isinstance(method, Counted) and method.columns not in (columns, len(corpus.vocab)):
            chosen.append(f"{method.columns:,} drawn columns")
        if chosen:
            self.watch.on_note(f"{' and '.join(chosen)}, chosen by the size of the text")
        return method

    def _start(
        self, corpus: Corpus, identity: Mapping[str, str], resumed: bool
    ) -> tuple[Any, list[dict[str, str]]]:
        """Write the first files; return the state to begin with and its earlier circumstances.

        The state is that of the newest undamaged checkpoint, or None. The earlier circumstances
        are those that were different while this state was trained.

        Raises `InputError` for a checkpoint that belongs to another text, option or version.
        """
        run, watch = self.folder, self.watch
        state, earlier = None, []
        for path in checkpoints.files(run.folder) if resumed else []:
            content = checkpoints.read(path)
            others = (
                [] if content is None else repeating.other_circumstances(path, content[1], identity)
            )
            state = None if content is None else self._state(content[0], corpus)
            if content is None or state is None:
                watch.on_note(f"{path} is damaged: the previous checkpoint is used")
                continue
            earlier = json.loads(content[1].get(EARLIER, "[]")) + others
            for other in others:
                ((name, was),) = other.items()
                watch.on_note(
                    f"the {name} was {was}, and is {identity[name]} now: the bits may differ from "
                    "those of a run that was not interrupted"
                )
            break
        if resumed and state is None:
            watch.on_note("there is no checkpoint to resume from: training starts over")
        if state is None:
            self._write_config()
        run.write_vocab(corpus.vocab)
        run.cut_metrics(0.0 if state is None else state.done)
        if state is not None:
            watch.on_note(f"resumed after {state.done:.0%}")
        return state, earlier

    def _state(self, snapshot: Snapshot, corpus: Corpus) -> Any:
        """Return the state in a checkpoint; None if no training on this text can have it."""
        method: Any = self.record.method
        try:
            state = STATES[type(method)].of(*snapshot)
            words = corpus.kept * method.epochs
            return state if state.fits(len(corpus.vocab), method, words) else None
        except (LookupError, TypeError, ValueError, AttributeError):
            return None

    def _train(self, corpus: Corpus, keeper: Keeper, start: Any) -> _Trained:
        """Count, if the method needs counts, and train; each report becomes a line of metrics."""
        record, _, run, watch, stops, _ = self
        method, key = record.method, jax.random.key(record.seed)
        check_dim(method, len(corpus.vocab))
        check_memory(method, len(corpus.vocab))
        objective, rows, seconds, failure = None, None, {}, None
        begin = time.perf_counter()
        if not isinstance(method, Sgns):
            watch.on_stage("counting pairs")
            with stops.passing():
                read = corpus.vocab, corpus.text
                objective, rows = counting.shared(key, *read, method, share=corpus.share)
            if alone := counting.without_pairs(rows.sums(objective.counts), corpus.vocab):
                watch.on_note(f"{alone}: their vectors are zero")
            seconds["count"] = time.perf_counter() - begin
        watch.on_stage("training")
        per_id = corpus.tokens / corpus.kept  # tokens of the text per kept token
        begin = time.perf_counter()

        def on_report(report: Any) -> None:
            if hasattr(report, "words_per_second"):
                report = report._replace(words_per_second=report.words_per_second * per_id)
            watch.on_report(report)
            run.append_metrics(report._asdict())

        try:
            # Signals during a stream wait for its next state, which comes soon.
            with nullcontext() if isinstance(method, Sgns) else stops.passing():
                params = fit(
                    key, corpus, method, start=start, objective=objective, rows=rows,
                    on_report=on_report,
                    on_state=lambda state: keeper(lambda: Snapshot(*state().parts())),
                )  # fmt: skip
        except (Stopped, Parted):
            keeper.save()
            raise
        except Diverged as error:
            params, failure = error.params, error
        seconds["train"] = time.perf_counter() - begin
        return _Trained(params, failure, objective, seconds)

    def _compared(self, corpus: Corpus, tables: Any, trained: _Trained) -> Gap | None:
        """Measure the gap to the optimum; return None after a signal, and if that is not possible.

        The run is finished before, and whatever happens here does not cost it.
        """
        gap = None
        memory.give_back()
        try:
            self.stops.raise_pending()
            self.watch.on_stage("comparing with the optimum")
            centers = min(run_gap.CENTERS, max(run_gap.CELLS // len(corpus.vocab), 1))
            sample = centers, run_gap.TOKENS
            gap = run_gap.measure(
                self.record, corpus, tables, *sample, trained.objective, self.watch.on_compared
            )
        except run_gap.NoPairs as error:  # in all processes
            self.watch.on_note(f"not compared with the optimum: {error}")
        except (InputError, MemoryError, jax.errors.JaxRuntimeError) as error:
            if self.team.processes > 1:  # the others wait for this one
                raise
            self.watch.on_note(f"not compared with the optimum: {str(error).splitlines()[0]}")
        except Stopped:
            return None  # the vectors are written, so the run can be finished
        self.watch.on_gap(gap)
        if gap is not None:
            self._warn_untrained(gap)
        return gap

    def _warn_untrained(self, gap: Gap) -> None:
        method, reached = self.record.method, gap.weighted_correlation
        if isinstance(method, Sgns) and not reached >= UNTRAINED:
            self.watch.on_note(
                f"the scores hardly follow the counts yet (correlation {reached:.2f}; useful from "
                f"about {UNTRAINED:.2f}): train for more than {method.epochs} epochs, or on more "
                "text"
            )

    def _failed(self, failure: Diverged, outcome: Outcome) -> Diverged:
        error = Diverged(
            f"{failure.message}; the last good vectors are in {outcome.folder}",
            failure.params,
            failure.parameter,
            failure.value,
        )
        error.vectors, error.outcome = outcome.vectors, outcome
        return error


def _rounded(seconds: Mapping[str, float]) -> dict[str, float]:
    return {stage: round(spent, 3) for stage, spent in seconds.items()}


def _without_parts(numbers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in numbers.items() if name not in ("bands", "farthest")}


def _describe(record: Record, files: list[str], corpus: Corpus) -> dict[str, Any]:
    source = record.source
    named = [source.corpus] if source.corpus else files if source.paths else [BUILTIN]
    return {
        "sources": named,
        "sha256": corpus.sha256,
        "tokens": corpus.tokens,
        "kept_tokens": corpus.kept,
        "sentences": corpus.sentences,
        "vocabulary": len(corpus.vocab),
        "vocabulary_sha256": corpus.vocab.sha256(),
    }

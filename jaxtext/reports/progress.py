"""Progress bars, on standard error and below the cells of notebooks."""

import io
import math
import sys
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from jaxtext.runs.watch import Watch, ignore
from jaxtext.text import Corpus

SECONDS, WIDTH = 0.1, 88  # between two drawings below a cell, at least; characters of its line


class Bars:
    """Draw a bar for each stage of reading and training, while this context is open.

    In a notebook the bars stand below the cell, elsewhere on standard error. With `only_terminals`,
    nothing is drawn where standard error is a file or a pipe.
    """

    def __init__(self, only_terminals: bool = False):
        self._console = Console(stderr=True, markup=False, highlight=False, emoji=False)
        self._kind: type[Progress] = Progress
        if self._console.is_jupyter:
            self._kind = _CellProgress
        elif self._console.is_dumb_terminal:
            self._kind = _LastProgress
        drawn = self._console.is_terminal or self._console.is_jupyter or not only_terminals
        self._drawn = drawn and sys.stderr is not None
        self._progress: Progress | None = None
        self._stage = ""

    def __enter__(self) -> "Bars":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def watch(
        self,
        on_corpus: Callable[[Corpus], None] = ignore,
        on_report: Callable[[Any], None] = ignore,
        on_gap: Callable[[Any], None] = ignore,
        on_note: Callable[[str], None] = ignore,
    ) -> Watch:
        """Return the callbacks that draw the bars; those given are called besides, between bars."""

        def between(function: Callable[[Any], None]) -> Callable[[Any], None]:
            def then(value: Any) -> None:
                self.close()
                function(value)

            return then

        def report(value: Any) -> None:
            self.report(value)
            on_report(value)

        return Watch(
            on_stage=self.stage,
            on_bytes=self.bytes,
            on_tokens=lambda tokens: self.show(None, f"{tokens / 1e6:.1f} M words"),
            on_corpus=between(on_corpus),
            on_report=report,
            on_compared=lambda done: self.show(done, ""),
            on_gap=between(on_gap),
            on_note=between(on_note),
        )

    def stage(self, name: str) -> None:
        """Begin a bar with a name."""
        self.close()
        self._stage = name
        self.show(None, "")

    def bytes(self, what: str, done: int, of: int) -> None:
        """Show how much of a download is done."""
        if self._stage != what:
            self.stage(what)
        self.show(done / of if of else None, f"{done / 1e6:.0f} of {of / 1e6:.0f} MB")

    def report(self, report: Any) -> None:
        """Show a report of training: what is done, speed and loss."""
        texts = []
        speed, loss = getattr(report, "words_per_second", 0), getattr(report, "loss", math.nan)
        if speed:
            texts.append(f"{speed / 1e6:.2f} M words/s")
        if math.isfinite(loss):
            texts.append(f"loss {loss:.3f}")
        if perplexity := getattr(report, "perplexity", 0):
            texts.append(f"perplexity {perplexity:,.0f}")
        self.show(report.done, "  ".join(texts))

    def show(self, done: float | None, text: str) -> None:
        """Move the bar: a share in [0, 1], or None where it is not known."""
        if not self._drawn:
            return
        if self._progress is None:
            self._progress = self._kind(
                TextColumn("{task.description}"),
                BarColumn(bar_width=20),
                TextColumn("{task.fields[text]}"),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(compact=True),
                console=self._console,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._progress.start()
            self._progress.add_task(self._stage, total=None, text="")
        (task,) = self._progress.task_ids
        total = None if done is None else 1.0
        self._progress.update(task, completed=done or 0.0, total=total, text=text)

    def close(self) -> None:
        """End the bar; what it showed last stays."""
        if self._progress is None:
            return
        (task,) = self._progress.tasks
        if task.total is None:
            self._progress.update(task.id, total=1.0, completed=1.0)
        self._progress.stop()
        self._progress = None


class _LastProgress(Progress):
    """A bar for terminals that cannot move the cursor: it is printed once, when it ends."""

    def start(self) -> None:
        """Start nothing."""

    def refresh(self) -> None:
        """Draw nothing yet."""

    def stop(self) -> None:
        """Print the bar as it ends."""
        self.console.print(self.get_renderable())


class _CellProgress(Progress):
    """A bar below a cell of a notebook: text that is replaced in place.

    Unlike rich's own, it does not need ipywidgets, and is still there in the saved notebook.
    """

    _handle: Any = None
    _drawn = -math.inf

    def start(self) -> None:
        """Start nothing: the bar is drawn whenever it moves."""

    def update(self, *arguments: Any, **options: Any) -> None:
        """Move the bar."""
        super().update(*arguments, **options)
        self.refresh()

    def refresh(self) -> None:
        """Draw the bar, unless it has just been drawn."""
        if time.monotonic() - self._drawn > SECONDS:
            self._draw()

    def stop(self) -> None:
        """Draw the bar as it ends."""
        self._draw()

    def _draw(self) -> None:
        from IPython.display import display  # pyright: ignore[reportMissingImports]

        page = Console(file=io.StringIO(), width=WIDTH, color_system=None, force_jupyter=False)
        with page.capture() as drawn:
            page.print(self)
        text = {"text/plain": drawn.get().strip()}
        if self._handle is None:
            self._handle = display(text, raw=True, display_id=True)
        else:
            self._handle.update(text, raw=True)
        self._drawn = time.monotonic()

"""Bars: what they show, where, and that nothing else is printed."""

import sys
import threading
from types import SimpleNamespace

import pytest

from jaxtext.reports import progress
from jaxtext.reports.progress import Bars


def report(done: float, loss: float = 2.5, speed: float = 1.5e6) -> SimpleNamespace:
    return SimpleNamespace(done=done, loss=loss, words_per_second=speed)


def test_bars_show_stage_share_speed_and_loss_on_standard_error_alone(capsys):
    with Bars() as bars:
        watch = bars.watch()
        watch.on_stage("reading")
        watch.on_tokens(3_200_000)
        watch.on_stage("training")
        watch.on_report(report(0.5))
    out, err = capsys.readouterr()
    assert out == ""
    reading, training = err.splitlines()
    assert "reading" in reading and "3.2 M words" in reading
    assert "training" in training and "1.50 M words/s  loss 2.500" in training
    assert reading.count("\u2501") == 2 * training.count("\u2501") == 20  # half of it is done


def test_bars_leave_out_a_loss_that_is_not_finite_and_an_unknown_speed(capsys):
    with Bars() as bars:
        bars.report(report(1.0, loss=float("nan"), speed=0))
    err = capsys.readouterr().err
    assert "nan" not in err and "words/s" not in err


def test_bars_call_what_they_are_given_besides(capsys):
    reports, notes = [], []
    with Bars() as bars:
        watch = bars.watch(on_report=reports.append, on_note=notes.append)
        watch.on_stage("training")
        watch.on_report(report(0.5))
        watch.on_note("a note")
        assert capsys.readouterr().err.endswith("\n"), "the bar is closed before the note"
    assert (reports, notes) == ([report(0.5)], ["a note"])


def test_bars_close_after_an_error(capsys):
    threads = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt), Bars() as bars:
        bars.stage("training")
        bars.report(report(0.25))
        raise KeyboardInterrupt
    for drawing in set(threading.enumerate()) - threads:
        drawing.join(timeout=10)
        assert not drawing.is_alive()
    assert capsys.readouterr().err.endswith("\n")
    bars.close()
    assert capsys.readouterr().err == ""


def test_only_terminals_draws_nothing_to_a_pipe(capsys):
    with Bars(only_terminals=True) as bars:
        bars.stage("training")
        bars.report(report(0.5))
    assert capsys.readouterr() == ("", "")


def test_bars_without_a_standard_error_draw_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    with Bars() as bars:
        bars.stage("training")
        bars.report(report(0.5))


@pytest.fixture
def cell(monkeypatch) -> list[list[str]]:
    """What stands below a notebook's cell without ipywidgets: the texts of each output in turn."""
    shown = pytest.importorskip("IPython.display")
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    outputs = []

    def display(data, raw, display_id):
        assert raw and display_id
        texts = [data["text/plain"]]
        outputs.append(texts)
        return SimpleNamespace(update=lambda data, raw: texts.append(data["text/plain"]))

    monkeypatch.setattr(shown, "display", display)
    return outputs


def test_notebooks_show_one_line_per_stage_without_ipywidgets(cell, capsys, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS", -1)
    with Bars(only_terminals=True) as bars:
        watch = bars.watch()
        watch.on_stage("reading")
        watch.on_tokens(3_200_000)
        watch.on_stage("training")
        watch.on_report(report(0.5))
        assert "loss 2.500" in cell[1][-1], "drawn at once, not only at the end"
        watch.on_report(report(1.0, loss=2.25))
    assert capsys.readouterr() == ("", "")
    reading, training = (texts[-1] for texts in cell)
    assert reading.startswith("reading") and "3.2 M words" in reading
    assert training.startswith("training") and "loss 2.250" in training
    assert training.count("\u2501") == 20
    assert not any("\n" in text or "\x1b" in text for texts in cell for text in texts)


def test_notebooks_are_not_flooded(cell, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS", 1e9)
    with Bars() as bars:
        for done in range(1000):
            bars.bytes("downloading", done * 10**6, 10**9)
    (texts,) = cell
    assert len(texts) == 2
    assert "999 of 1000 MB" in texts[-1]

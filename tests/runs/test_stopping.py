import os
import signal
import threading
from pathlib import Path

import pytest

from jaxtext.runs import stopping


def test_a_signal_that_the_process_ignores_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping.Stops().listening():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    with pytest.raises(stopping.Stopped) as caught, stopping.Stops().listening():
        os.kill(os.getpid(), signal.SIGHUP)
    assert caught.value.status == 129


def send(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", stopping.SIGNALS)
def test_a_signal_is_raised_where_it_arrives_and_handlers_are_restored(number):
    before, stops = signal.getsignal(number), stopping.Stops()
    with pytest.raises(stopping.Stopped) as caught, stops.listening():
        send(number)
        pytest.fail("it was not raised")
    assert (caught.value.number, caught.value.status) == (number, 128 + number)
    assert str(caught.value) == f"stopped by {signal.Signals(number).name}"
    assert signal.getsignal(number) == before


def test_a_deferred_signal_waits_until_it_is_asked_for():
    stops, reached = stopping.Stops(), []
    message = "^stopped by SIGTERM: nothing was written$"
    with pytest.raises(stopping.Stopped, match=message), stops.listening():
        with stops.deferred(), stops.deferred():
            send(signal.SIGTERM)
            reached.append(stops.number)
        reached.append("after the block")
        stops.raise_pending("nothing was written")
    assert reached == [signal.SIGTERM, "after the block"]


def test_signals_pass_inside_of_deferred_and_wait_again_after_it():
    stops = stopping.Stops()
    with stops.listening(), stops.deferred():
        with pytest.raises(stopping.Stopped), stops.passing():
            send(signal.SIGINT)
            pytest.fail("it was not raised")
        send(signal.SIGINT)  # waits
        with pytest.raises(stopping.Stopped), stops.passing():
            pytest.fail("one that had arrived was not raised")
    assert stops.number == signal.SIGINT


def test_other_threads_do_not_listen():
    before = [signal.getsignal(number) for number in stopping.SIGNALS]
    found = []

    def listen():
        with stopping.Stops().listening():
            found.extend(signal.getsignal(number) for number in stopping.SIGNALS)

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert found == before


def test_a_stop_is_not_caught_as_an_exception():
    assert not issubclass(stopping.Stopped, Exception)
    assert stopping.Stopped(2, "", Path("run")).resumable == Path("run")

from __future__ import annotations

import os
import signal
import threading

import pytest

from afina.train.stop import Stop


def test_the_first_signal_waits_and_the_second_does_not() -> None:
    with Stop() as stop, stop.deferred():
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.requested
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)


def test_where_nothing_can_be_saved_the_first_signal_stops() -> None:
    with Stop() as stop:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        assert not stop.requested


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Stop():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_a_handler_that_somebody_set_inside_stays() -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        with Stop():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_outside_the_main_thread_a_stop_can_still_be_requested() -> None:
    seen = []

    def work() -> None:
        with Stop() as stop:
            stop.request()
            seen.append(stop.requested)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [True]

"""Interrupts that wait."""

import signal
import threading

import pytest

from homelab_tasks.clients.interrupts import uninterrupted


def test_block_is_run_to_its_end_when_an_interrupt_comes_in_its_midst() -> None:
    done = list[str]()

    def work() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all of it"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ignored_signal_stays_ignored_for_what_is_started() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with uninterrupted():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_block_is_simply_run_when_it_is_not_in_the_main_thread() -> None:
    done = threading.Event()

    def work() -> None:
        with uninterrupted():
            done.set()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert done.is_set()

"""Ctrl-C, SIGTERM and a terminal that goes away end a task with a verdict of their own, until it has one."""

import contextlib
import signal
from collections.abc import Collection, Iterator
from types import FrameType

from homelab_tasks.clients.interrupts import INTERRUPTS


class Stopped(KeyboardInterrupt):
    """A stopping signal came; its text is what people call it."""


class Stopping:
    """What a stopping signal does: it interrupts, once; once there is a verdict it comes too late to change it."""

    def __init__(self, heard: Collection[signal.Signals]) -> None:
        """Begin in mid-task, with the signals that are *heard*."""
        self._heard = heard
        self._is_decided = False

    def decided(self) -> None:
        """Let the verdict be told, and no signal come between it and the exit code that belongs to it."""
        self._is_decided = True

    def handle(self, number: int, _: FrameType | None) -> None:
        """Interrupt the task; whoever sends a second signal, of any kind, wants it killed at once."""
        for known in self._heard:
            signal.signal(known, signal.SIG_DFL)
        if not self._is_decided:
            raise Stopped("Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name)


@contextlib.contextmanager
def stopping() -> Iterator[Stopping]:
    """Treat every stopping signal as Ctrl-C for as long as this lasts; under nohup a hang-up stays unheard."""
    is_under_nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    heard = [number for number in INTERRUPTS if not (number is signal.SIGHUP and is_under_nohup)]
    stop = Stopping(heard)
    try:
        before = {number: signal.signal(number, stop.handle) for number in heard}
    except ValueError:  # not in the main thread: whoever runs us there minds the signals
        yield stop
        return
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

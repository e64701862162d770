"""Ctrl-C and SIGTERM end a task with a verdict of their own, until it has one."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM)


class Terminated(KeyboardInterrupt):
    """SIGTERM: the same as Ctrl-C, from a program."""


class Stopping:
    """What a stopping signal does: it interrupts, once; once there is a verdict it comes too late to change it."""

    def __init__(self) -> None:
        """Begin in mid-task."""
        self._is_decided = False

    def decided(self) -> None:
        """Let the verdict be told, and no signal come between it and the exit code that belongs to it."""
        self._is_decided = True

    def handle(self, number: int, _: FrameType | None) -> None:
        """Interrupt the task; whoever sends a second signal, of either kind, wants it killed at once."""
        for known in STOPPING:
            signal.signal(known, signal.SIG_DFL)
        if not self._is_decided:
            raise Terminated if number == signal.SIGTERM else KeyboardInterrupt


@contextlib.contextmanager
def stopping() -> Iterator[Stopping]:
    """Treat SIGTERM as Ctrl-C for as long as this lasts."""
    stop = Stopping()
    try:
        before = {number: signal.signal(number, stop.handle) for number in STOPPING}
    except ValueError:  # not in the main thread: whoever runs us there minds the signals
        yield stop
        return
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

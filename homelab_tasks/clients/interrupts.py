"""Ctrl-C, SIGTERM and SIGHUP, kept waiting where they would leave something behind that belongs to nobody."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """
    Deliver an interrupt only when the block has ended: while a process is started, it runs before we know it.

    What is ignored or not handled stays so, for what is started inherits it.
    """
    came = list[int]()

    def wait(number: int, _: FrameType | None) -> None:
        came.append(number)

    handled = [number for number in INTERRUPTS if callable(signal.getsignal(number))]
    try:
        before = {number: signal.signal(number, wait) for number in handled}
    except ValueError:  # not in the main thread, where nothing is interrupted
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for late in came:
            signal.raise_signal(late)

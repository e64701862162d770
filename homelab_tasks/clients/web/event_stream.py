"""A stream of events that is read in the background, and opened again whenever it is lost."""

import queue
import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

from homelab_tasks.clients.web.answer import Answer
from homelab_tasks.clients.web.sse import EventParser, ServerSentEvent
from homelab_tasks.errors import HomelabError, TransientError

T = TypeVar("T")

SILENCE_SECONDS = 45.0
"""No byte for this long means lost: Woodpecker pings every 30 s (server/api/stream.go)."""
BACK_OFF_FIRST_SECONDS = 0.25
BACK_OFF_MOST_SECONDS = 5.0
BACK_OFF_REFUSED_SECONDS = 60.0  # a server that has no stream, or does not let us in
STEADY_SECONDS = 10.0  # a connection that lived this long was no failure


class EndOfStream(Exception):  # noqa: N818 - an end, no error
    """Raised by a translation: the server says that nothing more will come."""


class EventStream(Generic[T]):
    """
    What a server tells as it happens, translated, from a thread of its own.

    The thread never keeps the process from ending, and *close* does not wait for it.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[Answer]],
        translate: Callable[[ServerSentEvent], T | None],
        *,
        opened: T | None = None,
        lost: Callable[[str], T] | None = None,
    ) -> None:
        """
        Read what *connect* opens; *translate* makes an item of an event, None for nothing, or ends the stream.

        Among the items, *opened* stands where a connection brought its first bytes, and *lost* of the reason where it
        broke: once, however many tries it takes to open it again.
        """
        self._connect = connect
        self._translate = translate
        self._opened = opened
        self._lost = lost
        self._queue: queue.SimpleQueue[T] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._is_lost = False
        self._failures = 0
        threading.Thread(target=self._run, name="event stream", daemon=True).start()

    @property
    def is_over(self) -> bool:
        """Has the stream been closed, or come to its end? Items may still be waiting."""
        return self._closed.is_set()

    def wait(self, seconds: float) -> tuple[T, ...]:
        """Wait until there is something, and take all there is; empty after *seconds* without anything."""
        items = []
        try:
            items.append(self._queue.get(timeout=max(seconds, 0.0)))
            while True:
                items.append(self._queue.get_nowait())
        except queue.Empty:
            return tuple(items)

    def close(self) -> None:
        """Stop listening; the thread ends with the next byte, or with the process."""
        self._closed.set()

    def _run(self) -> None:
        while not self._closed.is_set():
            started = time.monotonic()
            reason, most = self._read_until_lost()
            if time.monotonic() - started >= STEADY_SECONDS:
                self._failures = 0
            if not self._closed.is_set():
                self._tell_lost(reason)
                self._closed.wait(self._pause(most))

    def _read_until_lost(self) -> tuple[str, float]:
        """Read one connection to its end; returns why it ended, and how long to pause at most."""
        try:
            with self._connect() as answer:
                self._read(answer)
        except EndOfStream:
            self._closed.set()
        except TransientError as error:
            return error.problem, max(BACK_OFF_MOST_SECONDS, error.retry_after or 0.0)
        except HomelabError as error:
            return error.problem, BACK_OFF_REFUSED_SECONDS
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to; what it does is only a hint
            return f"the event stream failed ({type(error).__name__})", BACK_OFF_REFUSED_SECONDS
        return "the server closed the event stream", BACK_OFF_MOST_SECONDS

    def _read(self, answer: Answer) -> None:
        parser, is_open = EventParser(), False
        for chunk in answer.chunks():
            if self._closed.is_set():
                return
            if not is_open:
                is_open, self._is_lost = True, False
                self._put(self._opened)
            for event in parser.feed(chunk):
                self._failures = 0
                self._put(self._translate(event))

    def _tell_lost(self, reason: str) -> None:
        if not self._is_lost and self._lost is not None:
            self._put(self._lost(reason))
        self._is_lost = True

    def _put(self, item: T | None) -> None:
        if item is not None:
            self._queue.put(item)

    def _pause(self, most: float) -> float:
        """Double the pause with each failure, with jitter, so that many watchers do not come back at once."""
        self._failures += 1
        return random.uniform(0.5, 1.0) * min(most, BACK_OFF_FIRST_SECONDS * 2.0**self._failures)

"""The event stream of a watch: when it may be relied on to wake us, and what is said of it."""

from collections.abc import Iterator
from typing import Protocol

from homelab_tasks.actions.waiting import Clock
from homelab_tasks.model.events import Event, Note, NoteKind
from homelab_tasks.model.pipelines.hints import Hint, HintKind

SUBSCRIBED_AFTER_SECONDS = 1.0
"""The server subscribes after its first ping (server/api/stream.go:71-108): look once more about 1 s later."""


class Changes(Protocol):
    """A stream of hints."""

    def wait(self, seconds: float) -> tuple[Hint, ...]:
        """Wait for hints, at most *seconds*; empty when there were none."""

    def close(self) -> None:
        """Stop listening."""


class Silence:
    """No stream at all: for a single look, which is over before a stream would tell anything."""

    def __init__(self, clock: Clock) -> None:
        """Sleep by *clock*."""
        self._clock = clock

    def wait(self, seconds: float) -> tuple[Hint, ...]:
        """Let *seconds* pass."""
        self._clock.sleep(seconds)
        return ()

    def close(self) -> None:
        """Nothing to close."""


class StreamTrust:
    """
    Whether the stream is alive and has proved itself.

    Pings prove nothing: a server that shuts down goes on pinging for half a minute. It is trusted once a hint of it
    led to a change that REST confirmed, until it is lost.
    """

    def __init__(self) -> None:
        """Trust nothing yet."""
        self.is_trusted = False
        self.look_again_at: float | None = None
        self._lost = False

    def heard(self, hints: tuple[Hint, ...], now: float) -> Iterator[Event]:
        """Take notice of *hints* at *now*; tells when the stream is lost and when it is back."""
        for hint in hints:
            if hint.kind is HintKind.LOST:
                yield from self._lose(hint.text)
            elif hint.kind is HintKind.OPENED:
                self.look_again_at = now + SUBSCRIBED_AFTER_SECONDS
                yield from self._restore()

    def confirmed(self) -> None:
        """A hint led to a change that REST shows."""
        self.is_trusted = True

    def _lose(self, reason: str) -> Iterator[Event]:
        self.is_trusted = False
        if not self._lost:
            self._lost = True
            yield Note(kind=NoteKind.STREAM_LOST, text=f"event stream lost ({reason}); polling until it is back")

    def _restore(self) -> Iterator[Event]:
        if self._lost:
            self._lost = False
            yield Note(kind=NoteKind.STREAM_RESTORED, text="event stream is back")

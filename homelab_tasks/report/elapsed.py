"""Durations that go on, or have ended."""

from msgspec import Struct

from homelab_tasks.model.pipelines.pipeline import Status


class Elapsed(Struct, frozen=True, kw_only=True):
    """
    A duration: *seconds* at the time *at*, growing from then on while it *runs*; None before it has begun.

    It is *expected* to become so many seconds, if anybody knows.
    """

    seconds: float | None = None
    at: float = 0.0
    runs: bool = False
    expected: float | None = None

    def value(self, now: float) -> float | None:
        """How long it is at *now*."""
        if self.seconds is None or not self.runs:
            return self.seconds
        return self.seconds + max(0.0, now - self.at)

    def left(self, now: float) -> float | None:
        """How much longer it is expected to become after *now*; negative when it runs over, or None."""
        return None if self.expected is None else self.expected - (self.value(now) or 0.0)

    def stopped(self, now: float) -> "Elapsed":
        """Return the duration as it was at *now*, for ever."""
        return Elapsed(seconds=self.value(now), at=now)


def fraction_of(elapsed: float, left: float) -> float:
    """How much is done, 0 to 1, after *elapsed* seconds and with *left* to go; all of it when it runs over."""
    return elapsed / (elapsed + left) if left > 0 else 1.0


def started(now: float) -> Elapsed:
    """Start a duration at *now*."""
    return Elapsed(seconds=0.0, at=now, runs=True)


def of_status(status: str, seconds: float | None, now: float, *, eta_seconds: float | None = None) -> Elapsed:
    """
    Tell the duration of something that Woodpecker calls *status*, and that took *seconds* until *now*.

    It is expected to go on for *eta_seconds*.
    """
    runs = Status(status) is Status.RUNNING
    expected = None if eta_seconds is None else (seconds or 0.0) + eta_seconds
    return Elapsed(seconds=0.0 if runs and seconds is None else seconds, at=now, runs=runs, expected=expected)

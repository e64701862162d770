"""Durations that go on, or have ended."""

from msgspec import Struct

from homelab_tasks.model.pipelines.pipeline import Status


class Elapsed(Struct, frozen=True, kw_only=True):
    """A duration: *seconds* at the time *at*, growing from then on while it *runs*; None before it has begun."""

    seconds: float | None = None
    at: float = 0.0
    runs: bool = False

    def value(self, now: float) -> float | None:
        """How long it is at *now*."""
        if self.seconds is None or not self.runs:
            return self.seconds
        return self.seconds + max(0.0, now - self.at)

    def stopped(self, now: float) -> "Elapsed":
        """Return the duration as it was at *now*, for ever."""
        return Elapsed(seconds=self.value(now), at=now)


def started(now: float) -> Elapsed:
    """Start a duration at *now*."""
    return Elapsed(seconds=0.0, at=now, runs=True)


def of_status(status: str, seconds: float | None, now: float) -> Elapsed:
    """Tell the duration of something that Woodpecker calls *status*, and that took *seconds* until *now*."""
    runs = Status(status) is Status.RUNNING
    return Elapsed(seconds=0.0 if runs and seconds is None else seconds, at=now, runs=runs)

"""The clock that a view reads."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """What a view wants to know about time."""

    def now(self) -> float:
        """Seconds on a monotonic clock, for durations that run on."""

    def wall(self) -> datetime:
        """The time of day in UTC, for the stamp of a line."""

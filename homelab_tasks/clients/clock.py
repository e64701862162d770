"""The machine's clock."""

import time
from datetime import UTC, datetime


class SystemClock:
    """The real passage of time."""

    def now(self) -> float:
        """Seconds on the monotonic clock, for deadlines and durations."""
        return time.monotonic()

    def wall(self) -> datetime:
        """The time of day, in UTC, for people to read; no verdict depends on it."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Let *seconds* pass."""
        time.sleep(seconds)

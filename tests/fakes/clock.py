"""A clock that moves only when somebody sleeps."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)


class FakeClock:
    """Starts at 0 and at 19:00; sleeping moves both."""

    def __init__(self, wall: datetime = EPOCH) -> None:
        self.seconds = 0.0
        self._wall = wall

    def now(self) -> float:
        return self.seconds

    def wall(self) -> datetime:
        return self._wall + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0, "time does not run backwards"
        self.seconds += seconds

"""How many requests a wait may send: a burst, then so many for each second."""

from typing import Protocol

ROUNDING = 1e-6  # of a request: a clock does not move by what that takes


class Now(Protocol):
    """What a budget needs of a clock."""

    def now(self) -> float: ...


class RequestBudget:
    """A bucket of requests that fills by the second, so that a burst of news is read once and not fifty times."""

    def __init__(self, clock: Now, *, burst: float, per_second: float) -> None:
        """Start with *burst* requests; *per_second* come back."""
        self._clock = clock
        self._most, self.per_second = burst, per_second
        self._left, self._counted_at = burst, clock.now()

    def spend(self, count: float) -> None:
        """Take *count* requests; what is not there is owed."""
        self._left = self._available() - count
        self._counted_at = self._clock.now()

    def seconds_until(self, count: float) -> float:
        """How long until *count* requests may be sent; 0 when that is now, up to what is lost by rounding."""
        missing = count - self._available()
        return missing / self.per_second if missing > ROUNDING else 0.0

    def _available(self) -> float:
        return min(self._most, self._left + (self._clock.now() - self._counted_at) * self.per_second)

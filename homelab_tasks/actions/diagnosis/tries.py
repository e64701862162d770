"""Several tries at one server: one that fails now and then is told apart from one that is away."""

from collections.abc import Callable
from typing import TypeVar

from homelab_tasks.actions.waiting import Clock
from homelab_tasks.errors import DeniedError, HomelabError, MissingError, TransientError

T = TypeVar("T")

TRIES_MOST = 6  # a balancer that refuses two in five is then taken for one that is away once in 240 times
PAUSE_SECONDS = 0.15


class Tries:
    """Counts the tries at a server, and what went wrong with some of them."""

    def __init__(self, clock: Clock) -> None:
        """Begin with none."""
        self._clock = clock
        self.count = 0
        self.slowest = 0.0
        self.failures: list[str] = []

    def ask(self, operation: Callable[[], T]) -> T:
        """Call *operation* until it answers, TRIES_MOST times; raises its last error then."""
        for attempt in range(1, TRIES_MOST + 1):
            try:
                return self._once(operation)
            except (TransientError, DeniedError, MissingError):
                if attempt == TRIES_MOST:
                    raise
                self._clock.sleep(PAUSE_SECONDS)
        raise AssertionError("the last try returns or raises")

    def sample(self, operation: Callable[[], T], *, times: int, seconds: float) -> T:
        """Ask *times* times, or for *seconds*; returns the last answer, raises the last error when there is none."""
        started, answers, last = self._clock.now(), list[T](), None
        for _ in range(times):
            try:
                answers.append(self._once(operation))
            except HomelabError as error:
                last = error
            if self._clock.now() - started >= seconds:
                break
        if answers:
            return answers[-1]
        raise last or AssertionError("nothing was asked")

    def _once(self, operation: Callable[[], T]) -> T:
        self.count += 1
        started = self._clock.now()
        try:
            return operation()
        except HomelabError as error:
            self.failures.append(error.problem)
            raise
        finally:
            self.slowest = max(self.slowest, self._clock.now() - started)

    @property
    def trouble(self) -> str | None:
        """Say how many of the tries failed, and how; None where none did."""
        if not self.failures:
            return None
        kinds = list(dict.fromkeys(self.failures))
        return f"{len(self.failures)} of {self.count} tries failed: {'; '.join(kinds[:3])}"

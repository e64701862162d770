"""The one way to wait for a server: ask again, within a deadline, and tell of an outage once."""

from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from typing import Protocol, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from homelab_tasks.durations import format_duration
from homelab_tasks.errors import REFUSALS, HomelabError, TransientError, UnavailableError
from homelab_tasks.model.events import Event, Note, NoteKind

T = TypeVar("T")

BACK_OFF_FIRST_SECONDS = 0.2
BACK_OFF_MOST_SECONDS = 2.0  # a decided verdict is due within seconds of the server's return
RETRY_AFTER_MOST_SECONDS = 60.0  # a proxy that asks for an hour is asked again sooner
BELIEF_SECONDS = 5.0
"""How long a refusal must last before it is believed, when the same question has never been answered before."""
FLAPPING_SECONDS = 30.0
"""An outage this soon after the last one belongs to it, until it lasts for BELIEF_SECONDS itself."""
STILL_AWAY_SECONDS = 60.0  # a long outage gives a sign of life as often as a watch does


RETRIED = (TransientError, *REFUSALS)


class Clock(Protocol):
    """The passage of time."""

    def now(self) -> float:
        """Seconds on a monotonic clock."""

    def sleep(self, seconds: float) -> None:
        """Let *seconds* pass."""

    def wall(self) -> datetime:
        """The time of day, for people to read; nothing is decided by it."""


class Outage:
    """One server's outages, each told once when it starts and once when it ends, however many tries it took."""

    def __init__(self, clock: Clock, server: str) -> None:
        """Watch over *server*; *clock* says how long an outage took."""
        self._clock = clock
        self._server = server
        self._since: float | None = None
        self._tries = 0
        self._told = False
        self._told_at = 0.0
        self._ended_at: float | None = None
        self._ended_total = 0.0

    @property
    def seconds(self) -> float:
        """How long the outage has lasted; 0 when there is none."""
        return 0.0 if self._since is None else self._clock.now() - self._since

    @property
    def total_seconds(self) -> float:
        """How long the server was away in all."""
        return self._ended_total + self.seconds

    def failed(self, problem: str) -> Iterator[Event]:
        """Count a try that brought no answer; tells of *problem* when the outage starts."""
        if self._since is None:
            self._since, self._tries = self._clock.now(), 0
        self._tries += 1
        if self._told and self._clock.now() - self._told_at >= STILL_AWAY_SECONDS:
            self._told_at = self._clock.now()
            text = f"{self._server} has been away for {format_duration(self.seconds)}, {self._tries} tries"
            yield Note(kind=NoteKind.HEARTBEAT, text=text)
        fresh = self._ended_at is None or self._since - self._ended_at >= FLAPPING_SECONDS
        if not self._told and (fresh or self.seconds >= BELIEF_SECONDS):
            self._told, self._told_at = True, self._clock.now()
            yield Note(kind=NoteKind.RETRYING, text=f"{problem}; retrying")

    def dismiss(self) -> None:
        """Forget the outage: what looked like one is believed to be the answer."""
        self._since, self._told = None, False

    def answered(self) -> Iterator[Event]:
        """Count an answer; tells that the outage ended, if it was told that it started."""
        if self._since is None:
            return
        if self._told:
            took, tries = format_duration(self.seconds), self._tries + 1
            text = f"{self._server} is answering again after {took}, {tries} tries"
            yield Note(kind=NoteKind.RECOVERED, text=text)
        self._ended_total += self.seconds
        self._since, self._told, self._ended_at = None, False, self._clock.now()


class Patience:
    """
    Asks a server until it answers.

    A TransientError is ridden out until *deadline* (a time of the clock) or, for one-shot tasks without one, for
    *retry_for* seconds of the outage. A refusal (REFUSALS) is believed once nothing else was answered for
    BELIEF_SECONDS, or for *retry_for* where that is shorter or the same question was answered before.
    """

    def __init__(self, clock: Clock, *, server: str, retry_for: float, deadline: float | None = None) -> None:
        """Ask *server*, which is named in notes and errors."""
        self.clock = clock
        self.server = server
        self.retry_for = retry_for
        self.deadline = deadline
        self.outage = Outage(clock, server)
        self._worked: set[str] = set()
        self._refused_since: dict[str, float] = {}
        self._only_refused_since: float | None = None  # whatever the question

    def ask(self, question: str, operation: Callable[[], T]) -> Generator[Event, None, T]:
        """
        Call *operation* until it returns; *question* says which calls ask the same.

        Yields the notes of an outage. Raises a refusal that is believed, UnavailableError when time is up, and
        any other error at once.
        """
        for attempt in self._attempts(question):
            with attempt:
                answer = operation()
            outcome = attempt.retry_state.outcome
            error = outcome.exception() if outcome is not None else None
            if isinstance(error, RETRIED):
                yield from self.outage.failed(str(error))
        self._worked.add(question)
        self._refused_since.pop(question, None)
        self._only_refused_since = None
        yield from self.outage.answered()
        return answer

    def _attempts(self, question: str) -> Retrying:
        return Retrying(
            sleep=self.clock.sleep,
            retry=retry_if_exception_type(RETRIED),
            stop=lambda state: self._must_stop(question, state),
            wait=lambda state: self._pause(question, state),
            retry_error_callback=lambda state: self._give_up(question, state),
        )

    def _must_stop(self, question: str, state: RetryCallState) -> bool:
        error = _error_of(state)
        if isinstance(error, TransientError):
            if error.answered:
                self._refused_since.pop(question, None)
                self._only_refused_since = None
            return self._time_left() <= 0
        now = self.clock.now()
        self._only_refused_since = now if self._only_refused_since is None else self._only_refused_since
        self._refused_since.setdefault(question, self._only_refused_since)
        return self._is_believed(question) or self._time_left() <= 0

    def _is_believed(self, question: str) -> bool:
        """Has *question* been refused for long enough?"""
        return self._until_belief(question) <= 0

    def _until_belief(self, question: str) -> float:
        """How many seconds more *question* must be refused."""
        window = self.retry_for if question in self._worked else min(self.retry_for, BELIEF_SECONDS)
        return self._refused_since[question] + window - self.clock.now()

    def _time_left(self) -> float:
        if self.deadline is not None:
            return self.deadline - self.clock.now()
        return self.retry_for - self.outage.seconds

    def _pause(self, question: str, state: RetryCallState) -> float:
        error = _error_of(state)
        asked_for = error.retry_after if isinstance(error, TransientError) else None
        jitter = wait_random_exponential(multiplier=BACK_OFF_FIRST_SECONDS, max=BACK_OFF_MOST_SECONDS)(state)
        pause = max(jitter, BACK_OFF_FIRST_SECONDS / 4, min(asked_for or 0.0, RETRY_AFTER_MOST_SECONDS))
        if question in self._refused_since:  # the last try falls where it is believed, not seconds later
            pause = min(pause, self._until_belief(question))
        return max(0.0, min(pause, self._time_left()))

    def _give_up(self, question: str, state: RetryCallState) -> None:
        error = _error_of(state)
        is_weather = isinstance(error, TransientError) or (question in self._worked and not self._is_believed(question))
        if not is_weather:
            self.outage.dismiss()
            raise error
        waited = format_duration(self.outage.seconds)
        raise UnavailableError(f"{self.server} could not be reached for {waited}: {error}", hint=error.hint) from error


def _error_of(state: RetryCallState) -> HomelabError:
    error = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(error, HomelabError):
        raise TypeError("only an outcome of ours is retried") from error
    return error

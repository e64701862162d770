"""Several tries at one server: one that fails now and then is told apart from one that is away."""

import itertools
import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import Struct

from homelab_tasks.actions.waiting import Clock
from homelab_tasks.errors import DeniedError, HomelabError, MissingError, TransientError

T = TypeVar("T")

TRIES_MOST = 10  # a balancer that refuses every second one is then taken for one that is away once in 1000 times
PAUSE_SECONDS = 0.15
PATIENCE_SECONDS = 5.0  # after which no further try begins
SAMPLES = 32
"""So many tries miss a fault that strikes one in five less than once in 1000 times."""
AT_ONCE = 8
SAMPLE_SECONDS = 1.8  # after which no further one of them begins; a healthy server has answered all long before
ENOUGH_FAILURES = 2  # one may be an accident
SLOW_SECONDS = 1.5


class Try(Struct, Generic[T], frozen=True, kw_only=True):
    """One try: what came of it, and how long it took."""

    answer: T | None = None
    error: HomelabError | None = None
    seconds: float


class Tries:
    """Counts the tries at a server, and remembers what was wrong with some of them."""

    def __init__(self, clock: Clock, *, slow_seconds: float = SLOW_SECONDS) -> None:
        """Begin with none; an answer to a sample that takes longer than *slow_seconds* is slow."""
        self._clock, self._slow_seconds = clock, slow_seconds
        self.count = 0
        self.failures: list[str] = []
        self.slow = 0
        self.quickest = float("inf")

    def ask(self, operation: Callable[[], T]) -> T:
        """Call *operation* until it answers, TRIES_MOST times; raises its last error then."""
        until = self._clock.now() + PATIENCE_SECONDS
        for attempt in itertools.count(1):
            tried = self._noted(self._once(operation))
            if tried.error is None:
                return _answer(tried)
            may_pass = isinstance(tried.error, TransientError | DeniedError | MissingError)
            if not may_pass or attempt == TRIES_MOST or self._clock.now() >= until:
                raise tried.error
            self._clock.sleep(PAUSE_SECONDS)
        raise AssertionError("the last try returns or raises")

    def sample(self, operation: Callable[[], T], *, times: int = SAMPLES) -> T:
        """
        Call *operation* *times* times, some of them side by side, and none after SAMPLE_SECONDS.

        Where one failed that long is not enough: the rest follows, until PATIENCE_SECONDS are over. Returns an answer;
        raises an error when there is none.
        """
        started = self._clock.now()
        tried = [self._noted(each) for each in self._side_by_side(operation, times, until=started + SAMPLE_SECONDS)]
        if 0 < sum(each.error is not None for each in tried) < ENOUGH_FAILURES and len(tried) < times:
            rest = self._side_by_side(operation, times - len(tried), until=started + PATIENCE_SECONDS)
            tried += [self._noted(each) for each in rest]
        self.slow += sum(each.error is None and each.seconds > self._slow_seconds for each in tried)
        answered = [each for each in tried if each.error is None]
        if answered:
            return _answer(answered[-1])
        raise next(each.error for each in tried if each.error is not None)

    def _side_by_side(self, operation: Callable[[], T], times: int, *, until: float) -> list[Try[T]]:
        left: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(times):
            left.put(None)
        done: queue.SimpleQueue[Try[T] | BaseException | None] = queue.SimpleQueue()

        def work() -> None:
            try:
                while self._clock.now() < until:
                    left.get_nowait()
                    done.put(self._once(operation))
            except queue.Empty:
                pass
            except BaseException as error:  # noqa: BLE001 - raised where there is somebody to raise to
                done.put(error)
            finally:
                done.put(None)

        workers = min(times, AT_ONCE)
        for _ in range(workers):
            threading.Thread(target=work, name="tries", daemon=True).start()
        return _gathered(done, workers)

    def _once(self, operation: Callable[[], T]) -> Try[T]:
        started = self._clock.now()
        try:
            return Try(answer=operation(), seconds=self._clock.now() - started)
        except HomelabError as error:
            return Try(error=error, seconds=self._clock.now() - started)

    def _noted(self, tried: Try[T]) -> Try[T]:
        self.count += 1
        if tried.error is not None:
            self.failures.append(tried.error.problem)
        else:
            self.quickest = min(self.quickest, tried.seconds)
        return tried


def _answer(tried: Try[T]) -> T:
    return tried.answer  # type: ignore[return-value]  # None is an answer where T has it


def _gathered(done: "queue.SimpleQueue[Try[T] | BaseException | None]", workers: int) -> list[Try[T]]:
    """Take what the *workers* have done until each has ended."""
    tried: list[Try[T]] = []
    while workers:
        each = done.get()
        if isinstance(each, BaseException):
            raise each
        if each is None:
            workers -= 1
        else:
            tried.append(each)
    return tried

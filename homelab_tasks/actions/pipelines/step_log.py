"""The log of one step, told line by line, each once and in order, however the server sends it."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from itertools import chain, islice

from homelab_tasks.actions.pipelines.read_tails import Logs
from homelab_tasks.actions.waiting import Patience
from homelab_tasks.errors import TransientError, UnavailableError
from homelab_tasks.model.events import Event, Log
from homelab_tasks.model.pipelines.judgement import workflow_name
from homelab_tasks.model.pipelines.log import LineMerger
from homelab_tasks.model.pipelines.pipeline import LogLine, Pipeline, Step, Workflow

PAUSE_SECONDS = 0.25


class StepLog:
    """
    Tells the log of *step*; *late_until* (a time of the clock) is how long an empty one is asked for again.

    Memory does not grow with the log.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - where the log is, and how it is asked for
        self, ci: Logs, patience: Patience, repository_id: int, pipeline: Pipeline, workflow: Workflow, step: Step
    ) -> None:
        """Read from *ci* with *patience*."""
        self._ci = ci
        self._patience = patience
        self._repository_id = repository_id
        self._number = pipeline.number
        self._workflow = workflow
        self.step = step
        self._merger = LineMerger()
        self._torn_since: float | None = None

    def whole(self, *, late_until: float) -> Iterator[Event]:
        """Read the log to its end; a torn answer is asked for again, and what was told is not told twice."""
        while True:
            torn = yield from self.read()
            empty = self._merger.is_empty and self._patience.clock.now() < late_until
            if not torn and not empty:
                break
            self._patience.clock.sleep(PAUSE_SECONDS)
        yield from self._told(self._merger.rest())

    def end(self, lines: int, *, late_until: float) -> Iterator[Event]:
        """Read the whole log, and tell its last *lines*."""
        last: deque[Event] = deque(maxlen=lines)
        for event in self.whole(late_until=late_until):
            if isinstance(event, Log):
                last.append(event)
            else:
                yield event
        yield from last

    def read(self) -> Generator[Event, None, bool]:
        """
        Tell what is new in the log as the server has it now; returns whether the answer broke off.

        Raises UnavailableError when it has done so, without anything new, for as long as an outage is ridden out.
        """
        lines = yield from self._patience.ask("log", self._opened)
        known = self._merger.count
        try:
            yield from self._told(self._merger.take(lines))
        except TransientError as error:
            now = self._patience.clock.now()
            self._torn_since = now if self._torn_since is None or self._merger.count > known else self._torn_since
            yield from self._patience.outage.failed(error.problem)
            if now - self._torn_since >= self._patience.retry_for:
                raise UnavailableError(f"the log of {self.step.name} breaks off again and again") from error
            return True
        self._torn_since = None
        return False

    def take(self, lines: Iterable[LogLine]) -> Iterator[Event]:
        """Tell what is new of *lines* that came another way."""
        yield from self._told(self._merger.take(lines))

    def _opened(self) -> Iterator[LogLine]:
        """Begin to read, so that an answer that fails at once is asked for again."""
        lines = iter(self._ci.log(self._repository_id, self._number, self.step.id))
        return chain(list(islice(lines, 1)), lines)

    def _told(self, lines: Iterable[LogLine]) -> Iterator[Log]:
        name = workflow_name(self._workflow.name, self._workflow.environ)
        for line in lines:
            yield Log(pipeline=self._number, workflow=name, step=self.step.name, line=line.line, text=line.text)

"""Follow the logs of a pipeline while it runs: streams bring lines early, REST brings every line in the end."""

from collections.abc import Callable, Generator
from typing import Protocol

from homelab_tasks.actions.read_tails import Logs
from homelab_tasks.actions.step_log import StepLog
from homelab_tasks.actions.waiting import Patience
from homelab_tasks.errors import UnavailableError
from homelab_tasks.model.changes import step_seen
from homelab_tasks.model.events import Event
from homelab_tasks.model.judgement import is_settled
from homelab_tasks.model.pipeline import LogLine, Pipeline, Status, Step, Workflow

LOOK_EVERY_SECONDS = 2.0
READ_EVERY_SECONDS = 5.0  # a stream that is mute is not waited for
TICK_SECONDS = 0.3
LATE_SECONDS = 3.0


class LogChanges(Protocol):
    """The lines of a running step, as they come; some may be missing (server/logging/log.go:99-105)."""

    def wait(self, seconds: float) -> tuple[LogLine, ...]:
        """Wait for lines, at most *seconds*."""

    def close(self) -> None:
        """Stop listening."""


class LiveLogs(Logs, Protocol):
    """What following asks of the CI server."""

    def pipeline(self, repository_id: int, number: int) -> Pipeline:
        """One pipeline with its workflows."""

    def log_changes(self, repository_id: int, number: int, step_id: int) -> LogChanges:
        """Listen to the log of a running step."""


class LogFollower:
    """Follows the steps of one pipeline to its end."""

    def __init__(self, ci: LiveLogs, patience: Patience, repository_id: int) -> None:
        """Follow on *ci*, until the deadline of *patience*."""
        self._ci = ci
        self._patience = patience
        self._clock = patience.clock
        self._repository_id = repository_id
        self._logs: dict[int, StepLog] = {}
        self._streams: dict[int, LogChanges] = {}
        self._read_at: dict[int, float] = {}
        self._done: set[int] = set()

    def follow(self, pipeline: Pipeline, wanted: Callable[[Workflow, Step], bool]) -> Generator[Event, None, Pipeline]:
        """Tell the lines of the *wanted* steps as they come; returns the pipeline as it ended."""
        number = pipeline.number
        try:
            while True:
                for workflow in pipeline.workflows or ():
                    for step in workflow.steps:
                        if wanted(workflow, step):
                            yield from self._advance(pipeline, workflow, step)
                if is_settled(pipeline):
                    return pipeline
                yield from self._listen()
                pipeline = yield from self._patience.ask(
                    "detail", lambda: self._ci.pipeline(self._repository_id, number)
                )
        finally:
            for stream in self._streams.values():
                stream.close()

    def _advance(self, pipeline: Pipeline, workflow: Workflow, step: Step) -> Generator[Event, None, None]:
        has_run = step.status.is_final and (step.started or step.id in self._logs)
        if step.id in self._done or not (has_run or step.status is Status.RUNNING):
            return
        log = self._logs.get(step.id)
        if log is None:
            log = StepLog(self._ci, self._patience, self._repository_id, pipeline, workflow, step)
            self._logs[step.id] = log
            yield step_seen(pipeline.number, workflow, step, now=self._clock.wall().timestamp())
        if step.status.is_final:
            self._done.add(step.id)
            yield from log.whole(late_until=self._clock.now() + LATE_SECONDS)
        elif step.id not in self._streams:
            self._streams[step.id] = self._ci.log_changes(self._repository_id, pipeline.number, step.id)
            self._read_at[step.id] = self._clock.now()

    def _listen(self) -> Generator[Event, None, None]:
        """Pass on what the streams bring until it is time to look at the pipeline again."""
        until = self._clock.now() + LOOK_EVERY_SECONDS
        if self._patience.deadline is not None and self._clock.now() >= self._patience.deadline:
            raise UnavailableError("the pipeline has not ended in time", hint="give a longer --timeout")
        while self._clock.now() < until:
            open_streams = [(key, stream) for key, stream in self._streams.items() if key not in self._done]
            for key, stream in open_streams:
                lines = stream.wait(TICK_SECONDS / len(open_streams))
                if lines:
                    self._read_at[key] = self._clock.now()
                    yield from self._logs[key].take(lines)
                elif self._clock.now() - self._read_at[key] >= READ_EVERY_SECONDS:
                    self._read_at[key] = self._clock.now()
                    yield from self._logs[key].read()
            if not open_streams:
                self._clock.sleep(TICK_SECONDS)

"""Follow the logs of a pipeline while it runs: streams bring lines early, REST brings every line in the end."""

from collections.abc import Callable, Generator, Iterator
from typing import Protocol

from homelab_tasks.actions.pipelines.read_tails import BATCH_SECONDS, LATE_SECONDS, Logs
from homelab_tasks.actions.pipelines.step_log import StepLog
from homelab_tasks.actions.waiting import Patience
from homelab_tasks.model.events import Event
from homelab_tasks.model.pipelines.changes import step_seen
from homelab_tasks.model.pipelines.judgement import is_settled
from homelab_tasks.model.pipelines.pipeline import LogLine, Pipeline, Status, Step, Workflow

LOOK_EVERY_SECONDS = 2.0
READ_EVERY_SECONDS = 5.0  # a stream that is mute is not waited for
TICK_SECONDS = 0.3

Wanted = Callable[[Workflow, Step], bool]


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


class FollowedStep:
    """A step whose log is told: from its stream while it runs, read whole once its last lines have come in."""

    def __init__(self, log: StepLog, now: float) -> None:
        """Begin with *log* at *now* (a time of the clock, as all here)."""
        self.log = log
        self.stream: LogChanges | None = None
        self.read_at = now
        self.whole_at: float | None = None  # when its last lines have come in
        self.is_done = False

    def end(self, now: float) -> None:
        """Take notice that the step has ended; one that was never seen running has ended long ago."""
        if self.whole_at is None:
            self.whole_at = now + BATCH_SECONDS if self.stream is not None else now

    def close(self) -> None:
        """Listen no more."""
        if self.stream is not None:
            self.stream.close()


class LogFollower:
    """Follows the steps of one pipeline to its end."""

    def __init__(self, ci: LiveLogs, patience: Patience, repository_id: int) -> None:
        """Follow on *ci*, until the deadline of *patience*."""
        self._ci = ci
        self._patience = patience
        self._clock = patience.clock
        self._repository_id = repository_id
        self._steps: dict[int, FollowedStep] = {}

    def follow(self, pipeline: Pipeline, wanted: Wanted) -> Generator[Event, None, Pipeline]:
        """Tell the lines of the *wanted* steps as they come; returns the pipeline at its end, or at the deadline."""
        number = pipeline.number
        try:
            while True:
                for workflow, step in self.begin(pipeline, wanted):
                    yield step_seen(number, workflow, step, now=self._clock.wall().timestamp())
                if is_settled(pipeline):
                    yield from self.finish()
                    return pipeline
                if self._patience.deadline is not None and self._clock.now() >= self._patience.deadline:
                    return pipeline
                yield from self._listen_for(LOOK_EVERY_SECONDS)
                pipeline = yield from self._patience.ask(
                    "detail", lambda: self._ci.pipeline(self._repository_id, number)
                )
        finally:
            self.close()

    def begin(self, pipeline: Pipeline, wanted: Wanted) -> list[tuple[Workflow, Step]]:
        """Take in what *pipeline* is like now; returns the *wanted* steps that are followed from now on."""
        return [
            (workflow, step)
            for workflow in pipeline.workflows or ()
            for step in workflow.steps
            if wanted(workflow, step) and self._take(pipeline, workflow, step)
        ]

    def _take(self, pipeline: Pipeline, workflow: Workflow, step: Step) -> bool:
        has_run = step.status.is_final and (step.started or step.id in self._steps)
        if not has_run and step.status is not Status.RUNNING:
            return False
        now, followed = self._clock.now(), self._steps.get(step.id)
        is_new = followed is None
        if followed is None:
            log = StepLog(self._ci, self._patience, self._repository_id, pipeline, workflow, step)
            self._steps[step.id] = followed = FollowedStep(log, now)
        if step.status.is_final:
            followed.end(now)
        elif followed.stream is None:
            followed.stream = self._ci.log_changes(self._repository_id, pipeline.number, step.id)
        return is_new

    @property
    def open_steps(self) -> tuple[FollowedStep, ...]:
        """The steps whose logs are not told to their end."""
        return tuple(step for step in self._steps.values() if not step.is_done)

    @property
    def ended_steps(self) -> tuple[FollowedStep, ...]:
        """Those of them that have ended."""
        return tuple(step for step in self.open_steps if step.whole_at is not None)

    def listen(self, seconds: float) -> Iterator[Event]:
        """Pass on what comes within *seconds*, shared by all steps."""
        open_steps = self.open_steps
        if not open_steps:
            self._clock.sleep(seconds)
        for step in open_steps:
            yield from self._advance(step, seconds / len(open_steps))

    def finish(self) -> Iterator[Event]:
        """Tell what is left, of steps that have ended."""
        while self.ended_steps:
            yield from self.listen(TICK_SECONDS)

    def close(self) -> None:
        """Listen no more."""
        for step in self._steps.values():
            step.close()

    def _listen_for(self, seconds: float) -> Iterator[Event]:
        until = self._clock.now() + seconds
        while self._clock.now() < until:
            yield from self.listen(TICK_SECONDS)

    def _advance(self, step: FollowedStep, seconds: float) -> Iterator[Event]:
        lines = step.stream.wait(seconds) if step.stream is not None else ()
        now = self._clock.now()
        if step.whole_at is not None and now >= step.whole_at:
            step.is_done = True
            yield from step.log.whole(late_until=step.whole_at + LATE_SECONDS)
            step.close()
        elif lines:
            step.read_at = now
            yield from step.log.take(lines)
        elif now - step.read_at >= READ_EVERY_SECONDS:
            step.read_at = now
            yield from step.log.read()

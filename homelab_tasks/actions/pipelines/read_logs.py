"""Show the logs of a commit's pipelines: those of the steps that failed, of one step, or of all."""

from collections.abc import Generator, Iterator
from typing import Protocol

from msgspec import Struct

from homelab_tasks.actions.pipelines.find_pipelines import PipelineList, Survey, find_pipeline, find_repository
from homelab_tasks.actions.pipelines.follow_logs import LiveLogs, LogFollower
from homelab_tasks.actions.pipelines.step_log import StepLog
from homelab_tasks.actions.waiting import Clock, Patience
from homelab_tasks.durations import format_duration
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Event, PipelineSummary, Verdict
from homelab_tasks.model.pipelines.changes import step_seen
from homelab_tasks.model.pipelines.judgement import is_settled, judge, red_steps, workflow_name
from homelab_tasks.model.pipelines.pipeline import Pipeline, Repository, Step, Workflow
from homelab_tasks.model.pipelines.selection import Selection
from homelab_tasks.model.verdict import Word

LATE_SECONDS = 3.0
"""The last batch of lines arrives up to a second after the end of its step, 0.93 s in a recording."""


class Ci(PipelineList, LiveLogs, Protocol):
    """What showing logs asks of the CI server."""

    def url(self, repository_id: int, number: int | None = None) -> str:
        """The page of a pipeline, for people."""


class LogRequest(Struct, frozen=True, kw_only=True):
    """
    Which logs to show.

    *step* is `STEP` or `WORKFLOW/STEP`; without it the steps that failed, or all with *everything*. *tail* is how
    many lines of each step, from its end. *follow* goes on until the pipelines have ended, within *timeout* seconds.
    """

    repository: str
    task: str = "ci.logs"
    commit: Commit | None = None
    number: int | None = None
    events: tuple[str, ...] = ("push",)
    step: str | None = None
    everything: bool = False
    tail: int | None = None
    follow: bool = False
    retry_for: float = 30.0
    timeout: float = 1800.0


def read_logs(ci: Ci, clock: Clock, request: LogRequest) -> Iterator[Event]:
    """
    Tell the lines of the logs asked for, each once and in order; the last event is the verdict.

    The verdict is `ok` when they were told, whatever they say, `missing` when there is no such pipeline or step, and
    `timeout` when a pipeline that is followed has not ended in time.
    Raises what finding the repository raises, and UnavailableError when a log cannot be read.
    """
    yield from LogReading(ci, clock, request).run()


class LogReading:
    """One reading of logs."""

    def __init__(self, ci: Ci, clock: Clock, request: LogRequest) -> None:
        """Read from *ci* what *request* asks for."""
        self._ci = ci
        self._clock = clock
        self._request = request
        deadline = clock.now() + request.timeout if request.follow else None
        self._patience = Patience(clock, server=ci.server, retry_for=request.retry_for, deadline=deadline)
        self._late_until = clock.now() + LATE_SECONDS
        self._told_steps = 0

    def run(self) -> Iterator[Event]:
        """Read, and say how it went."""
        repository = yield from find_repository(self._ci, self._patience, self._request.repository)
        pipelines = yield from self._pipelines(repository)
        yield from self._announce(pipelines)
        for index, pipeline in enumerate(pipelines):
            if self._request.follow:
                follower = LogFollower(self._ci, self._patience, repository.id)
                pipelines[index] = yield from follower.follow(pipeline, self._is_followed)
            else:
                yield from self._show(repository.id, pipeline)
        yield self._verdict(repository.id, pipelines)

    def _pipelines(self, repository: Repository) -> Generator[Event, None, list[Pipeline]]:
        request = self._request
        numbers = [request.number] if request.number is not None else []
        if request.commit is not None and not numbers:
            survey = Survey(self._ci, self._patience, repository.id, not_before=request.commit.committed)
            yield from survey.read(request.commit.sha)
            selection = Selection(commit=request.commit.sha, events=request.events)
            numbers = [row.number for row in selection.judged(survey.rows.values())]
        pipelines = []
        for number in numbers:
            found = yield from find_pipeline(self._ci, self._patience, repository, number, of=request.commit)
            pipelines.append(found)
        return pipelines

    def _announce(self, pipelines: list[Pipeline]) -> Iterator[Event]:
        """Name every step before the first line: a view that knows of several names each line's."""
        now = self._clock.wall().timestamp()
        for pipeline in pipelines:
            for workflow, step in self._wanted(pipeline):
                yield step_seen(pipeline.number, workflow, step, now=now)

    def _show(self, repository_id: int, pipeline: Pipeline) -> Iterator[Event]:
        for workflow, step in self._wanted(pipeline):
            self._told_steps += 1
            log = StepLog(self._ci, self._patience, repository_id, pipeline, workflow, step)
            if self._request.tail is None:
                yield from log.whole(late_until=self._late_until)
            else:
                yield from log.end(self._request.tail, late_until=self._late_until)

    def _wanted(self, pipeline: Pipeline) -> list[tuple[Workflow, Step]]:
        if self._request.step is None and not (self._request.everything or self._request.follow):
            judgement = judge(pipeline)
            failing = judgement.failing if judgement else red_steps(pipeline)  # some may have failed already
            return [(workflow, step) for workflow, step in failing if step]
        return [
            (workflow, step)
            for workflow in pipeline.workflows or ()
            for step in workflow.steps
            if self._is_named(workflow, step) and (step.started or self._request.step or self._request.follow)
        ]

    def _is_named(self, workflow: Workflow, step: Step) -> bool:
        names = {
            step.name,
            f"{workflow.name}/{step.name}",
            f"{workflow_name(workflow.name, workflow.environ)}/{step.name}",
        }
        return self._request.step is None or self._request.step in names

    def _is_followed(self, workflow: Workflow, step: Step) -> bool:
        wanted = self._is_named(workflow, step)
        self._told_steps += wanted
        return wanted

    def _verdict(self, repository_id: int, pipelines: list[Pipeline]) -> Verdict:
        word, reason, hint = self._end(pipelines)
        asked_for = self._request.commit.sha if self._request.commit else None
        links = [(pipeline, self._ci.url(repository_id, pipeline.number)) for pipeline in pipelines]
        return Verdict(
            verdict=word,
            reason=reason,
            hint=hint,
            task=self._request.task,
            commit=pipelines[-1].commit if pipelines else asked_for,
            url=links[-1][1] if links else self._ci.url(repository_id),
            pipelines=tuple(PipelineSummary(number=row.number, status=row.status, url=url) for row, url in links),
        )

    def _end(self, pipelines: list[Pipeline]) -> tuple[Word, str, str | None]:
        named = ", ".join(f"#{pipeline.number}" for pipeline in pipelines)
        if not pipelines:
            short = self._request.commit.short if self._request.commit else "the commit"
            return Word.MISSING, f"no pipeline for {short}", "Is it pushed? inv ci.watch waits for it"
        late = [row for row in pipelines if self._request.follow and not is_settled(row)]
        if late:
            states = ", ".join(f"#{row.number} {row.status}" for row in late)
            reason = f"not ended within {format_duration(self._request.timeout)}; last seen: {states}"
            return Word.TIMEOUT, reason, f"Go on: inv ci.logs --pipeline {late[0].number} --follow"
        if self._told_steps:
            return Word.OK, f"the logs of {named} were shown", None
        if self._request.step is None:
            return Word.OK, f"no step of {named} has failed", "Show every log: --all"
        known = [
            f"{workflow.name}/{step.name}"
            for row in pipelines
            for workflow in row.workflows or ()
            for step in workflow.steps
        ]
        return Word.MISSING, f"{named} has no step {self._request.step!r}", f"Its steps: {', '.join(known) or 'none'}"

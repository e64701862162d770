"""
Restart, cancel, approve or decline a pipeline.

What is told was read back. No order is given twice before it was read whether the first one was carried out:
another restart would be another pipeline, and a second approval breaks the first (woodpecker#4332).

An operation that the pipeline's state does not allow (cancel what has ended, approve what is not blocked) is a
UsageError, exit code 2: as with `gh run cancel` it is an error, and 1 means red here. When somebody else was quicker
and what was asked for is true (it is cancelled, it is approved), that is `ok`.
"""

from collections.abc import Callable, Generator, Iterator
from typing import Protocol

from msgspec import Struct

from homelab_tasks.actions.pipelines.choose_pipeline import Choice, choose_pipeline
from homelab_tasks.actions.pipelines.operator import Office, Operator, admit
from homelab_tasks.actions.waiting import Clock, Patience
from homelab_tasks.durations import format_duration
from homelab_tasks.errors import DeniedError, MissingError, TransientError, UnavailableError, UsageError
from homelab_tasks.model.events import Event, PipelineSummary, Verdict
from homelab_tasks.model.pipelines.changes import pipeline_seen
from homelab_tasks.model.pipelines.judgement import judge
from homelab_tasks.model.pipelines.operation import Operation, state_of
from homelab_tasks.model.pipelines.pipeline import Pipeline, Status
from homelab_tasks.model.verdict import Word

DUE_POLL_SECONDS = 0.1


class Desk(Office, Protocol):
    """What operating asks of the CI server; each order is a single try."""

    def restart(self, repository_id: int, number: int) -> Pipeline:
        """Run a pipeline again, as a new one."""

    def cancel(self, repository_id: int, number: int) -> None:
        """Stop a pipeline."""

    def approve(self, repository_id: int, number: int) -> Pipeline:
        """Let a blocked pipeline run."""

    def decline(self, repository_id: int, number: int) -> Pipeline:
        """Refuse a blocked pipeline."""


class OperateRequest(Struct, frozen=True, kw_only=True):
    """What to do with which pipeline; outages are ridden out for *retry_for* seconds."""

    repository: str
    operation: Operation
    choice: Choice
    task: str = ""
    retry_for: float = 30.0


Watch = Callable[[Pipeline], Iterator[Event]]
"""Follows a pipeline to its verdict."""


def operate_pipeline(ci: Desk, clock: Clock, request: OperateRequest, *, watch: Watch | None = None) -> Iterator[Event]:
    """
    Do what *request* says; the last event is the verdict: `ok`, or with *watch* the verdict of the watch.

    The verdict is `failed` when the server made a pipeline that could not run. Raises UsageError when the
    pipeline's state does not allow it, MissingError, DeniedError naming the right, and UnavailableError.
    """
    patience = Patience(clock, server=ci.server, retry_for=request.retry_for)
    operator = yield from admit(ci, patience, request.repository)
    chosen = yield from choose_pipeline(ci, patience, operator.repository, request.choice, request.operation)
    pipeline = yield from _Operating(ci, operator, request).carry_out(chosen)
    yield from tell(operator, pipeline, _reason(request.operation, chosen, pipeline), task=request.task, watch=watch)


def tell(operator: Operator, pipeline: Pipeline, reason: str, *, task: str, watch: Watch | None) -> Iterator[Event]:
    """Tell of the *pipeline* that an operation led to, and end in a verdict or go on watching."""
    url = operator.ci.url(operator.repository.id, pipeline.number)
    wall = operator.patience.clock.wall().timestamp()
    yield pipeline_seen(pipeline, url=url, judged=True, now=wall)
    if watch is not None:
        yield from watch(pipeline)
        return
    judgement = judge(pipeline) if pipeline.state is Status.ERROR else None
    ended = pipeline.state.is_final
    yield Verdict(
        verdict=judgement.word if judgement else Word.OK,
        reason=f"{reason}, but {judgement.reason}" if judgement else reason,
        hint=None if ended else f"Follow it: inv ci.watch --pipeline {pipeline.number}",
        task=task,
        commit=pipeline.commit,
        url=url,
        pipelines=(PipelineSummary(number=pipeline.number, status=pipeline.status, url=url),),
        failures=judgement.failures if judgement else (),
    )


def _reason(operation: Operation, before: Pipeline, after: Pipeline) -> str:
    if operation is Operation.RESTART:
        return f"#{before.number} was restarted as #{after.number}, which is {after.status}"
    if operation is Operation.APPROVE:
        return f"#{after.number} was approved by {after.reviewed_by} and is {after.status}"
    return state_of(after)


class _Operating:
    """One operation, from a pipeline that was chosen to what the server shows afterwards."""

    def __init__(self, ci: Desk, operator: Operator, request: OperateRequest) -> None:
        self._ci = ci
        self._operator = operator
        self._patience = operator.patience
        self._repository_id = operator.repository.id
        self._operation = request.operation
        self._retry_for = request.retry_for

    def carry_out(self, chosen: Pipeline) -> Generator[Event, None, Pipeline]:
        """Do it as soon as it may be done, and read what came of it."""
        pipeline = yield from self._when_due(chosen)
        if not self._operation.is_possible(pipeline):
            raise UsageError(self._operation.refusal(pipeline))
        if self._operation is Operation.RESTART:
            return (yield from self._restart(pipeline))
        return (yield from self._change(pipeline))

    def _when_due(self, pipeline: Pipeline) -> Generator[Event, None, Pipeline]:
        clock, operation = self._patience.clock, self._operation
        deadline = clock.now() + self._retry_for
        while operation.is_possible(pipeline) and not operation.is_due(pipeline):
            if clock.now() >= deadline:
                waited = format_duration(self._retry_for)
                problem = f"#{pipeline.number} is {pipeline.status} and still has no workflows after {waited}"
                raise UnavailableError(problem, hint="the server lost it: run it anew with inv ci.run --branch BRANCH")
            clock.sleep(DUE_POLL_SECONDS)
            pipeline = yield from self._operator.read(pipeline.number)
        return pipeline

    def _change(self, pipeline: Pipeline) -> Generator[Event, None, Pipeline]:
        """Cancel, approve or decline: done when the pipeline itself shows it."""
        after = yield from self._patience.ask(self._operation, lambda: self._try_to_change(pipeline))
        if not self._operation.is_done(after):
            raise UsageError(f"{self._operation.refusal(after)}; it changed just now")
        return after

    def _try_to_change(self, pipeline: Pipeline) -> Pipeline:
        now = self._read(pipeline)
        if self._is_decided(now):
            return now
        try:
            self._operator.give(self._operation, lambda: self._order(pipeline.number))
        except UsageError:
            now = self._read(pipeline)
            if self._is_decided(now):
                return now
            raise
        now = self._read(pipeline)
        if not self._is_decided(now):
            raise TransientError(f"#{now.number} is still {now.status} on {self._ci.server}", answered=True)
        return now

    def _is_decided(self, pipeline: Pipeline) -> bool:
        return self._operation.is_done(pipeline) or not self._operation.is_possible(pipeline)

    def _order(self, number: int) -> None:
        match self._operation:
            case Operation.APPROVE:
                self._ci.approve(self._repository_id, number)
            case Operation.DECLINE:
                self._ci.decline(self._repository_id, number)
            case _:
                self._ci.cancel(self._repository_id, number)

    def _read(self, pipeline: Pipeline) -> Pipeline:
        """Read it once; it was there a moment ago, so that a refusal is weather."""
        try:
            now = self._ci.pipeline(self._repository_id, pipeline.number)
        except (MissingError, DeniedError) as refusal:
            raise TransientError(refusal.problem, answered=True) from refusal
        if now.id != pipeline.id:
            raise UsageError(f"#{pipeline.number} was deleted, and its number is another pipeline's now")
        return now

    def _restart(self, pipeline: Pipeline) -> Generator[Event, None, Pipeline]:
        """Restart: done when there is a new pipeline whose parent it is."""
        known = yield from self._patience.ask("list", lambda: self._ci.pipelines(self._repository_id))
        newest = max((row.id for row in known), default=0)
        new = yield from self._patience.ask("restart", lambda: self._try_to_restart(pipeline, newest))
        return (yield from self._operator.read(new.number))

    def _try_to_restart(self, pipeline: Pipeline, newest: int) -> Pipeline:
        rows = self._ci.pipelines(self._repository_id)
        children = [row for row in rows if row.parent == pipeline.number and row.id > newest]
        if children:
            return children[0]
        return self._operator.give("restart", lambda: self._ci.restart(self._repository_id, pipeline.number))

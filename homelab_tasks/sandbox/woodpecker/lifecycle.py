"""
The life of a pipeline: from a hook, a restart or a person to its end.

Each change is written first and told on the stream afterwards, in the order of a real server (server/pipeline/).
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct, structs

from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.sandbox.woodpecker.configuration import configure
from homelab_tasks.sandbox.woodpecker.hub import Hub
from homelab_tasks.sandbox.woodpecker.queue import Queue, Task
from homelab_tasks.sandbox.woodpecker.rows import Pipeline
from homelab_tasks.sandbox.woodpecker.store import Store
from homelab_tasks.sandbox.woodpecker.variables import pipeline_variables, trigger_of

SKIP = re.compile(r"\[(?i:ci *skip|skip *ci)\]")
SKIPPABLE_EVENTS = {"push", "pull_request", "pull_request_closed", "pull_request_metadata"}
CANCELLABLE = {Status.PENDING, Status.RUNNING, Status.BLOCKED}
CONFIGURATION_SECONDS = 0.1  # a real server needs about 130 ms to fetch a configuration from its forge


class Forge(Protocol):
    """Where configurations come from."""

    async def configuration(self, repository: str, commit: str) -> dict[str, str]:
        """The configuration files of *commit*, name to text; empty where it has none."""


class RefusedError(Exception):
    """The server does not do that; the text is what it answers."""


class Lifecycle(Struct, kw_only=True):
    """Creates, starts and stops pipelines; how agents end them is in `reports`."""

    store: Store
    hub: Hub
    queue: Queue
    forge: Forge
    configuration_seconds: float = CONFIGURATION_SECONDS
    now: Callable[[], float] = time.time

    async def create(self, row: Pipeline) -> Pipeline | None:
        """Insert *row* and start it; None when its message skips CI, or nothing in its configuration is for it."""
        if row.event in SKIPPABLE_EVENTS and SKIP.search(row.message):
            return None
        gated = row.repository.require_approval == "all_events"
        row.status = Status.BLOCKED if gated else Status.CREATED
        self.store.add_pipeline(row)
        await asyncio.sleep(self.configuration_seconds)
        row.configuration = await self.forge.configuration(row.repository.full_name, row.commit)
        if not self._plan(row, Status.BLOCKED if gated else Status.PENDING):
            return None
        if row.status is not Status.ERROR:
            self.hub.publish(row)
        if row.status is Status.CREATED:
            await self._start(row)
        return row

    async def restart(self, old: Pipeline, variables: Mapping[str, str], *, deploy_to: str = "") -> Pipeline | None:
        """Run *old* again as a new pipeline; *variables* are shown to its steps."""
        if old.status in {Status.BLOCKED, Status.DECLINED}:
            raise RefusedError(f"cannot restart a pipeline with status {old.status}")
        row = structs.replace(
            old,
            status=Status.PENDING,
            created=self.seconds(),
            parent=old.number,
            rerun_count=old.rerun_count + 1,
            started=0,
            finished=0,
            errors=None,
            workflows=[],
            hidden_variables=dict(variables),
            event="deployment" if deploy_to else old.event,
            deploy_to=deploy_to,
        )
        self.store.add_pipeline(row)
        if self._plan(row, Status.PENDING) and row.status is not Status.ERROR:
            await self._start(row)
        return row

    async def approve(self, row: Pipeline, login: str) -> None:
        """
        Let a blocked pipeline go; its workflows and steps are made anew.

        Before they are there, the server takes the approval, and then leaves the pipeline pending for ever with its
        workflows blocked (seen on 3.17.0): who approves must wait for `workflows`.
        """
        if row.status is not Status.BLOCKED:
            raise RefusedError(f"cannot approve a pipeline with status {row.status}")
        row.reviewed_by, row.reviewed, row.status = login, self.seconds(), Status.PENDING
        if row.workflows and self._plan(row, Status.PENDING) and row.status is not Status.ERROR:
            await self._start(row)

    def decline(self, row: Pipeline, login: str) -> None:
        """Refuse a blocked pipeline for good."""
        if row.status is not Status.BLOCKED:
            raise RefusedError(f"cannot decline a pipeline with status {row.status}")
        row.reviewed_by, row.reviewed = login, self.seconds()
        row.status = Status.DECLINED
        for workflow in row.workflows:
            workflow.state = Status.DECLINED
        for step in row.steps:
            step.state = Status.DECLINED
        self.tell(row)

    async def cancel(self, row: Pipeline, **info: str | int) -> None:
        """Stop *row*; *info* says by whom. Its agents hear of it, and go on until they have."""
        if row.status not in CANCELLABLE:
            raise RefusedError("Cannot cancel a non-running or non-pending or non-blocked pipeline")
        never_ran = row.status is Status.PENDING
        for workflow in row.workflows:
            if workflow.state is Status.PENDING:
                workflow.state = Status.SKIPPED
            for step in workflow.steps:
                if step.state is Status.PENDING:
                    step.state = Status.CANCELED
        row.status = Status.CANCELED if never_ran else Status.KILLED
        row.cancel_info, row.finished = dict(info), self.seconds()
        self.tell(row)
        for task in self.queue.of(row):
            task.cancelled.set()
            if not task.workflow.started:
                self.queue.done(task)

    def _plan(self, row: Pipeline, state: Status) -> bool:
        """Give *row* its workflows in *state*, or its errors; False when nothing is for it and the row is deleted."""
        configuration = configure(row.configuration, trigger_of(row), pipeline_variables(row))
        row.errors = configuration.problems or None
        if configuration.is_broken:
            row.status, row.started = Status.ERROR, self.seconds()
            row.finished = row.started
            self.tell(row)
            return True
        if not configuration.workflows:
            self.store.delete_pipeline(row)
            return False
        row.workflows = self.store.new_workflows(configuration.workflows, state)
        return True

    async def _start(self, row: Pipeline) -> None:
        row.status = Status.PENDING
        self.tell(row)
        for other in self.store.pipelines(row.repository):
            if other is not row and other.status in CANCELLABLE and _is_superseded(other, by=row):
                await self.cancel(other, superseded_by=row.number)
        self.hub.publish(row)
        await self.queue.push([Task(pipeline=row, workflow=workflow) for workflow in row.workflows])

    def tell(self, row: Pipeline) -> None:
        """Tell on the stream what *row* looks like now."""
        row.updated = self.seconds()
        self.hub.publish(row)

    def seconds(self) -> int:
        """The time, as rows keep it."""
        return int(self.now())


def _is_superseded(old: Pipeline, *, by: Pipeline) -> bool:
    """Does *by* replace *old*: same event, same branch (server/pipeline/cancel.go:97-156)?"""
    same = old.event == by.event and by.event in by.repository.cancel_previous_pipeline_events
    return same and (by.event != "push" or old.branch == by.branch)

"""Tasks that wait for an agent: by labels, by dependencies, in the order in which they came."""

import asyncio
from collections.abc import Mapping
from fnmatch import fnmatch

from msgspec import Struct, field

from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.sandbox.woodpecker.rows import Pipeline, Workflow


class Task(Struct, kw_only=True, eq=False):
    """A workflow that is to be run; *cancelled* is set when somebody stopped it."""

    pipeline: Pipeline
    workflow: Workflow
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def labels(self) -> dict[str, str]:
        """What an agent must be like to take it."""
        return {"repo": self.pipeline.repository.full_name, **self.workflow.plan.labels}

    @property
    def dependencies(self) -> list[Workflow]:
        """The workflows of the same pipeline that must have ended before it."""
        names = self.workflow.plan.depends_on
        return [workflow for workflow in self.pipeline.workflows if workflow.plan.name in names]

    @property
    def blocked(self) -> bool:
        """Must others end before it?"""
        return any(workflow.state.is_active for workflow in self.dependencies)

    @property
    def wants_to_run(self) -> bool:
        """Does it run after how its dependencies ended?"""
        if not self.workflow.plan.depends_on:
            return True
        went_well = all(workflow.state is Status.SUCCESS for workflow in self.dependencies)
        return ("success" if went_well else "failure") in self.workflow.plan.runs_on


class Queue:
    """What waits and what runs. Used from one event loop only."""

    def __init__(self) -> None:
        """Start empty and unpaused."""
        self.waiting: list[Task] = []
        self.running: list[Task] = []
        self.paused = False
        self._changed = asyncio.Condition()

    async def push(self, tasks: list[Task]) -> None:
        """Let *tasks* wait for an agent."""
        self.waiting.extend(tasks)
        await self.wake()

    async def wake(self) -> None:
        """Let agents look again: something ended, or the queue goes on."""
        async with self._changed:
            self._changed.notify_all()

    async def take(self, labels: Mapping[str, str]) -> Task:
        """Wait for the next task that an agent with these *labels* may run, and take it."""
        async with self._changed:
            while (task := self._next(labels)) is None:
                await self._changed.wait()
        self.waiting.remove(task)
        self.running.append(task)
        return task

    def done(self, task: Task) -> None:
        """Forget *task*, whether it ran or was stopped while it waited."""
        for tasks in (self.waiting, self.running):
            if task in tasks:
                tasks.remove(task)

    def of(self, pipeline: Pipeline) -> list[Task]:
        """Every task of *pipeline* that waits or runs."""
        return [task for task in (*self.waiting, *self.running) if task.pipeline is pipeline]

    def refused(self) -> list[Task]:
        """Waiting tasks that will never run, because of how the workflows ended that they depend on."""
        return [task for task in self.waiting if not task.blocked and not task.wants_to_run]

    def _next(self, labels: Mapping[str, str]) -> Task | None:
        if self.paused:
            return None
        ready = (task for task in self.waiting if not task.blocked and task.wants_to_run)
        return next((task for task in ready if _fits(task.labels, labels)), None)


def _fits(wanted: Mapping[str, str], offered: Mapping[str, str]) -> bool:
    """An agent offers patterns (`*`, `lab/*`); what it does not offer at all does not fit."""
    return all(fnmatch(value, offered.get(key, "")) for key, value in wanted.items() if value)

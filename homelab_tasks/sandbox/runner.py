"""
The agent: it runs the steps of workflows as local commands (`bash -e`) in a checkout of the commit.

What an agent tells its server, and when, follows the real one: step by step, log lines in batches that may arrive
after the step has ended (agent/rpc/client_grpc.go:358-414).
"""

import asyncio
import shlex
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct, field

from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.sandbox.git import clean_environment
from homelab_tasks.sandbox.log_batches import LogBatches
from homelab_tasks.sandbox.step_process import StepProcess
from homelab_tasks.sandbox.woodpecker.plan import StepPlan
from homelab_tasks.sandbox.woodpecker.queue import Queue, Task
from homelab_tasks.sandbox.woodpecker.reports import Reports
from homelab_tasks.sandbox.woodpecker.rows import Step
from homelab_tasks.sandbox.woodpecker.variables import step_variables

CANCELED = "Canceled"
EXIT_CANCELED = 130
EXIT_CANNOT_RUN = 126


class Agent(Struct, kw_only=True, eq=False):
    """
    Takes tasks that ask for no other *labels* than its own, and runs at most *capacity* of them side by side.

    It works below *workspaces*; *clone_from* says where a repository is, *environment* is shown to every step. Each
    step but the clone takes *nap_seconds* longer than it needs.
    """

    id: int
    queue: Queue
    reports: Reports
    logs: LogBatches
    workspaces: Path
    clone_from: Callable[[str], Path]
    labels: Mapping[str, str]
    capacity: int
    environment: Mapping[str, str]
    nap_seconds: float = 0.0
    _workers: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Begin to take tasks."""
        self.logs.start()
        self._workers = [asyncio.create_task(self._work()) for _ in range(self.capacity)]

    async def kill(self) -> None:
        """Vanish as on SIGKILL: what ran is stopped, the server is told nothing and goes on believing it runs."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._workers = []
        await self.logs.stop()

    async def _work(self) -> None:
        while True:
            task = await self.queue.take(self.labels)
            await WorkflowRun(self, task).run()


class WorkflowRun:
    """One workflow, from its checkout to its end."""

    def __init__(self, agent: Agent, task: Task) -> None:
        """Run *task* for *agent*."""
        self._agent = agent
        self._task = task
        self._reports = agent.reports
        self._home = agent.workspaces / f"{task.pipeline.id}-{task.workflow.pid}"
        self._workspace = self._home / "workspace"
        self._failed = False
        self._detached: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Run every step that is to run, and tell the server how each is doing."""
        self._workspace.mkdir(parents=True)
        try:
            await self._reports.workflow_started(self._task, self._agent.id)
            await self._run_steps(self._task.workflow.steps)
            await self._stop_detached()
            await self._reports.workflow_done(self._task, CANCELED if self._task.cancelled.is_set() else "")
        finally:
            for background in self._detached:
                background.cancel()
            await asyncio.gather(*self._detached, return_exceptions=True)
            shutil.rmtree(self._home, ignore_errors=True)

    async def _run_steps(self, steps: list[Step]) -> None:
        if all(step.plan.depends_on is None for step in steps):
            for step in steps:
                await self._run_step(step)
            return
        first = [step for step in steps if step.plan.type in {"clone", "service"}]
        for step in first:
            await self._run_step(step)
        ended = {step.plan.name: asyncio.Event() for step in steps}
        async with asyncio.TaskGroup() as group:
            for step in steps:
                if step not in first:
                    group.create_task(self._run_after(step, ended))

    async def _run_after(self, step: Step, ended: dict[str, asyncio.Event]) -> None:
        for name in step.plan.depends_on or ():
            await ended[name].wait()
        await self._run_step(step)
        ended[step.plan.name].set()

    async def _run_step(self, step: Step) -> None:
        if self._task.cancelled.is_set():
            return  # the server has written that it never ran
        if ("failure" if self._failed else "success") not in step.plan.runs_on:
            await self._reports.step_changed(self._task, step, Status.SKIPPED)
            return
        await self._reports.step_changed(self._task, step, Status.RUNNING)
        if step.plan.detach:
            self._detached.append(asyncio.create_task(self._run_detached(step)))
            return
        exit_code = await self._execute(step)
        if exit_code and not self._task.cancelled.is_set():
            self._failed = self._failed or step.plan.failure == "fail"
        await self._tell_end(step, exit_code)

    async def _run_detached(self, step: Step) -> None:
        await self._tell_end(step, await self._execute(step))

    async def _stop_detached(self) -> None:
        """End what was detached; the server calls it a success when it was still running."""
        for background in self._detached:
            background.cancel()
        await asyncio.gather(*self._detached, return_exceptions=True)
        for step in self._task.workflow.steps:
            if step.plan.detach and step.state is Status.RUNNING:
                await self._reports.step_changed(self._task, step, Status.SUCCESS)

    async def _tell_end(self, step: Step, exit_code: int) -> None:
        if self._task.cancelled.is_set():
            await self._reports.step_changed(self._task, step, Status.KILLED, exit_code=EXIT_CANCELED, error=CANCELED)
        else:
            state = Status.FAILURE if exit_code else Status.SUCCESS
            await self._reports.step_changed(self._task, step, state, exit_code=exit_code)

    async def _execute(self, step: Step) -> int:
        """Run the commands of *step*; returns its exit code."""
        commands = self._commands(step.plan)
        if not commands:
            self._agent.logs.add(step, [b"the sandbox runs commands, not plugins"])
            return EXIT_CANNOT_RUN
        if self._agent.nap_seconds and step.plan.type != "clone":
            commands = (*commands, f"sleep {self._agent.nap_seconds}")
        process = StepProcess(commands, directory=self._workspace, environment=self._environment(step))
        return await process.run(lambda lines: self._agent.logs.add(step, lines), self._task.cancelled)

    def _commands(self, plan: StepPlan) -> tuple[str, ...]:
        if plan.type != "clone":
            return plan.commands
        source = self._agent.clone_from(self._task.pipeline.repository.full_name)
        checkout = f"git -c advice.detachedHead=false checkout --quiet {self._task.pipeline.commit}"
        return (f"git clone --quiet --shared --no-checkout {shlex.quote(str(source))} .", checkout)

    def _environment(self, step: Step) -> dict[str, str]:
        variables = step_variables(self._task.pipeline, self._task.workflow, step)
        own = {"HOME": str(self._home), "CI_WORKSPACE": str(self._workspace), "CI_MACHINE": f"agent-{self._agent.id}"}
        return clean_environment() | dict(self._agent.environment) | own | variables

"""What agents tell the server, and what it makes of that (server/rpc/rpc.go)."""

from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.sandbox.woodpecker.lifecycle import CANCELLABLE, Lifecycle
from homelab_tasks.sandbox.woodpecker.outcome import pipeline_status, workflow_status
from homelab_tasks.sandbox.woodpecker.queue import Task
from homelab_tasks.sandbox.woodpecker.rows import Step


class Reports:
    """Takes an agent's word for how its task is doing."""

    def __init__(self, lifecycle: Lifecycle) -> None:
        """Write into the rows of *lifecycle*."""
        self._lifecycle = lifecycle

    async def workflow_started(self, task: Task, agent_id: int) -> None:
        """An agent took *task*."""
        pipeline, workflow = task.pipeline, task.workflow
        if pipeline.status is Status.PENDING:
            pipeline.status, pipeline.started = Status.RUNNING, self._lifecycle.seconds()
        workflow.state, workflow.started, workflow.agent_id = Status.RUNNING, self._lifecycle.seconds(), agent_id
        self._lifecycle.tell(pipeline)

    async def step_changed(self, task: Task, step: Step, state: Status, *, exit_code: int = 0, error: str = "") -> None:
        """An agent tells how *step* is doing."""
        if state is Status.FAILURE and step.plan.failure == "cancel" and task.pipeline.status in CANCELLABLE:
            await self._lifecycle.cancel(task.pipeline, canceled_by_step=step.plan.name)
        step.state, step.exit_code, step.error = state, exit_code, error
        if state is not Status.SKIPPED:
            step.started = step.started or self._lifecycle.seconds()
            step.finished = self._lifecycle.seconds() if state.is_final else 0
        self._lifecycle.tell(task.pipeline)

    async def workflow_done(self, task: Task, error: str = "") -> None:
        """An agent is through with *task*; the pipeline ends with its last workflow."""
        workflow = task.workflow
        workflow.error, workflow.finished = error, self._lifecycle.seconds()
        workflow.state = workflow_status(workflow)
        self._lifecycle.queue.done(task)
        self._skip_refused()
        if not any(other.state.is_active for other in task.pipeline.workflows):
            task.pipeline.status, task.pipeline.finished = pipeline_status(task.pipeline), self._lifecycle.seconds()
        self._lifecycle.tell(task.pipeline)
        self._lifecycle.hub.end_logs(workflow.steps)
        await self._lifecycle.queue.wake()

    def _skip_refused(self) -> None:
        """Skip what will never run; that may decide about others in turn."""
        while refused := self._lifecycle.queue.refused():
            for task in refused:
                task.workflow.state = Status.SKIPPED
                for step in task.workflow.steps:
                    step.state = Status.KILLED  # so says the server of steps that never ran (recorded: depends_on_skip)
                self._lifecycle.queue.done(task)

"""A pipeline whose life is written by hand, one change at a time: for what no agent can be made to do on purpose."""

import time
from collections.abc import Callable

from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.sandbox.loop_thread import LoopThread
from homelab_tasks.sandbox.woodpecker.rows import Pipeline, Problem, Step, Workflow
from homelab_tasks.sandbox.woodpecker.server import Woodpecker


class Script:
    """
    One scripted pipeline.

    Each method writes one change and tells it on the stream; with `told=False` only REST shows it. States are
    Woodpecker's words. *row* may be changed directly as well, before `tell`.
    """

    def __init__(self, loop: LoopThread, server: Woodpecker, row: Pipeline) -> None:
        """Write the life of *row*."""
        self.row = row
        self._loop = loop
        self._server = server

    @property
    def number(self) -> int:
        """Its number."""
        return self.row.number

    def status(self, status: str, *, told: bool = True, **cancel_info: str | int) -> None:
        """Write the pipeline's status, and its *cancel_info* (`canceled_by_user`, `superseded_by`, ...)."""
        state, row = Status(status), self.row

        def write() -> None:
            row.status = state
            row.cancel_info = dict(cancel_info) or row.cancel_info
            row.started = row.started or (_now() if state not in _NOT_STARTED else 0)
            row.finished = _now() if state.is_final else 0

        self._change(write, told=told)

    def workflow(self, name: str, state: str, *, error: str = "", told: bool = True) -> None:
        """Write the state of a workflow."""
        workflow = self._workflow(name)

        def write() -> None:
            workflow.state, workflow.error = Status(state), error
            workflow.started = workflow.started or _now()
            workflow.finished = _now() if workflow.state.is_final else 0

        self._change(write, told=told)

    def step(  # noqa: PLR0913 - each is a column of the row
        self, workflow: str, name: str, state: str, *, exit_code: int = 0, error: str = "", told: bool = True
    ) -> None:
        """Write the state of a step."""
        step = self._step(workflow, name)

        def write() -> None:
            step.state, step.exit_code, step.error = Status(state), exit_code, error
            if step.state not in _NOT_STARTED:
                step.started = step.started or _now()
                step.finished = _now() if step.state.is_final else 0

        self._change(write, told=told)

    def run(self, outcome: str = "success", *, exit_code: int = 0) -> None:
        """Write everything at once: every step, every workflow and the pipeline ended with *outcome*."""
        for workflow in self.row.workflows:
            for step in workflow.steps:
                self.step(workflow.plan.name, step.plan.name, outcome, exit_code=exit_code, told=False)
            self.workflow(workflow.plan.name, outcome, told=False)
        self.status(outcome)

    def log(self, workflow: str, name: str, *lines: str) -> None:
        """Let *lines* of a step's log come in."""
        step = self._step(workflow, name)
        seconds = max(0, _now() - step.started) if step.started else 0
        self._loop.call(self._server.take_log, step, [(seconds, line.encode()) for line in lines])

    def problems(self, *messages: str, warning: bool = False) -> None:
        """Write errors[], as the compiler (or, as a *warning*, the linter) does."""
        kind = "linter" if warning else "compiler"
        found = [Problem(type=kind, message=message, is_warning=warning) for message in messages]
        self._change(lambda: setattr(self.row, "errors", found), told=False)

    def vanish(self) -> None:
        """Delete the row, as when everything in its configuration was filtered: nothing is told."""
        self._loop.call(self._server.store.delete_pipeline, self.row)

    def tell(self) -> None:
        """Tell on the stream what the pipeline looks like now."""
        self._loop.call(self._server.hub.publish, self.row)

    def _change(self, write: Callable[[], None], *, told: bool) -> None:
        def change() -> None:
            write()
            self.row.updated = _now()
            if told:
                self._server.hub.publish(self.row)

        self._loop.call(change)

    def _workflow(self, name: str) -> Workflow:
        return next(workflow for workflow in self.row.workflows if workflow.plan.name == name)

    def _step(self, workflow: str, name: str) -> Step:
        return next(step for step in self._workflow(workflow).steps if step.plan.name == name)


_NOT_STARTED = {Status.CREATED, Status.PENDING, Status.BLOCKED, Status.SKIPPED, Status.CANCELED, Status.DECLINED}


def _now() -> int:
    return int(time.time())

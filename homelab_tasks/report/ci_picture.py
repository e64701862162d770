"""The part of the picture that is CI: pipelines, their workflows, their steps."""

from msgspec import Struct
from msgspec.structs import replace

from homelab_tasks.model.events import Log, PipelineSeen, StepSeen, WorkflowSeen
from homelab_tasks.model.pipelines.judgement import workflow_name
from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.report.elapsed import Elapsed, fraction_of, of_status

TAIL_LINES = 3  # of a red step's log; all of it is the ending's


class StepRow(Struct, frozen=True, kw_only=True):
    """A step of a workflow, with the end of its log where that was told."""

    name: str
    status: Status
    elapsed: Elapsed
    exit_code: int | None = None
    error: str | None = None
    tail: tuple[str, ...] = ()


class WorkflowRow(Struct, frozen=True, kw_only=True):
    """
    A workflow and its steps, in the order in which they were first told of.

    *name* tells those of a matrix apart; *word* is the server's status, which may be unknown here.
    """

    name: str
    status: Status = Status.PENDING
    word: str = Status.PENDING.value
    elapsed: Elapsed = Elapsed()
    error: str | None = None
    steps: dict[str, StepRow] = {}

    def after(self, event: WorkflowSeen | StepSeen | Log, now: float) -> "WorkflowRow":
        """Return the row with *event*, which was told at *now*."""
        match event:
            case WorkflowSeen():
                elapsed = of_status(event.status, event.seconds, now, eta_seconds=event.eta_seconds)
                status = Status(event.status)
                return replace(self, status=status, word=event.status, elapsed=elapsed, error=event.error)
            case StepSeen():
                return self._with_step(_step(event, self.steps.get(event.name), now))
            case Log() if event.step in self.steps:
                step = self.steps[event.step]
                return self._with_step(replace(step, tail=(*step.tail, event.text)[-TAIL_LINES:]))
            case Log():
                return self

    def seconds_left(self, now: float) -> float | None:
        """How long it takes from *now* on, by experience; None where there is none, or it has ended."""
        return None if self.status.is_final else self.elapsed.left(now)

    def _with_step(self, step: StepRow) -> "WorkflowRow":
        return replace(self, steps={**self.steps, step.name: step})


class PipelineRow(Struct, frozen=True, kw_only=True):
    """A pipeline and its workflows."""

    seen: PipelineSeen
    elapsed: Elapsed
    workflows: dict[str, WorkflowRow] = {}

    def after(self, event: WorkflowSeen | StepSeen | Log, now: float) -> "PipelineRow":
        """Return the row with *event*, which was told at *now*; a log line alone makes no workflow known."""
        name = workflow_of(event)
        if isinstance(event, Log) and name not in self.workflows:
            return self
        row = self.workflows.get(name) or WorkflowRow(name=name)
        return replace(self, workflows={**self.workflows, name: row.after(event, now)})

    def seconds_left(self, now: float) -> float | None:
        """
        How long it takes from *now* on, by experience; negative when it runs over, None without experience.

        That is at least as long as any of its workflows, for one may begin late.
        """
        own = self.elapsed.left(now)
        parts = [workflow.seconds_left(now) for workflow in self.workflows.values()]
        return None if own is None else max([own, *(part for part in parts if part is not None and part > 0)])

    def fraction(self, now: float) -> float | None:
        """How much is done, 0 to 1: by experience where there is some, else by the steps that have ended."""
        left, elapsed = self.seconds_left(now), self.elapsed.value(now) or 0.0
        if left is not None:
            return fraction_of(elapsed, left)
        steps = [step for workflow in self.workflows.values() for step in workflow.steps.values()]
        return sum(step.status.is_final for step in steps) / len(steps) if steps else None


def workflow_of(event: WorkflowSeen | StepSeen | Log) -> str:
    """Name the workflow that *event* is about, so that those of a matrix can be told apart."""
    match event:
        case WorkflowSeen():
            return workflow_name(event.name, event.axis)
        case StepSeen():
            return workflow_name(event.workflow, event.axis)
        case Log():  # names it like this already
            return event.workflow


def pipeline_row(event: PipelineSeen, known: PipelineRow | None, now: float) -> PipelineRow:
    """Make the row of a pipeline; what is *known* of the same number is kept if it is the same pipeline."""
    elapsed = of_status(event.status, event.seconds, now, eta_seconds=event.eta_seconds)
    workflows = known.workflows if known is not None and known.seen.id == event.id else {}
    return PipelineRow(seen=event, elapsed=elapsed, workflows=workflows)


def _step(event: StepSeen, known: StepRow | None, now: float) -> StepRow:
    return StepRow(
        name=event.name,
        status=Status(event.status),
        elapsed=of_status(event.status, event.seconds, now, eta_seconds=event.eta_seconds),
        exit_code=event.exit_code,
        error=event.error,
        tail=known.tail if known else (),
    )

"""What the server calls a workflow, and a pipeline, whose parts ended so (server/pipeline/status.go, 3.17)."""

from collections.abc import Iterable

from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.sandbox.woodpecker.rows import Pipeline, Workflow

PRIORITY = (
    Status.DECLINED,
    Status.BLOCKED,
    Status.CREATED,
    Status.ERROR,
    Status.KILLED,
    Status.CANCELED,
    Status.RUNNING,
    Status.PENDING,
    Status.FAILURE,
    Status.SUCCESS,
    Status.SKIPPED,
)


def pipeline_status(pipeline: Pipeline) -> Status:
    """Merge the states of its workflows; when all are skipped it is a success."""
    return _merged({workflow.state for workflow in pipeline.workflows} | {Status.SUCCESS})


def workflow_status(workflow: Workflow) -> Status:
    """Merge the states of its steps, leaving out failures that its configuration ignores."""
    if not workflow.started:
        return Status.SKIPPED
    if workflow.error:
        return Status.KILLED if workflow.error == "Canceled" else Status.FAILURE
    counted = (step for step in workflow.steps if not step.state.is_red or step.plan.failure == "fail")
    return _merged({step.state for step in counted} | {Status.SUCCESS})


def _merged(states: Iterable[Status]) -> Status:
    told = set(states)
    if Status.CANCELED in told and told - {Status.CANCELED, Status.SUCCESS, Status.SKIPPED}:
        return Status.KILLED
    return next(state for state in PRIORITY if state in told)

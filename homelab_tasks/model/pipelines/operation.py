"""What may be done to a pipeline: when it is possible, and how it is seen that it was done."""

from enum import StrEnum

from homelab_tasks.model.pipelines.judgement import judge
from homelab_tasks.model.pipelines.pipeline import Pipeline, Status


class Operation(StrEnum):
    """An operation on a pipeline that is there. None may be tried again blindly: the server does it again."""

    RESTART = "restart"
    CANCEL = "cancel"
    APPROVE = "approve"
    DECLINE = "decline"

    @property
    def done(self) -> str:
        """The word for what happened to the pipeline."""
        return _DONE[self]

    def is_possible(self, pipeline: Pipeline) -> bool:
        """Does the state of *pipeline* allow it, now or in a moment?"""
        match self:
            case Operation.RESTART:
                return pipeline.state is not Status.BLOCKED  # server/pipeline/restart.go
            case Operation.CANCEL:
                return pipeline.state in _STOPPABLE
            case Operation.APPROVE | Operation.DECLINE:
                return pipeline.state is Status.BLOCKED

    def is_due(self, pipeline: Pipeline) -> bool:
        """
        May it be asked for now, where it is possible?

        A `blocked` row is visible 30 to 150 ms before its workflows are written; approved in that time it waits for
        ever (seen on a real server). A `created` one cannot be stopped yet (server/pipeline/cancel.go).
        """
        match self:
            case Operation.RESTART:
                return True
            case Operation.CANCEL:
                return pipeline.state is not Status.CREATED
            case Operation.APPROVE | Operation.DECLINE:
                return bool(pipeline.workflows)

    def is_done(self, pipeline: Pipeline) -> bool:
        """Does *pipeline* show that it was done, by us or by somebody else?"""
        match self:
            case Operation.RESTART:
                return False  # it shows in another pipeline, whose parent this is
            case Operation.CANCEL:
                return pipeline.state.is_halted
            case Operation.APPROVE:
                return bool(pipeline.reviewed_by) and pipeline.state not in {Status.BLOCKED, Status.DECLINED}
            case Operation.DECLINE:
                return pipeline.state is Status.DECLINED

    def refusal(self, pipeline: Pipeline) -> str:
        """Say why *pipeline* cannot be subject to it, and what it is."""
        number, now = f"#{pipeline.number}", state_of(pipeline)
        match self:
            case Operation.RESTART:
                return f"{number} waits for approval: it has nothing to restart"
            case Operation.CANCEL:
                return f"{number} has ended, so there is nothing to cancel: {now}"
            case Operation.APPROVE | Operation.DECLINE:
                return f"{number} does not wait for approval: {now}"


_DONE = {
    Operation.RESTART: "restarted",
    Operation.CANCEL: "cancelled",
    Operation.APPROVE: "approved",
    Operation.DECLINE: "declined",
}
_STOPPABLE = frozenset({Status.CREATED, Status.PENDING, Status.RUNNING, Status.BLOCKED})


def state_of(pipeline: Pipeline) -> str:
    """Say in a clause what *pipeline* is now, and by whom: `#3 was declined by bob`, `#3 is running`."""
    if pipeline.state in {Status.DECLINED, Status.KILLED, Status.CANCELED} and (judgement := judge(pipeline)):
        return judgement.reason
    reviewed = f" (approved by {pipeline.reviewed_by})" if pipeline.reviewed_by and not pipeline.parent else ""
    return f"#{pipeline.number} is {pipeline.status or 'in a state that is not known here'}{reviewed}"

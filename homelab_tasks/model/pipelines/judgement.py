"""What a pipeline's end means, and why it is red."""

from collections.abc import Iterator

from msgspec import Struct

from homelab_tasks.model.events import Failure
from homelab_tasks.model.pipelines.pipeline import Pipeline, Status, Step, Workflow
from homelab_tasks.model.verdict import Word


class Judgement(Struct, frozen=True, kw_only=True):
    """The word for one pipeline, the reason in a sentence, and the step to look at first."""

    word: Word
    reason: str
    failing: tuple[tuple[Workflow, Step | None], ...] = ()
    failures: tuple[Failure, ...] = ()

    @property
    def blamed(self) -> Iterator[tuple[Failure, Step | None]]:
        """Pair each failure with the step whose log tells of it, or None."""
        steps = [step for _, step in self.failing]
        return zip(self.failures, steps or [None] * len(self.failures), strict=True)


def judge(pipeline: Pipeline) -> Judgement | None:
    """Judge *pipeline* by its status, or return None while that is no end. An unknown status never is one."""
    ending = _ENDINGS.get(pipeline.state)
    return ending(pipeline, f"#{pipeline.number}") if ending else None


def is_settled(pipeline: Pipeline) -> bool:
    """
    Has *pipeline* ended, with no workflow that an agent may still report on?

    A cancelled pipeline is `killed` at once while its agents still run, and is rewritten by what they report
    (server/pipeline/cancel.go:74-82, server/rpc/rpc.go:400-404).
    """
    return pipeline.state.is_final and not any(workflow.status.is_active for workflow in pipeline.workflows or ())


def waits_for_an_agent(pipeline: Pipeline) -> bool:
    """
    Is *pipeline* queued, as far as anything of it is left?

    One of which a part has run stays `running` while no agent takes the rest.
    """
    if pipeline.state in {Status.CREATED, Status.PENDING}:
        return True
    states = {workflow.status for workflow in pipeline.workflows or ()}
    return pipeline.state is Status.RUNNING and Status.PENDING in states and Status.RUNNING not in states


def is_winding_down(pipeline: Pipeline) -> bool:
    """Are all its steps at an end while the pipeline itself is not? Then its end is milliseconds away."""
    steps = [step for workflow in pipeline.workflows or () for step in workflow.steps]
    return pipeline.state is Status.RUNNING and bool(steps) and all(step.status.is_final for step in steps)


def red_steps(pipeline: Pipeline) -> tuple[tuple[Workflow, Step | None], ...]:
    """
    List what failed: each red workflow with its red steps, or with None where no step is to blame.

    A step that may fail (`failure: ignore`) stands red in a green workflow (server/model/step.go keeps the policy
    to itself), so only red workflows are looked into.
    """
    return tuple(
        (workflow, step)
        for workflow in pipeline.workflows or ()
        if workflow.status.is_red
        for step in (tuple(step for step in workflow.steps if step.status.is_red) or (None,))
    )


def _of_success(pipeline: Pipeline, name: str) -> Judgement:
    workflows = pipeline.workflows or ()
    all_skipped = bool(workflows) and all(workflow.status is Status.SKIPPED for workflow in workflows)
    # A row that ends without having started gave no agent anything (server/rpc/rpc.go `Init` sets started).
    never_ran = not any(workflow.status is Status.SUCCESS for workflow in workflows)
    if all_skipped or (never_ran and pipeline.finished and not pipeline.started):
        return Judgement(word=Word.SKIPPED, reason=f"{name} ran nothing: every workflow was skipped")
    return Judgement(word=Word.PASSED, reason=f"{name} passed")


def _of_failure(pipeline: Pipeline, name: str) -> Judgement:
    return _red(pipeline, f"{name} failed")


def _of_error(pipeline: Pipeline, name: str) -> Judgement:
    problems = pipeline.problems or ("the server does not say why",)
    failures = (Failure(pipeline=pipeline.number, error="; ".join(problems)),)
    return Judgement(word=Word.FAILED, reason=f"{name} could not run: {problems[0]}", failures=failures)


def _of_decline(pipeline: Pipeline, name: str) -> Judgement:
    by = f" by {pipeline.reviewed_by}" if pipeline.reviewed_by else ""
    return Judgement(word=Word.CANCELLED, reason=f"{name} was declined{by}")


def _of_block(_: Pipeline, name: str) -> Judgement:
    return Judgement(word=Word.BLOCKED, reason=f"{name} waits for approval")


def _of_skip(_: Pipeline, name: str) -> Judgement:
    return Judgement(word=Word.SKIPPED, reason=f"{name} was skipped")


def _of_halt(pipeline: Pipeline, name: str) -> Judgement:
    by = pipeline.stopped_by
    if by.canceled_by_step:
        reason = f"{name} was stopped by its step {by.canceled_by_step}, which failed"
        return _red(pipeline, reason, blamed=by.canceled_by_step)
    if by.superseded_by:
        return Judgement(word=Word.SUPERSEDED, reason=f"{name} was replaced by #{by.superseded_by}")
    if by.canceled_by_user:
        return Judgement(word=Word.CANCELLED, reason=f"{name} was cancelled by {by.canceled_by_user}")
    return _red(pipeline, f"{name} was {pipeline.status}, and the server does not say by whom")


_ENDINGS = {
    Status.SUCCESS: _of_success,
    Status.FAILURE: _of_failure,
    Status.ERROR: _of_error,
    Status.DECLINED: _of_decline,
    Status.BLOCKED: _of_block,
    Status.SKIPPED: _of_skip,
    Status.KILLED: _of_halt,
    Status.CANCELED: _of_halt,
}


def _red(pipeline: Pipeline, reason: str, *, blamed: str | None = None) -> Judgement:
    failing = red_steps(pipeline) or tuple(_steps_named(pipeline, blamed))
    failures = tuple(failure_of(pipeline, workflow, step) for workflow, step in failing)
    if not failures:
        failures = (Failure(pipeline=pipeline.number, error=reason),)
    elif pipeline.state is Status.FAILURE:
        reason = describe(failures[0])
    elif blamed is not None:
        reason = f"{describe(failures[0])}, which stopped #{pipeline.number}"
    return Judgement(word=Word.FAILED, reason=reason, failing=failing, failures=failures)


def _steps_named(pipeline: Pipeline, name: str | None) -> Iterator[tuple[Workflow, Step]]:
    for workflow in pipeline.workflows or ():
        for step in workflow.steps:
            if step.name == name and (step.exit_code or step.status.is_red):
                yield workflow, step


def failure_of(pipeline: Pipeline, workflow: Workflow, step: Step | None) -> Failure:
    """Say why *step* (or *workflow* as a whole) is red, without its log."""
    return Failure(
        pipeline=pipeline.number,
        workflow=workflow.name,
        axis=workflow.environ or None,
        step=step.name if step else None,
        exit_code=step.exit_code if step else None,
        error=(step.error if step else "") or workflow.error or None,
    )


def describe(failure: Failure) -> str:
    """Say in a sentence what failed: `docs > links exited with 1`."""
    if failure.target is not None:
        return f"{failure.target}: {failure.error}"
    workflow = workflow_name(failure.workflow, failure.axis) if failure.workflow else None
    place = " > ".join(name for name in (workflow, failure.step) if name)
    if not place and failure.pipeline is None:
        return failure.error or "it failed"
    place = place or f"#{failure.pipeline}"
    # An exit code repeats itself in the agent's error text (`exit code 1`), which then says nothing new.
    detail = f": {failure.error}" if failure.error and "exit code" not in failure.error.lower() else ""
    if failure.exit_code:
        return f"{place} exited with {failure.exit_code}{detail}"
    return f"{place} failed{detail}"


def workflow_name(name: str, axis: dict[str, str] | None) -> str:
    """Name a workflow so that those of a matrix can be told apart: `test (go=1.22, os=linux)`."""
    values = ", ".join(f"{key}={value}" for key, value in sorted((axis or {}).items()))
    return f"{name} ({values})" if values else name

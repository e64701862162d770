"""What is new in a pipeline since it was last looked at."""

from collections.abc import Iterator

from homelab_tasks.model.events import Event, PipelineSeen, StepSeen, WorkflowSeen
from homelab_tasks.model.pipelines.history import Experience
from homelab_tasks.model.pipelines.pipeline import Pipeline, Step, Workflow

_WorkflowKey = tuple[str, int]
NO_EXPERIENCE = Experience()


def changes(  # noqa: PLR0913 - all but the pipelines are given by name
    before: Pipeline | None,
    after: Pipeline,
    *,
    url: str,
    judged: bool = True,
    now: float,
    experience: Experience = NO_EXPERIENCE,
) -> Iterator[Event]:
    """
    Tell what differs from *before*: steps, then their workflow; the pipeline before them, or last when it has ended.

    *now* is the server's time (unix seconds) for durations of what still runs, *experience* says how much longer
    it takes. Workflows that *after* lacks (a list row has none) are not news.
    """
    known = _by_key(before.workflows if before else None)
    told = before is not None and before.status == after.status and before.parent == after.parent
    ended = before is not None and after.state.is_final
    if not told and not ended:
        yield pipeline_seen(after, url=url, judged=judged, now=now)
    for key, workflow in _by_key(after.workflows).items():
        yield from _workflow_changes(after.number, known.get(key), workflow, now, experience)
    if not told and ended:
        yield pipeline_seen(after, url=url, judged=judged, now=now)


def pipeline_seen(pipeline: Pipeline, *, url: str, judged: bool, now: float) -> PipelineSeen:
    """Tell of *pipeline* as it is."""
    return PipelineSeen(
        number=pipeline.number,
        id=pipeline.id,
        commit=pipeline.commit,
        trigger=pipeline.event,
        ref=pipeline.ref,
        status=pipeline.status,
        url=url,
        parent=pipeline.parent or None,
        branch=pipeline.branch or None,
        judged=judged,
        seconds=elapsed(pipeline.started, pipeline.finished, now),
    )


def elapsed(started: int, finished: int, now: float) -> float | None:
    """Seconds between two of the server's times; until *now* for what still runs, None for what never started."""
    if not started:
        return None
    return max(0.0, (finished or now) - started)


def _by_key(workflows: tuple[Workflow, ...] | None) -> dict[_WorkflowKey, Workflow]:
    # Approving replaces ids, a matrix shares names: the place in the pipeline is what stays.
    return {(workflow.name, workflow.pid): workflow for workflow in workflows or ()}


def _workflow_changes(
    number: int, before: Workflow | None, after: Workflow, now: float, experience: Experience
) -> Iterator[Event]:
    known: dict[tuple[str, int], Step] = {(step.name, step.pid): step for step in (before.steps if before else ())}
    for step in after.steps:
        earlier = known.get((step.name, step.pid))
        if earlier is None or (earlier.state, earlier.exit_code, earlier.error) != (
            step.state,
            step.exit_code,
            step.error,
        ):
            yield step_seen(number, after, step, now=now, experience=experience)
    if before is None or (before.state, before.error) != (after.state, after.error):
        yield WorkflowSeen(
            pipeline=number,
            name=after.name,
            axis=after.environ or None,
            status=after.state,
            error=after.error or None,
            seconds=elapsed(after.started, after.finished, now),
            eta_seconds=experience.workflow_left(after, now),
        )


def step_seen(
    number: int, workflow: Workflow, step: Step, *, now: float, experience: Experience = NO_EXPERIENCE
) -> StepSeen:
    """Tell of *step* as it is."""
    return StepSeen(
        pipeline=number,
        workflow=workflow.name,
        axis=workflow.environ or None,
        name=step.name,
        status=step.state,
        exit_code=step.exit_code if step.status.is_final else None,
        seconds=elapsed(step.started, step.finished, now),
        error=step.error or None,
        eta_seconds=experience.step_left(workflow, step, now),
    )

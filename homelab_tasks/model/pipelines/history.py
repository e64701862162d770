"""How long pipelines, their workflows and their steps are expected to take, from those before them."""

from collections.abc import Iterable
from statistics import median

from msgspec import Struct

from homelab_tasks.durations import SECONDS_PER_MINUTE, format_duration
from homelab_tasks.model.pipelines.judgement import workflow_name
from homelab_tasks.model.pipelines.pipeline import Pipeline, Status, Step, Workflow

RUNS_CONSIDERED = 10
ROUGH_FROM_SECONDS = 120  # nobody knows the second in which something ends that takes minutes


class Experience(Struct, frozen=True):
    """Earlier *runs* with their workflows; without any, nothing is expected."""

    runs: tuple[Pipeline, ...] = ()

    def is_of(self, pipeline: Pipeline) -> bool:
        """Can *pipeline* be held against the runs: is none of its workflows new, as far as both are known?"""
        known = {_name(each) for run in self.runs for each in run.workflows or ()}
        return not known or known.issuperset(map(_name, pipeline.workflows or ()))

    def workflow_left(self, workflow: Workflow, now: float) -> float | None:
        """
        How many seconds *workflow* takes from *now* (unix seconds) on; negative when it runs over.

        Before it has begun that is all of it. None where it has ended, or never ran with the steps that it has now.
        """
        return _left(workflow, [_seconds(run) for run in self._like(workflow)], now)

    def step_left(self, workflow: Workflow, step: Step, now: float) -> float | None:
        """How many seconds *step* of *workflow* takes from *now* on, whatever other steps there were; or None."""
        named = [each for run in self._of_name(workflow) for each in run.steps if each.name == step.name]
        return _left(step, [_seconds(each) for each in named], now)

    def _of_name(self, workflow: Workflow) -> list[Workflow]:
        every = [each for run in self.runs for each in run.workflows or ()]
        return [each for each in every if _name(each) == _name(workflow)]

    def _like(self, workflow: Workflow) -> list[Workflow]:
        names = {step.name for step in workflow.steps}
        return [each for each in self._of_name(workflow) if {step.name for step in each.steps} == names]


def runs_before(rows: Iterable[Pipeline], pipeline: Pipeline) -> list[Pipeline]:
    """List the green ones of *rows* with the event of *pipeline*, the newest first; those of its branch, if any."""
    green = [
        row
        for row in sorted(rows, key=lambda row: row.id, reverse=True)
        if row.state is Status.SUCCESS
        and row.event == pipeline.event
        and row.id != pipeline.id
        and row.started
        and row.finished >= row.started
    ]
    return [row for row in green if row.branch == pipeline.branch] or green


def expected_seconds(rows: Iterable[Pipeline], pipeline: Pipeline) -> float | None:
    """
    Expect *pipeline* to run as long as the last green ones of its event did; those of its branch come first.

    None where *rows* hold no green one.
    """
    runs = [row.finished - row.started for row in runs_before(rows, pipeline)[:RUNS_CONSIDERED]]
    return float(median(runs)) if runs else None


def expectation(left: float, *, over: str = "longer than usual") -> str:
    """Say that something takes *left* more seconds: `~40s left`, `~2m left`; negative is `12s longer than usual`."""
    if left > -1:  # the server tells whole seconds
        return f"~{_roughly(max(1.0, left))} left"
    return f"{_roughly(-left)} {over}"


def _roughly(seconds: float) -> str:
    if seconds < ROUGH_FROM_SECONDS:
        return format_duration(seconds)
    minutes = round(seconds / SECONDS_PER_MINUTE)
    return format_duration(minutes * SECONDS_PER_MINUTE).removesuffix("00s")


def _name(workflow: Workflow) -> str:
    return workflow_name(workflow.name, workflow.environ)


def _left(current: Workflow | Step, before: Iterable[float | None], now: float) -> float | None:
    seconds = [each for each in before if each is not None]
    if current.status.is_final or not seconds:
        return None
    return median(seconds) - (max(0.0, now - current.started) if current.started else 0.0)


def _seconds(run: Workflow | Step) -> float | None:
    """How long *run* took, where it was green: one that was skipped or red tells nothing."""
    if run.status is not Status.SUCCESS or not run.started or run.finished < run.started:
        return None
    return float(run.finished - run.started)

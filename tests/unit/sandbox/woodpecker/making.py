"""Rows for tests."""

from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.sandbox.woodpecker.plan import StepPlan, WorkflowPlan
from homelab_tasks.sandbox.woodpecker.rows import Pipeline, Repository, Step, Workflow


def workflow(*states: str, failure: str = "fail", started: int = 1, error: str = "", **plan: object) -> Workflow:
    """A workflow whose steps have *states*; *failure* is the policy of each."""
    name = str(plan.pop("name", "build"))
    steps = tuple(StepPlan(name=f"s{index}", failure=failure) for index, _ in enumerate(states))
    made = WorkflowPlan(name=name, steps=steps, **plan)  # type: ignore[arg-type] # the fields of the plan
    row = Workflow(id=1, pid=1, plan=made, state=Status.PENDING, started=started, error=error)
    row.steps = [
        Step(id=index, uuid="", pid=index, ppid=1, plan=steps[index], state=Status(state))
        for index, state in enumerate(states)
    ]
    return row


def pipeline(*workflows: Workflow) -> Pipeline:
    """A pipeline of *workflows*."""
    repository = Repository(id=1, owner="lab", name="app")
    row = Pipeline(
        id=1, number=1, repository=repository, event="push", commit="c0ffee", ref="refs/heads/main",
        status=Status.PENDING, created=1,
    )  # fmt: skip
    row.workflows = list(workflows)
    return row


def states(*words: str) -> list[Workflow]:
    """Workflows that are in those states."""
    rows = [workflow() for _ in words]
    for row, word in zip(rows, words, strict=True):
        row.state = Status(word)
    return rows

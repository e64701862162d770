"""What is expected, and what is not, of pipelines like those before them."""

import pytest
from msgspec import structs

from homelab_tasks.model.pipelines.history import Experience, expectation, expected_seconds, runs_before
from homelab_tasks.model.pipelines.pipeline import Pipeline, Step, Workflow

NOW = 1_795_462_400


def step(name: str, state: str, began: int = 0, seconds: int = 0) -> Step:
    ended = began + seconds if state != "running" else 0
    return Step(id=1, pid=2, name=name, state=state, started=began, finished=ended if began else 0)


def workflow(name: str, state: str, *steps: Step, began: int = 0, seconds: int = 0, go: str = "") -> Workflow:
    ended = began + seconds if began and state != "running" else 0
    axis = {"GO": go} if go else None
    return Workflow(id=1, pid=1, name=name, state=state, children=steps, started=began, finished=ended, environ=axis)


def run(number: int, *workflows: Workflow, seconds: int = 60, **other: str) -> Pipeline:
    row = Pipeline(
        id=number,
        number=number,
        commit="c0ffee",
        event="push",
        status="success",
        branch="main",
        started=1000,
        finished=1000 + seconds,
        workflows=workflows or None,
    )
    return structs.replace(row, **other)


def runs_of(*seconds: int, state: str = "success", go: str = "") -> Experience:
    return Experience(
        tuple(
            run(number, workflow("test", state, step("unit", state, 1000, each), began=1000, seconds=each, go=go))
            for number, each in enumerate(seconds)
        )
    )


RUNNING = workflow("test", "running", step("unit", "running", NOW - 20), began=NOW - 20)


def test_a_workflow_and_its_step_take_the_median_of_earlier_runs() -> None:
    experience = runs_of(50, 900, 60)

    assert experience.workflow_left(RUNNING, NOW) == 40
    assert experience.step_left(RUNNING, RUNNING.steps[0], NOW) == 40


def test_what_is_left_is_negative_when_it_runs_over() -> None:
    assert runs_of(15).workflow_left(RUNNING, NOW) == -5


def test_all_of_it_is_left_when_it_has_not_begun() -> None:
    assert runs_of(50).workflow_left(workflow("test", "pending", step("unit", "pending")), NOW) == 50


def test_nothing_is_expected_when_there_is_no_history_or_it_has_ended() -> None:
    ended = workflow("test", "success", step("unit", "success", NOW - 20, 10), began=NOW - 20, seconds=10)

    assert Experience().workflow_left(RUNNING, NOW) is None
    assert Experience().step_left(RUNNING, RUNNING.steps[0], NOW) is None
    assert runs_of(50).workflow_left(ended, NOW) is None
    assert runs_of(50).workflow_left(workflow("docs", "running", began=NOW), NOW) is None


@pytest.mark.parametrize("state", ["failure", "skipped", "killed"])
def test_a_run_that_was_not_green_tells_nothing(state: str) -> None:
    assert runs_of(50, state=state).workflow_left(RUNNING, NOW) is None
    assert runs_of(50, state=state).step_left(RUNNING, RUNNING.steps[0], NOW) is None


def test_only_its_steps_are_foreseen_when_a_workflow_has_other_steps_than_before() -> None:
    known, new = step("unit", "running", NOW - 20), step("integration", "pending")
    changed = workflow("test", "running", known, new, began=NOW - 20)

    assert runs_of(50).workflow_left(changed, NOW) is None
    assert runs_of(50).step_left(changed, known, NOW) == 30
    assert runs_of(50).step_left(changed, new, NOW) is None


def test_a_pipeline_is_not_held_against_runs_that_lack_one_of_its_workflows() -> None:
    new = workflow("e2e", "pending")

    assert runs_of(50).is_of(run(9, RUNNING))
    assert runs_of(50).is_of(run(9))
    assert not runs_of(50).is_of(run(9, RUNNING, new))
    assert Experience().is_of(run(9, RUNNING, new))


def test_workflows_of_a_matrix_are_told_apart() -> None:
    assert runs_of(50, go="1.24").workflow_left(RUNNING, NOW) is None
    assert runs_of(50, go="1.24").workflow_left(structs.replace(RUNNING, environ={"GO": "1.24"}), NOW) == 30


def test_the_green_runs_of_the_branch_come_first_and_the_newest_of_them() -> None:
    rows = [
        run(1, branch="topic"),
        run(2, status="failure"),
        run(3, event="cron"),
        run(4, seconds=10),
        run(5, seconds=20),
        run(6, seconds=40),
    ]

    assert [row.number for row in runs_before(rows, run(6))] == [5, 4]
    assert [row.number for row in runs_before(rows, run(7, branch="topic"))] == [1]
    assert [row.number for row in runs_before(rows, run(7, branch="other"))] == [6, 5, 4, 1]
    assert expected_seconds(rows, run(7)) == 20
    assert expected_seconds(rows, run(7, event="tag")) is None


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (40.4, "~40s left"),
        (119, "~1m59s left"),
        (125, "~2m left"),
        (3600, "~1h00m left"),
        (0.2, "~1s left"),
        (-0.9, "~1s left"),
        (-1.2, "1s longer than usual"),
        (-400, "7m longer than usual"),
    ],
)
def test_an_expectation_is_as_exact_as_it_can_be(left: float, words: str) -> None:
    assert expectation(left) == words

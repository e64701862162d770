import pytest

from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.sandbox.woodpecker.outcome import pipeline_status, workflow_status
from tests.unit.sandbox.woodpecker.making import pipeline, states, workflow


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["success", "success"], Status.SUCCESS),
        (["success", "failure"], Status.FAILURE),
        (["failure", "skipped"], Status.FAILURE),
        (["skipped", "skipped"], Status.SUCCESS),
        (["failure", "killed"], Status.KILLED),
        (["success", "canceled"], Status.CANCELED),
        (["failure", "canceled"], Status.KILLED),
        (["success", "running"], Status.RUNNING),
        (["blocked", "declined"], Status.DECLINED),
    ],
)
def test_a_pipeline_is_what_its_worst_workflow_is(words: list[str], expected: Status) -> None:
    assert pipeline_status(pipeline(*states(*words))) is expected


def test_a_workflow_that_never_started_is_skipped() -> None:
    assert workflow_status(workflow("killed", started=0)) is Status.SKIPPED


def test_a_workflow_with_an_error_is_killed_when_it_was_cancelled_and_failed_otherwise() -> None:
    assert workflow_status(workflow("success", error="Canceled")) is Status.KILLED
    assert workflow_status(workflow("success", error="no space left")) is Status.FAILURE


@pytest.mark.parametrize(("failure", "expected"), [("fail", Status.FAILURE), ("ignore", Status.SUCCESS)])
def test_a_failure_that_is_ignored_leaves_the_workflow_green(failure: str, expected: Status) -> None:
    assert workflow_status(workflow("success", "failure", "skipped", failure=failure)) is expected

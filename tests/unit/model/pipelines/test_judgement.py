"""What an end means, and what failed, in words."""

import pytest
from msgspec import structs

from homelab_tasks.model.events import Failure
from homelab_tasks.model.pipelines.judgement import describe, is_settled, judge
from homelab_tasks.model.pipelines.pipeline import CancelInfo, Status
from tests.fakes.server import ROW


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (Failure(pipeline=128, workflow="docs", step="links", exit_code=1), "docs > links exited with 1"),
        (Failure(pipeline=128, workflow="test", axis={"go": "1.22"}, step="unit"), "test (go=1.22) > unit failed"),
        (
            Failure(pipeline=128, workflow="docs", step="links", exit_code=1, error="exit code 1"),
            "docs > links exited with 1",
        ),
        (Failure(pipeline=128, workflow="docs", error="no agent"), "docs failed: no agent"),
        (Failure(pipeline=128, error="bad yaml"), "#128 failed: bad yaml"),
        (Failure(step="verify", exit_code=2), "verify exited with 2"),
        (Failure(target="web/web", pod="web-1", error="CrashLoopBackOff"), "web/web: CrashLoopBackOff"),
        (Failure(error="the server refused it"), "the server refused it"),
    ],
)
def test_a_failure_is_described_by_where_it_was_and_what_it_was(failure: Failure, words: str) -> None:
    assert describe(failure) == words


@pytest.mark.parametrize("status", ["", "succeeded", "SUCCESS", "success ", "started", "paused"])
def test_an_unknown_status_is_neither_an_end_nor_green(status: str) -> None:
    pipeline = structs.replace(ROW, status=status, finished=1)

    assert judge(pipeline) is None
    assert not is_settled(pipeline)


@pytest.mark.parametrize("status", Status)
def test_a_status_that_is_no_end_is_not_judged_unless_it_waits_for_a_person(status: Status) -> None:
    judged = judge(structs.replace(ROW, status=status.value)) is not None

    assert judged == (status.is_final or status is Status.BLOCKED)


@pytest.mark.parametrize("status", [status for status in Status if not status.is_halted])
def test_who_stopped_it_counts_only_while_it_is_stopped(status: Status) -> None:
    stopped = CancelInfo(canceled_by_user="ada", superseded_by=9, canceled_by_step="test")
    pipeline = structs.replace(ROW, status=status.value, cancel_info=stopped)

    assert pipeline.stopped_by == CancelInfo()
    assert judge(pipeline) == judge(structs.replace(pipeline, cancel_info=None))

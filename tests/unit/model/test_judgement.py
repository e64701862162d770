"""What failed, in words."""

import pytest

from homelab_tasks.model.events import Failure
from homelab_tasks.model.judgement import describe


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

"""`inv ci.restart` and its like from the outside: what they do to the server, what they print, how they end."""

import signal
import time
from typing import Any

import pytest

from homelab_tasks.model.pipelines.pipeline import Status
from homelab_tasks.sandbox.woodpecker.rows import Pipeline
from tests.integration.tasks.conftest import Lab, until
from tests.integration.tasks.running import INV, Ended

VIEWER_TOKEN = "wp-viewer-token-4711"


def newest(lab: Lab) -> Pipeline:
    return lab.homelab.woodpecker.pipelines()[0]


def pushed(lab: Lab, **files: str) -> str:
    """A commit whose pipeline has ended."""
    sha = lab.homelab.push({"note": f"at {time.monotonic()}", **files})
    rows = lab.homelab.woodpecker.pipelines
    until(lambda: any(row.commit == sha and row.status.is_final for row in rows()), seconds=20)
    return sha


def listed(ended: Ended) -> list[tuple[int, str]]:
    return [(pipeline["number"], pipeline["status"]) for pipeline in ended.verdict["pipelines"]]


def test_a_restart_is_a_new_pipeline_and_with_watch_its_verdict(lab: Lab) -> None:
    sha = pushed(lab)
    number = newest(lab).number

    ended = lab.inv("ci.restart", sha, "--watch")

    assert ended.code == 0
    assert ended.verdict["verdict"] == "passed"
    assert listed(ended) == [(number + 1, "success")]
    assert newest(lab).parent == number


def test_a_pipeline_of_another_commit_is_restarted_only_when_asked(lab: Lab) -> None:
    pushed(lab)
    old = newest(lab).number
    pushed(lab)

    refused = lab.shell.inv("ci.restart", "--pipeline", str(old), "--json")
    allowed = lab.shell.inv("ci.restart", "--pipeline", str(old), "--any-commit", "--json")

    assert (refused.code, refused.verdict["verdict"]) == (2, "usage")
    assert "--any-commit" in refused.verdict["hint"]
    assert allowed.code == 0
    assert newest(lab).parent == old


def test_head_says_nothing_about_the_pipelines_of_another_repository(lab: Lab) -> None:
    lab.homelab.add_repository("lab/other")
    other = lab.homelab.woodpecker.script(lab.sha(), repository="lab/other", status="blocked")

    ended = lab.shell.inv("ci.restart", "--pipeline", str(other.number), "--repository", "lab/other", "--json")

    assert ended.verdict["reason"] == f"#{other.number} waits for approval: it has nothing to restart"


def test_a_running_pipeline_is_cancelled_once_and_then_has_ended(lab: Lab) -> None:
    sha = lab.sha()
    life = lab.script(sha)
    life.status("running")

    first = lab.inv("ci.cancel", sha)
    second = lab.inv("ci.cancel", sha)

    assert (first.code, first.verdict["verdict"], listed(first)) == (0, "ok", [(life.number, "killed")])
    assert first.verdict["reason"] == f"#{life.number} was cancelled by lab"
    assert (second.code, second.verdict["verdict"]) == (2, "usage")
    assert f"#{life.number} was cancelled by lab" in second.verdict["reason"]


def test_cancel_with_watch_ends_with_3_because_a_person_cancelled_it(lab: Lab) -> None:
    sha = lab.sha()
    lab.script(sha).status("pending")

    ended = lab.inv("ci.cancel", sha, "--watch")

    assert (ended.code, ended.verdict["verdict"]) == (3, "cancelled")


@pytest.mark.parametrize(("task", "code", "status"), [("ci.approve", 0, "success"), ("ci.decline", 3, "declined")])
def test_a_blocked_pipeline_is_reviewed_and_watched(lab: Lab, task: str, code: int, status: str) -> None:
    repository = lab.homelab.woodpecker.repository()
    repository.require_approval = "all_events"
    try:
        sha = lab.homelab.push({"note": f"gated at {time.monotonic()}"})
        until(lambda: any(row.commit == sha for row in lab.homelab.woodpecker.pipelines()))
        ended = lab.inv(task, sha, "--watch")
    finally:
        repository.require_approval = "none"

    assert ended.code == code
    assert [each[1] for each in listed(ended)] == [status]
    assert newest(lab).reviewed_by == "lab"


def test_approving_what_is_not_blocked_names_what_it_is(lab: Lab) -> None:
    sha = lab.sha()
    life = lab.script(sha)
    life.status("running")

    ended = lab.inv("ci.approve", sha)

    assert ended.code == 2
    assert ended.verdict["reason"] == f"#{life.number} does not wait for approval: #{life.number} is running"


def test_a_branch_is_run_with_its_variables(lab: Lab) -> None:
    pushed(lab)

    ended = lab.shell.inv("ci.run", "--branch", "main", "--var", "A=1", "--var", "B=x=y", "--watch", "--json")

    assert (ended.code, ended.verdict["verdict"]) == (0, "passed")
    assert newest(lab).event == "manual"
    assert newest(lab).variables == {"A": "1", "B": "x=y"}


RUNS: list[tuple[list[str], int, str]] = [
    (["--branch", "mian"], 2, "lab/app has no branch 'mian'"),
    (["--var", "A"], 2, "--var: 'A' is not KEY=VALUE"),
    (["--var", "not a name=1"], 2, "--var: 'not a name' is not KEY=VALUE"),
]


@pytest.mark.parametrize(("words", "code", "reason"), RUNS)
def test_a_run_that_cannot_be_says_why_at_once(lab: Lab, words: list[str], code: int, reason: str) -> None:
    started = time.monotonic()

    ended = lab.shell.inv("ci.run", *words, "--json")

    assert (ended.code, ended.verdict["reason"]) == (code, reason)
    assert time.monotonic() - started < 10, "an unknown branch is no outage"


def test_a_branch_without_configuration_is_skipped(lab: Lab) -> None:
    config = (lab.homelab.app / ".woodpecker.yaml").read_text()
    lab.homelab.push({".woodpecker.yaml": config.replace("[push, manual]", "[tag]")}, branch="nothing")
    lab.homelab.push({".woodpecker.yaml": config}, branch="main")

    ended = lab.shell.inv("ci.run", "--branch", "nothing", "--json")

    assert (ended.code, ended.verdict["verdict"]) == (6, "skipped")


@pytest.mark.parametrize("words", [["ci.restart"], ["ci.run", "--branch", "main"]])
def test_the_missing_right_is_named(lab: Lab, words: list[str]) -> None:
    pushed(lab)
    lab.homelab.woodpecker.add_user("viewer", VIEWER_TOKEN, can_push=False)
    tokens: dict[str, Any] = {
        "HOMELAB_WOODPECKER_TOKEN": '[{"env": "WOODPECKER_TOKEN"}]',
        "WOODPECKER_TOKEN": VIEWER_TOKEN,
    }

    ended = lab.shell.inv(*words, "--json", env=tokens)

    assert (ended.code, ended.verdict["verdict"]) == (77, "denied")
    assert "viewer may not" in ended.verdict["reason"]
    assert "the push right on lab/app" in ended.verdict["reason"]


FAULTS = ["empty:0.6:2", "5xx:0.5:2", "torn:0.5:2", "reset:0.5:2", "404-flap:0.4:2", "401-flap:0.4:2", "flap:0.5:2"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_pipeline_is_restarted_exactly_once_behind_a_balancer_that_fails(lab: Lab, fault: str) -> None:
    sha = pushed(lab)
    before = newest(lab).number
    lab.homelab.faults.set(fault)

    ended = lab.inv("ci.restart", sha)

    lab.homelab.faults.clear()
    assert ended.code == 0, ended.verdict
    assert [row.number for row in lab.homelab.woodpecker.pipelines() if row.number > before] == [before + 1]
    assert ended.verdict["pipelines"][0]["number"] == before + 1


def test_whoever_interrupts_a_watch_after_a_restart_is_told_to_look_and_not_to_restart_again(lab: Lab) -> None:
    sha = pushed(lab)
    lab.homelab.woodpecker.pause_queue()
    try:
        process = lab.shell.start(*INV, "ci.restart", "--sha", sha, "--watch", "--json")
        until(lambda: newest(lab).parent > 0 and newest(lab).commit == sha)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        ended = lab.shell.ended(process)
    finally:
        lab.homelab.woodpecker.resume_queue()

    assert ended.code == 130
    assert ended.verdict["hint"] == f"Come back: inv ci.watch --pipeline {newest(lab).number}"
    assert newest(lab).status is not Status.ERROR

"""Follow the CI of a commit, and operate it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.tasks import task

from homelab_tasks.tasks.ci_operate import approve, cancel, decline, restart, run
from homelab_tasks.tasks.command import NOT_GIVEN, command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homelab_tasks.model.events import Event
    from homelab_tasks.tasks.assembly import Assembly


__all__ = ["approve", "cancel", "decline", "logs", "restart", "run", "status", "watch"]

WHICH = {
    "sha": "commit to look at: any git revision (default: HEAD)",
    "pipeline": "number of one pipeline, instead of all of a commit",
    "repository": "OWNER/NAME on the CI server (default: from the git remote)",
    "json": "print events as JSON Lines on stdout",
}
SELECTED = {
    "branch": "judge only pipelines of this branch",
    "events": "Woodpecker events to judge, comma-separated (default: push)",
}


@task(default=True, auto_shortflags=False, help=WHICH | SELECTED)
@command("ci.status")
def status(
    c: Assembly,
    sha: str = NOT_GIVEN,
    pipeline: str = NOT_GIVEN,
    branch: str = NOT_GIVEN,
    events: str = NOT_GIVEN,
    repository: str = NOT_GIVEN,
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    Look once at the CI of a commit.

    Ends with the verdict of its pipelines: 0 passed, 1 failed, 8 while pending, 5 when there is none.
    """
    from homelab_tasks.tasks.ci_request import CiFlags, watch_ci

    flags = CiFlags(sha=sha, pipeline=pipeline, branch=branch, events=events, repository=repository)
    return watch_ci(c, flags, once=True)


@task(
    auto_shortflags=False,
    help=WHICH
    | SELECTED
    | {
        "timeout": "how long to wait for the verdict: 90s, 20m, 1h30m (default: 30m)",
        "appear_timeout": "how long a pipeline may take to appear (default: 2m)",
        "no_follow": "do not follow the pipeline that superseded the commit's: end with 4",
        "fail_fast": "end at the first red workflow, while others still run",
        "logs": "which logs to show: failed (their ends), all, none (default: failed)",
        "wait_for_approval": "wait while a pipeline is blocked, instead of ending with 7",
        "notify": "ring the bell, or show a desktop notice, at the end",
    },
)
@command("ci.watch")
def watch(
    c: Assembly,
    sha: str = NOT_GIVEN,
    pipeline: str = NOT_GIVEN,
    branch: str = NOT_GIVEN,
    events: str = NOT_GIVEN,
    repository: str = NOT_GIVEN,
    timeout: str = NOT_GIVEN,
    appear_timeout: str = NOT_GIVEN,
    no_follow: bool = False,
    fail_fast: bool = False,
    logs: str = "failed",
    wait_for_approval: bool = False,
    notify: bool = False,  # noqa: ARG001 - read by the command
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    Follow the CI of a commit to its verdict.

    Waits for its pipelines to appear, and for their end: 0 passed, 1 failed, 3 cancelled, 4 superseded,
    5 none appeared, 6 skipped, 7 blocked, 9 stuck, 69 server away, 77 no token, 124 timeout.
    """
    from homelab_tasks.tasks.ci_request import CiFlags, watch_ci

    flags = CiFlags(
        sha=sha,
        pipeline=pipeline,
        branch=branch,
        events=events,
        repository=repository,
        timeout=timeout,
        appear_timeout=appear_timeout,
        follow=not no_follow,
        fail_fast=fail_fast,
        logs=logs,
        wait_for_approval=wait_for_approval,
    )
    return watch_ci(c, flags, once=False)


@task(
    auto_shortflags=False,
    help=WHICH
    | {
        "events": SELECTED["events"],
        "step": "STEP or WORKFLOW/STEP whose log to show (default: those that failed)",
        "all": "show the logs of all steps",
        "follow": "go on while the pipeline runs, until it has ended",
        "tail": "show only the last N lines of each step",
        "timeout": "how long to follow: 90s, 20m, 1h30m (default: 30m)",
    },
)
@command("ci.logs")
def logs(
    c: Assembly,
    sha: str = NOT_GIVEN,
    pipeline: str = NOT_GIVEN,
    events: str = NOT_GIVEN,
    repository: str = NOT_GIVEN,
    step: str = NOT_GIVEN,
    all: bool = False,  # noqa: A002 - the name of the flag
    follow: bool = False,
    tail: str = NOT_GIVEN,
    timeout: str = NOT_GIVEN,
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    Show the logs of a commit's pipelines.

    Those of the steps that failed, unless --step or --all says otherwise. Ends with 0 when they were shown,
    whatever they say, and with 5 when there is no such pipeline or step.
    """
    from homelab_tasks.tasks.ci_request import LogFlags, show_logs

    flags = LogFlags(
        sha=sha,
        pipeline=pipeline,
        events=events,
        repository=repository,
        step=step,
        everything=all,
        follow=follow,
        tail=tail,
        timeout=timeout,
    )
    return show_logs(c, flags)

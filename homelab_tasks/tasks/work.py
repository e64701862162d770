"""Topics, and landing them on the trunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.tasks import task

from homelab_tasks.errors import UsageError
from homelab_tasks.tasks.command import NOT_GIVEN, command
from homelab_tasks.tasks.optional_argument import LenientTask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homelab_tasks.model.events import Event
    from homelab_tasks.tasks.assembly import Assembly


JSON_HELP = "print events as JSON Lines on stdout"


@task(
    klass=LenientTask,
    auto_shortflags=False,
    positional=["topic"],
    help={
        "topic": "name of the topic, and of its branch; must be given",
        "base": "revision to begin at (default: the trunk as it is on the remote now)",
        "json": JSON_HELP,
    },
)
@command("work.start")
def start(
    c: Assembly,
    topic: str = "",
    base: str = NOT_GIVEN,
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    Start a topic: a branch from the fresh trunk, in a worktree of its own.

    A branch of that name that is here or on the remote is adopted. Prints the `cd` that leads there.
    """
    from homelab_tasks.tasks.topics_request import start_work

    return start_work(c, topic, base)


@task(
    default=True,
    auto_shortflags=False,
    help={"repository": "OWNER/NAME on the forge and the CI server (default: from the git remote)", "json": JSON_HELP},
)
@command("work.status")
def status(
    c: Assembly,
    repository: str = NOT_GIVEN,
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    Show every topic.

    Its commits ahead and behind, whether it is dirty or has landed, its pull request, its CI.
    """
    from homelab_tasks.tasks.topics_request import show_work

    return show_work(c, repository)


@task(
    klass=LenientTask,
    positional=["topic"],
    auto_shortflags=False,
    help={
        "topic": "the topic to remove (default: every one that has landed)",
        "dry_run": "say what would be removed, and remove nothing",
        "json": JSON_HELP,
    },
)
@command("work.clean")
def clean(
    c: Assembly,
    topic: str = "",
    dry_run: bool = False,
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    Remove the worktrees and branches of topics that have landed.

    Whatever could be lost is kept, and named with the reason.
    """
    from homelab_tasks.tasks.topics_request import clean_work

    return clean_work(c, topic, dry_run=dry_run)


@task(
    auto_shortflags=False,
    help={
        "verify": "shell command that must pass on the merged result (default: homelab.work.verify)",
        "no_verify": "land without verifying",
        "no_ci_watch": "do not follow the CI of the landed commit",
        "deploy_wait": "wait until the landed commit runs (default: homelab.work.deploy)",
        "no_deploy_wait": "do not wait for the deployment",
        "propose": "open a pull request instead of landing",
        "dry_run": "say what a landing would do, and do nothing",
        "resume": "go on with the landing that was interrupted in this worktree",
        "abort": "give up the landing that was interrupted in this worktree",
        "message": "message of the merge commit",
        "repository": "OWNER/NAME on the forge and the CI server (default: from the git remote)",
        "timeout": "how long landing may take, verify included: 90s, 20m, 1h30m (default: 30m)",
        "json": JSON_HELP,
    },
)
@command("work.land")
def land(
    c: Assembly,
    verify: str = NOT_GIVEN,
    no_verify: bool = False,
    no_ci_watch: bool = False,
    deploy_wait: bool = False,
    no_deploy_wait: bool = False,
    propose: bool = False,
    dry_run: bool = False,
    resume: bool = False,
    abort: bool = False,
    message: str = NOT_GIVEN,
    repository: str = NOT_GIVEN,
    timeout: str = NOT_GIVEN,
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    Land the topic on the trunk, follow its CI, wait for its deployment.

    The merged result is verified, and only what was verified is pushed. Ends with 0 landed (and green, and rolled
    out), 1 red or refused, 2 not possible from here, 5 nothing to land, 10 a pull request is open instead,
    11 conflict, 12 lost every race, 69 remote away, 77 not allowed, 124 timeout; --json names the stage.
    """
    from homelab_tasks.tasks.work_request import LandFlags, land_work

    if deploy_wait and no_deploy_wait:
        raise UsageError("--deploy-wait and --no-deploy-wait exclude each other", hint="leave one of them out")
    flags = LandFlags(
        verify=verify,
        no_verify=no_verify,
        ci_watch=not no_ci_watch,
        deploy_wait=True if deploy_wait else False if no_deploy_wait else None,
        propose=propose,
        dry_run=dry_run,
        resume=resume,
        abort=abort,
        message=message,
        repository=repository,
        timeout=timeout,
    )
    return land_work(c, flags)

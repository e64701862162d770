"""The tasks of `ci` that change something on the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.tasks import task

from homelab_tasks.tasks.command import NOT_GIVEN, command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homelab_tasks.model.events import Event
    from homelab_tasks.tasks.assembly import Assembly


COMMON = {
    "repository": "OWNER/NAME on the CI server (default: from the git remote)",
    "watch": "go on watching, and end with the pipeline's verdict",
    "timeout": "how long to watch: 90s, 20m, 1h30m (default: 30m)",
    "json": "print events as JSON Lines on stdout",
}
WHICH = COMMON | {
    "sha": "commit whose pipeline it is: any git revision (default: HEAD)",
    "pipeline": "number of the pipeline, where the commit has several",
}


@task(auto_shortflags=False, help=WHICH | {"any_commit": "also a pipeline of another commit than --sha"})
@command("ci.restart")
def restart(
    c: Assembly,
    sha: str = NOT_GIVEN,
    pipeline: str = NOT_GIVEN,
    any_commit: bool = False,
    repository: str = NOT_GIVEN,
    watch: bool = False,
    timeout: str = NOT_GIVEN,
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    Run a commit's pipeline again.

    Ends with 0 once the new pipeline is there (with --watch: with its verdict), 1 when it could not run, 2 for a
    pipeline of another commit, 5 when there is none, 77 without the push right.
    """
    from homelab_tasks.model.pipelines.operation import Operation
    from homelab_tasks.tasks.operate_request import OperateFlags, operate

    flags = OperateFlags(
        sha=sha, pipeline=pipeline, any_commit=any_commit, repository=repository, watch=watch, timeout=timeout
    )
    return operate(c, Operation.RESTART, flags)


@task(auto_shortflags=False, help=WHICH)
@command("ci.cancel")
def cancel(
    c: Assembly,
    sha: str = NOT_GIVEN,
    pipeline: str = NOT_GIVEN,
    repository: str = NOT_GIVEN,
    watch: bool = False,
    timeout: str = NOT_GIVEN,
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    Stop a commit's pipeline.

    Ends with 0 once the server shows that it is stopped, 2 when it has ended already, 77 without the push right.
    """
    from homelab_tasks.model.pipelines.operation import Operation
    from homelab_tasks.tasks.operate_request import OperateFlags, operate

    flags = OperateFlags(sha=sha, pipeline=pipeline, repository=repository, watch=watch, timeout=timeout)
    return operate(c, Operation.CANCEL, flags)


@task(auto_shortflags=False, help=WHICH)
@command("ci.approve")
def approve(
    c: Assembly,
    sha: str = NOT_GIVEN,
    pipeline: str = NOT_GIVEN,
    repository: str = NOT_GIVEN,
    watch: bool = False,
    timeout: str = NOT_GIVEN,
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    Let a blocked pipeline run.

    Ends with 0 once the server shows who approved it (with --watch: with the pipeline's verdict), 2 when it is not
    blocked, 77 without the push right.
    """
    from homelab_tasks.model.pipelines.operation import Operation
    from homelab_tasks.tasks.operate_request import OperateFlags, operate

    flags = OperateFlags(sha=sha, pipeline=pipeline, repository=repository, watch=watch, timeout=timeout)
    return operate(c, Operation.APPROVE, flags)


@task(auto_shortflags=False, help=WHICH)
@command("ci.decline")
def decline(
    c: Assembly,
    sha: str = NOT_GIVEN,
    pipeline: str = NOT_GIVEN,
    repository: str = NOT_GIVEN,
    watch: bool = False,
    timeout: str = NOT_GIVEN,
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    Refuse a blocked pipeline.

    Ends with 0 once the server shows that it is declined, 2 when it is not blocked, 77 without the push right.
    """
    from homelab_tasks.model.pipelines.operation import Operation
    from homelab_tasks.tasks.operate_request import OperateFlags, operate

    flags = OperateFlags(sha=sha, pipeline=pipeline, repository=repository, watch=watch, timeout=timeout)
    return operate(c, Operation.DECLINE, flags)


@task(
    auto_shortflags=False,
    iterable=["var"],
    help=COMMON
    | {
        "branch": "branch to run (default: the repository's default branch)",
        "var": "KEY=VALUE that every step sees as a variable; may be given more than once",
    },
)
@command("ci.run")
def run(
    c: Assembly,
    branch: str = NOT_GIVEN,
    var: list[str] | None = None,
    repository: str = NOT_GIVEN,
    watch: bool = False,
    timeout: str = NOT_GIVEN,
    json: bool = False,  # noqa: ARG001 - read by the command
) -> Iterator[Event]:
    """
    Run a branch by hand, as it is on the server.

    Ends with 0 once the pipeline is there (with --watch: with its verdict), 1 when it could not run, 2 for a branch
    that is not there, 6 when no workflow is for a manual run, 77 without the push right.
    """
    from homelab_tasks.tasks.operate_request import RunFlags, run_branch

    flags = RunFlags(branch=branch, variables=tuple(var or ()), repository=repository, watch=watch, timeout=timeout)
    return run_branch(c, flags)

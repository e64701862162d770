"""From the flags of a task that operates CI to the operation that it asks for."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from homelab_tasks.errors import UsageError
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Event
from homelab_tasks.model.pipelines.operation import Operation
from homelab_tasks.model.pipelines.pipeline import Pipeline
from homelab_tasks.tasks.assembly import Assembly
from homelab_tasks.tasks.ci_request import watching
from homelab_tasks.tasks.flags import duration, whole_number

if TYPE_CHECKING:
    from homelab_tasks.actions.pipelines.operate_pipeline import Watch

_VARIABLE = re.compile(r"([A-Za-z_]\w*)=(.*)", re.ASCII | re.DOTALL)


class OperateFlags(Struct, frozen=True, kw_only=True):
    """The flags that say which pipeline, and whether to go on watching; empty text is the default."""

    sha: str = ""
    pipeline: str = ""
    repository: str = ""
    any_commit: bool = False
    watch: bool = False
    timeout: str = ""


class RunFlags(Struct, frozen=True, kw_only=True):
    """The flags of a run by hand; *variables* are written `KEY=VALUE`."""

    branch: str = ""
    variables: tuple[str, ...] = ()
    repository: str = ""
    watch: bool = False
    timeout: str = ""


def operate(assembly: Assembly, operation: Operation, flags: OperateFlags) -> Iterator[Event]:
    """Tell what is operated on, then do it. Raises UsageError for flags that cannot be."""
    from homelab_tasks.actions.pipelines.choose_pipeline import Choice
    from homelab_tasks.actions.pipelines.operate_pipeline import OperateRequest, operate_pipeline

    number = whole_number("--pipeline", flags.pipeline)
    commit = _commit(assembly, flags, number, operation)
    choice = Choice(commit=commit, number=number, events=assembly.settings.ci.events, any_commit=flags.any_commit)
    request = OperateRequest(
        repository=assembly.repository(flags.repository),
        operation=operation,
        choice=choice,
        task=assembly.task,
        retry_for=assembly.settings.http.retry_for,
    )
    watch = _watch(assembly, request.repository, flags.timeout, wanted=flags.watch)
    yield watching(assembly, request.repository, commit, "")
    yield from operate_pipeline(assembly.woodpecker, assembly.clock, request, watch=watch)


def run_branch(assembly: Assembly, flags: RunFlags) -> Iterator[Event]:
    """Tell what is run, then run it. Raises UsageError for flags that cannot be."""
    from homelab_tasks.actions.pipelines.run_pipeline import RunRequest, run_pipeline

    request = RunRequest(
        repository=assembly.repository(flags.repository),
        branch=flags.branch or None,
        variables=dict(_variable(written) for written in flags.variables),
        task=assembly.task,
        retry_for=assembly.settings.http.retry_for,
    )
    watch = _watch(assembly, request.repository, flags.timeout, wanted=flags.watch)
    yield watching(assembly, request.repository, None, flags.branch)
    yield from run_pipeline(assembly.woodpecker, assembly.clock, request, watch=watch)


def _commit(assembly: Assembly, flags: OperateFlags, number: int | None, operation: Operation) -> Commit | None:
    """
    Expand --sha, HEAD without it; None where --pipeline alone says which.

    A restart compares its pipeline with HEAD even then: numbers are read off a screen that shows everybody's.
    """
    if flags.sha or number is None:
        return assembly.commit(flags.sha or "HEAD")
    compares = operation is Operation.RESTART and not flags.any_commit and _is_of_this_clone(assembly, flags.repository)
    return assembly.commit("HEAD") if compares else None


def _is_of_this_clone(assembly: Assembly, repository: str) -> bool:
    """Is *repository* (by default: the settings' or the remote's) the one that HEAD is a commit of?"""
    git = assembly.git_if_any
    if git is None or not repository:
        return git is not None
    try:
        return repository.lower() == assembly.repository("").lower()
    except UsageError:
        return False


def _variable(written: str) -> tuple[str, str]:
    found = _VARIABLE.fullmatch(written)
    if found is None:
        shown = written.partition("=")[0]
        raise UsageError(f"--var: {shown!r} is not KEY=VALUE", hint="write it as --var DEPLOY=yes")
    return found[1], found[2]


def _watch(assembly: Assembly, repository: str, timeout: str, *, wanted: bool) -> "Watch | None":
    """Make the watch that goes on where an operation ends; None where it was not asked for."""
    ci = assembly.settings.ci
    seconds = duration("--timeout", timeout, ci.timeout)
    return _watcher(assembly, repository, seconds) if wanted else None


def _watcher(assembly: Assembly, repository: str, timeout: float) -> Callable[[Pipeline], Iterator[Event]]:
    from homelab_tasks.actions.pipelines.board import Rules
    from homelab_tasks.actions.pipelines.watch_pipelines import watch_pipelines
    from homelab_tasks.actions.pipelines.watch_request import WatchRequest

    ci = assembly.settings.ci

    def watch(pipeline: Pipeline) -> Iterator[Event]:
        request = WatchRequest(
            repository=repository,
            task=assembly.task,
            commit=Commit(sha=pipeline.commit),
            number=pipeline.number,
            rules=Rules(stuck_after=ci.stuck_after, follow=ci.follow),
            timeout=timeout,
            retry_for=assembly.settings.http.retry_for,
        )
        return watch_pipelines(assembly.woodpecker, assembly.clock, request, contains=assembly.contains)

    return watch

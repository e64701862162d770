"""From the flags of a CI task to the watch that it asks for."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from msgspec import Struct

from homelab_tasks.errors import UsageError
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Event, Watching
from homelab_tasks.tasks.assembly import Assembly
from homelab_tasks.tasks.flags import duration, event_names, whole_number

LOGS = ("failed", "all", "none")


class CiFlags(Struct, frozen=True, kw_only=True):
    """The flags that say which pipelines, and how they are watched; empty text is the default."""

    sha: str = ""
    pipeline: str = ""
    branch: str = ""
    events: str = ""
    repository: str = ""
    timeout: str = ""
    appear_timeout: str = ""
    follow: bool = True
    fail_fast: bool = False
    logs: str = "failed"
    wait_for_approval: bool = False


def watch_ci(assembly: Assembly, flags: CiFlags, *, once: bool) -> Iterator[Event]:
    """Tell what is watched, then watch it. Raises UsageError for flags that cannot be."""
    from homelab_tasks.actions.pipelines.board import Rules
    from homelab_tasks.actions.pipelines.watch_pipelines import watch_pipelines
    from homelab_tasks.actions.pipelines.watch_request import ShownLogs, WatchRequest

    if flags.logs not in LOGS:
        raise UsageError(f"--logs: {flags.logs!r} is not one of {', '.join(LOGS)}")
    ci = assembly.settings.ci
    number = whole_number("--pipeline", flags.pipeline)
    commit = commit_of(assembly, flags.sha, number)
    request = WatchRequest(
        repository=assembly.repository(flags.repository),
        task=assembly.task,
        commit=commit,
        number=number,
        branch=flags.branch or None,
        events=event_names(flags.events, ci.events),
        rules=Rules(
            stuck_after=ci.stuck_after,
            follow=ci.follow and flags.follow,
            fail_fast=flags.fail_fast,
            wait_for_approval=flags.wait_for_approval,
        ),
        timeout=duration("--timeout", flags.timeout, ci.timeout),
        appear_timeout=duration("--appear-timeout", flags.appear_timeout, ci.appear_timeout),
        retry_for=assembly.settings.http.retry_for,
        once=once,
        foresee=assembly.is_live and not once,
        logs=ShownLogs(flags.logs),
    )
    if not once:
        assembly.limit(request.timeout)
    yield watching(assembly, request.repository, commit, flags.branch)
    yield from watch_pipelines(assembly.woodpecker, assembly.clock, request, contains=assembly.contains)


class LogFlags(Struct, frozen=True, kw_only=True):
    """The flags that say which logs; empty text is the default."""

    sha: str = ""
    pipeline: str = ""
    events: str = ""
    repository: str = ""
    step: str = ""
    everything: bool = False
    follow: bool = False
    tail: str = ""
    timeout: str = ""


def show_logs(assembly: Assembly, flags: LogFlags) -> Iterator[Event]:
    """Tell whose logs are shown, then show them. Raises UsageError for flags that cannot be."""
    from homelab_tasks.actions.pipelines.read_logs import LogRequest, read_logs

    if flags.step and flags.everything:
        raise UsageError("--step and --all exclude each other", hint="leave one of them out")
    number = whole_number("--pipeline", flags.pipeline)
    commit = commit_of(assembly, flags.sha, number)
    request = LogRequest(
        repository=assembly.repository(flags.repository),
        commit=commit,
        number=number,
        events=event_names(flags.events, assembly.settings.ci.events),
        step=flags.step or None,
        everything=flags.everything,
        tail=whole_number("--tail", flags.tail),
        follow=flags.follow,
        retry_for=assembly.settings.http.retry_for,
        timeout=duration("--timeout", flags.timeout, assembly.settings.ci.timeout),
    )
    if flags.follow:
        assembly.limit(request.timeout)
    yield watching(assembly, request.repository, commit, "")
    yield from read_logs(assembly.woodpecker, assembly.clock, request)


def commit_of(assembly: Assembly, sha: str, number: int | None) -> Commit | None:
    """Expand --sha; HEAD without it, and without a --pipeline that says which commit it is."""
    return None if number is not None and not sha else assembly.commit(sha or "HEAD")


def watching(assembly: Assembly, repository: str, commit: Commit | None, branch: str) -> Watching:
    """Say what is watched and where, before anything is asked of a server."""
    url = assembly.woodpecker_url
    addresses = assembly.settings.load_balancer.addresses_for(urlsplit(url).hostname or "")
    return Watching(
        task=assembly.task,
        repository=repository,
        server=url.server,
        commit=commit.sha if commit else None,
        branch=branch or (commit.branch if commit else None),
        url=f"{url}/{repository}",
        address=str(addresses[0]) if addresses else None,
        title=commit.title if commit else None,
    )

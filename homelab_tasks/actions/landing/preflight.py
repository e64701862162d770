"""What a clone must look like to be landed from; everything else is named, with how to go on."""

from collections.abc import Generator

from homelab_tasks.actions.landing.site import Order, Site
from homelab_tasks.actions.landing.sync_trunk import name_trunk
from homelab_tasks.errors import UsageError
from homelab_tasks.model.events import Event
from homelab_tasks.model.landing.landing import Record, RemoteState, Step, WorkState

MOST_SHOWN = 3


def preflight(
    order: Order, site: Site, left: Record | None
) -> Generator[Event, None, tuple[Record, RemoteState | None]]:
    """
    Check that there is something here that can be landed, and where to.

    Returns what a landing of it begins with, which knows what the interrupted one *left* of the same topic has pushed,
    and the look at the remote where there was one. Raises UsageError.
    """
    topic, tip = require_landable(site.clone.state())
    require_one_push_url(order.remote, order.push_urls)
    _require_verify(order)
    trunk, seen = yield from name_trunk(site, order)
    require_topic(topic, trunk)
    pushed = left.pushed if left is not None and left.topic == topic else ()
    return Record(topic=topic, tip=tip, trunk=trunk, step=Step.STARTED, pushed=pushed), seen


def require_landable(state: WorkState) -> tuple[str, str]:
    """Return the topic's branch and tip; raises UsageError naming the first state that cannot be landed from."""
    if state.operation is not None:
        begun = state.operation
        hint = f"finish it (git {begun} --continue) or drop it (git {begun} --abort), then inv work.land"
        if begun == "bisect":
            hint = "git bisect reset, then inv work.land"
        raise UsageError(f"this worktree is in the middle of a {begun}", hint=hint)
    if state.branch is None:
        hint = "git switch -c TOPIC names it, then inv work.land"
        raise UsageError("HEAD is detached, so the change has no name to land under", hint=hint)
    if state.tip is None:
        raise UsageError(f"branch {state.branch!r} has no commit yet", hint="commit the change first")
    _require_clean(state)
    if state.identity_problem is not None:
        hint = "git config user.name and git config user.email set it"
        raise UsageError(f"git does not know who lands this: {state.identity_problem}", hint=hint)
    return state.branch, state.tip


def _require_clean(state: WorkState) -> None:
    if state.unmerged:
        raise UsageError(f"{_named(state.unmerged)} not merged", hint="resolve, git add and commit, then inv work.land")
    if state.changed:
        hint = "commit it (git commit -a) or put it away (git stash), then inv work.land"
        raise UsageError(f"{_named(state.changed)} changed and not committed", hint=hint)
    if state.untracked:
        hint = "git add and commit what belongs to the change, ignore (.gitignore, .git/info/exclude) what does not"
        raise UsageError(f"{_named(state.untracked)} not tracked, and would not be landed", hint=hint)


def _named(files: tuple[str, ...]) -> str:
    shown = ", ".join(repr(file) for file in files[:MOST_SHOWN])
    others = len(files) - MOST_SHOWN
    if others > 0:
        return f"{shown} and {others} more are"
    return f"{shown} {'is' if len(files) == 1 else 'are'}"


def require_topic(branch: str, trunk: str) -> None:
    """Raise UsageError when *branch* is the trunk itself."""
    if branch == trunk:
        hint = "move the commits to a topic: git switch -c TOPIC, then inv work.land"
        raise UsageError(f"{trunk!r} is the trunk; a change is landed from a topic", hint=hint)


def require_one_push_url(remote: str, urls: tuple[str, ...]) -> None:
    """Raise UsageError when a push would go to several places, of which one may refuse."""
    if len(urls) > 1:
        hint = f"git config --unset-all remote.{remote}.pushurl, then set one; or homelab.work.remote names another"
        raise UsageError(f"remote {remote!r} has {len(urls)} push URLs; a change lands in one place", hint=hint)


def _require_verify(order: Order) -> None:
    if order.verify_missing:
        hint = "set homelab.work.verify, or give --verify CMD; --no-verify lands without"
        raise UsageError("there is no command that verifies the merged result", hint=hint)

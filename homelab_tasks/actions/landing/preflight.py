"""What a clone must look like to be landed from; everything else is named, with how to go on."""

from homelab_tasks.errors import UsageError
from homelab_tasks.model.landing.landing import WorkState

MOST_SHOWN = 3


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

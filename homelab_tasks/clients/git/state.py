"""The state of a work tree: what is checked out, what is unfinished, what is not committed."""

from pathlib import Path

from homelab_tasks.clients.git.command import GitCommand
from homelab_tasks.model.landing.landing import WorkState

# What git itself looks for (wt-status.c:1665 wt_status_get_state), the most specific first.
_OPERATIONS = (
    ("rebase-merge", "rebase"),
    ("rebase-apply/applying", "am"),
    ("rebase-apply", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("sequencer", "cherry-pick or revert"),
    ("BISECT_LOG", "bisect"),
)
_HEADER, _ORDINARY, _RENAMED, _UNMERGED, _UNTRACKED = "#", "1", "2", "u", "?"
_FIELDS_BEFORE_PATH = {_ORDINARY: 8, _RENAMED: 9, _UNMERGED: 10, _UNTRACKED: 1}


def read_state(command: GitCommand, git_directory: Path) -> WorkState:
    """Look at the work tree of *command*; nothing is written, the index neither."""
    listing = command.require("status", "--porcelain=v2", "-z", "--branch", "--untracked-files=normal", "--no-renames")
    changed, unmerged, untracked = list[str](), list[str](), list[str]()
    places = {_ORDINARY: changed, _RENAMED: changed, _UNMERGED: unmerged, _UNTRACKED: untracked}
    told = dict[str, str]()
    for entry in listing.split("\0"):
        kind = entry[:1]
        if kind == _HEADER:
            name, _, value = entry.removeprefix("# ").partition(" ")
            told[name] = value
        elif kind in places:
            places[kind].append(entry.split(" ", _FIELDS_BEFORE_PATH[kind])[-1])
    identity = command.run("var", "GIT_COMMITTER_IDENT")
    return WorkState(
        branch=None if told["branch.head"] == "(detached)" else told["branch.head"],
        tip=None if told["branch.oid"] == "(initial)" else told["branch.oid"],
        operation=unfinished_operation(git_directory),
        changed=tuple(changed),
        unmerged=tuple(unmerged),
        untracked=tuple(untracked),
        identity_problem=None if identity.worked else identity.problem,
    )


def unfinished_operation(git_directory: Path) -> str | None:
    """Name what git is in the middle of, in the worktree that *git_directory* belongs to."""
    found = (name for file, name in _OPERATIONS if (git_directory / file).exists())
    return next(found, None)

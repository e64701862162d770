"""What a work tree holds that `git status` and `git worktree remove` pass over in silence."""

import filecmp
import os
from pathlib import Path

from homelab_tasks.clients.git.command import GitCommand

_IGNORED = "! "
_REPOSITORY = ".git"
_BYTECODE = "__pycache__"  # which Python makes again by itself, and makes wherever a task is run


def hidden_files(command: GitCommand) -> dict[str, str]:
    """Map the files that git was told not to look at (`update-index --skip-worktree` and the like) to their blobs."""
    entries = (command.ask("ls-files", "-v", "--stage", "-z") or "").split("\0")
    # A tag other than H stands before what is not simply compared: S is skipped, lower case assumed unchanged.
    told = (entry.partition("\t") for entry in entries if entry and not entry.startswith("H "))
    return {name: said.split()[2] for said, _, name in told}


def hidden_edits(command: GitCommand) -> tuple[str, ...]:
    """Name the hidden files that are there and not what is committed."""
    return tuple(
        name
        for name, blob in hidden_files(command).items()
        if os.path.lexists(command.directory / name) and command.ask("hash-object", "--", name) != blob
    )


def ignored_only_here(command: GitCommand, elsewhere: Path) -> str | None:
    """
    Name an ignored file of this work tree that the one at *elsewhere* does not hold as well: a `.env`, say.

    A directory that is ignored as a whole (`node_modules`, `.venv`) is taken for one that tools make again, unless
    there is a repository in it.
    """
    ignored = ("status", "--porcelain=v2", "-z", "--ignored=matching", "--untracked-files=normal", "--no-renames")
    for entry in command.require(*ignored).split("\0"):
        if not entry.startswith(_IGNORED):
            continue
        name = entry.removeprefix(_IGNORED)
        path = command.directory / name
        if name.endswith("/"):
            within = _repository_in(path)
            if within is not None:
                return str(within.relative_to(command.directory))
        elif _BYTECODE not in path.parts and not _is_same(path, elsewhere / name):
            return name
    return None


def _repository_in(directory: Path) -> Path | None:
    for place, directories, files in os.walk(directory):
        if _REPOSITORY in directories or _REPOSITORY in files:
            return Path(place)
    return None


def _is_same(one: Path, other: Path) -> bool:
    if one.is_symlink():
        return other.is_symlink() and one.readlink() == other.readlink()
    return other.is_file() and filecmp.cmp(one, other, shallow=False)

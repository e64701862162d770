"""Worktrees of a clone: listed, made with the filters that their files need, removed only when git agrees."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from homelab_tasks.clients.git.command import GitCommand
from homelab_tasks.errors import UnavailableError

_HEADS = "refs/heads/"


class Worktree(Struct, frozen=True, kw_only=True):
    """A worktree as git lists it; *branch* is None when its HEAD is detached."""

    path: Path
    head: str | None
    branch: str | None
    is_bare: bool = False
    locked: str | None = None
    prunable: bool = False


def list_worktrees(command: GitCommand) -> tuple[Worktree, ...]:
    """List the worktrees, the main one first."""
    listing = command.require("worktree", "list", "--porcelain", "-z")
    return tuple(_parse(block.split("\0")) for block in listing.split("\0\0") if block.strip("\0"))


def _parse(lines: list[str]) -> Worktree:
    said = dict(line.partition(" ")[::2] for line in lines if line)
    branch = said.get("branch", "")
    return Worktree(
        path=Path(said["worktree"]),
        head=said.get("HEAD"),
        branch=branch.removeprefix(_HEADS) if branch else None,
        is_bare="bare" in said,
        locked=said.get("locked"),
        prunable="prunable" in said,
    )


@contextmanager
def changing_worktrees(command: GitCommand) -> Iterator[None]:
    """
    Let nobody else of ours add or remove a worktree of this clone for as long as the block takes.

    git does not lock this itself: a prune takes away what an add has half made (builtin/worktree.c).
    """
    common = command.require("rev-parse", "--path-format=absolute", "--git-common-dir")
    place = Path(common) / "land"
    try:
        place.mkdir(exist_ok=True)
        descriptor = os.open(place / "worktrees.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise UnavailableError(f"cannot write to '{place}': {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def link_git_crypt(worktree: GitCommand) -> None:
    """
    Give a worktree without files the keys of an unlocked git-crypt clone.

    git-crypt looks for its keys in the worktree's own git directory (AGWA/git-crypt#105); without them a checkout
    would fail, or leave ciphertext where an edit would then be committed in plain.
    """
    directories = worktree.require("rev-parse", "--path-format=absolute", "--git-common-dir", "--git-dir")
    common, own = (Path(line) for line in directories.splitlines())
    keys, link = common / "git-crypt", own / "git-crypt"
    if keys.is_dir() and not link.exists():
        link.symlink_to(keys, target_is_directory=True)

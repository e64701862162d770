"""The topics of a clone: found, described, made and removed; nothing is removed that exists nowhere else."""

import re
from collections.abc import Mapping
from pathlib import Path

from homelab_tasks.clients.git.checkout import Checkout
from homelab_tasks.clients.git.clone import Git
from homelab_tasks.clients.git.command import GitCommand
from homelab_tasks.clients.git.journal_file import JournalFile
from homelab_tasks.clients.git.landed import MERGED, brought_by, how_landed
from homelab_tasks.clients.git.state import read_state
from homelab_tasks.clients.git.unseen import hidden_edits, ignored_only_here
from homelab_tasks.clients.git.worktrees import Worktree, changing_worktrees, list_worktrees
from homelab_tasks.errors import UsageError
from homelab_tasks.model.landing.landing import WorkState
from homelab_tasks.model.landing.topic import TopicState

_HEADS = "refs/heads/"
_MOVED = re.compile(r"checkout: moving from (?P<commit>[0-9a-f]{40}) to ")


class Topics:
    """The topics of one clone, against *trunk* as it was just fetched at commit *base*."""

    def __init__(self, git: Git, *, trunk: str, base: str, environment: Mapping[str, str]) -> None:
        """Look at every local branch but the trunk; *environment* says where checkouts are kept."""
        self._environment = environment
        self._git = git
        self._command = git.command
        self._trunk = trunk
        self._base = base
        self._worktrees = list_worktrees(git.command)
        self._stashes = _branches_of_stashes(git.command)

    def names(self) -> tuple[str, ...]:
        """Name the topics."""
        listed = self._command.require("for-each-ref", "--format=%(refname)", "refs/heads/")
        names = (ref.removeprefix(_HEADS) for ref in listed.splitlines())
        return tuple(name for name in names if name != self._trunk)

    def describe(self, name: str) -> TopicState:
        """Describe topic *name*; raises UsageError when there is no such branch."""
        tip = self._command.ask("rev-parse", "--verify", "--quiet", f"{_HEADS}{name}^{{commit}}")
        if tip is None:
            raise UsageError(f"there is no topic {name!r}", hint="inv work.status names the topics")
        places = [worktree for worktree in self._worktrees if worktree.branch == name]
        place = places[0] if places else None
        counts = self._command.ask("rev-list", "--left-right", "--count", f"{self._base}...{tip}") or "0 0"
        behind, ahead = (int(count) for count in counts.split())
        landed = how_landed(self._command, self._base, tip)
        return TopicState(
            name=name,
            tip=tip,
            path=str(place.path) if place is not None else None,
            ahead=ahead,
            behind=behind,
            landed=landed,
            landed_as=brought_by(self._command, self._base, tip) if landed == MERGED else None,
            is_fresh=ahead == 0 and self._is_fresh(name, tip),
            work=self._work(place),
            in_use=self._in_use(name, places) or (self._held_by_unseen_files(place) if landed is not None else None),
        )

    def _is_fresh(self, name: str, tip: str) -> bool:
        """Whether the branch has never moved from the commit of the trunk's own line that it began at."""
        moves = self._command.ask("rev-list", "--walk-reflogs", "--max-count=2", f"{_HEADS}{name}") or ""
        line = self._command.ask("rev-list", "--first-parent", self._base) or ""
        return len(moves.splitlines()) <= 1 and tip in line.split()

    def _work(self, place: Worktree | None) -> WorkState | None:
        if place is None or not place.path.is_dir():
            return None
        here = Git.open(place.path)
        return read_state(here.command, here.git_directory)

    def _in_use(self, name: str, places: list[Worktree]) -> str | None:
        if len(places) > 1:
            return f"checked out in {len(places)} worktrees"
        if name in self._stashes:
            return "a stash was made on it"
        return self._held(places[0]) if places else None

    def _held(self, place: Worktree) -> str | None:
        """Say why the worktree at *place* must stay, apart from its files."""
        if place.path == self._worktrees[0].path:
            return "checked out in the main worktree"
        if place.locked is not None:
            return f"its worktree is locked{f': {place.locked}' if place.locked else ''}"
        if not place.path.is_dir():
            return None
        if Path.cwd().is_relative_to(place.path):
            return "you are in its worktree"
        return _held_by_its_worktree(Git.open(place.path))

    def _held_by_unseen_files(self, place: Worktree | None) -> str | None:
        """Say which files git would remove without a word, although they may exist nowhere else."""
        if place is None or not place.path.is_dir():
            return None
        there = self._command.at(place.path)
        for name in hidden_edits(there):
            return f"{name!r} is edited there, and git was told not to look at it"
        ignored = ignored_only_here(there, self._worktrees[0].path)
        return f"{ignored!r}, which git ignores, is only there" if ignored is not None else None

    def remove(self, topic: TopicState) -> str | None:
        """Remove *topic*, if it still is as it was described; returns why not, None when it is gone."""
        if topic.path is not None:
            own = Git.open(Path(topic.path)).git_directory if Path(topic.path).is_dir() else None
            with changing_worktrees(self._command):
                removed = self._command.run("worktree", "remove", topic.path)
            if not removed.worked:
                return removed.problem
            if own is not None:
                Checkout(self._command, own, self._environment).remove()
            _remove_empty(Path(topic.path).parent, until=self._worktrees[0].path)
        deleted = self._command.run("update-ref", "-d", _HEADS + topic.name, topic.tip)
        if not deleted.worked:
            return "a commit was made on it in this moment"
        self._command.run("config", "--remove-section", f"branch.{topic.name}")
        return None


def _held_by_its_worktree(worktree: Git) -> str | None:
    """Say what lives only in the git directory of a worktree, and would go with it."""
    if JournalFile(worktree.git_directory).load() is not None:
        return "its landing was interrupted: inv work.land --resume"
    if (worktree.git_directory / "modules").is_dir():
        return "its submodules are checked out there"
    history = worktree.command.ask("reflog", "show", "--format=%gs", "HEAD") or ""
    for commit in dict.fromkeys(match["commit"] for match in map(_MOVED.match, history.splitlines()) if match):
        if not worktree.command.ask("for-each-ref", "--count=1", f"--contains={commit}"):
            return f"commit {commit[:12]}, made on a detached HEAD there, is on no branch"
    return None


def _branches_of_stashes(command: GitCommand) -> frozenset[str]:
    listed = command.ask("stash", "list", "--format=%gs") or ""
    told = (re.match(r"(?:WIP on|On) (?P<branch>[^:]+): ", line) for line in listed.splitlines())
    return frozenset(match["branch"] for match in told if match)


def _remove_empty(directory: Path, *, until: Path) -> None:
    while directory != until and directory.is_relative_to(until):
        try:
            directory.rmdir()  # refuses a directory that holds anything, which is the point
        except OSError:
            return
        directory = directory.parent

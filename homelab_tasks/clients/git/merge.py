"""Merge commits made without a work tree: nothing that is checked out is touched."""

from functools import cached_property

from homelab_tasks.clients.git.command import GitCommand
from homelab_tasks.errors import UnavailableError, UsageError
from homelab_tasks.model.landing.landing import Conflict, Merged

USAGE = 129
"""What git ends with when it does not know an option."""


class Merger:
    """Builds candidates in one clone."""

    def __init__(self, command: GitCommand) -> None:
        """Write objects into the clone of *command*."""
        self._command = command

    def merge(self, base: str, tip: str) -> Merged | Conflict:
        """
        Merge *tip* into *base*, in the object database only.

        Raises UsageError for histories without a common commit.
        """
        done = self._command.run("merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", base, tip)
        tree, *files = done.output.split("\0")
        if done.worked:
            return Merged(tree=tree)
        if done.code == 1 and tree:
            return Conflict(files=tuple(dict.fromkeys(_shown(file) for file in files if file)))
        if "unrelated histories" in done.errors:
            raise UsageError("the topic and the trunk have no commit in common", hint="is this the right remote?")
        if done.code == USAGE:
            raise UsageError("this git is too old to merge without a work tree", hint="install git 2.39 or newer")
        raise UnavailableError(f"git merge-tree failed: {done.problem}")

    def tree_of(self, commit: str) -> str:
        """Name the tree of *commit*."""
        return self._command.require("rev-parse", "--verify", f"{commit}^{{tree}}")

    def commit(self, tree: str, parents: tuple[str, ...], message: str) -> str:
        """
        Make a commit of *tree*, signed where git is configured to sign (commit-tree does not look by itself).

        Raises UsageError when that fails, or takes too long.
        """
        signing = self._signs
        wanted = ["-S"] if signing else []
        options = [option for parent in parents for option in ("-p", parent)]
        done = self._command.run("commit-tree", *wanted, *options, "-m", message, tree)
        if not done.worked:
            hint = "commit.gpgSign asks for a signature; git commit in this clone would fail too"
            raise UsageError(f"the commit could not be made: {done.problem}", hint=hint if signing else None)
        return done.output.strip()

    def note(self, message: str, *, after: str | None) -> str:
        """Make a commit without files that only carries *message*; never signed, for nobody builds on it."""
        parents = () if after is None else ("-p", after)
        return self._command.require("commit-tree", *parents, "-m", message, self._empty_tree)

    @cached_property
    def _empty_tree(self) -> str:
        return self._command.require("hash-object", "-t", "tree", "-w", "--stdin")  # our standard input is empty

    @cached_property
    def _signs(self) -> bool:
        return self._command.ask("config", "--type=bool", "--get", "commit.gpgSign") == "true"

    def message_of(self, commit: str) -> str:
        """Read the message of *commit*."""
        return self._command.require("show", "--no-patch", "--no-show-signature", "--format=%B", commit, "--")

    def first_parent(self, commit: str) -> str | None:
        """Name the first parent of *commit*; None for a root."""
        return self._command.ask("rev-parse", "--verify", "--quiet", f"{commit}^1")

    def first_parents(self, tip: str, base: str) -> tuple[tuple[str, str | None], ...]:
        """List the first-parent line of *tip* down to what *base* holds, oldest first, each with its first parent."""
        listed = self._command.require("rev-list", "--first-parent", "--parents", "--reverse", tip, "--not", base)
        lines = [line.split() for line in listed.splitlines()]
        return tuple((commit, parents[0] if parents else None) for commit, *parents in lines)

    def has_submodules(self, commit: str) -> bool:
        """Whether the tree of *commit* names submodules."""
        return self._command.run("cat-file", "-e", f"{commit}:.gitmodules").worked

    def taken_off(self, former: str, trunk: str, tip: str) -> int:
        """Count the commits that *former* (an older trunk) and *tip* share, and *trunk* does not hold any more."""
        shared = self._command.ask("merge-base", "--all", former, tip) or ""
        if not shared:
            return 0
        return int(self._command.require("rev-list", "--count", *shared.split(), "--not", trunk))

    def merge_base(self, one: str, other: str) -> str | None:
        """Find the commit that both have in common, as far as this clone knows."""
        return self._command.ask("merge-base", one, other)


def _shown(file: str) -> str:
    """Write a file name that may not be UTF-8 so that it can be printed."""
    return file.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

"""
The checkout that a candidate is verified in: its tree exactly, far away from the user's work tree.

It is a detached worktree of the clone in the user's cache directory, so that no file beside or above it (a
`node_modules` of the user's, a dirty `conftest.py`) is found by a command that looks upwards. It is kept from one
landing to the next: what verify left there and git ignores (its caches) stays, everything else is put back.
"""

import hashlib
import os
import re
import shutil
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from homelab_tasks.clients.git.command import INHERITED, Completed, GitCommand
from homelab_tasks.clients.git.unseen import hidden_files
from homelab_tasks.clients.git.worktrees import changing_worktrees, link_git_crypt
from homelab_tasks.clients.process import Running
from homelab_tasks.errors import UnavailableError, UsageError

_WHOLE = (
    "core.sparseCheckout=false",  # what lands is the whole tree
    "core.hooksPath=/dev/null",
    "advice.detachedHead=false",
    "submodule.recurse=false",
    "gc.auto=0",
)
# git's submodule--helper.c `fetch_in_submodule`
_LACKING = re.compile(r"in submodule path '(?P<path>[^\n]*)', but it did not contain")


def cache_directory(environment: Mapping[str, str]) -> Path:
    """Find where programs keep what they can make again (XDG base directories)."""
    written = environment.get("XDG_CACHE_HOME", "")
    base = Path(written) if Path(written).is_absolute() else Path("~/.cache").expanduser()
    return base / "homelab-tasks"


class Checkout:
    """The checkout of one worktree of a clone; the landing that uses it holds that worktree's journal."""

    def __init__(self, command: GitCommand, git_directory: Path, environment: Mapping[str, str]) -> None:
        """Verify for the worktree of *git_directory*, with *environment* for the command that verifies."""
        own = hashlib.sha256(str(git_directory).encode()).hexdigest()[:12]
        self._command = command.configured(*_WHOLE)
        self._environment = {name: value for name, value in environment.items() if name not in INHERITED}
        self.directory = cache_directory(environment) / f"verify-{own}" / _name_of(git_directory)

    def prepare(self, commit: str) -> None:
        """
        Put the tree of *commit* there.

        Raises UnavailableError when it cannot be written, UsageError when a submodule's commit is on no remote.
        """
        if self._reset(commit):
            return
        self.remove()
        with suppress(OSError):
            self.directory.parent.mkdir(parents=True, exist_ok=True)
        self._add(commit)

    def _reset(self, commit: str) -> bool:
        """Put an existing checkout back into order; false where there is none, or it is beyond repair."""
        if not (self.directory / ".git").is_file():
            return False
        here = self._command.at(self.directory)
        if here.ask("rev-parse", "--is-inside-work-tree") != "true":
            return False
        git_directory = Path(here.ask("rev-parse", "--absolute-git-dir") or "/nowhere")
        for left in ("index.lock", "HEAD.lock"):  # of a git that was killed here: nobody else may be in this checkout
            (git_directory / left).unlink(missing_ok=True)
        switched = here.run("checkout", "--quiet", "--force", "--detach", commit)
        cleaned = here.run("clean", "--quiet", "-ffd")
        if not (switched.worked and cleaned.worked) or hidden_files(here):
            return False
        return self._update_submodules(here).worked

    def _add(self, commit: str) -> None:
        options = ("--quiet", "--force", "--detach", "--no-checkout")
        with changing_worktrees(self._command):
            added = self._command.run("worktree", "add", *options, str(self.directory), commit)
        if not added.worked:
            raise UnavailableError(f"cannot check out for verify: {added.problem}", hint="is the disk full?")
        here = self._command.at(self.directory)
        link_git_crypt(here)
        done = here.run("checkout", "--quiet", "--force", "--detach", commit)
        if not done.worked:
            raise UnavailableError(f"cannot check out for verify: {done.problem}")
        updated = self._update_submodules(here)
        lacking = _LACKING.search(updated.errors)
        if lacking is not None:
            problem = f"a submodule is at a commit that is on no remote: {lacking['path']}"
            raise UsageError(problem, hint="push it first: git push in the submodule, then inv work.land")
        if not updated.worked:
            raise UnavailableError(f"cannot check out the submodules for verify: {updated.problem}")

    def _update_submodules(self, here: GitCommand) -> Completed:
        if not (self.directory / ".gitmodules").exists():
            return Completed(code=0, output="", errors="")
        return here.run("submodule", "update", "--quiet", "--init", "--recursive", "--force")

    def start(self, command: str, *, timeout: float) -> Running:
        """Run the shell *command* at the top of the checkout, in a process group of its own."""
        return Running(
            command,
            directory=self.directory,
            environment={**self._environment, "PWD": str(self.directory)},
            timeout=timeout,
        )

    def end_orphans(self, group: int) -> None:
        """End what is left of process group *group*, if it still works in this checkout: its landing was killed."""
        for process in Path("/proc").glob("[0-9]*"):  # where there is none, nothing can be told apart safely
            with suppress(OSError, ValueError):
                inside = (process / "cwd").readlink().is_relative_to(self.directory)
                if inside and os.getpgid(int(process.name)) == group:
                    os.killpg(group, signal.SIGKILL)

    def remove(self) -> None:
        """Remove the checkout and what git knows of it."""
        with changing_worktrees(self._command):
            self._command.run("worktree", "remove", "--force", "--force", str(self.directory))
            shutil.rmtree(self.directory.parent, ignore_errors=True)
            self._command.run("worktree", "prune")


def _name_of(git_directory: Path) -> str:
    """Name the checkout as the clone is named: tools show the directory's name, and some derive names from it."""
    parts = git_directory.parts
    place = parts.index(".git") if ".git" in parts else len(parts) - 1
    return parts[max(0, place - 1)].removesuffix(".git").strip(os.sep) or "checkout"

"""Where topics get their worktrees: below one directory of the clone, which git is told to ignore."""

from pathlib import Path

from homelab_tasks.clients.git.clone import Git
from homelab_tasks.clients.git.worktrees import changing_worktrees, link_git_crypt, list_worktrees
from homelab_tasks.clients.process import Running
from homelab_tasks.errors import UsageError

_HEADS = "refs/heads/"
_QUIET = ("advice.detachedHead=false", "submodule.recurse=false")


class Nursery:
    """Makes worktrees in *directory*, relative to the main worktree (beside the repository, where that is bare)."""

    def __init__(self, git: Git, directory: str) -> None:
        """Find the place; nothing is made yet."""
        self._git = git
        self._command = git.command.configured(*_QUIET)
        main = list_worktrees(git.command)[0]
        self._root = main.path.parent if main.is_bare else main.path
        self._is_bare = main.is_bare
        self._directory = self._root / Path(directory).expanduser()

    def require_name(self, topic: str) -> None:
        """Raise UsageError when *topic* cannot be the name of a branch."""
        is_word_of_git = topic in {"@", "HEAD"} or topic.startswith("-")
        if is_word_of_git or not self._command.run("check-ref-format", _HEADS + topic).worked:
            near = "-".join("".join(sign if sign.isalnum() or sign in "-_./" else " " for sign in topic).split())
            near = near.strip("-./").replace("..", ".")
            hint = f"inv work.start {near}" if near else "inv work.start TOPIC"
            raise UsageError(f"{topic!r} cannot be the name of a branch", hint=hint)

    def standing(self, topic: str) -> str | None:
        """Find the worktree that *topic* is checked out in."""
        found = (tree.path for tree in list_worktrees(self._command) if tree.branch == topic and tree.path.is_dir())
        return next((str(path) for path in found), None)

    def make(self, topic: str, base: str) -> str:
        """
        Make the worktree of *topic*: of its branch, where there is one, otherwise from *base*.

        Raises UsageError when git cannot, having undone what was begun.
        """
        path = self._directory / topic
        if path.exists():
            raise UsageError(f"'{path}' exists, and is not a worktree of {topic!r}", hint="move it out of the way")
        with changing_worktrees(self._command):
            self._ignore()
            self._command.run("worktree", "prune")
            existed = self._command.ask("rev-parse", "--verify", "--quiet", _HEADS + topic) is not None
            begin = [str(path), topic] if existed else ["--no-track", "-b", topic, str(path), base]
            added = self._command.run("worktree", "add", "--quiet", "--no-checkout", *begin)
        if not added.worked:
            raise UsageError(f"git cannot make a worktree of {topic!r}: {added.problem}")
        here = self._command.at(path)
        link_git_crypt(here)
        filled = here.run("checkout", "--quiet", "--force", topic, "--")
        if not filled.worked:
            self._command.run("worktree", "remove", "--force", str(path))
            if not existed:
                self._command.run("update-ref", "-d", _HEADS + topic, base)
            raise UsageError(f"the files of {topic!r} could not be checked out: {filled.problem}")
        return str(path)

    def problems(self, path: str) -> tuple[str, ...]:
        """Fetch what a checkout leaves out, submodules; returns what did not work."""
        if not (Path(path) / ".gitmodules").exists():
            return ()
        done = self._command.at(Path(path)).run("submodule", "update", "--quiet", "--init", "--recursive")
        return () if done.worked else (f"the submodules are not there: {done.problem}",)

    def _ignore(self) -> None:
        """Keep the directory out of `git status` by the clone's own list: the tracked .gitignore is the project's."""
        inside = self._directory != self._root and self._directory.is_relative_to(self._root)
        if self._is_bare or not inside:
            return
        relative = self._directory.relative_to(self._root)
        # A rule `name/` matches only what is a directory, so a file in it is asked for.
        main = self._command.at(self._root)
        if main.run("check-ignore", "--quiet", "--no-index", f"{relative}/any").worked:
            return
        exclude = self._git.common_directory / "info" / "exclude"
        exclude.parent.mkdir(exist_ok=True)
        written = exclude.read_text(encoding="utf-8") if exclude.exists() else ""
        separator = "" if not written or written.endswith("\n") else "\n"
        exclude.write_text(f"{written}{separator}/{relative}/\n", encoding="utf-8")

    def run(self, path: str, command: str) -> Running:
        """Run the shell *command* in the worktree at *path*; what it starts in the background stays."""
        return Running(command, directory=Path(path), keep_children=True)

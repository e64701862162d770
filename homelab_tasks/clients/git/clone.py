"""What the local clone knows: revisions, branches, ancestry, remotes. Nothing is ever changed here."""

from pathlib import Path

from homelab_tasks.clients.git.command import GitCommand
from homelab_tasks.errors import UsageError
from homelab_tasks.model.commit import Commit, is_full_sha
from homelab_tasks.model.landing.remote_url import repository_of

_BRANCHES = "refs/heads/"
_REPOSITORY_HINT = "set homelab.ci.repository to OWNER/NAME"
MOST_CANDIDATES_SHOWN = 5


class Git:
    """A clone on this machine."""

    def __init__(self, command: GitCommand, git_directory: Path, common_directory: Path) -> None:
        """Use `Git.open`; *common_directory* is shared by all worktrees, *git_directory* is this one's."""
        self.command = command
        self.git_directory = git_directory
        self.common_directory = common_directory

    @classmethod
    def open(cls, directory: Path) -> "Git":
        """Open the clone that *directory* is in; raises UsageError where there is none."""
        if not directory.is_dir():
            raise UsageError(f"{str(directory)!r} is not a directory")
        command = GitCommand(directory)
        done = command.run("rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir")
        if not done.worked:
            hint = f"run it inside a clone, or {_REPOSITORY_HINT} and give the full sha of the commit"
            if "dubious ownership" in done.errors:
                hint = f"git config --global --add safe.directory {directory}"
            raise UsageError(f"{str(directory)!r} is not a git repository: {done.problem}", hint=hint)
        git_directory, common_directory = done.output.splitlines()
        return cls(command, Path(git_directory), Path(common_directory))

    @property
    def branch(self) -> str | None:
        """The branch that is checked out; None when HEAD is detached."""
        return self.command.ask("symbolic-ref", "--quiet", "--short", "HEAD")

    def commit(self, revision: str) -> Commit:
        """
        Expand *revision* (`HEAD`, a branch, a tag, a short sha) to the commit it names.

        The commit's branch is that of *revision*, where it names one. A full sha that is not here is still a
        commit, without a message. Raises UsageError for an unknown or ambiguous revision, with the candidates.
        """
        # A search, `:/text`, takes what follows for its text: it names a commit anyhow.
        peeled = revision if revision.startswith(":/") else f"{revision}^{{commit}}"
        done = self.command.run("rev-parse", "--verify", "--end-of-options", peeled)
        if not done.worked:
            if is_full_sha(revision):
                return Commit(sha=revision.lower())
            raise self._unknown(revision, ambiguous="ambiguous" in done.errors)
        sha = done.output.strip()
        shown = self.command.ask("show", "--no-patch", "--no-show-signature", "--format=%ct%n%B", sha, "--")
        committed, _, message = (shown or "").partition("\n")
        return Commit(
            sha=sha,
            message=message or None,
            branch=self._branch_named(revision),
            committed=float(committed) if committed else None,
        )

    def _unknown(self, revision: str, *, ambiguous: bool) -> UsageError:
        if not ambiguous:
            empty = revision == "HEAD"
            hint = "the clone has no commit yet" if empty else "fetch it first, or give the full sha"
            return UsageError(f"{revision!r} names no commit in this clone", hint=hint)
        objects = (self.command.ask("rev-parse", f"--disambiguate={revision}") or "").split()
        show = ("show", "--no-patch", "--format=%h %s")
        lines = [self.command.ask(*show, f"{name}^{{commit}}") for name in objects]
        known = [line for line in lines if line]
        shown = ", ".join(known[:MOST_CANDIDATES_SHOWN])
        shown += "" if len(known) <= MOST_CANDIDATES_SHOWN else ", …"
        return UsageError(f"{revision!r} is ambiguous: {shown}", hint="give more characters of the sha")

    def _branch_named(self, revision: str) -> str | None:
        if revision == "HEAD":
            return self.branch
        look_up = ("rev-parse", "--verify", "--symbolic-full-name", "--end-of-options")
        name = self.command.ask(*look_up, revision) or ""
        return name.removeprefix(_BRANCHES) if name.startswith(_BRANCHES) else None

    def commits_beginning_with(self, abbreviation: str) -> tuple[str, ...]:
        """The full shas of all commits here whose sha begins with *abbreviation*."""
        objects = (self.command.ask("rev-parse", f"--disambiguate={abbreviation}") or "").split()
        if len(objects) <= 1:
            return tuple(objects)
        return tuple(name for name in objects if self.command.ask("cat-file", "-t", name) == "commit")

    def contains(self, ancestor: str, descendant: str) -> bool | None:
        """Is *ancestor* reachable from *descendant*? None when this clone does not hold enough to say."""
        code = self.command.run("merge-base", "--is-ancestor", ancestor, descendant).code
        if code == 0:
            return True
        if code != 1 or self.is_shallow:
            return None  # behind the edge of a shallow clone, "no" only means "not seen"
        return False

    @property
    def is_shallow(self) -> bool:
        """Whether the clone was cut off at some depth."""
        return self.command.ask("rev-parse", "--is-shallow-repository") == "true"

    def remotes(self) -> tuple[str, ...]:
        """Name all remotes."""
        return tuple((self.command.ask("remote") or "").splitlines())

    def remote(self, preferred: str) -> str:
        """Name the remote to use: *preferred*, or the only one there is; raises UsageError otherwise."""
        known = self.remotes()
        if preferred in known:
            return preferred
        if len(known) == 1:
            return known[0]
        found = f"this clone has {', '.join(known)}" if known else "this clone has no remote"
        hint = "set homelab.work.remote to the one to use"
        raise UsageError(f"no git remote {preferred!r}: {found}", hint=hint)

    def repository(self, preferred: str, *, forge: str | None = None) -> str:
        """
        Read `OWNER/NAME` from the URL of a remote (*preferred*, or the only one), `insteadOf` applied.

        *forge* is the forge's base URL, whose path is no part of the name. Raises UsageError without a remote.
        """
        try:
            url = self.command.ask("remote", "get-url", "--", self.remote(preferred)) or ""
        except UsageError as error:
            raise UsageError(error.problem, hint=_REPOSITORY_HINT) from None
        name = repository_of(url, forge=forge)
        if name is None:
            problem = f"the URL of git remote {preferred!r} names no OWNER/NAME"
            raise UsageError(problem, hint=_REPOSITORY_HINT)
        return name

"""The clone that a landing starts from: its work tree's state, its remote's URLs, what it knows of the trunk."""

from homelab_tasks.clients.git.clone import Git
from homelab_tasks.clients.git.state import read_state
from homelab_tasks.errors import UsageError
from homelab_tasks.model.landing.landing import WorkState


class LandingClone:
    """One worktree of a clone, and the remote named *remote* in it."""

    def __init__(self, git: Git, remote: str) -> None:
        """Read the URLs of *remote*, `insteadOf` and `pushInsteadOf` applied; raises UsageError without it."""
        self.git = git
        command = git.command
        urls = command.ask("remote", "get-url", "--push", "--all", "--", remote)
        self.remote = remote if urls else git.remote(remote)
        if self.remote != remote:
            urls = command.ask("remote", "get-url", "--push", "--all", "--", self.remote)
        self.push_urls = tuple((urls or "").splitlines())
        self.fetch_url = command.ask("remote", "get-url", self.remote) or ""
        if not self.push_urls:
            raise UsageError(f"git remote {self.remote!r} has no URL", hint=f"git remote set-url {self.remote} URL")

    @property
    def push_url(self) -> str:
        """The first URL that is pushed to."""
        return self.push_urls[0]

    @property
    def is_shallow(self) -> bool:
        """Whether the clone was cut off at some depth."""
        return self.git.is_shallow

    def state(self) -> WorkState:
        """Look at the work tree."""
        return read_state(self.git.command, self.git.git_directory)

    def tip(self) -> str | None:
        """Name the commit that is checked out."""
        return self.git.command.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}")

    def contains(self, ancestor: str, descendant: str) -> bool | None:
        """Whether *ancestor* is reachable from *descendant*; None when this clone cannot say."""
        return self.git.contains(ancestor, descendant)

    def former_trunk(self, trunk: str) -> str | None:
        """Name the trunk as it was fetched last; None when that was from elsewhere than what is pushed to."""
        if self.fetch_url != self.push_url:
            return None
        return self.git.command.ask(
            "rev-parse", "--verify", "--quiet", f"refs/remotes/{self.remote}/{trunk}^{{commit}}"
        )

    def likely_trunk(self) -> str | None:
        """Name the branch that the remote's HEAD named when it was cloned: it may have been renamed since."""
        named = self.git.command.ask("symbolic-ref", "--quiet", f"refs/remotes/{self.remote}/HEAD")
        return named.removeprefix(f"refs/remotes/{self.remote}/") if named is not None else None

"""Pull requests as Forgejo and Gitea tell them (modules/structs/pull.go)."""

from msgspec import Struct


class BranchEnd(Struct, frozen=True, kw_only=True):
    """One end of a pull request: the branch *ref*, and the commit it is at."""

    ref: str = ""
    sha: str = ""


class PullRequest(Struct, frozen=True, kw_only=True):
    """A pull request, open or not."""

    number: int
    html_url: str
    state: str = "open"
    head: BranchEnd = BranchEnd()
    base: BranchEnd = BranchEnd()

    @property
    def url(self) -> str:
        """Where people look at it."""
        return self.html_url

    def is_of(self, *, topic: str, tip: str, trunk: str) -> bool:
        """Whether it proposes *topic* (or the very commit *tip*) for *trunk*, and is still open."""
        proposes = self.head.sha == tip or self.head.ref == topic
        return self.state == "open" and self.base.ref == trunk and proposes

"""Topics: branches with a change that is not, or not known to be, on the trunk."""

from msgspec import Struct

from homelab_tasks.model.landing.landing import WorkState


class TopicState(Struct, frozen=True, kw_only=True):
    """
    A topic as this machine knows it.

    *landed* says how its commits came to the trunk, None when they are not there, and *landed_as* is the commit of the
    trunk that brought them, where that is known. *is_fresh* is a branch that holds
    nothing but the trunk it began at. *work* is the state of its worktree, None when it has none; *in_use* says
    what else keeps it: git's own lock, a landing, a stash, another worktree.
    """

    name: str
    tip: str
    path: str | None
    ahead: int
    behind: int
    landed: str | None
    landed_as: str | None
    is_fresh: bool
    work: WorkState | None
    in_use: str | None = None

    @property
    def is_dirty(self) -> bool:
        """Whether its worktree holds something that is not committed."""
        return self.work is not None and bool(self.work.changed or self.work.untracked or self.work.unmerged)

    @property
    def kept_for(self) -> str | None:
        """Say what would be lost, or who would be disturbed, if it were removed; None when nothing would."""
        if self.in_use is not None:
            return self.in_use
        if self.work is not None and self.work.operation is not None:
            return f"in the middle of a {self.work.operation}"
        if self.is_dirty and self.work is not None:
            files = (*self.work.unmerged, *self.work.changed, *self.work.untracked)
            others = f" and {len(files) - 1} more" if len(files) > 1 else ""
            return f"{files[0]!r}{others} not committed"
        if self.is_fresh:
            return "it has no commit of its own yet"
        if self.landed is None:
            return f"{self.ahead} {'commit is' if self.ahead == 1 else 'commits are'} not on the trunk"
        return None

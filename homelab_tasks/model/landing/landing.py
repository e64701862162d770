"""A landing: what is landed where, how far it has come, and what a merge or a look at the remote brought."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

OWN_REFS = "refs/land"
HEADS = "refs/heads/"


def lock_ref(trunk: str) -> str:
    """Name the ref on the remote whose owner may land next."""
    return f"{OWN_REFS}/{trunk}/lock"


def tail_ref(trunk: str) -> str:
    """Name the ref on the remote that holds the last candidate of the train."""
    return f"{OWN_REFS}/{trunk}/tail"


def car_prefix(trunk: str) -> str:
    """Name the place on the remote where each candidate of the train shows that its lander lives."""
    return f"{OWN_REFS}/{trunk}/car/"


def green_prefix(trunk: str) -> str:
    """Name the place on the remote where each candidate of the train that has passed verify says so."""
    return f"{OWN_REFS}/{trunk}/green/"


class Step(StrEnum):
    """How far a landing has come; each is written down before it is begun."""

    STARTED = "started"  # nothing that others can see was done
    PUSHING = "pushing"  # the candidate may be on the trunk
    PROPOSING = "proposing"  # a pull request may be there
    LANDED = "landed"  # the candidate was seen on the trunk; its CI may still be watched


class Record(Struct, frozen=True, kw_only=True):
    """
    What the journal holds of a landing: enough to end it after a kill at any moment.

    *tip* is the topic's commit that is landed, *base* the trunk that was last built on, *pushed* every candidate of
    which a push was begun, *landed* the one that was seen on the trunk, *lock* and *car* our refs on the remote at
    their last known value, *verify_group* the process group of a running verify.
    """

    topic: str
    tip: str
    trunk: str
    step: Step
    base: str | None = None
    pushed: tuple[str, ...] = ()
    landed: str | None = None
    lock: str | None = None
    car: str | None = None
    verify_group: int | None = None


class Candidate(Struct, frozen=True, kw_only=True):
    """A merge of the topic into *base*, the trunk of the *attempt* (from 1) that built it."""

    commit: str
    tree: str
    base: str
    attempt: int


class Trunk(Struct, frozen=True, kw_only=True):
    """The trunk at one look: its value, and that of its lock where somebody holds it."""

    name: str
    base: str
    lock: str | None = None


class Merged(Struct, frozen=True, kw_only=True):
    """The tree that a clean merge makes."""

    tree: str


class Conflict(Struct, frozen=True, kw_only=True):
    """The files that do not merge."""

    files: tuple[str, ...]

    @property
    def text(self) -> str:
        """Name the first file, and how many more there are."""
        first, others = self.files[0] if self.files else "something", len(self.files) - 1
        return f"{first} and {others} more do" if others > 0 else f"{first} does"


class RemoteState(Struct, frozen=True, kw_only=True):
    """
    The remote at one look: *head* is the branch its HEAD names, *refs* the values of those that were asked for.

    A ref that is not in *refs* is not on the remote.
    """

    head: str | None
    refs: Mapping[str, str]

    def branch(self, name: str) -> str | None:
        """Look up the value of a branch."""
        return self.refs.get(HEADS + name)


class RefChange(Struct, frozen=True, kw_only=True):
    """
    One ref to push: *source* (a local ref or sha, None deletes) to *target*, if it still has the value *expected*.

    *expected* is a sha, or empty for a ref that must not exist yet.
    """

    source: str | None
    target: str
    expected: str


class WorkState(Struct, frozen=True, kw_only=True):
    """The clone as somebody left it: what is checked out, what is unfinished, what is not committed."""

    branch: str | None
    tip: str | None
    operation: str | None  # "merge", "rebase", "cherry-pick", "revert", "bisect"
    changed: tuple[str, ...] = ()
    unmerged: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    identity_problem: str | None = None

"""What a landing needs of the world, and what was asked of it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct

from homelab_tasks.actions.waiting import Clock, Patience
from homelab_tasks.model.landing.landing import Conflict, Merged, Record, RefChange, RemoteState, WorkState
from homelab_tasks.model.landing.push_result import PushResult


class Remote(Protocol):
    """The remote that holds the trunk; a method is one try."""

    def look(self, *refs: str) -> RemoteState: ...
    def fetch(self, ref: str, name: str) -> str: ...
    def deepen(self, ref: str) -> None: ...
    def keep(self, name: str, commit: str) -> str: ...
    def forget(self) -> None: ...
    def push(
        self, *changes: RefChange, timeout: float | None, hooks: bool = True, submodules: bool = False
    ) -> PushResult: ...


class Merger(Protocol):
    """Makes commits without a work tree, and knows ancestry."""

    def merge(self, base: str, tip: str) -> Merged | Conflict: ...
    def commit(self, tree: str, parents: tuple[str, ...], message: str) -> str: ...
    def note(self, message: str, *, after: str | None) -> str: ...
    def tree_of(self, commit: str) -> str: ...
    def message_of(self, commit: str) -> str: ...
    def first_parent(self, commit: str) -> str | None: ...
    def first_parents(self, tip: str, base: str) -> tuple[tuple[str, str | None], ...]: ...
    def has_submodules(self, commit: str) -> bool: ...
    def taken_off(self, former: str, trunk: str, tip: str) -> int: ...
    def merge_base(self, one: str, other: str) -> str | None: ...


class Clone(Protocol):
    """The clone as its user left it."""

    @property
    def is_shallow(self) -> bool: ...
    def state(self) -> WorkState: ...
    def tip(self) -> str | None: ...
    def contains(self, ancestor: str, descendant: str) -> bool | None: ...
    def former_trunk(self, trunk: str) -> str | None: ...
    def likely_trunk(self) -> str | None: ...


class Run(Protocol):
    """A command that verifies, while it runs."""

    timed_out: bool

    @property
    def exit_code(self) -> int | None: ...
    @property
    def group(self) -> int: ...
    def lines_and_silence(self, seconds: float) -> Iterator[str | None]: ...


class Checkout(Protocol):
    """Where candidates are verified."""

    def prepare(self, commit: str) -> None: ...
    def start(self, command: str, *, timeout: float) -> AbstractContextManager[Run]: ...
    def end_orphans(self, group: int) -> None: ...


class VerifiedTrees(Protocol):
    """The trees that have passed."""

    def passed(self, tree: str, command: str) -> bool: ...
    def remember(self, tree: str, command: str) -> None: ...


class Journal(Protocol):
    """What the landing of this worktree has begun."""

    def exclusive(self) -> AbstractContextManager[None]: ...
    def load(self) -> Record | None: ...
    def write(self, record: Record) -> None: ...
    def clear(self) -> None: ...


class Presence(Protocol):
    """Who we are to other landers, and whether one of them still lives."""

    def owner(self) -> str: ...
    def is_gone(self, owner: str) -> bool: ...
    def beating(self, beat: Callable[[], None]) -> AbstractContextManager[None]: ...


class Order(Struct, frozen=True, kw_only=True):
    """
    What was asked for.

    *verify* is None only when that was said. *trunk* None is the remote's HEAD. *remote* is the name that people
    know the remote by, *hint_branch* what they would merge by hand.
    """

    verify: str | None
    trunk: str | None = None
    remote: str = "origin"
    message: str | None = None
    propose: bool = False
    train: bool = False
    timeout: float = 1800.0
    verify_missing: bool = False
    push_urls: tuple[str, ...] = ()


class Site(Struct, frozen=True, kw_only=True):
    """Everything that a landing works with; *jitter* picks a time up to the one it is given."""

    clone: Clone
    remote: Remote
    merger: Merger
    checkout: Checkout
    verified: VerifiedTrees
    journal: Journal
    presence: Presence
    patience: Patience
    jitter: Callable[[float], float]

    @property
    def clock(self) -> Clock:
        """The clock that all waiting goes by."""
        return self.patience.clock

    @property
    def time_left(self) -> float:
        """Seconds until the deadline, 0 when it has passed."""
        deadline = self.patience.deadline
        return float("inf") if deadline is None else max(0.0, deadline - self.clock.now())

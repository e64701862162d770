"""
Pipelines, workflows and steps as Woodpecker tells them.

Field names and statuses are the server's (v3: server/model/pipeline.go, workflow.go, step.go, const.go:57-69). Times
are unix seconds, 0 where unset. Fields that are not used here are ignored.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

EVENTS = (
    "push",
    "tag",
    "release",
    "pull_request",
    "pull_request_closed",
    "pull_request_metadata",
    "deployment",
    "cron",
    "manual",
)
"""What can trigger a pipeline (server/model/const.go:26-34)."""


class Status(StrEnum):
    """
    What Woodpecker calls the state of a pipeline, a workflow or a step (server/model/const.go:57-69).

    A word that is not known here is UNKNOWN: neither an end nor green.
    """

    CREATED = "created"
    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILURE = "failure"
    KILLED = "killed"
    CANCELED = "canceled"
    ERROR = "error"
    BLOCKED = "blocked"
    DECLINED = "declined"
    SKIPPED = "skipped"
    UNKNOWN = ""

    @classmethod
    def _missing_(cls, value: object) -> "Status":  # noqa: ARG003 - named by enum
        return cls.UNKNOWN

    @property
    def is_final(self) -> bool:
        """Does the server call this an end? It may still be rewritten while workflows are active."""
        return self in _FINAL

    @property
    def is_active(self) -> bool:
        """May an agent still report on this?"""
        return self in _ACTIVE

    @property
    def is_red(self) -> bool:
        """Does this say that something went wrong by itself?"""
        return self in {Status.FAILURE, Status.ERROR}

    @property
    def is_halted(self) -> bool:
        """Was this stopped before its end, by a person, a newer pipeline or a step?"""
        return self in {Status.KILLED, Status.CANCELED}


_FINAL = frozenset(
    {Status.SUCCESS, Status.FAILURE, Status.KILLED, Status.CANCELED, Status.ERROR, Status.DECLINED, Status.SKIPPED}
)
_ACTIVE = frozenset({Status.PENDING, Status.RUNNING})


class About(Struct, frozen=True, kw_only=True):
    """What a server says of itself; *date* is its time of day, where it tells."""

    version: str
    date: datetime | None = None


class Repository(Struct, frozen=True, kw_only=True):
    """A repository as `GET /api/repos/lookup/OWNER/NAME` tells it."""

    id: int
    full_name: str
    active: bool = True
    private: bool = False
    default_branch: str = ""
    require_approval: str = ""


class User(Struct, frozen=True, kw_only=True):
    """Whose token it is, as `GET /api/user` tells it."""

    login: str
    admin: bool = False


class Permissions(Struct, frozen=True, kw_only=True):
    """What a user may do with a repository, as `GET /api/repos/ID/permissions` tells it."""

    pull: bool = False
    push: bool = False
    admin: bool = False


class Step(Struct, frozen=True, kw_only=True):
    """A step of a workflow; *type* is clone, service, plugin, commands or cache."""

    id: int
    pid: int
    name: str
    state: str
    error: str = ""
    exit_code: int = 0
    started: int = 0
    finished: int = 0
    type: str = ""

    @property
    def status(self) -> Status:
        """The state, as a word that is known here."""
        return Status(self.state)


class Workflow(Struct, frozen=True, kw_only=True):
    """A workflow of a pipeline; *environ* is the axis of a matrix, whose workflows share a *name*."""

    id: int
    pid: int
    name: str
    state: str
    error: str = ""
    started: int = 0
    finished: int = 0
    agent_id: int = 0
    environ: dict[str, str] | None = None
    children: tuple[Step, ...] | None = None

    @property
    def status(self) -> Status:
        """The state, as a word that is known here."""
        return Status(self.state)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps, in the order of the server; empty where it told none."""
        return self.children or ()


class ConfigProblem(Struct, frozen=True, kw_only=True):
    """An entry of a pipeline's errors[]; warnings stand there on green pipelines too."""

    message: str = ""
    type: str = ""
    is_warning: bool = False


class CancelInfo(Struct, frozen=True, kw_only=True):
    """Who stopped a pipeline (server >= 3.14). Counts only while its status is killed or canceled."""

    canceled_by_user: str = ""
    superseded_by: int = 0
    canceled_by_step: str = ""


class Pipeline(Struct, frozen=True, kw_only=True):
    """
    A pipeline; *event* is what triggered it, *number* may be used again after a row vanished, *id* never is.

    *workflows* is None in list rows, and where the server has none. *author* is the login of the user who started it,
    where that was by hand.
    """

    id: int
    number: int
    commit: str
    event: str
    status: str
    branch: str = ""
    ref: str = ""
    refspec: str = ""
    parent: int = 0
    deploy_to: str = ""
    cron: str = ""
    message: str = ""
    author: str = ""
    reviewed_by: str = ""
    created: int = 0
    updated: int = 0
    started: int = 0
    finished: int = 0
    errors: tuple[ConfigProblem, ...] | None = None
    cancel_info: CancelInfo | None = None
    workflows: tuple[Workflow, ...] | None = None

    @property
    def state(self) -> Status:
        """The status, as a word that is known here."""
        return Status(self.status)

    @property
    def stopped_by(self) -> CancelInfo:
        """Who stopped it; empty unless it is stopped, for a restart inherits its parent's cancel_info."""
        if self.state.is_halted and self.cancel_info is not None:
            return self.cancel_info
        return CancelInfo()

    @property
    def problems(self) -> tuple[str, ...]:
        """What the server says is wrong with the configuration, warnings left out."""
        return tuple(problem.message for problem in self.errors or () if problem.message and not problem.is_warning)


class LogLine(Struct, frozen=True, kw_only=True):
    """A line of a step's log, decoded; *line* counts from 0."""

    line: int
    text: str

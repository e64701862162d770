"""
What an action tells while it works: one stream of events, the last of which is its verdict.

Field names are the contract of `--json` (schema "homelab.events/1", docs/reference/events.md). The time of an
event is not its own: the view that shows it stamps it.
"""

from enum import StrEnum

from msgspec import Struct

from homelab_tasks.model.verdict import Word

SCHEMA = "homelab.events/1"


class Event(Struct, frozen=True, kw_only=True, tag_field="event"):
    """Something that a person or a program wants to hear of."""


class Watching(Event, frozen=True, kw_only=True, tag="watching"):
    """What is watched, and where: always the first event, told before anything is asked of a server."""

    task: str
    repository: str | None = None
    server: str | None = None
    commit: str | None = None
    branch: str | None = None
    url: str | None = None
    address: str | None = None  # the pinned address that the server's name is dialled at
    title: str | None = None  # the commit's subject line
    text: str | None = None  # for tasks that watch something else than a commit


class PipelineSeen(Event, frozen=True, kw_only=True, tag="pipeline"):
    """A pipeline appeared or changed its status. *trigger* is Woodpecker's event, *status* Woodpecker's word."""

    number: int
    id: int
    commit: str
    trigger: str
    ref: str
    status: str
    url: str
    parent: int | None = None
    branch: str | None = None
    judged: bool = True  # false: named, but not part of the verdict
    seconds: float | None = None
    eta_seconds: float | None = None  # expected time until it ends, from this repository's history


class WorkflowSeen(Event, frozen=True, kw_only=True, tag="workflow"):
    """A workflow changed its status. *axis* tells workflows of one matrix apart."""

    pipeline: int
    name: str
    status: str
    axis: dict[str, str] | None = None
    error: str | None = None
    seconds: float | None = None
    eta_seconds: float | None = None  # before it has begun: all that it takes


class StepSeen(Event, frozen=True, kw_only=True, tag="step"):
    """A step changed its status."""

    pipeline: int
    workflow: str
    name: str
    status: str
    axis: dict[str, str] | None = None
    exit_code: int | None = None
    seconds: float | None = None
    error: str | None = None
    eta_seconds: float | None = None


class Log(Event, frozen=True, kw_only=True, tag="log"):
    """One line of a step's log; *line* counts from 0."""

    pipeline: int
    workflow: str
    step: str
    line: int
    text: str


class Phase(StrEnum):
    """How far a target has come."""

    IMAGE = "image"
    ROLLOUT = "rollout"
    STABLE = "stable"


class Rollout(Event, frozen=True, kw_only=True, tag="rollout"):
    """
    What a deployment target looks like now; replica counts are pods.

    *updated* and *available* are the server's words, and *available* counts old pods, too. *renewed* counts those of
    the new revision that are ready, *old* those of others that still run or terminate. *trouble* is what is wrong
    now, the surest first.
    """

    target: str
    phase: Phase
    image: str | None = None
    desired: int | None = None
    updated: int | None = None
    ready: int | None = None
    available: int | None = None
    renewed: int | None = None
    old: int | None = None
    revision: str | None = None
    text: str | None = None
    trouble: tuple[str, ...] = ()


class LandPhase(StrEnum):
    """The steps of a landing, in their order."""

    SYNC = "sync"
    CANDIDATE = "candidate"
    VERIFY = "verify"
    PUSH = "push"
    CONFIRM = "confirm"


class Land(Event, frozen=True, kw_only=True, tag="land"):
    """A step of a landing; *attempt* counts from 1, *trunk* and *candidate* are full shas."""

    phase: LandPhase
    attempt: int
    trunk: str | None = None
    candidate: str | None = None
    text: str | None = None


class Topic(Event, frozen=True, kw_only=True, tag="topic"):
    """
    A topic, as work.status sees it, or what work.clean did with it (*done*: `removed`, `kept`, `would remove`).

    *ahead* and *behind* count commits against the trunk as it is on the remote, *path* is its worktree, *reason* says
    why it has landed or why it is kept. *landed_as* is the commit of the trunk that brought it, where that is known;
    *ci* is the word of its CI, else of the CI of *commit*.
    """

    name: str
    commit: str
    path: str | None = None
    ahead: int = 0
    behind: int = 0
    dirty: bool = False
    landed: bool = False
    landed_as: str | None = None
    done: str | None = None
    reason: str | None = None
    pull_request: str | None = None
    ci: Word | None = None


class Stage(Event, frozen=True, kw_only=True, tag="stage"):
    """A part of `work.land` (`land`, `ci`, `deploy`) has ended."""

    stage: str
    verdict: Word
    reason: str


class NoteKind(StrEnum):
    """What a note is about."""

    RETRYING = "retrying"
    RECOVERED = "recovered"
    STREAM_LOST = "stream-lost"
    STREAM_RESTORED = "stream-restored"
    SUPERSEDED = "superseded"
    HEARTBEAT = "heartbeat"
    WARNING = "warning"


class Note(Event, frozen=True, kw_only=True, tag="note"):
    """Something worth a line that changes no verdict."""

    kind: NoteKind
    text: str


class TranscriptKind(StrEnum):
    """What a line of a transcript is."""

    TITLE = "title"
    REMARK = "remark"
    COMMAND = "command"
    OUTPUT = "output"


class Transcript(Event, frozen=True, kw_only=True, tag="transcript"):
    """A line of a session at a shell, shown as a person would see it: what is typed, and what that prints."""

    kind: TranscriptKind
    text: str


class CheckState(StrEnum):
    """How one thing that `doctor` looks at is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


class Check(Event, frozen=True, kw_only=True, tag="check"):
    """
    One setting, held against the world.

    *verdict* is the word that the task would end with if this was all there is: `ok` unless the state is failed.
    """

    name: str
    state: CheckState
    text: str
    hint: str | None = None
    verdict: Word = Word.OK


class PipelineSummary(Struct, frozen=True, kw_only=True):
    """A judged pipeline, in a verdict."""

    number: int
    status: str
    url: str


class Failure(Struct, frozen=True, kw_only=True):
    """
    Why it is red: a step, a workflow, or a pipeline that never got to run; or a container of a target's pod.

    *axis* tells workflows of one matrix apart; *tail* is the end of the log, oldest line first.
    """

    pipeline: int | None = None
    workflow: str | None = None
    step: str | None = None
    axis: dict[str, str] | None = None
    exit_code: int | None = None
    error: str | None = None
    tail: tuple[str, ...] = ()
    target: str | None = None
    pod: str | None = None
    container: str | None = None


class TargetVerdict(Struct, frozen=True, kw_only=True):
    """How one deployment target ended."""

    target: str
    verdict: Word
    reason: str


class Verdict(Event, frozen=True, kw_only=True, tag="verdict"):
    """The end of every stream: the word, why, and what to do next."""

    verdict: Word
    reason: str
    hint: str | None = None
    task: str | None = None
    stage: str | None = None
    commit: str | None = None
    url: str | None = None
    pipelines: tuple[PipelineSummary, ...] = ()
    failures: tuple[Failure, ...] = ()
    targets: tuple[TargetVerdict, ...] = ()
    seconds: float | None = None

    @property
    def exit_code(self) -> int:
        """The exit code of the verdict's word."""
        return self.verdict.exit_code

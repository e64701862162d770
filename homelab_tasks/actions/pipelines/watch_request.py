"""What to watch, and what is asked of the CI server for it."""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from homelab_tasks.actions.pipelines.board import Rules
from homelab_tasks.actions.pipelines.explain_stuck import QueueDesk
from homelab_tasks.actions.pipelines.find_pipelines import PipelineList
from homelab_tasks.actions.pipelines.follow_logs import LiveLogs
from homelab_tasks.actions.pipelines.stream_trust import Changes
from homelab_tasks.model.commit import Commit


class Ci(PipelineList, LiveLogs, QueueDesk, Protocol):
    """What watching asks of the CI server."""

    def url(self, repository_id: int, number: int | None = None) -> str:
        """The page of a repository, or of a pipeline, for people."""

    def changes(self) -> Changes:
        """Listen to the event stream."""


class ShownLogs(StrEnum):
    """Which logs a watch shows: the ends of those that failed, all while they come, or none."""

    FAILED = "failed"
    ALL = "all"
    NONE = "none"


class WatchRequest(Struct, frozen=True, kw_only=True):
    """
    What to watch and for how long, in seconds.

    Without *commit* the pipeline *number* says which it is. *once* is a single look, which reads no logs. To *foresee*
    is to read a few earlier pipelines too, for somebody who looks at how much is left of each workflow.
    """

    repository: str
    task: str = "ci.watch"
    commit: Commit | None = None
    number: int | None = None
    branch: str | None = None
    events: tuple[str, ...] = ("push",)
    rules: Rules = Rules()
    timeout: float = 1800.0
    appear_timeout: float = 120.0
    retry_for: float = 30.0
    once: bool = False
    foresee: bool = False
    logs: ShownLogs = ShownLogs.FAILED


Contains = Callable[[str, str], bool | None]
"""Does the second commit (full shas) contain the first? None where the clone cannot tell."""

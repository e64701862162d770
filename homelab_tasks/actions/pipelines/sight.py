"""One pipeline under watch: what is known of it, and since when."""

from collections.abc import Iterator

from msgspec import structs

from homelab_tasks.actions.pipelines.read_tails import BATCH_SECONDS
from homelab_tasks.model.events import Event, PipelineSeen
from homelab_tasks.model.pipelines.changes import changes
from homelab_tasks.model.pipelines.history import Experience
from homelab_tasks.model.pipelines.judgement import is_settled, is_winding_down, waits_for_an_agent
from homelab_tasks.model.pipelines.pipeline import Pipeline, Status

SETTLE_SECONDS = 15.0
"""An orphaned workflow has stayed `running` for 170 s under a killed pipeline: settling is bounded."""
SETTLE_BLIND_SECONDS = 5.0
"""How long details are asked for when the list alone shows an end that is not rewritten."""
GONE_SECONDS = 1.0
LEAST_GONE_READS = 2
RECENT_SECONDS = 10.0


class Sight:
    """
    A pipeline and what was read of it, keyed by its id: numbers are used again after a row vanished.

    Times are of the monotonic clock. `pipeline` holds the newest status that was read, with the newest workflows.
    """

    def __init__(self, row: Pipeline, *, url: str, judged: bool = True) -> None:
        """Begin with a *row* of the list."""
        self.pipeline = row
        self.url = url
        self.judged = judged
        self.expected_seconds: float | None = None
        self.experience: Experience | None = None  # of its workflows; None until it was looked up
        self.successor: Sight | None = None
        self.lost_successor: str | None = None  # why the pipeline that superseded this one is not followed
        self.detail_misses = 0
        self._told: Pipeline | None = None
        self._detail_status: str | None = None  # the status that the newest workflows were read with
        self._running_since: float | None = None
        self._pending_since: float | None = None
        self._final_since: float | None = None
        self._steps_ended: dict[int, float] = {}  # by the id of the step
        self._gone_since: float | None = None
        self._gone_reads = 0
        self._was_open = False
        self._moved_at: float | None = None
        self._wall_ahead = 0.0

    def take_row(self, row: Pipeline, now: float) -> None:
        """Learn from a *row* of the list, which has no workflows."""
        self._gone_since, self._gone_reads = None, 0
        self._take(structs.replace(row, workflows=self.pipeline.workflows), now)

    def take_detail(self, detail: Pipeline, now: float) -> None:
        """Learn from a *detail*, which has them."""
        self.detail_misses = 0
        self._detail_status = detail.status
        self._take(detail, now)

    def miss_row(self, now: float) -> None:
        """Notice that a list which covers this pipeline does not hold it."""
        self._gone_since = now if self._gone_since is None else self._gone_since
        self._gone_reads += 1

    def _take(self, pipeline: Pipeline, now: float) -> None:
        if pipeline.started and (pipeline.status, pipeline.workflows) != (
            self.pipeline.status,
            self.pipeline.workflows,
        ):
            self._moved_at = now
        self.pipeline = pipeline
        state = pipeline.state
        self._was_open = self._was_open or not state.is_final
        waiting, running = waits_for_an_agent(pipeline), state is Status.RUNNING
        self._pending_since = _first(self._pending_since, now) if waiting else None
        self._running_since = _first(self._running_since, now) if running else self._running_since
        self._final_since = _first(self._final_since, now) if state.is_final else None
        for step in (step for workflow in pipeline.workflows or () for step in workflow.steps):
            if step.status.is_final:
                self._steps_ended.setdefault(step.id, now)

    def news(self, *, wall: float, now: float) -> Iterator[Event]:
        """Tell what changed since this was last called; *wall* is the time of day in unix seconds."""
        self._wall_ahead = wall - now
        if self._running_since is not None and self.pipeline.started:  # it ran before it was looked at
            self._running_since = min(self._running_since, self.pipeline.started - wall + now)
        experience = self.experience or Experience()
        for event in changes(
            self._told, self.pipeline, url=self.url, judged=self.judged, now=wall, experience=experience
        ):
            if isinstance(event, PipelineSeen):
                yield structs.replace(event, eta_seconds=self.remaining_seconds(now))
            else:
                yield event
        self._told = self.pipeline

    @property
    def is_detailed(self) -> bool:
        """Were the workflows read together with the status that is known?"""
        return self._detail_status == self.pipeline.status

    @property
    def is_gone(self) -> bool:
        """Is a row missing from the list?"""
        return self._gone_since is not None

    def has_vanished(self, now: float) -> bool:
        """Was the row missing from the list in several reads, for long enough not to be a shifted page?"""
        missing = 0.0 if self._gone_since is None else now - self._gone_since
        return self._gone_reads >= LEAST_GONE_READS and missing >= GONE_SECONDS

    def has_ended(self, now: float) -> bool:
        """Has it ended, and settled, or had the time to settle?"""
        if self._final_since is None:
            return False
        waited = now - self._final_since
        if self.is_detailed:
            return is_settled(self.pipeline) or waited >= SETTLE_SECONDS
        # Only a stopped pipeline is rewritten; the other ends are computed when no workflow is left.
        return waited >= (SETTLE_SECONDS if self.pipeline.state.is_halted else SETTLE_BLIND_SECONDS)

    def log_complete_at(self, step_id: int, wall: float) -> float:
        """
        When the log of one of its steps will have come in whole.

        Long ago, if all had ended before it was first looked at; *wall* (unix seconds) only saves a second here.
        """
        ended = self._steps_ended.get(step_id, self._final_since)
        ended_just_now = self._was_open or abs(wall - self.pipeline.finished) < RECENT_SECONDS
        return 0.0 if ended is None or not ended_just_now else ended + BATCH_SECONDS

    def is_settling(self, now: float) -> bool:
        """Does the server call it ended, while that may still be rewritten?"""
        return self._final_since is not None and not self.has_ended(now)

    def is_ending(self, now: float) -> bool:
        """Is its end due at any moment?"""
        return self.is_settling(now) or (self.is_detailed and is_winding_down(self.pipeline))

    def has_moved(self, within: float, now: float) -> bool:
        """Did an agent get anywhere with it in the last *within* seconds?"""
        return self._moved_at is not None and now - self._moved_at < within

    @property
    def is_pending(self) -> bool:
        """Does it wait to be picked up?"""
        return self._pending_since is not None

    def pending_seconds(self, now: float) -> float:
        """How long it has been seen pending (or stranded as created) without a break."""
        return 0.0 if self._pending_since is None else now - self._pending_since

    def running_seconds(self, now: float) -> float:
        """How long it has been running, by the server's word unless its clock is ahead of ours."""
        return 0.0 if self._running_since is None else now - self._running_since

    def remaining_seconds(self, now: float) -> float | None:
        """
        How much longer it is expected to run; negative when overdue, None without history.

        That is at least as long as any of its workflows, for one may begin late.
        """
        experience, wall = self.experience or Experience(), now + self._wall_ahead
        if self.expected_seconds is None or self.pipeline.state.is_final or not experience.is_of(self.pipeline):
            return None
        parts = (experience.workflow_left(workflow, wall) for workflow in self.pipeline.workflows or ())
        return max(
            [
                self.expected_seconds - self.running_seconds(now),
                *(part for part in parts if part is not None and part > 0),
            ]
        )


def _first(since: float | None, now: float) -> float:
    return now if since is None else since

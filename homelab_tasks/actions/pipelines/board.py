"""All pipelines of a commit under watch: which are judged, which were replaced, which followed, which vanished."""

from collections.abc import Callable, Iterator

from msgspec import Struct, structs

from homelab_tasks.actions.pipelines.sight import Sight
from homelab_tasks.actions.pipelines.verdict import Outcome
from homelab_tasks.durations import format_duration
from homelab_tasks.model.events import Event, PipelineSeen
from homelab_tasks.model.pipelines.history import expected_seconds
from homelab_tasks.model.pipelines.judgement import Judgement, judge, red_steps
from homelab_tasks.model.pipelines.pipeline import Pipeline, Status
from homelab_tasks.model.pipelines.selection import Selection
from homelab_tasks.model.verdict import Word


class Rules(Struct, frozen=True, kw_only=True):
    """How the pipelines of a commit are judged; `stuck_after` in seconds."""

    stuck_after: float = 300.0
    follow: bool = True
    fail_fast: bool = False
    wait_for_approval: bool = False


class Board:
    """The pipelines of one commit, brought up to date by list rows and details."""

    def __init__(self, selection: Selection, rules: Rules, *, url: Callable[[int], str]) -> None:
        """Watch what *selection* picks; *url* makes the link of a pipeline number."""
        self.selection = selection
        self.rules = rules
        self.judged: dict[int, Sight] = {}
        self.followed: dict[int, Sight] = {}
        self.vanished: list[Sight] = []
        self._others: dict[int, Sight] = {}
        self._url = url

    def take_list(self, rows: dict[int, Pipeline], now: float) -> None:
        """Learn from the *rows* of a list that covers every pipeline on the board."""
        newest = {row.id: row for row in self.selection.judged(rows.values())}
        for sight in self.sights():
            row = rows.get(sight.pipeline.id)
            if row is None:
                sight.miss_row(now)
            else:
                sight.take_row(row, now)
        for key, row in newest.items():
            if key not in self.judged:
                self.judged[key] = self._sight(row, rows, now)
        self._drop_replaced(newest, rows, now)
        for row in self.selection.others(rows.values()):
            self._others.setdefault(row.id, Sight(row, url=self._url(row.number), judged=False)).take_row(row, now)

    def follow(self, sight: Sight, successor: Pipeline, rows: dict[int, Pipeline], now: float) -> None:
        """Go on with the *successor* that superseded *sight*."""
        known = self.judged.get(successor.id) or self.followed.get(successor.id)
        sight.successor = known or self._sight(successor, rows, now)
        self.followed.setdefault(successor.id, sight.successor)

    def _sight(self, row: Pipeline, rows: dict[int, Pipeline], now: float) -> Sight:
        sight = Sight(row, url=self._url(row.number))
        sight.expected_seconds = expected_seconds(rows.values(), row)
        sight.take_row(row, now)
        return sight

    def _drop_replaced(self, newest: dict[int, Pipeline], rows: dict[int, Pipeline], now: float) -> None:
        for key, sight in list(self.judged.items()):
            if sight.has_vanished(now):
                self.vanished.append(self.judged.pop(key))
            elif key in rows and key not in newest:
                del self.judged[key]  # a newer one of its group, or its restart, counts instead

    def sights(self) -> tuple[Sight, ...]:
        """Everything that is read: the judged pipelines and those that superseded them."""
        return tuple(({sight.pipeline.id: sight for sight in self.judged.values()} | self.followed).values())

    def others(self) -> tuple[Pipeline, ...]:
        """The commit's pipelines that are named but not judged."""
        return tuple(sight.pipeline for sight in self._others.values())

    def news(self, *, wall: float, now: float) -> Iterator[Event]:
        """Tell what changed on the board."""
        for sight in (*self._others.values(), *self.sights()):
            for event in sight.news(wall=wall, now=now):
                yield structs.replace(event, judged=sight.judged) if isinstance(event, PipelineSeen) else event

    def outcomes(self, now: float, *, others_moved: bool) -> list[Outcome | None]:
        """Say for each judged pipeline how it ended, or None while it has not."""
        return [self._outcome(sight, now, others_moved=others_moved) for sight in self.judged.values()]

    def _outcome(self, sight: Sight, now: float, *, others_moved: bool) -> Outcome | None:
        pipeline = sight.pipeline
        if sight.successor is not None and pipeline.stopped_by.superseded_by:
            return self._outcome(sight.successor, now, others_moved=others_moved)
        if pipeline.state is Status.BLOCKED and self.rules.wait_for_approval:
            return None
        if sight.has_ended(now) or pipeline.state is Status.BLOCKED:
            judgement = judge(pipeline)
            return Outcome(_unfollowed(judgement, sight), sight) if judgement else None
        if self.rules.fail_fast and red_steps(pipeline):
            failing = judge(structs.replace(pipeline, status=Status.FAILURE))
            return Outcome(failing, sight) if failing else None
        return None if others_moved else self._stuck(sight, now)

    def _stuck(self, sight: Sight, now: float) -> Outcome | None:
        """Has *sight* been pending for too long, while nothing on the board moved?"""
        longest, pending = self.rules.stuck_after, sight.pending_seconds(now)
        if pending < longest or any(other.has_moved(longest, now) for other in self.sights() if other is not sight):
            return None
        reason = (
            f"#{sight.pipeline.number} has been pending for {format_duration(pending)}, and nothing else moves here"
        )
        return Outcome(Judgement(word=Word.STUCK, reason=reason), sight)

    def next_stuck(self, now: float) -> float:
        """When the next pipeline will have been pending for too long, if it stays pending; infinite for none."""
        left = (self.rules.stuck_after - sight.pending_seconds(now) for sight in self.sights() if sight.is_pending)
        return min((now + seconds for seconds in left if seconds > 0), default=float("inf"))

    def to_follow(self) -> tuple[Sight, ...]:
        """Pick the superseded pipelines whose successor is not known yet."""
        if not self.rules.follow:
            return ()
        return tuple(
            sight
            for sight in self.sights()
            if sight.pipeline.stopped_by.superseded_by
            and not sight.pipeline.stopped_by.canceled_by_step
            and sight.successor is None
            and sight.lost_successor is None
        )


def _unfollowed(judgement: Judgement, sight: Sight) -> Judgement:
    if judgement.word is Word.SUPERSEDED and sight.lost_successor:
        return structs.replace(judgement, reason=f"{judgement.reason}, {sight.lost_successor}")
    return judgement

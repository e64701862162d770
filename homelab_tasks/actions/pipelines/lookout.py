"""Brings the board up to date: the list when it is due, details in between, and what superseded a pipeline."""

from collections.abc import Generator, Iterator

from homelab_tasks.actions.pipelines.board import Board
from homelab_tasks.actions.pipelines.find_pipelines import Survey
from homelab_tasks.actions.pipelines.movement import Movement
from homelab_tasks.actions.pipelines.recollection import Recollection
from homelab_tasks.actions.pipelines.sight import Sight
from homelab_tasks.actions.pipelines.wakefulness import Wakefulness
from homelab_tasks.actions.pipelines.watch_request import Ci, Contains
from homelab_tasks.actions.waiting import Clock
from homelab_tasks.errors import REFUSALS, UnavailableError
from homelab_tasks.model.events import Event, Note, NoteKind
from homelab_tasks.model.pipelines.pipeline import Pipeline

MISSES_TOLD = 3  # a single empty detail is everyday weather


class Lookout:
    """Reads the server for one board; what changed is told."""

    def __init__(  # noqa: PLR0913 - what it reads, and what it keeps up to date
        self,
        ci: Ci,
        clock: Clock,
        *,
        board: Board,
        survey: Survey,
        movement: Movement,
        recollection: Recollection,
        wakefulness: Wakefulness,
        repository_id: int,
        contains: Contains,
    ) -> None:
        """Look for *board*; *contains* asks the clone whether a newer commit holds an older one."""
        self._ci = ci
        self._clock = clock
        self._board = board
        self._survey = survey
        self._movement = movement
        self._recollection = recollection
        self._wakefulness = wakefulness
        self._repository_id = repository_id
        self._contains = contains

    def look(self) -> Iterator[Event]:
        """Bring the board up to date: the list when it is due, else the details; the list where those fail."""
        listed = self._wakefulness.list_is_due(self._board)
        if listed:
            yield from self.read_list()
        if not listed or not self._wakefulness.is_trusted:
            missed = yield from self._read_details()
            if missed and not listed:
                yield from self.read_list()
        yield from self._follow()
        self._recollection.recall(self._board.sights(), self._survey.rows.values())
        yield from self.tell()

    def tell(self) -> Iterator[Event]:
        """Tell what is new on the board."""
        changed = False
        for event in self._board.news(wall=self._clock.wall().timestamp(), now=self._clock.now()):
            changed = True
            yield event
        self._wakefulness.looked(changed=changed)

    def read_list(self) -> Iterator[Event]:
        """Read the list down to the last pipeline that goes on, or to the one that is looked for."""
        now, sights, selection = self._clock.now(), self._board.sights(), self._board.selection
        numbers = [sight.pipeline.number for sight in sights if not sight.has_ended(now)]
        looked_for = None if sights else selection.number
        yield from self._survey.read(selection.commit, down_to=min(numbers, default=looked_for))
        rows, now = self._survey.rows, self._clock.now()
        self._board.take_list(rows, now)
        self._movement.notice(rows.values(), {sight.pipeline.id for sight in self._board.sights()}, now)
        self._wakefulness.listed()

    def _read_details(self) -> Generator[Event, None, bool]:
        missed = False
        for sight in self._board.sights():
            if sight.is_detailed and sight.has_ended(self._clock.now()):
                continue
            detail, problem = self._detail_of(sight)
            if detail is not None:
                sight.take_detail(detail, self._clock.now())
                continue
            missed = True
            sight.detail_misses += 1
            if sight.detail_misses == MISSES_TOLD:
                text = f"the details of #{sight.pipeline.number} cannot be read ({problem}); judging by the list"
                yield Note(kind=NoteKind.WARNING, text=text)
        return missed

    def _detail_of(self, sight: Sight) -> tuple[Pipeline | None, str]:
        """Read a detail, once: it is the least reliable answer, and the list can stand in for it."""
        row = sight.pipeline
        try:
            detail = self._ci.pipeline(self._repository_id, row.number)
        except (UnavailableError, *REFUSALS) as error:
            return None, error.problem
        if (detail.id, detail.commit) != (row.id, row.commit):
            return None, f"#{row.number} is another pipeline now"
        return detail, ""

    def _follow(self) -> Iterator[Event]:
        """Find what superseded a pipeline: its number is higher, so the list covers it."""
        for sight in self._board.to_follow():
            number = sight.pipeline.stopped_by.superseded_by
            if self._row(number) is None:
                yield from self.read_list()
            successor = self._row(number)
            sight.lost_successor = self._why_not(sight.pipeline, successor) if successor else "which is gone"
            if successor is not None and sight.lost_successor is None:
                self._board.follow(sight, successor, self._survey.rows, self._clock.now())
                yield Note(kind=NoteKind.SUPERSEDED, text=self._superseded_text(sight.pipeline, successor))

    def _row(self, number: int) -> Pipeline | None:
        return next((row for row in self._survey.rows.values() if row.number == number), None)

    def _why_not(self, pipeline: Pipeline, successor: Pipeline) -> str | None:
        if successor.number < pipeline.number:  # it was approved, or its restart was, after ours had begun
            return "which is older"
        if successor.id <= pipeline.id or successor.event != pipeline.event:
            return "which is gone: its number stands for another pipeline now"
        if self._contains(self._board.selection.commit, successor.commit) is False:
            return f"whose commit {successor.commit[:7]} does not contain {self._board.selection.commit[:7]}"
        return None

    def _superseded_text(self, pipeline: Pipeline, successor: Pipeline) -> str:
        known = self._contains(self._board.selection.commit, successor.commit)
        relation = f"which contains {self._board.selection.commit[:7]}" if known else "taken to contain it"
        return (
            f"#{pipeline.number} was replaced by #{successor.number} ({successor.commit[:7]}, {relation}); "
            f"following #{successor.number}"
        )

"""
Follow the CI of a commit to its verdict.

The event stream wakes the loop; what is decided is always read back by REST. The verdict is the same with every
stream dead, only later.
"""

from collections.abc import Generator, Iterator
from functools import partial

from homelab_tasks.actions.pipelines.board import Board
from homelab_tasks.actions.pipelines.ending import Endings
from homelab_tasks.actions.pipelines.find_pipelines import Survey, find_pipeline, find_repository
from homelab_tasks.actions.pipelines.logs_beside import logs_beside
from homelab_tasks.actions.pipelines.lookout import Lookout
from homelab_tasks.actions.pipelines.movement import Movement
from homelab_tasks.actions.pipelines.recollection import REQUESTS_MOST, Recollection
from homelab_tasks.actions.pipelines.stream_trust import Silence
from homelab_tasks.actions.pipelines.verdict import Outcome, state_line
from homelab_tasks.actions.pipelines.wakefulness import Wakefulness
from homelab_tasks.actions.pipelines.watch_request import Ci, Contains, ShownLogs, WatchRequest
from homelab_tasks.actions.waiting import Clock, Patience
from homelab_tasks.errors import UsageError
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Event, Note, NoteKind, Verdict
from homelab_tasks.model.pipelines.pipeline import Repository
from homelab_tasks.model.pipelines.selection import Selection
from homelab_tasks.model.verdict import Word

LAST_LOOK_SECONDS = 2.0  # past the deadline: one flap must not turn a timeout into "could not be reached"


def watch_pipelines(ci: Ci, clock: Clock, request: WatchRequest, *, contains: Contains) -> Iterator[Event]:
    """
    Tell of the pipelines of a commit until they have ended; the last event is the verdict.

    Raises UsageError when the pipeline number is another commit's, DeniedError, MissingError (no such repository)
    and UnavailableError (the server was away when time was up).
    """
    yield from Watch(ci, clock, request, contains=contains).run()


class Watch:
    """One watch: the board, and the loop that keeps it up to date."""

    def __init__(self, ci: Ci, clock: Clock, request: WatchRequest, *, contains: Contains) -> None:
        """Prepare to watch; nothing is asked yet."""
        self._ci = ci
        self._clock = clock
        self._request = request
        self._contains = contains
        self._started = clock.now()
        self._deadline = self._started + request.timeout
        deadline = None if request.once else self._deadline + LAST_LOOK_SECONDS
        self._patience = Patience(clock, server=ci.server, retry_for=request.retry_for, deadline=deadline)
        self._movement = Movement()
        self._queue_noted = False

    def run(self) -> Iterator[Event]:
        """Watch until there is a verdict."""
        repository = yield from find_repository(self._ci, self._patience, self._request.repository)
        commit = yield from self._commit(repository)
        self._open(repository, commit)
        try:
            verdict = yield from self._loop()
            yield from self._logs.finish()
        finally:
            self._wakefulness.close()
            self._logs.close()
        yield verdict

    def _commit(self, repository: Repository) -> Generator[Event, None, Commit]:
        number = self._request.number
        if number is None:
            if self._request.commit is None:
                raise UsageError("neither a commit nor a pipeline to watch", hint="give --sha or --pipeline")
            return self._request.commit
        pipeline = yield from find_pipeline(self._ci, self._patience, repository, number, of=self._request.commit)
        return self._request.commit or Commit(sha=pipeline.commit)

    def _open(self, repository: Repository, commit: Commit) -> None:
        ci, clock, request = self._ci, self._clock, self._request
        selection = Selection(commit=commit.sha, events=request.events, branch=request.branch, number=request.number)
        listen = partial(Silence, clock) if request.once else ci.changes
        self._board = Board(selection, request.rules, url=partial(ci.url, repository.id))
        self._wakefulness = Wakefulness(clock, listen, repository_id=repository.id)
        self._logs = logs_beside(ci, clock, repository.id, ShownLogs.NONE if request.once else request.logs)
        self._endings = Endings(ci, clock, request, repository=repository, commit=commit, board=self._board)
        self._lookout = Lookout(
            ci,
            clock,
            board=self._board,
            survey=Survey(ci, self._patience, repository.id, not_before=commit.committed),
            movement=self._movement,
            recollection=Recollection(ci, clock, repository.id, most=REQUESTS_MOST if request.foresee else 0),
            wakefulness=self._wakefulness,
            repository_id=repository.id,
            contains=self._contains,
        )

    def _loop(self) -> Generator[Event, None, Verdict]:
        while True:
            yield from self._lookout.look()
            self._logs.looked(self._board.sights())
            verdict = yield from self._decide()
            if verdict is not None:
                return verdict
            yield from self._wakefulness.sleep(
                self._board, self._movement, self._logs, until=self._next_deadline(), lines=self._endings.state_lines
            )

    def _decide(self) -> Generator[Event, None, Verdict | None]:
        outcomes = self._outcomes()
        ended = [outcome for outcome in outcomes if outcome is not None]
        if outcomes and len(ended) == len(outcomes):
            return (yield from self._confirm(ended))
        if ended and self._ends_early(ended):
            return (yield from self._endings.judged(ended))
        if self._request.once and not any(sight.is_settling(self._clock.now()) for sight in self._board.sights()):
            return self._endings.pending() if outcomes else self._endings.absent(0.0)
        yield from self._note_busy_queue()
        if not outcomes:
            return self._absence()
        return self._endings.timed_out() if self._clock.now() >= self._deadline else None

    def _outcomes(self) -> list[Outcome | None]:
        now = self._clock.now()
        moved = self._movement.within(self._request.rules.stuck_after, now)
        return self._board.outcomes(now, others_moved=moved)

    def _confirm(self, ended: list[Outcome]) -> Generator[Event, None, Verdict | None]:
        """Read the list once more: a verdict stands when it shows no other pipeline and no other end."""
        yield from self._lookout.read_list()
        yield from self._lookout.tell()
        again = self._outcomes()
        ids = {outcome.sight.pipeline.id for outcome in ended}
        if any(outcome is None or outcome.sight.pipeline.id not in ids for outcome in again) or not again:
            self._wakefulness.hurry()
            return None
        return (yield from self._endings.judged([outcome for outcome in again if outcome is not None]))

    def _ends_early(self, ended: list[Outcome]) -> bool:
        words = {outcome.word for outcome in ended}
        return bool(words & {Word.BLOCKED, Word.STUCK}) or (self._request.rules.fail_fast and Word.FAILED in words)

    def _next_deadline(self) -> float:
        if self._board.judged:
            return min(self._deadline, self._board.next_stuck(self._clock.now()))
        return min(self._deadline, self._appear_deadline())

    def _appear_deadline(self) -> float:
        return self._started + self._request.appear_timeout + self._patience.outage.total_seconds

    def _absence(self) -> Verdict | None:
        now = self._clock.now()
        if any(sight.is_gone for sight in self._board.judged.values()):
            return None
        if now >= self._next_deadline():
            return self._endings.absent(now - self._started)
        return self._endings.explained_absence()

    def _note_busy_queue(self) -> Iterator[Event]:
        now = self._clock.now()
        for sight in self._board.sights():
            if not self._queue_noted and sight.pending_seconds(now) >= self._request.rules.stuck_after:
                self._queue_noted = True
                text = f"{state_line(sight, now)}; other pipelines move, so the queue is busy"
                yield Note(kind=NoteKind.WARNING, text=text)

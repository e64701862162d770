"""
Follow the CI of a commit to its verdict.

The event stream wakes the loop; what is decided is always read back by REST. The verdict is the same with every
stream dead, only later.
"""

from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Protocol

from msgspec import Struct, structs

from homelab_tasks.actions.appearing import never_appeared, skipped_by_message, vanished
from homelab_tasks.actions.board import Board, Rules
from homelab_tasks.actions.explain_stuck import QueueDesk, explain_stuck
from homelab_tasks.actions.find_pipelines import PipelineList, Survey, find_repository
from homelab_tasks.actions.movement import Movement
from homelab_tasks.actions.pipeline_verdict import Outcome, state_line, summaries, verdict_of
from homelab_tasks.actions.read_tails import Logs, TailReader
from homelab_tasks.actions.sight import Sight
from homelab_tasks.actions.stream_trust import Changes, Silence
from homelab_tasks.actions.waiting import Clock, Patience
from homelab_tasks.actions.wakefulness import Wakefulness
from homelab_tasks.durations import format_duration
from homelab_tasks.errors import REFUSALS, UnavailableError, UsageError
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Event, Failure, Note, NoteKind, Verdict
from homelab_tasks.model.judgement import describe
from homelab_tasks.model.pipeline import Pipeline, Repository
from homelab_tasks.model.selection import Selection
from homelab_tasks.model.verdict import Word

MISSES_TOLD = 3  # a single empty detail is everyday weather
LAST_LOOK_SECONDS = 2.0  # past the deadline: one flap must not turn a timeout into "could not be reached"


class Ci(PipelineList, Logs, QueueDesk, Protocol):
    """What watching asks of the CI server."""

    def pipeline(self, repository_id: int, number: int) -> Pipeline:
        """One pipeline with its workflows."""

    def url(self, repository_id: int, number: int | None = None) -> str:
        """The page of a repository, or of a pipeline, for people."""

    def changes(self) -> Changes:
        """Listen to the event stream."""


class WatchRequest(Struct, frozen=True, kw_only=True):
    """
    What to watch and for how long, in seconds.

    Without *commit* the pipeline *number* says which it is. *once* is a single look.
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
    tails: bool = True


Contains = Callable[[str, str], bool | None]
"""Does the second commit (full shas) contain the first? None where the clone cannot tell."""


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
        finally:
            self._wakefulness.close()
        yield verdict

    def _commit(self, repository: Repository) -> Generator[Event, None, Commit]:
        number = self._request.number
        if number is None:
            if self._request.commit is None:
                raise UsageError("neither a commit nor a pipeline to watch", hint="give --sha or --pipeline")
            return self._request.commit
        pipeline = yield from self._patience.ask("pipeline", lambda: self._ci.pipeline(repository.id, number))
        commit = self._request.commit or Commit(sha=pipeline.commit)
        if commit.sha != pipeline.commit:
            problem = f"pipeline #{number} is of commit {pipeline.commit[:7]}, not of {commit.short}"
            raise UsageError(problem, hint="leave out --sha or --pipeline")
        return commit

    def _open(self, repository: Repository, commit: Commit) -> None:
        request = self._request
        self._repository_id = repository.id
        self._approval = repository.require_approval.replace("_", " ")
        self._commit_watched = commit
        self._selection = Selection(
            commit=commit.sha, events=request.events, branch=request.branch, number=request.number
        )
        self._board = Board(self._selection, request.rules, url=lambda number: self._ci.url(repository.id, number))
        self._survey = Survey(self._ci, self._patience, repository.id, not_before=commit.committed)
        listen = partial(Silence, self._clock) if request.once else self._ci.changes
        self._wakefulness = Wakefulness(self._clock, listen, repository_id=repository.id)

    def _loop(self) -> Generator[Event, None, Verdict]:
        while True:
            yield from self._look()
            verdict = yield from self._decide()
            if verdict is not None:
                return verdict
            yield from self._wakefulness.heartbeat(self._state_lines)
            yield from self._wakefulness.sleep(self._board, self._movement, until=self._next_deadline())

    # Looking

    def _look(self) -> Iterator[Event]:
        """Bring the board up to date: the list when it is due, else the details; the list where those fail."""
        listed = self._wakefulness.list_is_due(self._board)
        if listed:
            yield from self._read_list()
        if not listed or not self._wakefulness.is_trusted:
            missed = yield from self._read_details()
            if missed and not listed:
                yield from self._read_list()
        yield from self._follow()
        yield from self._tell()

    def _tell(self) -> Iterator[Event]:
        changed = False
        for event in self._board.news(wall=self._clock.wall().timestamp(), now=self._clock.now()):
            changed = True
            yield event
        self._wakefulness.looked(changed=changed)

    def _read_list(self) -> Iterator[Event]:
        numbers = [sight.pipeline.number for sight in self._board.sights()]
        yield from self._survey.read(self._selection.commit, down_to=min(numbers, default=self._request.number))
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
                yield from self._read_list()
            successor = self._row(number)
            sight.lost_successor = self._why_not(sight.pipeline, successor) if successor else "which is gone"
            if successor is not None and sight.lost_successor is None:
                self._board.follow(sight, successor, self._survey.rows, self._clock.now())
                yield Note(kind=NoteKind.SUPERSEDED, text=self._superseded_text(sight.pipeline, successor))

    def _row(self, number: int) -> Pipeline | None:
        return next((row for row in self._survey.rows.values() if row.number == number), None)

    def _why_not(self, pipeline: Pipeline, successor: Pipeline) -> str | None:
        if successor.id <= pipeline.id or successor.event != pipeline.event:
            return "which is gone: its number stands for another pipeline now"
        if self._contains(self._selection.commit, successor.commit) is False:
            return f"whose commit {successor.commit[:7]} does not contain {self._selection.commit[:7]}"
        return None

    def _superseded_text(self, pipeline: Pipeline, successor: Pipeline) -> str:
        known = self._contains(self._selection.commit, successor.commit)
        relation = f"which contains {self._selection.commit[:7]}" if known else "taken to contain it"
        return (
            f"#{pipeline.number} was replaced by #{successor.number} ({successor.commit[:7]}, {relation}); "
            f"following #{successor.number}"
        )

    # Deciding

    def _decide(self) -> Generator[Event, None, Verdict | None]:
        outcomes = self._outcomes()
        ended = [outcome for outcome in outcomes if outcome is not None]
        if outcomes and len(ended) == len(outcomes):
            return (yield from self._confirm(ended))
        if ended and self._ends_early(ended):
            return (yield from self._conclude(ended))
        if self._request.once and not any(sight.is_settling(self._clock.now()) for sight in self._board.sights()):
            return self._pending() if outcomes else self._absent(0.0)
        yield from self._note_busy_queue()
        if not outcomes:
            return self._absence()
        return self._timed_out() if self._clock.now() >= self._deadline else None

    def _outcomes(self) -> list[Outcome | None]:
        now = self._clock.now()
        moved = self._movement.within(self._request.rules.stuck_after, now)
        return self._board.outcomes(now, others_moved=moved)

    def _confirm(self, ended: list[Outcome]) -> Generator[Event, None, Verdict | None]:
        """Read the list once more: a verdict stands when it shows no other pipeline and no other end."""
        yield from self._read_list()
        yield from self._tell()
        again = self._outcomes()
        ids = {outcome.sight.pipeline.id for outcome in ended}
        if any(outcome is None or outcome.sight.pipeline.id not in ids for outcome in again) or not again:
            self._wakefulness.hurry()
            return None
        return (yield from self._conclude([outcome for outcome in again if outcome is not None]))

    def _ends_early(self, ended: list[Outcome]) -> bool:
        words = {outcome.word for outcome in ended}
        return bool(words & {Word.BLOCKED, Word.STUCK}) or (self._request.rules.fail_fast and Word.FAILED in words)

    def _conclude(self, outcomes: list[Outcome]) -> Generator[Event, None, Verdict]:
        outcomes = [self._explained(outcome) for outcome in outcomes]
        failures = yield from self._failures(outcomes)
        return verdict_of(
            outcomes,
            failures,
            self._board.sights(),
            commit=self._commit_watched,
            task=self._request.task,
            seconds=self._clock.now() - self._started,
        )

    def _explained(self, outcome: Outcome) -> Outcome:
        """Say what a stuck or a blocked pipeline waits for."""
        judgement, why = outcome.judgement, ""
        if outcome.word is Word.STUCK:
            why = f". {explain_stuck(self._ci, outcome.sight.pipeline)}"
        elif outcome.word is Word.BLOCKED and self._approval:
            why = f" (the repository requires it for {self._approval})"
        return Outcome(structs.replace(judgement, reason=judgement.reason + why), outcome.sight)

    def _failures(self, outcomes: list[Outcome]) -> Generator[Event, None, tuple[Failure, ...]]:
        tails = TailReader(self._ci, self._clock, repository_id=self._repository_id)
        failures: list[Failure] = []
        for outcome in outcomes:
            number = outcome.sight.pipeline.number
            complete_at = outcome.sight.logs_complete_at(self._clock.wall().timestamp())
            for failure, step in outcome.judgement.blamed:
                tail: tuple[str, ...] = ()
                if step is not None and self._request.tails:
                    tail = yield from tails.read(number, step.id, describe(failure), complete_at=complete_at)
                failures.append(structs.replace(failure, tail=tail))
        return tuple(failures)

    # Ends without a judgement

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
        known = vanished(self._board.vanished) or skipped_by_message(self._commit_watched, self._selection)
        if known is not None:
            return self._signed(known)
        return self._absent(now - self._started) if now >= self._next_deadline() else None

    def _absent(self, waited: float) -> Verdict:
        told = vanished(self._board.vanished) or skipped_by_message(self._commit_watched, self._selection)
        return self._signed(told or never_appeared(self._commit_watched, self._selection, self._board.others(), waited))

    def _pending(self) -> Verdict:
        hint = f"Wait for it: inv ci.watch --sha {self._commit_watched.short}"
        return self._signed(Verdict(verdict=Word.PENDING, reason="; ".join(self._state_lines()), hint=hint))

    def _timed_out(self) -> Verdict:
        reason = (
            f"no verdict within {format_duration(self._request.timeout)}; last seen: {'; '.join(self._state_lines())}"
        )
        hint = f"Go on waiting: inv ci.watch --sha {self._commit_watched.short}"
        return self._signed(Verdict(verdict=Word.TIMEOUT, reason=reason, hint=hint))

    def _signed(self, verdict: Verdict) -> Verdict:
        sights = self._board.sights()
        return structs.replace(
            verdict,
            task=self._request.task,
            commit=self._commit_watched.sha,
            url=sights[-1].url if sights else self._ci.url(self._repository_id),
            pipelines=summaries(sights),
            seconds=round(self._clock.now() - self._started, 3),
        )

    def _state_lines(self) -> list[str]:
        now = self._clock.now()
        return [state_line(sight, now) for sight in self._board.sights() if not sight.has_ended(now)]

    def _note_busy_queue(self) -> Iterator[Event]:
        now = self._clock.now()
        for sight in self._board.sights():
            if not self._queue_noted and sight.pending_seconds(now) >= self._request.rules.stuck_after:
                self._queue_noted = True
                text = f"{state_line(sight, now)}; other pipelines move, so the queue is busy"
                yield Note(kind=NoteKind.WARNING, text=text)

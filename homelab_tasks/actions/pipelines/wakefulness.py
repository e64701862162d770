"""When a watch looks again: woken by the stream, at the pace that the expected end asks for."""

from collections.abc import Callable, Iterator

from homelab_tasks.actions.pipelines.board import Board
from homelab_tasks.actions.pipelines.logs_beside import LogsBeside
from homelab_tasks.actions.pipelines.movement import Movement
from homelab_tasks.actions.pipelines.pacing import HEARTBEAT_SECONDS, burst_pause, poll_pause
from homelab_tasks.actions.pipelines.stream_trust import Changes, StreamTrust
from homelab_tasks.actions.waiting import Clock
from homelab_tasks.model.events import Event, Note, NoteKind
from homelab_tasks.model.pipelines.hints import Hint, HintKind
from homelab_tasks.model.pipelines.judgement import is_winding_down, red_steps
from homelab_tasks.model.pipelines.pipeline import Pipeline, Status

NOTE_EVERY_SECONDS = 60.0
LIST_EVERY_SECONDS = 15.0
LIST_EVERY_TRUSTED_SECONDS = 120.0
HINT_GAP_SECONDS = 1.0  # bursts of hints that decide nothing are read back once
DUE_SECONDS = 2.0  # how long an end that the stream told of is read for in bursts
GONE_PAUSE_SECONDS = 0.6


class Wakefulness:
    """Sleeps for a watch, and knows what is due when it wakes."""

    def __init__(self, clock: Clock, listen: Callable[[], Changes], *, repository_id: int) -> None:
        """Sleep by *clock*; the stream of *listen* is opened at the first sleep, so a finished commit needs none."""
        self._clock = clock
        self._listen = listen
        self._repository_id = repository_id
        self._changes: Changes | None = None
        self._trust = StreamTrust()
        self._started = self._looked_at = clock.now()
        self._note_at = self._started + NOTE_EVERY_SECONDS
        self._listed_at: float | None = None
        self._list_wanted = False
        self._hinted = False
        self._due_until = 0.0
        self._bursts = 0

    @property
    def is_trusted(self) -> bool:
        """May the stream be relied on?"""
        return self._trust.is_trusted

    def close(self) -> None:
        """Stop listening."""
        if self._changes is not None:
            self._changes.close()

    def _heartbeat(self, lines: Callable[[], list[str]]) -> Iterator[Event]:
        """Give a sign of life once a minute."""
        if self._clock.now() >= self._note_at:
            self._note_at = self._clock.now() + NOTE_EVERY_SECONDS
            yield Note(kind=NoteKind.HEARTBEAT, text="; ".join(lines()) or "no pipeline yet")

    def hurry(self) -> None:
        """Look again at once, at the list too."""
        self._list_wanted = True
        self._due_until = self._clock.now() + DUE_SECONDS

    def looked(self, *, changed: bool) -> None:
        """Take notice that the board was brought up to date, and whether that showed anything new."""
        self._looked_at = self._clock.now()
        if changed:
            self._bursts = 0
        if changed and self._hinted:
            self._trust.confirmed()
        self._hinted = False

    def listed(self) -> None:
        """Take notice that the list was read."""
        self._listed_at = self._clock.now()
        self._list_wanted = False

    def list_is_due(self, board: Board) -> bool:
        """Is it time for the list, rather than for details alone?"""
        if self._listed_at is None or self._list_wanted or not board.judged:
            return True
        if any(sight.is_gone for sight in board.sights()):
            return True
        every = LIST_EVERY_TRUSTED_SECONDS if self.is_trusted else LIST_EVERY_SECONDS
        return self._clock.now() - self._listed_at >= every

    def sleep(
        self,
        board: Board,
        movement: Movement,
        logs: LogsBeside,
        *,
        until: float,
        lines: Callable[[], list[str]],
    ) -> Iterator[Event]:
        """
        Sleep until something is due, at the latest at *until* (a time of the clock).

        Meanwhile it tells of the stream, of *logs*, and once a minute of the state, which *lines* say.
        """
        if self._changes is None:
            self._changes = self._listen()
        wake_at = min(until, self._looked_at + self._pause(board))
        while (left := wake_at - self._clock.now()) > 0:
            yield from self._heartbeat(lines)
            hints = self._changes.wait(min(left, logs.pause, self._note_at - self._clock.now()))
            now = self._clock.now()
            yield from self._trust.heard(hints, now)
            for hint in hints:
                wake_at = min(wake_at, self._due_at(hint, board, movement, now))
            yield from logs.tell()

    def _pause(self, board: Board) -> float:
        now = self._clock.now()
        sights = board.sights()
        again_at = self._trust.look_again_at
        if again_at is not None and again_at <= now:
            self._trust.look_again_at = again_at = None
            self._list_wanted = True
            return 0.0
        pause = self._steady_pause(board, now)
        if now < self._due_until or any(sight.is_ending(now) for sight in sights):
            pause = burst_pause(self._bursts)
            self._bursts += 1
        elif any(sight.is_gone for sight in sights):
            pause = min(pause, GONE_PAUSE_SECONDS)
        return pause if again_at is None else min(pause, again_at - self._looked_at)

    def _steady_pause(self, board: Board, now: float) -> float:
        # A row that is filtered out is deleted without an event (server/pipeline/create.go), so a fresh one is polled.
        is_told_of = not any(sight.pipeline.state is Status.CREATED for sight in board.sights())
        if self.is_trusted and is_told_of:
            return HEARTBEAT_SECONDS
        open_ones = [sight for sight in board.sights() if not sight.has_ended(now)]
        remaining = [sight.remaining_seconds(now) for sight in open_ones if sight.pipeline.state is Status.RUNNING]
        return poll_pause(waited=now - self._started, remaining=remaining)

    def _due_at(self, hint: Hint, board: Board, movement: Movement, now: float) -> float:
        """Say when *hint* wants a look: at once, after the gap, or never."""
        if hint.kind is not HintKind.CHANGED:
            return now
        pipeline = hint.pipeline
        if pipeline is None:
            return float("inf")
        known = next((sight for sight in board.sights() if sight.pipeline.id == pipeline.id), None)
        ours = hint.repository_id == self._repository_id and (
            known is not None or pipeline.commit == board.selection.commit
        )
        if not ours:
            movement.told(pipeline, now)
            return float("inf")
        self._hinted = True
        self._list_wanted = self._list_wanted or known is None
        if _is_decisive(pipeline, known.pipeline if known else None):
            self._due_until = now + DUE_SECONDS
            return now
        return max(now, self._looked_at + HINT_GAP_SECONDS) if known is not None else now


def _is_decisive(told: Pipeline, known: Pipeline | None) -> bool:
    """Does this hint, if it is true, show a new end, something newly red, or something that waits for a person?"""
    if told.state not in {Status.CREATED, Status.PENDING, Status.RUNNING}:
        return known is None or known.status != told.status
    news_is_red = len(red_steps(told)) > (len(red_steps(known)) if known else 0)
    return is_winding_down(told) or news_is_red

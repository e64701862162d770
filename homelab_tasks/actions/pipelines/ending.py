"""The verdicts that a watch of pipelines can end with."""

from collections.abc import Generator

from msgspec import structs

from homelab_tasks.actions.pipelines.appearing import never_appeared, skipped_by_message, vanished
from homelab_tasks.actions.pipelines.board import Board
from homelab_tasks.actions.pipelines.explain_stuck import explain_stuck
from homelab_tasks.actions.pipelines.read_tails import TailReader
from homelab_tasks.actions.pipelines.verdict import Outcome, state_line, summaries, verdict_of
from homelab_tasks.actions.pipelines.watch_request import Ci, ShownLogs, WatchRequest
from homelab_tasks.actions.waiting import Clock
from homelab_tasks.durations import format_duration
from homelab_tasks.model.commit import Commit
from homelab_tasks.model.events import Event, Failure, Verdict
from homelab_tasks.model.pipelines.judgement import describe
from homelab_tasks.model.pipelines.pipeline import Repository
from homelab_tasks.model.verdict import Word


class Endings:
    """Puts the end of a watch into a verdict: by judgement, by absence, or by the clock."""

    def __init__(  # noqa: PLR0913 - what ended, and where
        self, ci: Ci, clock: Clock, request: WatchRequest, *, repository: Repository, commit: Commit, board: Board
    ) -> None:
        """End the watch of *commit* in *repository*, whose pipelines are on *board*."""
        self._ci = ci
        self._clock = clock
        self._request = request
        self._repository = repository
        self._commit = commit
        self._board = board
        self._started = clock.now()

    def judged(self, outcomes: list[Outcome]) -> Generator[Event, None, Verdict]:
        """End with the worst of *outcomes*, its failures told with the ends of their logs."""
        outcomes = [self._explained(outcome) for outcome in outcomes]
        failures = yield from self._failures(outcomes)
        return verdict_of(
            outcomes,
            failures,
            self._board.sights(),
            commit=self._commit,
            task=self._request.task,
            seconds=self._clock.now() - self._started,
        )

    def _explained(self, outcome: Outcome) -> Outcome:
        """Say what a stuck or a blocked pipeline waits for."""
        judgement, why = outcome.judgement, ""
        approval = self._repository.require_approval.replace("_", " ")
        if outcome.word is Word.STUCK:
            why = f"; {explain_stuck(self._ci, outcome.sight.pipeline)}"
        elif outcome.word is Word.BLOCKED and approval:
            why = f" (the repository requires it for {approval})"
        return Outcome(structs.replace(judgement, reason=judgement.reason + why), outcome.sight)

    def _failures(self, outcomes: list[Outcome]) -> Generator[Event, None, tuple[Failure, ...]]:
        tails = TailReader(self._ci, self._clock, repository_id=self._repository.id)
        failures: list[Failure] = []
        for outcome in outcomes:
            number = outcome.sight.pipeline.number
            for failure, step in outcome.judgement.blamed:
                tail: tuple[str, ...] = ()
                if step is not None and self._request.logs is not ShownLogs.NONE and not self._request.once:
                    complete_at = outcome.sight.log_complete_at(step.id, self._clock.wall().timestamp())
                    tail = yield from tails.read(number, step.id, describe(failure), complete_at=complete_at)
                failures.append(structs.replace(failure, tail=tail))
        return tuple(failures)

    def absent(self, waited: float) -> Verdict:
        """End without a pipeline, after *waited* seconds, and say why there is none as far as can be known."""
        selection, others = self._board.selection, self._board.others()
        return self.explained_absence() or self._signed(never_appeared(self._commit, selection, others, waited))

    def explained_absence(self) -> Verdict | None:
        """End at once, where it is known that no pipeline will come."""
        known = vanished(self._board.vanished) or skipped_by_message(self._commit, self._board.selection)
        return self._signed(known) if known else None

    def pending(self) -> Verdict:
        """End a single look at something that still goes on."""
        hint = f"Wait for it: inv ci.watch --sha {self._commit.short}"
        return self._signed(Verdict(verdict=Word.PENDING, reason="; ".join(self.state_lines()), hint=hint))

    def timed_out(self) -> Verdict:
        """End because the time is up."""
        reason = (
            f"no verdict within {format_duration(self._request.timeout)}; last seen: {'; '.join(self.state_lines())}"
        )
        hint = f"Go on waiting: inv ci.watch --sha {self._commit.short}"
        return self._signed(Verdict(verdict=Word.TIMEOUT, reason=reason, hint=hint))

    def _signed(self, verdict: Verdict) -> Verdict:
        sights = self._board.sights()
        return structs.replace(
            verdict,
            task=self._request.task,
            commit=self._commit.sha,
            url=sights[-1].url if sights else self._ci.url(self._repository.id),
            pipelines=summaries(sights),
            seconds=round(self._clock.now() - self._started, 3),
        )

    def state_lines(self) -> list[str]:
        """Say how far every open pipeline is."""
        now = self._clock.now()
        return [state_line(sight, now) for sight in self._board.sights() if not sight.has_ended(now)]

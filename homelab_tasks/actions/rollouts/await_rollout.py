"""
Wait until targets really run a commit's image, or until it is certain that they never will.

Watches wake the wait up and show what changed in between; whatever ends it was read back just before. Without
watches the same reads are made every two seconds at most.
"""

from collections.abc import Iterator

from homelab_tasks.actions.rollouts.journey import Ending, Journey
from homelab_tasks.actions.rollouts.pacing import (
    BURST_REQUESTS,
    HEARTBEAT_SECONDS,
    REQUESTS_PER_SECOND,
    REQUESTS_PER_SECOND_POLLING,
    STALE_SUCCESS_SECONDS,
    STREAM_LOST_SECONDS,
)
from homelab_tasks.actions.rollouts.reader import READS, Cluster, Reader
from homelab_tasks.actions.rollouts.recognition import Commits
from homelab_tasks.actions.rollouts.request import Request, verdict_of
from homelab_tasks.actions.rollouts.request_budget import RequestBudget
from homelab_tasks.actions.rollouts.watched_target import WatchedTarget
from homelab_tasks.actions.waiting import Clock, Patience
from homelab_tasks.durations import format_duration
from homelab_tasks.errors import DeniedError, MissingError, UnavailableError
from homelab_tasks.model.events import Event, Note, NoteKind, Phase
from homelab_tasks.model.rollouts.news import News
from homelab_tasks.model.verdict import Word


def await_rollout(
    cluster: Cluster, request: Request, *, clock: Clock, retry_for: float, commits: Commits | None = None
) -> Iterator[Event]:
    """
    Wait for *request* on *cluster*; yields what changes, and ends with the verdict.

    The worst target decides; one that is blocked ends the wait. *commits* says which commits an abbreviated sha may
    mean, where there is a clone to ask.
    """
    return _Wait(cluster, request, clock, retry_for, commits).events()


class _Wait:
    def __init__(
        self, cluster: Cluster, request: Request, clock: Clock, retry_for: float, commits: Commits | None
    ) -> None:
        self.cluster, self.clock, self.request = cluster, clock, request
        self.started = clock.now()
        self.deadline = self.started + request.timeout
        self.patience = Patience(clock, server=cluster.server, retry_for=retry_for, deadline=self.deadline)
        self.budget = RequestBudget(clock, burst=BURST_REQUESTS, per_second=REQUESTS_PER_SECOND)
        self.said: set[str] = set()
        self.heartbeat_at = self.started + HEARTBEAT_SECONDS
        self.watched = [
            WatchedTarget(number, journey, Reader(cluster, self.patience, target, journey.names_it))
            for number, target in enumerate(request.targets)
            for journey in [Journey(target, request.wanted, stable_for=request.stable_for, commits=commits)]
        ]

    def events(self) -> Iterator[Event]:
        while True:
            for each in self._due():
                yield from self._look(each)
            if self.clock.now() >= self.deadline or (self._is_over() and not self._looks_again()):
                break
            for news in self.cluster.news(self._pause()):
                yield from self._hear(news)
            yield from self._tell_of_lost_watches()
            yield from self._beat()
        yield from self._run_out()
        journeys = [each.journey for each in self.watched]
        yield verdict_of(journeys, self.request, self.cluster, seconds=self.clock.now() - self.started)

    def _is_over(self) -> bool:
        endings = [each.journey.ending for each in self.watched]
        return None not in endings or any(ending is not None and ending.word is Word.BLOCKED for ending in endings)

    def _looks_again(self) -> bool:
        """Reopen what was complete well before the others ended, for it may be another by now; is anything?"""
        now = self.clock.now()
        endings = [each.journey.ending for each in self.watched]
        if now >= self.deadline or any(ending is None for ending in endings):
            return False
        for each, ending in zip(self.watched, endings, strict=True):
            if ending is not None and ending.word is Word.ROLLED_OUT and now - each.ended_at > STALE_SUCCESS_SECONDS:
                each.journey.ending, each.read_at = None, now
        return bool(self._going())

    def _going(self) -> list[WatchedTarget]:
        return [each for each in self.watched if each.journey.ending is None]

    def _due(self) -> list[WatchedTarget]:
        now = self.clock.now()
        return [each for each in self._going() if each.read_at <= now and self.budget.seconds_until(READS) <= 0]

    def _pause(self) -> float:
        """How long nothing needs to be done, unless there is news."""
        times = [max(each.read_at, self.clock.now() + self.budget.seconds_until(READS)) for each in self._going()]
        return max(0.0, min([*times, self.deadline, self.heartbeat_at]) - self.clock.now())

    def _look(self, each: WatchedTarget) -> Iterator[Event]:
        """Read a target and see what follows: the only way in which one ends."""
        journey, reader, began = each.journey, each.reader, self.clock.now()
        try:
            yield from reader.read()
        except (UnavailableError, DeniedError, MissingError) as error:
            journey.ending = Ending(word=Word(error.word), reason=error.problem, hint=error.hint)
            return
        finally:
            self.budget.spend(reader.requests)
        if self.clock.now() - began > STREAM_LOST_SECONDS:
            each.forgive_watches(self.clock.now())
        yield from journey.observe(reader.view, self.clock.now())
        each.ended_at = self.clock.now()
        self.budget.spend(each.open_watches(self.cluster))
        each.schedule(self.clock.now())

    def _hear(self, news: News) -> Iterator[Event]:
        each = self.watched[int(news.topic.partition("/")[0])]
        if each.journey.ending is not None:
            return
        for event in each.hear(news, self.clock.now()):
            if isinstance(event, Note) and event.text in self.said:
                continue
            self.said |= {event.text} if isinstance(event, Note) and event.kind is NoteKind.WARNING else set()
            yield event
        if not each.may_watch:
            self.budget.per_second = REQUESTS_PER_SECOND_POLLING

    def _tell_of_lost_watches(self) -> Iterator[Event]:
        for each in self._going():
            if not self.patience.outage.seconds:
                yield from each.tell_of_lost_watches(self.clock.now())

    def _beat(self) -> Iterator[Event]:
        """Say each minute what is waited for."""
        if self.clock.now() >= self.heartbeat_at:
            self.heartbeat_at = self.clock.now() + HEARTBEAT_SECONDS
            states = [f"{each.journey.label}: {each.journey.state_text()}" for each in self._going()]
            yield Note(kind=NoteKind.HEARTBEAT, text="; ".join(states))

    def _run_out(self) -> Iterator[Event]:
        """End what is still going: by one more read when time is up, else as pending."""
        for each in self._going():
            if self.clock.now() >= self.deadline and not self._is_over():
                yield from self._look(each)
        timed_out = self.clock.now() >= self.deadline
        for each in self._going():
            each.journey.ending = self._unfinished(each.journey, timed_out=timed_out)

    def _unfinished(self, journey: Journey, *, timed_out: bool) -> Ending:
        if not timed_out:
            return Ending(word=Word.PENDING, reason=journey.state_text())
        took = format_duration(self.request.timeout)
        if journey.phase is Phase.STABLE:
            stable = format_duration(self.request.stable_for)
            return Ending(word=Word.TIMEOUT, reason=f"complete, but not yet for {stable} when {took} were over")
        if not journey.is_named:
            hint = journey.found.hint if journey.found is not None else None
            return Ending(word=Word.MISSING, reason=f"{journey.state_text()} for {took}", hint=hint)
        return Ending(
            word=Word.TIMEOUT, reason=f"not complete after {took}: {journey.state_text()}", cause=journey.top_cause()
        )

"""
Wait until targets really run a commit's image, or until it is certain that they never will.

Watches wake the wait up and show what changed in between; whatever ends it was read back just before. Without
watches the same reads are made every two seconds at most.
"""

from collections.abc import Iterator

from homelab_tasks.actions.request_budget import RequestBudget
from homelab_tasks.actions.rollout_journey import Commits, Ending, Journey
from homelab_tasks.actions.rollout_reader import READS, Cluster, Reader
from homelab_tasks.actions.rollout_request import Request, verdict_of
from homelab_tasks.actions.waiting import Clock, Patience
from homelab_tasks.durations import format_duration
from homelab_tasks.errors import DeniedError, MissingError, UnavailableError
from homelab_tasks.model.events import Event, Note, NoteKind, Phase
from homelab_tasks.model.news import News, NewsKind
from homelab_tasks.model.rollout import counts_are_final
from homelab_tasks.model.verdict import Word
from homelab_tasks.model.workload import Workload

WATCHED_SECONDS = 5.0
"""How far apart reads are while watches are open: one that fell silent without an end costs no more than this."""
POLLED_SECONDS = 1.5
BURST_REQUESTS = 40.0  # of the 60 that the contract gives
REQUESTS_PER_SECOND = 4.0  # of 6
REQUESTS_PER_SECOND_POLLING = 9.0  # of 12
HEARTBEAT_SECONDS = 60.0
STREAM_LOST_SECONDS = 5.0  # a watch that is back before nobody needs to hear of


class _Watched:
    """A target with its reader, and when it is read next."""

    def __init__(self, number: int, journey: Journey, reader: Reader) -> None:
        self.topic, self.pods_topic = f"{number}", f"{number}/pods"
        self.journey, self.reader = journey, reader
        self.read_at = 0.0
        self.open: set[str] = set()
        self.lost: dict[str, float] = {}
        self.told_lost = False

    @property
    def is_watched(self) -> bool:
        """Would a watch tell of every change that matters now?"""
        needed = {self.topic} if self.journey.phase is Phase.IMAGE else {self.topic, self.pods_topic}
        return needed <= self.open - set(self.lost)


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
        self.told_forbidden = False
        self.heartbeat_at = self.started + HEARTBEAT_SECONDS
        self.watched = [
            _Watched(number, journey, Reader(cluster, self.patience, journey))
            for number, target in enumerate(request.targets)
            for journey in [Journey(target, request.wanted, stable_for=request.stable_for, commits=commits)]
        ]

    def events(self) -> Iterator[Event]:
        while not self._is_over():
            for each in self._due():
                yield from self._look(each)
            if self._is_over() or self.clock.now() >= self.deadline:
                break
            for news in self.cluster.news(self._pause()):
                yield from self._hear(news)
            yield from self._tell_of_lost_watches()
            yield from self._beat()
        yield from self._run_out()
        yield verdict_of([each.journey for each in self.watched], self.request, self.cluster,
                         seconds=self.clock.now() - self.started)  # fmt: skip

    def _is_over(self) -> bool:
        endings = [each.journey.ending for each in self.watched]
        return None not in endings or any(ending is not None and ending.word is Word.BLOCKED for ending in endings)

    def _going(self) -> list[_Watched]:
        return [each for each in self.watched if each.journey.ending is None]

    def _due(self) -> list[_Watched]:
        now = self.clock.now()
        return [each for each in self._going() if each.read_at <= now and self.budget.seconds_until(READS) <= 0]

    def _pause(self) -> float:
        """How long nothing needs to be done, unless there is news."""
        times = [max(each.read_at, self.clock.now() + self.budget.seconds_until(READS)) for each in self._going()]
        return max(0.0, min([*times, self.deadline, self.heartbeat_at]) - self.clock.now())

    def _look(self, each: _Watched) -> Iterator[Event]:
        """Read a target and see what follows: the only way in which one ends."""
        journey, reader, began = each.journey, each.reader, self.clock.now()
        try:
            yield from reader.read()
        except (UnavailableError, DeniedError, MissingError) as error:
            journey.ending = Ending(word=Word(error.word), reason=error.problem, hint=error.hint)
            return
        finally:
            self.budget.spend(reader.requests)
        if self.clock.now() - began > STREAM_LOST_SECONDS:  # an outage took the watches with it, and was told
            each.lost = {topic: max(time, self.clock.now()) for topic, time in each.lost.items()}
        yield from journey.observe(reader.view, self.clock.now())
        self._open_watches(each)
        interval = WATCHED_SECONDS if each.is_watched else POLLED_SECONDS
        self._schedule(each, self.clock.now() + interval)

    def _schedule(self, each: _Watched, time: float) -> None:
        follows = each.journey.next_time()
        each.read_at = time if follows is None else min(time, max(follows, self.clock.now()))

    def _open_watches(self, each: _Watched) -> None:
        """Watch what can be listed: the workload from the start, its pods once they matter."""
        journey, reader = each.journey, each.reader
        target, workload = journey.target, reader.view.workload
        if each.topic not in each.open and reader.version and reader.kind is not None:
            each.open.add(each.topic)
            self.budget.spend(1)
            self.cluster.watch_workload(each.topic, reader.kind, target.namespace, target.name, reader.version)
        needs_pods = journey.is_named and workload is not None and reader.view.pods is not None
        if needs_pods and workload is not None and each.pods_topic not in each.open:
            each.open.add(each.pods_topic)
            self.budget.spend(2)
            self.cluster.watch_pods(each.pods_topic, workload)

    def _hear(self, news: News) -> Iterator[Event]:
        """Let news change the view; where that would end the target, it is read at once."""
        each = self.watched[int(news.topic.partition("/")[0])]
        journey, now = each.journey, self.clock.now()
        if journey.ending is not None:
            return
        match news.kind:
            case NewsKind.LOST:
                each.lost[news.topic] = now
                each.read_at = now
            case NewsKind.FORBIDDEN:
                each.lost[news.topic] = float("inf")
                self.budget.per_second = REQUESTS_PER_SECOND_POLLING
                each.read_at = min(each.read_at, now + POLLED_SECONDS)
                if not self.told_forbidden:
                    self.told_forbidden = True
                    text = f"watching is not allowed ({news.text}); reading every {POLLED_SECONDS:g} s"
                    yield Note(kind=NoteKind.WARNING, text=text)
            case NewsKind.RESTORED:
                each.lost.pop(news.topic, None)
                each.read_at = now
                if each.told_lost and not each.lost:
                    each.told_lost = False
                    yield Note(kind=NoteKind.STREAM_RESTORED, text=f"{journey.label} is watched again")
            case NewsKind.CHANGED | NewsKind.GONE:
                yield from self._changed(each, news)

    def _changed(self, each: _Watched, news: News) -> Iterator[Event]:
        journey, view, now = each.journey, each.reader.view, self.clock.now()
        if news.workload is None and news.pod is None:
            each.read_at = now
            return
        was_named, before = journey.is_named, view.workload
        view.apply(news)
        yield from journey.observe(view, now)
        decided, journey.ending = journey.ending is not None, None
        if decided or journey.is_named is not was_named or _is_worth_reading(before, view.workload):
            each.read_at = now
        else:
            self._schedule(each, each.read_at)

    def _tell_of_lost_watches(self) -> Iterator[Event]:
        now = self.clock.now()
        for each in self._going():
            overdue = [time for time in each.lost.values() if now - time >= STREAM_LOST_SECONDS]
            if overdue and not each.told_lost and not self.patience.outage.seconds:
                each.told_lost = True
                text = f"the watch of {each.journey.label} is lost; reading every {POLLED_SECONDS:g} s"
                yield Note(kind=NoteKind.STREAM_LOST, text=text)

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
        if not journey.is_named:
            hint = journey.found.hint if journey.found is not None else None
            return Ending(word=Word.MISSING, reason=f"{journey.state_text()} for {took}", hint=hint)
        return Ending(
            word=Word.TIMEOUT, reason=f"not complete after {took}: {journey.state_text()}", cause=journey.top_cause()
        )


def _is_worth_reading(before: Workload | None, after: Workload | None) -> bool:
    """Did the workload change in a way that says that its ReplicaSets and pods are others now?"""
    if before is after:
        return False
    if before is None or after is None or before.is_observed is not after.is_observed or counts_are_final(after):
        return True
    return _condition_words(before) != _condition_words(after)


def _condition_words(workload: Workload) -> set[tuple[str, str, str]]:
    return {(each.type, each.status, each.reason) for each in workload.conditions}

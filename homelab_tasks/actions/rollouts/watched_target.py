"""A target that is waited for: its journey, its reader, and how its watches fare."""

from collections.abc import Iterator

from homelab_tasks.actions.rollouts.journey import Journey
from homelab_tasks.actions.rollouts.pacing import (
    POLLED_SECONDS,
    STREAM_LOST_SECONDS,
    WATCHED_SECONDS,
    closer_look,
    is_worth_reading,
)
from homelab_tasks.actions.rollouts.reader import Cluster, Reader
from homelab_tasks.model.events import Event, Note, NoteKind, Phase
from homelab_tasks.model.rollouts.news import News, NewsKind

NEVER = float("inf")


class WatchedTarget:
    """
    One of the targets.

    *read_at* is when it is read next, if nothing is heard of it before; *ended_at* is when it was read last.
    """

    def __init__(self, number: int, journey: Journey, reader: Reader) -> None:
        """Call its watches by *number*."""
        self.journey, self.reader = journey, reader
        self.read_at = 0.0
        self.ended_at = 0.0
        self.may_watch = True
        self._topic, self._pods_topic = f"{number}", f"{number}/pods"
        self._open: set[str] = set()
        self._lost: dict[str, float] = {}
        self._told_lost = False

    @property
    def is_watched(self) -> bool:
        """Would a watch tell of every change that matters now?"""
        needed = {self._topic} if self.journey.phase is Phase.IMAGE else {self._topic, self._pods_topic}
        return needed <= self._open - set(self._lost)

    def open_watches(self, cluster: Cluster) -> int:
        """Watch what can be listed, the workload first, its pods once they matter; returns the requests it took."""
        journey, reader = self.journey, self.reader
        target, workload, before = journey.target, reader.view.workload, len(self._open)
        if self._topic not in self._open and reader.version and reader.kind is not None:
            self._open.add(self._topic)
            cluster.watch_workload(self._topic, reader.kind, target.namespace, target.name, reader.version)
        has_pods = journey.is_named and reader.view.pods is not None
        if has_pods and workload is not None and self._pods_topic not in self._open:
            self._open.add(self._pods_topic)
            cluster.watch_pods(self._pods_topic, workload)
        return len(self._open) - before

    def schedule(self, now: float) -> None:
        """Decide when it is read next, after a read."""
        interval = WATCHED_SECONDS if self.is_watched else POLLED_SECONDS
        self._read_before(now + min(interval, closer_look(self.reader.view)), now)

    def _read_before(self, time: float, now: float) -> None:
        follows = self.journey.next_time()
        self.read_at = time if follows is None else min(time, max(follows, now))

    def hear(self, news: News, now: float) -> Iterator[Event]:
        """Let news change what is known; where it would end the journey, a read is due at once."""
        match news.kind:
            case NewsKind.LOST:
                self._lost[news.topic] = self.read_at = now
            case NewsKind.FORBIDDEN:
                self._lost[news.topic] = NEVER
                self.may_watch = False
                self.read_at = min(self.read_at, now + POLLED_SECONDS)
                text = f"watching is not allowed ({news.text}); reading every {POLLED_SECONDS:g} s"
                yield Note(kind=NoteKind.WARNING, text=text)
            case NewsKind.RESTORED:
                self._lost.pop(news.topic, None)
                self.read_at = now
                if self._told_lost and not self._lost:
                    self._told_lost = False
                    yield Note(kind=NoteKind.STREAM_RESTORED, text=f"{self.journey.label} is watched again")
            case NewsKind.CHANGED | NewsKind.GONE:
                yield from self._change(news, now)

    def _change(self, news: News, now: float) -> Iterator[Event]:
        journey, view = self.journey, self.reader.view
        was_named, before = journey.is_named, view.workload
        is_understood = view.apply(news)
        yield from journey.observe(view, now)
        decided, journey.ending = journey.ending is not None, None  # what was only told decides nothing
        if decided or not is_understood or journey.is_named is not was_named or is_worth_reading(before, view.workload):
            self.read_at = now
        else:
            self._read_before(min(self.read_at, now + closer_look(view)), now)

    def forgive_watches(self, now: float) -> None:
        """Count the loss of watches from *now*: an outage took them along, and was told."""
        self._lost = {topic: max(since, now) for topic, since in self._lost.items()}

    def tell_of_lost_watches(self, now: float) -> Iterator[Event]:
        """Say once that a watch stays lost."""
        if not self._told_lost and any(now - since >= STREAM_LOST_SECONDS for since in self._lost.values()):
            self._told_lost = True
            text = f"the watch of {self.journey.label} is lost; reading every {POLLED_SECONDS:g} s"
            yield Note(kind=NoteKind.STREAM_LOST, text=text)

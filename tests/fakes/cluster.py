"""A cluster that lives through a recording on a fake clock: reads show what exists, watches tell what changed."""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from homelab_tasks.clients.kubernetes.pod_objects import decode_pod
from homelab_tasks.clients.kubernetes.workload_objects import decode_workload
from homelab_tasks.model.rollouts.news import News, NewsKind
from homelab_tasks.model.rollouts.pod import Occurrence, Pod
from homelab_tasks.model.rollouts.target import Kind
from homelab_tasks.model.rollouts.workload import ReplicaSet, Workload
from tests.fakes.clock import FakeClock
from tests.recorded_rollouts import Line, Store


class Watching(StrEnum):
    """What watches do here."""

    OPEN = "open"
    DUPLICATED = "duplicated"  # everything twice, and the first things once more at every turn
    CUT = "cut"  # lost after two seconds, for good
    SILENT = "silent"  # open, and never a word
    FORBIDDEN = "forbidden"


class Seen(Struct, frozen=True):
    workload: Workload | None
    version: str


class FakeCluster:
    """Refuses nothing; counts the requests that it is asked."""

    server = "kubernetes.homelab.test"

    def __init__(self, lines: Sequence[Line], clock: FakeClock, watching: Watching = Watching.OPEN) -> None:
        self.clock, self.watching = clock, watching
        self.requests = 0
        self.logs: dict[str, tuple[str, ...]] = {}
        self.readable = True
        self._lines, self._next = list(lines), 0
        self._store = Store()
        self._topics: dict[str, float] = {}
        self._queue: list[News] = []
        self._told: list[News] = []

    # reads

    def workload(self, kind: Kind, namespace: str, name: str) -> Seen:
        self._count()
        found = [each for each in self._store.of_kind(kind.value) if each["metadata"]["name"] == name]
        version = max((int(each["metadata"]["resourceVersion"]) for each in self._store.objects.values()), default=0)
        return Seen(decode_workload(kind, found[0]) if found else None, str(version))

    def replica_sets(self, workload: Workload) -> tuple[ReplicaSet, ...] | None:
        self._count()
        snapshot = self._store.snapshot()
        return snapshot.replica_sets if snapshot is not None and self.readable else None

    def pods(self, workload: Workload) -> tuple[Pod, ...] | None:
        self._count()
        return tuple(decode_pod(each) for each in self._store.of_kind("Pod")) if self.readable else None

    def occurrences(self, namespace: str, uid: str) -> tuple[Occurrence, ...] | None:
        self._count()
        return self._store.occurrences(uid) if self.readable else None

    def log(self, namespace: str, pod: str, container: str, *, previous: bool, lines: int) -> tuple[str, ...]:
        self._count()
        return self.logs.get(f"{pod}/{container}", ())

    # watches

    def watch_workload(self, topic: str, kind: Kind, namespace: str, name: str, version: str) -> None:
        self._open(topic)

    def watch_pods(self, topic: str, workload: Workload) -> None:
        self._open(topic)

    def _open(self, topic: str) -> None:
        self.requests += 1
        if self.watching is Watching.FORBIDDEN:
            self._queue.append(News(kind=NewsKind.FORBIDDEN, topic=topic, text="cannot watch"))
        else:
            self._topics[topic] = self.clock.now()

    def news(self, seconds: float) -> tuple[News, ...]:
        """Let time pass until there is news, or for *seconds*."""
        until = self.clock.now() + seconds
        while not self._queue:
            following = self._lines[self._next].t if self._next < len(self._lines) else until
            self._cut_watches(min(following, until))
            if self._queue:
                break
            if following > until or self._next >= len(self._lines):
                self.clock.seconds = max(self.clock.seconds, until)
                self._live_until(until)
                break
            self.clock.seconds = max(self.clock.seconds, following)
            self._live_until(following)
        news, self._queue = tuple(self._queue), []
        return news

    def _cut_watches(self, time: float) -> None:
        if self.watching is not Watching.CUT:
            return
        for topic, opened in list(self._topics.items()):
            if time > opened + 2:
                del self._topics[topic]
                self._queue.append(News(kind=NewsKind.LOST, topic=topic, text="cut"))

    def _live_until(self, time: float) -> None:
        while self._next < len(self._lines) and self._lines[self._next].t <= time:
            line = self._lines[self._next]
            self._next += 1
            self._store.apply(line)
            self._tell(line)

    def _tell(self, line: Line) -> None:
        if self.watching is Watching.SILENT or not line.object:
            return
        kind = NewsKind.GONE if line.type == "DELETED" else NewsKind.CHANGED
        for topic in self._topics:
            news = _news(topic, kind, line)
            if news is None:
                continue
            self._queue.append(news)
            if self.watching is Watching.DUPLICATED:
                self._told.append(news)
                self._queue += [news, *self._told[:5]]

    def _count(self) -> None:
        self.requests += 1
        self._live_until(self.clock.now())


def _news(topic: str, kind: NewsKind, line: Line) -> News | None:
    written = line.object
    if topic.endswith("/pods"):
        return News(kind=kind, topic=topic, pod=decode_pod(written)) if written["kind"] == "Pod" else None
    if written["kind"] in {each.value for each in Kind}:
        return News(kind=kind, topic=topic, workload=decode_workload(Kind(written["kind"]), written))
    return None

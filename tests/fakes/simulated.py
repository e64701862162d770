"""A cluster whose controllers and kubelet really run, on a fake clock: an hour passes in no time."""

import random
from collections.abc import Callable
from typing import Any

from homelab_tasks.clients.kubernetes.pod_objects import decode_occurrence, decode_pod
from homelab_tasks.clients.kubernetes.workload_objects import decode_replica_set, decode_workload
from homelab_tasks.errors import DeniedError, TransientError
from homelab_tasks.model.rollouts.news import News, NewsKind
from homelab_tasks.model.rollouts.pod import Occurrence, Pod
from homelab_tasks.model.rollouts.target import Kind
from homelab_tasks.model.rollouts.workload import ReplicaSet, Workload
from homelab_tasks.sandbox.kubernetes.cluster import Cluster
from homelab_tasks.sandbox.kubernetes.store import Change, Object
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import Seen, Watching

STEP_SECONDS = 0.1
REOPENING_SECONDS = 2.0
NAMESPACE = "e"


def workload(tag: str, *, name: str = "web", run: str = "ready:0.3", term: str = "0.2", **spec: Any) -> Object:
    """What is applied: pods of reg/app:*tag* that do *run*."""
    annotations = {"fake/run": run, "fake/term": term, **spec.pop("annotations", {})}
    template = {
        "metadata": {"labels": {"app": name}, "annotations": annotations},
        "spec": {"containers": [{"name": "app", "image": f"reg/app:{tag}"}]},
    }
    return {
        "metadata": {"name": name},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template, **spec},
    }


class SimulatedCluster:
    """
    Lives while the wait lets time pass. *plan* says what happens when (seconds); *turns* shuffles the controllers.

    *read_at* is when workloads were read. While *is_away*, no request is answered; workloads of *forbidden* resources
    may not be read.
    """

    server = "kubernetes.homelab.test"

    def __init__(
        self, clock: FakeClock, watching: Watching = Watching.OPEN, *, chance: random.Random | None = None
    ) -> None:
        self.clock, self.watching, self._chance = clock, watching, chance
        self.cluster = Cluster(clock.now)
        self.plan: list[tuple[float, Callable[[], object]]] = []
        self.is_away = False
        self.forbidden: set[str] = set()
        self.requests = 0
        self.read_at: list[float] = []
        self._lived_until = clock.now()
        self._are_lost, self._lost_until = False, 0.0
        self._topics: dict[str, tuple[str, int]] = {}
        self._queue: list[News] = []

    def at(self, seconds: float, act: Callable[[], object]) -> None:
        """Let *act* happen in *seconds* from now."""
        self.plan.append((self.clock.now() + seconds, act))
        self.plan.sort(key=lambda planned: planned[0])

    def apply(self, written: Object, resource: str = "deployments") -> None:
        self.cluster.apply(resource, NAMESPACE, written)

    def live(self, seconds: float) -> None:
        """Let *seconds* pass without anybody looking."""
        self.clock.seconds += seconds
        self._catch_up()

    def running(self) -> list[Object]:
        """The pods that exist now."""
        return self.cluster.store.all_of("pods", NAMESPACE)

    # what a client asks

    def workload(self, kind: Kind, namespace: str, name: str) -> Seen:
        self._count()
        self.read_at.append(self.clock.now())
        if kind.resource in self.forbidden:
            raise DeniedError(f"{kind.resource} are forbidden", hint="ask for the right")
        found = self.cluster.store.get(kind.resource, namespace, name)
        return Seen(decode_workload(kind, found) if found else None, str(self.cluster.store.version))

    def replica_sets(self, workload: Workload) -> tuple[ReplicaSet, ...] | None:
        self._count()
        return tuple(decode_replica_set(each) for each in self.cluster.store.all_of("replicasets", NAMESPACE))

    def pods(self, workload: Workload) -> tuple[Pod, ...] | None:
        self._count()
        return tuple(decode_pod(each) for each in self.cluster.store.all_of("pods", NAMESPACE))

    def occurrences(self, namespace: str, uid: str) -> tuple[Occurrence, ...] | None:
        self._count()
        events = self.cluster.store.all_of("events", namespace)
        return tuple(decode_occurrence(each) for each in events if each["involvedObject"]["uid"] == uid)

    def log(self, namespace: str, pod: str, container: str, *, previous: bool, lines: int) -> tuple[str, ...]:
        self._count()
        found = self.cluster.store.get("pods", namespace, pod)
        return tuple(self.cluster.kubelet.log(found, container).splitlines()[-lines:]) if found else ()

    def watch_workload(self, topic: str, kind: Kind, namespace: str, name: str, version: str) -> None:
        self._open(topic, kind.resource)

    def watch_pods(self, topic: str, workload: Workload) -> None:
        self._open(topic, "pods")

    def _open(self, topic: str, resource: str) -> None:
        self.requests += 1
        if self.watching is Watching.FORBIDDEN:
            self._queue.append(News(kind=NewsKind.FORBIDDEN, topic=topic, text="cannot watch"))
        else:
            self._topics[topic] = (resource, self.cluster.store.version)

    def tell(self, topic: str, seen: Workload) -> None:
        """Let a watch tell what is not so."""
        self._queue.append(News(kind=NewsKind.CHANGED, topic=topic, workload=seen))

    def news(self, seconds: float) -> tuple[News, ...]:
        until = self.clock.now() + seconds
        while not self._queue and self.clock.now() < until:
            self.clock.seconds = min(until, self.clock.now() + STEP_SECONDS)
            self._catch_up()
            self._tell()
        news, self._queue = tuple(self._queue), []
        return news

    def _count(self) -> None:
        self.requests += 1
        self._catch_up()
        if self.is_away:
            raise TransientError(f"{self.server} refused", sent=False)

    def _catch_up(self) -> None:
        """Let the controllers have their turns for the time that has passed, in any order where chance decides."""
        now = self.clock.now()
        self._lost_until = now + REOPENING_SECONDS if self.is_away else self._lost_until
        while self._lived_until + STEP_SECONDS <= now:
            self._lived_until += STEP_SECONDS
            while self.plan and self.plan[0][0] <= self._lived_until:
                self.plan.pop(0)[1]()
            if self._chance is None:
                self.cluster.step()
                continue
            turns = list(self.cluster.turns.values())
            for turn in self._chance.sample(turns, self._chance.randint(0, len(turns))):
                turn()

    def _lost_watches(self) -> bool:
        """Are the watches lost? They are while it is away, and for a moment longer."""
        if self.watching is Watching.CUT:
            self._queue += [News(kind=NewsKind.LOST, topic=topic, text="cut") for topic in self._topics]
            self._topics.clear()
            return True
        if self.is_away and not self._are_lost:
            self._are_lost = True
            self._queue += [News(kind=NewsKind.LOST, topic=topic, text="away") for topic in self._topics]
        elif self._are_lost and self.clock.now() >= self._lost_until:
            self._are_lost = False
            self._queue += [News(kind=NewsKind.RESTORED, topic=topic) for topic in self._topics]
        return self._are_lost

    def _tell(self) -> None:
        if self.watching is Watching.SILENT or self._lost_watches():
            return
        for topic, (resource, version) in self._topics.items():
            for change in self.cluster.store.since(version):
                if change.resource == resource:
                    self._queue.append(_news(topic, change))
            self._topics[topic] = (resource, self.cluster.store.version)
        if self.watching is Watching.DUPLICATED:
            self._queue += self._queue


def _news(topic: str, change: Change) -> News:
    kind = NewsKind.GONE if change.type == "DELETED" else NewsKind.CHANGED
    if change.resource == "pods":
        return News(kind=kind, topic=topic, pod=decode_pod(change.object))
    kinds = {each.resource: each for each in Kind}
    return News(kind=kind, topic=topic, workload=decode_workload(kinds[change.resource], change.object))

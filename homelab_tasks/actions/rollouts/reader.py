"""Reading what a rollout is made of, patiently, and only what the state calls for."""

from collections.abc import Callable, Generator
from typing import Protocol, TypeVar

from homelab_tasks.actions.rollouts.view import View
from homelab_tasks.actions.waiting import Patience
from homelab_tasks.errors import DeniedError, HomelabError
from homelab_tasks.model.events import Event, Note, NoteKind
from homelab_tasks.model.rollouts.news import News
from homelab_tasks.model.rollouts.pod import Occurrence, Pod
from homelab_tasks.model.rollouts.pod_trouble import needs_pull_reason
from homelab_tasks.model.rollouts.target import Kind, Target
from homelab_tasks.model.rollouts.workload import ReplicaSet, Workload

T = TypeVar("T")

LOST_SIGHT = {
    "replica sets": "which pods are new is told by the status only",
    "pods": "why a pod does not start cannot be seen",
    "events": "why pods are not made cannot be seen",
}
READS = 3.0  # what one look usually costs: the workload, its ReplicaSets, its pods


class Seen(Protocol):
    """A workload, None where there is none, and the version of the collection that it was read from."""

    @property
    def workload(self) -> Workload | None: ...

    @property
    def version(self) -> str: ...


class Cluster(Protocol):
    """The questions that are asked of a cluster. What the token may not read is None."""

    @property
    def server(self) -> str: ...

    @property
    def requests(self) -> int: ...

    def workload(self, kind: Kind, namespace: str, name: str) -> Seen: ...

    def replica_sets(self, workload: Workload) -> tuple[ReplicaSet, ...] | None: ...

    def pods(self, workload: Workload) -> tuple[Pod, ...] | None: ...

    def occurrences(self, namespace: str, uid: str) -> tuple[Occurrence, ...] | None: ...

    def log(self, namespace: str, pod: str, container: str, *, previous: bool, lines: int) -> tuple[str, ...]: ...

    def watch_workload(self, topic: str, kind: Kind, namespace: str, name: str, version: str) -> None: ...

    def watch_pods(self, topic: str, workload: Workload) -> None: ...

    def news(self, seconds: float) -> tuple[News, ...]: ...


class Reader:
    """Reads one target into its view. *version* is where a watch of the workload can begin."""

    def __init__(
        self, cluster: Cluster, patience: Patience, target: Target, is_of_interest: Callable[[Workload], bool]
    ) -> None:
        """Read *target* from *cluster*; the ReplicaSets and pods of its workload where that *is_of_interest*."""
        self._cluster, self._patience, self._target = cluster, patience, target
        self._is_of_interest = is_of_interest
        self.view = View()
        self.kind: Kind | None = target.kind
        self.version = ""
        self.requests = 0
        self._unreadable: set[str] = set()

    def read(self) -> Generator[Event, None, None]:
        """Read all that matters now; raises what Patience raises."""
        sent = self._cluster.requests
        try:
            yield from self._read()
        finally:
            self.requests = self._cluster.requests - sent

    def _read(self) -> Generator[Event, None, None]:
        workload = yield from self._workload()
        self.view.read_workload(workload)
        if workload is None or not self._is_of_interest(workload):
            return
        if workload.kind is Kind.DEPLOYMENT:
            self.view.replica_sets = yield from self._optional("replica sets", self._cluster.replica_sets, workload)
        elif workload.replicas < workload.desired:
            ask = self._cluster.occurrences
            self.view.occurrences = yield from self._optional("events", ask, workload.namespace, workload.uid)
        pods = yield from self._optional("pods", self._cluster.pods, workload)
        self.view.read_pods(pods)
        yield from self._ask_why_images_do_not_come(workload)

    def _workload(self) -> Generator[Event, None, Workload | None]:
        target = self._target
        kinds = (self.kind,) if self.kind is not None else target.kinds
        for kind in kinds:
            if kind in self._unreadable and self.kind is None and not self._can_be_read_by_now(kind):
                continue
            try:
                seen = yield from self._ask(kind, self._cluster.workload, kind, target.namespace, target.name)
            except DeniedError as error:
                if kind is kinds[0]:
                    raise
                self._unreadable.add(kind)  # it is only looked for there because it may be of this kind
                text = f"whether {target.name} is a {kind.value} cannot be seen: {error.problem}"
                yield Note(kind=NoteKind.WARNING, text=text)
                continue
            if kind is kinds[0] or seen.workload is not None:
                self.version = seen.version
            if seen.workload is not None:
                self.kind = kind
                return seen.workload
        return None

    def _can_be_read_by_now(self, kind: Kind) -> bool:
        """Ask once, and tell of nothing: that it cannot be read was told."""
        target = self._target
        try:
            self._cluster.workload(kind, target.namespace, target.name)
        except HomelabError:
            return False
        return True

    def _optional(
        self, what: str, ask: Callable[..., T | None], *arguments: object
    ) -> Generator[Event, None, T | None]:
        """Ask for what the token may not read, and say so once."""
        value = yield from self._ask(what, ask, *arguments)
        if value is None and what not in self._unreadable:
            self._unreadable.add(what)
            text = f"the token may not list {what}: {LOST_SIGHT[what]}"
            yield Note(kind=NoteKind.WARNING, text=text)
        return value

    def _ask(self, what: str, ask: Callable[..., T], *arguments: object) -> Generator[Event, None, T]:
        return (yield from self._patience.ask(f"{what} of {self._target}", lambda: ask(*arguments)))

    def _ask_why_images_do_not_come(self, workload: Workload) -> Generator[Event, None, None]:
        """The kubelet says it only between two back-offs; an event says it for an hour."""
        for pod in self.view.pods or ():
            for container in needs_pull_reason(pod, self.view.pull_problems):
                ask = self._cluster.occurrences
                occurrences = yield from self._optional("events", ask, workload.namespace, pod.uid)
                failed = [each for each in occurrences or () if each.reason == "Failed" and "pull" in each.message]
                if failed:
                    newest = max(failed, key=lambda each: each.time)
                    self.view.pull_problems[f"{pod.uid}/{container}"] = newest.message
